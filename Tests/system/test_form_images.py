"""Images, files and what the hub knows of a user: from the form to what is started."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from engine import Engine
from hub import Hub, free_ports
from playwright.sync_api import expect, sync_playwright
from processes import end
from waiting import until

AUTHENTICATOR = "form_authenticator.MountAuthenticator"
BASE = {"name": "Base", "image": "lab/base:1"}
SHIPS = {"name": "The ship's", "image": "lab/ship:1"}


@pytest.fixture(scope="module")
def answering(tiny: str) -> Iterator[int]:
    """The port of a server that answers for all that are pretended."""
    (port,) = free_ports(1)
    environment = {"JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}/"}
    server = subprocess.Popen([tiny], env=environment)
    yield port
    end(server)


@pytest.fixture(scope="module")
def files(answering: int) -> dict[str, Any]:
    """A template with images and files, one with an image of its own, one that needs user data."""

    def template(name: str, **kwargs: Any) -> dict[str, Any]:
        return {
            "name": name,
            "icon": "/hub/logo",
            "resource_type": "container",
            "providers": ["local"],
            "class": "multiplespawner.Mock",
            "kwargs": {"ip": "127.0.0.1", "port": answering, **kwargs},
        }

    images = [
        {"name": "For the chosen", "image": "lab/chosen:1", "access": "./chosen.txt"},
        BASE,
        {"name": "Base's <b>'twin'</b>", "image": "lab/base:1", "description": "the same again"},
    ]
    mount = "no mount of {name} at {targetHost} by {privateKey} for {other}"
    return {
        "spawner_templates.json": [
            template("boat", images=images, enable_user_upload_install_files=True),
            template("ship", images=[SHIPS]),
            template(
                "mount",
                user_format_attributes=["mount_data", "other"],
                fail_at="before_checkpoint",
                error_message=mount,
            ),
        ],
        "spawner_deployments.json": {},
        "chosen.txt": [],
    }


@pytest.fixture(scope="module")
def engine(binary: Path, files: dict, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine on these files, with a list of users beside them."""
    engine = Engine(binary, tmp_path_factory.mktemp("engine"), files)
    (engine.directory / "chosen.txt").write_text("# who may\ncarol\n")
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def hub(new_hub: Callable[..., Hub], engine: Engine, jupyterhub: Path) -> Iterator[Hub]:
    """A hub of each version whose authenticator keeps what it knows of its users."""
    settings = {
        "JupyterHub": {"authenticator_class": AUTHENTICATOR},
        "Authenticator": {"allow_all": True, "enable_auth_state": True},
        "MultipleSpawner": {"url": f"unix://{engine.socket}", "consecutive_failure_limit": 100},
    }
    modules = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {"JUPYTERHUB_CRYPT_KEY": "0f" * 32, "PYTHONPATH": ":".join(modules)}
    hub = new_hub(jupyterhub, settings, **variables).start()
    yield hub
    hub.stop()
    for session in engine.sessions():
        engine.call("DELETE", f"/v1/sessions/{session['id']}?now=true")


class Visitor:
    """A user with a browser's cookies, without the browser."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.hub = hub
        self.name = name
        self.web = requests.Session()
        self.web.get(f"{hub.base}/hub/login")
        answer = self.post("/hub/login?next=/hub/home", {"username": name, "password": "any"})
        assert answer.ok and "/hub/home" in answer.url, answer.text

    def post(self, path: str, data: dict[str, Any], files: Any = None) -> requests.Response:
        """Send a form, as a page of the hub would."""
        mark = {"_xsrf": self.web.cookies.get_dict(path="/hub/").get("_xsrf", "")}
        where = f"{self.hub.base}{path}"
        return self.web.post(where, data={**mark, **data}, files=files, timeout=60)

    def form(self) -> str:
        """The page with the form."""
        answer = self.web.get(f"{self.hub.base}/hub/spawn", timeout=60)
        assert answer.ok
        return answer.text

    def spawn(self, files: Any = None, **fields: str) -> requests.Response:
        """Send the form of the spawn page."""
        return self.post("/hub/spawn", fields, files)


def started(engine: Engine, user: str) -> str:
    """What the log of a user's pretended server says: all that was chosen for it."""
    (session,) = [each for each in engine.sessions("running") if each["user"] == user]
    status, log = engine.call("GET", f"/v1/sessions/{session['id']}/logs")
    assert status == 200
    return log


