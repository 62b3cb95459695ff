"""Moto's server with what it lacks of EC2: a request whose `ClientToken` was there before makes nothing new.

Source: Amazon's documentation, "Ensuring idempotency in Amazon EC2 API requests".
"""

from __future__ import annotations

import threading
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instances import InstanceBackend
from moto.server import main

# What Moto takes for the token of a request that has none.
NO_TOKEN = "ABCDE"
anew = InstanceBackend.run_instances
known: dict[str, tuple[str, Any]] = {}
lock = threading.Lock()


def run_instances(backend: InstanceBackend, *asked: Any, client_token: str, **more: Any) -> Any:
    """The reservation that the token stands for, made where it is new."""
    with lock:
        words = repr((asked, more))
        before, reservation = known.get(client_token, (words, None))
        if before != words:
            raise EC2ClientError(
                "IdempotentParameterMismatch", f"{client_token} was used for another request"
            )
        if reservation is None:
            reservation = anew(backend, *asked, client_token=client_token, **more)
            if client_token != NO_TOKEN:
                known[client_token] = (words, reservation)
        return reservation


InstanceBackend.run_instances = run_instances
main()
