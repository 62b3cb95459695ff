"""A server that is started again is reached anew each time, though its service has its old name.

JupyterHub asks a resolver that keeps Docker's answers for ten minutes: both Python spawners for
Docker Swarm are looked for at their old address in half of these starts.
"""

from __future__ import annotations

from typing import Any

import pytest
from docker_swarm import Swarm
from docker_templates import template
from hub import Hub

TIMES = 20


@pytest.fixture(scope="module")
def swarm_templates() -> list[dict[str, Any]]:
    """As a template says nothing of it, and by a name, where the trap is."""
    return [template("auto"), template("tasks", connect="tasks")]


def reached_each_time(hub: Hub, swarm: Swarm, template: str) -> None:
    """Start and stop, and be answered by the new container each time."""
    seen: set[str] = set()
    for time in range(TIMES):
        hub.run("ada", options={"template": template})
        container = swarm.container("ada")
        answer = hub.answer("ada")
        assert answer.ok, answer.text
        assert answer.json()["host"] == container["Config"]["Hostname"]
        assert container["Id"] not in seen, f"start {time} has reached an old container"
        seen.add(container["Id"])
        hub.end("ada")
    assert len(seen) == TIMES


def test_by_an_address(swarm_hub: Hub, swarm: Swarm) -> None:
    reached_each_time(swarm_hub, swarm, "auto")


def test_by_a_name(inside_hub: Hub, swarm: Swarm) -> None:
    reached_each_time(inside_hub, swarm, "tasks")
