"""Machines with a real SSH server: namespaces of this one, with an address and a home of their own.

A machine has its own network, processes, host name and home, and a boot id: a power cut is the
death of its first process, and another start is a reboot. It keeps its keys.
"""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from docker_network import Bridge, run
from processes import alive, end
from waiting import until

SSHD = "/usr/sbin/sshd"
HOME = Path("/root")
# The directory of the home that has the Python of the tests, where it is there: `/.pyenv`.
PYTHON = next(
    (f"/{part.name}" for part in HOME.glob(".*") if part in Path(sys.base_prefix).parents), ""
)
SETTINGS = """
Port 22
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile {folder}/sshd.pid
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
MaxStartups 100
"""


def make_key(path: Path) -> str:
    """A new key; returns its public half."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path))
    return path.with_suffix(".pub").read_text().strip()


class Host:
    """One machine on the bridge."""

    def __init__(self, bridge: Bridge, number: int, folder: Path, public_key: str) -> None:
        self.bridge = bridge
        self.number = number
        self.name = f"vm{number}"
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.address = f"{bridge.prefix}.{10 + number}"
        self.host_key = make_key(folder / "host_key")
        (folder / "authorized_keys").write_text(public_key + "\n")
        (folder / "sshd.conf").write_text(SETTINGS.format(folder=folder))
        self.process: subprocess.Popen | None = None

    @property
    def line(self) -> str:
        """Its line of known_hosts."""
        return f"{self.address} {self.host_key}\n"

    def boot(self) -> Host:
        """Switch it on; it takes logins when this returns."""
        (self.folder / "boot_id").write_text(f"{uuid.uuid4()}\n")
        folder = shlex.quote(str(self.folder))
        # The first process brings the SSH server up again, as systemd would. A Python that is installed
        # in the home it replaces is there all the same.
        kept = f"mkdir -p {folder}/home{PYTHON}; mount --bind /root{PYTHON} {folder}/home{PYTHON}; "
        first = (
            f"hostname {self.name}; {kept if PYTHON else ''}mount --rbind {folder}/home /root; "
            f"mount --bind {folder}/boot_id /proc/sys/kernel/random/boot_id; cd /; "
            f"while :; do {SSHD} -D -f {folder}/sshd.conf -E {folder}/sshd.log; sleep 0.2; done"
        )
        Path("/run/sshd").mkdir(exist_ok=True)
        unshare = "unshare --net --uts --pid --mount --fork --kill-child --mount-proc"
        self.process = subprocess.Popen(
            [*unshare.split(), "/bin/sh", "-c", first],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        own = os.stat("/proc/self/ns/net").st_ino
        pid = self.process.pid
        until("it has a network", lambda: os.stat(f"/proc/{pid}/ns/net").st_ino != own)
        self.bridge.plug(self.number, pid)
        until(f"{self.name} takes logins", self.listens)
        return self

    def listens(self) -> bool:
        """Whether its SSH server greets."""
        probe = ["ssh-keyscan", "-T", "2", "-t", "ed25519", self.address]
        return (
            self.host_key.split()[1] in subprocess.run(probe, capture_output=True, text=True).stdout
        )

    def cut_power(self) -> None:
        """All its processes are gone at once; nobody was asked."""
        assert self.process is not None
        end(self.process, signal.SIGKILL)
        self.process = None
        card = f"{self.bridge.name}-{self.number}"
        until("its card is gone", lambda: f" {card}@" not in run("ip", "-o", "link"))

    def cable(self, state: str) -> None:
        """Pull its cable (`down`), or plug it in again (`up`)."""
        run("ip", "link", "set", f"{self.bridge.name}-{self.number}", state)

    @property
    def space(self) -> int:
        """Its network, as the kernel counts networks; 0 where it is off."""
        return os.stat(f"/proc/{self.process.pid}/ns/net").st_ino if self.process else 0

    def restart_sshd(self) -> None:
        """The SSH server is started anew; connections that stand are cut."""
        listener = int((self.folder / "sshd.pid").read_text())
        for pid in sshd_processes(self.process.pid if self.process else 0):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        until("it listens again", lambda: self.listens() and self.listener() != listener)

    def listener(self) -> int:
        """The number of its listening SSH server, in its own counting."""
        try:
            return int((self.folder / "sshd.pid").read_text())
        except (OSError, ValueError):
            return 0

    def sessions(self) -> list[str]:
        """The directories that sessions have there."""
        folder = self.home / ".multiplespawner" / "sessions"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def remove(self) -> None:
        """Switch it off for good."""
        if self.process is not None:
            self.cut_power()


def sshd_processes(ancestor: int) -> list[int]:
    """The processes of SSH servers below this one; what they started is not among them."""
    parents: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                head, _, rest = (entry / "stat").read_text().rpartition(")")
            except OSError:
                continue
            names[int(entry.name)] = head.partition("(")[2]
            parents.setdefault(int(rest.split()[1]), []).append(int(entry.name))
    found, rest_ = [], [ancestor]
    while rest_:
        for child in parents.get(rest_.pop(), []):
            rest_.append(child)
            if names[child] == "sshd":
                found.append(child)
    return found


class Hosts:
    """Some machines, and a key that opens them."""

    def __init__(self, count: int, folder: Path) -> None:
        # A bridge's name has 15 letters at most, its cards' with it.
        self.bridge = Bridge(f"ms{secrets.token_hex(2)}", "10.77.0")
        self.folder = folder
        self.key = folder / "id"
        public_key = make_key(self.key)
        self.all = [
            Host(self.bridge, n + 1, folder / f"vm{n + 1}", public_key) for n in range(count)
        ]
        self.known_hosts = folder / "known_hosts"
        self.known_hosts.write_text("".join(host.line for host in self.all))
        for host in self.all:
            host.boot()

    def options(self, **more: Any) -> dict[str, Any]:
        """What a template says to reach them."""
        return {
            "hosts": [host.address for host in self.all],
            "user": "root",
            "ssh_keyfile": str(self.key),
            "known_hosts": [str(self.known_hosts)],
            **more,
        }

    def template(self, name: str = "machines", **more: Any) -> dict[str, Any]:
        """A template whose servers run there."""
        return {
            "name": name,
            "resource_type": "bare_metal",
            "providers": ["local"],
            "spawner": {"class": "multiplespawner.SSH", "kwargs": self.options(**more)},
        }

    def of(self, user: str) -> Host:
        """The machine that has that user's server."""
        found = [host for host in self.all if host.sessions()]
        assert len(found) == 1, f"{user}: {[(host.name, host.sessions()) for host in self.all]}"
        return found[0]

    def is_empty(self) -> bool:
        """Nothing of any session is left: no directory, and no process."""
        return not any(host.sessions() for host in self.all) and not self.processes()

    def processes(self) -> list[int]:
        """What runs for sessions, on any of them and nowhere else."""
        spaces = {host.space for host in self.all}
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    environment = (entry / "environ").read_bytes()
                    space = os.stat(entry / "ns" / "net").st_ino
                except OSError:
                    continue
                if b"MULTIPLESPAWNER_SESSION=" in environment and space in spaces:
                    if alive(int(entry.name)):
                        found.append(int(entry.name))
        return sorted(found)

    def remove(self) -> None:
        """Switch them off, and take the bridge away."""
        for host in self.all:
            host.remove()
        self.bridge.close()
