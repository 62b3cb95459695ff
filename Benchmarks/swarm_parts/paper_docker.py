"""A Docker Engine on paper: it has the tasks that were asked for, and counts who asks for what.

Five hundred containers are too many for a small machine, and are not what is measured.
"""

from __future__ import annotations

import json
import re
import socketserver
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

NODE = "paper-node"
# An address of this machine, which the benchmark gives it: nobody would believe a node at
# 127.0.0.1.
ADDRESS = "10.88.0.1"
NETWORK = {
    "Id": "paper-network",
    "Name": "jh",
    "Driver": "overlay",
    "Scope": "swarm",
    "Attachable": True,
    "IPAM": {"Config": [{"Subnet": "10.9.0.0/16", "Gateway": "10.9.0.1"}]},
    "Containers": {},
}
THEN = "2026-01-01T00:00:00.000000000Z"


class PaperDocker:
    """Answers at a unix socket, and for all its servers at one port of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.services: dict[str, dict[str, Any]] = {}
        self.made = 0
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.server = _Server(str(path), _Handler)
        self.server.docker = self
        self.answering = HTTPServer((ADDRESS, 0), _Answering)
        for server in (self.server, self.answering):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Where every server answers."""
        return self.answering.server_address[1]

    def close(self) -> None:
        """Answer no more."""
        self.server.shutdown()
        self.answering.shutdown()

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        """Status and JSON, and a note that it was asked."""
        url = urlparse(target)
        path = re.sub(r"^/v1\.\d+", "", url.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        kind = re.sub(r"/(services|networks|tasks|nodes|containers)/.+", r"/\1/…", path)
        with self.lock:
            self.asked[f"{method} {kind}"] += 1
            return self._answer(method, path, json.loads(query.get("filters", "{}")), body)

    def _answer(self, method: str, path: str, filters: Any, body: Any) -> tuple[int, Any]:
        if method == "POST" and path == "/services/create":
            self.made += 1
            identifier = f"service{self.made}"
            version, endpoint = {"Index": 1}, {"Spec": {}}
            service = {"ID": identifier, "Version": version, "Spec": body, "Endpoint": endpoint}
            self.services[identifier] = {**service, "CreatedAt": THEN, "UpdatedAt": THEN}
            return 201, {"ID": identifier}
        if method == "DELETE" and path.startswith("/services/"):
            name = path.rpartition("/")[2]
            gone = [
                key for key, each in self.services.items() if name in (key, each["Spec"]["Name"])
            ]
            for key in gone:
                del self.services[key]
            return (200, None) if gone else (404, {"message": f"service {name} not found"})
        if path == "/services":
            return 200, [each for each in self.services.values() if _fits(each, filters)]
        if path.startswith("/services/"):
            name = path.rpartition("/")[2]
            for key, each in self.services.items():
                if name in (key, each["Spec"]["Name"]):
                    return 200, each
            return 404, {"message": f"service {name} not found"}
        if path == "/tasks":
            fitting = [each for each in self.services.values() if _fits(each, filters)]
            return 200, [self._task(each) for each in fitting]
        return _STILL.get(path, (404, {"message": f"{path} is not on paper"}))

    def _task(self, service: dict[str, Any]) -> dict[str, Any]:
        port = {"Protocol": "tcp", "TargetPort": 8888, "PublishedPort": self.port}
        address = {
            "Network": {"ID": NETWORK["Id"], "Spec": {"Name": "jh"}},
            "Addresses": ["10.9.0.2/16"],
        }
        return {
            "ID": f"task-of-{service['ID']}",
            "Version": {"Index": 1},
            "CreatedAt": THEN,
            "UpdatedAt": THEN,
            "Labels": {},
            "Spec": service["Spec"]["TaskTemplate"],
            "ServiceID": service["ID"],
            "Slot": 1,
            "NodeID": NODE,
            "DesiredState": "running",
            "NetworksAttachments": [address],
            "Status": {
                "Timestamp": THEN,
                "State": "running",
                "Message": "started",
                "ContainerStatus": {
                    "ContainerID": f"container-{service['ID']}",
                    "PID": 1,
                    "ExitCode": 0,
                },
                "PortStatus": {"Ports": [{**port, "PublishMode": "host"}]},
            },
        }


def _fits(service: dict[str, Any], filters: dict[str, Any]) -> bool:
    labels = service["Spec"].get("Labels", {})
    wanted = [label.partition("=") for label in filters.get("label", [])]
    names = filters.get("service", []) or filters.get("name", []) or filters.get("id", [])
    return all(key in labels and value in ("", labels[key]) for key, _, value in wanted) and (
        not names or service["ID"] in names or service["Spec"]["Name"] in names
    )


_STILL: dict[str, tuple[int, Any]] = {
    "/_ping": (200, None),
    "/version": (200, {"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"}),
    "/info": (
        200,
        {
            "ID": "paper",
            "Name": "paper",
            "ServerVersion": "20.10.24",
            "Swarm": {"NodeID": NODE, "LocalNodeState": "active", "ControlAvailable": True},
        },
    ),
    "/nodes": (
        200,
        [
            {
                "ID": NODE,
                "Spec": {"Role": "manager", "Availability": "active"},
                "Description": {"Hostname": "paper"},
                "Status": {"State": "ready", "Addr": ADDRESS},
                "ManagerStatus": {"Leader": True},
            }
        ],
    ),
    "/swarm": (200, {"ID": "paper-swarm"}),
    "/networks": (200, [NETWORK]),
    "/networks/jh": (200, NETWORK),
    "/networks/paper-network": (200, NETWORK),
    "/containers/json": (200, []),
    "/configs": (200, []),
    "/secrets": (200, []),
    "/volumes": (200, {"Volumes": []}),
}


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    docker: PaperDocker


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Answer from the paper; the stream of events is one on which nothing happens."""
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if "/events" in self.path:
            with self.server.docker.lock:
                self.server.docker.asked["GET /events"] += 1
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.rfile.read(1)  # until whoever listens goes away
            return
        status, answer = self.server.docker.answer(self.command, self.path, body)
        text = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_POST = do_DELETE = do_HEAD = do_GET

    def address_string(self) -> str:
        """A unix socket has no address."""
        return "unix"

    def log_message(self, *arguments: Any) -> None:
        """Who asks is counted, not told."""


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """A server that is up."""
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", "6.1.1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Nobody reads it."""


def quiet(docker: PaperDocker, seconds: float) -> Counter[str]:
    """What is asked while nothing changes."""
    with docker.lock:
        docker.asked.clear()
    time.sleep(seconds)
    with docker.lock:
        return Counter(docker.asked)
