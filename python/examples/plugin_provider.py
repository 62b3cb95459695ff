#!/usr/bin/env python3
"""A provider of MultipleSpawner: hosts of a list, each given to so many at once.

An entry of providers.json names it:

    {"name": "lab", "types": ["virtual_machine"], "kind": "exec",
     "options": {"command": ["/opt/multiplespawner/plugin_provider.py"],
                 "data": {"hosts": "/etc/multiplespawner/hosts.json",
                          "leases": "/var/lib/multiplespawner/leases.json"}}}

The list is [{"host": "lab01", "port": 22, "slots": 2, "account": "jupyter", "host_keys": []}]. It needs
nothing but Python; `multiplespawner plugin test` says whether a program keeps what it promises.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import queue
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPLIES: queue.SimpleQueue = queue.SimpleQueue()
ANSWERED = threading.Event()


class Refusal(Exception):
    """What is answered instead of a result: a code, and what a person should know."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def say(**line: Any) -> None:
    """Say one line."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def checkpoint(value: Any) -> None:
    """Have it written down what is about to be made. Without that, nothing may be made."""
    say(checkpoint=value)
    if json.loads(REPLIES.get()).get("saved") is not True:
        raise Refusal("internal", "the checkpoint was not written down")


def listen() -> None:
    """Hear the daemon. When it falls silent before the answer it is gone, and nobody waits any more."""
    for line in sys.stdin:
        REPLIES.put(line)
    if not ANSWERED.is_set():
        os._exit(1)


@contextlib.contextmanager
def leases(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All leases by their tokens; what is changed in them is on disk afterwards."""
    path = Path(data.get("leases", "/var/lib/multiplespawner/leases.json"))
    with open(path.with_suffix(".lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = json.loads(path.read_text()) if path.exists() else {}
        before = json.dumps(known)
        yield known
        if json.dumps(known) != before:
            # Whole and in one step: a program that is killed leaves the old file, or the new one.
            aside = path.with_suffix(".new")
            with open(aside, "w") as file:
                json.dump(known, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)


def hosts(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The hosts of the list."""
    try:
        return json.loads(Path(data["hosts"]).read_text())
    except KeyError as error:
        raise Refusal("invalid_request", "name the list of hosts in 'data', as 'hosts'") from error
    except (OSError, ValueError) as error:
        raise Refusal("unavailable", f"the list of hosts cannot be read: {error}") from error


def free(data: dict[str, Any], known: dict[str, Any]) -> list[dict[str, Any]]:
    """The hosts that have room, the emptiest first."""
    used = {host["host"]: 0 for host in hosts(data)}
    for lease in known.values():
        used[lease["host"]] = used.get(lease["host"], 0) + 1
    room = [host for host in hosts(data) if used[host["host"]] < host.get("slots", 1)]
    return sorted(room, key=lambda host: used[host["host"]] - host.get("slots", 1))


def acquire(question: dict[str, Any]) -> dict[str, Any]:
    """Give a host; with the token of an earlier call it is that host."""
    data, token = question["data"], question["token"]
    wish = question["options"].get("host")
    with leases(data) as known:
        if token not in known:
            room = [host for host in free(data, known) if wish in (None, host["host"])]
            if not room:
                raise Refusal("over_capacity", f"no host is free: {len(known)} leases are given")
            lease = {
                "host": room[0]["host"],
                **{key: question[key] for key in ("installation", "session", "user")},
            }
            checkpoint({"host": lease["host"]})
            known[token] = lease
            say(progress=f"{lease['host']} is yours")
        name = known[token]["host"]
    host = next((host for host in hosts(data) if host["host"] == name), {"host": name})
    shown = {key: host[key] for key in ("host", "port", "account", "host_keys") if key in host}
    return {**shown, "lease": {"host": name}}


def release(question: dict[str, Any]) -> dict[str, Any]:
    """Take the host back. One that is to be switched off stays given: it is nobody's to switch off."""
    if question["manner"] == "destroy":
        with leases(question["data"]) as known:
            known.pop(question["token"], None)
    return {}


def availability(question: dict[str, Any]) -> dict[str, Any]:
    """How many more may come."""
    with leases(question["data"]) as known:
        slots = sum(host.get("slots", 1) for host in hosts(question["data"]))
        return {"sessions": max(0, slots - len(known))}


def census(question: dict[str, Any]) -> dict[str, Any]:
    """All that this installation has."""
    with leases(question["data"]) as known:
        return {
            "machines": [
                {
                    "token": token,
                    "session": lease["session"],
                    "user": lease["user"],
                    "lease": {"host": lease["host"]},
                    "description": lease["host"],
                }
                for token, lease in known.items()
                if lease["installation"] == question["installation"]
            ]
        }


def examine(question: dict[str, Any]) -> dict[str, Any]:
    """Whether the list can be read and leases can be written."""
    with leases(question["data"]):
        found = f"{len(hosts(question['data']))} hosts"
    return {"findings": [{"level": "ok", "message": found}]}


ACTIONS = {call.__name__: call for call in (acquire, release, availability, census, examine)}


def main() -> None:
    """Read the question, do it, and say what came of it."""
    question = json.loads(sys.stdin.readline())
    action = ACTIONS.get(question["action"]) if question["kind"] == "provider" else None
    try:
        if question["version"] != 1 or action is None:
            raise Refusal(
                "unsupported", f"'{question['action']}' of a {question['kind']} is not served"
            )
        if question["action"] == "acquire":
            threading.Thread(target=listen, daemon=True).start()
        last = {"result": action(question)}
    except Refusal as refusal:
        last = {"error": {"code": refusal.code, "message": str(refusal)}}
    except OSError as error:
        last = {"error": {"code": "unavailable", "message": f"the leases cannot be kept: {error}"}}
    ANSWERED.set()
    say(**last)
    # At once: a thread that still listens must not hold up the end.
    os._exit(0)


if __name__ == "__main__":
    main()
