"""The Swarm backend is held to what every backend promises, against a real swarm.

The promises are checked by the unit tests' own suite, which cannot start a Docker Engine and is
told of one here.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from docker_swarm import Swarm

ROOT = Path(__file__).resolve().parents[2]
PROMISES = 17


def test_every_promise_of_a_backend_is_kept(swarm: Swarm) -> None:
    done = subprocess.run(
        ["swift", "test", "--skip-build", "--filter", "SwarmContractTests"],
        cwd=ROOT,
        env={**os.environ, "MULTIPLESPAWNER_TEST_DOCKER": swarm.host},
        capture_output=True,
        text=True,
        timeout=600,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    passed = re.search(r"Test .the promise is kept.* with (\d+) test cases passed", said)
    assert passed and int(passed[1]) >= PROMISES, said[-4000:]
    assert swarm.is_empty(), swarm.left()
