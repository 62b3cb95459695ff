"""Programs of this machine that live on an overlay network, as a hub in a container does."""

from __future__ import annotations

from pathlib import Path

from docker_api import DockerRefusal
from docker_images import TINY
from docker_swarm import NETWORK, Swarm
from waiting import until

# Name, address and resolver of the container, and all else of this machine.
ENTER = """#!/bin/sh
exec nsenter --target {pid} --net unshare --mount sh -c \\
  'mount --bind {resolver} /etc/resolv.conf && exec "$0" "$@"' {program} "$@"
"""


class Inside:
    """A container attached to the overlay, whose network programs of this machine share."""

    def __init__(self, swarm: Swarm, name: str, folder: Path) -> None:
        self.swarm = swarm
        self.name = name
        self.folder = folder
        self.container = self._create()
        try:
            until("Docker lets the container join", self._joins, 90, pause=1)
        except BaseException:
            self.remove()
            raise
        state = until("the container runs", self._state)
        self.pid = state["State"]["Pid"]
        self.overlay_address = state["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]
        bridge = swarm.api.get("/networks/docker_gwbridge")["Containers"][self.container]
        # Where this process reaches what listens in there.
        self.address = bridge["IPv4Address"].partition("/")[0]
        self.resolver = folder / "resolv.conf"
        self.resolver.write_text("nameserver 127.0.0.11\noptions ndots:0\n")

    def _create(self) -> str:
        created = self.swarm.api.post(
            "/containers/create",
            {
                "Image": TINY,
                "Env": ["JUPYTERHUB_SERVICE_URL=http://127.0.0.1:1/"],
                "HostConfig": {"NetworkMode": NETWORK},
                "NetworkingConfig": {"EndpointsConfig": {NETWORK: {"Aliases": [self.name]}}},
            },
            name=self.name,
        )
        return created["Id"]

    def _joins(self) -> bool:
        """Whether it could be started.

        Docker loses the network for a moment with its last task, and may be late to attach somebody. One
        that it was too late for is never attached: another takes its place.
        """
        try:
            self.swarm.api.post(f"/containers/{self.container}/start")
        except DockerRefusal as refusal:
            is_lost = refusal.status == 404 and "network" in refusal.message
            if not is_lost and "attaching to network failed" not in refusal.message:
                raise
            self.remove()
            self.container = self._create()
            return False
        return True

    def _state(self) -> dict | None:
        state = self.swarm.api.get(f"/containers/{self.container}/json")
        return state if state["State"]["Running"] else None

    def wrapped(self, program: Path) -> Path:
        """A program that is `program` on the overlay."""
        wrapper = self.folder / "bin" / program.name
        wrapper.parent.mkdir(exist_ok=True)
        wrapper.write_text(ENTER.format(pid=self.pid, resolver=self.resolver, program=program))
        wrapper.chmod(0o755)
        return wrapper

    def environment(self, environment: Path) -> Path:
        """The environment of a JupyterHub whose hub runs on the overlay."""
        return self.wrapped(environment / "bin" / "jupyterhub").parent.parent

    def remove(self) -> None:
        """Take the container away, after what lives in its network."""
        self.swarm.api.delete(f"/containers/{self.container}", force="true", v="true")
