"""What Oracle's cloud refuses a request for, before it looks at what is asked.

Source: Oracle's documentation, "Request Signatures", version 1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SKEW_SECONDS = 300
ALWAYS = {"date", "(request-target)", "host"}
WITH_A_BODY = {"content-length", "content-type", "x-content-sha256"}
AUTHORIZATION = re.compile(
    r'Signature version="1",headers="([^"]+)",keyId="([^"]+)",algorithm="rsa-sha256",signature="([^"]+)"'
)


def complaint(
    key: rsa.RSAPublicKey,
    key_id: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
) -> str | None:
    """Why the request is not its account's; `None`: it is."""
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        return "it has no signature"
    if found[2] != key_id:
        return "another key"
    signed = found[1].split(" ")
    has_body = method in ("POST", "PUT")
    missing = (ALWAYS | (WITH_A_BODY if has_body else set())) - set(signed)
    if missing:
        return f"it does not sign {sorted(missing)}"
    if has_body and headers.get("x-content-sha256") != _digest(body):
        return "it signs another body"
    if has_body and headers.get("content-type") != "application/json":
        return "its body is no JSON"
    lines = []
    for name in signed:
        value = f"{method.lower()} {target}" if name == "(request-target)" else headers.get(name)
        if value is None:
            return f"it signs {name}, which it lacks"
        lines.append(f"{name}: {value}")
    try:
        signature = base64.b64decode(found[3], validate=True)
        key.verify(signature, "\n".join(lines).encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error):
        return "it is signed by somebody else, or was changed on its way"
    try:
        sent = parsedate_to_datetime(headers["date"]).timestamp()
    except ValueError:
        return "its date is none"
    return None if abs(time.time() - sent) <= SKEW_SECONDS else "its date is not of now"


def _digest(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
