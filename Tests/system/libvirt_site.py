"""A libvirt of the tests' own, whoever else has one on this machine: with real machines, on a network of its own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from pathlib import Path

from docker_network import run
from processes import end, kill
from waiting import until

# All is said here: what Debian's packages would set up is for a machine of one's own.
SETTINGS = """
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:stderr"
"""
QEMU = """
user = "root"
group = "root"
security_driver = "none"
stdio_handler = "file"
namespaces = []
cgroup_controllers = []
"""
NETWORK = """
<network>
  <name>lab</name><forward mode='open'/><bridge name='{bridge}' stp='off' delay='0'/><dns enable='no'/>
  <ip address='{prefix}.1' netmask='255.255.255.0'>
    <dhcp><range start='{prefix}.10' end='{prefix}.99'/></dhcp>
  </ip>
</network>
"""
PLACES = {
    "etc": "/etc/libvirt",
    "run": "/run/libvirt",
    "lib": "/var/lib/libvirt",
    "log": "/var/log/libvirt",
}


def children(pid: int) -> list[int]:
    """The processes that it has started, or that were left to it."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def called(pid: int) -> str:
    """What the kernel calls a process; nothing where it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


class LibvirtSite:
    """One libvirtd with its machines in a space of processes of its own: they end with it, however it ends."""

    def __init__(self, folder: Path, cache: Path, prefix: str = "10.79.0") -> None:
        self.folder = folder
        self.cache = cache
        self.prefix = prefix
        self.pool = folder / "pool"
        for each in [self.pool, *(folder / name for name in PLACES)]:
            each.mkdir(parents=True)
        # What QEMU can do is asked once, and takes some seconds.
        cache.mkdir(parents=True, exist_ok=True)
        (folder / "etc" / "libvirtd.conf").write_text(SETTINGS)
        (folder / "etc" / "qemu.conf").write_text(QEMU)
        self.socket = folder / "run" / "libvirt-sock"
        self.uri = f"qemu+unix:///system?socket={self.socket}"
        self.process: subprocess.Popen | None = None

    def start(self) -> LibvirtSite:
        """Start it and return when it answers, with a pool and a network."""
        self.boot()
        self.virsh("pool-define-as", "default", "dir", "--target", str(self.pool))
        self.virsh("pool-start", "default")
        network = self.folder / "network.xml"
        network.write_text(NETWORK.format(bridge="mslv0", prefix=self.prefix))
        self.virsh("net-define", str(network))
        self.virsh("net-start", "lab")
        return self

    def boot(self) -> None:
        """Start the daemon alone."""
        folder = shlex.quote(str(self.folder))
        # An account that libvirt wants to know, though nobody uses it.
        accounts = "libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin"
        lines = [
            "set -e",
            f"(cat /etc/passwd; echo {accounts}) >{folder}/passwd",
            f"(cat /etc/group; echo libvirt-qemu:x:64055:; echo kvm:x:64056:) >{folder}/group",
            f"mount --bind {folder}/passwd /etc/passwd",
            f"mount --bind {folder}/group /etc/group",
        ]
        for name, place in {**PLACES, "": "/var/cache/libvirt"}.items():
            source = f"{folder}/{name}" if name else shlex.quote(str(self.cache))
            lines.append(f"mkdir -p {place}; mount --bind {source} {place}")
        # The shell stays, as the first process: QEMU's go to it when they end, and libvirt waits until they are gone.
        lines.append("while :; do libvirtd --config /etc/libvirt/libvirtd.conf || :; done")
        with open(self.folder / "libvirtd.log", "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
                + ["/bin/sh", "-c", "\n".join(lines)],
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until("libvirt answers", self.answers, 60, 0.1)

    def answers(self) -> bool:
        """Whether anybody is there; fails with the last words of a daemon that ended."""
        assert self.process is not None
        log = self.folder / "libvirtd.log"
        assert self.process.poll() is None, f"libvirtd ended: {log.read_text()[-2000:]}"
        return self.socket.exists() and self.ask("version").returncode == 0

    def ask(self, *words: str) -> subprocess.CompletedProcess:
        """What virsh says to this."""
        return subprocess.run(
            ["virsh", "-q", "-c", self.uri, *words], capture_output=True, text=True
        )

    def virsh(self, *words: str) -> str:
        """The same, and it must be well."""
        return run("virsh", "-q", "-c", self.uri, *words)

    def machines(self, *more: str) -> list[str]:
        """The names of the machines that there are."""
        return self.virsh("list", "--name", *(more or ("--all",))).split()

    def disks(self) -> list[str]:
        """What is in the pool's directory, whether libvirt knows it or not."""
        return sorted(os.listdir(self.pool))

    def is_empty(self) -> bool:
        """No machine, and no disk of one."""
        return not self.machines() and not self.disks()

    def restart(self) -> None:
        """SIGKILL for libvirt alone: its machines run on, and another one finds them."""
        assert self.process is not None
        (shell,) = children(self.process.pid)
        (daemon,) = [pid for pid in children(shell) if called(pid) == "libvirtd"]
        kill(daemon)
        until("libvirt answers again", self.answers, 60, 0.1)

    def remove(self) -> None:
        """End it with all that it started."""
        subprocess.run(["virsh", "-q", "-c", self.uri, "net-destroy", "lab"], capture_output=True)
        if self.process is not None:
            end(self.process, signal.SIGKILL)
        subprocess.run(["ip", "link", "delete", "mslv0"], capture_output=True)
