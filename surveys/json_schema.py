"""JSON Schemas of the definition files, made from the same dataclasses that read them, for editors."""

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from surveys.definition import Scale, Survey
from surveys.languages import LanguagesFile
from surveys.office import CategoriesFile, DeclaredFile, ThemesFile, UnitsFile
from surveys.scam_check import ScamCheck
from surveys.yaml_reading import CODE_PATTERN, LANGUAGES, TAG_PATTERN, Code, Scalar, Text

Schema = dict[str, Any]
FILES: Mapping[str, Any] = {
    "units": UnitsFile,
    "scales": dict[str, Scale],
    "categories": CategoriesFile,
    "themes": ThemesFile,
    "declared": DeclaredFile,
    "scam-check": ScamCheck,
    "languages": LanguagesFile,
    "survey": Survey,
}
_SCALARS: Mapping[Any, Schema] = {
    str: {"type": "string", "minLength": 1},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    Code: {"type": "string", "pattern": f"^{CODE_PATTERN}$"},
    Scalar: {"type": ["string", "number", "boolean"]},
    type(None): {"type": "null"},
}


def schema_of(name: str) -> Schema:
    """The schema of one kind of file: units, scales, categories, themes, declared or survey."""
    found: dict[str, Schema] = {}
    main = _schema(FILES[name], found)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, **main, "$defs": found}


def schema_text(name: str) -> str:
    """The schema as it is written to a file."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def write_schemas(directory: Path) -> tuple[Path, ...]:
    """Write all schemas as NAME.json; gives their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = {name: directory / f"{name}.json" for name in FILES}
    for name, path in paths.items():
        path.write_text(schema_text(name), encoding="utf-8")
    return tuple(paths.values())


def _schema(kind: Any, found: dict[str, Schema]) -> Schema:
    if kind is Text:
        return _reference("Text", found, _text)
    if isinstance(kind, type) and is_dataclass(kind):
        return _reference(kind.__name__, found, lambda: _record(kind, found))
    return _compound(kind, found) if get_origin(kind) else dict(_SCALARS[kind])


def _compound(kind: Any, found: dict[str, Schema]) -> Schema:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], found)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], found)}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return _union([_schema(arm, found) for arm in arguments if arm is not type(None)])
    raise TypeError(f"no schema for {kind}")


def _union(arms: list[Schema]) -> Schema:
    return arms[0] if len(arms) == 1 else {"anyOf": arms}


def _reference(name: str, found: dict[str, Schema], make: Any) -> Schema:
    if name not in found:
        found[name] = {}
        found[name].update(make())
    return {"$ref": f"#/$defs/{name}"}


def _text() -> Schema:
    return {
        "type": "object",
        "properties": {language: {"type": "string", "minLength": 1} for language in LANGUAGES},
        "patternProperties": {f"^{TAG_PATTERN}$": {"type": "string", "minLength": 1}},
        "required": list(LANGUAGES),
        "additionalProperties": False,
    }


def _record(kind: Any, found: dict[str, Schema]) -> Schema:
    hints = get_type_hints(kind)
    known = [item for item in fields(kind) if item.name != "place"]
    return {
        "type": "object",
        "properties": {item.name: _schema(hints[item.name], found) for item in known},
        "required": [i.name for i in known if i.default is MISSING and i.default_factory is MISSING],
        "additionalProperties": False,
    }
