"""What Ansible costs between a user's wish and a server: our part of it, beside `ansible-playbook` alone.

One machine, one playbook of three tasks that change nothing the second time. A start without a configurer, one whose
playbook runs each time, and one whose machine is prepared already take turns with `ansible-playbook` from a command line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "Tests" / "system"), str(Path(__file__).with_name("ssh_parts"))]

from docker_network import leave_the_machines_network  # noqa: E402
from engine import Engine  # noqa: E402
from machines import Machines  # noqa: E402
from ssh_fixtures import DEPLOYMENTS  # noqa: E402
from waiting import until  # noqa: E402

TURNS = int(os.environ.get("TURNS", "7"))
ALONE, PLAIN, FORCED, PREPARED = "ansible-playbook alone", "plain", "forced", "prepared"
PLAYBOOK = """- hosts: compute
  gather_facts: false
  tasks:
    - name: A directory
      ansible.builtin.file: {path: /root/bench, state: directory, mode: "0755"}
    - name: A file
      ansible.builtin.copy: {content: "one\\n", dest: /root/bench/one, mode: "0644"}
    - name: A command
      ansible.builtin.command: {argv: ["true"]}
      changed_when: false
"""


def template(machines: Machines, name: str, tiny: str, configurer: dict[str, Any]) -> dict:
    """A template of the benchmark, with a preparation or without."""
    known = {"known_hosts": [str(machines.known_hosts)]}
    made = machines.template(name, cmd=[tiny], args=[], hosts=[machines.all[0].address])
    if configurer:
        options = {
            "host_variables": {
                "ansible_user": "root",
                "ansible_ssh_private_key_file": str(machines.key),
                "ansible_python_interpreter": "/usr/bin/python3",
            },
            "host_settings": {"group": "compute", "port": "22"},
            "ansible_playbook": str(Path(sys.executable).with_name("ansible-playbook")),
            **known,
            **configurer,
        }
        made["configurer"] = {"class": "corc.configurer.AnsibleConfigurer", "options": options}
    return made


def alone(machines: Machines, folder: Path) -> Callable[[int], float]:
    """The same playbook from a command line, with the settings that ours gives it."""
    host = machines.all[0]
    inventory = folder / "inventory.ini"
    inventory.write_text(
        f"[compute]\n{host.address} ansible_user=root ansible_ssh_private_key_file={machines.key} "
        "ansible_python_interpreter=/usr/bin/python3 "
        f"ansible_ssh_common_args='-F /dev/null -o UserKnownHostsFile={machines.known_hosts}'\n"
    )
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    words = [program, "-i", str(inventory), str(folder / "playbook.yml")]

    def run(_: int) -> float:
        begun = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True, cwd=folder)
        return time.perf_counter() - begun

    return run


def start(daemon: Engine, name: str) -> Callable[[int], float]:
    """Seconds until a session of that template runs; it is stopped again."""

    def run(number: int) -> float:
        session = f"{name}-{number}"
        body = {
            "hub": "bench",
            # What was applied for one user is not another's.
            "user": name,
            "environment": {"JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:0/user/{name}/"},
            "user_options": {"template": name},
        }
        begun = time.perf_counter()
        status, answer = daemon.call("PUT", f"/v1/sessions/{session}", body)
        assert status == 202, answer
        story = daemon.story(session)
        seconds = time.perf_counter() - begun
        assert '"state":"running"' in story, story[-1000:]
        daemon.call("DELETE", f"/v1/sessions/{session}")
        until("it is over", lambda: not daemon.sessions())
        return seconds

    return run


def measure(folder: Path, machines: Machines) -> None:
    """All of it, with the machine up."""
    tiny = str(folder / "tiny_server")
    source = ROOT / "Tests" / "system" / "tiny_server.c"
    subprocess.run(["cc", "-O2", "-o", tiny, str(source)], check=True)
    (folder / "playbook.yml").write_text(PLAYBOOK)
    apply = {"apply_kwargs": {"playbook_path": str(folder / "playbook.yml")}}
    templates = [
        template(machines, PLAIN, tiny, {}),
        template(machines, FORCED, tiny, {**apply, "force": True}),
        template(machines, PREPARED, tiny, apply),
    ]
    files = {"spawner_templates.json": templates, "spawner_deployments.json": DEPLOYMENTS}
    binary = Path(os.environ.get("ENGINE", ROOT / ".build" / "release" / "multiplespawner"))
    daemon = Engine(binary, folder / "engine", files, log_level="error").start()
    kinds = {
        ALONE: alone(machines, folder),
        **{name: start(daemon, name) for name in (PLAIN, FORCED, PREPARED)},
    }
    took: dict[str, list[float]] = {name: [] for name in kinds}
    try:
        for number in range(TURNS + 1):
            for name, run in kinds.items():
                seconds = run(number)
                if number:  # the first warms up, and prepares
                    took[name].append(seconds)
    finally:
        daemon.kill()
    of = {name: median(each) for name, each in took.items()}
    for name, seconds in of.items():
        print(f"{name:26}{seconds * 1000:8.1f} ms, least {min(took[name]) * 1000:.1f} ms")
    over = of[FORCED] - of[PLAIN] - of[ALONE]
    print(
        f"over ansible-playbook alone: {over:.3f} s, {over / of[ALONE]:.2f} times (aim: at most 0.3 s)"
    )
    passed = of[PREPARED] - of[PLAIN]
    print(f"a prepared machine is passed in {passed * 1000:.1f} ms (aim: less than 20)")


def main() -> None:
    leave_the_machines_network()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        machines = Machines(1, folder / "machines")
        try:
            measure(folder, machines)
        finally:
            machines.remove()


if __name__ == "__main__":
    main()
