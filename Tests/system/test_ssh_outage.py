"""The network between hub and machines is away for a while: nobody loses anything, and nobody has to do anything.

Ten seconds take every way that a longer outage takes but one: a connection over which nothing is heard for half a minute
is given up by us, where here it is the machine's new SSH server that ends it. SSH_OUTAGE_SECONDS=60 takes that way.
"""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from docker_network import run
from engine import Engine
from hub import Hub
from ssh_hosts import Host, Hosts
from ssh_traces import Traces
from waiting import until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

OUTAGE = float(os.environ.get("SSH_OUTAGE_SECONDS", 10))
# A connection is given up after so much silence.
SILENCE = 30
QUIET = [f"user{number}" for number in range(8)]
TALKING = {"ada": "vm1", "bob": "vm2"}
USERS = [*QUIET, *TALKING]


@pytest.fixture(scope="module")
def ssh_templates(hosts: Hosts, tiny: str, jupyterhub_6: Path) -> list[dict[str, Any]]:
    """Tiny servers anywhere, and some that keep WebSockets open on certain machines."""
    talking = [
        str(jupyterhub_6 / "bin" / "python"),
        str(Path(__file__).with_name("socket_server.py")),
    ]
    return [
        hosts.template("tiny", cmd=[tiny], args=[], host_choice="round_robin"),
        *(
            {
                **(made := hosts.template(host.name, cmd=talking, args=[])),
                "spawner": only(made, host),
            }
            for host in hosts.all
        ),
    ]


def only(template: dict[str, Any], host: Host) -> dict[str, Any]:
    kwargs = {**template["spawner"]["kwargs"], "hosts": [host.address]}
    return {**template["spawner"], "kwargs": kwargs}


def open_socket(hub: Hub, user: str) -> ClientConnection:
    """As a browser's page does it, through the hub's proxy."""
    where = hub.base.replace("http://", "ws://") + hub.server(user)["url"] + "api"
    return connect(where, ping_interval=None, open_timeout=10)


def ask(socket: ClientConnection, words: str, seconds: float = 10) -> dict[str, Any]:
    socket.send(words)
    answer = json.loads(socket.recv(timeout=seconds))
    assert answer.pop("said") == words
    return answer


def asked_again(hub: Hub, user: str) -> dict[str, Any] | None:
    """What a page's next attempt to connect brings."""
    try:
        with open_socket(hub, user) as socket:
            return ask(socket, "again", 5)
    except (OSError, TimeoutError, ConnectionClosed, InvalidStatus):
        return None


def answers(hub: Hub, user: str) -> bool:
    try:
        return hub.answer(user).ok
    except OSError:
        return False


def addresses(engine: Engine, hub: Hub) -> dict[str, tuple[str, str]]:
    """Where everybody's server is, for the engine and for the hub."""
    return {
        each["user"]: (each["url"], hub.server(each["user"])["url"])
        for each in engine.sessions("running")
    }


def api_url(pid: int) -> str:
    """Where a server finds the hub's API; the shell above it is not told."""
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return (
        dict(each.split(b"=", 1) for each in environment if b"=" in each)
        .get(b"JUPYTERHUB_API_URL", b"")
        .decode()
    )


def reaches_hub(pid: int) -> bool:
    """Whether the hub's API answers a server's process at the address that it was given."""
    url = api_url(pid)
    look = f"import urllib.request; print(urllib.request.urlopen('{url}/', timeout=5).status)"
    try:
        return run("nsenter", "--target", str(pid), "--net", "python3", "-c", look).strip() == "200"
    except AssertionError:
        return False


def test_ten_servers_outlive_an_outage_at_the_same_addresses(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    hub, engine = ssh_hub, ssh_engine
    traces = Traces(hub, engine, hosts)
    with ThreadPoolExecutor(10) as pool, ExitStack() as stack:
        list(pool.map(lambda user: hub.run(user, options=by(TALKING.get(user, "tiny"))), USERS))
        before, processes = addresses(engine, hub), hosts.processes()
        assert sorted(before) == sorted(USERS)
        sockets = {user: stack.enter_context(open_socket(hub, user)) for user in TALKING}
        who = {user: ask(socket, "hello") for user, socket in sockets.items()}
        assert {user: each["host"] for user, each in who.items()} == TALKING

        for host in hosts.all:
            host.cable("down")
        try:
            began = time.monotonic()
            # One machine has another SSH server when it is back.
            listener = hosts.all[0].listener()
            hosts.all[0].signal_sshd(signal.SIGKILL)
            until("it listens again", lambda: hosts.all[0].listener() not in (0, listener))
            while time.monotonic() < began + OUTAGE:
                assert len(engine.sessions("running")) == len(USERS), "unknown is not dead"
                assert all(
                    hub.server(user) for user in TALKING
                ), "the hub was not told that it is gone"
                time.sleep(1)
        finally:
            for host in hosts.all:
                host.cable("up")

        back = time.monotonic()
        for user in USERS:
            until(f"{user}'s server answers again", lambda user=user: answers(hub, user), 60)
        print(f"all answer {time.monotonic() - back:.1f} s after an outage of {OUTAGE:g} s")
        assert addresses(engine, hub) == before and hosts.processes() == processes

        # A page whose socket was cut opens another one, to the very same server.
        with pytest.raises(ConnectionClosed):
            ask(sockets["ada"], "still there?")
        assert (
            until("ada's page is connected again", lambda: asked_again(hub, "ada"), 30)
            == who["ada"]
        )
        if OUTAGE < SILENCE / 2:
            assert (
                ask(sockets["bob"], "still there?", 30) == who["bob"]
            ), "what could wait was not cut"
        assert (
            until("bob's page is connected again", lambda: asked_again(hub, "bob"), 30)
            == who["bob"]
        )
        servers = {api_url(pid): pid for pid in processes if api_url(pid)}
        assert len(servers) >= len(hosts.all)
        for pid in servers.values():
            until("servers reach the hub again", lambda pid=pid: reaches_hub(pid), 60, 0.5)

        stack.close()
        list(pool.map(hub.end, USERS))
    traces.check(*USERS)


def by(template: str) -> dict[str, Any]:
    return {"spawn_options": {"template": template}}
