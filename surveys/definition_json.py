"""What is asked, as JSON in the shape of the definition files, for other programs; what is asked is public."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import date
from typing import Any

from surveys.definition import Definitions
from surveys.json_schema import FILES, Schema, schema_of


def as_written(value: Any) -> Any:
    """A value of a definition as JSON: the keys of its file, what nobody wrote left out, dates as YYYY-MM-DD."""
    if is_dataclass(value) and not isinstance(value, type):
        members = {item.name: getattr(value, item.name) for item in fields(value) if item.name != "place"}
        usual = {item.name: _default(item) for item in fields(value)}
        return {name: as_written(member) for name, member in members.items() if member != usual[name]}
    if isinstance(value, Mapping):
        return {key: as_written(member) for key, member in value.items()}
    if isinstance(value, tuple):
        return [as_written(member) for member in value]
    return value.isoformat() if isinstance(value, date) else value


def _default(item: "Field[Any]") -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()


def asked(known: Definitions, today: date) -> dict[str, Any]:
    """What is asked on the day: the open surveys, the scales that they use, and the units that take answers."""
    surveys = known.open_surveys(today)
    scales = {question.scale for survey in surveys for question in survey.questions if question.kind == "scale"}
    return {
        "day": today.isoformat(),
        "surveys": [as_written(survey) for survey in surveys],
        "scales": {name: as_written(scale) for name, scale in known.scales.items() if name in scales},
        "categories": [as_written(category) for category in known.categories.values()],
        "units": [as_written(replace(unit, units=())) for unit in known.units.values() if unit.is_open(today)],
    }


def schema_of_all() -> Schema:
    """One schema for all kinds of files: a file fits one of the kinds, which stand by name under `$defs`."""
    found: dict[str, Schema] = {}
    for name in FILES:
        schema = schema_of(name)
        found |= schema.pop("$defs")
        found[name] = {key: value for key, value in schema.items() if key != "$schema"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Huiyin definitions",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in FILES],
        "$defs": found,
    }
