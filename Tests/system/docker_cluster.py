"""Several machines on one: a real swarm of Docker Engines in network namespaces on one bridge."""

from __future__ import annotations

import subprocess
from pathlib import Path

from docker_api import DockerAPI
from docker_images import load_tiny
from docker_network import Bridge, run
from docker_node import BUILD, RUN, DockerNode
from docker_swarm import Swarm
from waiting import until

PREFIX = "10.77.0"
BRIDGE = "msnodes"


# What a machine has of its own before it sleeps: /run, in which all but the tests' folder is new.
APART = """
mkdir -p "$2" && mount --bind "$1" "$2" && mount -t tmpfs none /run
mkdir -p "$1" && mount --bind "$2" "$1"
exec sleep infinity
"""


class Machine:
    """A machine with a host name, a network card and a Docker Engine, each of which can fail.

    Its Docker listens at the usual place too, where a container of that machine finds it.
    """

    def __init__(
        self, bridge: Bridge, number: int, name: str = "", options: tuple[str, ...] = ()
    ) -> None:
        self.name = name or f"node{number}"
        # The namespaces are there as long as this is, whatever becomes of the engine.
        RUN.mkdir(mode=0o700, exist_ok=True)
        self.holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--uts", "--mount"]
            + ["sh", "-euc", APART, "sh", str(RUN), str(BUILD / "run" / self.name)]
        )
        until("the machine has its namespaces", self._is_apart)
        self.enter = ("nsenter", "--target", str(self.holder.pid), "--net", "--uts", "--mount")
        run(*self.enter, "hostname", self.name)
        self.address = bridge.plug(number, self.holder.pid)
        self.engine = DockerNode(
            self.name,
            self.enter,
            (
                f"--cgroup-parent=/multiplespawner-{self.name}",
                "--host=unix:///var/run/docker.sock",
                *options,
            ),
        )

    def _is_apart(self) -> bool:
        assert self.holder.poll() is None, f"{self.name} has no namespaces"
        return Path(f"/proc/{self.holder.pid}/comm").read_text() == "sleep\n"

    def set_link(self, state: str) -> None:
        """Pull the network cable out ("down") or put it in again ("up")."""
        run(*self.enter, "ip", "link", "set", "eth0", state)

    def remove(self, keep_images: bool = False) -> None:
        """The engine, and then the namespaces; images may stay for the next run."""
        try:
            self.engine.remove(keep_images)
        finally:
            self.holder.kill()
            self.holder.wait()


class Cluster:
    """A swarm of several machines; the first is the only manager, which takes tasks too.

    `options` are of every machine's Docker Engine.
    """

    def __init__(self, size: int, tiny_tar: bytes, options: tuple[str, ...] = ()) -> None:
        self.options = options
        self.bridge = Bridge(BRIDGE, PREFIX)
        self.machines: list[Machine] = []
        try:
            for number in range(1, size + 1):
                self._add(number, tiny_tar)
            until("all nodes are ready", lambda: set(self.states().values()) == {"ready"})
        except BaseException:
            self.remove()
            raise

    def _add(self, number: int, tiny_tar: bytes) -> None:
        machine = Machine(self.bridge, number, options=self.options)
        self.machines.append(machine)
        machine.engine.start()
        load_tiny(machine.engine.api, tiny_tar)
        if number == 1:
            self.swarm = Swarm.begin(machine.engine, machine.address)
            return
        here = {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": machine.address}
        manager = self.machines[0]
        token = manager.engine.api.get("/swarm")["JoinTokens"]["Worker"]
        joined = {"RemoteAddrs": [f"{manager.address}:2377"], "JoinToken": token}
        machine.engine.api.post("/swarm/join", here | joined)

    @property
    def api(self) -> DockerAPI:
        """The manager's API."""
        return self.swarm.api

    @property
    def address(self) -> str:
        """Where this process is reached from every machine, and from their containers."""
        return self.bridge.address

    def machine(self, name: str) -> Machine:
        """One machine by its host name."""
        return next(each for each in self.machines if each.name == name)

    def states(self) -> dict[str, str]:
        """What the manager thinks of each node: ready, down, unknown."""
        nodes = self.api.get("/nodes")
        return {each["Description"]["Hostname"]: each["Status"]["State"] for each in nodes}

    def node_id(self, name: str) -> str:
        """The swarm's own name for a machine."""
        nodes = self.api.get("/nodes")
        return next(each["ID"] for each in nodes if each["Description"]["Hostname"] == name)

    def promote(self, name: str) -> None:
        """Make a machine a manager too, and return when the others hear it."""
        path = f"/nodes/{self.node_id(name)}"
        node = self.api.get(path)
        manager = {**node["Spec"], "Role": "manager"}
        self.api.post(f"{path}/update", manager, version=node["Version"]["Index"])
        until(
            f"{name} is a manager",
            lambda: self.api.get(path).get("ManagerStatus", {}).get("Reachability") == "reachable",
        )

    def cut(self, name: str) -> None:
        """Cut a machine off; what runs on it goes on where nobody sees it."""
        self.machine(name).set_link("down")

    def mend(self, name: str) -> None:
        """Connect it again, and return when the manager has it back."""
        self.machine(name).set_link("up")
        until(f"{name} is back", lambda: self.states()[name] == "ready", 60)

    def kill(self, name: str) -> None:
        """A power cut for a machine."""
        self.machine(name).engine.kill()

    def restart(self, name: str) -> None:
        """Power again; returns when the manager has it back."""
        self.machine(name).engine.start()
        until(f"{name} is back", lambda: self.states()[name] == "ready", 60)

    def lost(self, name: str) -> None:
        """Return when the manager has given a node up, which takes it some heartbeats."""
        until(f"{name} is given up", lambda: self.states()[name] == "down", 60)

    def remove(self) -> None:
        """All machines and the switch between them; one that resists keeps no other."""
        failures = []
        for machine in reversed(self.machines):
            try:
                machine.remove()
            except Exception as failure:  # noqa: BLE001 - said below, after the rest is gone
                failures.append(f"{machine.name}: {failure}")
        self.machines = []
        self.bridge.close()
        assert not failures, failures
