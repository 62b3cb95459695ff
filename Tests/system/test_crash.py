"""The engine is killed at every single write of its journal, in a start and in a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from engine import Engine
from hub import Hub
from waiting import until

FARTHEST_WRITE = 20


def survived(engine: Engine, call: Future, what: str) -> bool:
    """Wait for the end of the call or of the engine; one that was killed is started again."""

    def killed() -> bool:
        return engine.process is not None and engine.process.poll() is not None

    until(f"the {what} is over, or the engine is", lambda: call.done() or killed())
    if not killed():
        return True
    engine.start()
    return False


def nothing_is_left(hub: Hub, engine: Engine) -> bool:
    """No session, no process, no token, and the hub knows of none."""
    return not (
        engine.sessions() or hub.processes("ada") or hub.token_notes("ada") or hub.server("ada")
    )


@pytest.fixture
def engine(binary: Path, files: dict, tmp_path: Path) -> Iterator[Engine]:
    """An engine that the test itself starts, over and over."""
    engine = Engine(binary, tmp_path / "engine", files)
    yield engine
    if engine.process is not None:
        engine.kill()


@pytest.mark.parametrize("moment", ["--crash-at-write", "--crash-after-write"])
def test_no_write_is_the_wrong_moment_to_be_killed(
    new_hub: Callable[..., Hub], engine: Engine, jupyterhub_6: Path, moment: str
) -> None:
    hub = new_hub(jupyterhub_6, {"MultipleSpawner": {"url": f"unix://{engine.socket}"}}).start()
    hub.add("ada")
    killed = {"start": 0, "stop": 0}
    with ThreadPoolExecutor(1) as user:
        for write in range(1, FARTHEST_WRITE):
            engine.start(moment, str(write))
            start = user.submit(hub.begin, "ada", "", {"template": "tiny"})
            killed["start"] += not survived(engine, start, "start")
            assert start.result().status_code in (201, 202), "the user has seen nothing of it"
            hub.ready("ada")
            assert hub.answer("ada").ok
            assert [each["state"] for each in engine.sessions()] == ["running"]
            assert len(hub.processes("ada")) == 1

            stop = user.submit(hub.end, "ada")
            killed["stop"] += not survived(engine, stop, "stop")
            stop.result()
            assert nothing_is_left(hub, engine)
            engine.kill()
            if sum(killed.values()) < write:
                break  # the last engine lived through all its writes: there are no more
    assert killed["start"] >= 3 and killed["stop"] >= 2, killed
    assert sum(killed.values()) < FARTHEST_WRITE - 1
