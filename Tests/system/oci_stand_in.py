"""Oracle's cloud of the tests': as much of its interface as is asked for, and what it says runs is a machine here.

It checks every signature, knows requests by their retry token, gives lists in pages, and an instance runs when
its machine has booted and is terminated when the machine is gone.
Source: Oracle's reference of its "Core Services API", version 20160918, and of its errors.
"""

from __future__ import annotations

import base64
import threading
import time
from pathlib import Path
from typing import Any

from cloud_stand_in import Cloud
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oci_interface import Interface, Refused, missing

REGION = "eu-frankfurt-1"
TENANCY = "ocid1.tenancy.oc1..t"
USER = "ocid1.user.oc1..u"
FINGERPRINT = "aa:bb:cc"
COMPARTMENT = "ocid1.compartment.oc1..c"
DOMAINS = ["Uocm:EU-FRANKFURT-1-AD-1", "Uocm:EU-FRANKFURT-1-AD-2"]
# Small, that lists have many.
PAGE = 2
MOST_METADATA = 32000
NETWORKS = {"vcns", "subnets", "routeTables", "internetGateways"}


def flexible(name: str, processor: str) -> dict[str, Any]:
    """A shape of which one takes as much as one wants."""
    return {
        "shape": name,
        "ocpus": 1,
        "memoryInGBs": 16,
        "processorDescription": processor,
        "isFlexible": True,
        "ocpuOptions": {"min": 1, "max": 64},
        "memoryOptions": {
            "minInGBs": 1,
            "maxInGBs": 1024,
            "minPerOcpuInGBs": 1,
            "maxPerOcpuInGBs": 64,
        },
    }


SHAPES = [
    {"shape": "BM.Standard2.52", "ocpus": 52, "memoryInGBs": 768, "processorDescription": "Intel"},
    {"shape": "VM.Standard2.1", "ocpus": 1, "memoryInGBs": 15, "processorDescription": "Intel"},
    flexible("VM.Standard.A1.Flex", "3.0 GHz Ampere Altra"),
    flexible("VM.Standard.E4.Flex", "2.55 GHz AMD EPYC"),
]
IMAGES = [
    {
        "id": f"ocid1.image.oc1..{version}",
        "operatingSystem": "Oracle Linux",
        "operatingSystemVersion": version,
        "lifecycleState": "AVAILABLE",
    }
    for version in ("9", "8")
]


