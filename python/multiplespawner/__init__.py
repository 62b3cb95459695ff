"""JupyterHub's side of multiplespawner: the Spawner class, and nothing that decides."""

from __future__ import annotations

from typing import Any

from .spawner import MultipleSpawner

__all__ = ["MultipleSpawner", "configure"]


def configure(c: Any) -> None:
    """Make MultipleSpawner the hub's spawner and its status page a service of the hub.

    Call it last in `jupyterhub_config.py`. The service needs an engine on TCP, because the hub's
    proxy speaks no unix sockets: it is registered only when `c.MultipleSpawner.url` is an http(s)
    address. Only admins are shown the page, since it names every user's sessions.
    """
    c.JupyterHub.spawner_class = MultipleSpawner
    url = c.MultipleSpawner.get("url", "")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return
    c.JupyterHub.services.append({"name": "multiplespawner", "url": url, "display": True})
    c.JupyterHub.load_roles.append(
        {
            "name": "multiplespawner-status",
            "description": "see the status page of the engine",
            "scopes": ["access:services!service=multiplespawner"],
            "services": ["multiplespawner"],
        }
    )
