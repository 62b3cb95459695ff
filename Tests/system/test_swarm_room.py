"""What a swarm has free is told as Docker counts it: what nodes have, less what tasks reserve."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from docker_fixtures import DockerEngine
from docker_swarm import Swarm
from docker_templates import template
from waiting import until

RESERVED = {"mem_reservation": 1 << 28, "cpu_reservation": 10**8}


def told(engine: DockerEngine) -> dict[str, Any]:
    """What is told of the swarm, and of the template there."""
    status, answer = engine.call("GET", "/v1/resources")
    assert status == 200, answer
    (provider,), (served,) = answer["providers"], answer["templates"]
    (free,) = served["free"]
    assert free["provider"] == "swarm" and free.get("free_memory") == provider.get("free_memory")
    return provider


def test_what_a_task_reserves_is_not_free(
    swarm: Swarm, docker_engine: Callable[..., DockerEngine]
) -> None:
    reserving = {**template("reserving", resource_spec=RESERVED), "providers": ["swarm"]}
    engine = docker_engine(swarm.host, [reserving])
    providers = [{"name": "swarm", "types": ["container"], "cost_per_hour": 0.1}]
    (engine.directory / "providers.json").write_text(json.dumps(providers))
    engine.start()
    before = until("the swarm is heard", lambda: (now := told(engine)).get("free_memory") and now)
    assert before["free_cpu"] <= os.cpu_count() and before["cost_per_hour"] == 0.1
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    assert RESERVED["mem_reservation"] < before["free_memory"] <= pages * size

    body = {
        "hub": "room",
        "user": "ada",
        "environment": {
            "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:0/user/ada/",
            "JUPYTERHUB_API_TOKEN": "a-token",
        },
    }
    assert engine.call("PUT", "/v1/sessions/reserving", body)[0] == 202
    memory = before["free_memory"] - RESERVED["mem_reservation"]
    during = until(
        "its memory is not free", lambda: (now := told(engine))["free_memory"] == memory and now
    )
    assert round(before["free_cpu"] - during["free_cpu"], 3) == 0.1
    assert engine.call("DELETE", "/v1/sessions/reserving?now=true")[0] == 200
    until("it is free again", lambda: told(engine)["free_memory"] == before["free_memory"])

    status, page = engine.call("GET", "/v1/form?user=ada")
    assert status == 200 and "the largest has" in page and "0.1 per hour" in page
