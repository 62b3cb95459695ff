#!/usr/bin/env python3
"""A backend of MultipleSpawner: processes of this machine, without a wall between their users.

A template names it:

    {"name": "Process", "resource_type": "bare_metal", "providers": ["local"],
     "spawner": {"class": "multiplespawner.Exec",
                 "kwargs": {"command": ["/opt/multiplespawner/plugin_backend.py"],
                            "data": {"directory": "/var/lib/multiplespawner/processes"}}}}

What runs is what the system says: every process of a server has the server's mark in its environment, so
a program that was killed between two steps has forgotten nothing. It needs nothing but Python;
`multiplespawner plugin test` says whether a program keeps what it promises.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

MARK = "PLUGIN_BACKEND_SESSION"
OWNER = ("session", "hub", "user", "server")


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


class Place:
    """The servers of one installation."""

    def __init__(self, question: dict[str, Any]) -> None:
        self.installation = re.sub("[^A-Za-z0-9-]", "_", question.get("installation") or "default")
        base = question["data"].get("directory", f"/tmp/multiplespawner-{os.geteuid()}")
        self.base = Path(base) / self.installation

    def folder(self, session: str) -> Path:
        """Where the session's files are: who it is, its log, how it ended."""
        return self.base / session

    def mark(self, session: str) -> str:
        """What the environment of its processes has."""
        return f"{self.base}/{session}"

    def running(self) -> dict[str, list[int]]:
        """The processes of each session, whoever started them."""
        begin = f"{MARK}={self.base}/".encode()
        found: dict[str, list[int]] = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    for variable in Path("/proc", entry, "environ").read_bytes().split(b"\0"):
                        if variable.startswith(begin):
                            session = variable[len(begin) :].decode()
                            found.setdefault(session, []).append(int(entry))
        return found

    def end(self, session: str, grace: float) -> None:
        """Ask its processes to end, insist after the grace, and return when none is left."""
        insist = time.monotonic() + grace
        asked: set[int] = set()
        while pids := self.running().get(session):
            late = time.monotonic() >= insist
            for pid in pids:
                if late or pid not in asked:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
                    asked.add(pid)
            time.sleep(0.02)
        shutil.rmtree(self.folder(session), ignore_errors=True)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(question: dict[str, Any]) -> dict[str, Any]:
    """Start the server in a session of its own: it outlives this program, and the daemon."""
    place, session = Place(question), question["session"]
    folder = place.folder(session)
    # Before anything is there: whoever has this can end all that comes of it.
    checkpoint({"folder": str(folder)})
    place.end(session, 0)
    folder.mkdir(parents=True, mode=0o700)
    (folder / "owner").write_text(json.dumps({key: question[key] for key in OWNER}))
    port = question.get("port") or free_port()
    environment = {**question["environment"], MARK: place.mark(session)}
    url = urlsplit(environment.get("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1/"))
    address = f"{question.get('address') or '127.0.0.1'}:{port}"
    environment["JUPYTERHUB_SERVICE_URL"] = urlunsplit((url.scheme, address, url.path, "", ""))
    account = pwd.getpwuid(os.geteuid())
    environment.setdefault("PATH", os.environ["PATH"])
    environment.update(HOME=account.pw_dir, USER=account.pw_name, SHELL=account.pw_shell)
    command = question["command"]
    if not command or shutil.which(command[0], path=environment["PATH"]) is None:
        raise Refusal("backend_failed", f"there is no program '{(command or [''])[0]}'; set 'cmd'")
    # The shell only waits, and writes down how the server ended.
    waiter = ["/bin/sh", "-c", '"$@"; echo $? >"$0"', str(folder / "status"), *command]
    try:
        with open(folder / "log", "wb") as log:
            subprocess.Popen(
                waiter,
                cwd=question.get("notebook_dir") or account.pw_dir,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (folder / "started").touch()
    except OSError as error:
        place.end(session, 0)
        raise Refusal("backend_failed", f"the server cannot be started: {error}") from error
    return {"host": "127.0.0.1", "port": port, "handle": {"folder": str(folder)}}


def poll(question: dict[str, Any]) -> dict[str, Any]:
    """What became of servers: one look at the system answers for all."""
    place = Place(question)
    running = place.running()

    def state(session: str) -> dict[str, Any]:
        folder = place.folder(session)
        if session in running:
            return {"state": "running"}
        if folder.exists() and not (folder / "started").exists():
            return {"state": "unreachable", "reason": "it is just being started"}
        try:
            return {"state": "exited", "status": int((folder / "status").read_text())}
        except (OSError, ValueError):
            return {"state": "exited"}

    return {"servers": [state(server["session"]) for server in question["servers"]]}


def stop(question: dict[str, Any]) -> dict[str, Any]:
    """End a server with all that belongs to it."""
    Place(question).end(question["session"], question["grace"])
    return {}


def logs(question: dict[str, Any]) -> dict[str, Any]:
    """The server's output, and with `follow` what is still to come."""
    place, session = Place(question), question["session"]
    try:
        with open(place.folder(session) / "log", encoding="utf-8", errors="replace") as file:
            while True:
                runs = question["follow"] and session in place.running()
                while text := file.read(65536):
                    say(log=text)
                if not runs:
                    return {}
                time.sleep(0.1)
    except FileNotFoundError as error:
        if question["follow"]:
            return {}  # the server ended before we looked
        raise Refusal("not_found", f"there is no log of the session '{session}'") from error


def census(question: dict[str, Any]) -> dict[str, Any]:
    """All servers of this installation: those that run, and those of which only files are left."""
    place = Place(question)
    sessions = set(place.running())
    if place.base.exists():
        sessions |= {entry.name for entry in place.base.iterdir()}
    servers = []
    for session in sorted(sessions):
        owner = {"hub": "", "user": "", "server": ""}
        with contextlib.suppress(OSError, ValueError):
            owner = json.loads((place.folder(session) / "owner").read_text())
        handle = {"folder": str(place.folder(session))}
        servers.append(
            {
                **owner,
                "session": session,
                "handle": handle,
                "description": f"processes of {session}",
            }
        )
    return {"servers": servers}


def examine(question: dict[str, Any]) -> dict[str, Any]:
    """Whether the directory can be written."""
    base = Place(question).base
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {"findings": [{"level": "ok", "message": f"servers are kept in {base}"}]}


ACTIONS = {call.__name__: call for call in (start, poll, stop, logs, census, examine)}


def main() -> None:
    """Read the question, do it, and say what came of it."""
    question = json.loads(sys.stdin.readline())
    action = ACTIONS.get(question["action"]) if question["kind"] == "backend" else None
    try:
        if question["version"] != 1 or action is None:
            raise Refusal(
                "unsupported", f"'{question['action']}' of a {question['kind']} is not served"
            )
        if question["action"] == "start":
            threading.Thread(target=listen, daemon=True).start()
        last = {"result": action(question)}
    except Refusal as refusal:
        last = {"error": {"code": refusal.code, "message": str(refusal)}}
    except OSError as error:
        last = {"error": {"code": "unavailable", "message": f"the place cannot be used: {error}"}}
    ANSWERED.set()
    say(**last)
    # At once: a thread that still listens must not hold up the end.
    os._exit(0)


if __name__ == "__main__":
    main()
