"""The engine is killed at every single write of its journal, with all that a service can have.

The server has a token in a Docker secret, an uploaded file in a Docker config and a volume that
goes with it: of none is anything left over, and none is made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from docker_fixtures import DockerEngine, settings_for
from docker_swarm import Swarm
from docker_templates import DEPLOYMENTS, template
from hub import Hub
from test_crash import FARTHEST_WRITE, survived
from waiting import until

VOLUME = {
    "source": "work-{username}",
    "target": "/work",
    "labels": {"autoremove": "True"},
}
WITH_ALL = template(
    "all",
    token="secret",
    use_user_options=True,
    enable_user_upload_install_files=True,
    # One device: a lease that is left over is one that the next start misses.
    accelerators=[{"type": "device", "ids": ["0"]}],
    container_spec={"mounts": [VOLUME]},
)
OPTIONS: dict[str, Any] = {
    "template": "all",
    "user_install_files": [{"name": "requirements", "extension": ".txt", "data": "numpy\n"}],
}


@pytest.fixture
def engine(binary: Path, swarm: Swarm, tmp_path: Path) -> Iterator[DockerEngine]:
    """An engine that the test itself starts, over and over."""
    files = {"spawner_templates.json": [WITH_ALL], "spawner_deployments.json": DEPLOYMENTS}
    engine = DockerEngine(binary, tmp_path / "engine", files)
    engine.docker_host = swarm.host
    yield engine
    if engine.process is not None:
        engine.kill()


def is_whole(swarm: Swarm) -> bool:
    """One of each, and no more."""
    left = swarm.left()
    return {kind: len(names) for kind, names in left.items()} == {
        "services": 1,
        "configs": 1,
        "secrets": 1,
        "containers": 1,
        "volumes": 1,
    }


@pytest.mark.parametrize("moment", ["--crash-at-write", "--crash-after-write"])
def test_no_write_is_the_wrong_moment_to_be_killed(
    new_hub: Callable[..., Hub],
    engine: DockerEngine,
    swarm: Swarm,
    jupyterhub_6: Path,
    moment: str,
) -> None:
    hub = new_hub(jupyterhub_6, settings_for(engine, swarm.gateway or "")).start()
    hub.add("ada")
    killed = {"start": 0, "stop": 0}
    with ThreadPoolExecutor(1) as user:
        for write in range(1, FARTHEST_WRITE):
            engine.start(moment, str(write))
            start = user.submit(hub.begin, "ada", "", OPTIONS)
            killed["start"] += not survived(engine, start, "start")
            assert start.result().status_code in (201, 202), start.result().text
            hub.ready("ada")
            assert hub.answer("ada").ok
            assert [each["state"] for each in engine.sessions()] == ["running"]
            assert swarm.environment("ada")["NVIDIA_VISIBLE_DEVICES"] == "0"
            until("what an undone start made is gone", lambda: is_whole(swarm))

            stop = user.submit(hub.end, "ada")
            killed["stop"] += not survived(engine, stop, "stop")
            stop.result()
            assert engine.sessions() == [] and hub.server("ada") == {}
            assert hub.token_notes("ada") == []
            until("nothing is left", swarm.is_empty)
            engine.kill()
            if sum(killed.values()) < write:
                break  # the last engine lived through all its writes: there are no more
    assert killed["start"] >= 3 and killed["stop"] >= 2, killed
    assert sum(killed.values()) < FARTHEST_WRITE - 1
    hub.stop()
