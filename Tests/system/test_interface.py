"""The HTTP interface is what `/openapi.json` says, and the examples are what the schemas say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import schemathesis
from engine import Engine
from hub import free_ports
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks as openapi_checks

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "token-of-the-interface-tests"
MOCK = {
    "name": "mock",
    "resource_type": "bare_metal",
    "providers": ["local"],
    "spawner": {"class": "multiplespawner.Mock"},
}


@pytest.fixture(scope="module")
def mocked(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with nothing behind it, on loopback."""
    folder = tmp_path_factory.mktemp("interface")
    tokens = folder / "tokens"
    tokens.write_text(TOKEN + "\n")
    tokens.chmod(0o600)
    (port,) = free_ports(1)
    files = {"spawner_templates.json": [MOCK], "spawner_deployments.json": {}}
    engine = Engine(binary, folder, files)
    engine.url = f"http://127.0.0.1:{port}"
    engine.start("--listen", f"127.0.0.1:{port}", "--token-file", str(tokens))
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def interface(mocked: Engine) -> schemathesis.schemas.BaseSchema:
    """What the engine says of itself. Streams that do not end are left to other tests."""
    status, document = mocked.call("GET", "/openapi.json")
    assert status == 200
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=mocked.url)
    return schema.exclude(path_regex="/(events|logs)$")


def test_every_answer_is_as_described(interface: schemathesis.schemas.BaseSchema) -> None:
    checked = []
    for found in interface.get_all_operations():
        operation = found.ok()

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            response = case.call(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20)
            case.validate_response(
                response,
                checks=[
                    schemathesis.checks.not_a_server_error,
                    openapi_checks.content_type_conformance,
                    openapi_checks.response_schema_conformance,
                    openapi_checks.status_code_conformance,
                ],
            )

        check()
        checked.append(operation.label)
    assert len(checked) > 12, checked


@cache
def validator(schema: str) -> jsonschema.Draft202012Validator:
    """Of one of the schemas that are kept, which is one."""
    document = json.loads((ROOT / f"{schema}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


@pytest.mark.parametrize(
    "example",
    sorted(
        path
        for folder in ("templates", "deployments")
        for path in (ROOT / folder).glob("*.json")
        if not path.name.endswith(".schema.json")
    ),
    ids=lambda path: path.name,
)
def test_every_example_fits_its_schema(example: Path) -> None:
    name = example.name
    schema = "deployments/spawner_deployments"
    if example.parent.name == "templates" or name.endswith("_templates.json"):
        schema = "templates/spawner_templates"
    elif name.startswith("providers"):
        schema = "deployments/providers"
    validator(schema).validate(json.loads(example.read_text()))


@pytest.mark.parametrize(
    ("schema", "wrong"),
    [
        ("templates/spawner_templates", {"name": "x"}),
        ("templates/spawner_templates", [{"resource_type": "spaceship", "providers": ["local"]}]),
        ("templates/spawner_templates", [{"nam": 1}]),
        ("deployments/providers", [{"name": "a", "kind": "ec2", "options": {"regoin": "x"}}]),
        ("deployments/providers", [{"name": "a", "kind": "static", "options": {"choise": "pack"}}]),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(schema: str, wrong: object) -> None:
    assert not validator(schema).is_valid(wrong)


@pytest.mark.parametrize("kind", [{}, {"kind": None}, {"kind": "ku"}])
def test_the_schema_takes_any_options_of_a_kind_that_is_not_said(kind: dict[str, object]) -> None:
    validator("deployments/providers").validate([{"name": "a", **kind, "options": {"x": 1}}])
