"""What SwarmSpawner's own test suite asks of a spawner, with its class name and options."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker_fixtures import DockerEngine, settings_for
from docker_images import SINGLEUSER, TINY
from docker_swarm import Swarm
from docker_templates import template
from hub import Hub
from visitor import Visitor
from waiting import until

IMAGES = [
    {"name": "Default Notebook", "image": TINY},
    {"name": "Another Notebook", "image": TINY},
    {"name": "Real Notebook", "image": SINGLEUSER},
]
INSTALLS = "/user-installs"
REQUIREMENTS = "numpy\n# ünïcode, and no end of line"
NOTEBOOK = {
    "type": "notebook",
    "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
}
DISTINGUISHED = (
    "/C=DK/ST=NA/L=NA/O=University of Copenhagen/OU=NA/CN=Real Name/emailAddress=mail@sdfsf.com"
)
BY_HEADER = {
    "JupyterHub": {"authenticator_class": "portal_authenticator.PortalAuthenticator"},
    "HeaderAuthenticator": {"user_external_allow_attributes": ["mount_data"]},
    "RegexUsernameParser": {
        "username_extract_regex": r"([a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,4})",
        "replace_extract_chars": {"@": "_", ".": "_"},
    },
}


@pytest.fixture(scope="module")
def swarm_templates(singleuser: str) -> list[dict[str, Any]]:
    """One template as SwarmSpawner's users have it: a list of images, and uploads."""
    uploads = {
        "use_user_options": True,
        "enable_user_upload_install_files": True,
        "user_upload_destination_directory": INSTALLS,
    }
    return [template("notebook", images=IMAGES, **uploads)]


@pytest.fixture(scope="module")
def visitor(swarm_hub: Hub) -> Visitor:
    """One person whose server the tests have one after the other."""
    return Visitor(swarm_hub).log_in("ada")


