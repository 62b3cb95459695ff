"""The command line, as an operator uses it, and files that change under a running engine."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine import Engine
from waiting import until

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="module")
def own(binary: Path, files: dict, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine whose files these tests may change."""
    engine = Engine(binary, tmp_path_factory.mktemp("own"), files).start()
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def run(own: Engine) -> Run:
    """One command in that engine's environment."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(own.binary), *arguments],
            env={**os.environ, **own.environment, **variables},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def begin(engine: Engine, identifier: str, template: str = "tiny") -> None:
    body = {
        "hub": "cli",
        "user": identifier,
        "user_options": {"template": template},
        "environment": {
            "PATH": os.environ["PATH"],
            "JUPYTERHUB_API_TOKEN": "the-secret-of-the-server",
        },
    }
    status, answer = engine.call("PUT", f"/v1/sessions/{identifier}", body)
    assert status == 202, answer
    until(
        "it runs",
        lambda: engine.call("GET", f"/v1/sessions/{identifier}")[1]["state"] == "running",
        20,
    )


def test_check_speaks_as_compilers_do(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(
        '[\n  {"name": "x", "resource_tpye": "container",\n   "providers": ["local"]}\n]\n'
    )
    result = run("check", "--templates", str(wrong))
    assert result.returncode == 1
    assert f"{wrong}:2:17: error: " in result.stdout
    assert "'resource_type'" in result.stdout and "[unknown-key]" in result.stdout
    assert run("check").returncode == 0


def test_check_has_facts_for_programs(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[{]")
    report = json.loads(run("check", "--format", "json", "--templates", str(wrong)).stdout)
    assert report["errors"] >= 1 and report["diagnostics"][0]["line"] == 1


def test_plan_says_why(run: Run) -> None:
    result = run("plan", "--user", "ada", "--options", '{"template": "slow"}')
    assert result.returncode == 0, result.stderr
    assert "taken        slow" in result.stdout and "passed over  tiny" in result.stdout
    refused = run("plan", "--user", "ada", "--options", '{"template": "tyni"}')
    assert refused.returncode in (64, 66) and "tiny" in refused.stderr


def test_schemas_are_json(run: Run) -> None:
    for file in ("templates", "deployments", "providers", "settings"):
        assert json.loads(run("schema", file).stdout)["$schema"].endswith("2020-12/schema")


def test_doctor_says_what_to_do(run: Run, own: Engine) -> None:
    result = run("doctor")
    assert result.returncode == 1
    failed = [line for line in result.stdout.splitlines() if line.startswith("failed")]
    assert any("/no/such/program" in line for line in failed), result.stdout


def test_a_session_is_listed_shown_read_and_stopped(run: Run, own: Engine) -> None:
    begin(own, "listed")
    assert "listed" in run("sessions").stdout
    shown = run("sessions", "show", "listed")
    assert 'state: "running"' in shown.stdout and "the-secret-of-the-server" not in shown.stdout
    assert run("logs", "listed").returncode == 0
    assert "nothing is left over" in run("sessions", "sweep").stdout
    assert "stopped" in run("sessions", "stop", "listed").stdout
    gone = run("sessions", "show", "never-heard-of")
    assert gone.returncode == 66 and "never-heard-of" in gone.stderr


def test_no_secret_is_kept_or_said(own: Engine) -> None:
    begin(own, "secretive")
    kept = b"".join(path.read_bytes() for path in own.state.rglob("*") if path.is_file())
    own.call("DELETE", "/v1/sessions/secretive?now=true")
    assert b"secretive" in kept and b"the-secret-of-the-server" not in kept
    assert "the-secret-of-the-server" not in own.log()


def test_without_a_daemon_the_error_names_the_socket(run: Run, tmp_path: Path) -> None:
    result = run("sessions", "--socket", str(tmp_path / "nobody.sock"))
    assert result.returncode == 75 and "nobody.sock" in result.stderr and "serve" in result.stderr


def test_a_second_daemon_on_the_same_state_is_refused(run: Run, own: Engine) -> None:
    result = run("serve")
    assert result.returncode == 75 and str(own.state) in result.stderr
    assert own.answers()


def test_a_file_that_breaks_leaves_the_last_good_one_in_force(own: Engine, files: dict) -> None:
    path = own.directory / "spawner_templates.json"
    good = files["spawner_templates.json"]

    def names() -> list[str]:
        return [each["name"] for each in own.call("GET", "/v1/resources")[1]["templates"]]

    path.write_text(json.dumps(good)[:-5])
    until(
        "the refusal is shown",
        lambda: "spawner_templates.json" in str(own.call("GET", "/")[1])
        and "refused" in own.call("GET", "/")[1],
        10,
    )
    assert names() == [each["name"] for each in good]
    begin(own, "meanwhile")
    own.call("DELETE", "/v1/sessions/meanwhile?now=true")

    renamed = [{**good[0], "name": "renamed"}]
    replacement = path.with_suffix(".new")
    replacement.write_text(json.dumps(renamed))
    replacement.rename(path)
    until("the new version is in force", lambda: names() == ["renamed"], 10)
    path.write_text(json.dumps(good))
    until("the old version is back", lambda: names() == [each["name"] for each in good], 10)


def test_a_lifetime_ends_a_server(own: Engine) -> None:
    begin(own, "mortal")
    status, answer = own.call("POST", "/v1/sessions/mortal/extend", {"minutes": 5})
    assert status == 409 and "no end" in answer["error"]["message"]
    own.call("DELETE", "/v1/sessions/mortal?now=true")
