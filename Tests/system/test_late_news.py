"""News of a start that the engine's own end cut off may come late, when it was asked for anew."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from multiplespawner.engine import Engine
from multiplespawner.session import Session

OWNER = {"user": "ada", "server": ""}
CUT_OFF = {**OWNER, "id": "attempt", "state": "stopped", "reason": "interrupted"}
RUNNING = {**OWNER, "id": "attempt", "state": "running", "url": "http://127.0.0.1:1"}


class Wire:
    """An engine that was killed once: what it answers, and what it tells beside."""

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.asked = 0

    async def call(self, method: str, path: str, body: Any = None, timeout: float = 0) -> Any:
        """The second time it starts; before it says so, the first time's end is heard of."""
        assert method == "PUT" and self.engine is not None
        self.asked += 1
        if self.asked == 1:
            asyncio.get_running_loop().call_later(0.05, self.engine._learn_all, [])
            return {**OWNER, "id": "attempt", "state": "stopping", "reason": "interrupted"}
        if self.asked == 2:
            self.engine._learn(CUT_OFF)
            return {**OWNER, "id": "attempt", "state": "accepted"}
        return RUNNING

    async def stream(self, *arguments: Any) -> None:
        """Nothing more is told."""
        await asyncio.Event().wait()


def test_a_start_goes_on_after_late_news_of_an_earlier_one() -> None:
    async def start() -> tuple[dict[str, Any], int]:
        wire = Wire()
        engine = wire.engine = Engine("hub", wire, None, logging.getLogger("test"))  # type: ignore
        engine._synchronised.set()
        return await engine.start(Session("attempt"), dict(OWNER)), wire.asked

    data, asked = asyncio.run(asyncio.wait_for(start(), 10))
    assert data["url"] == RUNNING["url"] and asked == 3
