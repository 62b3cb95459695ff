"""A pool of machines, of which each session gets one: found, prepared, used, and given back."""

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
from ssh_fixtures import DEPLOYMENTS, ssh_settings
from ssh_hosts import Host, Hosts
from test_crash import survived
from waiting import until

FARTHEST_WRITE = 40
PREPARE = "set -e; mkdir -p ~/ready; echo again >> ~/ready/$NAME"


def template(hosts: Hosts, tiny: str, name: str, **more: Any) -> dict[str, Any]:
    """A template whose server runs on the machine that the pool gives."""
    options = hosts.options(hosts=["{endpoint}"], cmd=[tiny], args=[])
    return {
        "name": name,
        "resource_type": "virtual_machine",
        "providers": ["lab"],
        "spawner": {"class": "multiplespawner.SSH", "kwargs": options},
        **more,
    }


def script(commands: list[str], **more: Any) -> dict[str, Any]:
    """A configurer that runs commands on the machine."""
    return {"class": "multiplespawner.Script", "options": {"commands": commands, **more}}


def files(hosts: Hosts, tiny: str) -> dict[str, Any]:
    """A pool of all machines, and templates that take one of it."""
    cleanup = {"commands": ["rm -f ~/ready/*"]}
    prepared = script([PREPARE], environment={"NAME": "{username}"}, cleanup=cleanup)
    lasting = script([PREPARE], environment={"NAME": "lasting"})
    yard = {
        "name": "yard",
        "resource_type": "bare_metal",
        "providers": ["local"],
        "spawner": {"class": "multiplespawner.Local", "kwargs": {"cmd": [tiny]}},
    }
    pool = {"hosts": [host.address for host in hosts.all]}
    return {
        "spawner_templates.json": [
            template(hosts, tiny, "plain"),
            template(hosts, tiny, "elsewhere", fallback=["yard"]),
            template(hosts, tiny, "prepared", configurer=prepared),
            template(hosts, tiny, "lasting", configurer=[lasting]),
            template(
                hosts, tiny, "broken", configurer=script(["echo the brush is dry >&2; exit 3"])
            ),
            yard,
        ],
        "spawner_deployments.json": DEPLOYMENTS,
        "providers.json": [
            {"name": "lab", "types": ["virtual_machine"], "kind": "static", "options": pool},
            {"name": "local", "types": ["bare_metal"]},
        ],
    }


