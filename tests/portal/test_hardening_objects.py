"""Role by route by object, for what is no case: batches, proposals, templates, accounts, surveys that are there.

Who may not gets what he would get if there were none, and nothing is changed by his trying. The list is held to the
routes: a new one that names an object has to be listed before it is served.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import accounts
from portal.state import Portal
from surveys import exclusions, reply_templates
from surveys.exclusions import Proposal
from surveys.reply_templates import Draft
from tests.portal import desk_office
from tests.portal.conftest import TODAY, rows
from tests.portal.desk_office import Office
from tests.portal.test_paper_desk import AT, SHEET, opened
from tests.portal.test_staff_desk import TABLE, asked
from tests.surveys.answers_office import PUBLISHER, Answers, cell

TEMPLATE = "0123456789abcdef"
WORDS = "只有本岗才看的话"
SENT = {"sent": "1"}
PEOPLE: Mapping[str, tuple[str, str | None]] = {
    "intake": ("intake", None),
    "handler of the unit": ("handler", "chengdong"),
    "handler": ("handler", "chengxi"),
    "reviewer of the unit": ("reviewer", "chengdong"),
    "reviewer": ("reviewer", "chengqu"),
    "publisher": ("publisher", None),
    "auditor": ("auditor", None),
    "admin": ("admin", None),
}
"""Who asks; `of the unit` means the station that the batch, the proposal and the cases are about."""
WRITERS = ("intake", "reviewer of the unit", "reviewer", "publisher")
KEYERS = ("intake", "handler of the unit", "handler", "publisher")
SEATED = ("intake", "handler of the unit")
LOOKERS = ("publisher", "reviewer of the unit", "reviewer")
Gets = Mapping[str, int]


def each(names: tuple[str, ...], status: int, **others: int) -> dict[str, int]:
    """Everybody named gets the status; who is not named at all is not of the role."""
    return {**dict.fromkeys(names, status), **others}


_ACCOUNT = "/staff/accounts/<string(length=16):staff_id>"
_TEMPLATE = "/staff/templates/<string(length=16):template_id>"
_PROPOSAL = "/staff/exclusions/<string(length=16):batch_id>"
_PAPER = "/staff/paper/<string(length=5):batch>"
_THEMES = "/staff/themes/<period>/<survey>/<question>"
_SURVEY = "/staff/surveys/<key>"
_DEED = "<any(open, close):act>"
LAMP = {"title": "路灯", "language": "zh", "text": WORDS, "revision": "1"}
OBJECTS: dict[tuple[str, str], tuple[str, dict[str, str], Gets]] = {
    ("GET", _ACCOUNT): ("/staff/accounts/ACCOUNT", {}, {"admin": 200}),
    ("POST", f"{_ACCOUNT}/sign-out"): ("/staff/accounts/ACCOUNT/sign-out", SENT, {"admin": 303}),
    ("POST", f"{_ACCOUNT}/roles"): ("/staff/accounts/ACCOUNT/roles", {"role": "intake"}, {"admin": 303}),
    ("POST", f"{_ACCOUNT}/disable"): ("/staff/accounts/ACCOUNT/disable", SENT, {"admin": 303}),
    ("POST", f"{_ACCOUNT}/enable"): ("/staff/accounts/ACCOUNT/enable", SENT, {"admin": 303}),
    ("POST", f"{_ACCOUNT}/reset"): ("/staff/accounts/ACCOUNT/reset", {"part": "password"}, {"admin": 200}),
    ("POST", "/staff/contacts/share/<string(length=16):staff_id>"): (
        "/staff/contacts/share/ACCOUNT", SENT, each(("reviewer", "reviewer of the unit"), 409),
    ),
    ("GET", _TEMPLATE): (f"/staff/templates/{TEMPLATE}", {}, each(WRITERS, 200)),
    ("POST", _TEMPLATE): (f"/staff/templates/{TEMPLATE}", {**LAMP, "revision": "9"}, each(WRITERS, 409)),
    ("POST", f"{_TEMPLATE}/remove"): (f"/staff/templates/{TEMPLATE}/remove", {"revision": "9"}, each(WRITERS, 409)),
    ("GET", _PROPOSAL): ("/staff/exclusions/PROPOSAL", {}, each((*LOOKERS, "auditor"), 200)),
    ("POST", f"{_PROPOSAL}/decide"): (
        "/staff/exclusions/PROPOSAL/decide", {"decision": "confirmed"}, {"reviewer": 303, "reviewer of the unit": 409},
    ),
    ("GET", _PAPER): (AT, {}, each(KEYERS, 200)),
    ("GET", f"{_PAPER}/<int:sheet>"): (f"{AT}/1", {}, each(SEATED, 200, handler=409, publisher=409)),
    ("POST", f"{_PAPER}/<int:sheet>"): (
        f"{AT}/1", {"overall": "x"}, each(SEATED, 422, handler=409, publisher=409),
    ),
    ("POST", f"{_PAPER}/<any(finish, settle, store, discard):act>"): (f"{AT}/store", SENT, each(KEYERS, 409)),
    ("GET", _SURVEY): ("/staff/surveys/visit", {}, each(LOOKERS, 200)),
    ("GET", f"{_SURVEY}/<int:version>/preview"): ("/staff/surveys/visit/1/preview", {}, each(LOOKERS, 200)),
    ("GET", f"{_SURVEY}/sheets"): ("/staff/surveys/visit/sheets", {}, each(LOOKERS, 200)),
    ("GET", f"{_SURVEY}/qr/<unit>.svg"): ("/staff/surveys/visit/qr/chengdong.svg", {}, each(LOOKERS, 404)),
    ("GET", f"{_SURVEY}/<int:version>/{_DEED}"): ("/staff/surveys/visit/1/close", {}, {"publisher": 200}),
    ("POST", f"{_SURVEY}/<int:version>/{_DEED}"): ("/staff/surveys/visit/1/open", SENT, {"publisher": 409}),
    ("GET", _THEMES): ("/staff/themes/2026-10/counter-service/better", {}, {"publisher": 200}),
    ("POST", _THEMES): ("/staff/themes/2026-10/counter-service/better", SENT, {"publisher": 422}),
}  # fmt: skip
"""For each address that names an object: one request to a real one, and what those get whom it is for."""
LISTS = frozenset(("/staff/list/<name>", "/staff/several/<name>"))
"""Addresses whose parameter names a list of one's own cases and no object."""
KEPT = (
    *("staff", "staff_recovery", "reply_templates", "exclusion_batches", "exclusion_decisions", "exclusion_members"),
    *("paper_batches", "paper_seats", "paper_sheets", "paper_settled", "paper_outcomes", "survey_openings"),
    *("text_themes", "audit"),
)


