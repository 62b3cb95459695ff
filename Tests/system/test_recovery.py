"""Whatever is killed, nothing is lost and nothing runs twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from engine import Engine
from hub import Hub
from processes import alive, with_environment
from waiting import stays, until

TWENTY = [f"user-{number}" for number in range(20)]


@pytest.fixture(scope="module")
def own_engine(
    binary: Path, files: dict, jupyterhub: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine that the hub itself starts, as on one machine."""
    engine = Engine(binary, tmp_path_factory.mktemp("own"), files)
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def hub(
    new_hub: Callable[..., Hub], own_engine: Engine, binary: Path, jupyterhub: Path
) -> Iterator[Hub]:
    """A hub with nothing configured but the class and the program that it starts."""
    settings = {"daemon_command": [str(binary), "serve"], "poll_interval": 1}
    hub = new_hub(jupyterhub, {"MultipleSpawner": settings}, **own_engine.environment).start()
    yield hub
    hub.stop()  # before its engine, which it would start again


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    """For calls that a test cuts off."""
    with ThreadPoolExecutor(30) as pool:
        yield pool


def begun(
    background: ThreadPoolExecutor, hub: Hub, engine: Engine, user: str, template: str = "slow"
) -> Future[requests.Response]:
    """A start that is under way: its process is there, and does not answer yet."""
    hub.add(user)
    start = background.submit(hub.begin, user, "", {"template": template})
    until(f"the server of {user} is starting", lambda: hub.processes(user))
    assert [each["state"] for each in engine.sessions() if each["user"] == user] == ["starting"]
    return start


def test_the_first_spawns_start_the_engine_once(
    hub: Hub, own_engine: Engine, binary: Path, background: ThreadPoolExecutor
) -> None:
    assert not own_engine.socket.exists()
    list(background.map(hub.run, TWENTY[:10]))
    serving = with_environment(MULTIPLE_SPAWNER_SOCKET=str(own_engine.socket))
    engines = [pid for pid in serving if os.path.samefile(f"/proc/{pid}/exe", binary)]
    assert engines == [own_engine.pid]
    log = own_engine.state / "multiplespawner.log"
    assert log.stat().st_mode & 0o777 == 0o600
    list(background.map(hub.end, TWENTY[:10]))


def test_a_hub_that_is_killed_finds_its_twenty_servers(
    hub: Hub, own_engine: Engine, background: ThreadPoolExecutor
) -> None:
    list(background.map(hub.run, TWENTY))
    before = {each["id"]: each["url"] for each in own_engine.sessions("running")}
    assert len(before) == 20
    hub.kill()
    (dead,) = hub.processes(TWENTY[0])
    os.kill(dead, signal.SIGKILL)
    hub.start()

    for user in TWENTY[1:]:
        hub.ready(user)
        assert hub.answer(user).ok
    until("the one that died is noticed", lambda: not hub.server(TWENTY[0]))
    assert hub.token_notes(TWENTY[0]) == [], "the token of a server that died meanwhile"
    after = {each["id"]: each["url"] for each in own_engine.sessions("running")}
    assert after.items() < before.items() and len(after) == 19

    assert all(len(hub.token_notes(user)) == 1 for user in TWENTY[1:])
    list(background.map(hub.end, TWENTY[1:]))
    assert all(hub.token_notes(user) == [] for user in TWENTY[1:])
    assert own_engine.sessions() == []


def test_a_start_that_a_killed_hub_left_reaches_its_user(
    hub: Hub, own_engine: Engine, background: ThreadPoolExecutor
) -> None:
    start = begun(background, hub, own_engine, "ada")
    before = hub.processes("ada")
    hub.kill()
    assert start.exception() or start.result().status_code >= 500, "the call was cut off"
    hub.start()
    hub.ready("ada")
    assert hub.answer("ada").ok
    assert set(hub.processes("ada")) <= set(before), "it was not started twice"

    # The hub has never been told of it by the start, and still knows it after one more restart.
    hub.kill()
    hub.start()
    assert hub.ready("ada")["state"]["multiplespawner"] == 1
    hub.end("ada")
    assert hub.token_notes("ada") == [] and hub.processes("ada") == []


def test_running_servers_are_adopted_when_the_journal_is_lost(
    hub: Hub, own_engine: Engine, background: ThreadPoolExecutor
) -> None:
    users = TWENTY[:5]
    list(background.map(hub.run, users))
    before = {user: hub.processes(user) for user in users}
    hub.kill()
    own_engine.kill()
    for part in own_engine.state.iterdir():
        if part.is_file() and any(kind in part.name for kind in (".sqlite", ".db", "journal")):
            part.unlink()
    hub.start()
    for user in users:
        hub.ready(user)
        assert hub.answer(user).ok
        assert hub.processes(user) == before[user]
    assert sorted(each["user"] for each in own_engine.sessions("running")) == users

    # The same with the hub up: it notices by itself that the engine has forgotten.
    own_engine.kill()
    for part in own_engine.state.iterdir():
        if part.is_file() and any(kind in part.name for kind in (".sqlite", ".db", "journal")):
            part.unlink()
    until(
        "the engine knows them again",
        lambda: own_engine.socket.exists()
        and own_engine.answers()
        and sorted(each["user"] for each in own_engine.sessions("running")) == users,
    )
    list(background.map(hub.end, users))
    for user in users:
        assert hub.processes(user) == [] and hub.token_notes(user) == []


def test_a_killed_engine_costs_the_user_nothing_but_time(
    hub: Hub, own_engine: Engine, background: ThreadPoolExecutor
) -> None:
    hub.run("running")
    kept = hub.processes("running")
    start = begun(background, hub, own_engine, "ada")
    first = hub.processes("ada")
    own_engine.kill()
    assert start.result().status_code in (201, 202)
    hub.ready("ada")
    assert hub.answer("ada").ok
    assert not any(alive(pid) for pid in first), "what the killed engine had begun is undone"
    assert len([each for each in own_engine.sessions() if each["user"] == "ada"]) == 1
    assert hub.processes("running") == kept and hub.answer("running").ok
    hub.end("ada")
    hub.end("running")


def test_an_engine_killed_in_a_stop_ends_it_when_it_is_back(
    hub: Hub, own_engine: Engine, background: ThreadPoolExecutor
) -> None:
    hub.run("ada", options={"template": "stubborn"})
    pids = hub.processes("ada")
    stop = background.submit(hub.end, "ada")
    until("it is stopping", lambda: own_engine.sessions("stopping"))
    own_engine.kill()
    stop.result()
    assert not any(alive(pid) for pid in pids)
    assert own_engine.sessions() == [] and hub.token_notes("ada") == []


def test_an_engine_survives_its_hub_and_the_servers_survive_both(
    hub: Hub, own_engine: Engine
) -> None:
    hub.run("ada")
    (pid,) = hub.processes("ada")
    hub.kill()
    own_engine.kill()
    stays("the server runs", lambda: alive(pid), 1)
    hub.start()
    hub.ready("ada")
    assert hub.processes("ada") == [pid]
    serving = own_engine.pid
    hub.kill()
    stays("the engine runs", lambda: alive(serving), 1)
    hub.start()
    hub.end("ada")
