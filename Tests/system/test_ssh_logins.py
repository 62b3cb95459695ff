"""Every way in to a machine, from a hub's page on; and after the stop there is nothing of it anywhere."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine import Engine
from hub import Hub
from ssh_accounts import PASSWORD, Site
from ssh_fixtures import DEPLOYMENTS, site_hub
from ssh_hosts import make_key
from ssh_traces import Traces, control_directories
from visitor import Visitor
from waiting import until

PASSWORDS = {"user_format_attributes": ["password"], "user": "{name}", "ssh_keyfile": None}
# What libssh2 has none of, and OpenSSH has.
MODERN = {
    "ciphers": "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
    "codes": "MACs hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com",
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where keys of sessions are made."""
    return tmp_path_factory.mktemp("session-keys") / "keys"


@pytest.fixture(scope="module")
def agent(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of an agent that has the users' key."""
    socket = tmp_path_factory.mktemp("agent") / "socket"
    program = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    until("the agent answers", socket.exists)
    add = ["ssh-add", "-q", str(site.user_key)]
    subprocess.run(add, env={**os.environ, "SSH_AUTH_SOCK": str(socket)}, check=True)
    yield socket
    program.terminate()
    program.wait()


@pytest.fixture(scope="module")
def engine(
    binary: Path, site: Site, agent: Path, keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine with a template for each way in."""
    make, gateway = site.site_template, site.all[1].address
    certificate = {"ssh_dir_path": str(keys), "create_certificate": True}
    carol: dict[str, Any] = {"user": "{name}", "ssh_keyfile": None}
    templates = [
        make("password", **PASSWORDS, authenticator={"password": "{password}"}),
        make("key"),
        make("certificate", **carol, authenticator=certificate),
        make("openssh-certificate", **carol, authenticator={**certificate, "key_type": "ed25519"}),
        make("agent", ssh_keyfile=None, ssh_agent=str(agent)),
        make("jump", site.inner, jump=[f"keyed@{gateway}"]),
        make("modern", site.all[2].address),
        make(
            "modern-password",
            site.all[2].address,
            **PASSWORDS,
            authenticator={"password": "{password}"},
        ),
        make("modern-jump", site.inner, jump=[f"keyed@{gateway}"]),
    ]
    files = {"spawner_templates.json": templates, "spawner_deployments.json": DEPLOYMENTS}
    engine = Engine(binary, tmp_path_factory.mktemp("engine"), files)
    # As the documentation says it, before the first session.
    (engine.state / "ssh").mkdir(mode=0o700)
    site.trust(make_key(engine.state / "ssh" / "ca"))
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def hub(new_hub: Callable[..., Hub], engine: Engine, jupyterhub_6: Path) -> Hub:
    """A hub whose users log in with their passwords of the machines."""
    return site_hub(new_hub, engine, jupyterhub_6)


@pytest.fixture
def traces(hub: Hub, engine: Engine, site: Site, keys: Path) -> Traces:
    """What there was before the test."""
    return Traces(hub, engine, site, keys)


def by(template: str) -> dict[str, Any]:
    return {"spawn_options": {"template": template}}


def accepted(site: Site, account: str, method: str, host: int = 0) -> bool:
    """Whether the machine's own log says that the account came in that way."""
    return f"Accepted {method} for {account} from" in site.all[host].said()


def came_and_went(hub: Hub, traces: Traces, user: str, template: str) -> None:
    """Start, see that it answers from the machine, stop, see that nothing is left."""
    hub.run(user, options=by(template))
    assert hub.answer(user).json()["host"].startswith("vm")
    hub.end(user)
    traces.check(user)


def test_by_the_password_that_the_user_has_on_the_machine(
    hub: Hub, engine: Engine, site: Site, traces: Traces
) -> None:
    Visitor(hub).log_in("ada", PASSWORD)
    came_and_went(hub, traces, "ada", "password")
    assert accepted(site, "ada", "password")
    told = engine.log() + hub.log() + site.all[0].said()
    kept = b"".join(path.read_bytes() for path in engine.state.rglob("*") if path.is_file())
    assert PASSWORD not in told and PASSWORD.encode() not in kept


def test_a_password_is_known_again_when_its_user_starts_another_server(
    hub: Hub, engine: Engine, traces: Traces
) -> None:
    Visitor(hub).log_in("ada", PASSWORD)
    hub.run("ada", options=by("password"))
    engine.kill()
    engine.start()
    assert [each["state"] for each in engine.sessions()] == ["running"], "unknown is not dead"
    hub.run("ada", "second", options=by("password"))
    until("the first answers again", lambda: hub.answer("ada").ok)
    hub.end("ada")
    hub.end("ada", "second")
    traces.check("ada")


def test_a_password_that_is_not_that_of_the_machine(hub: Hub, site: Site, traces: Traces) -> None:
    Visitor(hub).log_in("bob", "wrong")
    address = site.all[0].address
    assert hub.failure("bob", by("password")) == (
        f"Spawn failed: {address}:22 does not let 'bob' in with a password; it takes: publickey,password"
    )
    traces.check("bob")
    # The next login brings another one.
    Visitor(hub).log_in("bob", PASSWORD)
    came_and_went(hub, traces, "bob", "password")


def test_a_user_of_whom_no_password_is_known(hub: Hub, traces: Traces) -> None:
    assert "'password'" in (words := hub.failure("eve", by("password"))), words
    assert "the hub does not know" in words and "log in" in words
    traces.check("eve")


def test_by_key(hub: Hub, site: Site, traces: Traces) -> None:
    came_and_went(hub, traces, "kim", "key")
    assert accepted(site, "keyed", "publickey")


def test_by_a_certificate_of_our_own_authority(
    hub: Hub, engine: Engine, site: Site, keys: Path, traces: Traces
) -> None:
    hub.run("carol", options=by("certificate"))
    assert {
        stat.S_IMODE(path.stat().st_mode) for path in keys.glob("carol*") if not path.suffix
    } == {0o600}
    assert hub.answer("carol").ok
    hub.end("carol")
    traces.check("carol")
    said = site.all[0].said()
    assert "Accepted certificate ID" in said and "carol" in said
    assert "OpenSSH is used" not in engine.log()


def test_by_a_certificate_that_libssh2_cannot_use(
    hub: Hub, engine: Engine, site: Site, traces: Traces
) -> None:
    came_and_went(hub, traces, "carol", "openssh-certificate")
    assert "ED25519-CERT" in site.all[0].said()
    assert (
        "OpenSSH is used, for libssh2 cannot log in with certificates of other keys" in engine.log()
    )


def test_by_an_agent(hub: Hub, traces: Traces) -> None:
    came_and_went(hub, traces, "kim", "agent")


def test_over_a_machine_on_the_way(hub: Hub, site: Site, traces: Traces) -> None:
    come_by_jump(hub, site, traces, "jump")


def come_by_jump(hub: Hub, site: Site, traces: Traces, template: str) -> None:
    # From here there is no way to the inner network.
    assert not reaches(site.inner)
    hub.run("kim", options=by(template))
    assert hub.answer("kim").json() == {"host": "vm3"}
    hub.end("kim")
    traces.check("kim")
    assert (
        f"Accepted publickey for keyed from {site.inner.rpartition('.')[0]}.12 "
        in site.all[2].said()
    )


def reaches(address: str) -> bool:
    return subprocess.run(["ip", "route", "get", address], capture_output=True).returncode == 0


@pytest.fixture(params=sorted(MODERN))
def modern(request: pytest.FixtureRequest, site: Site, engine: Engine) -> Iterator[str]:
    """The third machine offers nothing any more that libssh2 knows."""
    host, line = site.all[2], MODERN[request.param]
    host.configure(line)
    host.restart_sshd()
    yield request.param
    host.configure()
    host.restart_sshd()


def test_where_libssh2_cannot_openssh_does_and_the_log_says_why(
    modern: str, hub: Hub, engine: Engine, traces: Traces, site: Site
) -> None:
    where = f"@{site.all[2].address}:22: OpenSSH is used, for "
    Visitor(hub).log_in("ada", PASSWORD)
    came_and_went(hub, traces, "kim", "modern")
    came_and_went(hub, traces, "ada", "modern-password")
    come_by_jump(hub, site, traces, "modern-jump")
    lines = [line for line in engine.log().splitlines() if where in line]
    assert any(
        "keyed" + where + "no key exchange with" in line and "aes128-ctr" in line for line in lines
    ), lines
    assert any("ada" + where in line for line in lines), lines


def test_an_engine_that_ends_leaves_no_connection(
    hub: Hub, engine: Engine, site: Site, traces: Traces
) -> None:
    before = control_directories()
    came_and_went(hub, traces, "carol", "openssh-certificate")
    assert engine.process is not None
    engine.process.send_signal(signal.SIGTERM)
    engine.process.wait(15)
    assert control_directories() < before | {""}
    engine.start()
    came_and_went(hub, traces, "carol", "openssh-certificate")
    made = control_directories()
    engine.kill()
    engine.start()
    # A kill leaves no time to clear up; the next connection does it.
    came_and_went(hub, traces, "carol", "openssh-certificate")
    until("what the killed one had is gone", lambda: not made & control_directories())


def test_the_engine_keeps_nothing_of_a_way_in_that_is_over(
    hub: Hub, engine: Engine, keys: Path
) -> None:
    files = {
        path.name: path.read_bytes() for path in (engine.state / "ssh").iterdir() if path.is_file()
    }
    assert {name for name, content in files.items() if content} <= {"ca", "ca.pub"}, files
    assert [path.name for path in keys.iterdir() if path.stat().st_size] == []
    status, sessions = engine.call("GET", "/v1/sessions")
    assert status == 200 and PASSWORD not in json.dumps(sessions)
