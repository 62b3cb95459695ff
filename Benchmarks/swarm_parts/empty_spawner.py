"""A spawner that starts nothing: what is left is what JupyterHub itself takes for a start."""

from __future__ import annotations

from typing import Any

from jupyterhub.spawner import Spawner


class EmptySpawner(Spawner):
    """Every server is the tiny one that the container runs in whose network the hub is."""

    running = False

    async def start(self) -> tuple[str, int]:
        """Where that one answers (docker_inside.py)."""
        self.running = True
        return "127.0.0.1", 1

    async def stop(self, now: bool = False) -> None:
        """It goes on; this one has only no user any more."""
        self.running = False

    async def poll(self) -> int | None:
        """None while there is a user."""
        return None if self.running else 0

    def get_state(self) -> dict[str, Any]:
        """As small as any."""
        return {**super().get_state(), "running": self.running}
