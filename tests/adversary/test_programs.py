"""The description of what programs may ask, held to the routes, and to what comes back for whatever is sent."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.config import Config
from portal.limits import Limiter
from portal.openapi import document
from portal.state import Portal
from surveys import grants
from surveys.grants import Grant
from tests.portal.conftest import with_config
from tests.portal.test_georeport import agreed, desk  # noqa: F401  (a fixture)
from tests.surveys.case_office import Desk

EXAMPLES = 8
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
OPERATIONS = [f"{method.upper()} {path}" for path, operations in document("")["paths"].items() for method in operations]


def tried(operation: Any, mode: GenerationMode, known: Mapping[str, list[Any]], checks: list[Any]) -> set[int]:
    """The statuses that came back for examples of one operation, some of their values replaced by real ones."""
    found: set[int] = set()

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def run(case: "Case[Any]", data: st.DataObject) -> None:
        parts: list[Any] = [case.path_parameters, case.body]
        for part in (one for one in parts if isinstance(one, dict)):
            for name in sorted(set(known) & set(part)):
                if data.draw(st.sampled_from((True, True, True, False))):
                    part[name] = data.draw(st.sampled_from(known[name]))
        response = case.call()
        case.validate_response(response, checks=checks)
        found.add(response.status_code)

    run()
    return found


@pytest.fixture
def known(here: Portal, client: FlaskClient, desk: Desk) -> Mapping[str, list[Any]]:  # noqa: F811
    """Values that mean something to this portal, by the names of fields."""
    agreed(desk)
    public = client.get("/open311/v2/requests.json?start_date=2026-08-25T00:00:00Z").json or []
    return {
        "service_code": [*here.definitions.categories],
        "code": [*here.definitions.categories],
        "attribute[unit]": [*here.definitions.units],
        "number": [one["service_request_id"] for one in public],
        "grant": [grants.sign(here.keys, Grant("visit", 1, "chengdong", here.today()))],
        "day": [here.today().isoformat()],
    }


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limiter, "allows", lambda *_, **__: True)


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("label", [one for one in OPERATIONS if one != "GET /openapi.json"])
def test_what_comes_back_is_as_described(app: Flask, label: str, known: Mapping[str, list[Any]]) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    method, path = label.split()
    operation: Any = schema[path][method]
    found = tried(operation, GenerationMode.POSITIVE, known, CHECKS)
    assert 200 in found or label.startswith("POST")
    if operation.body or [*operation.iter_parameters()]:
        assert max(tried(operation, GenerationMode.NEGATIVE, known, [not_a_server_error])) < 500


def test_every_address_for_programs_is_described(app: Flask) -> None:
    described = {re.sub(r"\{(\w+)\}", r"<\1>", path) for path in document("")["paths"]}
    served = {re.sub(r"<\w+\([^)]*\):(\w+)>", r"<\1>", rule.rule): rule.endpoint for rule in app.url_map.iter_rules()}
    blueprints = ("georeport.", "definitions_api.", "openapi.", "offline_api.", "health.")
    assert described <= set(served)
    for rule, endpoint in served.items():
        assert (endpoint.startswith(blueprints) or rule.endswith(".json")) == (rule in described), rule
    methods = {label.partition(" ")[0] for label in OPERATIONS if label.endswith("/requests.{form}")}
    assert methods == {"GET", "POST"}


def test_the_description_holds_together(client: FlaskClient) -> None:
    told = json.loads(client.get("/openapi.json").data)
    schemas = told["components"]["schemas"]
    for one in schemas.values():
        jsonschema.Draft202012Validator.check_schema(one)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(told)))
    assert named <= set(schemas)
    assert len({one["operationId"] for path in told["paths"].values() for one in path.values()}) == len(OPERATIONS)


def test_the_address_is_the_one_of_the_settings(config: Config, made_database: Path) -> None:
    app = with_config(config, site_url="https://huiyin.example")
    answer = app.test_client().get("/openapi.json", base_url="http://other.example/portal")
    assert json.loads(answer.data)["servers"] == [{"url": "https://huiyin.example/portal"}]
    app.extensions["portal"].store.close()
