"""Numbers that are far too long, in every address, question and form of the portal: a page says no, never a 500."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal import accounts
from portal.state import Portal
from tests.portal.desk_office import Office

PORTAL = Path(__file__).parents[2] / "portal"
HUGE = "9" * 23
"""More than SQLite holds."""
ENDLESS = "9" * 5000
"""More than Python reads as a number."""
NAMES = frozenset(
    name
    for path in PORTAL.glob("*.py")
    for name in re.findall(r'(?:args|form|values|sent)\.get(?:list)?\("(\w+)"', path.read_text(encoding="utf-8"))
)


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


def who_may(rule: Rule) -> str:
    """Somebody to whom the address is open."""
    wanted = accounts.ACCESS.get(rule.endpoint) or frozenset(("intake",))
    order = ("intake", "publisher", "reviewer", "auditor", "admin", "handler")  # who sees most first
    return next(role for role in order if role in wanted) if rule.rule.startswith("/staff") else "none"


def filled(rule: Rule, some: Mapping[str, str], other: str) -> str:
    """The address of a rule, with `other` where nothing is given."""
    return re.sub(r"<(?:[^:>]*:)?(\w+)>", lambda found: some.get(found[1], other), rule.rule)


def addresses(app: Flask, number: str) -> Iterator[tuple[Rule, str]]:
    """Each rule with huge numbers in it, and with nothing but its whole numbers huge."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ("static", "accounts.sign_out"):
            continue
        known = {"number": number, "key": "visit", "survey": "visit", "act": "open"}
        for huge in (HUGE, ENDLESS):
            for some in ({}, known):
                yield rule, filled(rule, some, huge)


def test_no_address_breaks(app: Flask, office: Office) -> None:
    number = office.opened()
    for rule, address in addresses(app, number):
        client = office.client(who_may(rule))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            status = client.open(address, method=method).status_code
            assert status < 500, (method, address[:80])


@pytest.mark.parametrize("huge", [HUGE, ENDLESS], ids=["huge", "endless"])
def test_no_question_and_no_form_breaks(app: Flask, office: Office, huge: str) -> None:
    number, given = office.opened(), dict.fromkeys(NAMES, huge)
    assert {"before", "sequence", "n", "number"} <= NAMES
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ("static", "accounts.sign_out"):
            continue
        some = {"number": number, "key": "visit", "version": "1", "position": "1"}
        address = filled(rule, some, "visit")
        client = office.client(who_may(rule))
        if "GET" in (rule.methods or set()):
            assert client.get(address, query_string=given).status_code < 500, address
        if "POST" in (rule.methods or set()):
            assert client.post(address, data=given).status_code < 500, address


def test_a_photo_far_beyond_the_last_is_not_found(office: Office) -> None:
    number = office.opened()
    client = office.client("intake")
    for position in ("99999999999999999999999", "1000000", "9", "0"):
        assert client.get(f"/staff/case/{number}/photo/{position}").status_code == 404
