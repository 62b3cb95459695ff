"""A network of the tests' own, in which they may have a Docker Engine beside anybody else's.

Two Docker Engines in one network namespace fight over `docker0`, `docker_gwbridge` and the
firewall. The tests therefore leave the machine's network: what they start later is with them in a
namespace that goes with the last of them, whatever becomes of the run.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

CLONE_NEWNET = 0x40000000


def run(*command: str) -> str:
    """Carry out a command to its end, and fail with what it said."""
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"
    return done.stdout


def leave_the_machines_network() -> None:
    """Give this process, and what it will start, a network. Wants root, and no threads yet."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"cannot leave the machine's network: {os.strerror(error)}")
    run("ip", "link", "set", "lo", "up")


def has_ipvs() -> bool:
    """Whether the kernel can do virtual addresses."""
    return Path("/proc/net/ip_vs").exists()


class Bridge:
    """A switch that machines are plugged into; this process is at its first address."""

    def __init__(self, name: str, prefix: str) -> None:
        self.name = name
        self.prefix = prefix
        self.address = f"{prefix}.1"
        self.cards: list[str] = []
        run("ip", "link", "add", name, "type", "bridge")
        run("ip", "address", "add", f"{self.address}/24", "dev", name)
        run("ip", "link", "set", name, "up")
        # A Docker Engine beside the bridge forbids what is only passed on: swarm join
        # would time out.
        run("iptables", "-I", "FORWARD", "-i", name, "-o", name, "-j", "ACCEPT")

    def plug(self, number: int, holder: int) -> str:
        """Give the network namespace of `holder` a card named eth0; returns its address.

        There is no way out: Docker asks a registry for its images before each start, and is refused
        at once.
        """
        here, address = f"{self.name}-{number}", f"{self.prefix}.{10 + number}"
        inside = ("nsenter", "--target", str(holder), "--net")
        # A machine that comes back has the card that it had: nobody waits until the old one is forgotten.
        run(
            *("ip", "link", "add", here, "type", "veth", "peer", "name", "eth0"),
            *("address", f"02:4d:53:00:00:{number:02x}", "netns", str(holder)),
        )
        self.cards.append(here)
        run("ip", "link", "set", here, "master", self.name, "up")
        run(*inside, "ip", "link", "set", "lo", "up")
        run(*inside, "ip", "address", "add", f"{address}/24", "dev", "eth0")
        run(*inside, "ip", "link", "set", "eth0", "up")
        return address

    def close(self) -> None:
        """Take the switch away, with the cards: their machines would take them along in a while."""
        for card in self.cards:
            subprocess.run(["ip", "link", "delete", card], capture_output=True)
        run("iptables", "-D", "FORWARD", "-i", self.name, "-o", self.name, "-j", "ACCEPT")
        run("ip", "link", "delete", self.name)
