"""What the engine costs by itself: the mock backend, driven over the daemon's unix socket.

Prints starts per second, the time of one start, and what ten thousand held sessions cost.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HELD = 10_000
SINGLE = 300
CONNECTIONS = 8
TEMPLATES = [
    {
        "name": "mock",
        "resource_type": "bare_metal",
        "providers": ["local"],
        "spawner": {"class": "multiplespawner.Mock"},
    }
]


class Connection:
    """HTTP/1.1 over a unix socket, one request after another, with as little of our own as can be."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.pending = b""

    def call(self, request: bytes) -> tuple[int, bytes]:
        self.socket.sendall(request)
        while (end := self.pending.find(b"\r\n\r\n")) < 0:
            self.pending += self.socket.recv(65536)
        head = self.pending[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        total = end + 4 + length
        while len(self.pending) < total:
            self.pending += self.socket.recv(1 << 20)
        body, self.pending = self.pending[end + 4 : total], self.pending[total:]
        return int(head[9:12]), body


def request(method: str, path: str, body: object = None) -> bytes:
    text = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nhost: d\r\ncontent-length: {len(text)}\r\n\r\n"
    return head.encode() + text


def start_request(identifier: str, user: str) -> bytes:
    environment = {f"JUPYTERHUB_VARIABLE_{number}": "x" * 40 for number in range(25)}
    environment["JUPYTERHUB_SERVICE_URL"] = f"http://127.0.0.1:0/user/{user}/"
    body = {"hub": "bench", "user": user, "environment": environment, "command": ["server"]}
    return request("PUT", f"/v1/sessions/{identifier}", body)


class Daemon:
    """The daemon under measurement, on a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = str(directory / "state" / "multiplespawner.sock")
        self.templates = directory / "templates.json"
        self.templates.write_text(json.dumps(TEMPLATES))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it; returns the seconds until it answers, the replay of its journal included."""
        began = time.perf_counter()
        self.process = subprocess.Popen(
            ["multiplespawner", "serve", "--state-dir", str(self.directory / "state")]
            + ["--templates", str(self.templates), "--log-level", "error"],
        )
        deadline = began + 60
        while time.perf_counter() < deadline:
            try:
                Connection(self.socket).call(request("GET", "/readyz"))
                return time.perf_counter() - began
            except OSError:
                time.sleep(0.002)
        raise SystemExit("the daemon did not answer within a minute")

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def status(self, field: str) -> int:
        assert self.process is not None
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1])
        return 0

    def processor_seconds(self) -> float:
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def running(self, connection: Connection) -> int:
        _, body = connection.call(request("GET", "/metrics"))
        for line in body.decode().splitlines():
            if line.startswith('multiplespawner_sessions{state="running"}'):
                return int(float(line.split()[-1]))
        return 0


def one_at_a_time(daemon: Daemon) -> list[float]:
    """Seconds from a PUT to the event that says where the server answers."""
    events = socket.socket(socket.AF_UNIX)
    events.connect(daemon.socket)
    events.sendall(request("GET", "/v1/events?hub=bench"))
    connection = Connection(daemon.socket)
    pending, seconds = b"", []
    while b"event: snapshot" not in pending:
        pending += events.recv(65536)
    for number in range(SINGLE):
        body = start_request(f"single{number}", f"single{number}")
        pending = b""
        began = time.perf_counter()
        connection.call(body)
        while b'"state":"running"' not in pending:
            pending += events.recv(65536)
        seconds.append(time.perf_counter() - began)
    events.close()
    for number in range(SINGLE):
        connection.call(request("DELETE", f"/v1/sessions/single{number}"))
    return seconds


def many(daemon: Daemon) -> float:
    """Seconds until HELD sessions run, all asked for at once over a few connections."""
    bodies = [start_request(f"held{number}", f"user{number}") for number in range(HELD)]

    def drive(share: int) -> None:
        connection = Connection(daemon.socket)
        for body in bodies[share::CONNECTIONS]:
            status, answer = connection.call(body)
            assert status == 202, answer

    watching = Connection(daemon.socket)
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(drive, range(CONNECTIONS)))
    while daemon.running(watching) < HELD:
        time.sleep(0.005)
    return time.perf_counter() - began


def main() -> None:
    directory = Path(tempfile.mkdtemp(prefix="multiplespawner-bench-"))
    daemon = Daemon(directory)
    try:
        daemon.start()
        single = one_at_a_time(daemon)
        median = statistics.median(single) * 1000
        print(f"one start, PUT to answer: {median:.2f} ms at the median of {SINGLE} (at most 3)")
        before = daemon.processor_seconds()
        seconds = many(daemon)
        used = daemon.processor_seconds() - before
        print(f"starts: {HELD / seconds:.0f} a second, {HELD} in {seconds:.2f} s (at least 2000)")
        print(f"processor: {used / HELD * 1000:.2f} ms a start")
        print(
            f"resident with {HELD} sessions: {daemon.status('VmRSS') / 1024:.0f} MB (at most 150)"
        )
        daemon.kill()
        replay = daemon.start()
        found = daemon.running(Connection(daemon.socket))
        print(f"restart with {found} sessions: {replay:.2f} s (at most 1)")
        print(f"resident after it: {daemon.status('VmRSS') / 1024:.0f} MB")
    finally:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.kill()
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
