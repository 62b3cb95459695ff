"""Everything over TLS with certificates of the hub's own, from the proxy to the real server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine import Engine
from hub import Hub


def test_a_real_server_with_internal_tls_survives_a_restart_of_the_hub(
    new_hub: Callable[..., Hub], engine: Engine, jupyterhub_6: Path, tmp_path: Path
) -> None:
    settings = {
        "JupyterHub": {"internal_ssl": True, "internal_certs_location": str(tmp_path / "certs")},
        "MultipleSpawner": {"url": f"unix://{engine.socket}"},
    }
    hub = new_hub(jupyterhub_6, settings).start()
    hub.run("ada", options={"template": "jupyter"})
    (session,) = engine.sessions("running")
    assert session["url"].startswith("https://")
    assert hub.answer("ada").json()["version"]

    hub.kill()
    hub.start()
    hub.ready("ada")
    assert hub.answer("ada").json()["version"]
    hub.end("ada")
