"""Waiting for what must come true, with a deadline and a reason when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(
    what: str, look: Callable[[], Found], seconds: float = 30.0, pause: float = 0.05
) -> Found:
    """Return the first true answer of `look`; at the deadline, fail with `what` was wanted."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert (
            time.monotonic() < deadline
        ), f"not within {seconds:g} s: {what}; last seen: {found!r}"
        time.sleep(pause)


def stays(what: str, look: Callable[[], object], seconds: float, pause: float = 0.1) -> None:
    """Fail as soon as `look` is not true within this time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert look(), f"no longer: {what}"
        time.sleep(pause)