@dataclass(frozen=True)
class Made:
    """An office with one object of each kind, and a browser for everybody."""

    office: Office
    names: Mapping[str, str]

    def ask(self, who: str, key: tuple[str, str], names: Mapping[str, str]) -> tuple[int, str]:
        """Status and page of one request, with the names in its address taken out of the page."""
        path, data, _ = OBJECTS[key]
        for word, name in names.items():
            path = path.replace(word, name)
        answer = asked(self.office.client(who), key[0], path, data)
        return answer.status_code, re.sub("|".join(names.values()), "N", answer.text)

    def state(self) -> list[list[str]]:
        """All that is kept of the objects, as it is now."""
        found = (rows(self.office.here, f"SELECT * FROM {table}") for table in KEPT)
        return [sorted(map(str, each_table)) for each_table in found]


@pytest.fixture
def made(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Made:
    app.test_client_class = FlaskClient  # these pages were linted elsewhere
    office = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: office.guard)
    for who, post in PEOPLE.items():
        monkeypatch.setitem(desk_office.ROLES, who, post)
        office.client(who)
    other = office.issued("handler").account
    reply_templates.add(
        here.store, office.accounts["intake"], TEMPLATE, Draft("路灯", "zh", WORDS), TODAY, accounts.now()
    )
    Answers(here.store, here.keys).add("5" * 4 + "1" * 36)
    proposal = exclusions.propose(
        here.store, here.definitions, here.keys, PUBLISHER, Proposal(cell(), "flood", 40), TODAY, lambda *_: None
    )
    opened(office.client("intake"))
    assert office.client("intake").post(f"{AT}/1", data={**SHEET, "better": WORDS}).status_code == 303
    assert office.client("handler of the unit").post(f"{AT}/1", data={**SHEET, "better": "1"}).status_code == 303
    return Made(office, {"ACCOUNT": other.id, "PROPOSAL": proposal, TEMPLATE: TEMPLATE, "P0001": "P0001"})


def test_every_address_that_names_an_object_is_tried() -> None:
    named = {key for key in TABLE if "<" in key[1] and "number>" not in key[1]}
    assert named == set(OBJECTS) | {key for key in TABLE if key[1] in LISTS}
    assert set(chain.from_iterable(gets for _, _, gets in OBJECTS.values())) <= set(PEOPLE)


def is_done(key: tuple[str, str], status: int) -> bool:
    """Whether that answer to the request means that something was changed."""
    return key[0] == "POST" and status < 400


def test_what_is_not_ones_own_is_neither_read_nor_changed_and_does_not_even_seem_to_be_there(made: Made) -> None:
    before = made.state()
    nowhere = {"ACCOUNT": "f" * 16, "PROPOSAL": "f" * 16, TEMPLATE: "f" * 16, "P0001": "P0009"}
    for key, (_, _, gets) in OBJECTS.items():
        for who in PEOPLE:
            if who in gets and is_done(key, gets[who]):
                continue
            status, page = made.ask(who, key, made.names)
            assert status == gets.get(who, 403), (who, key, page)
            assert WORDS not in page or who in gets, (who, key)
            assert who in gets or page == made.ask(who, key, nowhere)[1], (who, key)
    assert made.state() == before
    for key, (_, _, gets) in OBJECTS.items():
        for who in filter(lambda name: is_done(key, gets[name]), gets):
            assert made.ask(who, key, made.names)[0] == gets[who], (who, key)
            assert made.state() != before, "who may does it, so the others were refused for who they are"
            before = made.state()


def test_nobody_reads_what_another_keyed_by_changing_the_number_of_a_sheet(made: Made) -> None:
    for who in ("handler of the unit", "handler", "publisher"):
        for sheet in (1, 2, 3, 200):
            assert WORDS not in made.office.client(who).get(f"{AT}/{sheet}").text
    assert WORDS in made.office.client("intake").get(f"{AT}/1").text
