"""A hub whose users' machine is bare, and is prepared by playbooks before their servers start there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine import Engine
from hub import Hub
from playbook_fixtures import PLAYBOOKS, on, variables
from ssh_fixtures import ssh_settings
from ssh_hosts import Hosts
from waiting import until

PATIENCE = 300
NAME = "{JUPYTERHUB_USER}"


@pytest.fixture(scope="module")
def hosts(bare: Hosts) -> Hosts:
    """The bare machine."""
    return bare


@pytest.fixture(scope="module")
def ssh_templates(bare: Hosts, ansible: Path) -> list[dict[str, Any]]:
    """One that prepares the machine and makes the user's account, and one whose preparation fails."""
    # The administrator's key makes the account that the session's own key then opens.
    administrator = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(bare.key),
    }
    user = {"name": NAME, "auth_key": "{auth_key}"}
    known = {"known_hosts": [str(bare.known_hosts)]}

    def template(name: str, *playbooks: str) -> dict[str, Any]:
        kwargs = {
            "hosts": [bare.all[0].address],
            "user": NAME,
            "cmd": ["/usr/local/bin/jupyterhub-singleuser"],
            "args": [],
            **known,
        }
        return {
            "name": name,
            "resource_type": "bare_metal",
            "providers": ["local"],
            "spawner": {"class": "multiplespawner.SSH", "kwargs": kwargs},
            "authenticator": {"class": "corc.authenticator.SSHAuthenticator", "kwargs": known},
            "configurer": {
                "class": "corc.configurer.AnsibleConfigurer",
                "options": {
                    "host_variables": variables(users=[user], **administrator),
                    "host_settings": {"group": "compute", "port": "22"},
                    "apply_kwargs": {"playbook_paths": [str(PLAYBOOKS / p) for p in playbooks]},
                    "cleanup": {
                        "playbook_path": str(PLAYBOOKS / "change_user.yml"),
                        "host_variables": {"remove_users": [{"name": NAME, "remove_home": "yes"}]},
                    },
                    "ansible_playbook": str(ansible / "ansible-playbook"),
                    **known,
                },
            },
        }

    failing = bare.folder / "failing.yml"
    failing.write_text(
        "- hosts: compute\n  gather_facts: false\n  tasks:\n"
        "    - name: Install the rare thing\n      ansible.builtin.fail: {msg: there is none left}\n"
    )
    return [
        template("prepared", "prep_environment.yml", "change_user.yml"),
        template("failing", str(failing)),
    ]


def runs() -> set[Path]:
    """What runs of Ansible have on this machine: keys, and an inventory."""
    return set(Path("/tmp").glob("mspans-*"))


@pytest.fixture(scope="module")
def before() -> set[Path]:
    """What was there before the first of these tests: others may run playbooks, too."""
    return runs()


@pytest.fixture(scope="module")
def ssh_hub(
    before: set[Path], new_hub: Callable[..., Hub], ssh_engine: Engine, jupyterhub_6: Path
) -> Hub:
    """A hub that waits as long as an installation takes."""
    return new_hub(jupyterhub_6, ssh_settings(ssh_engine, start_timeout=PATIENCE)).start()


def test_a_bare_machine_is_prepared_until_the_server_answers_and_the_account_goes_with_it(
    ssh_hub: Hub, ssh_engine: Engine, bare: Hosts
) -> None:
    host = bare.all[0]
    assert ssh_hub.begin("ada", options={"template": "prepared"}).status_code in (201, 202)
    session = until("it starts", lambda: ssh_engine.sessions())[0]["id"]
    story = ssh_engine.story(session)
    assert "Install jupyterhub-singleuser (" in story, story
    assert ssh_hub.ready("ada", seconds=PATIENCE)["ready"] and ssh_hub.answer("ada").ok
    assert on(host, bare.key, "ps -o user= -C jupyterhub-singleuser; id -u ada").returncode == 0
    ssh_hub.end("ada")
    assert on(host, bare.key, "id ada").returncode != 0, "the account went with the server"
    assert on(host, bare.key, "ls /opt/jupyterhub/bin/jupyterhub-singleuser").returncode == 0


def test_the_task_that_fails_is_told_to_the_user_and_nothing_is_left(
    ssh_hub: Hub, ssh_engine: Engine, bare: Hosts
) -> None:
    ssh_hub.begin("bob", options={"template": "failing"})
    until("it has ended", lambda: not ssh_engine.sessions(), PATIENCE)
    (failed,) = ssh_engine.sessions("failed")
    said = str(failed)
    assert "Install the rare thing" in said and "there is none left" in said, said
    assert on(bare.all[0], bare.key, "id bob").returncode != 0


def test_no_key_and_no_inventory_is_left_on_this_machine(
    ssh_hub: Hub, ssh_engine: Engine, before: set[Path]
) -> None:
    until("they are gone", lambda: not runs() - before)
    assert "PRIVATE KEY" not in ssh_engine.log()
