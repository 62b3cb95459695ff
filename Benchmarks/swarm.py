"""What a spawn on Docker Swarm costs: the floor, ours, and two spawners in Python, in one run.

The floor is Docker's own: create by its API, then running and answering. The image, the overlay
network and the JupyterHub are the same for all, and each spawn has a user of its own, as the peers
fail when a server is started again.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "Tests" / "system"), str(Path(__file__).with_name("swarm_parts"))]

import floor  # noqa: E402
from contenders import ALONE, DOCKERSPAWNER, OURS, engine, hubs  # noqa: E402
from docker_images import load_tiny, tiny_tar  # noqa: E402
from docker_inside import Inside  # noqa: E402
from docker_network import leave_the_machines_network, run  # noqa: E402
from docker_node import DockerNode  # noqa: E402
from docker_swarm import Swarm  # noqa: E402
from docker_templates import DEPLOYMENTS, template  # noqa: E402
from engine import Engine  # noqa: E402
from hub import Hub  # noqa: E402
from paper_docker import ADDRESS, PaperDocker, quiet  # noqa: E402
from waiting import until  # noqa: E402

TURNS = int(os.environ.get("TURNS", "9"))
CROWDS = [int(each) for each in os.environ.get("CROWDS", "20 50 100").split()]
HELD, QUIET_SECONDS = 500, 30
FLOOR = "the floor: Docker's API"
ENGINE = "our engine, no hub"
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 600


def cpu_seconds(hub: Hub) -> float:
    """What the hub's process itself has used."""
    assert hub.process is not None
    fields = Path(f"/proc/{hub.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def spawn(hub: Hub, user: str) -> float:
    """Seconds from the call to a ready server."""
    begun = time.perf_counter()
    answer = hub.call("POST", f"/users/{user}/server", timeout=PATIENCE)
    if answer.status_code != 201:
        assert answer.status_code == 202, answer.text
        hub.ready(user, seconds=PATIENCE)
    return time.perf_counter() - begun


def end(hub: Hub, user: str) -> None:
    """Stop it; the peers take their time."""
    hub.call("DELETE", f"/users/{user}/server", timeout=PATIENCE)
    until(f"{user} is stopped", lambda: not hub.server(user), PATIENCE)


def spawn_all(hub: Hub, users: list[str], pool: ThreadPoolExecutor) -> tuple[float, float]:
    """Seconds until all have their servers, and the hub's CPU for it."""
    list(pool.map(hub.add, users))
    used, begun = cpu_seconds(hub), time.perf_counter()
    list(pool.map(lambda user: spawn(hub, user), users))
    return time.perf_counter() - begun, cpu_seconds(hub) - used


def start_engine(daemon: Engine, users: list[str]) -> float:
    """Seconds until these sessions answer, asked for as the hub does, but without one."""
    begun = time.perf_counter()
    for user in users:
        address = {"JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:0/user/{user}/"}
        body = {"hub": "bench", "user": user, "environment": address}
        status, answer = daemon.call("PUT", f"/v1/sessions/{user}", body)
        assert status == 202, answer
    pause = floor.PAUSE * max(1, len(users) / 4)
    while len(daemon.sessions("running")) < len(users):
        time.sleep(pause)
    return time.perf_counter() - begun


def end_engine(daemon: Engine, users: list[str], pool: ThreadPoolExecutor) -> None:
    """Stop them all."""
    list(pool.map(lambda user: daemon.call("DELETE", f"/v1/sessions/{user}"), users))


def taking_turns(swarm: Swarm, contenders: dict[str, Hub], daemon: Engine) -> dict[str, float]:
    """The median of one spawn after another; they take turns, so that all see the same noise."""
    took: dict[str, list[float]] = {name: [] for name in (FLOOR, ENGINE, *contenders)}
    for number in range(TURNS + 1):
        for name in took:
            user = f"one-{number}"
            if name == FLOOR:
                seconds = floor.start(swarm.api, [user])
                floor.clear(swarm.api)
            elif name == ENGINE:
                with ThreadPoolExecutor(1) as pool:
                    seconds = start_engine(daemon, [f"alone-{number}"])
                    end_engine(daemon, [f"alone-{number}"], pool)
                floor.settle(swarm.api)
            else:
                contenders[name].add(user)
                seconds = spawn(contenders[name], user)
                end(contenders[name], user)
                floor.settle(swarm.api)
            if number:  # the first warms up
                took[name].append(seconds)
    return {name: median(each) for name, each in took.items()}


def crowd(
    swarm: Swarm, contenders: dict[str, Hub], daemon: Engine, size: int
) -> dict[str, tuple[float, float]]:
    """Seconds and hub CPU for so many at once."""
    users = [f"crowd-{size}-{number}" for number in range(size)]
    found = {FLOOR: (floor.start(swarm.api, users), 0.0)}
    floor.clear(swarm.api)
    with ThreadPoolExecutor(size) as pool:
        without = [f"without-{user}" for user in users]
        found[ENGINE] = (start_engine(daemon, without), 0.0)
        end_engine(daemon, without, pool)
        floor.settle(swarm.api)
        for name, hub in contenders.items():
            found[name] = spawn_all(hub, users, pool)
            list(pool.map(lambda user: end(hub, user), users))
            floor.settle(swarm.api)
    return found


def measure(swarm: Swarm, contenders: dict[str, Hub], daemon: Engine) -> None:
    """Print a table, and the ratios that are aimed at."""
    one = taking_turns(swarm, contenders, daemon)
    crowds = {size: crowd(swarm, contenders, daemon, size) for size in CROWDS}
    most = max(CROWDS)
    print(f"{'':26}{'one':>10}" + "".join(f"{f'{size} at once':>14}" for size in CROWDS), end="")
    print(f"{f'hub CPU for {most}':>18}")
    for name in one:
        row = "".join(f"{crowds[size][name][0]:12.2f} s" for size in CROWDS)
        cpu = f"{crowds[most][name][1]:16.2f} s" if name not in (FLOOR, ENGINE) else ""
        print(f"{name:26}{one[name] * 1000:7.0f} ms{row}{cpu}")
    ratios(one, crowds[most], most)


def ratios(one: dict[str, float], crowd: dict[str, tuple[float, float]], size: int) -> None:
    """How ours compares, beside what it should."""
    print(f"one at a time: {one[OURS] / one[FLOOR]:.2f} times the floor (aim: at most 1.10)")
    times, without = (crowd[name][0] / crowd[FLOOR][0] for name in (OURS, ENGINE))
    print(
        f"{size} at once: {times:.2f} times the floor (aim: at most 1.05); {without:.2f} with no hub"
    )
    share = crowd[OURS][1] / crowd[DOCKERSPAWNER][1]
    print(f"hub CPU for {size}: {share:.2f} of dockerspawner's (aim: at most 0.50)")
    ours, theirs = (crowd[name][1] - crowd[ALONE][1] for name in (OURS, DOCKERSPAWNER))
    print(f"  without JupyterHub's own share: {ours:.2f} s of {theirs:.2f} s")


def requests_of_the_idle(binary: Path, folder: Path) -> None:
    """Print what Docker is asked while HELD sessions run and nothing changes."""
    run("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
    docker = PaperDocker(folder / "paper.sock")
    files = {
        "spawner_templates.json": [template("paper", connect="host_port")],
        "spawner_deployments.json": DEPLOYMENTS,
    }
    daemon = Engine(binary, folder / "paper", files, log_level="error")
    os.environ["DOCKER_HOST"] = f"unix://{docker.path}"
    daemon.start()
    try:
        for number in range(HELD):
            prefix = f"http://127.0.0.1:0/user/user-{number}/"
            body = {
                "hub": "bench",
                "user": f"user-{number}",
                "environment": {"JUPYTERHUB_SERVICE_URL": prefix},
            }
            status, answer = daemon.call("PUT", f"/v1/sessions/held{number}", body)
            assert status == 202, answer
        until(f"{HELD} sessions run", lambda: len(daemon.sessions("running")) == HELD, 120)
        quiet(docker, 10)
        asked = quiet(docker, QUIET_SECONDS)
        every = QUIET_SECONDS / max(1, sum(asked.values()))
        print(f"{HELD} idle sessions: a request to Docker each {every:.1f} s (aim: at least 2)")
        print(f"  in {QUIET_SECONDS} s: {json.dumps(asked)}")
    finally:
        daemon.kill()
        docker.close()


def with_docker(work: Callable[[Swarm], None], folder: Path) -> None:
    """Do something with a Docker Engine of the benchmark's own."""
    node = DockerNode("bench")
    try:
        node.start()
        load_tiny(node.api, tiny_tar(folder))
        work(Swarm.begin(node))
    finally:
        node.remove()


def main() -> None:
    leave_the_machines_network()
    environment = ROOT / ".build" / "venv" / "peers"
    binary = Path(os.environ.get("ENGINE", ROOT / ".build" / "release" / "multiplespawner"))

    def compare(swarm: Swarm) -> None:
        # It keeps the overlay set up, too: the first task on it would wait for that.
        inside = Inside(swarm, "hub-place", folder)
        daemon = engine(inside, binary, folder / "engine").start()
        contenders = hubs(inside, environment, folder, daemon)
        try:
            for hub in contenders.values():
                hub.start()
            measure(swarm, contenders, daemon)
        finally:
            for hub in contenders.values():
                hub.stop()
            daemon.stop()
            inside.remove()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        requests_of_the_idle(binary, folder)
        with_docker(compare, folder)


if __name__ == "__main__":
    main()
