"""Every hole of the original Swarm spawner is tried, and lets nobody through.

The users here have all that the admin's `use_user_options` gives them, which is how the originals
were broken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from docker_api import DockerRefusal
from docker_fixtures import DockerEngine
from docker_images import SINGLEUSER, TINY
from docker_swarm import Swarm
from docker_templates import template
from engine import Engine
from hub import Hub
from visitor import Visitor
from waiting import until

NASTY_NAME = "<script>alert('x')</script> \"A\" & {'B'}"
NASTY_IMAGES = [{"name": "Plain", "image": TINY}, {"name": NASTY_NAME, "image": TINY}]
OBJECTS = [
    "{user.__class__}",
    "{environment}",
    "{self.db}",
    "{0.__globals__}",
    "{} } {{jinja}}",
    "name",
]
BIND_ROOT = {"type": "bind", "source": "/", "target": "/host"}
SOCKET = {"type": "bind", "source": "/var/run/docker.sock", "target": "/docker.sock"}
ROOT_BY_DRIVER = {
    "source": "root",
    "target": "/host",
    "driver_config": {"name": "local", "options": {"type": "none", "o": "bind", "device": "/"}},
}
FORBIDDEN: dict[str, dict[str, Any]] = {
    "root": {"container_spec": {"user": "root"}},
    "root-by-dockers-name": {"container_spec": {"User": "0:0"}},
    "root-by-uid": {"container_spec": {"uid_gid": "0:0"}},
    "the-machines-files": {"container_spec": {"mounts": [BIND_ROOT]}},
    "the-machines-files-by-dockers-name": {"container_spec": {"Mounts": [BIND_ROOT]}},
    "docker-itself": {"container_spec": {"mounts": [SOCKET]}},
    "the-machines-files-as-volume": {"container_spec": {"mounts": [ROOT_BY_DRIVER]}},
    "another-users-volume": {"container_spec": {"mounts": [{"source": "w", "target": "/w"}]}},
    "capability": {"container_spec": {"cap_add": ["SYS_ADMIN"]}},
    "kernel-parameters": {"container_spec": {"sysctls": {"net.ipv4.ip_forward": "1"}}},
    "privileges": {"container_spec": {"privileges": {"selinux_disable": True}}},
    "another-image": {"container_spec": {"image": "evil:latest"}},
    "another-image-of-the-list": {"user_selected_image": "evil:latest"},
    "labels": {"container_spec": {"labels": {"multiplespawner.user": "root"}}},
    "another-token": {"container_spec": {"env": {"JUPYTERHUB_API_TOKEN": "mine"}}},
    "another-user": {"container_spec": {"env": ["JUPYTERHUB_USER=root"]}},
    "the-devices-of-others": {"container_spec": {"env": {"NVIDIA_VISIBLE_DEVICES": "all"}}},
    "the-manager": {"placement": {"constraints": ["node.role == manager"]}},
    "another-network": {"networks": ["ingress"]},
    "the-machines-network": {"networks": ["host"]},
    "more-memory": {"resource_spec": {"mem_limit": 1 << 40}},
    "more-cores": {"resource_spec": {"cpu_limit": 64 * 10**9}},
    "no-limit": {"resource_spec": {"mem_limit": 0}},
    "another-log": {"log_driver": {"name": "syslog", "options": {"syslog-address": "tcp://x"}}},
    "a-published-port": {"endpoint_spec": {"ports": {"22": 22}}},
}
# What stays forbidden where the admin lets users have mounts, placement and networks of their
# choice.
STILL_FORBIDDEN = {
    **{name: FORBIDDEN[name] for name in FORBIDDEN if name.startswith(("the-machines", "docker"))},
    "the-manager": FORBIDDEN["the-manager"],
    "not-a-worker": {"placement": {"constraints": ["node.role != worker"]}},
    "one-machine": {"placement": {"constraints": ["node.id == abc"]}},
    "another-network": FORBIDDEN["another-network"],
    "climbing": {"container_spec": {"mounts": [{"source": "w", "target": "/a/../../etc"}]}},
    "climbing-source": {"container_spec": {"mounts": [{"source": "../../etc", "target": "/e"}]}},
    "autoremoved-by-another": {
        "container_spec": {
            "mounts": [{"source": "w", "target": "/w", "labels": {"multiplespawner.hub": "x"}}]
        }
    },
}
FILES = {
    "up": "../../etc/profile.d/x",
    "absolute": "/etc/profile.d/x",
    "hidden": ".bashrc",
    "backslash": "..\\x",
    "nothing": "",
    "a-null": "x\0y",
    "a-line": "x\ny",
    "long": "x" * 300,
}


@pytest.fixture(scope="module")
def swarm_templates(singleuser: str) -> list[dict[str, Any]]:
    """What an admin might give, who trusts the spawner to check what users ask."""
    uploads = {
        "use_user_options": True,
        "enable_user_upload_install_files": True,
        "resource_spec": {"mem_limit": 1 << 30, "cpu_limit": 10**9},
    }
    generous = {
        "allowed_user_options": ["container_spec.mounts", "placement", "networks"],
        "allowed_networks": ["jh"],
    }
    odd = {"labels": {f"odd{number}": text for number, text in enumerate(OBJECTS)}}
    return [
        template("open", images=NASTY_IMAGES, **uploads),
        template("generous", **uploads, **generous),
        template("secret", token="secret"),
        template("odd", container_spec=odd),
        template("real-secret", SINGLEUSER, token="secret"),
    ]


@pytest.fixture(scope="module")
def swarm_engine(
    swarm: Swarm,
    docker_engine: Callable[..., DockerEngine],
    swarm_templates: list[dict[str, Any]],
) -> DockerEngine:
    """A daemon that says all that it ever says."""
    engine = docker_engine(swarm.host, swarm_templates)
    engine.start("--log-level", "trace")
    return engine


@pytest.fixture(autouse=True)
def empty(swarm: Swarm) -> Iterator[None]:
    """What got through by mistake is seen by the test that let it."""
    yield
    until("nothing is left", swarm.is_empty)


def refused(hub: Hub, swarm: Swarm, options: dict[str, Any]) -> str:
    """The hub's answer to a request that must not start anything."""
    answer = hub.begin("mallory", options={"template": "open", **options})
    if answer.status_code < 400:
        hub.ready("mallory")
        given = swarm.service("mallory")["Spec"]["TaskTemplate"]
        hub.end("mallory")
        pytest.fail(f"it was started: {json.dumps(given)}")
    assert answer.status_code < 500, answer.text
    assert swarm.services() == []
    return answer.json()["message"]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_not_a_users_to_choose_is_refused(swarm_hub: Hub, swarm: Swarm, name: str) -> None:
    refused(swarm_hub, swarm, FORBIDDEN[name])


