"""External programs as plug-ins: a machine that one gives, and a server that one starts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from engine import Engine
from hub import Hub
from ssh_fixtures import DEPLOYMENTS, ssh_settings
from ssh_hosts import Hosts
from test_crash import survived
from waiting import until

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "python" / "examples"
FARTHEST_WRITE = 40


class Lab:
    """A directory with what the examples keep, and the files that name them."""

    def __init__(self, folder: Path, hosts: Hosts, tiny: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.leases_file = folder / "leases.json"
        listed = [{"host": host.address, "account": "root"} for host in hosts.all]
        (folder / "hosts.json").write_text(json.dumps(listed))
        self.pool = {"hosts": str(folder / "hosts.json"), "leases": str(self.leases_file)}
        options = hosts.options(hosts=["{endpoint}"], cmd=[tiny], args=[])
        # One that tells its errors all that it is asked.
        read = "question = json.loads(sys.stdin.readline())"
        noisy = (
            read.replace("sys.stdin.readline()", "asked")
            + "; print('asked', asked, file=sys.stderr)"
        )
        text = (EXAMPLES / "plugin_backend.py").read_text()
        assert read in text
        program = folder / "backend.py"
        program.write_text(text.replace(read, f"asked = sys.stdin.readline(); {noisy}"))
        program.chmod(0o755)
        backend = {
            "command": [str(program)],
            "data": {"directory": str(folder / "processes")},
            "cmd": [tiny],
            "args": [],
        }
        self.files = {
            "spawner_templates.json": [
                {
                    "name": "machine",
                    "resource_type": "virtual_machine",
                    "providers": ["lab"],
                    "spawner": {"class": "multiplespawner.SSH", "kwargs": options},
                },
                {
                    "name": "process",
                    "resource_type": "bare_metal",
                    "providers": ["local"],
                    "spawner": {"class": "multiplespawner.Exec", "kwargs": backend},
                },
            ],
            "spawner_deployments.json": DEPLOYMENTS,
            "providers.json": [
                {
                    "name": "lab",
                    "types": ["virtual_machine"],
                    "kind": "exec",
                    "options": {
                        "command": [str(EXAMPLES / "plugin_provider.py")],
                        "data": self.pool,
                    },
                },
                {"name": "local", "types": ["bare_metal"]},
            ],
        }

    def leases(self) -> dict[str, Any]:
        """The machines that are given, by their tokens."""
        return json.loads(self.leases_file.read_text()) if self.leases_file.exists() else {}

    def processes(self) -> list[str]:
        """The sessions that the backend has files of."""
        return sorted(path.name for path in (self.folder / "processes").glob("*/*"))


@pytest.fixture(scope="module")
def lab(hosts: Hosts, tiny: str, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """What the module's engine is given."""
    return Lab(tmp_path_factory.mktemp("lab") / "lab", hosts, tiny)


