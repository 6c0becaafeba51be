"""One answer in two formats: XML without attributes, and the JSON that follows from it by the Spark convention."""

import json
from collections.abc import Mapping, Sequence
from typing import Literal
from xml.etree import ElementTree as ET

PREFIX = "/open311/v2"
"""Where such answers stand."""
Format = Literal["xml", "json"]
Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]
CONTENT_TYPES: Mapping[str, str] = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
_EACH = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
"""What the members of a list are called in XML; JSON has no name for them."""


def form_of(path: str) -> str:
    """The format that an address asks for; XML where it names none."""
    return "json" if path.endswith(".json") else "xml"


def error(form: str, status: int, sentence: str) -> bytes:
    """What went wrong, in the shape that the standard gives it."""
    return encode(form, "errors", [{"code": status, "description": sentence}])


def encode(form: str, root: str, body: Value) -> bytes:
    """The answer in a format; in JSON the root has no name, and nothing is null where XML has an empty element."""
    if form == "json":
        return json.dumps(body, ensure_ascii=False).encode()
    made: bytes = ET.tostring(_element(root, body), encoding="utf-8", xml_declaration=True)
    return made


def _element(name: str, value: Value) -> ET.Element:
    element = ET.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(key, inside) for key, inside in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        element.extend(_element(_EACH[name], inside) for inside in value)
    elif value is not None:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
    return element
