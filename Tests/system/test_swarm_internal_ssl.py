"""TLS from the proxy to a server in a swarm, with the hub's own certificates: by name, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from docker_fixtures import settings_for
from docker_inside import Inside
from docker_swarm import Swarm
from docker_templates import jupyter
from engine import Engine
from hub import Hub
from waiting import until

# Which name a mode gives the hub.
BY_NAME = {"auto": "tasks.s-", "dnsrr": "s-"}
BY_ADDRESS = ["address", "gateway", "host_port"]


@pytest.fixture(scope="module")
def swarm_templates(singleuser: str) -> list[dict[str, Any]]:
    """The real server, by names and by addresses."""
    return [jupyter(mode, connect=mode) for mode in [*BY_NAME, *BY_ADDRESS]]


def tls_settings(engine: Engine, address: str, folder: Path) -> dict[str, dict[str, Any]]:
    """As for any hub of a swarm, and that its own certificate is for its name on the overlay."""
    settings = settings_for(engine, address)
    settings["JupyterHub"] |= {
        "internal_ssl": True,
        "internal_certs_location": str(folder / "certs"),
        "trusted_alt_names": [f"DNS:{address}"],
    }
    return settings


@pytest.fixture(scope="module")
def hub(
    new_hub: Callable[..., Hub],
    inside: Inside,
    inside_engine: Engine,
    jupyterhub_6: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hub]:
    """A hub with internal TLS on the overlay of its servers."""
    settings = tls_settings(inside_engine, inside.name, tmp_path_factory.mktemp("tls"))
    hub = new_hub(inside.environment(jupyterhub_6), settings)
    port = hub.base.rpartition(":")[2]
    hub.base = hub.settings["JupyterHub"]["bind_url"] = f"http://{inside.address}:{port}"
    hub.start()
    yield hub
    hub.stop()


def test_real_servers_of_one_user_are_reached_by_their_names(
    hub: Hub, inside_engine: Engine, swarm: Swarm
) -> None:
    # At once: the hub keeps the certificates of one user's servers under one name.
    servers = {mode: "" if mode == "auto" else mode for mode in BY_NAME}
    hub.add("ada")
    with ThreadPoolExecutor(len(servers)) as pool:
        for mode, server in servers.items():
            pool.submit(hub.run, "ada", server, {"template": mode})
    found = {}
    for mode, server in servers.items():
        hub.ready("ada", server)
        assert hub.answer("ada", server).json()["version"]
        (session,) = [
            each for each in inside_engine.sessions("running") if each["server"] == server
        ]
        where = urlparse(session["url"])
        assert where.scheme == "https" and where.hostname
        assert where.hostname == f"{BY_NAME[mode]}{session['id']}", session["url"]
        found[server] = swarm.container("ada", server)["Id"]

    hub.kill()
    hub.start()
    for server, container in found.items():
        hub.ready("ada", server)
        assert hub.answer("ada", server).json()["version"]
        assert swarm.container("ada", server)["Id"] == container
        hub.end("ada", server)
    until("nothing is left", swarm.is_empty)


@pytest.mark.parametrize("mode", BY_ADDRESS)
def test_a_way_by_an_address_is_refused_at_once(hub: Hub, swarm: Swarm, mode: str) -> None:
    answer = hub.begin("grace", options={"template": mode})
    assert answer.status_code == 400, answer.text
    assert f"connect is '{mode}'" in answer.text and "internal_ssl" in answer.text
    assert swarm.services() == []


def test_from_elsewhere_the_user_is_told_what_is_missing(
    new_hub: Callable[..., Hub],
    swarm_engine: Engine,
    swarm: Swarm,
    jupyterhub_6: Path,
    tmp_path: Path,
) -> None:
    settings = tls_settings(swarm_engine, "localhost", tmp_path)
    hub = new_hub(jupyterhub_6, settings).start()
    answer = hub.begin("grace", options={"template": "auto"})
    assert answer.status_code >= 400 and "the daemon is not on 'jh'" in answer.text, answer.text
    assert swarm.services() == []
    hub.stop()
