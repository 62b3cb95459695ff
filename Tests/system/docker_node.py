"""One Docker Engine of the tests' own, never a running one of somebody else's."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from docker_api import DockerAPI, DockerRefusal
from processes import alive, end
from waiting import until

BUILD = Path(__file__).resolve().parents[2] / ".build" / "docker"
# Docker puts sockets below it, and a socket's path is short. One for each copy of this project.
RUN = Path("/run") / f"multiplespawner-{hashlib.sha256(str(BUILD).encode()).hexdigest()[:8]}"

# What Docker keeps of its images, and what tells that they are worth to be kept.
TIDY = "left-in-order"
IMAGES = ("image", "overlay2")


def _mounts_below(*folders: Path) -> list[str]:
    """The mount points in these folders, the innermost first."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [
        point
        for point in reversed(points)
        if any(Path(point).is_relative_to(folder) for folder in folders)
    ]


def _started_for(folder: Path) -> list[int]:
    """What runs for the engine of this folder: itself, containerd, the containers' keepers."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            program = os.path.basename(words[0])
            if program in ("dockerd", "containerd", "containerd-shim-runc-v2", "docker-proxy"):
                if any(f"{folder}/" in word for word in words):
                    found.append(int(entry.name))
    return found


class DockerNode:
    """A dockerd with its own data, socket and pid file, in the network it is started in."""

    def __init__(
        self, name: str, enter: tuple[str, ...] = (), options: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.enter = enter
        self.options = options
        self.folder = RUN / name
        self.data = BUILD / name
        self.socket = self.folder / "docker.sock"
        self.host = f"unix://{self.socket}"
        self.api = DockerAPI(self.socket)
        self.process: subprocess.Popen | None = None
        self.clear(keep_images=(self.data / TIDY).exists())

    def clear(self, keep_images: bool = False) -> None:
        """End and remove what is left of a run; images may stay, which take the longest."""
        for pid in _started_for(self.folder):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        until(f"nothing runs for {self.name}", lambda: not _started_for(self.folder))
        for point in _mounts_below(self.folder, self.data):
            subprocess.run(["umount", "--lazy", point], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        for part in self.data.iterdir() if self.data.exists() else ():
            if part.name not in (IMAGES if keep_images else ()):
                shutil.rmtree(part) if part.is_dir() else part.unlink()

    def start(self) -> DockerNode:
        """Start it on what it kept, and return when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.data.mkdir(parents=True, exist_ok=True, mode=0o711)
        (self.folder / "dockerd.pid").unlink(missing_ok=True)
        with open(self.data / "dockerd.log", "ab") as log:
            self.process = subprocess.Popen(
                # It ends with the tests, whatever ends them.
                ["setpriv", "--pdeathsig", "TERM", *self.enter, "dockerd"]
                + ["--data-root", str(self.data), "--exec-root", str(self.folder / "exec")]
                + ["--pidfile", str(self.folder / "dockerd.pid"), "--host", self.host]
                + list(self.options),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(f"the Docker Engine {self.name} answers", self.answers, 60)
        return self

    def answers(self) -> bool:
        """Whether it can be asked; fails with its last words when it ended."""
        assert self.process is not None
        assert self.process.poll() is None, f"dockerd ended: {self.log()[-3000:]}"
        try:
            return self.api.get("/_ping") == "OK"
        except OSError:
            return False

    def stop(self) -> None:
        """An orderly end, as for an upgrade: the containers of the node end, the services stay."""
        if self.process is not None:
            end(self.process, signal.SIGTERM, 60)
            self.api.close()
            self.process = None

    def kill(self) -> None:
        """A power cut: the engine and all that runs in its containers."""
        containers = self.containers()
        for pid in _started_for(self.folder):
            os.kill(pid, signal.SIGKILL)
        for pid in containers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if self.process is not None:
            end(self.process, signal.SIGKILL)
            self.api.close()
            self.process = None
        until(f"{self.name} is dark", lambda: not any(alive(pid) for pid in containers))

    def containers(self) -> list[int]:
        """The first process of each container."""
        running = self.api.get("/containers/json")
        states = [self.api.get(f"/containers/{each['Id']}/json")["State"] for each in running]
        return [state["Pid"] for state in states if state["Pid"]]

    def remove(self, keep_images: bool = False) -> None:
        """End it, with all that it runs and has."""
        in_order = False
        try:
            if self.process is not None:
                self._leave_nothing()
            self.stop()
            in_order = keep_images
        finally:
            self.clear(keep_images=in_order)
            if in_order:
                (self.data / TIDY).touch()

    def _leave_nothing(self) -> None:
        """Out of the swarm, which removes containers too, and may be at it just now."""
        if self.api.get("/info")["Swarm"]["LocalNodeState"] != "inactive":
            self.api.post("/swarm/leave", force="true")
        for each in self.api.get("/containers/json", all="true"):
            try:
                self.api.delete(f"/containers/{each['Id']}", force="true", v="true")
            except DockerRefusal as refusal:
                if refusal.status != 409:
                    raise

    def log(self) -> str:
        """What it has said."""
        return (self.data / "dockerd.log").read_text(errors="replace")
