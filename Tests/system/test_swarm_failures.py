"""What cannot be started ends at once, with Docker's own reason, and the user sees it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from docker_swarm import Swarm
from docker_templates import template
from engine import Engine
from hub import Hub
from waiting import until

TERABYTE = 1 << 40
# Much less than the time that a start has; a registry that nobody reaches takes Docker some
# seconds.
AT_ONCE = 20.0
FAILURES = {
    "missing-image": "No such image: nobody.invalid/nothing:v1",
    "no-memory": "insufficient resources on 1 node",
    "no-cpu": "insufficient resources on 1 node",
    "no-gpu": "insufficient resources on 1 node",
    "no-node": "scheduling constraints not satisfied on 1 node",
    "bad-constraint": "constraint expected one operator",
    "no-network": "network no-such-network not found",
    "no-config": "no-such-config",
    "no-driver": "missing plugin on 1 node",
    "no-source": "bind source path does not exist: /no/such/directory",
    "no-program": "/no/such/program",
    "no-user": "unable to find user nobody-here",
    "crash": "64",
}


@pytest.fixture(scope="module")
def swarm_templates() -> list[dict[str, Any]]:
    """One template for each way to fail, and one that works."""
    driver = {"driver_config": {"name": "no/such-driver"}, "source": "some", "target": "/data"}
    directory = {"type": "bind", "source": "/no/such/directory", "target": "/data"}
    return [
        template("fine"),
        template("missing-image", "nobody.invalid/nothing:v1"),
        template("no-memory", resource_spec={"mem_reservation": TERABYTE}),
        template("no-cpu", resource_spec={"cpu_reservation": 1000 * 10**9}),
        template("no-gpu", resource_spec={"generic_resources": {"gpu": 1}}),
        template("no-node", placement={"constraints": ["node.labels.nowhere == true"]}),
        template("bad-constraint", placement={"constraints": ["node.labels.nowhere is true"]}),
        template("no-network", networks=["no-such-network"]),
        template("no-config", configs=[{"config_name": "no-such-config", "filename": "/x"}]),
        template("no-driver", container_spec={"mounts": [driver]}),
        template("no-source", container_spec={"mounts": [directory]}),
        template("no-program", container_spec={"command": ["/no/such/program"]}),
        template("no-user", container_spec={"user": "nobody-here"}),
        template("crash", container_spec={"command": ["tiny_server", "--crash"]}),
        template(
            "crash-loop",
            container_spec={"command": ["tiny_server", "--crash"]},
            restart_policy={"condition": "any", "delay": "100ms", "max_attempts": 3},
        ),
    ]


def seen_by_user(hub: Hub, template: str) -> str:
    """Ask for a server and return what the hub's user is told when that has failed."""
    began = time.monotonic()
    answer = hub.begin("ada", options={"template": template})
    message = answer.json()["message"] if answer.status_code >= 400 else pending(hub)
    assert time.monotonic() - began < AT_ONCE, message
    return message


def pending(hub: Hub) -> str:
    """The last word of the start on the hub's spawn page."""
    progress = hub.call("GET", "/users/ada/server/progress", stream=True)
    lines = [line for line in progress.iter_lines(decode_unicode=True) if line]
    assert '"failed": true' in lines[-1], lines
    return lines[-1]


@pytest.mark.parametrize("name", FAILURES)
def test_the_user_is_told_dockers_reason(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm, name: str
) -> None:
    assert FAILURES[name] in seen_by_user(swarm_hub, name)
    until("the hub has given up", lambda: swarm_hub.server("ada") == {})
    assert swarm_engine.sessions() == []
    until("nothing is left", swarm.is_empty)


def test_a_container_that_crashes_again_and_again_is_given_up(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm
) -> None:
    assert "64" in seen_by_user(swarm_hub, "crash-loop")
    until("nothing is left", swarm.is_empty)
    assert swarm_engine.sessions() == []


def test_the_next_start_is_not_the_worse_for_it(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm
) -> None:
    swarm_hub.run("ada", options={"template": "fine"})
    assert swarm_hub.answer("ada").ok
    swarm_hub.end("ada")


def test_a_server_that_ends_by_itself_is_missed_by_the_hub(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm
) -> None:
    swarm_hub.run("ada", options={"template": "fine"})
    (session,) = swarm_engine.sessions("running")
    swarm.api.post(f"/containers/{swarm.container('ada')['Id']}/kill")
    until("the hub knows", lambda: swarm_hub.server("ada") == {}, 60)
    status, ended = swarm_engine.call("GET", f"/v1/sessions/{session['id']}")
    assert status == 200 and ended["state"] in ("failed", "stopped")
    assert ended["exit_code"] == 137 or "137" in str(ended["error"])
    until("nothing is left", swarm.is_empty)
