"""Machines of libvirt: real ones under QEMU, made for a session, used, and given back with their disks."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import BUILD
from engine import Engine
from hub import Hub
from libvirt_site import LibvirtSite
from ssh_fixtures import ssh_settings
from ssh_hosts import Hosts
from test_crash import survived
from waiting import until

FARTHEST_WRITE = 40
MACHINE = BUILD / "images" / "machine"
DEPLOYMENTS = {"virtual_machine": [{"name": "debian", "provider": "lab", "image": "Debian 12"}]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibvirtSite]:
    """The module's own libvirt."""
    site = LibvirtSite(tmp_path_factory.mktemp("libvirt"), BUILD / "libvirt-cache")
    try:
        yield site.start()
    finally:
        site.remove()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """One machine that is there already."""
    host = Hosts(1, tmp_path_factory.mktemp("host"))
    yield host
    host.remove()


def files(site: LibvirtSite, options: dict[str, Any], *templates: dict[str, Any]) -> dict[str, Any]:
    """Templates whose machines that libvirt makes."""
    usual = {"open_uri": site.uri, "network": "lab", "domain_type": "qemu", **options}
    provider = {"name": "lab", "types": ["virtual_machine"], "kind": "libvirt_provider"}
    common = {"resource_type": "virtual_machine", "providers": ["lab"]}
    return {
        "spawner_templates.json": [{**common, **template} for template in templates],
        "spawner_deployments.json": DEPLOYMENTS,
        "providers.json": [{**provider, "options": usual}],
    }


