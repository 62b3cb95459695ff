"""The real parts that the tests share: the built engine, two JupyterHubs, a browser."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker_network import leave_the_machines_network
from engine import Engine
from hub import Hub, free_ports

pytest_plugins = ["docker_fixtures", "playbook_fixtures", "ssh_fixtures"]

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
SIMPLE = "jupyterhub.spawner.SimpleLocalProcessSpawner"
DEPLOYMENTS = {"bare_metal": [{"name": "local_machine", "provider": "local"}]}


def pytest_configure() -> None:
    """All that the tests start talks to itself alone; Docker wants that, and root."""
    if os.geteuid() == 0:
        leave_the_machines_network()


# What prepares or boots whole machines.
MACHINES = {"test_clouds", "test_configurers", "test_libvirt", "test_playbooks"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The parts take about equally long, and may run side by side."""
    parser.addoption(
        "--part", choices=["containers", "machines", "rest"], help="some of the tests alone"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """There is one swarm, and one set of machines that are a swarm: each belongs to one part."""
    wanted = config.getoption("--part")
    if wanted is None:
        return

    def part(item: pytest.Item) -> str:
        fixtures = getattr(item, "fixturenames", ())
        if "cluster_lock" in fixtures or item.path.stem in MACHINES:
            return "machines"
        is_docker = "docker_lock" in fixtures or item.path.stem.startswith("test_swarm")
        return "containers" if is_docker else "rest"

    others = [item for item in items if part(item) != wanted]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if part(item) == wanted]


@pytest.fixture(scope="session")
def binary() -> Path:
    """The engine as `swift build` made it, or another one that ENGINE names."""
    path = Path(os.environ.get("ENGINE", BUILD / "debug" / "multiplespawner"))
    assert path.exists(), "the engine is not built: make test does it"
    return path


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A server that starts at once, for what is not about Jupyter."""
    program = tmp_path_factory.mktemp("tiny") / "tiny_server"
    source = Path(__file__).with_name("tiny_server.c")
    subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True)
    return str(program)


@pytest.fixture(scope="session")
def files(tiny: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Templates for every kind of start, the quick one first, and what they launch."""
    home = {"home_dir_template": f"{tmp_path_factory.mktemp('homes')}/{{username}}"}

    def template(name: str, kind: str, **kwargs: Any) -> dict[str, Any]:
        return {
            "name": name,
            "resource_type": "bare_metal",
            "providers": ["local"],
            "spawner": {"class": kind, "kwargs": kwargs},
        }

    def slow(seconds: int) -> list[str]:
        return ["/bin/sh", "-c", f"sleep {seconds}; exec {tiny}"]

    return {
        "spawner_templates.json": [
            template("tiny", SIMPLE, cmd=[tiny], **home),
            template("jupyter", SIMPLE, **home),
            template("slow", SIMPLE, cmd=slow(4), **home),
            template("endless", SIMPLE, cmd=slow(600), **home),
            template(
                "stubborn", SIMPLE, cmd=["/bin/sh", "-c", f"trap '' TERM; exec {tiny}"], **home
            ),
            template("broken", SIMPLE, cmd=["/bin/sh", "-c", "exit 3"], **home),
            template("broken-later", SIMPLE, cmd=["/bin/sh", "-c", "sleep 2; exit 3"], **home),
            template("refusing", SIMPLE, cmd=["/no/such/program"], **home),
        ],
        "spawner_deployments.json": DEPLOYMENTS,
    }


@pytest.fixture(scope="module")
def engine(binary: Path, files: dict, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A daemon that runs as a service does: not of any hub's making."""
    engine = Engine(binary, tmp_path_factory.mktemp("engine"), files).start()
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def tls_engine(
    binary: Path, files: dict, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine on TLS with one token that may do all, and one for each of two hubs."""
    folder = tmp_path_factory.mktemp("tcp")
    certificate, key, tokens = folder / "cert.pem", folder / "key.pem", folder / "tokens"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    written = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names, *written], check=True, capture_output=True)
    tokens.write_text("token-of-all-hubs\nfirst token-of-first\nsecond token-of-second\n")
    tokens.chmod(0o600)
    (port,) = free_ports(1)
    engine = Engine(binary, folder, files)
    engine.url = f"https://127.0.0.1:{port}"
    engine.certificate = certificate
    engine.start(
        *("--listen", f"127.0.0.1:{port}", "--tls-certificate", str(certificate)),
        *("--tls-key", str(key), "--token-file", str(tokens)),
    )
    yield engine
    engine.stop()


@pytest.fixture(scope="module", params=["6.1", "5.5"])
def jupyterhub(request: pytest.FixtureRequest) -> Path:
    """The environment of each supported JupyterHub."""
    return BUILD / "venv" / f"jupyterhub-{request.param}"


@pytest.fixture(scope="session")
def jupyterhub_6() -> Path:
    """The environment of the newer JupyterHub alone."""
    return BUILD / "venv" / "jupyterhub-6.1"


@pytest.fixture(scope="module")
def new_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Hub]]:
    """Makes hubs, and ends them when the module is through."""
    hubs: list[Hub] = []

    def make(environment: Path, settings: dict[str, Any] | None = None, **variables: str) -> Hub:
        hub = Hub(environment, tmp_path_factory.mktemp("hub"), settings or {}, **variables)
        hubs.append(hub)
        return hub

    yield make
    for hub in hubs:
        hub.stop()


@pytest.fixture(scope="module")
def hub(new_hub: Callable[..., Hub], engine: Engine, jupyterhub: Path) -> Iterator[Hub]:
    """A hub of each version before the module's engine; a failed test's servers end with it."""
    settings = {"url": f"unix://{engine.socket}", "consecutive_failure_limit": 5}
    hub = new_hub(jupyterhub, {"MultipleSpawner": settings}).start()
    yield hub
    hub.stop()
    for session in engine.sessions():
        engine.call("DELETE", f"/v1/sessions/{session['id']}?now=true")


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where the pictures of a run are left."""
    folder = BUILD / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
