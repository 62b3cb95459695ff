"""The hubs that are measured: one JupyterHub, each with its own spawner, and the same machines."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from engine import Engine
from hub import Hub
from machines import Machines

ALONE, OURS, NERSC = "JupyterHub alone", "ours", "NERSC's sshspawner"
PATIENT = {"start_timeout": 600, "http_timeout": 300}
DEPLOYMENTS = {"bare_metal": [{"name": "machine", "provider": "local"}]}
# Where a server that starts nothing says that its users' server is.
LOCAL_URL = "http://127.0.0.1:1/"


def engine(machines: Machines, binary: Path, folder: Path, tiny: str, source: str) -> Engine:
    """Our daemon; its templates say on how many of the machines."""

    def template(name: str, count: int, *command: str) -> dict[str, Any]:
        addresses = [host.address for host in machines.all[:count]]
        choice = {"hosts": addresses, "host_choice": "round_robin"}
        return machines.template(name, cmd=list(command), args=[], **choice)

    templates = [
        template("one", 1, tiny),
        template("three", 3, tiny),
        template("all", len(machines.all), tiny),
        template("source", 1, "/usr/bin/python3", source),
    ]
    files = {"spawner_templates.json": templates, "spawner_deployments.json": DEPLOYMENTS}
    return Engine(binary, folder, files, log_level="error")


def _nersc(machines: Machines, script: Path, tiny: str) -> dict[str, Any]:
    find = f"set -- $SSH_CONNECTION; echo $3 $(/usr/bin/python3 {script})"
    return {
        "JupyterHub": {"spawner_class": "nersc_spawner.NerscSpawner"},
        "NerscSpawner": {
            **PATIENT,
            "remote_hosts": [host.address for host in machines.all[:3]],
            "ssh_keyfile": str(machines.certified_key()),
            "remote_port_command": find,
            "hub_api_url": f"http://{machines.bridge.address}:8081/hub/api",
            "cmd": [tiny],
        },
    }


def can_run(environment: Path, nersc: Path | None) -> bool:
    """Whether NERSC's spawner is there, and what it stands on."""
    if nersc is None or not (nersc / "sshspawner" / "sshspawner.py").exists():
        return False
    look = [str(environment / "bin" / "python"), "-c", "import asyncssh"]
    return subprocess.run(look, capture_output=True).returncode == 0


def hubs(
    machines: Machines,
    environment: Path,
    folder: Path,
    engine: Engine,
    tiny: str,
    nersc: Path | None,
) -> dict[str, Hub]:
    """Hubs that are still to be started, by their spawners."""
    kinds: dict[str, dict[str, Any]] = {
        ALONE: {"JupyterHub": {"spawner_class": "empty_spawner.EmptySpawner"}},
        OURS: {"MultipleSpawner": {**PATIENT, "url": f"unix://{engine.socket}"}},
    }
    if nersc is not None:
        kinds[NERSC] = _nersc(machines, nersc / "scripts" / "get_port.py", tiny)
    parts = Path(__file__).parent
    found = {}
    for name, settings in kinds.items():
        # The call that starts a server answers when it is ready: asking again and again would cost the
        # hub more than the starts.
        slow = {"slow_spawn_timeout": 600, "slow_stop_timeout": 600}
        common = {"concurrent_spawn_limit": 0, "log_level": "WARN", "tornado_settings": slow}
        settings["JupyterHub"] = {**settings.get("JupyterHub", {}), **common}
        path = [parts, parts.with_name("swarm_parts"), *([nersc] if nersc else [])]
        found[name] = Hub(
            environment,
            folder / name.replace(" ", "-").replace("'", ""),
            settings,
            PYTHONPATH=":".join(str(each) for each in path),
            REMOTE_ACCOUNT="root",
        )
    return found
