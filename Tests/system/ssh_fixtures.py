"""Machines that are reached by SSH, and hubs whose users' servers run there, for the tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine import Engine
from hub import Hub
from ssh_accounts import Site
from ssh_hosts import Hosts

DEPLOYMENTS = {"bare_metal": [{"name": "machine", "provider": "local"}]}


def ssh_settings(engine: Engine, **more: Any) -> dict[str, dict[str, Any]]:
    """What a hub needs whose servers are on other machines: nothing but its engine."""
    return {"MultipleSpawner": {"url": f"unix://{engine.socket}", "poll_interval": 1, **more}}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """Three machines of the module's own."""
    hosts = Hosts(3, tmp_path_factory.mktemp("hosts"))
    yield hosts
    hosts.remove()


@pytest.fixture(scope="module")
def ssh_templates(hosts: Hosts, tiny: str) -> list[dict[str, Any]]:
    """The templates of the module's engine; modules say what they want instead."""
    return [hosts.template(cmd=[tiny], args=[])]


@pytest.fixture(scope="module")
def ssh_engine(
    binary: Path, ssh_templates: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A daemon whose servers are on those machines."""
    files = {"spawner_templates.json": ssh_templates, "spawner_deployments.json": DEPLOYMENTS}
    engine = Engine(binary, tmp_path_factory.mktemp("ssh"), files).start()
    yield engine
    try:
        engine.stop()
    finally:
        if engine.process is not None and engine.process.poll() is None:
            engine.kill()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, tiny: str) -> Iterator[Site]:
    """Three machines with accounts of many kinds."""
    site = Site(tmp_path_factory.mktemp("site"), tiny)
    yield site
    site.remove()


def site_hub(new_hub: Callable[..., Hub], engine: Engine, environment: Path, **more: Any) -> Hub:
    """A hub that remembers its users' passwords for the machines, and lets templates use them."""
    settings = {
        **ssh_settings(
            engine, consecutive_failure_limit=1000, user_attributes=["password"], **more
        ),
        "JupyterHub": {"authenticator_class": "form_authenticator.PasswordAuthenticator"},
        "Authenticator": {"allow_all": True, "enable_auth_state": True},
    }
    modules = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {"JUPYTERHUB_CRYPT_KEY": "0f" * 32, "PYTHONPATH": ":".join(modules)}
    return new_hub(environment, settings, **variables).start()


@pytest.fixture(scope="module")
def ssh_hub(new_hub: Callable[..., Hub], ssh_engine: Engine, jupyterhub_6: Path) -> Iterator[Hub]:
    """A hub of the newer version before the module's engine."""
    hub = new_hub(jupyterhub_6, ssh_settings(ssh_engine)).start()
    yield hub
    hub.stop()
