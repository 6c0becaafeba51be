"""What every page must hold, checked whenever a test fetches one."""

import re
from typing import Any

import html5lib

NAMESPACE = "{http://www.w3.org/1999/xhtml}"


def faults(html: str) -> list[str]:
    """Faults of one page in words; empty for a good page."""
    parser = html5lib.HTMLParser(strict=False)
    root = parser.parse(html)
    found = [f"HTML: {code} {data} at {place}" for place, code, data in parser.errors]
    elements = [
        (element.tag.replace(NAMESPACE, ""), element) for element in root.iter() if isinstance(element.tag, str)
    ]
    for check in (_outline, _ids, _inline, _labels, _addresses):
        found.extend(check(elements))
    return found


def _texts(elements: list[tuple[str, Any]], tag: str) -> list[str]:
    return ["".join(element.itertext()).strip() for name, element in elements if name == tag]


def _outline(elements: list[tuple[str, Any]]) -> list[str]:
    found = []
    if len(_texts(elements, "h1")) != 1:
        found.append(f"one h1 expected: {_texts(elements, 'h1')}")
    if not any(_texts(elements, "title")):
        found.append("no title")
    if not next(element for name, element in elements if name == "html").get("lang"):
        found.append("no lang")
    for tag in ("a", "button", "h1", "h2", "legend", "label"):
        found += [f"empty {tag}"] * sum(not text for text in _texts(elements, tag))
    return found


def _ids(elements: list[tuple[str, Any]]) -> list[str]:
    ids = [element.get("id") for _, element in elements if element.get("id")]
    found = [f"id twice: {name}" for name in sorted({name for name in ids if ids.count(name) > 1})]
    for _, element in elements:
        for attribute in ("aria-describedby", "aria-labelledby", "for"):
            found += [
                f"{attribute} names no id: {name}" for name in (element.get(attribute) or "").split() if name not in ids
            ]
        target = element.get("href") or ""
        if target.startswith("#") and target[1:] not in ids:
            found.append(f"link to no id: {target}")
    return found


def _inline(elements: list[tuple[str, Any]]) -> list[str]:
    found = [
        f"inline {name}"
        for name, element in elements
        if name == "style" or (name == "script" and not element.get("src"))
    ]
    for name, element in elements:
        found += [
            f"{attribute} on {name}"
            for attribute in element.attrib
            if attribute == "style" or attribute.startswith("on")
        ]
    return found


def _labels(elements: list[tuple[str, Any]]) -> list[str]:
    labelled = {element.get("for") for name, element in elements if name == "label"}
    inside = {child for name, element in elements if name == "label" for child in element.iter()}
    found = []
    for name, element in elements:
        if name not in ("input", "select", "textarea") or element.get("type") == "hidden":
            continue
        if element not in inside and element.get("id") not in labelled and not element.get("aria-label"):
            found.append(f"no label: {name} {element.get('name')}")
    return found


def _addresses(elements: list[tuple[str, Any]]) -> list[str]:
    found = []
    for name, element in elements:
        for attribute in ("src", "href", "action", "formaction"):
            if re.match(r"(https?:)?//", element.get(attribute) or ""):
                found.append(f"third-party address on {name}: {element.get(attribute)}")
    return found
