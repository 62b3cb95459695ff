"""Machines with accounts of their own beside root's: what an SSH server may ask of people, and refuse."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

from docker_network import run
from ssh_hosts import Host, Hosts, make_key

PASSWORD = "correct horse, battery"
# Each with what is special about it there. Nobody has them outside.
ACCOUNTS = {
    "ada": "",  # by password
    "bob": "",  # by password, which he gets wrong
    "carol": "",  # by certificate
    "keyed": "",  # by key
    "closed": "AllowTcpForwarding no",
    "crowded": "MaxSessions 2",
    "full": "",  # its home has no room
}
FIRST_NUMBER = 61100
# What only the second machine reaches, the third one has in it.
INNER = "10.78.0"
SERVER = "/srv/tiny_server"


class SiteHost(Host):
    """A machine with these accounts, and the tests' server where all of them can run it."""

    # Set by the site, before its machines are made.
    server = ""
    user_key = ""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        matches = [f"Match User {name}\n{line}" for name, line in ACCOUNTS.items() if line]
        self.usual = (
            "PasswordAuthentication yes",
            "KbdInteractiveAuthentication no",
            "LogLevel VERBOSE",
        )
        self.matches = tuple(matches)
        self.configure()
        etc, homes, programs = (self.folder / name for name in ("etc", "homes", "programs"))
        for folder in (etc, homes, programs):
            folder.mkdir()
        shutil.copy(self.server, programs / "tiny_server")
        self._write_accounts(etc)
        for name in ACCOUNTS:
            self._make_home(homes / name, number(name))
        quoted = {
            name: shlex.quote(str(self.folder / name)) for name in ("etc", "homes", "programs")
        }
        self.preparation = [
            *(f"mount --bind {quoted['etc']}/{file} /etc/{file}" for file in ("passwd", "shadow")),
            f"mount --bind {quoted['programs']} /srv",
            f"mount --bind {quoted['homes']} /home",
            f"mount -t tmpfs -o size=64k,mode=0700,uid={number('full')} tmpfs /home/full",
            f"cp -rp {quoted['homes']}/full/.ssh /home/full/",
        ]

    def configure(self, *lines: str, last: tuple[str, ...] = ()) -> None:
        super().configure(
            *lines, *getattr(self, "usual", ()), last=(*last, *getattr(self, "matches", ()))
        )

    def _write_accounts(self, etc: Path) -> None:
        secret = run("openssl", "passwd", "-6", PASSWORD).strip()
        passwd, shadow = Path("/etc/passwd").read_text(), Path("/etc/shadow").read_text()
        for name in ACCOUNTS:
            passwd += f"{name}:x:{number(name)}:65534::/home/{name}:/bin/sh\n"
            shadow += f"{name}:{secret}:19000:0:99999:7:::\n"
        (etc / "passwd").write_text(passwd)
        (etc / "shadow").write_text(shadow)
        (etc / "shadow").chmod(0o600)

    def _make_home(self, home: Path, owner: int) -> None:
        ssh = home / ".ssh"
        ssh.mkdir(parents=True)
        # Who comes by password or certificate has no key there.
        if home.name not in ("ada", "bob", "carol"):
            (ssh / "authorized_keys").write_text(self.user_key + "\n")
        for path in (home, *home.rglob("*")):
            os.chown(path, owner, 65534)
        home.chmod(0o700)

    def homes(self) -> list[Path]:
        return [
            self.home,
            *(self.inside(f"/home/{name}") if self.process else Path() for name in ACCOUNTS),
        ]

    def said(self) -> str:
        """The log of its SSH server."""
        return (self.folder / "sshd.log").read_text(errors="replace")


def number(account: str) -> int:
    """The number of an account, which no other one of this machine has."""
    return FIRST_NUMBER + list(ACCOUNTS).index(account)


class Site(Hosts):
    """Three such machines; the way to an inner address of the third leads over the second."""

    kind = SiteHost

    def __init__(self, folder: Path, tiny: str) -> None:
        folder.joinpath("keys").mkdir()
        self.user_key = folder / "keys" / "user"
        SiteHost.server, SiteHost.user_key = tiny, make_key(self.user_key)
        super().__init__(3, folder)
        self.inner = f"{INNER}.13"
        for host, address in ((self.all[1], f"{INNER}.12"), (self.all[2], self.inner)):
            space = ("nsenter", "--target", str(host.process.pid if host.process else 0), "--net")
            run(*space, "ip", "address", "add", f"{address}/24", "dev", "eth0")
        with self.known_hosts.open("a") as file:
            file.write(f"{self.inner} {self.all[2].host_key}\n")
        self.authority = folder / "keys" / "authority"

    def trust(self, authority: str) -> None:
        """Let in whom this authority vouches for."""
        for host in self.all:
            with (host.folder / "authorities").open("a") as file:
                file.write(authority.strip() + "\n")

    def site_template(
        self, name: str, *hosts: str, authenticator: Any = None, **more: Any
    ) -> dict[str, Any]:
        """A template of servers on one machine, or on those that are named; options that are None are left out."""
        options = {
            "hosts": list(hosts) or [self.all[0].address],
            "user": "keyed",
            "ssh_keyfile": str(self.user_key),
            "known_hosts": [str(self.known_hosts)],
            "cmd": [SERVER],
            **more,
        }
        template = {
            "name": name,
            "resource_type": "bare_metal",
            "providers": ["local"],
            "spawner": {
                "class": "multiplespawner.SSH",
                "kwargs": {key: value for key, value in options.items() if value is not None},
            },
        }
        if authenticator is not None:
            kwargs = {"known_hosts": [str(self.known_hosts)], **authenticator}
            template["authenticator"] = {"class": "multiplespawner.SSHKeys", "kwargs": kwargs}
        return template


def certify(authority: Path, key: Path, principal: str, validity: str) -> Path:
    """A certificate of OpenSSH's own making for a key."""
    command = ["ssh-keygen", "-q", "-s", str(authority), "-I", "by the tests", "-n", principal]
    subprocess.run([*command, "-V", validity, f"{key}.pub"], check=True, capture_output=True)
    return key.with_name(f"{key.name}-cert.pub")