@pytest.fixture(scope="module")
def ssh_engine(
    binary: Path, lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A daemon whose machines and servers are programs' business."""
    engine = Engine(binary, tmp_path_factory.mktemp("engine"), lab.files).start()
    yield engine
    engine.stop()


def test_a_session_runs_on_a_machine_that_a_program_gives(
    ssh_hub: Hub, ssh_engine: Engine, lab: Lab, hosts: Hosts
) -> None:
    ssh_hub.run("ada", "", {"template": "machine"})
    assert ssh_hub.answer("ada").ok
    (lease,) = lab.leases().values()
    assert lease["user"] == "ada" and lease["host"] == hosts.of("ada").address
    status, answer = ssh_engine.call("GET", "/v1/providers")
    assert status == 200 and "lab" in json.dumps(answer)
    ssh_hub.end("ada")
    assert lab.leases() == {} and hosts.is_empty()


def test_a_session_runs_where_a_program_starts_it_and_an_engine_that_was_killed_finds_it_again(
    ssh_hub: Hub, ssh_engine: Engine, lab: Lab
) -> None:
    ssh_hub.run("bob", "", {"template": "process"})
    (session,) = ssh_engine.sessions()
    assert ssh_hub.answer("bob").ok and lab.processes() == [session["id"]]
    processes = ssh_hub.processes("bob")
    assert processes
    ssh_engine.kill()
    ssh_engine.start()
    assert ssh_hub.answer("bob").ok and ssh_hub.processes("bob") == processes
    status, log = ssh_engine.call("GET", f"/v1/sessions/{session['id']}/logs")
    assert status == 200, log
    # No secret of the server is in what the engine says or keeps.
    environment = Path(f"/proc/{processes[0]}/environ").read_bytes().split(b"\0")
    (token,) = [each for each in environment if each.startswith(b"JUPYTERHUB_API_TOKEN=")]
    secret = token.split(b"=", 1)[1]
    kept = [path for path in ssh_engine.directory.rglob("*") if path.is_file()]
    assert kept and not [path for path in kept if secret in path.read_bytes()]
    assert "asked {" in ssh_engine.log(), "what a program complains of is in the log"
    ssh_hub.end("bob")
    assert ssh_hub.processes("bob") == [] and lab.processes() == []


def test_the_command_line_says_which_promises_a_program_keeps(
    binary: Path, lab: Lab, tmp_path: Path
) -> None:
    def test(program: Path, *more: str) -> subprocess.CompletedProcess:
        pool = {**lab.pool, "leases": str(tmp_path / f"leases-of-{program.name}.json")}
        command = [str(binary), "plugin", "test", str(program), "--data", json.dumps(pool), *more]
        return subprocess.run(command, capture_output=True, text=True)

    good = test(EXAMPLES / "plugin_provider.py", "--format", "json")
    assert good.returncode == 0, good.stdout + good.stderr
    findings = json.loads(good.stdout)
    assert len(findings) >= 12 and {finding["level"] for finding in findings} == {"ok"}
    bad = test(Path("/bin/false"), "--kind", "provider")
    assert bad.returncode == 1, bad.stdout
    assert (
        "failed\texec: lease: " in bad.stdout and "'/bin/false' failed at 'acquire'" in bad.stdout
    )
    silent = test(Path("/bin/true"))
    assert silent.returncode == 64 and "--kind" in silent.stderr
    schema = subprocess.run([str(binary), "schema", "plugin"], capture_output=True, check=True)
    assert json.loads(schema.stdout)["$defs"]["provider-acquire-question"]


# Programs of the other two kinds: a way in, and a mark on the machine, each a file.
MADE = """#!/usr/bin/env python3
import json, pathlib, sys

question = json.loads(sys.stdin.readline())
made = pathlib.Path("DIRECTORY") / question["session"]


def say(**line):
    print(json.dumps(line), flush=True)


if question["action"] in ("prepare", "apply"):
    if question["action"] == "apply":
        say(checkpoint={"made": str(made)})
        if json.loads(sys.stdin.readline()) != {"saved": True}:
            sys.exit(1)
    made.touch()
elif question["action"] == "cleanup":
    made.unlink(missing_ok=True)
say(result=RESULT)
"""
RESULTS = {
    "authenticator": '{"account": "ada", "grant": {"made": str(made)}}',
    "configurer": "{}",
}


@pytest.mark.parametrize("kind", ["backend", "authenticator", "configurer"])
def test_a_program_of_each_kind_is_held_to_its_promises(
    kind: str, binary: Path, tmp_path: Path
) -> None:
    program = EXAMPLES / "plugin_backend.py"
    directory = tmp_path / "made"
    directory.mkdir()
    if kind in RESULTS:
        program = tmp_path / "program.py"
        text = MADE.replace("DIRECTORY", str(directory))
        program.write_text(text.replace("RESULT)", f"{RESULTS[kind]})"))
        program.chmod(0o755)
    data = json.dumps({"directory": str(directory)})
    command = [str(binary), "plugin", "test", str(program), "--kind", kind, "--data", data]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    findings = json.loads(done.stdout)
    # A backend cannot be made unreachable by whoever tries it.
    allowed = {"ok", "warning"} if kind == "backend" else {"ok"}
    assert len(findings) >= 4 and {finding["level"] for finding in findings} <= allowed, findings
    assert [path for path in directory.rglob("*") if path.is_file()] == [], "nothing is left"


@pytest.mark.parametrize(
    "moment, last", [("--crash-at-write", FARTHEST_WRITE), ("--crash-after-write", 7)]
)
def test_no_write_is_the_wrong_moment_to_be_killed(
    new_hub: Callable[..., Hub],
    binary: Path,
    hosts: Hosts,
    tiny: str,
    jupyterhub_6: Path,
    tmp_path: Path,
    moment: str,
    last: int,
) -> None:
    lab = Lab(tmp_path / "lab", hosts, tiny)
    engine = Engine(binary, tmp_path / "engine", lab.files)
    hub = new_hub(jupyterhub_6, ssh_settings(engine)).start()
    hub.add("ada")
    killed = {"start": 0, "stop": 0}
    with ThreadPoolExecutor(1) as user:
        for write in range(1, FARTHEST_WRITE):
            engine.start(moment, str(write))
            start = user.submit(hub.begin, "ada", "", {"template": "machine"})
            killed["start"] += not survived(engine, start, "start")
            assert start.result().status_code in (201, 202), start.result().text
            hub.ready("ada")
            assert hub.answer("ada").ok
            until("one machine is the session's", lambda: len(lab.leases()) == 1)
            until("one server runs", lambda: len(hosts.processes()) == 2)

            stop = user.submit(hub.end, "ada")
            killed["stop"] += not survived(engine, stop, "stop")
            stop.result()
            assert engine.sessions() == [] and hub.server("ada") == {}
            until("nothing is left", lambda: hosts.is_empty() and lab.leases() == {})
            engine.kill()
            if sum(killed.values()) < write or write == last:
                break  # there are no more writes, or the machine is there and all is the same to a program
    assert killed["start"] >= min(7, last) and killed["stop"] >= (
        3 if last == FARTHEST_WRITE else 0
    )
    assert sum(killed.values()) < FARTHEST_WRITE - 1
    hub.stop()
