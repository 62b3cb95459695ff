"""The stack for production, set up on a bare machine by the guide's own commands.

What differs from a site: images that stand for those of registries (docker_stand_ins.py), an
authenticator that believes everybody, and one node, which takes the users' servers too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from docker_guide import scripts
from docker_network import has_ipvs
from docker_site import STACK, Site
from docker_stand_ins import load_stand_ins
from visitor import Visitor
from waiting import until

# Deploying ends where one looks what came of it.
DEPLOY, RENEW, REMOVE = scripts(5)
DEPLOY, LOOK = re.split(r"(?=docker stack ps)", DEPLOY)
SERVICES = ("proxy", "hub", "engine")
BELIEVES_EVERYBODY = """
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
"""
NOBODY = 'c.JupyterHub.authenticator_class = "null"\n'
WORKERS = ',\n        "placement": ["node.role==worker"]'
NOTEBOOK = {
    "type": "notebook",
    "format": "json",
    "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
}
WHERE = "/user/ada/api/contents/work/written.ipynb"


@pytest.fixture(scope="module")
def site(
    docker_lock: None, binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site on which all of the guide was followed, with services that have just come."""
    site = Site(tmp_path_factory.mktemp("site"))
    try:
        load_stand_ins(site.api, binary.parent)
        site.follow(1)
        site.follow(3)
        site.get_certificate("first")
        site.follow(4)
        site.edit("deployments/swarm_hub_config.py", NOBODY, BELIEVES_EVERYBODY)
        site.edit("deployments/swarm_templates.json", WORKERS, "")
        if not has_ipvs():
            site.edit("deployments/swarm.env", "ENDPOINT_MODE=vip", "ENDPOINT_MODE=dnsrr")
        site.run(DEPLOY)
        for service in SERVICES:
            site.healthy(service)
        yield site
    finally:
        site.close()


@pytest.fixture(scope="module")
def ada(site: Site) -> Visitor:
    """Somebody who comes from elsewhere, by HTTPS and the port of all."""
    visitor = Visitor(site)
    visitor.session.trust_env = False
    visitor.session.verify = str(site.certificate)
    until("the site answers", lambda: visitor.get("/hub/login").ok)
    return visitor.log_in("ada")


def is_at_the_server(ada: Visitor) -> bool:
    """Whether the way leads to the server, and not to a page that asks for patience."""
    return ada.get("/user/ada/tree").url.endswith("/user/ada/tree")


@pytest.fixture(scope="module")
def server(site: Site, ada: Visitor) -> str:
    """The container of a server with a notebook in it."""
    assert ada.post("/hub/spawn", data={}).ok
    until("the server is there", lambda: is_at_the_server(ada), 60, pause=0.5)
    written = ada.put(WHERE, json=NOTEBOOK)
    assert written.status_code == 201, written.text
    return site.swarm.container("ada")["Id"]


def test_doctor_finds_all_in_order(site: Site) -> None:
    said = site.run(LOOK)
    found = [line for line in said.splitlines() if "Container: swarm:" in line]
    assert found and all(line.startswith("ok ") for line in found), said


def test_who_comes_without_tls_is_sent_to_it(site: Site) -> None:
    plain = site.base.replace("https", "http")
    answer = requests.get(f"{plain}/hub/login", allow_redirects=False, timeout=30)
    assert answer.is_redirect and answer.headers["Location"].startswith(site.base), answer.headers


def test_dockers_records_of_the_services_hold_no_secret(site: Site) -> None:
    for service in SERVICES:
        names = site.run_in(service, "ls", "/run/secrets").split()
        assert names, f"{service} has secrets"
        told = "".join(site.records(each) for each in SERVICES)
        for name in names:
            content = site.run_in(service, "cat", f"/run/secrets/{name}")
            # Of a certificate, which is public, another test sees that it is the right one.
            if "CERTIFICATE" not in content:
                line = max(content.splitlines(), key=len)
                assert len(line) >= 64 and line not in told, f"{name} of {service}"


@pytest.mark.parametrize("service", ["engine", "hub"])
def test_a_server_outlives(site: Site, ada: Visitor, server: str, service: str) -> None:
    site.restart(service)
    assert site.swarm.container("ada")["Id"] == server
    assert ada.get(WHERE).ok
    assert ada.get("/hub/home").ok


def test_a_server_is_found_again_by_a_proxy_with_a_renewed_certificate(
    site: Site, ada: Visitor, server: str
) -> None:
    site.get_certificate("renewed")
    before = site.container("proxy")
    site.run(RENEW)
    for name in ("SITE_CERTIFICATE=site_certificate", "SITE_KEY=site_key"):
        site.edit("deployments/swarm.env", f"{name}\n", f"{name}_2027\n")
    site.run(DEPLOY)
    site.run("docker secret rm site_certificate site_key")
    site.healthy("proxy", before)
    ada.session.close()
    until("the server is found again", lambda: ada.get(WHERE).ok, 60, pause=1)
    assert site.swarm.container("ada")["Id"] == server


def test_a_server_is_stopped(site: Site, ada: Visitor, server: str) -> None:
    assert ada.delete("/hub/api/users/ada/server").status_code in (202, 204)
    until("the server is gone", lambda: not site.swarm.services(user="ada"))


def test_nothing_but_volumes_is_left_of_a_stack_that_is_removed(site: Site) -> None:
    site.run(REMOVE)
    until("nothing is left", lambda: set(site.left()) <= {"volumes"}, 60)
    assert site.left() == {"volumes": [f"{STACK}_engine_state", f"{STACK}_hub_state"]}
    assert site.swarm.left() == {"volumes": ["home-ada"]}
