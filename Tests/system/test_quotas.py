"""Who may have how much: the form tells it, the form and the API are held to it, and no restart forgets it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from engine import Engine
from hub import Hub
from visitor import Visitor
from waiting import until

QUOTAS = {
    "default": {"sessions": 2, "memory": 8},
    "groups": {"lab<b>": {"sessions": 3, "together": {"gpu": 1}}},
    "users": {"hourly": {"hours": 0.0005}, "nobody": {"sessions": 0}},
}


@pytest.fixture(scope="module")
def engine(
    binary: Path, files: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine with quotas, and a price for what runs here."""
    providers = [{"name": "local", "types": ["bare_metal"], "cost_per_hour": 36}]
    directory = tmp_path_factory.mktemp("quotas")
    engine = Engine(binary, directory, {**files, "providers.json": providers}, quotas=QUOTAS)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def hub(new_hub: Callable[..., Hub], engine: Engine, jupyterhub: Path) -> Iterator[Hub]:
    """A hub of each version before it, with a group."""
    settings = {
        "MultipleSpawner": {"url": f"unix://{engine.socket}", "poll_interval": 2},
        "JupyterHub": {"load_groups": {"lab<b>": {"users": ["ann", "ben"]}}},
    }
    hub = new_hub(jupyterhub, settings).start()
    yield hub
    hub.stop()


@pytest.fixture(autouse=True)
def nothing_runs(hub: Hub, engine: Engine) -> Iterator[None]:
    """What a test leaves is not counted in the next."""
    yield
    for session in engine.sessions():
        engine.call("DELETE", f"/v1/sessions/{session['id']}?now=true")


def usage(engine: Engine, *arguments: str) -> dict[str, Any]:
    """What the command line tells."""
    command = [str(engine.binary), "sessions", "--usage", "--format", "json", *arguments]
    environment = {**os.environ, **engine.environment}
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(shown.stdout)


def test_the_form_tells_what_is_left_and_what_it_costs(hub: Hub) -> None:
    visitor = Visitor(hub).log_in("teller")
    page = visitor.get("/hub/spawn").text
    assert "<li>2 of 2 sessions left</li>" in page
    assert "<li>8 GB of 8 GB of memory left</li>" in page
    assert "What is free now, and what it costs" in page
    assert "36 per hour" in page and "cores" in page
    hub.run("teller", "one", {"template": "tiny", "memory": 3})
    page = visitor.get("/hub/spawn").text
    assert "<li>1 of 2 sessions left</li>" in page
    assert "<li>5 GB of 8 GB of memory left</li>" in page


def test_the_form_and_the_api_are_refused_alike(hub: Hub, engine: Engine) -> None:
    for server in ("one", "two"):
        hub.run("greedy", server, {"template": "tiny"})
    refusal = "the quota of 2 sessions for each user does not admit 1 session more: 2 are in use"
    answer = hub.begin("greedy", "three", {"template": "tiny"})
    assert answer.status_code == 429 and refusal in answer.json()["message"]
    visitor = Visitor(hub).log_in("greedy")
    page = visitor.post("/hub/spawn", data={"template": "tiny"})
    assert page.status_code == 429 and refusal in page.text, page.text
    assert len(engine.sessions()) == 2
    hub.end("greedy", "one")
    hub.run("greedy", "three", {"template": "tiny"})


def test_what_is_asked_for_together_is_bounded(hub: Hub) -> None:
    hub.run("large", "one", {"template": "tiny", "memory": 6})
    answer = hub.begin("large", "two", {"template": "tiny", "memory": "2.5"})
    assert answer.status_code == 429
    assert "2.5 GB of memory more: 6 GB are in use, 2 GB left" in answer.json()["message"]
    answer = hub.begin("large", "two", {"template": "tiny", "memory": 9})
    assert answer.status_code == 403 and "does not admit 9 GB" in answer.json()["message"]
    hub.run("large", "two", {"template": "tiny", "memory": 2})
    answer = hub.begin("nobody", "", {"template": "tiny"})
    assert answer.status_code == 403 and "for user 'nobody' admits none" in answer.json()["message"]


