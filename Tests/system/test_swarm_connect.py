"""Each way to a server that works here: this kernel has no IPVS, as others may lack it.

Without it a service's virtual address and a port in mode `ingress` do not answer. What answers is
known by its own header: a packet for an overlay that this machine is not on may leave it, and be
answered by a stranger.
"""

from __future__ import annotations

import os
import subprocess
from typing import Any
from urllib.parse import urlparse

import pytest
from docker_inside import Inside
from docker_network import has_ipvs
from docker_swarm import Swarm
from docker_templates import template
from engine import Engine
from hub import Hub

MODES = ["auto", "address", "vip", "dnsrr", "tasks", "host_port", "gateway"]
OUTSIDE = ["auto", "gateway", "host_port"]
INSIDE = ["auto", "address", "dnsrr", "tasks"]


@pytest.fixture(scope="module")
def swarm_templates() -> list[dict[str, Any]]:
    """A template for each mode; the same from outside and inside the overlay."""
    without = template("no-network", networks=[])
    return [*(template(mode, connect=mode) for mode in MODES), without]


def reached(hub: Hub, engine: Engine, swarm: Swarm, template: str) -> str:
    """Start, be answered by that very container, stop; returns the host of the server's URL."""
    hub.run("ada", options={"template": template})
    answer = hub.answer("ada")
    assert answer.ok and answer.headers["X-JupyterHub-Version"], answer.text
    assert answer.json()["host"] == swarm.container("ada")["Config"]["Hostname"]
    (session,) = engine.sessions("running")
    hub.end("ada")
    return urlparse(session["url"]).hostname or ""


@pytest.mark.parametrize("mode", OUTSIDE)
def test_from_a_hub_that_is_on_no_overlay(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm, mode: str
) -> None:
    host = reached(swarm_hub, swarm_engine, swarm, mode)
    bridge = swarm.api.get("/networks/docker_gwbridge")["IPAM"]["Config"][0]["Subnet"]
    on_bridge = host.startswith(bridge.rpartition(".")[0].rpartition(".")[0] + ".")
    assert on_bridge == (mode != "host_port"), host


def test_a_server_on_no_overlay_at_all(swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm) -> None:
    assert reached(swarm_hub, swarm_engine, swarm, "no-network")


@pytest.mark.parametrize("mode", INSIDE)
def test_from_a_hub_on_the_overlay(
    inside_hub: Hub, inside_engine: Engine, swarm: Swarm, mode: str
) -> None:
    host = reached(inside_hub, inside_engine, swarm, mode)
    is_name = not host.replace(".", "").isdigit()
    assert is_name == (mode in ("dnsrr", "tasks")), host


def test_the_service_is_resolved_as_its_mode_wants(
    inside_hub: Hub, inside: Inside, swarm: Swarm
) -> None:
    inside_hub.run("ada", options={"template": "dnsrr"})
    endpoint = swarm.service("ada")["Spec"]["EndpointSpec"]
    assert endpoint["Mode"] == "dnsrr"
    inside_hub.end("ada")


def test_doctor_says_which_ways_there_are(swarm_engine: Engine) -> None:
    said = subprocess.run(
        [str(swarm_engine.binary), "doctor"],
        env={**os.environ, **swarm_engine.environment},
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    assert ("IPVS" in said) == (not has_ipvs()), said
    for mode in MODES:
        assert f"connect '{mode}'" in said, said
    assert "also possible here: host_port" in said, said
