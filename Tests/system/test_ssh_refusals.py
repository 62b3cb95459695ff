"""What cannot be started on another machine: the user is told why in plain words, and nothing is left."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from docker_network import run
from engine import Engine
from hub import Hub
from ssh_accounts import Site, certify
from ssh_fixtures import DEPLOYMENTS, site_hub
from ssh_hosts import Host, make_key
from ssh_traces import Traces
from visitor import Visitor
from waiting import until

# Seconds that a start has: those that hang take all of them.
PATIENCE = 20
# The shell of a command looks upward for the SSH server that serves it, and stops that.
STOP_THE_SSH_SERVER = """
number=$$
while [ "$(cat /proc/$number/comm)" != sshd ]; do set -- $(sed 's/.*) //' /proc/$number/stat); number=$2; done
kill -STOP $number; sleep 1; echo 20000
"""


class Files:
    """Keys, certificates and known hosts of all sorts."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder = folder
        self.strangers = self._hosts("strangers", "# nobody is known here\n")
        other = make_key(folder / "other_host")
        address, key = site.all[0].address, site.all[0].host_key
        self.changed = self._hosts("changed", f"# one line above\n{address} {other}\n")
        self.revoked = self._hosts("revoked", f"{address} {key}\n@revoked * {key}\n")
        authority = folder / "authority"
        site.trust(make_key(authority))
        self.certified: dict[str, Path] = {}
        for name, kind, principal, validity in (
            ("expired", "ecdsa", "carol", "-2h:-1h"),
            ("expired-modern", "ed25519", "carol", "-2h:-1h"),
            ("early", "ecdsa", "carol", "+1h:+2h"),
            ("of-another", "ecdsa", "mallory", "-1h:+1h"),
        ):
            key_file = folder / name
            make_key(key_file, kind)
            certify(authority, key_file, principal, validity)
            self.certified[name] = key_file

    def _hosts(self, name: str, text: str) -> str:
        path = self.folder / f"hosts_{name}"
        path.write_text(text)
        return str(path)


