"""What programs may ask of the portal, as an OpenAPI 3.1 document: the addresses that speak JSON, and Open311's."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from portal.spark import PREFIX
from portal.state import portal
from surveys.definition_json import schema_of_all

blueprint = Blueprint("openapi", __name__)
Part = dict[str, Any]
DAY: Part = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
TEXT: Part = {"type": "string"}
TRUTH: Part = {"type": "boolean"}
MAYBE: Part = {"type": ["string", "null"]}
_LIST = "#/components/schemas/"


def _ref(name: str) -> Part:
    return {"$ref": f"{_LIST}{name}"}


def _object(**properties: Part) -> Part:
    """An object of exactly these members."""
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}


def _array(items: Part) -> Part:
    return {"type": "array", "items": items}


_REQUEST_FIELDS = (
    "status_notes service_name service_code description agency_responsible service_notice requested_datetime "
    "updated_datetime expected_datetime address address_id zipcode lat long media_url"
)
SCHEMAS: Mapping[str, Part] = {
    "Health": _object(
        ready=TRUTH,
        store={"enum": ["ready", "busy", "unreachable", "full", "unusable"]},
        definitions={"enum": ["in force", "faults"]},
    ),
    "Live": _object(live={"const": True}),
    "Asked": _object(
        day=DAY,
        surveys=_array(_ref("survey")),
        scales=_ref("scales"),
        categories=_array(_ref("Category")),
        units=_array(_ref("Unit")),
    ),
    "Submission": {
        "type": "object",
        "description": "One answer set as a device keeps it. The same id twice is one answer.",
        "required": ["id", "grant", "day", "language", "answers"],
        "properties": {
            "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "grant": {"type": "string", "description": "What the page of the form carries, signed by the office."},
            "day": DAY,
            "language": TEXT,
            "answers": {"type": "object", "additionalProperties": _array(TEXT)},
            "card": {"anyOf": [_object(number=TEXT, secret=TEXT), {"type": "null"}]},
        },
    },
    "Taken": _object(id=TEXT, receipt={"type": "string", "format": "uri-reference"}, day=DAY),
    "NotTaken": _object(
        id=TEXT,
        error={"enum": ["form", "grant", "gone", "over", "kiosk", "answers", "card", "busy"]},
        message=TEXT,
        faults={"type": "object", "additionalProperties": TEXT},
    ),
    "Words": _object(
        **dict.fromkeys(("copy", "unkept", "waiting", "list", "most"), TEXT),
        needed={"type": "object", "additionalProperties": TEXT},
    ),
    "Discovery": _object(
        changeset=TEXT,
        contact=TEXT,
        key_service=TEXT,
        endpoints=_array(_object(specification=TEXT, url=TEXT, changeset=TEXT, type=TEXT, formats=_array(TEXT))),
    ),
    "Services": _array(
        _object(
            **dict.fromkeys(("service_code", "service_name", "description", "group"), TEXT),
            metadata=TRUTH,
            type={"enum": ["realtime", "batch", "blackbox"]},
            keywords=MAYBE,
        )
    ),
    "ServiceDefinition": _object(
        service_code=TEXT,
        attributes=_array(
            _object(
                **dict.fromkeys(("code", "datatype", "description"), TEXT),
                **dict.fromkeys(("variable", "required"), TRUTH),
                datatype_description=MAYBE,
                order={"type": "integer"},
                values=_array(_object(key=TEXT, name=TEXT)),
            )
        ),
    ),
    "Requests": _array(
        _object(
            service_request_id=TEXT,
            status={"enum": ["open", "closed"]},
            **dict.fromkeys(_REQUEST_FIELDS.split(), MAYBE),
        )
    ),
    "Opened": _array(_object(service_request_id=TEXT, service_notice=TEXT, account_id={"type": "null"})),
    "Errors": _array(_object(code={"type": "integer"}, description=TEXT)),
    "NewRequest": {
        "type": "object",
        "required": ["service_code", "description"],
        "properties": {
            "service_code": TEXT,
            "description": TEXT,
            "address_string": TEXT,
            "attribute[unit]": {"type": "string", "description": "A unit of the service's definition."},
            "idempotency_key": {"type": "string", "minLength": 22, "maxLength": 255},
        },
    },
}

_PAGE: Part = {"text/html; charset=utf-8": {"schema": TEXT}}


def _json(name: str, kind: str = "application/json") -> Part:
    return {kind: {"schema": _ref(name)}}


def _in_both(name: str) -> Part:
    """In the format that the address names."""
    return {"application/json; charset=utf-8": {"schema": _ref(name)}, "text/xml; charset=utf-8": {"schema": TEXT}}


def _answers(content: Part, told: str, **others: tuple[str, Part]) -> Part:
    """What may come back: 200 with the content, and other statuses by `s404=` and the like."""
    found = {"200": {"description": told, "content": content}}
    for status, (why, body) in others.items():
        found[status.removeprefix("s")] = {"description": why, "content": body}
    return found


def _parameter(name: str, place: str, schema: Part, told: str = "") -> Part:
    made = {"name": name, "in": place, "required": place == "path", "schema": schema}
    return made | ({"description": told} if told else {})


_LANG = _parameter("lang", "query", TEXT, "The language of the words, as zh or en.")
_FORMAT = _parameter("form", "path", {"enum": ["json", "xml"]}, "The format of the answer.")
_NOT_FOUND = ("There is no such thing, or it is not public.", _in_both("Errors"))
_UNREADABLE = ("It cannot be taken; the words say why.", _in_both("Errors"))
_LATER = ("Too many at once, or the store is busy: send it again after Retry-After.", _in_both("Errors"))


def _get(name: str, told: str, answers: Part, *parameters: Part) -> Part:
    return {"get": {"operationId": name, "summary": told, "parameters": list(parameters), "responses": answers}}


def _own_paths() -> dict[str, Part]:
    busy = ("Not now: the store takes nothing.", _json("Health"))
    refused = ("What is wrong with it.", _json("NotTaken"))
    later = ("Send it again after Retry-After.", _json("NotTaken"))
    page = ("Posts from other sites, and bodies that are too large.", _PAGE)
    return {
        "/openapi.json": _get("openapi", "This document.", _answers({"application/json": {}}, "This document.")),
        "/health": _get("health", "Whether an answer could be stored.", _answers(_json("Health"), "Yes.", s503=busy)),
        "/health/live": _get("live", "That the program answers.", _answers(_json("Live"), "It lives.")),
        "/definitions/schema.json": _get(
            "schema", "The JSON Schema of the definition files.",
            _answers({"application/schema+json; charset=utf-8": {}}, "The schema."),
        ),
        "/definitions/surveys.json": _get(
            "surveys", "What is asked today.",
            _answers(_json("Asked", "application/json; charset=utf-8"), "What is asked."),
        ),
        "/words.json": _get("words", "What the scripts say.", _answers(_json("Words"), "The words."), _LANG),
        "/api/answers": {
            "post": {
                "operationId": "answer",
                "summary": "Store one answer set that was given on a device, once.",
                "parameters": [_LANG],
                "requestBody": {"required": True, "content": _json("Submission")},
                "responses": _answers(
                    _json("Taken"), "It is stored.", s422=refused, s429=later, s503=later, s403=page, s413=page
                ),
            }
        },
    }  # fmt: skip


def _open311_paths() -> dict[str, Part]:
    number = _parameter("number", "path", TEXT, "The id of a request that is public.")
    code = _parameter("code", "path", TEXT, "A service_code of the list of services.")
    names = ("service_request_id", "service_code", "status", "start_date", "end_date")
    filters = [_parameter(name, "query", TEXT) for name in names]
    return {
        "/discovery.{form}": _get(
            "discovery", "Where the service stands.",
            _answers(_in_both("Discovery"), "Where it stands."), _FORMAT, _LANG,
        ),
        "/services.{form}": _get(
            "services", "What a request can be about.", _answers(_in_both("Services"), "All services."), _FORMAT, _LANG
        ),
        "/services/{code}.{form}": _get(
            "service", "What else may be said of a request.",
            _answers(_in_both("ServiceDefinition"), "Its attributes.", s404=_NOT_FOUND), code, _FORMAT, _LANG,
        ),
        "/requests.{form}": _get(
            "requests", "What is public of requests.",
            _answers(_in_both("Requests"), "All that fit.", s400=_UNREADABLE, s503=_LATER), _FORMAT, _LANG, *filters,
        ) | {"post": _sending()},
        "/requests/{number}.{form}": _get(
            "request", "One request that is public.",
            _answers(_in_both("Requests"), "The request alone in its list.", s404=_NOT_FOUND, s503=_LATER),
            number, _FORMAT, _LANG,
        ),
    }  # fmt: skip


def _sending() -> Part:
    key = _parameter("Idempotency-Key", "header", {"type": "string", "minLength": 22, "maxLength": 255})
    return {
        "operationId": "send",
        "summary": "Send a suggestion without a name; the secret code of its case stands in the answer alone.",
        "parameters": [_FORMAT, _LANG, key],
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": _ref("NewRequest")}},
        },
        "responses": _answers(
            _in_both("Opened"), "The case is open.",
            s400=_UNREADABLE, s403=_UNREADABLE, s404=_NOT_FOUND, s413=_UNREADABLE, s429=_LATER, s503=_LATER,
        ),
    }  # fmt: skip


def document(address: str) -> dict[str, Any]:
    """The description of a portal that stands at the address; every `$ref` leads to a part of it."""
    written = json.dumps(schema_of_all()["$defs"]).replace('"#/$defs/', f'"{_LIST}')
    paths = _own_paths() | {f"{PREFIX}{path}": told for path, told in _open311_paths().items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Huiyin",
            "version": "1",
            "summary": "Feedback on public services: what is asked, answers from devices, suggestions by Open311.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": address or "/"}],
        "paths": paths,
        "components": {"schemas": {**json.loads(written), **SCHEMAS}},
    }


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The description of what programs may ask of this portal."""
    address = f"{portal().config.site_url or ''}{request.script_root}"
    return Response(json.dumps(document(address), ensure_ascii=False), content_type="application/json")
