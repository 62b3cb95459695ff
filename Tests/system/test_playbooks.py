"""The playbooks that come with it, on a bare machine, as an admin would run them by hand."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playbook_fixtures import PLAYBOOKS, on, variables
from ssh_hosts import Hosts, make_key


@pytest.fixture(scope="module")
def alice(bare: Hosts) -> Path:
    """A key of a user's own."""
    key = bare.folder / "alice"
    make_key(key)
    return key


def play(
    ansible: Path, bare: Hosts, playbook: str, *arguments: str, **more: Any
) -> tuple[int, dict[str, int], str]:
    """Run one: its status, how many tasks changed and failed, and what it said."""
    host = bare.all[0]
    own = {
        "ansible_host": host.address,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(bare.key),
        "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={bare.known_hosts}",
    }
    inventory = bare.folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"machine": {**own, **variables(**more)}}}}))
    # A connection that another run of Ansible keeps to this address leads to another machine.
    own_places = {
        "ANSIBLE_HOME": str(bare.folder / "ansible"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(bare.folder / "cp"),
    }
    answer = subprocess.run(
        [ansible / "ansible-playbook", "-i", inventory, PLAYBOOKS / playbook, *arguments],
        env={**os.environ, "LC_ALL": "C.UTF-8", **own_places},
        capture_output=True,
        text=True,
        timeout=300,
    )
    counts = {
        name: int(count) for name, count in re.findall(r"(changed|failed)=(\d+)", answer.stdout)
    }
    return answer.returncode, counts, answer.stdout + answer.stderr


def test_a_bare_machine_gets_a_server_and_a_user_and_a_second_run_changes_nothing(
    ansible: Path, bare: Hosts, alice: Path
) -> None:
    host = bare.all[0]
    known = {"server_public_ip": "10.0.0.1", "server_host_key": f"10.0.0.1 {host.host_key}\n"}
    wanted = {
        "new_username": "alice",
        "public_key": alice.with_suffix(".pub").read_text().strip(),
        "jupyterhub": known,
    }
    status, counts, said = play(ansible, bare, "setup_ssh_spawner.yml", "--check", **wanted)
    assert status == 0 and counts["changed"] > 0, said
    assert on(host, bare.key, "ls -d /opt/jupyterhub /home/alice").returncode != 0
    status, counts, said = play(ansible, bare, "setup_ssh_spawner.yml", **wanted)
    assert status == 0 and counts["changed"] > 0, said
    for arguments in ([], ["--check"]):
        status, counts, said = play(ansible, bare, "setup_ssh_spawner.yml", *arguments, **wanted)
        assert status == 0 and counts["changed"] == 0, said
    version = on(host, alice, "jupyterhub-singleuser --version", user="alice")
    assert version.stdout.startswith("6.1."), version
    port = on(host, alice, "/usr/bin/python3 /usr/local/bin/get_port.py", user="alice")
    assert 1024 <= int(port.stdout) <= 65535
    modes = on(host, alice, "stat -c %a:%U ~/.ssh ~/.ssh/authorized_keys", user="alice")
    assert modes.stdout.split() == ["700:alice", "600:alice"]
    known_hosts = on(host, bare.key, "cat /etc/ssh/ssh_known_hosts").stdout
    assert known_hosts == known["server_host_key"]
    assert on(host, bare.key, "ls /etc/sudoers.d/multiplespawner-alice").returncode != 0


def test_keys_and_accounts_go_with_what_runs_for_them(
    ansible: Path, bare: Hosts, alice: Path
) -> None:
    host = bare.all[0]
    key = alice.with_suffix(".pub").read_text().strip()
    status, _, said = play(
        ansible, bare, "change_user.yml", users=[{"name": "alice", "auth_key": key}]
    )
    assert status == 0, said
    assert on(host, alice, "nohup sleep 600 >/dev/null 2>&1 &", user="alice").returncode == 0
    status, _, said = play(
        ansible, bare, "change_user.yml", remove_keys=[{"name": "alice", "auth_key": key}]
    )
    assert status == 0, said
    assert on(host, alice, "true", user="alice").returncode == 255
    for changes in (True, False):
        status, counts, said = play(
            ansible, bare, "change_user.yml", remove_users=[{"name": "alice", "remove_home": "yes"}]
        )
        assert status == 0 and (counts["changed"] > 0) == changes, said
    assert on(host, bare.key, "id alice || ls /home/alice").returncode != 0


@pytest.mark.parametrize(
    "name", ["root", "daemon", "a b", "alice\n", "../x", "{{ 1 }}", "-x", "", "Ada", "x" * 40]
)
def test_no_other_name_becomes_an_account(ansible: Path, bare: Hosts, name: str) -> None:
    host = bare.all[0]
    before = on(host, bare.key, "cat /etc/passwd /etc/group; ls -a /root /etc/sudoers.d").stdout
    status, _, said = play(ansible, bare, "change_user.yml", users=[{"name": name}])
    assert status == 2, said
    assert (
        on(host, bare.key, "cat /etc/passwd /etc/group; ls -a /root /etc/sudoers.d").stdout
        == before
    )


def test_administrators_are_left_alone_and_made_only_when_asked(ansible: Path, bare: Hosts) -> None:
    host = bare.all[0]
    made = on(host, bare.key, "useradd -m -G adm dave; useradd -m bob; getent passwd dave")
    assert made.returncode == 0, made
    for wanted in (
        {"users": [{"name": "dave"}]},
        {"remove_users": [{"name": "dave"}]},
        {"users": [{"name": "bob", "group": "adm"}]},
        {"users": [{"name": "bob", "auth_key": "ssh-ed25519 AAAA\nssh-ed25519 BBBB"}]},
    ):
        status, _, said = play(ansible, bare, "change_user.yml", **wanted)
        assert status == 2, (wanted, said)
    assert on(host, bare.key, "getent passwd dave").stdout == made.stdout
