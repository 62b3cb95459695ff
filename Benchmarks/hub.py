"""What a spawn costs, beside JupyterHub's own spawner: same hub, same tiny server, in one run.

One at a time the two take turns, so that both see the same noise. A start is timed from the REST
call to the answer that the server is ready.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "system"))

from engine import Engine  # noqa: E402
from hub import Hub  # noqa: E402

ALONE, AT_ONCE, ROUNDS = 40, 100, 2
SIMPLE = "jupyterhub.spawner.SimpleLocalProcessSpawner"
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(hub: Hub) -> float:
    """What the hub's process itself has used."""
    fields = Path(f"/proc/{hub.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(hub: Hub) -> int:
    """The hub's resident memory, in MB."""
    status = Path(f"/proc/{hub.process.pid}/status").read_text()
    return (
        int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
        // 1024
    )


def start(hub: Hub, user: str) -> float:
    """Seconds from the call to a ready server."""
    begun = time.perf_counter()
    answer = hub.call("POST", f"/users/{user}/server")
    if answer.status_code != 201:
        hub.ready(user, seconds=120)
    return time.perf_counter() - begun


def at_once(hub: Hub, round: int) -> tuple[float, float]:
    """Seconds until a hundred users have their servers, and the hub's CPU for it."""
    users = [f"crowd-{round}-{number}" for number in range(AT_ONCE)]
    for user in users:
        hub.add(user)
    used, begun = cpu_seconds(hub), time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda user: start(hub, user), users))
        took, used = time.perf_counter() - begun, cpu_seconds(hub) - used
        list(pool.map(hub.end, users))
    return took, used


def measure(hubs: dict[str, Hub]) -> None:
    """Print one line per hub."""
    alone: dict[str, list[float]] = {name: [] for name in hubs}
    for number in range(ALONE + 2):
        for name, hub in hubs.items():
            user = hub.add(f"user-{number}")
            took = start(hub, user)
            if number >= 2:  # the first two warm up
                alone[name].append(took)
            hub.end(user)
    crowds = {name: [] for name in hubs}
    for round in range(ROUNDS):
        for name, hub in hubs.items():
            crowds[name].append(at_once(hub, round))
    print(f"{'':36}{'one alone':>12}{f'{AT_ONCE} at once':>14}{'hub CPU':>10}{'memory':>10}")
    for name, hub in hubs.items():
        took, used = (median(each) for each in zip(*crowds[name]))
        one = median(alone[name]) * 1000
        print(f"{name:36}{one:9.1f} ms{took:12.2f} s{used:8.2f} s{memory(hub):7} MB")
    first, second = (median(alone[name]) for name in hubs)
    print(f"one alone: {second / first:.2f} times what JupyterHub's own takes (aim: at most 1.15)")


def main() -> None:
    environment = ROOT / ".build" / "venv" / "jupyterhub-6.1"
    binary = Path(os.environ.get("ENGINE", ROOT / ".build" / "release" / "multiplespawner"))
    with tempfile.TemporaryDirectory() as folder:
        tiny, home = f"{folder}/tiny_server", f"{folder}/homes/{{username}}"
        source = ROOT / "Tests" / "system" / "tiny_server.c"
        subprocess.run(["cc", "-O2", "-o", tiny, str(source)], check=True)
        template = {
            "name": "tiny",
            "resource_type": "bare_metal",
            "providers": ["local"],
            "spawner": {"class": SIMPLE, "kwargs": {"cmd": [tiny], "home_dir_template": home}},
        }
        deployments = {"bare_metal": [{"name": "local_machine", "provider": "local"}]}
        files = {"spawner_templates.json": [template], "spawner_deployments.json": deployments}
        engine = Engine(binary, Path(folder, "engine"), files).start()
        limits = {"JupyterHub": {"concurrent_spawn_limit": 0, "log_level": "WARN"}}
        own = {
            **limits,
            "JupyterHub": {**limits["JupyterHub"], "spawner_class": SIMPLE},
            "SimpleLocalProcessSpawner": {"cmd": [tiny], "home_dir_template": home},
        }
        ours = {**limits, "MultipleSpawner": {"url": f"unix://{engine.socket}"}}
        hubs = {
            "SimpleLocalProcessSpawner": Hub(environment, Path(folder, "own"), own),
            "MultipleSpawner": Hub(environment, Path(folder, "ours"), ours),
        }
        try:
            for hub in hubs.values():
                hub.start()
            measure(hubs)
        finally:
            for hub in hubs.values():
                hub.stop()
            engine.stop()


if __name__ == "__main__":
    main()
