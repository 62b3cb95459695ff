"""One JupyterHub of a test: a real one, with a real proxy, on ports of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from processes import end, with_environment
from waiting import until

TOKEN = "the-token-of-the-tests"
SCOPES = ["admin:users", "admin:servers", "list:users", "tokens", "read:hub", "access:servers"]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Hub:
    """A hub that can be killed and started again on the same database and ports."""

    def __init__(
        self, environment: Path, directory: Path, settings: dict[str, Any], **variables: str
    ) -> None:
        self.bin = environment / "bin"
        self.directory = directory
        self.variables = variables
        directory.mkdir(parents=True, exist_ok=True)
        port, hub_port, proxy_port = free_ports(3)
        internal = "https" if settings.get("JupyterHub", {}).get("internal_ssl") else "http"
        self.base = f"http://127.0.0.1:{port}"
        self.name = f"127.0.0.1:{hub_port}:hub"
        self.api = f"{internal}://127.0.0.1:{hub_port}/hub/api"
        self.settings: dict[str, dict[str, Any]] = {
            "JupyterHub": {
                "bind_url": self.base,
                "hub_port": hub_port,
                "spawner_class": "multiplespawner.MultipleSpawner",
                "authenticator_class": "dummy",
                "allow_named_servers": True,
                "db_url": f"sqlite:///{directory}/jupyterhub.sqlite",
                "cookie_secret_file": str(directory / "cookie_secret"),
                "pid_file": str(directory / "hub.pid"),
                "cleanup_servers": False,
                "services": [{"name": "tests", "api_token": TOKEN}],
                "load_roles": [{"name": "tests", "services": ["tests"], "scopes": SCOPES}],
            },
            "ConfigurableHTTPProxy": {
                "api_url": f"{internal}://127.0.0.1:{proxy_port}",
                "pid_file": str(directory / "proxy.pid"),
            },
            "Authenticator": {"allow_all": True, "admin_users": ["admin"]},
            "MultipleSpawner": {
                "cmd": [str(self.bin / "jupyterhub-singleuser")],
                "args": ["--allow-root"],
            },
        }
        for section, traits in settings.items():
            self.settings.setdefault(section, {}).update(traits)
        self.process: subprocess.Popen | None = None
        self.rest = requests.Session()
        self.rest.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=100))
        self.rest.headers["Authorization"] = f"token {TOKEN}"

    def start(self) -> Hub:
        """Start it and return when its API answers through the proxy."""
        path = f"{self.bin}:{os.environ['PATH']}"
        # Debian's proxy finds its modules there, whichever Node runs it.
        variables = {**os.environ, "PATH": path, "NODE_PATH": "/usr/share/nodejs", **self.variables}
        config = Path(__file__).with_name("jupyterhub_config.py")
        with open(self.directory / "hub.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(self.bin / "jupyterhub"), "-f", str(config)],
                cwd=self.directory,
                env={**variables, "HUB_SETTINGS": json.dumps(self.settings)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until("the hub answers", self.answers, 60)
        return self

    def answers(self) -> bool:
        """Whether the hub, and not only its proxy, answers."""
        assert self.process is not None
        assert self.process.poll() is None, f"the hub ended: {self.log()[-3000:]}"
        try:
            return requests.get(f"{self.base}/hub/api/", timeout=5).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """SIGKILL for the hub alone, then its proxy, which would hold the port."""
        assert self.process is not None
        end(self.process, signal.SIGKILL)
        proxy = self.directory / "proxy.pid"
        os.kill(int(proxy.read_text()), signal.SIGTERM)

    def stop(self) -> None:
        """An orderly end; the servers go on."""
        if self.process is not None:
            end(self.process)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """One REST call as the tests' own service."""
        options.setdefault("timeout", 120)
        return self.rest.request(method, f"{self.base}/hub/api{path}", json=body, **options)

    def add(self, user: str) -> str:
        """Make a user."""
        answer = self.call("POST", f"/users/{quote(user, safe='')}")
        assert answer.status_code in (201, 409), answer.text
        return user

    def server_path(self, user: str, server: str = "") -> str:
        """The REST path of one server."""
        path = f"/users/{quote(user, safe='')}/server"
        return f"{path}s/{quote(server, safe='')}" if server else path

    def begin(self, user: str, server: str = "", options: Any = None) -> requests.Response:
        """Ask for a server; the answer may be that it is under way."""
        self.add(user)
        return self.call("POST", self.server_path(user, server), options)

    def run(self, user: str, server: str = "", options: Any = None) -> dict[str, Any]:
        """Start a server and return the hub's model of it when it is ready."""
        answer = self.begin(user, server, options)
        assert answer.status_code in (201, 202), answer.text
        return self.ready(user, server)

    def end(self, user: str, server: str = "") -> None:
        """Stop a server and return when the hub says so."""
        answer = self.call("DELETE", self.server_path(user, server))
        assert answer.status_code in (202, 204), answer.text
        until(f"{user}/{server} is stopped", lambda: not self.server(user, server))

    def server(self, user: str, server: str = "") -> dict[str, Any]:
        """The hub's model of a server; empty when it has none that is active."""
        answer = self.call("GET", f"/users/{quote(user, safe='')}")
        assert answer.ok, answer.text
        return answer.json()["servers"].get(server) or {}

    def ready(self, user: str, server: str = "", seconds: float = 60) -> dict[str, Any]:
        """The model of a server once it is ready."""
        try:
            return until(
                f"{user}/{server} is ready",
                lambda: (model := self.server(user, server)) and model["ready"] and model,
                seconds,
            )
        except AssertionError as error:
            if self.server(user, server):
                raise
            raise AssertionError(self.last_words(user, server)) from error

    def answer(self, user: str, server: str = "") -> requests.Response:
        """What the user's server says through the proxy."""
        where = self.server(user, server)["url"]
        return self.rest.get(f"{self.base}{where}api", timeout=10, allow_redirects=False)

    def processes(self, user: str) -> list[int]:
        """What runs for a user of this hub, and of no other on this machine."""
        return with_environment(JUPYTERHUB_API_URL=self.api, JUPYTERHUB_USER=user)

    def token_notes(self, user: str) -> list[str]:
        """The notes of the user's tokens: a server's token says which server it is for."""
        answer = self.call("GET", f"/users/{quote(user, safe='')}/tokens")
        return [token["note"] for token in answer.json()["api_tokens"]]

    def log(self) -> str:
        """What the hub has said."""
        return (self.directory / "hub.log").read_text(errors="replace")

    def last_words(self, user: str, server: str = "") -> str:
        """What the spawn page says of a start that has failed: the hub's own last event."""
        answer = self.call("GET", f"{self.server_path(user, server)}/progress")
        events = [
            json.loads(line.removeprefix("data: "))
            for line in answer.text.splitlines()
            if line.startswith("data: ")
        ]
        assert events and events[-1].get("failed"), (answer.status_code, answer.text)
        return events[-1]["message"]

    def failure(self, user: str, options: Any = None) -> str:
        """Ask for a server that cannot be had, and return the reason that the user sees."""
        # Its status tells nothing: after one failure the hub says 201 of a start that is under way.
        self.begin(user, "", options)
        # The words are told as the start goes on, and end with it.
        return self.last_words(user)
