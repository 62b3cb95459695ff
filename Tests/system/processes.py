"""Processes that the tests started, looked at through /proc and ended by their id alone."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from waiting import until


def alive(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def with_environment(**variables: str) -> list[int]:
    """The processes whose environment has these variables with these values."""
    wanted = {f"{name}={value}".encode() for name, value in variables.items()}
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted <= set(environment) and alive(int(entry.name)):
                found.append(int(entry.name))
    return sorted(found)


def end(process: subprocess.Popen, how: int = signal.SIGTERM, seconds: float = 15.0) -> None:
    """End one child and wait for it; one that does not listen is killed."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def kill(pid: int) -> None:
    """A power cut for one process, which need not be a child."""
    os.kill(pid, signal.SIGKILL)
    until(f"process {pid} is gone", lambda: not alive(pid))
