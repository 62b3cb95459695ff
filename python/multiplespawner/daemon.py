"""Starts the engine on this machine when nobody answers on its socket."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .errors import EngineSilent
from .transport import Transport

START_SECONDS = 20.0
DEFAULT_DIRECTORY = "~/.multiplespawner"
# What the engine is told about files that are there; its own settings rule over the rest.
_FILES = {
    "MULTIPLE_SPAWNER_TEMPLATE_FILE": ("spawner_templates.json",),
    "MULTIPLE_SPAWNER_DEPLOYMENT_FILE": ("spawner_deployment.json", "spawner_deployments.json"),
    "MULTIPLE_SPAWNER_PROVIDERS_FILE": ("providers.json",),
    "MULTIPLE_SPAWNER_CONFIG_FILE": ("config",),
    "MULTIPLE_SPAWNER_CONFIGURER_RESOURCES_PATH": ("playbooks",),
}


def state_directory(configuration_directory: str) -> Path:
    """Where the local engine keeps its journal and its log. The environment wins over the trait."""
    named = os.environ.get("MULTIPLE_SPAWNER_STATE_DIR")
    return Path(named or Path(configuration_directory) / "state").expanduser()


def local_url(configuration_directory: str) -> str:
    """The address of the engine that belongs to this directory."""
    named = os.environ.get("MULTIPLE_SPAWNER_SOCKET")
    path = named or state_directory(configuration_directory) / "multiplespawner.sock"
    return f"unix://{Path(path).expanduser()}"


class LocalDaemon:
    """One engine process for one socket. It outlives the hub, as the notebooks must."""

    def __init__(self, command: list[str], configuration_directory: str, transport: Transport):
        self.command = command
        self.directory = Path(configuration_directory).expanduser()
        self.state = state_directory(configuration_directory)
        self.transport = transport
        self._lock = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    async def ensure(self) -> bool:
        """Return True once the engine answers; start it when it does not.

        A hundred spawns that find it silent start it once: they queue at the lock, and each looks
        again before it starts anything.
        """
        loop = asyncio.get_running_loop()
        async with self._lock:
            deadline, pause, launched = loop.time() + START_SECONDS, 0.01, False
            while not await self._answers():
                if self._process is None or self._process.poll() is not None:
                    if launched:
                        raise EngineSilent(f"the engine could not be started: {self._last_words()}")
                    self._launch()
                    launched = True
                if loop.time() >= deadline:
                    return False
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.25)
            return True

    async def _answers(self) -> bool:
        try:
            await self.transport.call("GET", "/healthz", timeout=5.0)
        except EngineSilent:
            return False
        return True

    def _launch(self) -> None:
        program = shutil.which(self.command[0])
        program = program or str(Path(sys.executable).parent / self.command[0])
        try:
            self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            with os.fdopen(os.open(self._log, flags, 0o600), "ab") as log:
                self._process = subprocess.Popen(
                    [program, *self.command[1:]],
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # A signal to the hub's group, or its terminal's end, must not reach the engine.
                    start_new_session=True,
                )
        except OSError as error:
            raise EngineSilent(f"the engine could not be started: {error}") from error

    def _environment(self) -> dict[str, str]:
        """The hub's environment without its secrets, with the configuration directory's paths."""
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("JUPYTERHUB_", "CONFIGPROXY_"))
        }
        environment["MULTIPLE_SPAWNER_STATE_DIR"] = str(self.state)
        environment["MULTIPLE_SPAWNER_SOCKET"] = self.transport.socket_path
        for variable, names in _FILES.items():
            there = [self.directory / name for name in names if (self.directory / name).exists()]
            if there:
                environment.setdefault(variable, str(there[0]))
        return environment

    @property
    def _log(self) -> Path:
        return self.state / "multiplespawner.log"

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it ended at once, and left no word in {self._log}"