@pytest.fixture(scope="module")
def ssh_engine(
    binary: Path, hosts: Hosts, tiny: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A daemon with that pool."""
    engine = Engine(binary, tmp_path_factory.mktemp("pool"), files(hosts, tiny)).start()
    yield engine
    engine.stop()


@pytest.fixture(autouse=True)
def nobody(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a failed test left does not reach the next."""
    yield
    if "ssh_engine" in request.fixturenames:
        engine = request.getfixturevalue("ssh_engine")
        for session in engine.sessions():
            engine.call("DELETE", f"/v1/sessions/{session['id']}?now=true")


def pool(engine: Engine) -> dict[str, dict[str, Any]]:
    """The machines of the pool, as the command line shows them."""
    command = [str(engine.binary), "providers", "--format", "json"]
    shown = subprocess.run(
        command,
        env={**os.environ, **engine.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    lab = json.loads(shown.stdout)["providers"][0]
    assert lab["name"] == "lab"
    return {host["name"]: host for host in lab["hosts"]}


def used(engine: Engine) -> int:
    """How many slots are taken."""
    status, answer = engine.call("GET", "/v1/providers")
    assert status == 200, answer
    return sum(host["used"] for host in answer["providers"][0]["hosts"])


def failure(hub: Hub, user: str) -> str:
    """What a user is told whose start fails."""
    answer = hub.begin(user, "", {"template": "plain"})
    assert answer.status_code >= 400, answer.text
    return answer.text


def test_each_user_has_a_machine_of_the_pool_until_it_is_empty(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    users = ["ada", "bob", "cyd"]
    with ThreadPoolExecutor(3) as starts:
        list(starts.map(lambda user: ssh_hub.run(user, "", {"template": "plain"}), users))
    assert [len(host.sessions()) for host in hosts.all] == [1, 1, 1]
    assert used(ssh_engine) == 3
    assert all(ssh_hub.answer(user).ok for user in users)
    assert "no host is free; of those that fit: 3 in use" in failure(ssh_hub, "dan")
    # Where a template says what to do then, nobody has to wait.
    ssh_hub.run("eve", "", {"template": "elsewhere"})
    session = next(each for each in ssh_engine.sessions() if each["user"] == "eve")
    assert (session["template"], session["provider"]) == ("yard", "local")
    ssh_hub.end("eve")
    ssh_hub.end("bob")
    assert used(ssh_engine) == 2
    ssh_hub.run("dan", "", {"template": "plain"})
    for user in ["ada", "cyd", "dan"]:
        ssh_hub.end(user)
    assert used(ssh_engine) == 0 and hosts.is_empty()


def test_a_drained_machine_gets_no_session_and_an_engine_that_was_killed_remembers(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    first, second, third = (host.address for host in hosts.all)

    def put(what: str, host: str) -> str:
        command = [str(ssh_engine.binary), "providers", what, "lab", host]
        environment = {**os.environ, **ssh_engine.environment}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done.stdout + done.stderr

    assert "drained" in put("drain", first)
    put("drain", second)
    assert first in put("drain", "nowhere"), "it says which there are"
    ssh_hub.run("ada", "", {"template": "plain"})
    assert hosts.of("ada").address == third
    ssh_engine.kill()
    ssh_engine.start()
    assert {host: each["state"] for host, each in pool(ssh_engine).items()} == {
        first: "drained",
        second: "drained",
        third: "serving",
    }
    assert used(ssh_engine) == 1, "the machine is still the session's"
    assert "of those that fit: 1 in use, 2 drained; wait" in failure(ssh_hub, "bob")
    put("resume", first)
    put("resume", second)
    ssh_hub.end("ada")
    assert used(ssh_engine) == 0


def test_a_machine_that_is_off_is_passed_over(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    off: Host = hosts.all[0]
    off.cable("down")
    try:
        for user in ["ada", "bob"]:
            ssh_hub.run(user, "", {"template": "plain"})
        assert [len(host.sessions()) for host in hosts.all] == [0, 1, 1]
        told = failure(ssh_hub, "cyd")
        assert f"2 in use, 1 out of order ('{off.address}:22' does not answer)" in told, told
        assert pool(ssh_engine)[off.address]["state"] == "sick"
    finally:
        off.cable("up")
    for user in ["ada", "bob"]:
        ssh_hub.end(user)
    assert used(ssh_engine) == 0


def test_a_machine_is_prepared_and_what_was_made_goes_with_the_session(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    ssh_hub.run("ada", "", {"template": "prepared"})
    host = hosts.of("ada")
    assert (host.home / "ready" / "ada").read_text() == "again\n"
    ssh_hub.end("ada")
    assert list((host.home / "ready").iterdir()) == []


def test_what_was_applied_is_not_applied_again(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    host = hosts.all[0]
    for drained in hosts.all[1:]:
        body = {"provider": "lab", "host": drained.address, "state": "drained"}
        assert ssh_engine.call("PUT", "/v1/providers/hosts", body)[0] == 200
    try:
        for _ in range(2):
            ssh_hub.run("ada", "", {"template": "lasting"})
            ssh_hub.end("ada")
        assert (host.home / "ready" / "lasting").read_text() == "again\n"
        ssh_engine.kill()
        ssh_engine.start()
        ssh_hub.run("ada", "", {"template": "lasting"})
        ssh_hub.end("ada")
        assert (host.home / "ready" / "lasting").read_text() == "again\n"
    finally:
        for drained in hosts.all[1:]:
            body = {"provider": "lab", "host": drained.address, "state": "serving"}
            ssh_engine.call("PUT", "/v1/providers/hosts", body)


def test_a_preparation_that_fails_is_told_in_its_own_words(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    answer = ssh_hub.begin("ada", "", {"template": "broken"})
    assert answer.status_code >= 400
    assert "the brush is dry" in answer.text and "3" in answer.text
    until("all is undone", lambda: ssh_engine.sessions() == [] and used(ssh_engine) == 0)
    assert hosts.is_empty()


@pytest.mark.parametrize("moment", ["--crash-at-write", "--crash-after-write"])
def test_no_write_is_the_wrong_moment_to_be_killed(
    new_hub: Callable[..., Hub],
    binary: Path,
    hosts: Hosts,
    tiny: str,
    jupyterhub_6: Path,
    tmp_path: Path,
    moment: str,
) -> None:
    engine = Engine(binary, tmp_path / "engine", files(hosts, tiny))
    hub = new_hub(jupyterhub_6, ssh_settings(engine)).start()
    hub.add("ada")
    killed = {"start": 0, "stop": 0}
    with ThreadPoolExecutor(1) as user:
        for write in range(1, FARTHEST_WRITE):
            engine.start(moment, str(write))
            start = user.submit(hub.begin, "ada", "", {"template": "prepared"})
            killed["start"] += not survived(engine, start, "start")
            assert start.result().status_code in (201, 202), start.result().text
            hub.ready("ada")
            assert hub.answer("ada").ok
            until("one machine is the session's", lambda: used(engine) == 1)
            until("one server runs", lambda: len(hosts.processes()) == 2)

            stop = user.submit(hub.end, "ada")
            killed["stop"] += not survived(engine, stop, "stop")
            stop.result()
            assert engine.sessions() == [] and hub.server("ada") == {}
            until("nothing is left", lambda: hosts.is_empty() and used(engine) == 0)
            assert not any(list((host.home / "ready").glob("ada")) for host in hosts.all)
            engine.kill()
            if sum(killed.values()) < write:
                break  # the last engine lived through all its writes: there are no more
    assert killed["start"] >= 7 and killed["stop"] >= 4, killed
    assert sum(killed.values()) < FARTHEST_WRITE - 1
    hub.stop()


def test_a_machine_of_a_pool_is_the_one_whose_host_key_the_pool_names(
    new_hub: Callable[..., Hub],
    binary: Path,
    hosts: Hosts,
    tiny: str,
    jupyterhub_6: Path,
    tmp_path: Path,
) -> None:
    keys = {"load_existing": True, "ssh_dir_path": str(hosts.folder), "key_name": hosts.key.name}
    way = {"class": "corc.authenticator.SSHAuthenticator", "kwargs": keys}
    known = {"hosts": ["{endpoint}"], "user": "root", "cmd": [tiny], "args": []}
    spawner = {"class": "multiplespawner.SSH", "kwargs": known}
    first, second = hosts.all[:2]

    def lab(name: str, key: str) -> dict[str, Any]:
        options = {"hosts": [{"host": first.address, "host_key": key}]}
        return {"name": name, "kind": "static", "types": ["virtual_machine"], "options": options}

    own = files(hosts, tiny)
    own["providers.json"] = [lab("right", first.host_key), lab("wrong", second.host_key)]
    own["spawner_templates.json"] = [
        template(hosts, tiny, name, providers=[name], spawner=spawner, authenticator=way)
        for name in ("right", "wrong")
    ]
    engine = Engine(binary, tmp_path / "engine", own).start()
    try:
        hub = new_hub(jupyterhub_6, ssh_settings(engine)).start()
        hub.run("ada", "", {"template": "right"})
        assert hub.answer("ada").ok
        hub.end("ada")
        told = hub.begin("bob", "", {"template": "wrong"})
        assert told.status_code >= 400
        wrong = f"'{first.address}:22' is not the machine that 'host_key' means"
        assert wrong in told.text, told.text
        until("all is undone", lambda: engine.sessions() == [] and hosts.is_empty())
        hub.stop()
    finally:
        engine.stop()
