"""Images from a registry that wants a password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker_fixtures import DockerEngine
from docker_images import TINY
from docker_registry import PASSWORD, USER, Registry
from docker_swarm import Swarm
from docker_templates import template
from waiting import until

BALLAST = 60_000_000


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry with nothing in it yet."""
    registry = Registry(tmp_path_factory.mktemp("registry"))
    yield registry
    registry.close()


def start(engine: DockerEngine, session: str) -> None:
    """Ask for a server as a hub does."""
    address = {"JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:0/user/{session}/"}
    body: dict[str, Any] = {"hub": "h", "user": session, "environment": address}
    status, answer = engine.call("PUT", f"/v1/sessions/{session}", body)
    assert status == 202, answer


def test_who_has_the_password_gets_the_image_and_sees_it_come(
    swarm: Swarm, registry: Registry, docker_engine: Callable[..., DockerEngine]
) -> None:
    image = registry.publish(swarm.api, TINY, "private:1", BALLAST)
    account = {"username": USER, "password_file": str(registry.password_file)}
    engine = docker_engine(
        swarm.host, [template("private", image)], registries={registry.address: account}
    ).start()
    start(engine, "knows")
    told = engine.story("knows")
    assert engine.sessions("running"), told
    assert "Pulling the image (" in told and f"of {BALLAST // 1_000_000} MB" in told, told
    service = swarm.api.get("/services", filters={"label": ["multiplespawner.session=knows"]})
    assert service and PASSWORD not in str(service)
    kept = [path for path in engine.directory.rglob("*") if path.is_file()]
    assert not [path for path in kept if PASSWORD.encode() in path.read_bytes()]
    engine.stop()
    swarm.api.delete(f"/images/{image}", force="true")


def test_who_has_not_is_told_that_there_is_no_such_image(
    swarm: Swarm, registry: Registry, docker_engine: Callable[..., DockerEngine]
) -> None:
    image = registry.publish(swarm.api, TINY, "secret:1")
    engine = docker_engine(swarm.host, [template("private", image)]).start()
    start(engine, "lacks")
    assert f"No such image: {image}" in engine.story("lacks")
    until("nothing is left", swarm.is_empty)
