"""The Docker Engine's API over its socket, without any client library in between."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

VERSION = "v1.41"


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class DockerRefusal(Exception):
    """What Docker said to a call that it did not carry out."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class DockerAPI:
    """One kept connection to one Docker Engine, which threads take turns with."""

    def __init__(self, path: Path, timeout: float = 60) -> None:
        self.path = path
        self.timeout = timeout
        self.connection = _SocketConnection(path, timeout)
        self.turn = threading.Lock()

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of the answer; raises DockerRefusal, or OSError when nobody answers."""
        content, headers = None, {}
        if isinstance(body, bytes) or hasattr(body, "read"):
            content, headers = body, {"Content-Type": "application/x-tar"}
        elif body is not None:
            content, headers = json.dumps(body), {"Content-Type": "application/json"}
        with self.turn:
            status, kind, text = self._answer(method, self._target(path, query), content, headers)
        if status >= 400:
            try:
                text = json.loads(text)["message"]
            except (ValueError, KeyError):
                pass
            raise DockerRefusal(status, text)
        return json.loads(text) if kind == "application/json" and text.strip() else text

    def _answer(self, method: str, *request: Any) -> tuple[int, str, str]:
        """Status, type and text. An engine that was started anew has forgotten the connection."""
        was_open = self.connection.sock is not None
        try:
            self.connection.request(method, *request)
            response = self.connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as failure:
            self.connection.close()
            if was_open and method == "GET":
                return self._answer(method, *request)
            raise failure if isinstance(failure, OSError) else OSError(str(failure)) from failure
        return response.status, response.headers.get_content_type(), text

    def get(self, path: str, **query: Any) -> Any:
        """What is there; `filters` and other structures travel as JSON, as Docker wants them."""
        return self.call("GET", path, **query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Make or do something."""
        return self.call("POST", path, body, **query)

    def delete(self, path: str, **query: Any) -> None:
        """Remove something; what is not there is removed already."""
        try:
            self.call("DELETE", path, **query)
        except DockerRefusal as refusal:
            if refusal.status != 404:
                raise

    def events(self, **query: Any) -> Iterator[dict[str, Any]]:
        """What happens from now on (or since when the query says), on a connection of its own."""
        connection = _SocketConnection(self.path, self.timeout)
        try:
            connection.request("GET", self._target("/events", query))
            for line in connection.getresponse():
                yield json.loads(line)
        finally:
            connection.close()

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()

    @staticmethod
    def _target(path: str, query: dict[str, Any]) -> str:
        values = {
            name: json.dumps(value) if isinstance(value, dict) else value
            for name, value in query.items()
        }
        return f"/{VERSION}{path}" + (f"?{urlencode(values, doseq=True)}" if values else "")
