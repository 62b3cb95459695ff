"""What the tests ask about a swarm: who runs, what is left, and for whom."""

from __future__ import annotations

from typing import Any

from docker_api import DockerAPI, DockerRefusal
from docker_node import DockerNode
from waiting import until

LABEL = "multiplespawner."
NETWORK = "jh"


class Swarm:
    """A swarm as its manager tells it."""

    def __init__(self, node: DockerNode) -> None:
        self.node = node
        self.host = node.host

    @classmethod
    def begin(cls, node: DockerNode, address: str = "127.0.0.1") -> Swarm:
        """Make a swarm of one node, with an overlay network for servers."""
        node.api.post("/swarm/init", {"ListenAddr": f"{address}:2377", "AdvertiseAddr": address})
        overlay = {"Name": NETWORK, "Driver": "overlay", "Attachable": True}
        node.api.post("/networks/create", overlay)
        swarm = cls(node)
        until("the way out of overlays is there", lambda: swarm.gateway)
        return swarm

    @property
    def api(self) -> DockerAPI:
        """The API of the manager."""
        return self.node.api

    @property
    def gateway(self) -> str | None:
        """The address at which containers on an overlay reach the machine that they are on."""
        try:
            network = self.api.get("/networks/docker_gwbridge")
        except DockerRefusal:
            return None
        return network["IPAM"]["Config"][0]["Gateway"]

    def services(self, *labels: str, **wanted: str) -> list[dict[str, Any]]:
        """The services of sessions: `user="ada"` means the label multiplespawner.user."""
        values = [f"{LABEL}{name}={value}" for name, value in wanted.items()]
        filters = {"label": [f"{LABEL}session", *values, *labels]}
        return self.api.get("/services", filters=filters)

    def service(self, user: str, server: str = "") -> dict[str, Any]:
        """The one service of a user's server."""
        found = [
            each
            for each in self.services(user=user)
            if each["Spec"]["Labels"][f"{LABEL}server"] == server
        ]
        assert len(found) == 1, [each["Spec"]["Name"] for each in found]
        return found[0]

    def tasks(self, service: dict[str, Any]) -> list[dict[str, Any]]:
        """The tasks of a service, the newest first."""
        found = self.api.get("/tasks", filters={"service": [service["ID"]]})
        return sorted(found, key=lambda task: task["CreatedAt"], reverse=True)

    def container(self, user: str, server: str = "") -> dict[str, Any]:
        """The container of a user's server, as `docker inspect` shows it; of this node alone."""
        task, *_ = self.tasks(self.service(user, server))
        return self.api.get(f"/containers/{task['Status']['ContainerStatus']['ContainerID']}/json")

    def environment(self, user: str, server: str = "") -> dict[str, str]:
        """The environment of a user's server."""
        variables = self.container(user, server)["Config"]["Env"]
        return dict(variable.split("=", 1) for variable in variables)

    def run_in(self, user: str, *command: str) -> str:
        """What a command says in the container of a user's server."""
        container = self.container(user)["Id"]
        asked = {"AttachStdout": True, "AttachStderr": True, "Tty": True, "Cmd": list(command)}
        execution = self.api.post(f"/containers/{container}/exec", asked)["Id"]
        return self.api.post(f"/exec/{execution}/start", {"Tty": True}).replace("\r\n", "\n")

    def left(self) -> dict[str, list[str]]:
        """What there is with our labels, by kind; kinds of which nothing is left are left out."""
        labelled = {"label": [f"{LABEL}hub"]}
        containers = self.api.get("/containers/json", all="true", filters=labelled)
        volumes = self.api.get("/volumes", filters=labelled)["Volumes"] or []
        found = {
            "services": [
                each["Spec"]["Name"] for each in self.api.get("/services", filters=labelled)
            ],
            "configs": [
                each["Spec"]["Name"] for each in self.api.get("/configs", filters=labelled)
            ],
            "secrets": [
                each["Spec"]["Name"] for each in self.api.get("/secrets", filters=labelled)
            ],
            "containers": [each["Names"][0] for each in containers],
            "volumes": [each["Name"] for each in volumes],
        }
        return {kind: names for kind, names in found.items() if names}

    def is_empty(self) -> bool:
        """Whether nothing of ours is left; containers end some seconds after their service."""
        return not self.left()
