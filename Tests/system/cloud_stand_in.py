"""A cloud of the tests': Moto speaks EC2's interface, and what it says runs is a machine here.

Each instance that Moto has is booted as a namespace with a real SSH server, which gets from its user data
what cloud-init would take from there: its host key, and who is let in. One that is terminated loses its power.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
from docker_network import Bridge, run
from processes import end
from ssh_hosts import Host, Hosts
from waiting import until

REGION = "eu-north-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
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


class Cloud(Hosts):
    """All machines that there are, or were, with Moto's word for it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(0, folder)
        self.log = open(folder / "moto.log", "wb")
        program = Path(sys.executable).with_name("moto_server")
        self.moto = subprocess.Popen(
            [str(program), "-H", "127.0.0.1", "-p", "0"],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.url = until("Moto listens", self._address, 60)
        self.ec2 = boto3.client(
            "ec2",
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        self.machines: dict[str, Instance] = {}
        # What went wrong in the thread that boots machines.
        self.error: Exception | None = None
        self.over = threading.Event()
        self.booting = threading.Thread(target=self._boot_what_runs)
        self.booting.start()

    def _address(self) -> str | None:
        found = re.search(
            rb"Running on (http://127\.0\.0\.1:\d+)", Path(self.log.name).read_bytes()
        )
        return found[1].decode() if found else None

    def instances(self) -> list[dict[str, Any]]:
        """What the cloud has, those that are gone left out."""
        found = self.ec2.describe_instances()["Reservations"]
        instances = [each for reservation in found for each in reservation["Instances"]]
        return [each for each in instances if each["State"]["Name"] != "terminated"]

    def _boot_what_runs(self) -> None:
        try:
            while not self.over.wait(LOOK_SECONDS):
                self._follow({each["InstanceId"]: each for each in self.instances()})
        except Exception as error:
            self.error = error

    def _follow(self, instances: dict[str, dict[str, Any]]) -> None:
        for name in self.machines.keys() - instances.keys():
            machine = self.machines.pop(name)
            self.all.remove(machine)
            machine.remove()
        for name in instances.keys() - self.machines.keys():
            asked = self.ec2.describe_instance_attribute(InstanceId=name, Attribute="userData")
            number = next(n for n in range(1, 200) if all(n != each.number for each in self.all))
            machine = Instance(
                self.bridge,
                number,
                self.folder / name,
                base64.b64decode(asked["UserData"]["Value"]).decode(),
                instances[name]["PrivateIpAddress"],
            )
            self.machines[name] = machine
            self.all.append(machine.boot())

    def provider(self) -> dict[str, Any]:
        """The cloud as an entry of providers.json."""
        image = self.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        return {
            "name": "cloud",
            "types": ["virtual_machine"],
            "kind": "ec2",
            "options": {
                "region": REGION,
                "endpoint": self.url,
                "image": image,
                "instance_type": "t3.micro",
                "account": "root",
                "address": "private",
            },
        }

    def remove(self) -> None:
        """Switch it off, with its machines."""
        self.over.set()
        self.booting.join()
        super().remove()
        end(self.moto)
        self.log.close()
