"""Authenticators as sites have them: one knows of its users where their files are."""

from __future__ import annotations

from typing import Any

from jupyterhub.auth import DummyAuthenticator


class MountAuthenticator(DummyAuthenticator):
    """What is known comes with the login; of some users only the hub's memory has it."""

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any]:
        name = await super().authenticate(handler, data)
        mount = {"targetHost": f"files-of-{name}", "privateKey": f"KEY-OF-{name}"}
        return {"name": name, "auth_state": {"mount_data": mount, "other": "not asked for"}}

    async def pre_spawn_start(self, user: Any, spawner: Any) -> None:
        # As the handler of /hub/set-user-data in jhub-authenticators does.
        if user.name.startswith("posted"):
            user.mount_data = {"targetHost": "posted-host", "privateKey": "POSTED-KEY"}


class PasswordAuthenticator(DummyAuthenticator):
    """Users log in with what they have on the machines, and the hub remembers it, encrypted."""

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any]:
        name = await super().authenticate(handler, data)
        return {"name": name, "auth_state": {"password": data["password"]}}