class OCI(Cloud):
    """All machines that there are, or were."""

    LAUNCH = b"POST /20160918/instances HTTP"

    def __init__(self, folder: Path) -> None:
        key = rsa.generate_private_key(65537, 2048)
        (folder / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        (folder / "config").write_text(
            f"[DEFAULT]\nuser={USER}\nfingerprint={FINGERPRINT}\ntenancy={TENANCY}\n"
            f"region={REGION}\nkey_file={folder / 'key.pem'}\n"
        )
        self.credentials = {"OCI_CONFIG_PATH": str(folder / "config")}
        self.things: dict[str, dict[str, dict[str, Any]]] = {
            name: {} for name in NETWORKS | {"instances"}
        }
        # What a retry token was used for.
        self.tokens: dict[str, tuple[str, Any, str]] = {}
        self.count = 0
        self.lock = threading.Lock()
        self.server = Interface(self, key.public_key(), f"{TENANCY}/{USER}/{FINGERPRINT}")
        super().__init__(folder, self.server.server_port)
        self.serving = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.serving.start()

    # What the machines are booted by

    def _addresses(self, *gone: str) -> dict[str, str]:
        with self.lock:
            return {
                name: each["address"]
                for name, each in self.things["instances"].items()
                if each["lifecycleState"] not in gone
            }

    def instances(self) -> dict[str, str]:
        return self._addresses("TERMINATED")

    def wanted(self) -> dict[str, str]:
        return self._addresses("TERMINATED", "TERMINATING")

    def settle(self) -> None:
        with self.lock:
            for name, each in self.things["instances"].items():
                if each["lifecycleState"] == "PROVISIONING" and name in self.machines:
                    each["lifecycleState"] = "RUNNING"
                if each["lifecycleState"] == "TERMINATING" and name not in self.machines:
                    each["lifecycleState"] = "TERMINATED"

    def user_data(self, name: str) -> str:
        with self.lock:
            metadata = self.things["instances"][name]["metadata"]
        return base64.b64decode(metadata["user_data"]).decode()

    def provider(self) -> dict[str, Any]:
        system = {"operating_system": "Oracle Linux", "operating_system_version": "9"}
        profile = {"compartment_id": COMPARTMENT}
        return self.entry("oci", region=REGION, profile=profile, instance=system)

    def remove(self) -> None:
        try:
            super().remove()
        finally:
            self.server.shutdown()
            self.serving.join()
            self.server.server_close()

    # What is asked, each with the lock held

    def list(self, name: str, query: dict[str, str]) -> tuple[list[dict[str, Any]], str | None]:
        """The members of a list on one of its pages, and where the next one is."""
        if "compartmentId" not in query:
            raise Refused(400, "MissingParameter", "compartmentId is missing")
        if query["compartmentId"] != COMPARTMENT:
            raise missing()
        if name == "availabilityDomains":
            return [{"name": each, "compartmentId": TENANCY} for each in DOMAINS], None
        if name == "vnicAttachments":
            found = self._cards(query["instanceId"])
        elif name == "shapes":
            found = SHAPES if query.get("availabilityDomain", DOMAINS[0]) in DOMAINS else []
        else:
            members = IMAGES if name == "images" else self.things.get(name)
            if members is None:
                raise missing()
            found = list(members.values()) if isinstance(members, dict) else members
            asked = ("vcnId", "displayName", "operatingSystem", "operatingSystemVersion")
            asked = [each for each in asked if each in query]
            found = [each for each in found if all(each[key] == query[key] for key in asked)]
        start = int(query.get("page", "p0").removeprefix("p"))
        after = start + min(PAGE, int(query.get("limit", PAGE)))
        return found[start:after], f"p{after}" if after < len(found) else None

    def _cards(self, name: str) -> list[dict[str, Any]]:
        instance = self.things["instances"].get(name)
        if instance is None or instance["lifecycleState"] != "RUNNING":
            return []
        return [{"lifecycleState": "ATTACHED", "instanceId": name, "vnicId": f"vnic.{name}"}]

    def get(self, name: str, which: str) -> dict[str, Any]:
        """One thing. What belongs to a network is made by being looked at."""
        if name == "vnics":
            instance = self.get("instances", which.removeprefix("vnic."))
            return {"id": which, "isPrimary": True, "privateIp": instance["address"]}
        thing = self.things.get(name, {}).get(which)
        if thing is None:
            raise missing()
        shown = dict(thing)
        if name in NETWORKS:
            thing["lifecycleState"] = "AVAILABLE"
        return shown

    def make(self, name: str, body: dict[str, Any], token: str | None) -> dict[str, Any]:
        """A thing that is new, unless the token was there before."""
        if name not in self.things:
            raise missing()
        if token is None or not 0 < len(token) <= 64:
            raise Refused(400, "InvalidParameter", "the tests want a retry token of up to 64")
        if token in self.tokens:
            used, before, which = self.tokens[token]
            thing = self.things[used][which]
            if (used, before) != (name, body) or thing["lifecycleState"].startswith("TERMINAT"):
                raise Refused(409, "InvalidatedRetryToken", "the retry token was used before")
            return thing
        if body.get("compartmentId") != COMPARTMENT:
            raise missing()
        if name == "instances":
            self._check(body)
        elif name != "vcns" and body.get("vcnId") not in self.things["vcns"]:
            raise missing()
        self.count += 1
        which = f"ocid1.{name.removesuffix('s').lower()}.oc1..{self.count}"
        made = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{self.count:03}Z"
        state = {"id": which, "lifecycleState": "PROVISIONING", "timeCreated": made}
        thing = {"freeformTags": {}, **body, **state}
        if name == "instances":
            thing["address"] = f"10.0.1.{10 + self.count % 200}"
        self.things[name][which] = thing
        self.tokens[token] = (name, body, which)
        return thing

    def _check(self, body: dict[str, Any]) -> None:
        shape = next((each for each in SHAPES if each["shape"] == body.get("shape")), None)
        if shape is None or body.get("availabilityDomain") not in DOMAINS:
            raise Refused(400, "InvalidParameter", "no such shape, or no such domain")
        if shape.get("isFlexible", False) != ("shapeConfig" in body):
            raise Refused(
                400, "InvalidParameter", "shapeConfig is for flexible shapes, and they need it"
            )
        metadata = body.get("metadata", {})
        if sum(len(key) + len(value) for key, value in metadata.items()) > MOST_METADATA:
            raise Refused(400, "InvalidParameter", "there is too much metadata")
        subnet = self.things["subnets"].get(body.get("createVnicDetails", {}).get("subnetId"))
        image = body.get("sourceDetails", {}).get("imageId")
        if subnet is None or image not in [each["id"] for each in IMAGES]:
            raise missing()
        if subnet["lifecycleState"] != "AVAILABLE":
            raise Refused(409, "IncorrectState", "the subnet is not available")

    def tag(self, which: str, body: dict[str, Any]) -> dict[str, Any]:
        """Other tags for an instance."""
        self.get("instances", which)
        self.things["instances"][which]["freeformTags"] = body["freeformTags"]
        return self.get("instances", which)

    def terminate(self, which: str) -> None:
        """The end of an instance, once."""
        state = self.get("instances", which)["lifecycleState"]
        if state.startswith("TERMINAT"):
            raise Refused(409, "IncorrectState", f"the instance is {state}")
        self.things["instances"][which]["lifecycleState"] = "TERMINATING"
