"""A site that somebody sets up by the guide: a machine, a copy of the project, and the stack."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from docker_api import DockerAPI
from docker_cluster import Machine
from docker_guide import ROOT, scripts
from docker_network import Bridge
from docker_swarm import Swarm
from waiting import until

# The guide's machine and its network.
NAME, BRIDGE, PREFIX, NUMBER = "m1", "mssite", "10.0.0", 0
STACK = "jupyterhub"
OF_THE_STACK = f"com.docker.stack.namespace={STACK}"
NOT_COPIED = shutil.ignore_patterns(".build", ".git")

CERTIFICATE = """
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN={name}' \\
  -addext 'subjectAltName=IP:{address}' -keyout privkey.pem -out fullchain.pem 2> openssl.log
"""


class Site:
    """The guide's first machine, and an administrator who does what the guide says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        # Whose docker is logged in nowhere.
        self.config = folder / "docker"
        self.config.mkdir()
        shutil.copytree(ROOT, self.folder, ignore=NOT_COPIED)
        with ExitStack() as ends:
            self.bridge = Bridge(BRIDGE, PREFIX)
            ends.callback(self.bridge.close)
            self.machine = Machine(self.bridge, NUMBER, NAME)
            ends.callback(self.machine.remove, keep_images=True)
            self.machine.engine.start()
            self.ends = ends.pop_all()
        self.swarm = Swarm(self.machine.engine)
        self.base = f"https://{self.machine.address}"
        self.certificate = self.folder / "fullchain.pem"

    @property
    def api(self) -> DockerAPI:
        """The API of the machine's Docker."""
        return self.machine.engine.api

    def run(self, script: str) -> str:
        """Carry out commands in the copy of the project, up to the first that fails."""
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=self.folder,
            env={
                **os.environ,
                "DOCKER_HOST": self.machine.engine.host,
                "DOCKER_CONFIG": str(self.config),
                "DOCKER_BUILDKIT": "0",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def follow(self, section: int) -> None:
        """Do all that a section of the guide tells to do on this machine."""
        for script in scripts(section):
            self.run(script)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change one place of a file."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{file} has {old!r} not once"
        path.write_text(text.replace(old, new))

    def get_certificate(self, name: str) -> None:
        """A certificate for the site, that nobody but a test believes in."""
        self.run(CERTIFICATE.format(name=name, address=self.machine.address))

    def container(self, service: str) -> str | None:
        """The container of a service of the stack, once Docker finds it healthy."""
        names = {"label": [f"com.docker.swarm.service.name={STACK}_{service}"]}
        filters = {**names, "health": ["healthy"]}
        found = self.api.get("/containers/json", filters=filters)
        return found[0]["Id"] if found else None

    def healthy(self, service: str, instead_of: str | None = None) -> str:
        """Wait for the container of a service, another one than before."""
        try:
            return until(
                f"{service} is healthy",
                lambda: (found := self.container(service)) != instead_of and found,
                90,
                pause=0.5,
            )
        except AssertionError as failure:
            told = self.run(f"docker service ps --no-trunc {STACK}_{service}")
            told += self.run(f"docker service logs --tail 20 {STACK}_{service} 2>&1")
            raise AssertionError(f"{failure}\n{told}") from failure

    def restart(self, service: str) -> None:
        """Have Docker start a service anew, and wait until it serves."""
        before = self.container(service)
        self.run(f"docker service update --detach --force {STACK}_{service}")
        self.healthy(service, before)

    def run_in(self, service: str, *command: str) -> str:
        """What a command says in the container of a service."""
        return self.run(f"docker exec {self.container(service)} {shlex.join(command)}")

    def records(self, service: str) -> str:
        """All that Docker tells of a service of the stack, what it says itself among it."""
        told: list[Any] = [self.api.get(f"/services/{STACK}_{service}")]
        told += self.api.get("/tasks", filters={"service": [f"{STACK}_{service}"]})
        told.append(self.api.get(f"/containers/{self.container(service)}/json"))
        return json.dumps(told) + self.run(f"docker service logs {STACK}_{service} 2>&1")

    def left(self) -> dict[str, list[str]]:
        """What there is of the stack, by kind; kinds of which nothing is left are left out."""
        labelled = {"label": [OF_THE_STACK]}
        containers = self.api.get("/containers/json", all="true", filters=labelled)
        found = {
            "containers": [each["Names"][0] for each in containers],
            "networks": [each["Name"] for each in self.api.get("/networks", filters=labelled)],
            "volumes": [
                each["Name"] for each in self.api.get("/volumes", filters=labelled)["Volumes"] or ()
            ],
        }
        for kind in ("services", "configs", "secrets"):
            there = self.api.get(f"/{kind}", filters=labelled)
            found[kind] = [each["Spec"]["Name"] for each in there]
        return {kind: sorted(names) for kind, names in found.items() if names}

    def close(self) -> None:
        """Take the machine away; its images stay for the next run, but for replaced ones."""
        with self.ends:
            self.api.post("/images/prune")
