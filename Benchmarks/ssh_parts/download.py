"""A large file through a tunnel, while small messages go to and fro beside it."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from statistics import median, quantiles

from hub import free_ports
from machines import Machines
from ssh_hosts import Host
from waiting import until

FRAME = bytes(range(128))


@dataclass
class Transfer:
    """What one download came to."""

    seconds: float
    # Seconds to the answer of each message that went beside it.
    answers: list[float]


def fetch(port: int, path: str, size: int) -> Transfer:
    """Download it through a port of ours, with messages beside it from before to after."""
    answers: list[float] = []
    over = threading.Event()
    messages = _ask(port, f"{path}echo")
    beside = threading.Thread(target=_talk, args=[messages, answers, over])
    with _ask(port, f"{path}file/{size}") as connection:
        buffer, left = bytearray(1 << 20), size
        beside.start()
        begun = time.perf_counter()
        while left:
            got = connection.recv_into(buffer)
            assert got, "the download was cut off"
            left -= got
        seconds = time.perf_counter() - begun
    over.set()
    beside.join()
    messages.close()
    return Transfer(seconds, answers)


def _ask(port: int, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), 60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    return connection


def _talk(connection: socket.socket, answers: list[float], over: threading.Event) -> None:
    while not over.is_set():
        begun, left = time.perf_counter(), len(FRAME)
        connection.sendall(FRAME)
        while left:
            got = len(connection.recv(left))
            assert got, "the messages were cut off"
            left -= got
        answers.append(time.perf_counter() - begun)


class Forward:
    """`ssh -L` to a port of the machine."""

    def __init__(self, machines: Machines, host: Host, port: int, *options: str) -> None:
        (self.port,) = free_ports(1)
        way = ["-N", "-T", "-L", f"127.0.0.1:{self.port}:127.0.0.1:{port}"]
        self.process = subprocess.Popen(
            machines.ssh(host, *way, *options), stdin=subprocess.DEVNULL
        )
        until("ssh -L listens", self._listens)

    def _listens(self) -> bool:
        assert self.process.poll() is None, "ssh -L has ended"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except ConnectionRefusedError:
            return False

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()


def describe(name: str, transfers: list[Transfer], size: int) -> float:
    """Print a line; returns bytes in a second."""
    rate = size / median(each.seconds for each in transfers)
    answers = [one for each in transfers for one in each.answers]
    middle, late = median(answers) * 1000, quantiles(answers, n=100)[98] * 1000
    messages = len(answers) / sum(each.seconds for each in transfers)
    beside = f"half in {middle:.2f} ms, 99 of 100 in {late:.1f} ms"
    print(f"{name:34}{rate / 1e6:8.0f} MB/s{messages:9.0f} messages/s beside it, {beside}")
    return rate
