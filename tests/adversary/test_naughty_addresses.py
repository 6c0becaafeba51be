"""Naughty strings in every address, with every field that the portal knows: a page that says so, and never a 500."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from portal.accounts import ACCESS
from portal.state import Portal
from tests.adversary.naughty import batches, texts, without_lint
from tests.conftest import ROOT
from tests.portal.desk_office import Office

pytestmark = pytest.mark.usefixtures("unlimited")
FIELD = re.compile(r'\bname="([a-z_-]+)"|(?:\.get|\.getlist|_field)\("([A-Za-z_.\[\]-]+)"|(?<=_FIELD = )"([a-z_]+)"')
ENDING = {"accounts.sign_out"}
"""What has no field, and would end the session."""


def fields() -> list[str]:
    """The names of all fields that a template shows or a view reads."""
    sources = [*(ROOT / "portal").glob("*.py"), *(ROOT / "portal/templates").rglob("*.html")]
    found = (FIELD.findall(path.read_text(encoding="utf-8")) for path in sources)
    return sorted({name for names in found for match in names for name in match if re.fullmatch(r"[a-z_\[\]]+", name)})


def rotated(names: list[str]) -> Iterator[dict[str, str]]:
    """A text for each field, another one each time."""
    words = cycle(texts(60))
    while True:
        yield dict(zip(names, (one.typed for one in islice(words, len(names) + 1)), strict=False))


def address(rule: Rule, known: dict[str, str], words: str) -> str:
    """The address of a rule, with what is known in it, and words where nothing is."""

    def filled(place: re.Match[str]) -> str:
        converter, name = place[1] or "", place[2]
        length = re.search(r"length=(\d+)", converter)
        return known.get(name) or quote(words[: int(length[1])] if length else words, safe="")

    return re.sub(r"<(?:([^:>]+):)?([a-z_]+)>", filled, rule.rule)


def who_may(rule: Rule) -> str:
    if not rule.rule.startswith("/staff"):
        return "none"
    return min(ACCESS.get(rule.endpoint) or {"intake"})


@pytest.fixture
def known(office: Office, here: Portal) -> dict[str, str]:
    """What the parts of an address may be that is there."""
    found = {"number": office.assigned(), "batch": "P0001", "staff_id": office.issued("auditor").account.id}
    paper = {"survey": "police-response.v1", "unit": "chengxi", "language": "zh", "day": "2026-11-18", "n": "1"}
    assert office.client("intake").post("/staff/paper", data={**paper, "newest": ""}).status_code == 303
    found |= {
        "key": "visit",
        "survey": "visit",
        "unit": "chengdong",
        "version": "1",
        "sheet": "1",
        "question": "better",
    }
    return found | {"period": "2026-10", "form": "xml", "code": "suggestion", "act": "settle", "address": "message"}


@pytest.mark.parametrize("is_there", [True, False])
def test_every_address_takes_every_field_at_once(
    app: Flask, office: Office, known: dict[str, str], is_there: bool
) -> None:
    names = fields()
    assert {"text", "_token", "title", "kiosk", "contact", "q", "unit", "case", "attribute[unit]"} <= set(names)
    sent, words = rotated(names), cycle(one.replace("/", "") for one in batches(300))
    given = known if is_there else {name: known[name] for name in ("version", "sheet", "form", "act")}
    clients: dict[str, FlaskClient] = {}
    told = Counter[int]()
    for rule in app.url_map.iter_rules():
        who = who_may(rule)
        client = clients[who] = clients.get(who) or without_lint(app, office, who)
        for method in sorted({"GET", "POST"} & (rule.methods or set())) if rule.endpoint not in ENDING else ():
            place, fill = address(rule, given, next(words)), next(sent)
            page = client.get(place, query_string=fill) if method == "GET" else client.post(place, data=fill)
            assert page.status_code < 500, (method, place)
            assert "<script>alert(" not in page.text, (method, place)
            told[page.status_code] += 1
    assert told.total() > 90
    assert {200, 404, 422} <= set(told)
