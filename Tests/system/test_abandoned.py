"""A session that no hub asks after any more is undone after a time limit, and no other is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine import Engine
from hub import Hub
from waiting import stays, until

LIMIT = 6


@pytest.fixture(scope="module")
def engine(binary: Path, files: dict, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that has little patience."""
    limits = {"abandoned_after": LIMIT, "abandoned_start_after": LIMIT}
    engine = Engine(binary, tmp_path_factory.mktemp("engine"), files, **limits).start()
    yield engine
    engine.stop()


def test_what_no_hub_keeps_is_undone(
    new_hub: Callable[..., Hub], engine: Engine, jupyterhub_6: Path
) -> None:
    hub = new_hub(jupyterhub_6, {"MultipleSpawner": {"url": f"unix://{engine.socket}"}}).start()
    hub.run("kept", options={"template": "tiny"})
    hub.run("forgotten", options={"template": "tiny"})
    (kept,) = [each["id"] for each in engine.sessions("running") if each["user"] == "kept"]
    hub.kill()

    def ask() -> bool:
        status, _ = engine.call("POST", "/v1/sessions/keep", {"hub": hub.name, "sessions": [kept]})
        return status == 204

    until(
        "the forgotten one is undone",
        lambda: ask() and not hub.processes("forgotten"),
        LIMIT * 6,
    )
    stays("the kept one runs", lambda: ask() and hub.processes("kept"), 2)
    assert [each["user"] for each in engine.sessions()] == ["kept"]

    until("the kept one is undone too", lambda: engine.sessions() == [], LIMIT * 6)
    assert hub.processes("kept") == []

    hub.start()
    until("the hub has noticed", lambda: not hub.server("kept") and not hub.server("forgotten"))
    assert hub.token_notes("kept") == [] and hub.token_notes("forgotten") == []
