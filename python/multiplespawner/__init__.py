"""JupyterHub's side of multiplespawner: the Spawner class, and nothing that decides."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from jupyterhub.utils import random_port

from .daemon import DEFAULT_DIRECTORY, local_url
from .spawner import MultipleSpawner

__all__ = ["MultipleSpawner", "configure"]


def configure(c: Any, groups: Sequence[str] = ()) -> None:
    """Make MultipleSpawner the hub's spawner and the engine's status page a service of the hub.

    Call it last in `jupyterhub_config.py`, as it reads `c.MultipleSpawner`. The page is at
    `/services/multiplespawner/`. Admins see it, and the members of `groups`: it names every user's
    sessions on this hub's engine.
    """
    c.JupyterHub.spawner_class = MultipleSpawner
    ours = c.MultipleSpawner
    local = local_url(ours.get("configuration_directory", DEFAULT_DIRECTORY))
    c.JupyterHub.services.append(
        {
            "name": "multiplespawner",
            "oauth_no_confirm": True,  # the hub itself runs it, so there is nobody else to trust
            "url": f"http://127.0.0.1:{random_port()}",
            "command": [sys.executable, "-m", "multiplespawner.dashboard"],
            "environment": {
                "MULTIPLE_SPAWNER_URL": ours.get("url", "") or local,
                "MULTIPLE_SPAWNER_TOKEN": ours.get("token_file", ""),
                "MULTIPLE_SPAWNER_CA": ours.get("ca_file", ""),
            },
        }
    )
    if groups:
        role = {
            "name": "multiplespawner-status",
            "description": "See the status page of the engine",
            "scopes": ["access:services!service=multiplespawner"],
            "groups": list(groups),
        }
        c.JupyterHub.load_roles.append(role)
