"""A user's way in a real browser to a machine: log in, start, compute over the tunnel, stop."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from engine import Engine
from hub import Hub
from playwright.sync_api import Page, expect, sync_playwright
from ssh_hosts import Hosts
from waiting import until

PATIENCE = 60_000
CODE = "import socket; print('on', socket.gethostname(), 6 * 7)"


@pytest.fixture(scope="module")
def ssh_templates(hosts: Hosts, jupyterhub_6: Path) -> list[dict[str, Any]]:
    """A real single-user server on the machines."""
    program = [str(jupyterhub_6 / "bin" / "jupyterhub-singleuser"), "--allow-root"]
    return [hosts.template("laboratory", cmd=program, args=[])]


def compute(page: Page) -> str:
    """Open a notebook, run a cell and see what it says."""
    launcher = page.locator(".jp-LauncherCard[data-category=Notebook]").first
    launcher.click(timeout=PATIENCE)
    # What is run before there is a kernel is not run, and nobody says so.
    expect(page.locator("#jp-main-statusbar")).to_contain_text(
        "Python 3 (ipykernel) | Idle", timeout=PATIENCE
    )
    cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
    cell.click(timeout=PATIENCE)
    page.keyboard.insert_text(CODE)
    expect(cell).to_contain_text(CODE)
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-output").first
    expect(output).to_contain_text(re.compile(r"on vm[123] 42"), timeout=PATIENCE)
    return output.inner_text()


def test_from_the_form_to_a_computed_cell_on_another_machine(
    ssh_hub: Hub, ssh_engine: Engine, hosts: Hosts, screenshots: Path
) -> None:
    hub = ssh_hub
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{hub.base}/hub/login?next=/hub/spawn")
        page.fill("#username_input", "ada")
        page.fill("#password_input", "any")
        page.click("#login_submit")
        page.click("#spawn_form button[type=submit], #spawn_form input[type=submit]")

        page.wait_for_url(re.compile("/user/ada/"))
        expect(page.locator(".jp-Launcher").first).to_be_visible(timeout=PATIENCE)
        said = compute(page)
        page.screenshot(path=screenshots / "ssh-notebook.png", full_page=True)
        assert hosts.of("ada").name in said
        # The server tells its activity over the tunnel, and takes its user's login from there.
        until("the server told its activity", lambda: hub.server("ada")["last_activity"])

        page.goto(f"{hub.base}/hub/home")
        page.click("#stop")
        expect(page.locator("#stop")).to_be_hidden(timeout=PATIENCE)
        assert hub.server("ada") == {} and ssh_engine.sessions() == []
        until("kernels are gone too", hosts.is_empty)
        browser.close()
