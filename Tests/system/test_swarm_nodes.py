"""Several machines: servers are spread over them, and one is cut off or loses its power."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from docker_cluster import Cluster
from docker_fixtures import DockerEngine, settings_for
from docker_templates import template
from engine import Engine
from hub import Hub
from waiting import stays, until

USERS = [f"user-{number}" for number in range(6)]
VOLUME = {"source": "work-{username}", "target": "/work", "labels": {"autoremove": "True"}}
UPLOAD = [{"name": "requirements", "extension": ".txt", "data": "numpy\n"}]
OPTIONS = {"template": "spread", "user_install_files": UPLOAD}


@pytest.fixture(scope="module", params=[2, 3], ids=["two-nodes", "three-nodes"])
def cluster(
    request: pytest.FixtureRequest, cluster_lock: None, tiny_image: bytes
) -> Iterator[Cluster]:
    """Machines of which each runs servers; the last is the one that will be lost."""
    cluster = Cluster(request.param, tiny_image)
    yield cluster
    cluster.remove()


@pytest.fixture(scope="module")
def engine(cluster: Cluster, docker_engine: Callable[..., DockerEngine]) -> DockerEngine:
    """A daemon beside the machines. Servers have a volume and a file of their own."""
    extras = {"use_user_options": True, "enable_user_upload_install_files": True}
    spread = template("spread", container_spec={"mounts": [VOLUME]}, **extras)
    last = {"constraints": [f"node.hostname == {cluster.machines[-1].name}"]}
    engine = docker_engine(cluster.swarm.host, [spread, template("last", placement=last)])
    engine.start()
    return engine


@pytest.fixture(scope="module")
def hub(
    new_hub: Callable[..., Hub], cluster: Cluster, engine: DockerEngine, jupyterhub_6: Path
) -> Iterator[Hub]:
    """A hub beside the machines."""
    settings = settings_for(engine, cluster.address)
    hub = new_hub(jupyterhub_6, settings).start()
    yield hub
    hub.stop()


@pytest.fixture(autouse=True)
def no_servers(hub: Hub) -> Iterator[None]:
    """No test leaves a server to the next."""
    yield
    end_all(hub, [user for user in [*USERS, "ada"] if active(hub, user)])


def active(hub: Hub, user: str) -> bool:
    """Whether a user, who need not be there, has a server."""
    return hub.call("GET", f"/users/{user}").ok and bool(hub.server(user))


def start_all(hub: Hub) -> None:
    """One after the other, with an uploaded file each.

    Docker 20.10 now and then fails to start one of several containers with configs: "unable to
    remount dir as readonly: device or resource busy".
    """
    for user in USERS:
        hub.run(user, options=OPTIONS)


def end_all(hub: Hub, users: list[str]) -> None:
    """All at once: removing volumes of other machines takes Docker some seconds."""
    with ThreadPoolExecutor(len(USERS)) as pool:
        list(pool.map(hub.end, users))


def places(cluster: Cluster) -> dict[str, str]:
    """The machine of each user's server."""
    names = {cluster.node_id(machine.name): machine.name for machine in cluster.machines}
    found = {}
    for service in cluster.swarm.services():
        task, *_ = cluster.swarm.tasks(service)
        found[service["Spec"]["Labels"]["multiplespawner.user"]] = names[task["NodeID"]]
    return found


def volumes(cluster: Cluster) -> set[str]:
    """Our volumes on the machines that can be asked."""
    found: set[str] = set()
    for machine in cluster.machines:
        if machine.engine.process is not None:
            label = {"label": ["multiplespawner.hub"]}
            listed = machine.engine.api.get("/volumes", filters=label)["Volumes"] or []
            found |= {each["Name"] for each in listed}
    return found


def nothing_is_left(cluster: Cluster) -> bool:
    """No service, config or secret in the swarm, and no container or volume on any machine."""
    machines = [machine.engine.api for machine in cluster.machines]
    labelled = {"label": ["multiplespawner.hub"]}
    containers = [api.get("/containers/json", all="true", filters=labelled) for api in machines]
    return not (any(containers) or volumes(cluster) or cluster.swarm.left())


def lose(cluster: Cluster, how: str, name: str) -> None:
    """Cut a machine off, or cut its power."""
    cluster.cut(name) if how == "cut off" else cluster.kill(name)
    cluster.lost(name)


def have_back(cluster: Cluster, how: str, name: str) -> None:
    """The cable is in again, or the machine has power."""
    cluster.mend(name) if how == "cut off" else cluster.restart(name)


def test_servers_are_spread_over_the_machines(cluster: Cluster, hub: Hub, engine: Engine) -> None:
    start_all(hub)
    assert all(hub.answer(user).ok for user in USERS)
    assert set(places(cluster).values()) == {machine.name for machine in cluster.machines}
    assert volumes(cluster) == {f"work-{user}" for user in USERS}
    end_all(hub, USERS)
    until("nothing is left", lambda: nothing_is_left(cluster), 60)


def test_a_server_is_where_its_template_wants_it(
    cluster: Cluster, hub: Hub, engine: Engine
) -> None:
    hub.run("ada", options={"template": "last"})
    assert places(cluster) == {"ada": cluster.machines[-1].name}
    assert hub.answer("ada").ok
    hub.end("ada")
    until("nothing is left", lambda: nothing_is_left(cluster), 60)


@pytest.mark.parametrize("how", ["cut off", "without power"])
def test_what_a_lost_machine_ran_is_told_and_the_rest_goes_on(
    cluster: Cluster, hub: Hub, engine: Engine, how: str
) -> None:
    name = cluster.machines[-1].name
    start_all(hub)
    sessions = {each["user"]: each["id"] for each in engine.sessions("running")}
    where = places(cluster)
    lost = [user for user in USERS if where[user] == name]
    kept = [user for user in USERS if where[user] != name]
    assert lost and kept

    lose(cluster, how, name)
    for user in lost:
        until(f"the hub misses {user}", lambda: not hub.server(user), 60)
        _, session = engine.call("GET", f"/v1/sessions/{sessions[user]}")
        assert name in session["error"]["message"], session
    stays("the others go on", lambda: all(hub.answer(user).ok for user in kept), 3)
    assert {each["user"] for each in engine.sessions("running")} == set(kept)

    have_back(cluster, how, name)
    mine = {f"work-{user}" for user in kept}
    until("the volumes of the lost are gone", lambda: volumes(cluster) == mine, 90)
    until("their configs are gone", lambda: len(cluster.swarm.left()["configs"]) == len(kept), 30)
    hub.run(lost[0], options=OPTIONS)
    assert hub.answer(lost[0]).ok
    end_all(hub, [*kept, lost[0]])
    until("nothing is left", lambda: nothing_is_left(cluster), 60)
