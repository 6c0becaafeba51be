"""What is asked is public: as JSON that the published schema accepts, and the schema accepts the files themselves."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from ruamel.yaml import YAML

from portal.state import Portal
from surveys.definition import Definitions, Survey
from surveys.definition_json import as_written
from surveys.json_schema import FILES
from surveys.yaml_reading import parse
from tests.portal.conftest import ROOT


@pytest.fixture
def schema(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/definitions/schema.json")
    assert answer.content_type == "application/schema+json; charset=utf-8"
    found: dict[str, Any] = json.loads(answer.data)
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def kind_of(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]}


def plain(path: Path) -> Any:
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")), default=str))


def test_the_schema_fits_every_file_and_what_is_asked(
    client: FlaskClient, here: Portal, schema: dict[str, Any]
) -> None:
    folder = ROOT / "surveys/definitions"
    paths = {path: path.stem if path.parent == folder else "survey" for path in folder.rglob("*.yaml")}
    assert set(FILES) - set(paths.values()) == {"languages"}
    for path, name in paths.items():
        jsonschema.Draft202012Validator(kind_of(schema, name)).validate(plain(path))
    jsonschema.Draft202012Validator(schema).validate(plain(folder / "units.yaml"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"units": [{"code": "Hall"}]}, kind_of(schema, "units"))
    told = json.loads(client.get("/definitions/surveys.json").data)
    assert [one["key"] for one in told["surveys"]] == [one.key for one in here.definitions.open_surveys(here.today())]
    for survey in told["surveys"]:
        jsonschema.validate(survey, kind_of(schema, "survey"))
        used = {question["scale"] for question in survey["questions"] if "scale" in question}
        assert used <= set(told["scales"])
    for name in ("scales", "categories", "units"):
        jsonschema.validate(told[name] if name == "scales" else {name: told[name]}, kind_of(schema, name))
    assert "beijie" not in {unit["code"] for unit in told["units"]}


def test_what_is_told_is_read_back_as_the_survey_that_it_is(tiny: Definitions) -> None:
    for survey in tiny.surveys.values():
        assert parse(json.dumps(as_written(survey)), Path("x.yaml"), Survey) == survey
