"""What a large pool costs: its form, and the choice of one of its hosts for a start.

A thousand hosts with ten slots each, beside a single host with as many slots: what the form takes longer, and what a
start takes longer, is what the size of the pool costs. The hosts are addresses of loopback, at which one listener answers.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from engine import Connection, Daemon, request, start_request

HOSTS = 1_000
SLOTS = 10_000
FORMS = 200
STARTS = 200
# Slots that are taken when it is measured again: half of them.
TAKEN = SLOTS // 2


class Doors:
    """Answers at one port of every address of this machine."""

    def __init__(self) -> None:
        self.listener = socket.socket()
        self.listener.bind(("0.0.0.0", 0))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
                connection.sendall(b"SSH-2.0-bench\r\n")
                connection.close()
            except OSError:
                return


class Site(Daemon):
    """A daemon with a pool, with a template that takes a machine of it, and with one that lets users choose a machine."""

    def __init__(self, directory: Path, hosts: list[str], port: int) -> None:
        directory.mkdir()
        super().__init__(directory)
        slots = SLOTS // len(hosts)
        entries = [
            {"host": host, "port": port, "slots": slots, "memory": 2 * slots} for host in hosts
        ]
        templates = [
            template("pool", "multiplespawner.Mock"),
            template("chosen", "multiplespawner.SSH", hosts=hosts, host_choice="form"),
        ]
        self.templates.write_text(json.dumps(templates))
        self.providers = directory / "providers.json"
        pool = {"name": "lab", "kind": "static", "types": ["virtual_machine"], "cost_per_hour": 0.2}
        self.providers.write_text(json.dumps([{**pool, "options": {"hosts": entries}}]))

    def start(self) -> float:
        os.environ["MULTIPLE_SPAWNER_PROVIDERS_FILE"] = str(self.providers)
        return super().start()


def template(name: str, kind: str, **kwargs: Any) -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": "virtual_machine",
        "providers": ["lab"],
        "spawner": {"class": kind, "kwargs": kwargs},
    }


def forms(site: Site) -> list[float]:
    """Seconds of each form, one after another."""
    connection = Connection(site.socket)
    seconds = []
    for number in range(FORMS):
        began = time.perf_counter()
        status, body = connection.call(request("GET", f"/v1/form?user=user{number}"))
        seconds.append(time.perf_counter() - began)
        assert status == 200 and b" free" in body, body[-300:]
    return seconds


def starts(site: Site, name: str, count: int) -> list[float]:
    """Seconds from a PUT to the event that says that it runs, of each start, one after another."""
    events = socket.socket(socket.AF_UNIX)
    events.connect(site.socket)
    events.sendall(request("GET", "/v1/events?hub=bench"))
    connection = Connection(site.socket)
    pending, seconds = b"", []
    while b"event: snapshot" not in pending:
        pending += events.recv(65536)
    for number in range(count):
        body = start_request(f"{name}{number}", f"{name}{number}")
        pending = b""
        began = time.perf_counter()
        status, answer = connection.call(body)
        assert status == 202, answer
        while b'"state":"running"' not in pending:
            pending += events.recv(65536)
            assert b'"state":"failed"' not in pending, pending[-2000:]
        seconds.append(time.perf_counter() - began)
    events.close()
    return seconds


def fill(site: Site, count: int) -> None:
    """Take slots, many at once."""
    connection = Connection(site.socket)
    for number in range(count):
        connection.call(start_request(f"fill{number}", f"fill{number}"))
    while site.running(connection) < count:
        time.sleep(0.05)


def told(name: str, seconds: list[float], base: list[float], aim: str) -> None:
    """A line: the median, the slowest but for one in a hundred, and the ratio to the small pool's."""
    median, small = statistics.median(seconds) * 1000, statistics.median(base) * 1000
    late = statistics.quantiles(seconds, n=100)[98] * 1000
    print(
        f"{name}: {median:.2f} ms, 99 of 100 within {late:.2f} ms; {median / small:.2f} times one host's "
        f"{small:.2f} ms ({aim})"
    )


def main() -> None:
    directory = Path(tempfile.mkdtemp(prefix="multiplespawner-bench-"))
    doors = Doors()
    large = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(HOSTS)]
    sites = {}
    try:
        for name, hosts in [("one", large[:1]), ("many", large)]:
            sites[name] = Site(directory / name, hosts, doors.port)
            sites[name].start()
        one, many = sites["one"], sites["many"]
        print(f"a pool of {HOSTS} hosts with {SLOTS} slots, beside one host with as many")
        told("form, nothing taken", forms(many), forms(one), "at most 50 ms")
        small, big = starts(one, "first", STARTS), starts(many, "first", STARTS)
        told("start, nothing taken", big, small, "choosing is the difference: at most 1 ms")
        for site in (one, many):
            fill(site, TAKEN - STARTS)
        told(f"form, {TAKEN} taken", forms(many), forms(one), "at most 50 ms")
        small, big = starts(one, "second", STARTS), starts(many, "second", STARTS)
        told(f"start, {TAKEN} taken", big, small, "choosing is the difference: at most 1 ms")
        difference = (statistics.median(big) - statistics.median(small)) * 1000
        print(f"choosing one of {HOSTS} hosts: {difference:.2f} ms")
    finally:
        for site in sites.values():
            if site.process is not None and site.process.poll() is None:
                site.kill()
        doors.listener.close()
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
