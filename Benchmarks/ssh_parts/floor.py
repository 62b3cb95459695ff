"""The floor: what OpenSSH and the machine take for the same, with nobody's program in between."""

from __future__ import annotations

import socket
import subprocess
import time

from machines import Machines
from ssh_hosts import Host


def login(machines: Machines, host: Host) -> float:
    """Seconds for `ssh host true`."""
    begun = time.perf_counter()
    subprocess.run(machines.ssh(host, "-T") + ["true"], check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - begun


class Master:
    """A connection that OpenSSH keeps open: each command is a new `ssh` that goes over it."""

    def __init__(self, machines: Machines, host: Host) -> None:
        control = f"ControlPath={machines.folder}/master"
        self.command = machines.ssh(host, "-T", "-o", control)
        master = machines.ssh(host, "-N", "-o", control, "-o", "ControlMaster=yes", "-f")
        subprocess.run(master, check=True, stdin=subprocess.DEVNULL)

    def run(self) -> float:
        """Seconds for `true`."""
        begun = time.perf_counter()
        subprocess.run([*self.command, "true"], check=True, stdin=subprocess.DEVNULL)
        return time.perf_counter() - begun

    def close(self) -> None:
        """End it."""
        subprocess.run([*self.command[:-1], "-O", "exit", self.command[-1]], capture_output=True)


class OpenShell:
    """A shell at the other end of an open connection that starts servers as fast as it can."""

    def __init__(self, machines: Machines, host: Host, server: str) -> None:
        self.host = host
        self.server = server
        self.port = 9000
        command = machines.ssh(host, "-T") + ["/bin/sh"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._ask("echo ready")

    def _ask(self, line: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        return self.process.stdout.readline().strip()

    def start(self) -> float:
        """Seconds until a server that it was told to start answers."""
        self.port += 1
        where = f"JUPYTERHUB_SERVICE_URL=http://0.0.0.0:{self.port}/"
        begun = time.perf_counter()
        pid = self._ask(f"{where} {self.server} </dev/null >/dev/null 2>&1 & echo $!")
        while True:
            try:
                with socket.create_connection((self.host.address, self.port), 5) as connection:
                    connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    assert connection.recv(64).startswith(b"HTTP/1.1 200")
                    break
            except ConnectionRefusedError:
                time.sleep(0.0005)
        seconds = time.perf_counter() - begun
        self._ask(f"{{ kill {pid}; wait {pid}; }} 2>/dev/null; echo over")
        return seconds

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