@pytest.mark.parametrize("name", STILL_FORBIDDEN)
def test_what_an_admin_allows_opens_no_more_than_that(
    swarm_hub: Hub, swarm: Swarm, name: str
) -> None:
    refused(swarm_hub, swarm, {**STILL_FORBIDDEN[name], "template": "generous"})


def test_a_volume_of_a_users_choice_is_their_own(swarm_hub: Hub, swarm: Swarm) -> None:
    mounts = {"container_spec": {"mounts": [{"source": "w", "target": "/w"}]}}
    found = set()
    for user in ("ada", "mallory"):
        swarm_hub.run(user, options={"template": "generous", **mounts})
        (mount,) = swarm.container(user)["Mounts"]
        found.add(mount["Name"])
        swarm_hub.end(user)
    assert len(found) == 2, found
    for name in found:
        until(f"{name} is free", lambda: removed(swarm, name))


def removed(swarm: Swarm, volume: str) -> bool:
    """Whether a volume could be removed; Docker holds it for as long as its container is there."""
    try:
        swarm.api.delete(f"/volumes/{volume}")
    except DockerRefusal:
        return False
    return True


def test_what_is_a_users_to_choose_is_still_theirs(swarm_hub: Hub, swarm: Swarm) -> None:
    wanted = {"resource_spec": {"mem_limit": 1 << 28}, "container_spec": {"env": {"A": "b"}}}
    swarm_hub.run("ada", options={"template": "open", **wanted})
    assert swarm.environment("ada")["A"] == "b"
    task = swarm.service("ada")["Spec"]["TaskTemplate"]
    assert task["Resources"]["Limits"]["MemoryBytes"] == 1 << 28
    swarm_hub.end("ada")


def test_names_with_the_same_end_are_two_users(swarm_hub: Hub, swarm: Swarm) -> None:
    shared = "@alumni.computerscience.university.edu"
    users = [f"alice{shared}", f"bob{shared}"]
    for user in users:
        swarm_hub.run(user, options={"template": "secret"})
    services = [swarm.service(user) for user in users]
    assert len({each["Spec"]["Name"] for each in services}) == 2
    for user in users:
        answer = swarm_hub.answer(user).json()
        assert answer["host"] == swarm.container(user)["Config"]["Hostname"]
    tokens = {
        json.dumps(each["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"]) for each in services
    }
    assert len(tokens) == 2
    for user in users:
        swarm_hub.end(user)


def test_a_foreign_service_of_the_same_name_is_not_adopted(swarm_hub: Hub, swarm: Swarm) -> None:
    specification = {
        "Name": "jupyter-ada-1",
        "TaskTemplate": {"ContainerSpec": {"Image": TINY, "Env": ["JPY_API_TOKEN=foreign"]}},
    }
    foreign = swarm.api.post("/services/create", specification)["ID"]
    swarm_hub.run("ada", options={"template": "open"})
    own = swarm.service("ada")
    assert own["ID"] != foreign and own["Spec"]["Name"].startswith("jupyter-ada")
    assert swarm.environment("ada")["JPY_API_TOKEN"] != "foreign"
    swarm_hub.end("ada")
    assert swarm.api.get(f"/services/{foreign}")["Spec"]["Name"] == "jupyter-ada-1"
    swarm.api.delete(f"/services/{foreign}")


