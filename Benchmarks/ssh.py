"""What a spawn over SSH costs: the floor, ours, and NERSC's sshspawner, in one run.

The machines, the server and the JupyterHub are the same for all, and what is compared takes turns.
SSHSPAWNER names the folder of NERSC's source, which is in no registry (github.com/NERSC/sshspawner);
without it, or without asyncssh in the peers' environment, that column is missing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "Tests" / "system"), str(Path(__file__).with_name("ssh_parts"))]

from contenders import ALONE, LOCAL_URL, NERSC, OURS, can_run, engine, hubs  # noqa: E402
from docker_network import leave_the_machines_network  # noqa: E402
from download import Forward, Transfer, describe, fetch  # noqa: E402
from engine import Engine  # noqa: E402
from floor import Master, OpenShell, login  # noqa: E402
from hub import Hub  # noqa: E402
from machines import Machines, commands, hang_up  # noqa: E402
from waiting import until  # noqa: E402

TURNS = int(os.environ.get("TURNS", "11"))
CROWD, CROWD_ROUNDS = int(os.environ.get("CROWD", "100")), 2
HELD, MACHINES, POLL_SECONDS, QUIET_POLLS = 500, 10, 5, 4
SIZE = int(os.environ.get("SIZE", str(1 << 30)))
DOWNLOADS = int(os.environ.get("DOWNLOADS", "3"))
PARTS = os.environ.get("PARTS", "one crowd polls download").split()
ENGINE = "our engine, no hub"
COLD_ENGINE, COLD = f"{ENGINE}, cold", "ours, cold"
LOGIN, MASTER, SHELL = "ssh host true", "the same, ControlMaster", "a shell that is open"
PATIENCE = 600
NO_HUB = "bench"


def spawn(hub: Hub, user: str, template: str | None = "one") -> float:
    """Seconds from the call to a ready server."""
    begun = time.perf_counter()
    options = {"template": template} if template else None
    answer = hub.call("POST", f"/users/{user}/server", options, timeout=PATIENCE)
    assert answer.status_code == 201, answer.text
    return time.perf_counter() - begun


def end(hub: Hub, user: str) -> None:
    """Stop it."""
    answer = hub.call("DELETE", f"/users/{user}/server", timeout=PATIENCE)
    assert answer.status_code in (202, 204), answer.text
    until(f"{user} is stopped", lambda: not hub.server(user), PATIENCE)


def ask(daemon: Engine, name: str, template: str) -> None:
    """Ask the engine for a session, as the hub does, but without one."""
    body = {
        "hub": NO_HUB,
        "user": name,
        "environment": {"JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:0/user/{name}/"},
        "user_options": {"template": template},
    }
    status, answer = daemon.call("PUT", f"/v1/sessions/{name}", body)
    assert status == 202, answer


def start_engine(daemon: Engine, name: str, template: str = "one") -> float:
    """Seconds until a session runs."""
    begun = time.perf_counter()
    ask(daemon, name, template)
    story = daemon.story(name)
    assert '"state":"running"' in story, story[-1000:]
    return time.perf_counter() - begun


def end_engine(daemon: Engine, name: str) -> None:
    """Stop it."""
    daemon.call("DELETE", f"/v1/sessions/{name}")


def one(machines: Machines, daemon: Engine, contenders: dict[str, Hub], tiny: str) -> None:
    """One start after another; all take turns, so that all see the same noise."""
    first, second = machines.all[:2]  # what stays open to the second is not cut with the first's
    master, shell = Master(machines, second), OpenShell(machines, second, tiny)

    def alone(number: int) -> float:
        seconds = start_engine(daemon, f"alone-{number}")
        end_engine(daemon, f"alone-{number}")
        return seconds

    def through(name: str, prefix: str = "one") -> Callable[[int], float]:
        def start(number: int) -> float:
            hub, user = contenders[name], f"{prefix}-{number}"
            hub.add(user)
            seconds = spawn(hub, user, "one" if name == OURS else None)
            end(hub, user)
            return seconds

        return start

    def cold(start: Callable[[int], float]) -> Callable[[int], float]:
        def after(number: int) -> float:
            hang_up(first)
            return start(number + 1000)

        return after

    kinds: dict[str, Callable[[int], float]] = {
        LOGIN: lambda _: login(machines, first),
        MASTER: lambda _: master.run(),
        SHELL: lambda _: shell.start(),
        ENGINE: alone,
        COLD_ENGINE: cold(alone),
        **{name: through(name) for name in contenders},
        COLD: cold(through(OURS)),
    }
    took: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(TURNS + 1):
        for name, start in kinds.items():
            seconds = start(number)
            if number:  # the first warms up
                took[name].append(seconds)
    master.close()
    shell.close()
    print(f"{'one start to ready':34}{'median':>10}{'least':>10}")
    for name, each in took.items():
        print(f"{name:34}{median(each) * 1000:7.1f} ms{min(each) * 1000:7.1f} ms")
    of = {name: median(each) for name, each in took.items()}
    print(f"one start: {of[OURS] * 1000:.0f} ms (aim: less than 80)")
    print(f"  {of[OURS] - of[ALONE]:.3f} s more than JupyterHub itself takes")
    if NERSC in of:
        print(f"  {of[OURS] / of[NERSC]:.2f} of what sshspawner takes (aim: at most 0.28)")
    for name, live in ((COLD_ENGINE, ENGINE), (COLD, OURS)):
        times = (of[name] - of[live]) / of[LOGIN]
        print(f"{name}: a live start and {times:.2f} times 'ssh host true' (aim: at most 1.10)")


def crowd(daemon: Engine, contenders: dict[str, Hub]) -> None:
    """Many at once on three machines."""
    took: dict[str, list[float]] = {}
    with ThreadPoolExecutor(CROWD) as pool:
        for round in range(CROWD_ROUNDS):
            names = [f"without-{round}-{number}" for number in range(CROWD)]
            begun = time.perf_counter()
            list(pool.map(lambda name: start_engine(daemon, name, "three"), names))
            took.setdefault(ENGINE, []).append(time.perf_counter() - begun)
            list(pool.map(lambda name: end_engine(daemon, name), names))
            for name, hub in contenders.items():
                users = [f"crowd-{round}-{number}" for number in range(CROWD)]
                list(pool.map(hub.add, users))
                template = "three" if name == OURS else None
                begun = time.perf_counter()
                list(pool.map(lambda user: spawn(hub, user, template), users))
                took.setdefault(name, []).append(time.perf_counter() - begun)
                list(pool.map(lambda user: end(hub, user), users))
    print(f"{f'{CROWD} at once, three machines':34}")
    for name, each in took.items():
        print(f"{name:34}{median(each):7.2f} s")
    if NERSC in took:
        share = median(took[OURS]) / median(took[NERSC])
        print(f"{CROWD} at once: {share:.2f} of what sshspawner takes (aim: at most 0.50)")


def polls(machines: Machines, daemon: Engine) -> None:
    """What is asked of the machines while many sessions run and nothing changes."""
    names = [f"held-{number}" for number in range(HELD)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda name: ask(daemon, name, "all"), names))
    until("they run", lambda: len(daemon.sessions("running")) == HELD, 180, 0.5)
    print(f"{HELD} sessions on {MACHINES} machines: started in {time.perf_counter() - begun:.1f} s")
    time.sleep(POLL_SECONDS)
    before = commands(machines.all)
    time.sleep(QUIET_POLLS * POLL_SECONDS)
    each = (commands(machines.all) - before) / QUIET_POLLS
    assert each > 0, "the machines' SSH servers have noted no command"
    print(f"{each:.1f} commands in {POLL_SECONDS} s, a round of polls (aim: at most {MACHINES})")


def download(machines: Machines, daemon: Engine) -> None:
    """A large file through our tunnel and through OpenSSH's, with the same cipher and its own."""
    start_engine(daemon, "source", "source")
    (session,) = [each for each in daemon.sessions("running") if each["id"] == "source"]
    host = machines.all[0]
    labels = next(host.home.glob(".multiplespawner/sessions/source/label")).read_text()
    port = int(labels.split("\nport ")[1].split()[0])
    own = int(session["url"].split(":")[2].partition("/")[0])
    same = ("-o", "Ciphers=aes128-ctr", "-o", "MACs=hmac-sha2-256")
    forwards = {
        "ssh -L, the same cipher": Forward(machines, host, port, *same),
        "ssh -L, its own choice": Forward(machines, host, port),
    }
    ports = {"our tunnel": own, **{name: each.port for name, each in forwards.items()}}
    found: dict[str, list[Transfer]] = {name: [] for name in ports}
    for number in range(DOWNLOADS + 1):
        for name, each in ports.items():
            transfer = fetch(each, "/user/source/", SIZE if number else SIZE // 16)
            if number:  # the first warms up
                found[name].append(transfer)
    for forward in forwards.values():
        forward.close()
    print(f"a download of {SIZE / (1 << 30):g} GiB")
    rates = {name: describe(name, each, SIZE) for name, each in found.items()}
    mine = rates.pop("our tunnel")
    for name, rate in rates.items():
        print(f"our tunnel: {mine / rate:.2f} of {name} (aim: at least 0.80)")
    end_engine(daemon, "source")


def measure(folder: Path, machines: Machines, tiny: str) -> None:
    """All of it, with the machines up."""
    peers = ROOT / ".build" / "venv" / "peers"
    own = ROOT / ".build" / "venv" / "jupyterhub-6.1"
    environment = peers if peers.exists() else own
    binary = Path(os.environ.get("ENGINE", ROOT / ".build" / "release" / "multiplespawner"))
    place = os.environ.get("SSHSPAWNER")
    nersc = Path(place).resolve() if place else None
    if not can_run(environment, nersc):
        print("NERSC's sshspawner is left out: SSHSPAWNER names no folder of it, or no asyncssh")
        nersc = None
    source = str(Path(__file__).with_name("ssh_parts") / "source_server.py")
    daemon = engine(machines, binary, folder / "engine", tiny, source)
    contenders: dict[str, Hub] = {}
    try:
        daemon.start()
        if "one" in PARTS or "crowd" in PARTS:
            contenders = hubs(machines, environment, folder, daemon, tiny, nersc)
            for hub in contenders.values():
                hub.start()
        if "one" in PARTS:
            one(machines, daemon, contenders, tiny)
        if "crowd" in PARTS:
            crowd(daemon, contenders)
        for hub in contenders.values():
            hub.stop()
        contenders = {}
        if "download" in PARTS:
            download(machines, daemon)
        if "polls" in PARTS:
            polls(machines, daemon)
    finally:
        for hub in contenders.values():
            hub.stop()
        # Its sessions end with their machines.
        daemon.kill()


def main() -> None:
    # Whoever ends the run ends its machines.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    leave_the_machines_network()
    # What the machines write does not end up on the disk that the hubs' databases wait for.
    disk = tempfile.TemporaryDirectory(dir="/dev/shm")
    with tempfile.TemporaryDirectory() as name, disk as machines_disk:
        folder = Path(name)
        tiny = str(folder / "tiny_server")
        text = ROOT / "Tests" / "system" / "tiny_server.c"
        subprocess.run(["cc", "-O2", "-o", tiny, str(text)], check=True)
        count = MACHINES if "polls" in PARTS else 3
        machines = Machines(count, Path(machines_disk) / "machines")
        local = {**os.environ, "JUPYTERHUB_SERVICE_URL": LOCAL_URL}
        server = subprocess.Popen([tiny], env=local)
        try:
            measure(folder, machines, tiny)
        finally:
            server.kill()
            machines.remove()


if __name__ == "__main__":
    main()
