"""Docker is away for half a minute, under running sessions and starts that are under way.

With the manager away, the containers of other machines go on, and so must the sessions. With the
only machine's Docker away, Docker has ended the containers itself: these sessions are over, and are
told so when that is known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from docker_cluster import Cluster
from docker_fixtures import DockerEngine, settings_for
from docker_swarm import Swarm
from docker_templates import template
from engine import Engine
from hub import Hub
from waiting import stays, until

AWAY_SECONDS = 30
RUNNING = [f"user-{number}" for number in range(20)]
BEGUN = ["early-1", "early-2", "early-3"]
ASKED = ["late-1", "late-2"]
WORKERS = {"placement": {"constraints": ["node.role == worker"]}}
SLOW = {"container_spec": {"command": ["tiny_server", "--slow", "10"]}}


@pytest.fixture(scope="module")
def swarm_templates() -> list[dict[str, Any]]:
    """For servers on machines that manage nothing, quick and slow ones."""
    return [template("tiny"), template("worker", **WORKERS), template("slow", **WORKERS, **SLOW)]


@pytest.fixture(scope="module")
def cluster_engine(
    cluster: Cluster,
    docker_engine: Callable[..., DockerEngine],
    swarm_templates: list[dict[str, Any]],
) -> DockerEngine:
    """A daemon beside the machines."""
    engine = docker_engine(cluster.swarm.host, swarm_templates)
    engine.start()
    return engine


@pytest.fixture(scope="module")
def cluster_hub(
    new_hub: Callable[..., Hub],
    cluster: Cluster,
    cluster_engine: DockerEngine,
    jupyterhub_6: Path,
) -> Iterator[Hub]:
    """A hub beside the machines."""
    settings = settings_for(cluster_engine, cluster.address)
    hub = new_hub(jupyterhub_6, settings).start()
    yield hub
    hub.stop()


@pytest.fixture
def users() -> Iterator[ThreadPoolExecutor]:
    """All of them at once."""
    with ThreadPoolExecutor(30) as pool:
        yield pool


def ids(engine: Engine, *states: str) -> set[str]:
    """The sessions in these states; all that live, without any."""
    return {session["id"] for session in engine.sessions(*states)}


def test_no_session_is_ended_because_the_manager_is_away(
    cluster: Cluster, cluster_hub: Hub, cluster_engine: Engine, users: ThreadPoolExecutor
) -> None:
    hub, engine, swarm = cluster_hub, cluster_engine, cluster.swarm
    list(users.map(lambda user: hub.run(user, options={"template": "worker"}), RUNNING))
    before = ids(engine, "running")
    assert len(before) == len(RUNNING)

    begun = [users.submit(hub.begin, user, "", {"template": "slow"}) for user in BEGUN]
    until("three starts are under way", lambda: len(ids(engine, "starting")) == len(BEGUN))
    cluster.machines[0].engine.stop()
    since = time.monotonic()
    asked = [users.submit(hub.begin, user, "", {"template": "worker"}) for user in ASKED]
    everybody = len(RUNNING) + len(BEGUN) + len(ASKED)
    until("all starts are there", lambda: len(ids(engine)) == everybody)
    stays(
        "all sessions are there",
        lambda: ids(engine, "running") >= before and len(ids(engine)) == everybody,
        AWAY_SECONDS - (time.monotonic() - since),
        pause=1,
    )
    assert all(users.map(lambda user: hub.answer(user).ok, RUNNING)), "their servers go on"

    cluster.machines[0].engine.start()
    for start in begun + asked:
        assert start.result().status_code in (201, 202), start.result().text
    for user in RUNNING + BEGUN + ASKED:
        hub.ready(user)
        assert hub.answer(user).ok
    assert ids(engine, "running") >= before and len(ids(engine, "running")) == everybody
    owners = [each["Spec"]["Labels"]["multiplespawner.session"] for each in swarm.services()]
    assert sorted(owners) == sorted(ids(engine)), "one service for each, and none besides"

    list(users.map(hub.end, RUNNING + BEGUN + ASKED))
    assert engine.sessions() == []
    until("nothing is left", swarm.is_empty)


def test_sessions_whose_containers_docker_ended_are_over(
    swarm: Swarm, swarm_hub: Hub, swarm_engine: Engine, users: ThreadPoolExecutor
) -> None:
    names = RUNNING[:5]
    list(users.map(lambda user: swarm_hub.run(user, options={"template": "tiny"}), names))
    known = ids(swarm_engine)
    swarm.node.stop()
    stays("nobody has said that they are over", lambda: ids(swarm_engine) == known, 3)
    swarm.node.start()
    until("they are over", lambda: swarm_engine.sessions() == [], 60)
    until("the hub knows", lambda: not any(swarm_hub.server(user) for user in names), 60)
    until("nothing is left", swarm.is_empty, 60)
    swarm_hub.run(names[0], options={"template": "tiny"})
    swarm_hub.end(names[0])
