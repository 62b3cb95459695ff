"""What a server mounts is made before it, and goes or stays as the template says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from docker_api import DockerRefusal
from docker_swarm import Swarm
from docker_templates import template
from engine import Engine
from hub import Hub
from waiting import until

NFS = {
    "type": "nfs4",
    "o": "addr=127.0.0.1,rw,soft,timeo=1,retrans=0",
    "device": ":/var/nfs/{service_owner}",
}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where homes are, as on a file server."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="module")
def swarm_templates(homes: Path) -> list[dict[str, Any]]:
    """A volume without a name, a home that is made on first use, and one of a file server."""

    def mounting(name: str, **more: Any) -> dict[str, Any]:
        mount = more.pop("mount")
        return template(name, container_spec={"mounts": [mount]}, **more)

    home = f"{homes}/{{service_owner}}"
    hook = {
        "path": home,
        "uid": 1234,
        "gid": 100,
        "mode": "0750",
        "owner_file": "{service_owner}.owner",
        "quota_marker": "{service_owner}.quota",
    }
    driver = {"name": "local", "options": NFS}
    return [
        mounting("anonymous", mount={"source": "", "target": "/scratch"}),
        mounting(
            "home", mount={"type": "bind", "source": home, "target": "/home/jovyan"}, home_hook=hook
        ),
        mounting(
            "nfs",
            mount={"source": "nfs-{username}", "target": "/data", "driver_config": driver},
        ),
    ]


def volume(swarm: Swarm, name: str) -> dict[str, Any]:
    """A volume as Docker has it; empty where there is none."""
    try:
        return swarm.api.get(f"/volumes/{name}")
    except DockerRefusal as refusal:
        assert refusal.status == 404, refusal
        return {}


def test_an_anonymous_volume_goes_with_its_container(swarm_hub: Hub, swarm: Swarm) -> None:
    swarm_hub.run("ada", options={"template": "anonymous"})
    (mount,) = swarm.container("ada")["Mounts"]
    assert (mount["Type"], mount["Destination"]) == ("volume", "/scratch")
    assert volume(swarm, mount["Name"])
    swarm_hub.end("ada")
    until("the volume is gone", lambda: not volume(swarm, mount["Name"]))
    until("nothing is left", swarm.is_empty)


def test_a_home_is_made_once_with_the_files_that_say_whose_it_is(
    swarm_hub: Hub, swarm: Swarm, homes: Path
) -> None:
    swarm_hub.run("ada", options={"template": "home"})
    home, owner, quota = homes / "ada", homes / "ada.owner", homes / "ada.quota"
    told = home.stat()
    assert (told.st_uid, told.st_gid, told.st_mode & 0o7777) == (1234, 100, 0o750)
    assert owner.read_text() == "ada\n" and quota.read_text() == ""
    (mount,) = swarm.container("ada")["Mounts"]
    assert (mount["Type"], mount["Source"]) == ("bind", str(home))
    swarm_hub.end("ada")

    # The job that sets quotas has been there, and the user has written something.
    quota.unlink()
    (home / "work.txt").write_text("mine")
    home.chmod(0o700)
    swarm_hub.run("ada", options={"template": "home"})
    assert not quota.exists() and home.stat().st_mode & 0o7777 == 0o700
    assert (home / "work.txt").read_text() == "mine"
    swarm_hub.end("ada")
    assert home.is_dir() and owner.exists()
    until("nothing is left", swarm.is_empty)


def test_a_file_servers_volume_has_the_options_of_its_user(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm
) -> None:
    """Many kernels have no NFS, and nobody serves it here: the start fails, told with the reason."""
    swarm_hub.add("ada")
    with ThreadPoolExecutor(1) as pool:
        start = pool.submit(swarm_hub.begin, "ada", "", {"template": "nfs"})
        made = until("Docker has made the volume", lambda: volume(swarm, "nfs-ada"), 60)
        answer = start.result()
    assert made["Driver"] == "local"
    assert made["Options"] == {**NFS, "device": ":/var/nfs/ada"}
    assert made["Labels"]["multiplespawner.user"] == "ada"
    if answer.status_code < 400:
        until("it has failed", lambda: not swarm_hub.server("ada"), 60)
    else:
        assert "mount" in answer.text, answer.text
    assert swarm_engine.sessions() == []
    # It has no label `autoremove`, so it is the user's.
    assert volume(swarm, "nfs-ada")
    until("the volume is free", lambda: removed(swarm, "nfs-ada"))
    until("nothing is left", swarm.is_empty)


def removed(swarm: Swarm, name: str) -> bool:
    """Whether a volume could be removed; Docker holds it for as long as its container is there."""
    try:
        swarm.api.delete(f"/volumes/{name}")
    except DockerRefusal:
        return False
    return True
