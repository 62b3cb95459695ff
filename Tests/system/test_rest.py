"""Servers by the hub's REST API, on both supported JupyterHubs."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

from engine import Engine
from hub import Hub
from processes import alive
from waiting import until


def test_a_server_starts_answers_and_stops(hub: Hub, engine: Engine) -> None:
    model = hub.run("ada", options={"template": "tiny"})
    assert hub.answer("ada").headers["X-JupyterHub-Version"]
    (session,) = engine.sessions("running")
    assert (session["hub"], session["user"], session["server"]) == (hub.name, "ada", "")
    assert session["template"] == "tiny"
    assert model["state"]["id"] == session["id"]
    (pid,) = hub.processes("ada")

    hub.end("ada")
    assert not alive(pid)
    assert engine.sessions() == []
    assert hub.token_notes("ada") == []


def test_nothing_chosen_is_a_choice(hub: Hub, engine: Engine) -> None:
    hub.run("grace")
    (session,) = engine.sessions("running")
    assert session["template"] == "tiny", "the first usable template is the default"
    hub.end("grace")


def test_the_originals_options_are_understood(hub: Hub, engine: Engine) -> None:
    options = {
        "spawn_options": {
            "provider": "local",
            "resource_type": "bare_metal",
            "resource_specification": {"memory": "1", "cpu": "1", "gpu": "0"},
            "session_configuration": {"lifetime": "120"},
        }
    }
    hub.run("grace", options=options)
    (session,) = engine.sessions("running")
    assert session["resource_specification"]["memory"] == 1 << 30
    assert session["expires"] is not None
    hub.end("grace")


def test_named_servers_are_apart(hub: Hub, engine: Engine) -> None:
    hub.run("ada")
    hub.run("ada", "one")
    hub.run("ada", "two")
    assert {each["server"] for each in engine.sessions("running")} == {"", "one", "two"}
    hub.end("ada", "one")
    assert {each["server"] for each in engine.sessions("running")} == {"", "two"}
    assert hub.answer("ada").ok and hub.answer("ada", "two").ok
    assert len(hub.token_notes("ada")) == 2

    removed = hub.call("DELETE", hub.server_path("ada", "two"), {"remove": True})
    assert removed.status_code in (202, 204)
    hub.end("ada")
    until("nothing is left", lambda: engine.sessions() == [])


def test_a_wrong_choice_is_refused_at_once_by_its_name(hub: Hub, engine: Engine) -> None:
    answer = hub.begin("ada", options={"template": "tinny"})
    assert 400 <= answer.status_code < 500
    assert "tinny" in answer.json()["message"]
    assert hub.server("ada") == {}
    assert engine.sessions() == [] and hub.token_notes("ada") == []
    answer = hub.begin("ada", options={"tmeplate": "tiny"})
    assert 400 <= answer.status_code < 500
    assert "tmeplate" in answer.json()["message"]


def test_a_failed_start_tells_why_and_leaves_nothing(hub: Hub, engine: Engine) -> None:
    answer = hub.begin("ada", options={"template": "broken"})
    assert answer.status_code >= 400, "the command ends with exit code 3"
    assert "3" in answer.json()["message"]
    assert engine.sessions() == [] and hub.token_notes("ada") == []
    assert hub.processes("ada") == []
    hub.run("ada", options={"template": "tiny"})
    hub.end("ada")


def test_many_refusals_do_not_end_the_hub(hub: Hub) -> None:
    hub.add("ada")
    for _ in range(8):
        assert hub.begin("ada", options={"template": "none"}).status_code >= 400
    assert hub.settings["MultipleSpawner"]["consecutive_failure_limit"] == 5
    # The hub ends two seconds after it has counted to its limit.
    threading.Event().wait(3)
    assert hub.answers()


def test_a_start_that_is_called_off_leaves_nothing(hub: Hub, engine: Engine) -> None:
    hub.add("ada")
    with ThreadPoolExecutor() as pool:
        start = pool.submit(hub.begin, "ada", "", {"template": "endless"})
        until("it is starting", lambda: engine.sessions("starting"))
        pids = until("its process", lambda: hub.processes("ada"))
        assert hub.call("DELETE", hub.server_path("ada")).status_code in (202, 204)
        start.result()
    until("it is not active", lambda: not hub.server("ada"))
    assert not any(alive(pid) for pid in pids)
    assert engine.sessions() == [] and hub.token_notes("ada") == []


def test_a_server_that_ends_by_itself_is_noticed(hub: Hub, engine: Engine) -> None:
    hub.run("ada", options={"template": "tiny"})
    (session,) = engine.sessions("running")
    (pid,) = hub.processes("ada")
    os.kill(pid, signal.SIGKILL)
    until("the engine has noticed", lambda: engine.sessions() == [], 5)
    # The next start asks first whether the old one still runs.
    hub.run("ada", options={"template": "tiny"})
    (again,) = engine.sessions("running")
    assert again["id"] != session["id"]
    hub.end("ada")


def test_twenty_users_at_once(hub: Hub, engine: Engine) -> None:
    users = [f"user-{number}" for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(hub.run, users))
        running = engine.sessions("running")
        assert sorted(each["user"] for each in running) == sorted(users)
        assert len({each["url"] for each in running}) == 20
        list(pool.map(hub.end, users))
    assert engine.sessions() == []


def test_unusual_names_keep_their_servers_apart(hub: Hub, engine: Engine) -> None:
    users = ["a@b", "a b", "a~b", "ünï", "a+b", "a%b"]
    for user in users:
        hub.run(user)
    assert {each["user"] for each in engine.sessions("running")} == set(users)
    for user in users:
        assert hub.answer(user).ok
        hub.end(user)
    assert engine.sessions() == []
