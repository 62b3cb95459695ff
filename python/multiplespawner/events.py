"""Server-sent events: bytes in, events out."""

from __future__ import annotations

from collections.abc import Iterator


class EventParser:
    """Collects the pieces of a stream and yields each event when it is whole.

    Only what the engine sends is understood: `id`, `event`, `data`, and comments, with line feeds.
    """

    def __init__(self) -> None:
        self.last_id = ""
        self._pending = bytearray()

    def restart(self) -> None:
        """A new connection: the half of an event that a broken one left is worth nothing."""
        self._pending.clear()

    def feed(self, piece: bytes) -> Iterator[tuple[str, str]]:
        """Yield (event, data) for each event that this piece completes."""
        # Look at the new bytes only: a snapshot of ten thousand sessions comes in a hundred pieces.
        seen = max(0, len(self._pending) - 1)
        self._pending += piece
        while (end := self._pending.find(b"\n\n", seen)) >= 0:
            block = self._pending[:end].decode()
            del self._pending[: end + 2]
            seen = 0
            event, data = "message", []
            for line in block.split("\n"):
                field, _, value = line.partition(":")
                value = value[1:] if value.startswith(" ") else value
                if field == "event":
                    event = value
                elif field == "data":
                    data.append(value)
                elif field == "id":
                    self.last_id = value
            if data:
                yield event, "\n".join(data)
