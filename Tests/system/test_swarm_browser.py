"""A user's way in a real browser to a container: log in, choose an image, compute, stop."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from docker_images import SINGLEUSER, TINY
from docker_swarm import Swarm
from docker_templates import template
from engine import Engine
from hub import Hub
from playwright.sync_api import Page, expect, sync_playwright

PATIENCE = 60_000
CODE = "import socket; print('in', socket.gethostname(), 6 * 7)"
IMAGES = [
    {"name": "Nothing much", "image": TINY},
    {"name": "Scientific Python", "image": SINGLEUSER},
]


@pytest.fixture(scope="module")
def swarm_templates(singleuser: str) -> list[dict[str, Any]]:
    """A choice of two images, of which the user takes the second."""
    return [template("containers", images=IMAGES)]


def chosen(page: Page) -> str:
    """The image that the form shows as chosen."""
    field = page.locator("#spawn_form select[name=select_image]")
    return field.evaluate("field => field.selectedOptions[0].textContent.trim()")


def compute(page: Page) -> None:
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
    expect(output).to_contain_text(re.compile(r"in [0-9a-f]{12} 42"), timeout=PATIENCE)


def test_from_the_choice_of_an_image_to_a_computed_cell(
    swarm_hub: Hub, swarm_engine: Engine, swarm: Swarm, screenshots: Path
) -> None:
    hub = swarm_hub
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

        field = page.locator("#spawn_form select[name=select_image]")
        field.select_option(label="Scientific Python")
        page.screenshot(path=screenshots / "swarm-1-form.png", full_page=True)
        page.click("#spawn_form button[type=submit], #spawn_form input[type=submit]")

        page.wait_for_url(re.compile("/user/ada/"))
        expect(page.locator(".jp-Launcher").first).to_be_visible(timeout=PATIENCE)
        compute(page)
        page.screenshot(path=screenshots / "swarm-2-notebook.png", full_page=True)
        container = swarm.container("ada")
        assert container["Config"]["Labels"]["image_name"] == "Scientific Python"

        page.goto(f"{hub.base}/hub/home")
        page.click("#stop")
        expect(page.locator("#stop")).to_be_hidden(timeout=PATIENCE)
        assert hub.server("ada") == {} and swarm_engine.sessions() == []
        assert swarm.services(user="ada") == []

        page.goto(f"{hub.base}/hub/spawn")
        assert chosen(page) == "Scientific Python", "the form remembers the last choice"
        browser.close()
