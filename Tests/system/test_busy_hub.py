"""The hub's event loop has seconds of work of its own when many users start at once."""

from __future__ import annotations

import asyncio
import json
import logging
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from multiplespawner import MultipleSpawner
from multiplespawner.engine import Engine
from multiplespawner.session import Session
from multiplespawner.transport import Transport

RUNNING = {"user": "ada", "server": "", "state": "running", "url": "http://127.0.0.1:1"}


class Recorder(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """An engine in another thread, that starts at once; it tells nothing by events."""

    daemon_threads = True

    def __init__(self, path: str) -> None:
        super().__init__(path, Answers)
        self.asked: list[tuple[str, Any]] = []
        self.arrived = threading.Event()


class Answers(BaseHTTPRequestHandler):
    """One request."""

    server: Recorder
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The event stream is not to be had."""
        self.send_error(503)

    def do_PUT(self) -> None:
        """A session runs."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        self.server.arrived.set()
        self.answer(RUNNING)

    def do_DELETE(self) -> None:
        """It is gone."""
        self.server.asked.append((self.path, None))
        self.answer({**RUNNING, "state": "stopped"})

    def answer(self, session: dict[str, Any]) -> None:
        """Say what became of the session."""
        text = json.dumps({**session, "id": self.path.rpartition("/")[2]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    """It listens at `engine.sock`."""
    with Recorder(str(tmp_path / "engine.sock")) as recorder:
        thread = threading.Thread(target=recorder.serve_forever)
        thread.start()
        yield recorder
        recorder.shutdown()
        thread.join()


REQUEST = {"user": "ada", "server": "", "user_options": {"memory": 1}}


class Lone(MultipleSpawner):
    """One that needs no hub around it."""

    user_attributes: list[str] = []

    def _request(self) -> dict[str, Any]:
        return REQUEST


def connected(recorder: Recorder) -> Engine:
    """An engine as one knows it that has heard its first words."""
    transport = Transport(f"unix://{recorder.server_address}")
    engine = Engine("hub", transport, None, logging.getLogger("test"))
    engine._synchronised.set()
    return engine


def test_a_start_is_asked_for_while_the_hub_works_at_others(recorder: Recorder) -> None:
    async def start() -> str:
        spawner = Lone()
        spawner._engine = connected(recorder)
        started = spawner.start()
        # As long as this lasts, nothing else has its turn in this loop.
        assert recorder.arrived.wait(10), "it is not asked for before the loop has time"
        return await started

    assert asyncio.run(asyncio.wait_for(start(), 20)) == RUNNING["url"]
    assert len(recorder.asked) == 1, "it was asked for once"
    assert recorder.asked[0][1] == {**REQUEST, "user_data": {}, "certificates": None}


def test_a_start_that_nobody_waits_for_any_more_is_on_its_way_and_can_be_stopped(
    recorder: Recorder,
) -> None:
    async def start() -> None:
        engine, session = connected(recorder), Session("attempt")
        engine.begin(session, REQUEST)
        await engine.stop(session)
        assert session.ended and recorder.asked[1:] == [("/v1/sessions/attempt", None)]

    asyncio.run(asyncio.wait_for(start(), 20))


def test_a_snapshot_from_before_a_start_was_asked_for_does_not_lose_it(recorder: Recorder) -> None:
    async def start() -> dict[str, Any]:
        engine, session = connected(recorder), Session("attempt")
        engine.begin(session, REQUEST)
        engine._learn_all([])
        assert engine.sessions == {"attempt": session}
        return await engine.start(session, REQUEST)

    assert asyncio.run(asyncio.wait_for(start(), 20))["url"] == RUNNING["url"]
    assert len(recorder.asked) == 1