@pytest.fixture(scope="module")
def files(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """What the templates name."""
    return Files(tmp_path_factory.mktemp("files"), site)


@pytest.fixture(scope="module")
def engine(
    binary: Path, site: Site, files: Files, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine with a template for each way to fail, and one that works."""
    make = site.site_template
    first, second, third = (host.address for host in site.all)
    templates = [
        make("fine"),
        make("slow", cmd=["/srv/tiny_server", "--slow", "600"]),
        make("stranger", known_hosts=[files.strangers]),
        make("changed", known_hosts=[files.changed]),
        make("revoked", known_hosts=[files.revoked]),
        make(
            "wrong",
            known_hosts=[files.strangers],
            authenticator={
                "known_hosts": [files.strangers],
                "host_key": ["SHA256:" + "A" * 43],
                "ssh_dir_path": str(files.folder / "made"),
            },
        ),
        *(make(name, user="carol", ssh_keyfile=str(key)) for name, key in files.certified.items()),
        make("no-account", user="nobody-here"),
        make("closed", user="closed"),
        make("full", user="full"),
        make("crowded", user="crowded"),
        make("no-program", cmd=["/no/such/program"]),
        make("hanging", second, remote_port_command=STOP_THE_SSH_SERVER),
        make("third", third),
        # An account of the third machine at which nobody is connected when it is off.
        make("off", third, user="closed"),
        make("slow-third", third, cmd=["/srv/tiny_server", "--slow", "600"]),
        make("all-three", first, second, third, user="nobody-here"),
    ]
    settings = {"spawner_templates.json": templates, "spawner_deployments.json": DEPLOYMENTS}
    engine = Engine(binary, tmp_path_factory.mktemp("engine"), settings).start()
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def hub(new_hub: Callable[..., Hub], engine: Engine, jupyterhub_6: Path) -> Hub:
    """A hub that gives up soon."""
    return site_hub(new_hub, engine, jupyterhub_6, start_timeout=PATIENCE)


@pytest.fixture
def traces(hub: Hub, engine: Engine, site: Site, files: Files) -> Traces:
    """What there was before the test."""
    return Traces(hub, engine, site, files.folder / "made")


def by(template: str) -> dict[str, Any]:
    return {"spawn_options": {"template": template}}


A_KEY = r"SHA256:[A-Za-z0-9+/]{43}"
# The words that the user reads, whole; {folder} is where the files are, {one} the first machine.
REASONS = {
    "stranger": r"the host key of {one}:22 is not known; if its fingerprint is "
    + A_KEY
    + ", add this line "
    r"to {folder}/hosts_strangers: {one} ssh-ed25519 \S+",
    "changed": r"the host key of {one}:22 has changed: it shows ssh-ed25519 "
    + A_KEY
    + ", and {folder}/hosts_changed:2 "
    r"has another ssh-ed25519; if the machine was set up anew, remove that line, else somebody is in between",
    "revoked": "the host key "
    + A_KEY
    + r" of {one}:22 is revoked by {folder}/hosts_revoked:2; give the machine a "
    "new one",
    "wrong": r"'{one}:22' is not the machine that 'host_key' means: it shows ssh-ed25519 "
    + A_KEY
    + "; "
    "somebody may be between",
    "expired": r"{one}:22 does not let 'carol' in with the key {folder}/expired and the certificate "
    r"{folder}/expired-cert.pub: the certificate ended at \S+Z; renew it; it takes: publickey,password",
    "early": r"{one}:22 does not let 'carol' in with the key {folder}/early and the certificate "
    r"{folder}/early-cert.pub: the certificate holds from \S+Z on only; look at the clocks; "
    "it takes: publickey,password",
    "of-another": r"{one}:22 does not let 'carol' in with the key {folder}/of-another and the certificate "
    r"{folder}/of-another-cert.pub: the certificate is for mallory; it takes: publickey,password",
    "expired-modern": r"the login at carol@{one}:22 was refused \(the server takes publickey,password\): the "
    r"certificate ended at \S+Z; renew it",
    "no-account": r"{one}:22 does not let 'nobody-here' in with the key \S+; it takes: publickey,password",
    "closed": r"closed@{one}:22 forbids listening at 127.0.0.1:0; allow it in its sshd_config \(AllowTcpForwarding\)",
    "no-program": r"the server at keyed@{one}:22 could not be started: its program is not there \(status 127\); "
    r"install it, or set 'cmd' or 'path'; .*/no/such/program: not found",
    "all-three": r"none of 3 machines can serve; the last said: .*; {one}: {one}:22 does not let 'nobody-here' in .*",
}


@pytest.mark.parametrize("template", sorted(REASONS))
def test_the_user_reads_why(
    hub: Hub, site: Site, files: Files, traces: Traces, template: str
) -> None:
    said = hub.failure("ada", by(template))
    where = {"one": site.all[0].address, "folder": str(files.folder)}
    wanted = REASONS[template]
    for name, text in where.items():
        wanted = wanted.replace("{" + name + "}", re.escape(text))
    assert re.fullmatch("Spawn failed: " + wanted, said), said
    traces.check("ada")


def test_the_spawn_page_has_the_same_words(hub: Hub, traces: Traces) -> None:
    visitor = Visitor(hub).log_in("ada", "any")
    said = hub.failure("ada", by("closed")).removeprefix("Spawn failed: ")
    page = visitor.get("/hub/spawn-pending/ada")
    assert page.status_code == 403 and said in page.text, page.text
    # On the form, where a person asks again and is refused at once.
    page = visitor.post("/hub/spawn/ada", data={"template": "closed"})
    assert "forbids listening at 127.0.0.1:0" in page.text, page.text
    traces.check("ada")


def fill(host: Host, path: str) -> Path:
    """Take the room that is left there."""
    file = host.inside(path) / "all-of-it"
    with file.open("wb", buffering=0) as disk:
        try:
            for size in (4096, 1):
                while True:
                    disk.write(b"x" * size)
        except OSError:
            pass
    return file


def test_a_full_disk_there_is_named_and_room_helps(hub: Hub, site: Site, traces: Traces) -> None:
    host = site.all[0]
    filling = fill(host, "/home/full")
    said = hub.failure("ada", by("full"))
    assert re.fullmatch(
        rf"Spawn failed: full@{host.address}:22, starting the server: cannot (make|write to) "
        r"/home/full/.multiplespawner(/sessions)?: is the disk full\?",
        said,
    ), said
    traces.check("ada")
    filling.unlink()
    hub.run("ada", options=by("full"))
    hub.end("ada")
    traces.check("ada")


def test_many_starts_where_a_connection_has_two_sessions(
    hub: Hub, site: Site, traces: Traces
) -> None:
    users = [f"crowd{number}" for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda user: hub.run(user, options=by("crowded")), users))
        assert all(pool.map(lambda user: hub.answer(user).ok, users))
        list(pool.map(hub.end, users))
    assert "no more sessions" in site.all[0].said(), "the limit was never met"
    traces.check(*users)


def test_a_machine_that_hangs_in_the_middle(
    hub: Hub, engine: Engine, site: Site, traces: Traces
) -> None:
    """Its SSH server is stopped at the first command, another's once the server is there, a third's link is cut."""
    first, second, third = site.all
    with ThreadPoolExecutor(3) as pool:
        at_command = pool.submit(hub.failure, "ada", by("hanging"))
        with_server = pool.submit(hub.failure, "bob", by("slow"))
        off_the_net = pool.submit(hub.failure, "eve", by("slow-third"))
        until("the servers are there", lambda: first.sessions() and third.sessions())
        third.cable("down")
        first.signal_sshd(signal.SIGSTOP)
        try:
            said = {
                "ada": at_command.result(),
                "bob": with_server.result(),
                "eve": off_the_net.result(),
            }
            again = hub.failure("bob", by("slow"))
        finally:
            for host in (first, second):
                host.signal_sshd(signal.SIGCONT)
            third.cable("up")
    for user, words in said.items():
        assert re.match(
            rf"Spawn failed: the server did not answer within {PATIENCE - 1} s; .*the last that was heard: ",
            words,
        ), (user, words)
    assert f"Connecting to keyed@{second.address}:22" in said["ada"], said["ada"]
    assert f"Starting the server at keyed@{first.address}:22" in said["bob"], said["bob"]
    assert re.fullmatch(
        r"Spawn failed: the last server( of \S+)? is still being ended, for its machine cannot be reached; "
        "try again in a while",
        again,
    ), again
    until("what was begun is undone", lambda: engine.sessions() == [], 120)
    traces.check("ada", "bob", "eve")


def test_a_machine_that_is_off(hub: Hub, site: Site, traces: Traces) -> None:
    host = site.all[2]
    host.cable("down")
    # What was learnt of its card is forgotten, as it is after a while.
    run("ip", "neighbour", "flush", "dev", site.bridge.name)
    try:
        said = hub.failure("ada", by("off"))
    finally:
        host.cable("up")
    assert said == (
        f"Spawn failed: cannot reach {host.address}:22: No route to host; is the machine up?"
    )
    traces.check("ada")


def test_a_machine_without_an_ssh_server(hub: Hub, site: Site, traces: Traces) -> None:
    host = site.all[2]
    config = host.folder / "sshd.conf"
    kept = config.read_text()
    config.write_text("no such setting\n")
    host.signal_sshd(signal.SIGKILL)
    try:
        said = hub.failure("ada", by("third"))
    finally:
        config.write_text(kept)
    assert said == (
        f"Spawn failed: cannot reach {host.address}:22: Connection refused; is its SSH server running at that port?"
    )
    until("it listens again", host.listens)
    until("it can be reached again", lambda: hub.begin("ada", options=by("third")).ok, 60, 1)
    hub.ready("ada")
    hub.end("ada")
    traces.check("ada")
