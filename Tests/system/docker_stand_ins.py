"""What the Dockerfiles and the stack begin with, made on this machine as there is no registry.

Each image has the name that is written there, so that Dockerfiles, stack and templates are tested
as they are. What they would fetch is in the image already: an `apt-get` that only looks whether it
is there, a folder of wheels for pip, an engine that was built before for the compiler.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

from docker_api import DockerAPI
from docker_guide import ROOT
from docker_images import SINGLEUSER, load_singleuser, load_tar
from docker_network import run

# `make images` leaves them there.
RUNTIME_TAR = ROOT / ".build/images/runtime.tar"
WHEELS = ROOT / ".build/images/wheels"
RUNTIME = "runtime:test"
PROGRAMS = ("multiplespawner", "multiplespawner-volume-remover")

# Fails, and names it, where something is not there.
APT_GET = b"""#!/bin/sh
set -e
[ "$1" = install ] || exit 0
shift
for word; do case $word in -*) ;; *) dpkg-query -W "$word" ;; esac; done
"""
SWIFT = b"""#!/bin/sh
case "$*" in *--show-bin-path) echo /built ;; esac
"""

DEBIAN = f"""
FROM {RUNTIME}
COPY files/ /
"""
COMPILER = """
FROM {debian}
COPY files/ /
RUN ln -sf /bin/true /usr/local/sbin/apt-get
"""
# Its pip asks nobody else.
PYTHON = f"""
FROM {SINGLEUSER}
USER root
WORKDIR /
ENV HOME=/root PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels
COPY files/ /
"""
# The user of the real one, who owns nothing.
PROXY = f"""
FROM {RUNTIME}
COPY files/ /
RUN ln -s /usr/share/nodejs/configurable-http-proxy/bin/configurable-http-proxy /usr/local/bin/
ENV NODE_PATH=/usr/share/nodejs
USER 65534
ENTRYPOINT ["configurable-http-proxy"]
"""
# A new volume there is its user's.
NOTEBOOK = f"""
FROM {SINGLEUSER}
RUN mkdir /home/jovyan/work
"""


def libraries(program: Path) -> dict[str, Path]:
    """The shared libraries of a program, by the paths at which it looks for them."""
    words = run("ldd", str(program)).split()
    paths = [Path(word) for word in words if word.startswith("/")]
    # /lib may be a link, and is one in the image.
    return {f"{path.parent.resolve()}/{path.name}": path for path in paths}


def swift_libraries(program: Path) -> dict[str, Path]:
    """Those of the compiler; all others are to be in the image."""
    found = libraries(program)
    return {name: path for name, path in found.items() if "/lib/swift/" in name}


def written(file: str, pattern: str) -> list[str]:
    """The images that a file of the deployment names."""
    return re.findall(pattern, (ROOT / "deployments" / file).read_text(), re.MULTILINE)


def load_stand_ins(api: DockerAPI, programs: Path) -> None:
    """Make them all, with a build's programs; those of an earlier run are quickly made."""
    load_singleuser(api)
    assert RUNTIME_TAR.exists() and WHEELS.exists(), "make images makes what is not there"
    load_tar(api, RUNTIME, RUNTIME_TAR)

    engine = programs / PROGRAMS[0]
    assert engine.exists(), f"there is no {engine}: swift build makes it"
    compiler, debian = written("engine.Dockerfile", r"^FROM (\S+)")
    build(api, debian, DEBIAN, {"/usr/local/sbin/apt-get": APT_GET, **swift_libraries(engine)})
    built = {f"/built/{name}": programs / name for name in PROGRAMS}
    build(api, compiler, COMPILER.format(debian=debian), {"/usr/bin/swift": SWIFT, **built})

    (python,) = written("hub.Dockerfile", r"^FROM (\S+)")
    build(api, python, PYTHON, {"/wheels": WHEELS})

    (proxy,) = written("swarm_stack.yml", r"image: (\S+-proxy:\S+)")
    node = Path(run("sh", "-c", "command -v node").strip()).resolve()
    modules = {"/usr/share/nodejs": Path("/usr/share/nodejs")}
    build(api, proxy, PROXY, {"/usr/bin/node": node, **libraries(node), **modules})

    (notebook,) = written("swarm_templates.json", r'"image": "([^"]+)"')
    build(api, notebook, NOTEBOOK, {})


def build(api: DockerAPI, name: str, dockerfile: str, files: dict[str, bytes | Path]) -> None:
    """Build an image from a Dockerfile, which finds the files at their paths below `files`."""
    with tempfile.TemporaryFile() as context:
        with tarfile.open(fileobj=context, mode="w", dereference=True) as tar:
            for path, content in {"Dockerfile": dockerfile.encode(), **_below(files)}.items():
                if isinstance(content, Path):
                    tar.add(content, path)
                    continue
                entry = tarfile.TarInfo(path)
                entry.mode, entry.size = 0o755, len(content)
                tar.addfile(entry, io.BytesIO(content))
        context.seek(0)
        docker = ["docker", "--host", f"unix://{api.path}", "build", "--quiet", "--tag", name, "-"]
        # The builder of 20.10 that asks nobody for a frontend.
        built = {**os.environ, "DOCKER_BUILDKIT": "0"}
        done = subprocess.run(docker, stdin=context, env=built, capture_output=True, text=True)
    assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"


def _below(files: dict[str, bytes | Path]) -> dict[str, bytes | Path]:
    return {f"files{path}": content for path, content in files.items()}
