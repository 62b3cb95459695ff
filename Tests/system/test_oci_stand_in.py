"""The tests' Oracle cloud refuses what the real one refuses: what passes there has been looked at."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from oci_stand_in import COMPARTMENT, FINGERPRINT, OCI, PAGE, TENANCY, USER

LIST = f"/20160918/vcns?compartmentId={COMPARTMENT}"
NETWORK = {"compartmentId": COMPARTMENT, "displayName": "one", "cidrBlock": "10.0.0.0/16"}


class Asking:
    """An account of that cloud, which can do wrong."""

    def __init__(self, cloud: OCI, folder: Path) -> None:
        self.host = f"127.0.0.1:{cloud.server.server_port}"
        self.key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None)

    def ask(
        self,
        method: str,
        target: str,
        body: Any = None,
        token: str = "",
        unsigned: str = "",
        **wrong: str,
    ) -> tuple[int, Any, str | None]:
        """The status, the answer and the next page. What is wrong is sent in place of what was signed."""
        content = b"" if body is None else json.dumps(body).encode()
        lines = {
            "date": formatdate(time.time(), usegmt=True),
            "(request-target)": f"{method.lower()} {target}",
            "host": self.host,
        }
        if body is not None:
            lines["content-length"] = str(len(content))
            lines["content-type"] = "application/json"
            digest = hashlib.sha256(content).digest()
            lines["x-content-sha256"] = base64.b64encode(digest).decode()
        lines["date"] = wrong.pop("old", lines["date"])
        lines.pop(unsigned, None)
        text = "\n".join(f"{name}: {value}" for name, value in lines.items()).encode()
        signature = base64.b64encode(self.key.sign(text, padding.PKCS1v15(), hashes.SHA256()))
        authorization = (
            f'Signature version="1",headers="{" ".join(lines)}",keyId="{TENANCY}/{USER}/{FINGERPRINT}",'
            f'algorithm="rsa-sha256",signature="{signature.decode()}"'
        )
        headers = {name: value for name, value in lines.items() if name != "(request-target)"}
        headers |= {"authorization": authorization, **({"opc-retry-token": token} if token else {})}
        connection = http.client.HTTPConnection(self.host, timeout=10)
        sent = wrong.get("instead", content.decode()).encode()
        connection.request(method, wrong.get("sent", target), sent or None, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, json.loads(said or b"null"), answer.getheader("opc-next-page")


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    """Somebody who may ask."""
    cloud = OCI(tmp_path)
    yield Asking(cloud, tmp_path)
    cloud.remove()


def test_only_what_is_signed_whole_and_now_is_answered(asking: Asking) -> None:
    assert asking.ask("GET", LIST)[0] == 200
    assert asking.ask("POST", "/20160918/vcns", NETWORK, "a")[0] == 200
    other = json.dumps({**NETWORK, "displayName": "two"})
    assert len(other) == len(json.dumps(NETWORK))
    wrong: list[tuple[Any, ...]] = [
        ("GET", LIST, None, {"sent": f"{LIST}&limit=1"}),
        ("GET", LIST, None, {"old": formatdate(time.time() - 400, usegmt=True)}),
        ("GET", LIST, None, {"unsigned": "date"}),
        ("GET", LIST, None, {"unsigned": "host"}),
        ("POST", "/20160918/vcns", NETWORK, {"instead": other}),
        ("POST", "/20160918/vcns", NETWORK, {"unsigned": "x-content-sha256"}),
    ]
    for method, target, body, how in wrong:
        status, answer, _ = asking.ask(method, target, body, "b" if body else "", **how)
        assert (status, answer["code"]) == (401, "NotAuthenticated"), how
    asking.key = rsa.generate_private_key(65537, 2048)
    assert asking.ask("GET", LIST)[0] == 401
    assert asking.ask("POST", "/20160918/vcns", NETWORK, "c")[0] == 401


def test_a_retry_token_stands_for_one_thing(asking: Asking) -> None:
    _, first, _ = asking.ask("POST", "/20160918/vcns", NETWORK, "a")
    assert asking.ask("POST", "/20160918/vcns", NETWORK, "a")[1]["id"] == first["id"]
    assert asking.ask("POST", "/20160918/vcns", NETWORK, "b")[1]["id"] != first["id"]
    status, answer, _ = asking.ask("POST", "/20160918/vcns", {**NETWORK, "displayName": "2"}, "a")
    assert (status, answer["code"]) == (409, "InvalidatedRetryToken")
    _, members, following = asking.ask("GET", LIST)
    assert len(members) == 2 and following is None, "the refused one made nothing"


def test_a_list_comes_in_pages(asking: Asking) -> None:
    made = {
        asking.ask("POST", "/20160918/vcns", NETWORK, str(n))[1]["id"] for n in range(PAGE * 2 + 1)
    }
    sizes, seen, following = [], set(), ""
    while following is not None:
        page = f"&page={following}" if following else ""
        status, members, following = asking.ask("GET", LIST + page)
        assert status == 200
        sizes.append(len(members))
        seen |= {each["id"] for each in members}
    assert sizes == [PAGE, PAGE, 1] and seen == made
