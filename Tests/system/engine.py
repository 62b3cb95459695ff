"""One engine of a test: the built daemon with its own state, socket and files."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import struct
import subprocess
from pathlib import Path
from typing import Any

from processes import alive, end, kill
from waiting import until


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("multiplespawner", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Engine:
    """The daemon `multiplespawner serve`, started here or by a hub on the same directory."""

    def __init__(
        self, binary: Path, directory: Path, files: dict[str, Any], **settings: Any
    ) -> None:
        self.binary = binary
        self.directory = directory
        self.state = directory / "state"
        self.socket = self.state / "multiplespawner.sock"
        self.process: subprocess.Popen | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self.state.mkdir(mode=0o700, exist_ok=True)
        for name, content in files.items():
            (directory / name).write_text(json.dumps(content, indent=2))
        (directory / "config").write_text(json.dumps(settings))

    @property
    def environment(self) -> dict[str, str]:
        """What makes a daemon, or a hub that starts one, use this directory and no other."""
        providers = self.directory / "providers.json"
        return {
            **({"MULTIPLE_SPAWNER_PROVIDERS_FILE": str(providers)} if providers.exists() else {}),
            "MULTIPLE_SPAWNER_STATE_DIR": str(self.state),
            "MULTIPLE_SPAWNER_SOCKET": str(self.socket),
            "MULTIPLE_SPAWNER_TEMPLATE_FILE": str(self.directory / "spawner_templates.json"),
            "MULTIPLE_SPAWNER_DEPLOYMENT_FILE": str(self.directory / "spawner_deployments.json"),
            "MULTIPLE_SPAWNER_CONFIG_FILE": str(self.directory / "config"),
        }

    def start(self, *arguments: str) -> Engine:
        """Start it and return when it answers."""
        with open(self.directory / "engine.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(self.binary), "serve", *arguments],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until("the engine answers", self.answers, 30)
        return self

    def answers(self) -> bool:
        """Whether anybody serves the socket; fails with the last words of a daemon that ended."""
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the engine ended: {self.log()[-2000:]}")
        try:
            return self.call("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL: nothing is said, nothing is written down any more."""
        if self.process is not None:
            end(self.process, signal.SIGKILL)
            self.process = None
        else:
            kill(self.pid)

    def stop(self) -> None:
        """End every session and then the daemon, whoever started it."""
        if self.process is None or self.process.poll() is not None:
            try:
                pid = self.pid
            except OSError:
                return
        else:
            pid = self.process.pid
        for session in self.sessions():
            self.call("DELETE", f"/v1/sessions/{session['id']}?now=true")
        os.kill(pid, signal.SIGTERM)
        if self.process is not None:
            end(self.process)
        until("the engine has ended", lambda: not alive(pid))

    @property
    def pid(self) -> int:
        """Who serves the socket, as the kernel tells it."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            option = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return struct.unpack("3i", option)[0]

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One call over the socket: the status, and the JSON or text of the answer."""
        connection = _SocketConnection(self.socket)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return response.status, json.loads(text) if is_json and text else text

    def story(self, session: str) -> str:
        """What is told of a session from now on until it runs or is over, as it comes."""
        connection = _SocketConnection(self.socket)
        try:
            connection.request("GET", f"/v1/sessions/{session}/events")
            lines: list[str] = []
            for line in connection.getresponse():
                lines.append(line.decode())
                if any(f'"state":"{end}"' in lines[-1] for end in ("running", "stopped", "failed")):
                    break
        finally:
            connection.close()
        return "".join(lines)

    def sessions(self, *states: str) -> list[dict[str, Any]]:
        """What it knows; without states, all that has not ended."""
        status, answer = self.call("GET", "/v1/sessions")
        assert status == 200, answer
        live = states or ("accepted", "queued", "starting", "running", "stopping")
        return [session for session in answer["sessions"] if session["state"] in live]

    def log(self) -> str:
        """What it has said, here or under a hub."""
        logs = [self.directory / "engine.log", self.state / "multiplespawner.log"]
        return "".join(log.read_text(errors="replace") for log in logs if log.exists())
