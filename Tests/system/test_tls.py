"""A hub before an engine on TLS with a token, and the engine's status page in the hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from engine import Engine
from hub import Hub


@pytest.fixture(scope="module")
def settings(tls_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the class is told about the engine."""
    token = tmp_path_factory.mktemp("hub-token") / "token"
    token.write_text("token-of-all-hubs\n")
    certificate = str(tls_engine.certificate)
    return {"url": tls_engine.url, "token_file": str(token), "ca_file": certificate}


def log_in(hub: Hub, user: str) -> requests.Session:
    """A browser's cookies, without the browser."""
    session = requests.Session()
    session.get(f"{hub.base}/hub/login", timeout=30)
    xsrf = next(cookie.value for cookie in session.cookies if cookie.name == "_xsrf")
    form = {"username": user, "password": "any", "_xsrf": xsrf}
    session.post(f"{hub.base}/hub/login?next=/hub/home", data=form, timeout=30)
    return session


def test_a_hub_before_an_engine_on_tls(
    new_hub: Callable[..., Hub], tls_engine: Engine, settings: dict, jupyterhub: Path
) -> None:
    hub = new_hub(jupyterhub, {"MultipleSpawner": settings}, HUB_CONFIGURE="1").start()
    hub.run("ada", options={"template": "tiny"})
    assert hub.answer("ada").ok
    assert "ada" in [each["user"] for each in tls_engine.sessions("running")]

    page = log_in(hub, "admin").get(f"{hub.base}/services/multiplespawner/", timeout=30)
    assert page.status_code == 200 and "ada" in page.text
    refused = log_in(hub, "mallory").get(f"{hub.base}/services/multiplespawner/", timeout=30)
    assert refused.status_code == 403 and "ada" not in refused.text

    hub.kill()
    hub.start()
    hub.ready("ada")
    hub.end("ada")
    assert tls_engine.sessions() == []


def test_a_wrong_token_is_the_hubs_fault_and_not_the_users(
    new_hub: Callable[..., Hub], settings: dict, jupyterhub_6: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "token"
    wrong.write_text("another\n")
    hub = new_hub(jupyterhub_6, {"MultipleSpawner": {**settings, "token_file": str(wrong)}}).start()
    answer = hub.begin("ada", options={"template": "tiny"})
    assert answer.status_code == 502
    assert "token" in answer.json()["message"]
