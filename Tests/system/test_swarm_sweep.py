"""What an engine has left in a swarm is told, and is removed when that is asked for, and nothing else."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest
from docker_fixtures import DockerEngine
from docker_images import TINY
from docker_swarm import LABEL, Swarm
from test_swarm_crash import OPTIONS, WITH_ALL
from waiting import until

OTHER = "another-daemon"


@pytest.fixture(scope="module")
def swarm_templates() -> list[dict[str, Any]]:
    """Services with all that they can have; its one device is given to many."""
    kwargs = WITH_ALL["spawner"]["kwargs"]
    pools = [{**kwargs["accelerators"][0], "oversubscribe": True}]
    return [
        {
            **WITH_ALL,
            "spawner": {**WITH_ALL["spawner"], "kwargs": {**kwargs, "accelerators": pools}},
        }
    ]


def begin(engine: DockerEngine, user: str) -> None:
    """Start a server for a hub that nobody hears of again."""
    body = {
        "hub": "gone",
        "user": user,
        "user_options": OPTIONS,
        "environment": {"JUPYTERHUB_API_TOKEN": f"token-of-{user}", "JUPYTERHUB_USER": user},
    }
    status, answer = engine.call("PUT", f"/v1/sessions/{user}", body)
    assert status == 202, answer
    until("it runs", lambda: user in [each["id"] for each in engine.sessions("running")])


def labels(session: str, installation: str | None) -> dict[str, str]:
    """What our things say; without an installation, as somebody else's would."""
    if installation is None:
        return {"com.example.session": session}
    ours = {"session": session, "hub": "gone", "user": session, "installation": installation}
    return {f"{LABEL}{name}": value for name, value in ours.items()}


def leave(swarm: Swarm, name: str, installation: str | None) -> list[str]:
    """A service, a config, a secret and a volume that no session of the engine has."""
    marked = labels(name, installation)
    api = swarm.api
    task = {"ContainerSpec": {"Image": TINY, "Env": ["JUPYTERHUB_SERVICE_URL=http://0.0.0.0:1/"]}}
    service = {"Name": name, "Labels": marked, "TaskTemplate": task}
    file = {"Name": f"{name}-file", "Labels": marked, "Data": "eA=="}
    volume = {"Name": name, "Labels": {**marked, "autoremove": "True"}}
    api.post("/volumes/create", volume)
    made = {"services": service, "configs": file, "secrets": file}
    ids = {kind: api.post(f"/{kind}/create", each)["ID"] for kind, each in made.items()}
    return [*(f"/{kind}/{id}" for kind, id in ids.items()), f"/volumes/{name}"]


def there(swarm: Swarm) -> dict[str, list[str]]:
    """All with our labels, in an order of its own."""
    return {kind: sorted(names) for kind, names in swarm.left().items()}


def sweep(engine: DockerEngine, *arguments: str) -> str:
    """What an operator is told."""
    done = subprocess.run(
        [str(engine.binary), "sessions", "sweep", *arguments],
        env={**os.environ, **engine.environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_no_session_has_is_listed_and_goes_when_it_is_asked_for(
    swarm: Swarm, swarm_engine: DockerEngine
) -> None:
    engine = swarm_engine
    assert "nothing is left over" in sweep(engine)
    begin(engine, "left")
    engine.kill()
    for part in engine.state.iterdir():
        if any(kind in part.name for kind in (".sqlite", ".db", "journal")):
            part.unlink()
    engine.start()
    begin(engine, "kept")
    installation = (engine.state / "installation").read_text().strip()
    # Parts whose service is gone, and things of others.
    api = swarm.api
    lonely = {"Name": "lonely-file", "Labels": labels("lonely", installation), "Data": "eA=="}
    api.post("/configs/create", lonely)
    others = leave(swarm, "other", OTHER) + leave(swarm, "foreign", None)

    try:
        before = there(swarm)
        told = sweep(engine)
        listed = [line.split()[0] for line in told.splitlines()]
        assert {"left", "lonely"} <= set(listed) and "lonely-file" in told, told
        assert not {"kept", "other", "foreign"} & set(listed), told
        assert there(swarm) == before, "it was only looked at"

        told = sweep(engine, "--remove")
        assert "left" in told and "lonely" in told, told
        until("they are gone", lambda: "nothing is left over" in sweep(engine))
        for path in others:
            api.get(path)
        kept = {
            kind: [name for name in names if name.startswith(("jupyter-", "work-"))]
            for kind, names in swarm.left().items()
        }
        assert kept["services"] == ["jupyter-kept-1"] and kept["volumes"] == ["work-kept"], kept
        assert len(kept["configs"]) == len(kept["secrets"]) == 1, kept
    finally:
        for path in others:
            api.delete(path)
        engine.call("DELETE", "/v1/sessions/kept?now=true")
    until("nothing is left", swarm.is_empty)
