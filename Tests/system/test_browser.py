"""A user's way in a real browser: login, form, spawn page, JupyterLab, stop."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine import Engine
from hub import Hub
from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 30_000
# A quick start leaves the spawn page before a test has looked at it.
REMEMBER_PROGRESS = """
new MutationObserver(() => {
  const told = [...document.querySelectorAll(".progress-log-event")].map(line => line.textContent);
  if (told.length) sessionStorage.setItem("told", JSON.stringify(told));
}).observe(document, {childList: true, subtree: true});
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def log_in(hub: Hub, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a browser of one's own for a user, logged in."""
    contexts = []

    def page_of(user: str) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{hub.base}/hub/login?next=/hub/home")
        page.fill("#username_input", user)
        page.fill("#password_input", "any")
        page.click("#login_submit")
        page.wait_for_url(re.compile("/hub/home"))
        return page

    yield page_of
    for context in contexts:
        context.close()


@pytest.fixture
def picture(screenshots: Path, hub: Hub) -> Callable[[Page, str], None]:
    """Leaves a screenshot, named by hub version and step."""
    version = hub.bin.parent.name

    def take(page: Page, step: str) -> None:
        page.screenshot(path=screenshots / f"{version}-{step}.png", full_page=True)

    return take


def choose(page: Page, hub: Hub, template: str) -> None:
    """Open the form and pick a template."""
    page.goto(f"{hub.base}/hub/spawn")
    page.select_option("#spawn_form select[name=template]", template)


def test_from_login_to_jupyterlab_and_back(
    hub: Hub, engine: Engine, log_in: Callable[[str], Page], picture: Callable[[Page, str], None]
) -> None:
    errors: list[str] = []
    page = log_in("ada")
    page.add_init_script(REMEMBER_PROGRESS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    choose(page, hub, "jupyter")
    page.fill("#spawn_form input[name=memory]", "1")
    picture(page, "1-form")
    page.click("#spawn_form button[type=submit]")

    page.wait_for_url(re.compile("/user/ada/"))
    expect(page.locator(".jp-Launcher").first).to_be_visible(timeout=PATIENCE)
    picture(page, "3-jupyterlab")
    told = page.evaluate("JSON.parse(sessionStorage.getItem('told'))")
    assert told[0] == "Server requested" and len(told) >= 3, told
    assert any("jupyter" in line for line in told), f"the steps are the engine's: {told}"
    assert errors == []
    (session,) = engine.sessions("running")
    assert session["template"] == "jupyter"
    assert session["resource_specification"]["memory"] == 1 << 30

    page.goto(f"{hub.base}/hub/home")
    picture(page, "4-home")
    page.click("#stop")
    expect(page.locator("#stop")).to_be_hidden(timeout=PATIENCE)
    picture(page, "5-stopped")
    assert engine.sessions() == [] and hub.server("ada") == {}

    page.goto(f"{hub.base}/hub/spawn")
    last = page.eval_on_selector("#spawn_form select[name=template]", "field => field.value")
    assert last == "jupyter", "the form remembers the last choice"


def test_the_form_works_without_scripts(hub: Hub, engine: Engine, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{hub.base}/hub/login?next=/hub/spawn")
    page.fill("#username_input", "plain")
    page.fill("#password_input", "any")
    page.click("#login_submit")
    page.select_option("#spawn_form select[name=template]", "tiny")
    page.click("#spawn_form button[type=submit]")
    page.wait_for_load_state()
    hub.ready("plain")
    assert [each["template"] for each in engine.sessions("running")] == ["tiny"]
    hub.end("plain")
    context.close()


def test_wrong_input_comes_back_naming_the_field(
    hub: Hub, log_in: Callable[[str], Page], picture: Callable[[Page, str], None]
) -> None:
    page = log_in("bob")
    choose(page, hub, "tiny")
    page.fill("#spawn_form input[name=memory]", "<b>lots</b>")
    page.click("#spawn_form button[type=submit]")
    message = page.locator(".spawn-error-msg")
    expect(message).to_contain_text(re.compile("memory", re.IGNORECASE))
    expect(message).to_contain_text("<b>lots</b>")
    picture(page, "9-wrong-input")


def test_a_start_that_fails_at_once_says_why_on_the_form(
    hub: Hub, log_in: Callable[[str], Page], picture: Callable[[Page, str], None]
) -> None:
    page = log_in("cleo")
    choose(page, hub, "refusing")
    page.click("#spawn_form button[type=submit]")
    message = page.locator(".spawn-error-msg")
    expect(message).to_contain_text("/no/such/program")
    expect(page.locator("#spawn_form select[name=template]")).to_be_visible()
    picture(page, "6-refused")


def test_a_start_that_fails_later_says_why_on_the_spawn_page(
    hub: Hub, log_in: Callable[[str], Page], picture: Callable[[Page, str], None]
) -> None:
    page = log_in("dora")
    choose(page, hub, "broken-later")
    page.click("#spawn_form button[type=submit]")
    page.wait_for_url(re.compile("/hub/spawn-pending/dora"))
    expect(page.locator("#progress-message")).to_contain_text("Spawn failed", timeout=PATIENCE)
    expect(page.locator("#progress-message")).to_contain_text("exit status 3")
    picture(page, "7-failed")


def test_a_second_tab_sees_the_start_from_the_beginning(
    hub: Hub, log_in: Callable[[str], Page], picture: Callable[[Page, str], None]
) -> None:
    page = log_in("eve")
    choose(page, hub, "slow")
    page.click("#spawn_form button[type=submit]")
    page.wait_for_url(re.compile("/hub/spawn-pending/eve"))
    events = ".progress-log-event"
    page.wait_for_selector(events, state="attached")
    second = page.context.new_page()
    second.goto(page.url)
    second.wait_for_selector(f"{events} >> nth=1", state="attached")
    first = second.locator(events).nth(1).text_content()
    assert first == page.locator(events).nth(1).text_content()
    second.eval_on_selector("#progress-details", "details => details.open = true")
    picture(second, "2-progress")
    hub.ready("eve")
    hub.end("eve")


def test_a_user_does_not_get_into_anothers_server(
    hub: Hub, log_in: Callable[[str], Page], picture: Callable[[Page, str], None]
) -> None:
    hub.run("fay", options={"template": "jupyter"})
    page = log_in("mallory")
    for path in ("/user/fay/lab", "/hub/spawn/fay", "/hub/spawn-pending/fay"):
        answer = page.goto(f"{hub.base}{path}")
        assert answer is not None and answer.status in (403, 404), path
    picture(page, "8-not-yours")
    hub.end("fay")
