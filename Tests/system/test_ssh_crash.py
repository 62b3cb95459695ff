"""The engine is killed at every single write of its journal, with servers on other machines.

Nothing is started twice there, and nothing is left: no process, no directory, no tunnel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from engine import Engine
from hub import Hub
from ssh_fixtures import DEPLOYMENTS, ssh_settings
from ssh_hosts import Hosts
from test_crash import FARTHEST_WRITE, survived
from waiting import until


@pytest.fixture
def engine(binary: Path, hosts: Hosts, tiny: str, tmp_path: Path) -> Iterator[Engine]:
    """An engine that the test itself starts, over and over."""
    template = hosts.template(cmd=[tiny], args=[])
    files = {"spawner_templates.json": [template], "spawner_deployments.json": DEPLOYMENTS}
    engine = Engine(binary, tmp_path / "engine", files)
    yield engine
    if engine.process is not None:
        engine.kill()


def is_whole(hosts: Hosts) -> bool:
    """One session on one machine: a shell, and the server below it."""
    return sum(len(host.sessions()) for host in hosts.all) == 1 and len(hosts.processes()) == 2


@pytest.mark.parametrize("moment", ["--crash-at-write", "--crash-after-write"])
def test_no_write_is_the_wrong_moment_to_be_killed(
    new_hub: Callable[..., Hub], engine: Engine, hosts: Hosts, jupyterhub_6: Path, moment: str
) -> None:
    hub = new_hub(jupyterhub_6, ssh_settings(engine)).start()
    hub.add("ada")
    killed = {"start": 0, "stop": 0}
    with ThreadPoolExecutor(1) as user:
        for write in range(1, FARTHEST_WRITE):
            engine.start(moment, str(write))
            start = user.submit(hub.begin, "ada", "", {})
            killed["start"] += not survived(engine, start, "start")
            assert start.result().status_code in (201, 202), start.result().text
            hub.ready("ada")
            assert hub.answer("ada").ok
            assert [each["state"] for each in engine.sessions()] == ["running"]
            until("what an undone start made is gone", lambda: is_whole(hosts))

            stop = user.submit(hub.end, "ada")
            killed["stop"] += not survived(engine, stop, "stop")
            stop.result()
            assert engine.sessions() == [] and hub.server("ada") == {}
            assert hub.token_notes("ada") == []
            until("nothing is left", hosts.is_empty)
            engine.kill()
            if sum(killed.values()) < write:
                break  # the last engine lived through all its writes: there are no more
    assert killed["start"] >= 3 and killed["stop"] >= 2, killed
    assert sum(killed.values()) < FARTHEST_WRITE - 1
    hub.stop()
