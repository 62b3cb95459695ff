"""The images of the tests, made on this machine from C, Debian and PyPI: there is no registry."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from docker_api import DockerAPI

TINY = "tiny:test"
SINGLEUSER = "singleuser:test"
SOURCE = Path(__file__).with_name("tiny_server.c")
# `make images` leaves it there.
SINGLEUSER_TAR = Path(__file__).resolve().parents[2] / ".build/images/singleuser-6.1.tar"


def tiny_tar(folder: Path) -> bytes:
    """A file system with nothing but the tiny server, under the names that spawners start."""
    program = folder / "tiny_server_static"
    subprocess.run(["cc", "-static", "-O2", "-s", "-o", str(program), str(SOURCE)], check=True)
    content = program.read_bytes()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("tmp", "usr", "usr/local", "usr/local/bin"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            tar.addfile(entry)
        for name in ("tiny_server", "jupyterhub-singleuser", "start-singleuser.sh"):
            entry = tarfile.TarInfo(f"usr/local/bin/{name}")
            entry.mode, entry.size = 0o755, len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def load_tiny(api: DockerAPI, tar: bytes, name: str = TINY) -> None:
    """Import the tiny server; it is what runs when nobody says what."""
    _import(api, name, tar, 'CMD ["tiny_server"]', "ENV PATH=/usr/local/bin")


def load_singleuser(api: DockerAPI) -> str:
    """Import the real single-user server, which takes some seconds, unless it is there."""
    assert SINGLEUSER_TAR.exists(), f"there is no {SINGLEUSER_TAR}: make images does it"
    load_tar(
        *(api, SINGLEUSER, SINGLEUSER_TAR, 'CMD ["jupyterhub-singleuser"]', "USER jovyan"),
        *("WORKDIR /home/jovyan", "ENV HOME=/home/jovyan"),
        "ENV PATH=/opt/jupyter/bin:/usr/local/bin:/usr/bin:/bin",
    )
    return SINGLEUSER


def load_tar(api: DockerAPI, name: str, tar: Path, *changes: str) -> None:
    """Import a file system as an image, unless it is there."""
    made = f"made={tar.stat().st_mtime_ns}"
    if api.get("/images/json", filters={"reference": [name], "label": [made]}):
        return
    with open(tar, "rb") as content:
        _import(api, name, content, *changes, f"LABEL {made}")


def _import(api: DockerAPI, name: str, tar: object, *changes: str) -> None:
    repository, _, tag = name.rpartition(":")
    answer = api.post(
        "/images/create", tar, fromSrc="-", repo=repository, tag=tag, changes=list(changes)
    )
    assert "error" not in answer, answer
