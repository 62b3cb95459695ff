"""Amazon's EC2 of the tests': Moto speaks its interface, and what it says runs is a machine here."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from cloud_stand_in import Cloud
from processes import end
from waiting import until

REGION = "eu-north-1"


class EC2(Cloud):
    """All machines that there are, or were, with Moto's word for it."""

    LAUNCH = b"Action=RunInstances"

    def __init__(self, folder: Path) -> None:
        self.credentials = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
        self.log = open(folder / "moto.log", "wb")
        program = Path(__file__).with_name("moto_with_tokens.py")
        self.moto = subprocess.Popen(
            [sys.executable, str(program), "-H", "127.0.0.1", "-p", "0"],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        url, port = until("Moto listens", self._address, 60)
        self.ec2 = boto3.client(
            "ec2",
            region_name=REGION,
            endpoint_url=url,
            aws_access_key_id=self.credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.credentials["AWS_SECRET_ACCESS_KEY"],
        )
        super().__init__(folder, port)

    def _address(self) -> tuple[str, int] | None:
        found = re.search(
            rb"Running on (http://127\.0\.0\.1:(\d+))", Path(self.log.name).read_bytes()
        )
        return (found[1].decode(), int(found[2])) if found else None

    def instances(self) -> dict[str, str]:
        found = self.ec2.describe_instances()["Reservations"]
        instances = [each for reservation in found for each in reservation["Instances"]]
        return {
            each["InstanceId"]: each["PrivateIpAddress"]
            for each in instances
            if each["State"]["Name"] != "terminated"
        }

    def user_data(self, name: str) -> str:
        asked = self.ec2.describe_instance_attribute(InstanceId=name, Attribute="userData")
        return base64.b64decode(asked["UserData"]["Value"]).decode()

    def provider(self) -> dict[str, Any]:
        image = self.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        return self.entry("ec2", region=REGION, image=image, instance_type="t3.micro")

    def remove(self) -> None:
        try:
            super().remove()
        finally:
            end(self.moto)
            self.log.close()
