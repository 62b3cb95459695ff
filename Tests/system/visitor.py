"""A person's way through the hub's pages, as far as it goes without a browser."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import urljoin

import requests


class Place(Protocol):
    """Whoever has pages: a hub, or a site with one."""

    base: str


class Visitor:
    """Cookies and headers of one person; what is posted carries the hub's own proof."""

    def __init__(self, hub: Place, **headers: str) -> None:
        self.hub = hub
        self.session = requests.Session()
        self.session.headers.update(
            {name.replace("_", "-"): text for name, text in headers.items()}
        )

    def log_in(self, user: str, password: str = "any") -> Visitor:
        """By name, at a hub that believes everybody."""
        self.get("/hub/login")
        answer = self.post("/hub/login", data={"username": user, "password": password})
        assert answer.ok, answer.text
        return self

    def get(self, path: str) -> requests.Response:
        """A page."""
        return self.session.get(urljoin(self.hub.base, path), timeout=60)

    def post(self, path: str, **content: Any) -> requests.Response:
        """Send a form, files or JSON, and follow where the hub leads."""
        return self._send("POST", path, **content)

    def put(self, path: str, **content: Any) -> requests.Response:
        """Store something."""
        return self._send("PUT", path, **content)

    def delete(self, path: str) -> requests.Response:
        """End something."""
        return self._send("DELETE", path)

    def _send(self, method: str, path: str, **content: Any) -> requests.Response:
        proof = self.proof(path)
        return self.session.request(
            method,
            urljoin(self.hub.base, path),
            params={"_xsrf": proof},
            headers={"X-XSRFToken": proof},
            timeout=60,
            **content,
        )

    def proof(self, path: str) -> str:
        """The cookie against forged requests that is meant for this page, the most exact one."""
        fitting = [
            cookie
            for cookie in self.session.cookies
            if cookie.name == "_xsrf" and path.startswith(cookie.path.rstrip("/") + "/")
        ]
        return max(fitting, key=lambda cookie: len(cookie.path)).value or "" if fitting else ""
