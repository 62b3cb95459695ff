"""The hubs that are measured: one JupyterHub on one overlay, each with its own spawner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docker_fixtures import DockerEngine, settings_for
from docker_images import TINY
from docker_inside import Inside
from docker_swarm import NETWORK
from docker_templates import DEPLOYMENTS, template
from hub import Hub

ALONE, OURS = "JupyterHub alone", "ours"
DOCKERSPAWNER, SWARMSPAWNER = "dockerspawner 14.0", "jhub-swarmspawner 0.6.3"
PATIENT = {"start_timeout": 600, "http_timeout": 300}
# A kernel without IPVS has no virtual addresses: names must be those of the tasks.
BY_NAME = {"mode": "dnsrr"}


def engine(inside: Inside, binary: Path, folder: Path) -> DockerEngine:
    """Our daemon, where the hub is."""
    files = {
        "spawner_templates.json": [template("tiny")],
        "spawner_deployments.json": DEPLOYMENTS,
    }
    engine = DockerEngine(inside.wrapped(binary), folder, files, log_level="error")
    engine.docker_host = inside.swarm.host
    return engine


def _docker_spawner() -> dict[str, Any]:
    return {
        "JupyterHub": {"spawner_class": "dockerspawner.SwarmSpawner"},
        "SwarmSpawner": {
            **PATIENT,
            "image": TINY,
            "network_name": NETWORK,
            "port": 8888,
            "extra_endpoint_spec": BY_NAME,
            "pull_policy": "skip",
        },
    }


def _swarm_spawner() -> dict[str, Any]:
    image = {
        "image": TINY,
        "name": "tiny",
        "endpoint_spec": BY_NAME,
        # It leaves 127.0.0.1 and port 0 in there.
        "env": {"JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/"},
    }
    return {
        "JupyterHub": {"spawner_class": "jhub.SwarmSpawner"},
        "SwarmSpawner": {**PATIENT, "images": [image], "networks": [NETWORK]},
    }


def hubs(inside: Inside, environment: Path, folder: Path, engine: DockerEngine) -> dict[str, Hub]:
    """Hubs that are still to be started, by their spawners."""
    ours = settings_for(engine, inside.name)
    ours["MultipleSpawner"].update(PATIENT)
    found = {}
    for name, settings in {
        ALONE: {"JupyterHub": {"spawner_class": "empty_spawner.EmptySpawner"}},
        OURS: ours,
        DOCKERSPAWNER: _docker_spawner(),
        SWARMSPAWNER: _swarm_spawner(),
    }.items():
        # The call that starts a server answers when it is ready: asking again and again would cost the
        # hub more than the starts.
        slow = {"slow_spawn_timeout": 600, "slow_stop_timeout": 600}
        common = {"concurrent_spawn_limit": 0, "log_level": "WARN", "tornado_settings": slow}
        place = {"hub_ip": "0.0.0.0", "hub_connect_ip": inside.name}
        settings["JupyterHub"] = {**settings.get("JupyterHub", {}), **common, **place}
        hub = Hub(
            inside.environment(environment),
            folder / name.replace(" ", "-"),
            settings,
            DOCKER_HOST=inside.swarm.host,
            PYTHONPATH=str(Path(__file__).parent),
        )
        port = hub.base.rpartition(":")[2]
        hub.base = hub.settings["JupyterHub"]["bind_url"] = f"http://{inside.address}:{port}"
        found[name] = hub
    return found
