"""Nobody reaches what is another's: another user, another hub, another account, no token."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from engine import Engine
from hub import Hub

SESSION = "0123456789abcdef"
CALLS = [
    ("GET", "/"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/events?hub={hub}"),
    ("GET", "/v1/form?hub={hub}&user=ada&server="),
    ("POST", "/v1/form"),
    ("GET", "/v1/options?hub={hub}&user=ada"),
    ("POST", "/v1/plan"),
    ("GET", "/v1/resources"),
    ("GET", "/v1/sessions"),
    ("POST", "/v1/sessions/keep"),
    ("GET", "/v1/sessions/{id}"),
    ("PUT", "/v1/sessions/{id}"),
    ("DELETE", "/v1/sessions/{id}"),
    ("POST", "/v1/sessions/{id}/adopt"),
    ("POST", "/v1/sessions/{id}/extend"),
    ("GET", "/v1/sessions/{id}/events"),
    ("GET", "/v1/sessions/{id}/logs"),
]


@pytest.fixture(scope="module")
def call(tls_engine: Engine) -> Callable[..., requests.Response]:
    """One call over TLS with a token, or none."""

    def call(method: str, path: str, token: str = "", body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        verify, stream = str(tls_engine.certificate), True
        return requests.request(
            method,
            tls_engine.url + path,
            json=body,
            headers=headers,
            verify=verify,
            stream=stream,
            timeout=30,
        )

    return call


@pytest.fixture(scope="module")
def session(call: Callable[..., requests.Response]) -> str:
    """A running session of the first hub."""
    body = {"hub": "first", "user": "ada", "server": "", "user_options": {"template": "tiny"}}
    environment = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"}
    started = call(
        "PUT", f"/v1/sessions/{SESSION}", "token-of-first", {**body, "environment": environment}
    )
    assert started.status_code == 202, started.text
    return SESSION


def body_for(method: str, path: str, hub: str) -> Any:
    """A body that would be right from the one who may."""
    if method in ("GET", "DELETE"):
        return None
    identity = {"hub": hub, "user": "ada", "server": ""}
    if path.endswith("/keep"):
        return {"hub": hub, "sessions": [SESSION]}
    if path.endswith("/extend"):
        return {"minutes": 10}
    if path.endswith("/adopt"):
        return {**identity, "state": {"pid": 1}}
    if path.endswith("/form"):
        return {**identity, "form": {}}
    return identity


@pytest.mark.parametrize("method, path", CALLS)
def test_no_call_without_the_right_token(
    call: Callable[..., requests.Response], session: str, method: str, path: str
) -> None:
    where = path.format(id=session, hub="first")
    body = body_for(method, where, "first")
    for token in ("", "wrong", "token-of-firs", "token-of-firstx"):
        answer = call(method, where, token, body)
        assert answer.status_code == 401, f"with {token!r}: {answer.text}"
        assert answer.json()["error"]["code"] == "unauthorized"
        assert "ada" not in answer.text


def test_what_the_others_were_refused_is_there(
    call: Callable[..., requests.Response], session: str
) -> None:
    for method, path in CALLS:
        if method == "GET":
            answer = call(method, path.format(id=session, hub="first"), "token-of-first")
            assert answer.status_code == 200, path
            answer.close()


@pytest.mark.parametrize(
    "method, path", [each for each in CALLS if "{" in each[1] or each[0] == "POST"]
)
def test_a_hub_does_not_reach_anothers_sessions(
    call: Callable[..., requests.Response], session: str, method: str, path: str
) -> None:
    where = path.format(id=session, hub="first")
    answer = call(method, where, "token-of-second", body_for(method, where, "first"))
    assert answer.status_code in (403, 404, 409), answer.text
    assert call("GET", f"/v1/sessions/{session}", "token-of-first").json()["state"] in (
        "starting",
        "running",
    )


def test_a_hub_sees_its_own_sessions_only(
    call: Callable[..., requests.Response], session: str
) -> None:
    assert [
        each["id"] for each in call("GET", "/v1/sessions", "token-of-first").json()["sessions"]
    ] == [session]
    assert call("GET", "/v1/sessions", "token-of-second").json()["sessions"] == []
    status = call("GET", "/", "token-of-second")
    assert "ada" not in status.text


def test_another_account_gets_nothing_from_the_socket(engine: Engine, tmp_path: Path) -> None:
    """The socket's mode keeps others out; and where it lets them in, the kernel's word does."""
    program = (
        "import os, socket, sys\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "s = socket.socket(socket.AF_UNIX); s.settimeout(5)\n"
        "try:\n"
        "    s.connect(sys.argv[1])\n"
        "    s.sendall(b'GET /v1/sessions HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n"
        "    print(s.recv(12).decode())\n"
        "except PermissionError:\n"
        "    print('kept out')\n"
    )
    assert os.geteuid() == 0, "only root can try another account"

    def as_nobody(path: Path) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, str(path)], capture_output=True, text=True, cwd="/"
        )
        return (done.stdout + done.stderr).strip()

    assert engine.socket.stat().st_mode & 0o777 == 0o600
    assert engine.state.stat().st_mode & 0o777 == 0o700
    assert as_nobody(engine.socket) == "kept out"


def test_a_users_token_does_not_reach_anothers_server(hub: Hub, engine: Engine) -> None:
    hub.run("ada", "lab")
    hub.add("mallory")
    token = hub.call("POST", "/users/mallory/tokens", {"note": "mine"}).json()["token"]
    headers = {"Authorization": f"token {token}"}
    for method, path in [
        ("GET", "/users/ada"),
        ("GET", "/users/ada/tokens"),
        ("POST", "/users/ada/server"),
        ("DELETE", "/users/ada/servers/lab"),
        ("GET", "/users/ada/servers/lab/progress"),
    ]:
        answer = requests.request(method, f"{hub.base}/hub/api{path}", headers=headers, timeout=30)
        assert answer.status_code in (403, 404), f"{method} {path}: {answer.status_code}"
    assert hub.answer("ada", "lab").ok
    hub.end("ada", "lab")
