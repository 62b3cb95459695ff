"""What the hub remembers of one attempt to run a server."""

from __future__ import annotations

import asyncio
from typing import Any

STARTING = ("accepted", "queued", "starting")
ENDED = ("stopped", "failed")


class Session:
    """One attempt: the engine's last word on it, and its progress so far.

    `live` is kept beside `data` so that a poll is one look-up: thousands of servers are polled
    every half minute, in the process that serves every page.
    """

    __slots__ = ("id", "data", "live", "saved", "progress", "_changed")

    def __init__(self, id: str, saved: dict[str, Any] | None = None) -> None:
        self.id = id
        self.data: dict[str, Any] | None = None
        self.live = False
        self.saved = saved
        self.progress: list[tuple[int, str]] = []
        self._changed: asyncio.Event | None = None

    @property
    def state(self) -> str:
        """The engine's word for where it stands; empty while the engine does not know it."""
        return self.data["state"] if self.data else ""

    @property
    def ended(self) -> bool:
        """Whether there is evidence that it is over. Not knowing is no evidence."""
        return self.state in ENDED

    @property
    def failing(self) -> bool:
        """Whether its end is certain though not all is undone yet; the reason is known by then."""
        return self.state == "stopping" and bool(self.data and self.data.get("error"))

    @property
    def url(self) -> str:
        """Where the server answers; empty before it does."""
        return (self.data or {}).get("url") or ""

    @property
    def exit_status(self) -> int:
        """What `poll` says of an ended session: its exit code, else 1 if it failed, else 0."""
        code = self.data.get("exit_code") if self.data else None
        return int(code) if code is not None else int(self.state == "failed")

    def learn(self, data: dict[str, Any]) -> None:
        """Take the engine's word, and wake who waits for it."""
        self.data = data
        self.live = data["state"] not in ENDED
        self.saved = data.get("saved_state") or self.saved
        self._wake()

    def lose(self) -> None:
        """The engine does not know it, or not any more; what was saved is kept, to adopt it by."""
        self.data = None
        self.live = False
        self._wake()

    def tell(self, percent: int, message: str) -> None:
        """One more line of progress."""
        self.progress.append((percent, message))
        self._wake()

    async def change(self) -> None:
        """Return at the next change; none is missed after a look that no await follows."""
        if self._changed is None:
            self._changed = asyncio.Event()
        await self._changed.wait()

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None