def test_the_page_lists_the_images_that_the_user_may_have(hub: Hub) -> None:
    page = Visitor(hub, "alice").form()
    assert "Select a notebook image" in page
    assert "lab/base:1" in page and "lab/ship:1" in page
    assert "lab/chosen:1" not in page
    assert "<b>'twin'</b>" not in page
    assert "lab/chosen:1" in Visitor(hub, "carol").form()


@pytest.mark.parametrize("write", [json.dumps, repr])
def test_a_choice_and_a_file_reach_the_server(
    hub: Hub, engine: Engine, write: Callable[[dict], str]
) -> None:
    user = f"upload-{write.__name__}"
    content = b"numpy==2.0\n\x00\xff"
    answer = Visitor(hub, user).spawn(
        {"user-upload": ("packages.txt", content, "text/plain")},
        template="boat",
        select_image=write({"name": "Base's <b>'twin'</b>", "image": "lab/base:1"}),
    )
    assert answer.ok
    model = hub.ready(user)
    log = started(engine, user)
    assert "image lab/base:1 (Base's <b>'twin'</b>)" in log
    assert f"file packages.txt ({len(content)} bytes)" in log

    kept = json.dumps(model["user_options"])
    assert "sha256" in kept and "numpy" not in kept
    assert base64.b64encode(content).decode() not in kept

    # The same choice once more, without a form: the file is still there, after a restart too.
    hub.end(user)
    engine.kill()
    engine.start()
    hub.run(user)
    assert "file packages.txt" in started(engine, user)
    hub.end(user)
    # The same reference in another's options leads to nothing.
    stolen = {**model["user_options"]}
    answer = hub.begin(f"thief-{user}", options=stolen)
    assert answer.status_code == 400 and "upload it again" in answer.text


@pytest.mark.parametrize("fields", [{}, {"dockerimage": "x"}, {"select_image": ""}])
def test_unknown_fields_start_the_usual_image(hub: Hub, engine: Engine, fields: dict) -> None:
    assert Visitor(hub, "usual").spawn(**fields).ok
    hub.ready("usual")
    assert "image lab/base:1 (Base)" in started(engine, "usual")
    hub.end("usual")


@pytest.mark.parametrize(
    "fields, file, reason",
    [
        (
            {"select_image": '{"name": "For the chosen", "image": "lab/chosen:1"}'},
            None,
            "not offered",
        ),
        ({"select_image": '{"name": "Base", "image": "evil:1"}'}, None, "not offered"),
        ({"select_image": "__import__('os').system('id')"}, None, "cannot be read"),
        ({"select_image": "[" * 4000}, None, "cannot be read"),
        ({"select_image": "{" * 200_000}, None, "the most is 4096"),
        ({"template": "boat"}, ("../../etc/x.txt", b"x"), "must be a plain one"),
        ({"template": "boat"}, ("x.sh", b"x"), "must end with"),
        ({"template": "boat"}, ("x.txt", b"x" * 600_000), "the most is 512000"),
        ({"template": "ship"}, ("x.txt", b"x"), "takes no files"),
    ],
)
def test_what_does_not_fit_comes_back_with_the_reason(
    hub: Hub, engine: Engine, fields: dict, file: Any, reason: str
) -> None:
    sent = None if file is None else {"user-upload": file}
    answer = Visitor(hub, "wrong").spawn(sent, **fields)
    assert answer.status_code < 500
    assert reason in answer.text, answer.text[:3000]
    assert [each for each in engine.sessions() if each["user"] == "wrong"] == []


def test_the_api_takes_the_same_choices(hub: Hub, engine: Engine) -> None:
    options = {
        "user_selected_name": "Base",
        "user_selected_image": "lab/base:1",
        "user_install_files": [{"name": "a", "extension": ".txt", "data": "text\n"}],
    }
    hub.run("api", options=options)
    assert "file a.txt (5 bytes)" in started(engine, "api")
    hub.end("api")
    answer = hub.begin("api", options={"container_spec": {"User": "root"}})
    assert answer.status_code == 400 and "does not let users choose" in answer.text


