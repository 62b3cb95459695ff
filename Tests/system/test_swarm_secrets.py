"""What a portal posts of a user, keys and passwords among it, goes to the container and nowhere else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker_fixtures import DockerEngine, settings_for
from docker_swarm import Swarm
from docker_templates import template
from hub import Hub
from test_swarm_contract import BY_HEADER, DISTINGUISHED
from visitor import Visitor
from waiting import until

USER = "mail_sdfsf_com"
# Some letters that no text has by chance; a key has several lines.
PASSWORD = "the-Password-0f-the-mount"
KEY_LINES = [
    "-----BEGIN RSA PRIVATE KEY-----",
    "aKeyL1ne0fTheMount",
    "-----END RSA PRIVATE KEY-----",
]
SECRETS = [PASSWORD, KEY_LINES[1]]


@pytest.fixture(scope="module")
def swarm_engine(swarm: Swarm, docker_engine: Callable[..., DockerEngine]) -> DockerEngine:
    """A daemon that says all that it ever says, and templates that mount with what was posted."""

    def mounting(name: str, device: str) -> dict[str, Any]:
        # A bind takes no password, and does not mind one.
        options = {"type": "none", "o": "bind,password={password}", "device": device}
        mount = {
            "source": f"{name}-{{username}}",
            "target": "/data",
            "driver_config": {"name": "local", "options": options},
            "labels": {"autoremove": "True"},
        }
        return template(
            name,
            container_spec={"mounts": [mount], "env": {"MOUNT_KEY": "{privateKey}"}},
            user_format_attributes=["mount_data"],
        )

    templates = [mounting("mounted", "{targetHost}"), mounting("broken", "/no/such/place")]
    engine = docker_engine(swarm.host, templates)
    engine.start("--log-level", "trace")
    return engine


@pytest.fixture(scope="module")
def hub(
    new_hub: Callable[..., Hub], swarm: Swarm, swarm_engine: DockerEngine, jupyterhub_6: Path
) -> Iterator[Hub]:
    """A hub behind a portal. It says what hubs say: at `debug` the portal's own handler tells all."""
    settings = settings_for(swarm_engine, swarm.gateway or "")
    for section, traits in BY_HEADER.items():
        settings.setdefault(section, {}).update(traits)
    hub = new_hub(jupyterhub_6, settings, PYTHONPATH=paths()).start()
    yield hub
    hub.stop()


def paths() -> str:
    """Where the portal's authenticator is, and what this run is told besides."""
    return ":".join(
        filter(None, [str(Path(__file__).with_name("portal")), os.environ.get("PYTHONPATH")])
    )


def assert_nowhere(places: dict[str, Any]) -> None:
    """Fail with the place that has a secret."""
    for place, content in places.items():
        text = content if isinstance(content, str) else json.dumps(content)
        for secret in SECRETS:
            assert (
                secret not in text
            ), f"{place} has it: {text[max(0, text.index(secret) - 500):][:1000]}"


def kept(engine: DockerEngine) -> dict[str, str]:
    """Every file of the daemon, as it is."""
    return {
        str(path): path.read_bytes().decode("latin-1")
        for path in engine.state.rglob("*")
        if path.is_file()
    }


def test_what_was_posted_is_in_no_log_no_journal_and_no_label(
    hub: Hub, swarm_engine: DockerEngine, swarm: Swarm, tmp_path: Path
) -> None:
    visitor = Visitor(hub, Remote_User=DISTINGUISHED)
    assert USER in visitor.get("/hub/home").text
    posted = {
        "targetHost": str(tmp_path),
        "username": USER,
        "password": PASSWORD,
        "privateKey": "\n".join(KEY_LINES),
    }
    answer = visitor.post("/hub/set-user-data", json={"mount_data": posted})
    assert answer.status_code == 200, answer.text

    hub.run(USER, options={"template": "mounted"})
    service, container = swarm.service(USER), swarm.container(USER)
    volume = swarm.api.get(f"/volumes/mounted-{USER}")
    assert PASSWORD in volume["Options"]["o"], "it has reached where it is for"
    assert KEY_LINES[1] in swarm.environment(USER)["MOUNT_KEY"]
    of_the_session = {
        "labels of the service": service["Spec"]["Labels"],
        "labels of the container": container["Config"]["Labels"],
        "labels of the volume": volume["Labels"],
        "sessions": swarm_engine.call("GET", "/v1/sessions"),
        "residents": swarm_engine.call("GET", "/v1/residents"),
        "status page": swarm_engine.call("GET", "/"),
        "hub's model": hub.call("GET", f"/users/{USER}").text,
    }
    hub.end(USER)

    # Docker tells the options of a mount that it cannot make.
    failed = hub.begin(USER, options={"template": "broken"})
    if failed.status_code < 400:
        until("it has failed", lambda: not hub.server(USER), 60)
    assert_nowhere(
        {
            **of_the_session,
            "sessions after a failure": swarm_engine.call("GET", "/v1/sessions"),
            "answer of a failure": failed.text,
            "engine's log": swarm_engine.log(),
            "hub's log": hub.log(),
            **kept(swarm_engine),
        }
    )
    assert "no such file or directory" in swarm_engine.log(), "the reason itself is told"
    until("nothing is left", swarm.is_empty, 60)