def test_a_group_has_its_own_quota_and_shares_another(hub: Hub) -> None:
    page = Visitor(hub).log_in("ann").get("/hub/spawn").text
    assert "<li>3 of 3 sessions left</li>" in page
    assert "1 of 1 GPU left, for all members of &#39;lab&lt;b&gt;&#39; together" in page
    hub.run("ann", "", {"template": "tiny", "gpu": 1})
    answer = hub.begin("ben", "", {"template": "tiny", "gpu": 1})
    assert answer.status_code == 429 and "together" in answer.json()["message"]
    hub.run("ben", "", {"template": "tiny"})


def test_of_many_that_start_at_once_as_many_begin_as_may(hub: Hub, engine: Engine) -> None:
    hub.add("crowd")

    def begin(number: int) -> int:
        return hub.begin("crowd", f"s{number}", {"template": "tiny"}).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(begin, range(8)))
    assert [code for code in codes if code < 300] == codes[:2] and set(codes[2:]) == {429}, codes
    assert len(engine.sessions()) == 2


def test_an_engine_that_was_killed_still_counts(hub: Hub, engine: Engine) -> None:
    for server in ("one", "two"):
        hub.run("lasting", server, {"template": "tiny"})
    engine.kill()
    engine.start()
    answer = hub.begin("lasting", "three", {"template": "tiny"})
    assert answer.status_code == 429, answer.text
    assert "2 are in use" in answer.json()["message"]


def test_hours_that_were_used_are_used_up_after_a_restart_too(hub: Hub, engine: Engine) -> None:
    # Two seconds are more than there is: the engine ends the server by itself.
    hub.run("hourly", "", {"template": "tiny"})
    until("the server is ended", lambda: not engine.sessions("running"), 30)
    (ended,) = [
        session
        for session in engine.call("GET", "/v1/sessions?user=hourly")[1]["sessions"]
        if session["hub"] == hub.name
    ]
    assert ended["reason"] == "lifetime over"
    until("the hub knows it", lambda: not hub.server("hourly"), 60)
    engine.kill()
    engine.start()
    answer = hub.begin("hourly", "", {"template": "tiny"})
    assert answer.status_code == 429, answer.text
    assert "hours in 30 days for user 'hourly' is used up" in answer.json()["message"]
    assert "hours are left again at 20" in answer.json()["message"]


def test_usage_is_told_with_its_cost(hub: Hub, engine: Engine) -> None:
    hub.run("spender", "", {"template": "tiny", "cpu": 2, "memory": 4})
    hub.end("spender")
    hub.run("spender", "again", {"template": "tiny", "cpu": 2, "memory": 4})
    engine.kill()
    engine.start()
    found = [row for row in usage(engine, "--user", "spender")["users"] if row["hub"] == hub.name]
    (row,) = found
    assert row["sessions"] == 2 and 0 < row["hours"] < 1
    assert row["core_hours"] == pytest.approx(2 * row["hours"], abs=0.001)
    assert row["memory_gb_hours"] == pytest.approx(4 * row["hours"], abs=0.001)
    assert row["cost"] == pytest.approx(36 * row["hours"], abs=0.01)
    assert usage(engine, "--user", "spender", "--until", "1d")["users"] == []
    status, answer = engine.call("GET", "/v1/usage?since=nonsense")
    assert status == 400 and "'since' is 'nonsense'" in answer["error"]["message"]


def test_what_is_free_is_told_to_programs(hub: Hub, engine: Engine) -> None:
    status, answer = engine.call("GET", "/v1/resources")
    assert status == 200
    (local,) = answer["providers"]
    assert local["free_memory"] > 0 and local["free_cpu"] >= 1 and local["cost_per_hour"] == 36
    (free,) = answer["templates"][0]["free"]
    assert free["provider"] == "local" and free["free_cpu"] == local["free_cpu"]
