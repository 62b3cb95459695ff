"""A registry of images that wants a password, as an institute has one."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import requests
from docker_api import DockerAPI
from hub import free_ports
from processes import end
from waiting import until

# `make images` leaves it there.
PROGRAM = Path(__file__).resolve().parents[2] / ".build/images/docker-registry"
USER, PASSWORD = "institute", "the-password-of-the-registry"
# The same as bcrypt has it.
HASHED = "$2b$04$tPdQB1hf7Vft8KQnCnDcvO9JhN8iCncYtkyhYEpKV3uCuV2c6moFm"


class Registry:
    """Docker's own registry, on the loopback of the run, where Docker does not ask for TLS."""

    def __init__(self, folder: Path) -> None:
        assert PROGRAM.exists(), f"there is no {PROGRAM}: make images does it"
        self.folder = folder
        self.address = f"127.0.0.1:{free_ports(1)[0]}"
        self.password_file = folder / "password"
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(PASSWORD)
        accounts = folder / "htpasswd"
        accounts.write_text(f"{USER}:{HASHED}\n")
        settings = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
            "http": {"addr": self.address},
            "auth": {"htpasswd": {"realm": "institute", "path": str(accounts)}},
        }
        # JSON is YAML.
        (folder / "registry.yml").write_text(json.dumps(settings))
        with open(folder / "registry.log", "wb") as log:
            self.process = subprocess.Popen(
                [str(PROGRAM), "serve", str(folder / "registry.yml")], stdout=log, stderr=log
            )
        until("the registry answers", self._answers)

    def close(self) -> None:
        """End it."""
        end(self.process)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "registry.log").read_text()
        try:
            return requests.get(f"http://{self.address}/v2/", timeout=5).status_code == 401
        except requests.ConnectionError:
            return False

    def publish(self, api: DockerAPI, image: str, name: str, ballast: int = 0) -> str:
        """Put an image there, made longer by so many bytes, and leave none here."""
        here = f"{self.address}/{name}"
        if ballast:
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w") as tar:
                entry = tarfile.TarInfo("ballast")
                entry.size = ballast
                tar.addfile(entry, io.BytesIO(os.urandom(ballast)))
            self._lengthen(api, image, here, packed.getvalue())
        else:
            api.post(f"/images/{image}/tag", repo=here.rpartition(":")[0], tag="1")
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        folder = self.folder / "docker"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"auths": {self.address: {"auth": login}}}))
        docker = ["docker", "--config", str(folder), "--host", f"unix://{api.path}"]
        subprocess.run([*docker, "push", "--quiet", here], check=True, capture_output=True)
        api.delete(f"/images/{here}", force="true")
        return here

    @staticmethod
    def _lengthen(api: DockerAPI, image: str, name: str, tar: bytes) -> None:
        """Make an image of a container with one file more."""
        repository, _, tag = name.rpartition(":")
        container = api.post("/containers/create", {"Image": image})["Id"]
        try:
            api.call("PUT", f"/containers/{container}/archive?path=/", tar)
            api.post("/commit", container=container, repo=repository, tag=tag)
        finally:
            api.delete(f"/containers/{container}")
