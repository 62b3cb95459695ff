"""Several servers of one user in a swarm, under each supported JupyterHub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from docker_fixtures import DockerEngine, settings_for
from docker_swarm import Swarm
from hub import Hub
from waiting import until

# `1` is what the name of the default server's service ends with; newer hubs refuse such a name.
SERVERS = {"5.5": ["", "1", "lab"], "6.1": ["", "lab"]}


@pytest.fixture(scope="module")
def hub(
    new_hub: Callable[..., Hub], swarm: Swarm, swarm_engine: DockerEngine, jupyterhub: Path
) -> Iterator[Hub]:
    """A hub of each version."""
    hub = new_hub(jupyterhub, settings_for(swarm_engine, swarm.gateway or "")).start()
    yield hub
    hub.stop()


def test_servers_of_one_user_are_started_and_ended_each_by_itself(
    hub: Hub, swarm_engine: DockerEngine, swarm: Swarm, jupyterhub: Path
) -> None:
    running = SERVERS[jupyterhub.name.rpartition("-")[2]].copy()
    hub.add("ada")
    with ThreadPoolExecutor(len(running)) as pool:
        list(pool.map(lambda server: hub.run("ada", server), running))
    names = {server: swarm.service("ada", server)["Spec"]["Name"] for server in running}
    assert names[""] == "jupyter-ada-1" and names["lab"] == "jupyter-ada-lab"
    assert len(set(names.values())) == len(running)

    while running:
        for server in running:
            container = swarm.container("ada", server)
            assert hub.answer("ada", server).json()["host"] == container["Config"]["Hostname"]
            assert swarm.environment("ada", server).get("JUPYTERHUB_SERVER_NAME", "") == server
        hub.end("ada", running.pop(0))
        left = {each["Spec"]["Labels"]["multiplespawner.server"] for each in swarm.services()}
        assert left == set(running)
    assert swarm_engine.sessions() == [] and hub.token_notes("ada") == []
    until("nothing is left", swarm.is_empty)
