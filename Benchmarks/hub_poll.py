"""What it costs the hub to poll ten thousand running servers: the look-up that `poll` is."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from types import SimpleNamespace

from multiplespawner import MultipleSpawner
from multiplespawner.session import Session

SESSIONS, ROUNDS = 10_000, 9


async def measure() -> float:
    """Milliseconds of CPU for one poll of each."""
    hub = SimpleNamespace(api_url="http://127.0.0.1:8081/hub/api", base_url="/hub/")
    spawners = []
    for number in range(SESSIONS):
        user = SimpleNamespace(name=f"user-{number}", settings={})
        spawner = MultipleSpawner(hub=hub, user=user)
        spawner._session = Session(str(number))
        spawner._session.learn({"id": str(number), "state": "running"})
        spawners.append(spawner)
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for spawner in spawners:
            assert await spawner.poll() is None
        rounds.append(time.process_time() - begun)
    return median(rounds) * 1000


print(f"poll of {SESSIONS} running servers: {asyncio.run(measure()):.1f} ms of CPU (aim: under 10)")