def command(engine: Engine, *words: str) -> str:
    """What the command line says."""
    environment = {**os.environ, **engine.environment}
    done = subprocess.run([engine.binary, *words], env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


def digest(path: Path) -> str:
    """What is in a file, in short."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def wish(template: str) -> dict[str, Any]:
    """What a user asks for."""
    return {"template": template, "resource_specification": {"memory": "192M", "cpu": 1}}


def machine_template(name: str, keys: Path, **more: Any) -> dict[str, Any]:
    """A template whose server runs on the machine, as the account that it lets us in to."""
    kwargs = {
        "hosts": ["{endpoint}"],
        "user": "{machine_account}",
        "cmd": ["/usr/local/bin/tiny_server"],
        "args": [],
    }
    way = {"load_existing": True, "ssh_dir_path": str(keys)}
    return {
        "name": name,
        "spawner": {"class": "multiplespawner.SSH", "kwargs": kwargs},
        "authenticator": {"class": "multiplespawner.SSHKeys", "kwargs": way},
        **more,
    }


def test_a_machine_is_made_for_a_user_and_goes_with_its_disks_or_is_switched_off(
    new_hub: Callable[..., Hub],
    binary: Path,
    site: LibvirtSite,
    jupyterhub_6: Path,
    tmp_path: Path,
) -> None:
    disk = MACHINE / "disk.img"
    before = digest(disk), disk.stat().st_mode, disk.stat().st_uid
    options = {
        "images": {"Debian 12": str(disk)},
        "disk_driver_type": "raw",
        "kernel": str(MACHINE / "vmlinuz"),
        "initrd": str(MACHINE / "initrd"),
        "kernel_arguments": "console=ttyS0 quiet",
        "account": "root",
        "stop_grace": 30,
    }
    templates = [
        machine_template("fleeting", tmp_path / "keys"),
        machine_template("lasting", tmp_path / "keys", machine={"at_stop": "stop"}),
    ]
    engine = Engine(binary, tmp_path / "engine", files(site, options, *templates)).start()
    hub = new_hub(jupyterhub_6, ssh_settings(engine, start_timeout=120)).start()
    try:
        found = command(engine, "doctor")
        assert "answers at qemu+unix" in found and "network 'lab' is up" in found, found

        wishes = {"ada": "fleeting", "bob": "lasting"}
        with ThreadPoolExecutor(2) as starts:
            answers = [starts.submit(hub.begin, user, "", wish(wishes[user])) for user in wishes]
        assert {answer.result().status_code for answer in answers} <= {201, 202}
        for user in wishes:
            hub.ready(user, seconds=90)
        ada, bob = sorted(site.machines("--state-running"))
        assert ada.startswith("multiplespawner-ada-") and bob.startswith("multiplespawner-bob-")
        assert hub.answer("ada").json() == {"host": ada}, "her server answers from there"
        assert hub.answer("bob").json() == {"host": bob}
        # What a machine is told holds its private key: nobody else reads it.
        assert len(site.disks()) == 4
        assert all((site.pool / each).stat().st_mode & 0o077 == 0 for each in site.disks())

        # The daemon's end is nothing to them, and libvirt's is not either.
        engine.kill()
        engine.start()
        assert "multiplespawner-ada-" in command(engine, "providers")
        site.restart()
        assert hub.answer("ada").ok and hub.answer("bob").ok

        hub.end("ada")
        assert site.machines() == [bob] and len(site.disks()) == 2
        hub.end("bob")
        # It took its time to end by itself.
        assert site.machines("--state-shutoff") == [bob] and len(site.disks()) == 2
        assert "shutdown" in site.virsh("domstate", "--reason", bob)
        assert (digest(disk), disk.stat().st_mode, disk.stat().st_uid) == before
    finally:
        engine.stop()
        for machine in site.machines():
            site.ask("destroy", machine)
            site.virsh("undefine", machine)
        for left in site.disks():
            site.virsh("vol-delete", left, "default")


def test_no_write_is_the_wrong_moment_to_be_killed(
    new_hub: Callable[..., Hub],
    binary: Path,
    site: LibvirtSite,
    host: Hosts,
    tiny: str,
    jupyterhub_6: Path,
    tmp_path: Path,
) -> None:
    # A machine that boots nothing, and an address where another answers for it.
    blank = tmp_path / "blank.img"
    blank.write_bytes(bytes(1 << 20))
    (beside,) = host.all
    options = {
        "images": {"Debian 12": str(blank)},
        "disk_driver_type": "raw",
        "seed": False,
        "memory_size": "16M",
        "static_address": beside.address,
    }
    kwargs = host.options(hosts=["{endpoint}"], cmd=[tiny], args=[])
    template = {"name": "blank", "spawner": {"class": "multiplespawner.SSH", "kwargs": kwargs}}
    engine = Engine(binary, tmp_path / "engine", files(site, options, template))
    hub = new_hub(jupyterhub_6, ssh_settings(engine)).start()
    hub.add("ada")
    killed = {"start": 0, "stop": 0}
    try:
        with ThreadPoolExecutor(1) as user:
            for write in range(1, FARTHEST_WRITE):
                # What was just done is not written down.
                engine.start("--crash-at-write", str(write))
                start = user.submit(hub.begin, "ada", "", {"template": "blank"})
                killed["start"] += not survived(engine, start, "start")
                assert start.result().status_code in (201, 202), start.result().text
                hub.ready("ada")
                assert hub.answer("ada").ok
                until("there is one machine", lambda: len(site.machines()) == 1)
                assert site.machines() == site.machines("--state-running")
                assert len(site.disks()) == 1

                stop = user.submit(hub.end, "ada")
                killed["stop"] += not survived(engine, stop, "stop")
                stop.result()
                assert engine.sessions() == [] and hub.server("ada") == {}
                until("nothing is left", lambda: site.is_empty() and host.is_empty())
                engine.kill()
                if sum(killed.values()) < write:
                    break  # the last engine lived through all its writes: there are no more
    finally:
        hub.stop()
        if engine.process is not None:
            engine.kill()
    assert killed["start"] >= 6 and killed["stop"] >= 3, killed
    assert sum(killed.values()) < FARTHEST_WRITE - 1
