"""A hub whose users' servers run on other machines, which come and go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from engine import Engine
from hub import Hub
from ssh_hosts import Host, Hosts
from waiting import stays, until


def is_running(engine: Engine) -> bool:
    """Whether the engine's one session runs, as far as it knows."""
    return [session["state"] for session in engine.sessions()] == ["running"]


def answers(hub: Hub, user: str) -> bool:
    """Whether the user's server answers through the proxy."""
    try:
        return hub.answer(user).ok
    except OSError:
        return False


def stop(hub: Hub, engine: Engine, hosts: Hosts, user: str) -> None:
    """Stop the user's server, and see that nothing of it is left anywhere."""
    hub.end(user)
    assert engine.sessions() == [] and hub.token_notes(user) == []
    assert hosts.is_empty()


def test_a_server_starts_answers_and_leaves_nothing(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    model = ssh_hub.run("ada")
    assert model["ready"] and answers(ssh_hub, "ada")
    host = hosts.of("ada")
    session = ssh_engine.sessions()[0]
    folder = host.home / ".multiplespawner" / "sessions" / session["id"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not (folder / "environment").read_text(), "the token does not stay on the disk"
    assert session["url"].startswith("http://127.0.0.1:")
    stop(ssh_hub, ssh_engine, hosts, "ada")


def test_no_secret_is_in_a_list_of_processes(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    ssh_hub.run("ada")
    pid = hosts.processes()[-1]
    environment = open(f"/proc/{pid}/environ", "rb").read()
    token = dict(v.split(b"=", 1) for v in environment.split(b"\0") if b"=" in v)[
        b"JUPYTERHUB_API_TOKEN"
    ]
    for other in hosts.processes():
        assert token not in open(f"/proc/{other}/cmdline", "rb").read()
    assert token.decode() not in ssh_engine.log()
    stop(ssh_hub, ssh_engine, hosts, "ada")


def test_many_start_at_once_on_all_machines(ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts) -> None:
    users = [f"user{number}" for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(ssh_hub.run, users))
        assert all(pool.map(lambda user: answers(ssh_hub, user), users))
        assert sum(len(host.sessions()) for host in hosts.all) == 12
        list(pool.map(ssh_hub.end, users))
    assert hosts.is_empty()


def test_a_machine_whose_cable_is_pulled_has_not_lost_its_servers(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    ssh_hub.run("ada")
    host = hosts.of("ada")
    before = hosts.processes()
    host.cable("down")
    try:
        stays("the session runs", lambda: is_running(ssh_engine), 12)
        assert ssh_hub.server("ada"), "the hub was not told that it is gone"
    finally:
        host.cable("up")
    until("it answers again", lambda: answers(ssh_hub, "ada"), 90)
    assert is_running(ssh_engine) and hosts.processes() == before
    stop(ssh_hub, ssh_engine, hosts, "ada")


def test_an_ssh_server_that_is_started_anew_changes_nothing(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    ssh_hub.run("ada")
    before = hosts.processes()
    hosts.of("ada").restart_sshd()
    until("it answers again", lambda: answers(ssh_hub, "ada"), 60)
    assert is_running(ssh_engine) and hosts.processes() == before
    stop(ssh_hub, ssh_engine, hosts, "ada")


def test_an_engine_that_is_killed_finds_its_servers_at_the_same_address(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    url = ssh_hub.run("ada")["url"]
    endpoint = ssh_engine.sessions()[0]["url"]
    before = hosts.processes()
    ssh_engine.kill()
    ssh_engine.start()
    until("it answers again", lambda: answers(ssh_hub, "ada"), 30)
    assert is_running(ssh_engine) and hosts.processes() == before
    assert ssh_engine.sessions()[0]["url"] == endpoint
    assert ssh_hub.server("ada")["url"] == url
    stop(ssh_hub, ssh_engine, hosts, "ada")


def rebooted(host: Host) -> None:
    host.cut_power()
    host.boot()


def test_a_machine_that_was_rebooted_has_lost_its_servers(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    ssh_hub.run("ada")
    rebooted(hosts.of("ada"))
    until("the session is over", lambda: ssh_engine.sessions() == [], 90)
    until("the hub knows", lambda: not ssh_hub.server("ada"), 60)
    over = [s for s in ssh_engine.sessions("failed", "stopped")]
    assert any("rebooted" in str(session) for session in over), over
    assert hosts.is_empty()
    assert ssh_hub.run("ada")["ready"], "and the user may start again"
    stop(ssh_hub, ssh_engine, hosts, "ada")


def test_a_machine_that_is_off_is_passed_over(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts
) -> None:
    off = hosts.all[0]
    off.cut_power()
    try:
        for user in ("ada", "bob", "eve"):
            assert ssh_hub.run(user)["ready"]
        for user in ("ada", "bob", "eve"):
            ssh_hub.end(user)
    finally:
        off.boot()
    assert hosts.is_empty()
