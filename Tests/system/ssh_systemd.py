"""A machine whose first process is a real systemd, with cgroups of its own: it can hold sessions to their limits."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from pathlib import Path
from typing import Any

from ssh_accounts import SiteHost
from ssh_hosts import SSHD, Host

CGROUPS = Path("/sys/fs/cgroup")
# Of cgroups as they were before version 2: one tree for each controller.
TREES = {"systemd": "none,name=systemd", "memory": "memory", "pids": "pids"}
# Units have no default dependencies: those would bring up the whole of this machine's own units, which clear /tmp, mount
# and unmount. Only the units of the tests are known to the systemd of the tests.
UNITS = "/run/systemd/system"
SERVICE = """
[Unit]
DefaultDependencies=no
[Service]
ExecStart={sshd} -D -f {folder}/sshd.conf -E {folder}/sshd.log
KillMode=process
Restart=always
RestartSec=0.2
"""


def why_not() -> str:
    """Why there can be no such machine here; empty where there can."""
    if not Path("/lib/systemd/systemd").exists():
        return "systemd is not installed"
    missing = [name for name in TREES if not (CGROUPS / name / "cgroup.procs").exists()]
    return f"the kernel has no tree of cgroups for {', '.join(missing)}" if missing else ""


class SystemdHost(SiteHost):
    """Its accounts are those of a site."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.group = f"multiplespawner-tests-{os.getpid()}-{self.number}"
        units = self.folder / "units"
        units.mkdir()
        texts = {
            "ssh.service": SERVICE.format(sshd=SSHD, folder=self.folder),
            "all.target": "[Unit]\nDefaultDependencies=no\nWants=ssh.service\n",
        }
        for name, text in texts.items():
            (units / name).write_text(text)
        run, mounts = "/run", []
        for name, options in TREES.items():
            mounts += [
                f"mkdir {CGROUPS}/{name}",
                f"mount -t cgroup -o {options} cgroup {CGROUPS}/{name}",
            ]
        folder = shlex.quote(str(self.folder))
        self.preparation += [
            # A first process with the power of root can change nothing outside of the machine's own folder.
            "mount -o remount,bind,ro / || exit 1",
            "for place in /tmp /var /home; do mountpoint -q $place && mount -o remount,bind,ro $place; done",
            f"mount --bind {folder} {folder}",
            f"mount -o remount,bind,rw {folder}",
            f"mount -t tmpfs tmpfs {run}",
            f"mkdir -p {run}/sshd {run}/systemd",
            f"cp -r {shlex.quote(str(units))} {run}/systemd/system",
            f"umount -R {CGROUPS}",
            f"mount -t tmpfs tmpfs {CGROUPS}",
            *mounts,
        ]

    def way_in(self) -> list[str]:
        places = [CGROUPS / name / self.group for name in TREES]
        for place in places:
            place.mkdir(exist_ok=True)
        enter = "; ".join(f"echo $$ >{place}/cgroup.procs" for place in places)
        return [
            "/bin/sh",
            "-c",
            f'{enter}; exec "$@"',
            "sh",
            *super().way_in(),
            "--cgroup",
            "--ipc",
        ]

    def work(self) -> str:
        systemd = (
            "/lib/systemd/systemd --system --unit=all.target --log-target=null --show-status=no"
        )
        own = f"container=tests SYSTEMD_UNIT_PATH={UNITS}"
        return f"exec env -i {own} PATH=/usr/sbin:/usr/bin:/sbin:/bin {systemd}"

    def limit(self, pid: int, tree: str, file: str) -> int:
        """What the cgroup of one of its processes says."""
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        (path,) = [line.split(":")[2] for line in lines if tree in line.split(":")[1].split(",")]
        return int((CGROUPS / tree / path.lstrip("/") / file).read_text())

    def scopes(self) -> list[str]:
        """The scopes that sessions are in."""
        command = ["systemctl", "list-units", "--plain", "--no-legend", "--all", "run-*.scope"]
        return self.run(*command).split()

    def run(self, *command: str) -> str:
        """A command of its administrator."""
        way = ["nsenter", "--target", str(self.first), "--all"]
        return subprocess.run([*way, *command], capture_output=True, text=True, check=True).stdout

    @property
    def first(self) -> int:
        """Its first process."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return int(children.split()[0])

    def cut_power(self) -> None:
        super().cut_power()
        for name in TREES:
            top = CGROUPS / name / self.group
            for folder in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
                remove(folder)
            remove(top)


def remove(cgroup: Path) -> None:
    """Its last process may be on its way still."""
    for _ in range(100):
        try:
            return cgroup.rmdir()
        except OSError:
            time.sleep(0.02)
