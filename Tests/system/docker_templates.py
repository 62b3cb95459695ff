"""Templates for servers that are containers, in SwarmSpawner's own words."""

from __future__ import annotations

from typing import Any

from docker_images import SINGLEUSER, TINY

SWARM = "jhub.SwarmSpawner"
DEPLOYMENTS = {"container": [{"name": "any", "provider": "local"}]}


def template(name: str, image: str = TINY, **kwargs: Any) -> dict[str, Any]:
    """A template with one image on the overlay, unless the arguments say something else."""
    kwargs.setdefault("images", [{"name": name, "image": image}])
    kwargs.setdefault("networks", ["jh"])
    return {
        "name": name,
        "resource_type": "container",
        "providers": ["local"],
        "spawner": {"class": SWARM, "kwargs": kwargs},
    }


def jupyter(name: str = "jupyter", **kwargs: Any) -> dict[str, Any]:
    """A template with the real single-user server."""
    return template(name, SINGLEUSER, **kwargs)
