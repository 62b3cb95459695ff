"""Bare machines, what prepares them, and where it finds what is installed there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bare_host import BareHost
from ssh_hosts import Hosts

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = ROOT / "deployments" / "playbooks"
# What pip would fetch, for machines that reach nobody but us.
WHEELS = ROOT / ".build" / "images" / "singleuser-wheels"


@pytest.fixture(scope="session")
def ansible(jupyterhub_6: Path) -> Path:
    """The directory of Ansible's programs, or another one that ANSIBLE names."""
    path = Path(os.environ.get("ANSIBLE", jupyterhub_6 / "bin"))
    assert (path / "ansible-playbook").exists(), "there is no Ansible: make test installs it"
    assert any(WHEELS.glob("jupyterhub-*.whl")), "there are no wheels: make test fetches them"
    return path


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """One bare machine of the module's own."""
    hosts = Hosts(1, tmp_path_factory.mktemp("bare"), kind=BareHost)
    yield hosts
    hosts.remove()


def variables(**more: Any) -> dict[str, Any]:
    """What the playbooks have to know to install a server without a network."""
    return {
        "ansible_python_interpreter": "/usr/bin/python3",
        "jupyterhub_version": "6.1.*",
        "jupyter_packages": ["jupyter_server"],
        "jupyter_wheels": str(WHEELS),
        **more,
    }


def on(host: BareHost, key: Path, command: str, user: str = "root") -> subprocess.CompletedProcess:
    """Run a command there, with this key."""
    program = shutil.which("ssh")
    assert program is not None
    options = ["StrictHostKeyChecking=yes", f"UserKnownHostsFile={key.parent}/known_hosts"]
    words = [
        program,
        "-F",
        "none",
        "-i",
        str(key),
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "BatchMode=yes",
    ]
    for option in options:
        words += ["-o", option]
    return subprocess.run(
        [*words, f"{user}@{host.address}", command], capture_output=True, text=True, timeout=60
    )
