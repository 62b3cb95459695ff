"""Internal TLS: a certificate of the hub's for each attempt to run a server."""

from __future__ import annotations

import os
import pwd
from inspect import isawaitable
from pathlib import Path
from typing import Any
from uuid import uuid4

from jupyterhub.spawner import LocalProcessSpawner

FILES = ("keyfile", "certfile", "cafile")


class Certified:
    """The part of a Spawner that makes certificates for the names of a server, before it starts."""

    # The id of the attempt that a certificate was made for.
    _attempt: str | None = None
    _certificates: dict[str, str] | None = None

    def take_attempt(self) -> str:
        """The id of the attempt that begins: the one that its certificate names, if it has one."""
        attempt, self._attempt = self._attempt or uuid4().hex, None
        return attempt

    def take_certificates(self) -> dict[str, str] | None:
        """What internal TLS needs at the server's end, as text, which is not kept here any more."""
        texts, self._certificates = self._certificates, None
        return texts

    async def create_certs(self) -> dict[str, str]:
        """For this machine, and for the names that only this attempt's container will have.

        A start has the text, for the files may be out of its reach, or soon be another server's:
        the hub has one name of a file for all servers of a user.
        """
        attempt = self._attempt = uuid4().hex
        own = [f"DNS:s-{attempt}", f"DNS:tasks.s-{attempt}"]
        given = self.ssl_alt_names

        async def names(spawner: Any) -> list[str]:
            found = given(spawner)
            return [*(await found if isawaitable(found) else found), *own]

        self.ssl_alt_names = names if callable(given) else [*given, *own]
        try:
            paths = await super().create_certs()
        finally:
            self.ssl_alt_names = given
        self._certificates = {name: Path(paths[name]).read_text() for name in FILES}
        return paths

    async def move_certs(self, paths: dict[str, str]) -> dict[str, str]:
        """Certificates go to the home of a system user of that name, else they stay."""
        try:
            pwd.getpwnam(self.user.name)
        except KeyError:
            return paths
        if os.geteuid() != 0:
            return paths
        return await LocalProcessSpawner.move_certs(self, paths)