@pytest.fixture(autouse=True)
def no_server(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test leaves its server to the next."""
    yield
    if "swarm_hub" in request.fixturenames:
        hub = request.getfixturevalue("swarm_hub")
        if hub.server("ada"):
            hub.end("ada")


@pytest.fixture(scope="module")
def real(swarm_hub: Hub) -> Iterator[Visitor]:
    """A person whose real server was started from the form, with a file."""
    visitor = Visitor(swarm_hub).log_in("grace")
    answer = visitor.post(
        "/hub/spawn",
        data={"select_image": json.dumps({"name": "Real Notebook", "image": SINGLEUSER})},
        files={"user-upload": ("requirements.txt", REQUIREMENTS.encode(), "text/plain")},
    )
    assert answer.status_code == 200, answer.text
    swarm_hub.ready("grace")
    yield visitor
    swarm_hub.end("grace")


def chosen(name: str, image: str) -> dict[str, Any]:
    """A choice of the form, sent as a browser sends a form with files."""
    return {"files": {"select_image": (None, json.dumps({"name": name, "image": image}))}}


def started(swarm: Swarm, hub: Hub, user: str = "ada") -> tuple[str, str]:
    """Which image, in the words of the container and of the service."""
    hub.ready(user)
    container = swarm.container(user)
    task, *_ = swarm.tasks(swarm.service(user))
    return container["Config"]["Labels"]["image_name"], task["Spec"]["ContainerSpec"]["Image"]


def test_1_the_spawn_page_asks_for_an_image(visitor: Visitor) -> None:
    page = visitor.get("/hub/spawn")
    assert page.status_code == 200
    assert "Select a notebook image" in page.text
    assert all(image["name"] in page.text for image in IMAGES)


@pytest.mark.parametrize(
    "content", [{"data": {"dockerimage": "nielsbohr/base-notebook"}}, {"json": {"image": "no"}}]
)
def test_2_unknown_fields_start_the_default_image(
    visitor: Visitor, swarm_hub: Hub, swarm: Swarm, content: dict[str, Any]
) -> None:
    answer = visitor.post("/hub/spawn", **content)
    assert answer.status_code == 200, answer.text
    assert started(swarm, swarm_hub) == ("Default Notebook", TINY)


@pytest.mark.parametrize("image", IMAGES[:2], ids=["first", "second"])
def test_3_an_image_is_chosen_by_its_name_too(
    visitor: Visitor, swarm_hub: Hub, swarm: Swarm, image: dict[str, str]
) -> None:
    answer = visitor.post("/hub/spawn", **chosen(image["name"], image["image"]))
    assert answer.status_code == 200, answer.text
    assert started(swarm, swarm_hub) == (image["name"], image["image"])


def test_4_there_is_one_service_by_the_users_name(
    visitor: Visitor, swarm_hub: Hub, swarm: Swarm
) -> None:
    for _ in range(2):
        assert visitor.post("/hub/spawn", data={}).status_code == 200
        swarm_hub.ready("ada")
        names = [each["Spec"]["Name"] for each in swarm.api.get("/services")]
        assert names.count("jupyter-ada-1") == 1
        assert [name for name in names if name.startswith("jupyter-ada")] == ["jupyter-ada-1"]
        swarm_hub.end("ada")


def test_5_the_container_knows_whose_it_is(real: Visitor, swarm: Swarm) -> None:
    environment = swarm.environment("grace")
    assert environment["JUPYTERHUB_USER"] == "grace"
    assert environment["JUPYTERHUB_SERVICE_PREFIX"] == "/user/grace/"
    assert len(environment["JUPYTERHUB_API_TOKEN"]) >= 32
    assert environment["JPY_API_TOKEN"] == environment["JUPYTERHUB_API_TOKEN"]


def test_6_a_notebook_can_be_written_through_the_hub(real: Visitor) -> None:
    real.get("/user/grace/tree")
    written = real.put("/user/grace/api/contents/write_test.ipynb", json=NOTEBOOK)
    assert written.status_code == 201, written.text


def test_7_at_204_the_service_is_gone(visitor: Visitor, swarm_hub: Hub, swarm: Swarm) -> None:
    assert visitor.post("/hub/spawn", data={}).status_code == 200
    swarm_hub.ready("ada")

    def is_over() -> bool:
        return swarm_hub.call("DELETE", "/users/ada/server").status_code == 204

    until("the hub says 204", is_over)
    names = [each["Spec"]["Name"] for each in swarm.api.get("/services")]
    assert "jupyter-ada-1" not in names


def test_8_the_tree_page_answers(real: Visitor) -> None:
    assert real.get("/user/grace/tree?").status_code == 200


def test_11_an_uploaded_file_appears(real: Visitor, swarm: Swarm) -> None:
    assert swarm.run_in("grace", "cat", f"{INSTALLS}/requirements.txt") == REQUIREMENTS
    mode = swarm.run_in("grace", "stat", "-c", "%a", f"{INSTALLS}/requirements.txt")
    assert mode.strip() == "444"


@pytest.fixture(scope="module")
def volume_engine(
    swarm: Swarm, docker_engine: Callable[..., DockerEngine], singleuser: str
) -> DockerEngine:
    """SwarmSpawner's volume for each user, whose place is told by what the user's portal posted."""
    mount = {
        "type": "volume",
        "source": "sshvolume-user-{username}",
        "target": "/home/jovyan/work",
        "driver_config": {
            "name": "local",
            "options": {"type": "none", "o": "bind", "device": "{targetHost}{targetPath}"},
        },
        "labels": {"autoremove": "True"},
    }
    attributes = {"user_format_attributes": ["mount_data", "name"]}
    mounted = template("mounted", SINGLEUSER, container_spec={"mounts": [mount]}, **attributes)
    engine = docker_engine(swarm.host, [mounted])
    engine.start()
    return engine


@pytest.fixture(scope="module")
def portal_hub(
    new_hub: Callable[..., Hub], swarm: Swarm, volume_engine: DockerEngine, jupyterhub_6: Path
) -> Iterator[Hub]:
    """A hub behind a portal that says by a header who somebody is, and posts their data."""
    settings = settings_for(volume_engine, swarm.gateway or "")
    for section, traits in BY_HEADER.items():
        settings.setdefault(section, {}).update(traits)
    code = str(Path(__file__).with_name("portal"))
    hub = new_hub(jupyterhub_6, settings, PYTHONPATH=code).start()
    yield hub
    hub.stop()


def test_9_and_10_a_distinguished_name_gets_its_volume(
    portal_hub: Hub, swarm: Swarm, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The original's test has the plug-in ucphhpc/sshfs, which comes from a registry alone.

    The local driver with a directory of this machine behind it takes the same way: placeholders of
    the posted mount_data in name and options, a volume made by Docker, written by the user, removed
    after the stop.
    """
    user = "mail_sdfsf_com"
    store = tmp_path_factory.mktemp("store")
    store.chmod(0o777)
    visitor = Visitor(portal_hub, Remote_User=DISTINGUISHED)
    assert user in visitor.get("/hub/home").text
    posted = {
        "targetHost": str(store.parent),
        "targetPath": f"/{store.name}",
        "username": user,
        "privateKey": "-----BEGIN RSA PRIVATE KEY-----\nhush\n",
    }
    answer = visitor.post("/hub/set-user-data", json={"mount_data": posted})
    assert answer.status_code == 200, answer.text
    assert visitor.post("/hub/spawn", data={}).status_code == 200
    portal_hub.ready(user)

    volume = swarm.api.get(f"/volumes/sshvolume-user-{user}")
    assert volume["Driver"] == "local"
    assert volume["Options"]["device"] == str(store)
    visitor.get(f"/user/{user}/tree")
    written = visitor.put(f"/user/{user}/api/contents/work/written.ipynb", json=NOTEBOOK)
    assert written.status_code == 201, written.text
    assert (store / "written.ipynb").exists()

    portal_hub.end(user)
    names = [each["Name"] for each in swarm.api.get("/volumes")["Volumes"] or []]
    assert volume["Name"] not in names
    assert (store / "written.ipynb").exists(), "what is behind the volume is nobody's to remove"
