"""What a hub's servers on other machines may leave behind, before and after."""

from __future__ import annotations

import os
from pathlib import Path

from engine import Engine
from hub import Hub
from ssh_hosts import Hosts, listeners
from waiting import until


class Traces:
    """All that is there now: listeners of both sides, sessions, processes, private files."""

    def __init__(self, hub: Hub, engine: Engine, hosts: Hosts, keys: Path | None = None) -> None:
        self.hub, self.engine, self.hosts, self.keys = hub, engine, hosts, keys
        self.before = self.now()

    def now(self) -> dict[str, object]:
        """A picture that can be compared."""
        ssh = self.engine.state / "ssh"
        files = {str(path.relative_to(ssh)): _content(path) for path in sorted(ssh.rglob("*"))}
        # The authority stays, and what holds who uses what is empty.
        notes = {name: text for name, text in files.items() if not name.startswith("ca") and text}
        keys = (
            sorted(path.name for path in self.keys.iterdir())
            if self.keys and self.keys.exists()
            else []
        )
        return {
            "our listeners": listeners(),
            "their listeners": [host.listeners() for host in self.hosts.all if host.process],
            "sessions there": [host.sessions() for host in self.hosts.all],
            "processes there": self.hosts.processes(),
            "notes": notes,
            "keys": [name for name in keys if not name.startswith("multiplespawner-leases")],
            "sessions": [session["id"] for session in self.engine.sessions()],
        }

    def check(self, *users: str) -> None:
        """Nothing is there that was not before, and these users have no tokens of servers."""
        try:
            until("all is as it was", lambda: not self._differences(), 10)
        except AssertionError as error:
            raise AssertionError("\n".join(["something is left:", *self._differences()])) from error
        for user in users:
            assert self.hub.token_notes(user) == [], user

    def _differences(self) -> list[str]:
        now = self.now()
        return [
            f"{key}: {now[key]} was {self.before[key]}"
            for key in now
            if now[key] != self.before[key]
        ]


def _content(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""


def control_directories() -> set[str]:
    """The private directories of connections by OpenSSH."""
    return {name for name in os.listdir("/tmp") if name.startswith("mspssh-")}
