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
from collections.abc import Callable
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
AuthorizedKeysFile {folder}/authorized_keys .ssh/authorized_keys
TrustedUserCAKeys {folder}/authorities
PidFile {folder}/sshd.pid
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
MaxStartups 100
"""


def make_key(path: Path, kind: str = "ed25519") -> str:
    """A new key; returns its public half."""
    run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path))
    return Path(f"{path}.pub").read_text().strip()


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
        # Whose certificates let users in: read at each login, and empty before somebody is trusted.
        (folder / "authorities").touch()
        self.configure()
        # What the first process does before anything else, as lines of a shell.
        self.preparation: list[str] = []
        self.process: subprocess.Popen | None = None

    def configure(self, *lines: str, last: tuple[str, ...] = ()) -> None:
        """Settings of the SSH server that win over the usual ones, and some at the end; for its next start."""
        text = "\n".join([*lines, SETTINGS.format(folder=self.folder), *last])
        (self.folder / "sshd.conf").write_text(text + "\n")

    @property
    def line(self) -> str:
        """Its line of known_hosts."""
        return f"{self.address} {self.host_key}\n"

    def disk(self) -> str:
        """Commands that give it its files: this machine's, with a home of its own."""
        folder = shlex.quote(str(self.folder))
        # A Python that is installed in the home it replaces is there all the same.
        kept = f"mkdir -p {folder}/home{PYTHON}; mount --bind /root{PYTHON} {folder}/home{PYTHON}; "
        return (
            f"{kept if PYTHON else ''}mount --rbind {folder}/home /root; "
            f"mount --bind {folder}/boot_id /proc/sys/kernel/random/boot_id; cd /; "
        )

    def sshd(self) -> str:
        """The command that is its SSH server."""
        folder = shlex.quote(str(self.folder))
        return f"{SSHD} -D -f {folder}/sshd.conf -E {folder}/sshd.log"

    def boot(self) -> Host:
        """Switch it on; it takes logins when this returns."""
        (self.folder / "boot_id").write_text(f"{uuid.uuid4()}\n")
        first = f"hostname {self.name}; {self.disk()}{'; '.join([*self.preparation, self.work()])}"
        Path("/run/sshd").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [*self.way_in(), "/bin/sh", "-c", first],
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

    def way_in(self) -> list[str]:
        """The command that makes the machine's own kernel spaces and runs its first process in them."""
        return "unshare --net --uts --pid --mount --fork --kill-child --mount-proc".split()

    def work(self) -> str:
        """What the first process goes on with: it brings the SSH server up, again and again."""
        return f"while :; do {self.sshd()}; sleep 0.2; done"

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
        listener = self.listener()
        self.signal_sshd(signal.SIGKILL)
        until("it listens again", lambda: self.listener() not in (0, listener))

    def signal_sshd(self, number: int) -> None:
        """All that the SSH server runs for itself gets a signal; what it started for others does not."""
        for pid in sshd_processes(self.process.pid if self.process else 0):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def inside(self, path: str) -> Path:
        """A path of the machine, as it is seen from here while it is on."""
        assert self.process is not None
        return Path(f"/proc/{self.process.pid}/root{path}")

    def listeners(self) -> set[str]:
        """Where somebody listens there."""
        assert self.process is not None
        return listeners("nsenter", "--target", str(self.process.pid), "--net")

    def listener(self) -> int:
        """The number of its listening SSH server, in its own counting."""
        try:
            return int((self.folder / "sshd.pid").read_text())
        except (OSError, ValueError):
            return 0

    def homes(self) -> list[Path]:
        """The homes of its accounts, as they are seen from here."""
        return [self.home]

    def sessions(self) -> list[str]:
        """The directories that sessions have there."""
        folders = [home / ".multiplespawner" / "sessions" for home in self.homes()]
        return sorted(path.name for each in folders if each.exists() for path in each.iterdir())

    def remove(self) -> None:
        """Switch it off for good."""
        if self.process is not None:
            self.cut_power()


def listeners(*way: str) -> set[str]:
    """The addresses at which somebody listens; `way` are the words that lead to another network."""
    return {line.split()[3] for line in run(*way, "ss", "-ltnH").splitlines()}


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

    kind: Callable[..., Host] = Host

    def __init__(self, count: int, folder: Path, kind: Callable[..., Host] | None = None) -> None:
        # A bridge's name has 15 letters at most, its cards' with it.
        self.bridge = Bridge(f"ms{secrets.token_hex(2)}", "10.77.0")
        self.folder = folder
        self.key = folder / "id"
        public_key = make_key(self.key)
        self.all = [
            (kind or self.kind)(self.bridge, n + 1, folder / f"vm{n + 1}", public_key)
            for n in range(count)
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