def test_a_token_that_travels_as_a_secret_is_nowhere_to_be_read(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm
) -> None:
    swarm_hub.run("ada", options={"template": "real-secret"})
    token = swarm.run_in("ada", "cat", "/run/secrets/jupyterhub_api_token").strip()
    assert len(token) >= 32
    service = swarm.service("ada")
    places = {
        "service": service,
        "tasks": swarm.tasks(service),
        "container": swarm.container("ada"),
        "secrets": swarm.api.get("/secrets"),
        "configs": swarm.api.get("/configs"),
        "sessions": swarm_engine.call("GET", "/v1/sessions"),
        "metrics": swarm_engine.call("GET", "/metrics"),
        "dashboard": swarm_engine.call("GET", "/"),
        "engine's log": swarm_engine.log(),
        "hub's log": swarm_hub.log(),
    }
    for place, content in places.items():
        assert token not in json.dumps(content), place
    assert token.encode() not in b"".join(
        path.read_bytes() for path in swarm_engine.state.rglob("*") if path.is_file()
    )
    swarm_hub.end("ada")


def test_logs_hold_no_token_of_the_environment_either(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm
) -> None:
    swarm_hub.run("ada", options={"template": "open"})
    token = swarm.environment("ada")["JUPYTERHUB_API_TOKEN"]
    swarm_hub.end("ada")
    assert token not in swarm_engine.log() and token not in swarm_hub.log()


@pytest.mark.parametrize("name", FILES)
def test_an_uploaded_file_stays_where_it_belongs(swarm_hub: Hub, swarm: Swarm, name: str) -> None:
    file = {"name": FILES[name], "extension": ".txt", "data": "text"}
    refused(swarm_hub, swarm, {"user_install_files": [file]})


@pytest.mark.parametrize(
    "files",
    [
        [{"name": "x", "extension": ".sh", "data": "text"}],
        [{"name": "x", "extension": ".txt", "data": "x" * 2_000_000}],
        [{"name": f"x{number}", "extension": ".txt", "data": "text"} for number in range(50)],
        [{"name": "x", "extension": ".txt", "data": "text"}] * 2,
    ],
    ids=["kind", "size", "number", "twice"],
)
def test_uploads_have_limits(swarm_hub: Hub, swarm: Swarm, files: list[dict[str, str]]) -> None:
    refused(swarm_hub, swarm, {"user_install_files": files})


def test_a_file_of_a_form_cannot_climb_either(swarm_hub: Hub, swarm: Swarm) -> None:
    visitor = Visitor(swarm_hub).log_in("mallory")
    sent = {"user-upload": ("../../etc/profile.d/x.txt", b"text", "text/plain")}
    visitor.post("/hub/spawn", files=sent, data={"template": "open"})
    if not swarm_hub.server("mallory"):
        assert swarm.services() == []
        return
    swarm_hub.ready("mallory")
    configs = swarm.service("mallory")["Spec"]["TaskTemplate"]["ContainerSpec"]["Configs"]
    assert [each["File"]["Name"] for each in configs] == ["/user-installs/x.txt"]
    swarm_hub.end("mallory")


@pytest.mark.parametrize(
    "value",
    [
        "[" * 100_000 + "]" * 100_000,
        "{'image': " * 50_000,
        "__import__('os').system('touch /tmp/was-run')",
        "{'name': open('/etc/passwd').read(), 'image': 'x'}",
        "'a' * 10 ** 12",
        '{"name": "Plain"',
        "\x00",
        "",
    ],
    ids=["deep", "deep-dict", "code", "call", "arithmetic", "cut", "null", "empty"],
)
def test_a_choice_of_an_image_is_data(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm, value: str
) -> None:
    visitor = Visitor(swarm_hub).log_in("mallory")
    answer = visitor.post("/hub/spawn", data={"select_image": value, "template": "open"})
    assert answer.status_code < 500, answer.text
    if swarm_hub.server("mallory"):
        swarm_hub.ready("mallory")
        image = swarm.service("mallory")["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"]
        assert value == "" and image == TINY, "nothing chosen is the first image"
        swarm_hub.end("mallory")
    assert swarm_engine.call("GET", "/healthz")[0] == 200


def test_names_of_images_are_text_in_the_form(swarm_hub: Hub, swarm: Swarm) -> None:
    visitor = Visitor(swarm_hub).log_in("ada")
    page = visitor.get("/hub/spawn").text
    assert "<script>alert('x')</script>" not in page
    assert "&lt;script&gt;alert" in page
    chosen = json.dumps({"name": NASTY_NAME, "image": TINY})
    answer = visitor.post("/hub/spawn", data={"select_image": chosen, "template": "open"})
    assert answer.ok, answer.text
    swarm_hub.ready("ada")
    assert swarm.container("ada")["Config"]["Labels"]["image_name"] == NASTY_NAME
    swarm_hub.end("ada")


def test_placeholders_reach_no_objects(swarm_hub: Hub, swarm: Swarm) -> None:
    swarm_hub.run("ada", options={"template": "odd"})
    labels = swarm.container("ada")["Config"]["Labels"]
    assert [labels[f"odd{number}"] for number in range(len(OBJECTS))] == OBJECTS
    swarm_hub.end("ada")
