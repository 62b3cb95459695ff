"""Servers in a swarm outlive the engine, its memory and the hub, and those of the original spawner too."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import Any

import pytest
from docker_api import DockerRefusal
from docker_fixtures import DockerEngine
from docker_images import TINY
from docker_swarm import NETWORK, Swarm
from docker_templates import template
from hub import Hub
from test_swarm_crash import OPTIONS, WITH_ALL
from waiting import until

# What a server is started with, besides what the hub tells it.
OWN = ("MULTIPLESPAWNER_", "PATH=")


@pytest.fixture(scope="module")
def swarm_templates() -> list[dict[str, Any]]:
    """One with all that a service can have, and a plain one."""
    return [WITH_ALL, template("tiny")]


def forget(engine: DockerEngine) -> None:
    """A new machine for the daemon: nothing of its state is there."""
    for part in engine.state.iterdir():
        shutil.rmtree(part) if part.is_dir() else part.unlink()


def is_still(hub: Hub, engine: DockerEngine, swarm: Swarm, container: str) -> bool:
    """Whether ada's server is what it was, and the engine knows it."""
    hub.ready("ada")
    until("the engine knows it", lambda: [each["user"] for each in engine.sessions("running")])
    assert hub.answer("ada").json()["host"] == container[:12]
    assert swarm.container("ada")["Id"] == container
    return len(swarm.services()) == 1


def test_a_running_server_outlives_the_engine_the_hub_and_all_memory(
    swarm_hub: Hub, swarm_engine: DockerEngine, swarm: Swarm
) -> None:
    hub, engine = swarm_hub, swarm_engine
    hub.run("ada", options=OPTIONS)
    (session,) = engine.sessions("running")
    container = swarm.container("ada")["Id"]

    engine.kill()
    engine.start()
    assert is_still(hub, engine, swarm, container)

    hub.kill()
    hub.start()
    assert is_still(hub, engine, swarm, container)

    engine.kill()
    forget(engine)
    engine.start()
    assert is_still(hub, engine, swarm, container)

    hub.kill()
    engine.kill()
    forget(engine)
    engine.start()
    hub.start()
    assert is_still(hub, engine, swarm, container)
    assert [each["id"] for each in engine.sessions("running")] == [session["id"]]

    # Its device is still taken, and is free again when it ends.
    refused = hub.begin("grace", options=OPTIONS)
    assert refused.status_code >= 400 or not hub.server("grace").get("ready"), refused.text
    hub.end("ada")
    assert engine.sessions("running") == [] and hub.token_notes("ada") == []
    until("nothing is left, volume, config and secret", swarm.is_empty)


class Original:
    """What jhub-swarmspawner leaves behind: a service, and its id in the hub's database."""

    def __init__(self, hub: Hub, engine: DockerEngine, swarm: Swarm, user: str) -> None:
        self.hub = hub
        self.swarm = swarm
        self.user = user
        hub.run(user, options={"template": "tiny"})
        variables = swarm.container(user)["Config"]["Env"]
        self.environment = [each for each in variables if not each.startswith(OWN)]
        hub.kill()
        for session in engine.sessions():
            engine.call("DELETE", f"/v1/sessions/{session['id']}?now=true")
        until("nothing of ours is left", swarm.is_empty)

    def start(self) -> str:
        """As it makes a service: with its name, the environment, the networks, and nothing else."""
        container = {"Image": TINY, "Env": self.environment}
        task = {"ContainerSpec": container, "Networks": [{"Target": NETWORK}]}
        made = {"Name": f"jupyter-{self.user}-1", "TaskTemplate": task}
        self.service = self.swarm.api.post("/services/create", made)["ID"]
        until("it runs", self.runs)
        return self.service

    def runs(self) -> bool:
        """Whether its container does."""
        tasks = self.swarm.api.get("/tasks", filters={"service": [self.service]})
        return any(task["Status"]["State"] == "running" for task in tasks)

    def is_there(self) -> bool:
        """Whether the service is."""
        try:
            self.swarm.api.get(f"/services/{self.service}")
        except DockerRefusal:
            return False
        return True


def remember(hub: Hub, states: dict[str, dict[str, Any]]) -> None:
    """Give the database of a hub that is down what it would have of another spawner."""
    database = sqlite3.connect(hub.directory / "jupyterhub.sqlite")
    with database:
        for user, state in states.items():
            changed = database.execute(
                "UPDATE spawners SET state = ? WHERE user_id = (SELECT id FROM users WHERE name = ?)",
                (json.dumps(state), user),
            )
            assert changed.rowcount == 1, user
    database.close()


def test_a_service_of_the_original_spawner_is_kept_for_its_user_alone(
    swarm_hub: Hub, swarm_engine: DockerEngine, swarm: Swarm
) -> None:
    swarm_hub.run("mallory", options={"template": "tiny"})
    original = Original(swarm_hub, swarm_engine, swarm, "ada")
    service = original.start()
    remember(swarm_hub, dict.fromkeys(("ada", "mallory"), {"service_id": service}))
    swarm_hub.start()

    swarm_hub.ready("ada")
    assert swarm_hub.answer("ada").ok
    (session,) = swarm_engine.sessions("running")
    assert (session["user"], session["server"]) == ("ada", "")
    assert not swarm_hub.server("mallory"), "the state names another one's service"

    # Once more with the engine's memory, and with what the hub keeps of it now.
    for is_forgotten in (False, True):
        swarm_hub.kill()
        swarm_engine.kill()
        if is_forgotten:
            forget(swarm_engine)
        swarm_engine.start()
        swarm_hub.start()
        swarm_hub.ready("ada")
        assert swarm_hub.answer("ada").ok
    assert original.is_there()

    swarm_hub.end("ada")
    assert not original.is_there()
    swarm_hub.run("ada", options={"template": "tiny"})
    swarm_hub.end("ada")
