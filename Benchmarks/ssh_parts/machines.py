"""The machines of the benchmark: whoever starts a server logs in there, and each login counts."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

from docker_network import run
from ssh_hosts import Host, Hosts, sshd_processes
from waiting import until

COMMAND = "Starting session: "


class Machines(Hosts):
    """Their accounts have homes of their own, where no `.bashrc` holds a command up."""

    def __init__(self, count: int, folder: Path) -> None:
        folder.mkdir()
        super().__init__(count, folder)
        for host in self.all:
            with open(host.folder / "sshd.conf", "a") as settings:
                settings.write("LogLevel VERBOSE\nMaxStartups 300\n")
            host.restart_sshd()

    def certified_key(self) -> Path:
        """A copy of the key that has a certificate, as NERSC's spawner demands; ours is without."""
        folder = self.folder / "certified"
        folder.mkdir()
        authority, key = folder / "authority", folder / "id"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(authority))
        for ending in ("", ".pub"):
            shutil.copy(f"{self.key}{ending}", f"{key}{ending}")
        run("ssh-keygen", "-q", "-s", str(authority), "-I", "bench", "-n", "root", f"{key}.pub")
        for host in self.all:
            with open(host.folder / "authorized_keys", "a") as keys:
                keys.write(f"cert-authority {authority.with_suffix('.pub').read_text()}")
        return key

    def ssh(self, host: Host, *options: str) -> list[str]:
        """OpenSSH's command for a machine, with nothing of this account's settings."""
        files = ["-F", "/dev/null", "-i", str(self.key)]
        known = ["-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "BatchMode=yes"]
        return ["ssh", *files, *known, *options, f"root@{host.address}"]


def hang_up(host: Host) -> None:
    """Cut the connections that stand; new ones are taken as before."""
    assert host.process is not None
    children = [each for each in sshd_processes(host.process.pid) if not _listens(each)]
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    until("they are cut", lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def _listens(pid: int) -> bool:
    try:
        return b"[listener]" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def commands(hosts: list[Host]) -> int:
    """How many commands their SSH servers have run so far."""
    logs = ((host.folder / "sshd.log").read_text(errors="replace") for host in hosts)
    return sum(log.count(COMMAND) for log in logs)
