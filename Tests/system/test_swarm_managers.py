"""Several managers on TCP with TLS: who proves nothing is refused, and one stands in for another."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from docker_authority import Authority
from docker_cluster import Cluster, PREFIX
from docker_fixtures import DockerEngine, settings_for
from docker_swarm import Swarm
from docker_templates import template
from hub import Hub
from waiting import stays, until

MACHINES = 3
PORT = 2376
ADDRESSES = [f"{PREFIX}.{10 + number}" for number in range(1, MACHINES + 1)]
MANAGERS = [f"tcp://{address}:{PORT}" for address in ADDRESSES[:2]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whom the Docker Engines and their clients believe."""
    return Authority(tmp_path_factory.mktemp("authority"), "site")


@pytest.fixture(scope="module")
def tls(authority: Authority) -> dict[str, str]:
    """The client's side, in the words of the settings file."""
    certificate, key = authority.sign("client", "clientAuth")
    return {"ca": str(authority.certificate), "cert": str(certificate), "key": str(key)}


@pytest.fixture(scope="module")
def cluster(cluster_lock: None, tiny_image: bytes, authority: Authority) -> Iterator[Cluster]:
    """Three managers, of which any two are enough."""
    certificate, key = authority.sign("engine", "serverAuth", *ADDRESSES)
    options = (
        f"--host=tcp://0.0.0.0:{PORT}",
        "--tlsverify",
        f"--tlscacert={authority.certificate}",
    )
    cluster = Cluster(
        MACHINES, tiny_image, (*options, f"--tlscert={certificate}", f"--tlskey={key}")
    )
    try:
        for machine in cluster.machines[1:]:
            cluster.promote(machine.name)
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="module")
def engine(
    cluster: Cluster, docker_engine: Callable[..., DockerEngine], tls: dict[str, str]
) -> DockerEngine:
    """A daemon that knows two of them; servers are on the machine that it does not know."""
    there = {"constraints": [f"node.hostname == {cluster.machines[-1].name}"]}
    templates = [template("there", placement=there)]
    engine = docker_engine("", templates, docker_host=MANAGERS, docker_tls=tls)
    engine.start()
    return engine


def doctor(engine: DockerEngine, **variables: str) -> str:
    """What it says of Docker, with some of the settings replaced."""
    changed = {f"MULTIPLE_SPAWNER_DOCKER_{name}": text for name, text in variables.items()}
    done = subprocess.run(
        [str(engine.binary), "doctor"],
        env={**os.environ, **engine.environment, **changed},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_who_cannot_be_believed_is_named_with_the_reason(
    engine: DockerEngine, tls: dict[str, str], tmp_path: Path
) -> None:
    assert "failed" not in doctor(engine), doctor(engine)

    strangers = Authority(tmp_path, "strangers")
    said = doctor(engine, TLS_CA=str(strangers.certificate))
    assert f"no safe connection to Docker at {MANAGERS[0]}" in said and "authority" in said, said

    certificate, key = strangers.sign("client", "clientAuth")
    said = doctor(engine, TLS_CERT=str(certificate), TLS_KEY=str(key))
    assert MANAGERS[0] in said and "certificate" in said and "failed" in said, said

    # No certificate at all.
    config = engine.directory / "config"
    whole = config.read_text()
    try:
        config.write_text(whole.replace(f', "cert": "{tls["cert"]}", "key": "{tls["key"]}"', ""))
        assert config.read_text() != whole
        said = doctor(engine)
    finally:
        config.write_text(whole)
    assert MANAGERS[0] in said and "certificate" in said and "failed" in said, said

    said = doctor(engine, TLS_CA=str(tmp_path / "nothing.pem"))
    assert "nothing.pem' cannot be read" in said, said


def test_with_the_first_manager_away_the_second_starts_and_stops_servers(
    new_hub: Callable[..., Hub], cluster: Cluster, engine: DockerEngine, jupyterhub_6: Path
) -> None:
    hub = new_hub(jupyterhub_6, settings_for(engine, cluster.address)).start()
    hub.run("ada")
    first, second = cluster.machines[0], Swarm(cluster.machines[1].engine)
    container = second.tasks(second.service("ada"))[0]["Status"]["ContainerStatus"]["ContainerID"]

    first.engine.stop()
    stays("no session is over", lambda: len(engine.sessions("running")) == 1, 2)
    hub.run("grace")
    assert hub.answer("grace").ok and hub.answer("ada").ok
    task, *_ = second.tasks(second.service("ada"))
    assert task["Status"]["ContainerStatus"]["ContainerID"] == container
    assert len(second.services()) == 2

    hub.end("ada")
    hub.end("grace")
    assert engine.sessions() == []
    until("nothing is left", second.is_empty)
    hub.stop()
