"""Limits of memory and cores on other machines: held by a real systemd, or the start says that they are not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine import Engine
from hub import Hub
from ssh_accounts import SERVER, Site, SiteHost
from ssh_fixtures import DEPLOYMENTS, site_hub
from ssh_systemd import SystemdHost, why_not
from ssh_traces import Traces
from waiting import until

MEMORY = 96 << 20
# The cores are left alone: where the kernel has a tree of its own for each of `cpu` and `cpuacct`, systemd holds none.
LIMITS = {"mem_limit": "96M"}
HOG = ["/bin/sh", "-c", "x=$(head -c 300000000 /dev/zero | tr '\\0' x); echo ${#x}"]

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


class LimitSite(Site):
    """The first machine has systemd, the others have not."""

    def kind(self, bridge: Any, number: int, *rest: Any) -> SiteHost:
        return (SystemdHost if number == 1 else SiteHost)(bridge, number, *rest)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, tiny: str) -> Iterator[Site]:
    """Machines that can hold limits, and others."""
    site = LimitSite(tmp_path_factory.mktemp("site"), tiny)
    yield site
    site.remove()


@pytest.fixture(scope="module")
def engine(binary: Path, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with a template for each way to hold them."""
    root = {"user": "root", "ssh_keyfile": str(site.key)}
    plain = site.all[1].address
    make = site.site_template
    templates = [
        make("held", **root, **LIMITS, limits="systemd"),
        make("hog", **root, **LIMITS, limits="systemd", cmd=HOG),
        make("nowhere", plain, **LIMITS, limits="systemd"),
        make("auto", plain, **LIMITS),
        make("addresses", plain, mem_limit="96M", limits="ulimit"),
        make("addresses-hog", plain, mem_limit="96M", limits="ulimit", cmd=HOG),
    ]
    files = {"spawner_templates.json": templates, "spawner_deployments.json": DEPLOYMENTS}
    engine = Engine(binary, tmp_path_factory.mktemp("engine"), files).start()
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def hub(new_hub: Callable[..., Hub], engine: Engine, jupyterhub_6: Path) -> Hub:
    """A hub before it."""
    return site_hub(new_hub, engine, jupyterhub_6)


@pytest.fixture
def traces(hub: Hub, engine: Engine, site: Site) -> Traces:
    """What there was before the test."""
    return Traces(hub, engine, site)


def by(template: str) -> dict[str, Any]:
    return {"spawn_options": {"template": template}}


def server(site: Site) -> int:
    """The process of the one server that runs."""
    found = [
        pid
        for pid in site.processes()
        if Path(f"/proc/{pid}/comm").read_text().strip() == Path(SERVER).name
    ]
    assert len(found) == 1, found
    return found[0]


def environment(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def log_of(engine: Engine) -> str:
    """The log of the one session, as its user would be shown it."""
    (session,) = engine.sessions()
    status, text = engine.call("GET", f"/v1/sessions/{session['id']}/logs")
    assert status == 200, text
    return str(text)


def test_systemd_holds_a_server_to_its_memory(
    hub: Hub, engine: Engine, site: Site, traces: Traces
) -> None:
    host = site.all[0]
    assert isinstance(host, SystemdHost) and host.scopes() == []
    hub.run("ada", options=by("held"))
    pid = server(site)
    assert host.limit(pid, "memory", "memory.limit_in_bytes") == MEMORY
    assert environment(pid)["MEM_LIMIT"] == str(MEMORY)
    assert hub.answer("ada").ok and len(host.scopes()) > 0
    hub.end("ada")
    traces.check("ada")
    until("its scope is gone", lambda: host.scopes() == [])


def test_a_server_that_takes_more_memory_is_ended_and_the_user_told(
    hub: Hub, site: Site, traces: Traces
) -> None:
    said = hub.failure("ada", by("hog"))
    where = f"root@{site.all[0].address}:22"
    assert re.fullmatch(
        rf"Spawn failed: the server at {where} (was ended by signal 9|ended with exit status \d+) before it answered.*",
        said,
    ), said
    traces.check("ada")


def test_a_machine_without_systemd_is_refused_where_limits_must_be_held(
    hub: Hub, site: Site, traces: Traces
) -> None:
    where = f"keyed@{site.all[1].address}:22"
    assert hub.failure("ada", by("nowhere")) == (
        f"Spawn failed: the server at {where} was not started: its limits cannot be held there; see 'limits'; "
        "systemd does not hold limits for this account on this machine"
    )
    traces.check("ada")


def test_where_they_need_not_be_held_the_server_is_told_them(
    hub: Hub, engine: Engine, site: Site, traces: Traces
) -> None:
    hub.run("ada", options=by("auto"))
    assert environment(server(site))["MEM_LIMIT"] == str(MEMORY)
    assert "limits are not enforced" in log_of(engine)
    hub.end("ada")
    traces.check("ada")


def test_addresses_can_be_limited_without_systemd(hub: Hub, site: Site, traces: Traces) -> None:
    hub.run("ada", options=by("addresses"))
    limits = Path(f"/proc/{server(site)}/limits").read_text()
    assert re.search(rf"Max address space +{MEMORY} +{MEMORY} ", limits), limits
    hub.end("ada")
    traces.check("ada")
    said = hub.failure("ada", by("addresses-hog"))
    assert re.search(r"ended with exit status|ended by signal", said), said
    traces.check("ada")
