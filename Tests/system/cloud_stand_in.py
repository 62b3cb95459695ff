"""Clouds of the tests': what they say runs is a machine here.

Each instance that a cloud has is booted as a namespace with a real SSH server, which gets from its user data
what cloud-init would take from there: its host key, and who is let in. One that is terminated loses its power.
"""

from __future__ import annotations

import abc
import json
import threading
from pathlib import Path
from typing import Any

from cut_wire import CutWire
from docker_network import Bridge, run
from ssh_hosts import Host, Hosts

LOOK_SECONDS = 0.1


class Instance(Host):
    """One machine of the cloud, as its user data has it."""

    def __init__(
        self, bridge: Bridge, number: int, folder: Path, user_data: str, address: str
    ) -> None:
        first, _, rest = user_data.partition("\n")
        assert first == "#cloud-config", first
        data = json.loads(rest)
        assert data["user"] == {"name": "root"}
        super().__init__(bridge, number, folder, "\n".join(data["ssh_authorized_keys"]))
        (folder / "host_key").write_text(data["ssh_keys"]["ed25519_private"])
        self.host_key = data["ssh_keys"]["ed25519_public"]
        self.cloud_address = address

    def boot(self) -> Instance:
        """Switch it on, at the address that the cloud gave it."""
        super().boot()
        assert self.process is not None
        inside = ("nsenter", "--target", str(self.process.pid), "--net")
        run(*inside, "ip", "address", "add", f"{self.cloud_address}/32", "dev", "eth0")
        run("ip", "route", "replace", self.cloud_address, "via", self.address)
        return self


class Cloud(Hosts, abc.ABC):
    """All machines of a cloud, whose interface is at a port here and is spoken to through a wire."""

    # What a request for a machine has, and no other.
    LAUNCH: bytes
    # The variables of the environment by which the engine may ask.
    credentials: dict[str, str]

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(0, folder)
        self.wire = CutWire(port)
        self.machines: dict[str, Instance] = {}
        # What went wrong in the thread that boots machines, or in a request.
        self.error: Exception | None = None
        self.over = threading.Event()
        self.booting = threading.Thread(target=self._boot_what_runs, daemon=True)
        self.booting.start()

    @abc.abstractmethod
    def instances(self) -> dict[str, str]:
        """The private address of each that the cloud has, those that are gone left out."""

    @abc.abstractmethod
    def user_data(self, name: str) -> str:
        """What an instance was told at its making."""

    @abc.abstractmethod
    def provider(self) -> dict[str, Any]:
        """The cloud as an entry of providers.json."""

    def wanted(self) -> dict[str, str]:
        """The instances whose machines are to have power."""
        return self.instances()

    def settle(self) -> None:
        """The machines are as they were wanted."""

    def _boot_what_runs(self) -> None:
        try:
            while not self.over.wait(LOOK_SECONDS):
                self._follow(self.wanted())
                self.settle()
        except Exception as error:
            self.error = error

    def _follow(self, instances: dict[str, str]) -> None:
        for name in self.machines.keys() - instances.keys():
            machine = self.machines.pop(name)
            self.all.remove(machine)
            machine.remove()
        for name in instances.keys() - self.machines.keys():
            number = next(n for n in range(1, 200) if all(n != each.number for each in self.all))
            machine = Instance(
                self.bridge, number, self.folder / name, self.user_data(name), instances[name]
            )
            self.machines[name] = machine
            self.all.append(machine.boot())

    def entry(self, kind: str, **options: Any) -> dict[str, Any]:
        """An entry of providers.json, with what is the same for each cloud."""
        common = {"endpoint": self.wire.url, "account": "root", "address": "private"}
        types = ["virtual_machine"]
        return {"name": "cloud", "types": types, "kind": kind, "options": {**common, **options}}

    def remove(self) -> None:
        """Switch it off, with its machines."""
        self.over.set()
        self.booting.join()
        super().remove()
        self.wire.close()