def test_a_list_of_users_that_changes_is_read_again(engine: Engine) -> None:
    asked = "/v1/form?hub=h&user=dave"
    assert "lab/chosen:1" not in engine.call("GET", asked)[1]
    (engine.directory / "chosen.txt").write_text("carol\ndave\n")
    until("dave has his image", lambda: "lab/chosen:1" in engine.call("GET", asked)[1])


def test_what_the_hub_knows_of_a_user_fills_placeholders_and_is_kept(
    hub: Hub, engine: Engine
) -> None:
    def reason(user: str) -> str:
        answer = hub.begin(user, options={"template": "mount"})
        assert answer.status_code >= 400, answer.text
        return answer.text

    Visitor(hub, "mounting")
    told = "no mount of mounting at files-of-mounting by KEY-OF-mounting for {other}"
    assert told in reason("mounting")
    # Only what was asked for has come: the hub's administrator did not list the rest.
    assert "not asked for" not in engine.log()

    # The hub's database has it, encrypted; its memory is gone with the restart.
    hub.kill()
    hub.start()
    assert told in reason("mounting")
    assert "at posted-host by POSTED-KEY" in reason("posted-one")
    assert "at {targetHost} by {privateKey}" in reason("unknown")

    assert "KEY-OF-mounting" not in (hub.directory / "jupyterhub.sqlite").read_bytes().decode(
        "latin-1"
    )


def test_a_huge_body_is_refused_and_does_no_harm(engine: Engine) -> None:
    whose = {"hub": "h", "user": "huge"}
    body = base64.b64encode(b"x" * (13 << 20)).decode()
    files = {"user-upload": [{"filename": "a.txt", "content_type": "", "body": body}]}
    status, answer = engine.call("POST", "/v1/form", {**whose, "form": {}, "files": files})
    assert status == 400 and "the most is 16 MiB" in answer["error"]["message"]
    many = [{"filename": f"{n}.txt", "content_type": "", "body": "eA=="} for n in range(20_000)]
    files = {"user-upload": many}
    status, answer = engine.call("POST", "/v1/form", {**whose, "form": {}, "files": files})
    assert status == 400 and "10 files at most" in answer["error"]["message"]
    assert not any((engine.state / "uploads").glob("*/" + "?" * 63 + "0.txt"))
    assert engine.answers()


def test_the_lists_follow_the_template_in_a_browser(
    hub: Hub, engine: Engine, screenshots: Path
) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{hub.base}/hub/login?next=/hub/spawn")
        page.fill("#username_input", "looking")
        page.fill("#password_input", "any")
        page.click("#login_submit")
        images = page.locator("#spawn_form select[name=select_image]")
        upload = page.locator("#spawn_form input[name=user-upload]")
        expect(images.nth(0)).to_be_visible()
        expect(images.nth(1)).to_be_hidden()
        expect(upload).to_be_visible()
        assert [option.text_content() for option in images.nth(0).locator("option").all()] == [
            "Base",
            "Base's <b>'twin'</b>",
        ]
        images.nth(0).select_option(label="Base's <b>'twin'</b>")
        expect(page.locator("#multiplespawner-select_image-help")).to_have_text("the same again")
        page.screenshot(path=screenshots / f"{hub.bin.parent.name}-images.png", full_page=True)
        page.select_option("#spawn_form select[name=template]", "ship")
        expect(images.nth(0)).to_be_hidden()
        expect(images.nth(1)).to_be_enabled()
        expect(upload).to_be_hidden()
        expect(page.locator("#multiplespawner-template-icon")).to_be_visible()
        page.click("#spawn_form button[type=submit]")
        page.wait_for_url(re.compile("/user/looking/|/spawn-pending/"))
        hub.ready("looking")
        assert "image lab/ship:1 (The ship's)" in started(engine, "looking")
        assert errors == []

        hub.end("looking")
        page.goto(f"{hub.base}/hub/spawn")
        expect(images.nth(1)).to_be_visible()
        assert json.loads(images.nth(1).input_value()) == SHIPS
        browser.close()
