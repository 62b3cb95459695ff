"""Docker Engines, swarms and hubs whose users' servers are containers, for the tests."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from docker_cluster import Cluster
from docker_inside import Inside
from docker_images import load_singleuser, load_tiny, tiny_tar
from docker_node import RUN, DockerNode
from docker_swarm import Swarm
from docker_templates import DEPLOYMENTS, template
from engine import Engine
from hub import Hub


class DockerEngine(Engine):
    """A daemon that knows of a Docker Engine by its environment, as an admin would tell it."""

    docker_host = ""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "DOCKER_HOST": self.docker_host}

    def end(self) -> None:
        """End its sessions and the daemon; the daemon also where a session resists."""
        try:
            self.stop()
        finally:
            if self.process is not None and self.process.poll() is None:
                self.kill()


@contextmanager
def _locked(name: str) -> Iterator[None]:
    RUN.mkdir(mode=0o700, exist_ok=True)
    with open(RUN / name, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.fail("another run of these tests has the Docker Engines; wait until it is over")
        yield


@pytest.fixture(scope="session")
def docker_lock() -> Iterator[None]:
    """One run at a time has the Docker Engine of this copy of the project."""
    with _locked("lock"):
        yield


@pytest.fixture(scope="session")
def cluster_lock() -> Iterator[None]:
    """One run at a time has the machines with Docker Engines of this copy of the project."""
    with _locked("cluster-lock"):
        yield


@pytest.fixture(scope="session")
def tiny_image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The tiny server as an image that is still to be imported."""
    return tiny_tar(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def swarm(docker_lock: None, tiny_image: bytes) -> Iterator[Swarm]:
    """A Docker Engine that is a swarm of one node; images stay for the next run."""
    node = DockerNode("swarm")
    try:
        node.start()
        load_tiny(node.api, tiny_image)
        yield Swarm.begin(node)
    finally:
        node.remove(keep_images=True)


@pytest.fixture(scope="session")
def singleuser(swarm: Swarm) -> str:
    """The image with a real jupyterhub-singleuser and JupyterLab, there when this is asked for."""
    return load_singleuser(swarm.api)


@pytest.fixture(scope="module")
def cluster(cluster_lock: None, tiny_image: bytes) -> Iterator[Cluster]:
    """Three machines, each with a Docker Engine, that are one swarm."""
    cluster = Cluster(3, tiny_image)
    yield cluster
    cluster.remove()


@pytest.fixture(scope="module")
def docker_engine(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., DockerEngine]]:
    """Makes daemons for a swarm; what their sessions have ends with the module."""
    with ExitStack() as ends:

        def make(host: str, templates: list[dict[str, Any]], **settings: Any) -> DockerEngine:
            files = {"spawner_templates.json": templates, "spawner_deployments.json": DEPLOYMENTS}
            engine = DockerEngine(binary, tmp_path_factory.mktemp("docker"), files, **settings)
            engine.docker_host = host
            ends.callback(engine.end)
            return engine

        yield make


@pytest.fixture(scope="module")
def swarm_templates() -> list[dict[str, Any]]:
    """The templates of the module's engine; modules say what they want instead."""
    return [template("tiny")]


@pytest.fixture(scope="module")
def swarm_engine(
    swarm: Swarm,
    docker_engine: Callable[..., DockerEngine],
    swarm_templates: list[dict[str, Any]],
) -> DockerEngine:
    """A daemon whose servers are services of the swarm."""
    engine = docker_engine(swarm.host, swarm_templates)
    engine.start()
    return engine


def settings_for(engine: Engine, address: str) -> dict[str, dict[str, Any]]:
    """What a hub needs whose servers are elsewhere: they reach it at `address`."""
    ours = {"url": f"unix://{engine.socket}", "poll_interval": 1}
    return {
        "JupyterHub": {"hub_ip": "0.0.0.0", "hub_connect_ip": address},
        # As a hub has it where nothing is set.
        "MultipleSpawner": {**ours, "cmd": ["jupyterhub-singleuser"], "args": []},
    }


@pytest.fixture(scope="module")
def swarm_hub(
    new_hub: Callable[..., Hub], swarm: Swarm, swarm_engine: DockerEngine, jupyterhub_6: Path
) -> Iterator[Hub]:
    """A hub of the newer version before the module's engine; nothing of it is left when it goes."""
    assert swarm.gateway
    hub = new_hub(jupyterhub_6, settings_for(swarm_engine, swarm.gateway)).start()
    yield hub
    hub.stop()


@pytest.fixture(scope="module")
def inside(swarm: Swarm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """A place on the overlay for a hub and its engine; it goes when Docker is started anew."""
    inside = Inside(swarm, "hub-place", tmp_path_factory.mktemp("inside"))
    yield inside
    inside.remove()


@pytest.fixture(scope="module")
def inside_engine(
    inside: Inside,
    binary: Path,
    docker_engine: Callable[..., DockerEngine],
    swarm_templates: list[dict[str, Any]],
) -> DockerEngine:
    """A daemon on the overlay of its servers."""
    engine = docker_engine(inside.swarm.host, swarm_templates)
    engine.binary = inside.wrapped(binary)
    engine.start()
    return engine


@pytest.fixture(scope="module")
def inside_hub(
    new_hub: Callable[..., Hub], inside: Inside, inside_engine: DockerEngine, jupyterhub_6: Path
) -> Iterator[Hub]:
    """A hub on the overlay of its servers, which find it by its name there."""
    settings = settings_for(inside_engine, inside.name)
    hub = new_hub(inside.environment(jupyterhub_6), settings)
    port = hub.base.rpartition(":")[2]
    hub.base = hub.settings["JupyterHub"]["bind_url"] = f"http://{inside.address}:{port}"
    hub.start()
    yield hub
    hub.stop()
