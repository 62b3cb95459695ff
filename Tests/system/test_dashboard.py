"""The hub's service that shows the status page."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

from hub import free_ports
from waiting import until


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def test_it_ends_by_the_hubs_signal_though_a_hub_in_the_background_hands_down_to_ignore_it(
    jupyterhub_6: Path, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    environment = {
        **os.environ,
        "MULTIPLE_SPAWNER_URL": f"unix://{tmp_path}/engine.sock",
        "JUPYTERHUB_SERVICE_PREFIX": "/services/multiplespawner/",
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}/services/multiplespawner/",
    }
    command = [str(jupyterhub_6 / "bin" / "python"), "-m", "multiplespawner.dashboard"]
    service = subprocess.Popen(
        command, env=environment, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
    )
    try:
        until("it serves", lambda: accepts(port), 20)
        service.send_signal(signal.SIGINT)
        assert service.wait(5) == 0
    finally:
        service.kill()
        service.wait()
