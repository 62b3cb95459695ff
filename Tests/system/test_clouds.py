"""Machines that a cloud makes: one for a session, and none afterwards, whatever happens in between."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cloud_stand_in import Cloud
from ec2_stand_in import EC2
from engine import Engine
from hub import Hub
from oci_stand_in import OCI
from ssh_fixtures import DEPLOYMENTS, ssh_settings
from test_crash import survived
from waiting import until

FARTHEST_WRITE = 40


@pytest.fixture(scope="module", params=[EC2, OCI], ids=["ec2", "oci"])
def cloud(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """A cloud without machines."""
    cloud = request.param(tmp_path_factory.mktemp("cloud"))
    yield cloud
    cloud.remove()


@pytest.fixture
def cloud_engine(
    binary: Path, cloud: Cloud, tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    """A daemon that makes machines there, with a key of each session's own."""
    for name, value in {**cloud.credentials, "CORC_SSH_PATH": str(tmp_path / "keys")}.items():
        monkeypatch.setenv(name, value)
    template: dict[str, Any] = {
        "name": "cloudy",
        "resource_type": "virtual_machine",
        "providers": ["cloud"],
        "spawner": {
            "class": "multiplespawner.SSH",
            "kwargs": {
                "hosts": ["{endpoint}"],
                "user": "{machine_account}",
                "cmd": [tiny],
                "args": [],
            },
        },
        "authenticator": {"class": "corc.authenticator.SSHAuthenticator", "kwargs": {}},
    }
    files = {
        "spawner_templates.json": [template],
        "spawner_deployments.json": DEPLOYMENTS,
        "providers.json": [cloud.provider()],
    }
    engine = Engine(binary, tmp_path / "engine", files)
    yield engine
    if engine.process is not None:
        engine.stop()
    assert cloud.error is None, cloud.error


def doctor(engine: Engine) -> str:
    """What the command line says of the clouds."""
    done = subprocess.run(
        [str(engine.binary), "doctor"],
        env={**os.environ, **engine.environment},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_no_write_is_the_wrong_moment_to_be_killed(
    new_hub: Callable[..., Hub], cloud_engine: Engine, cloud: Cloud, jupyterhub_6: Path
) -> None:
    hub = new_hub(jupyterhub_6, ssh_settings(cloud_engine)).start()
    hub.add("ada")
    killed = {"start": 0, "stop": 0}
    with ThreadPoolExecutor(1) as user:
        for write in range(1, FARTHEST_WRITE):
            cloud_engine.start("--crash-at-write", str(write))
            start = user.submit(hub.begin, "ada", "", {"template": "cloudy"})
            killed["start"] += not survived(cloud_engine, start, "start")
            assert start.result().status_code in (201, 202), start.result().text
            hub.ready("ada")
            assert hub.answer("ada").ok
            until("one machine is the session's", lambda: len(cloud.instances()) == 1)

            stop = user.submit(hub.end, "ada")
            killed["stop"] += not survived(cloud_engine, stop, "stop")
            stop.result()
            assert cloud_engine.sessions() == [] and hub.server("ada") == {}
            until("no machine is left", lambda: not cloud.instances())
            assert cloud.error is None, cloud.error
            cloud_engine.kill()
            if sum(killed.values()) < write:
                break  # the last engine lived through all its writes: there are no more
    assert killed["start"] >= 7 and killed["stop"] >= 4, killed
    assert sum(killed.values()) < FARTHEST_WRITE - 1
    hub.stop()


def test_a_lost_answer_makes_no_second_machine(
    new_hub: Callable[..., Hub], cloud_engine: Engine, cloud: Cloud, jupyterhub_6: Path
) -> None:
    cloud_engine.start()
    hub = new_hub(jupyterhub_6, ssh_settings(cloud_engine)).start()
    hub.add("ada")
    before = cloud.wire.cuts
    cloud.wire.lose_the_answer_to(cloud.LAUNCH)
    hub.run("ada", "", {"template": "cloudy"})
    assert cloud.wire.cuts == before + 1, "the answer was lost"
    assert hub.answer("ada").ok
    assert len(cloud.instances()) == 1
    assert "; 1 of its machines are ours" in doctor(cloud_engine)
    hub.end("ada")
    assert cloud_engine.sessions() == []
    until("no machine is left", lambda: not cloud.instances())
    assert cloud.error is None, cloud.error
    hub.stop()
