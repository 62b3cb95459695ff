"""A machine that is prepared before it is used: it has a disk of its own, on which all can be changed."""

from __future__ import annotations

import shlex
from typing import Any

from ssh_hosts import Host


class BareHost(Host):
    """This machine's files as they are, below a layer that takes what is changed and goes with it.

    There is nothing of Jupyter, and root's home is empty but for the key. Keys open the account that
    has them.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        (self.home / ".ssh").mkdir(mode=0o700)
        (self.folder / "authorized_keys").rename(self.home / ".ssh" / "authorized_keys")
        settings = (self.folder / "sshd.conf").read_text()
        own = settings.replace(f"{self.folder}/authorized_keys", ".ssh/authorized_keys")
        (self.folder / "sshd.conf").write_text(own)

    def disk(self) -> str:
        folder = shlex.quote(str(self.folder))
        disk = f"{folder}/disk"
        root = f"{disk}/root"
        return (
            f"mkdir -p {disk}; mount -t tmpfs none {disk}; mkdir -p {disk}/upper {disk}/work {root}; "
            f"mount -t overlay overlay -o lowerdir=/,upperdir={disk}/upper,workdir={disk}/work {root}; "
            f"mount -t tmpfs none {root}/tmp; chmod 1777 {root}/tmp; mount -t proc proc {root}/proc; "
            f"mount --rbind /dev {root}/dev; mount --bind {folder}/home {root}/root; "
            f"mount --bind {folder}/boot_id {root}/proc/sys/kernel/random/boot_id; "
            f"mkdir -p {root}{folder} {root}/run/sshd; mount --bind {folder} {root}{folder}; cd /; "
        )

    def sshd(self) -> str:
        return f"chroot {shlex.quote(str(self.folder))}/disk/root {super().sshd()}"
