"""Naughty strings as names: of accounts and templates, which people type, and of what stands in the office's files."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain, cycle, repeat

import pytest
from flask import Flask

from portal.state import Portal
from surveys import staff
from surveys.accounts import checked_name, checked_title, normal
from surveys.definition import Definitions
from surveys.duties import Post
from surveys.errors import StaffError
from surveys.responses import printable
from surveys.yaml_reading import Text as Said
from tests.adversary.naughty import (
    STRINGS,
    WHOLE,
    batches,
    filled,
    lines,
    read,
    shown,
    texts,
    without_lint,
)
from tests.portal.conftest import rows
from tests.portal.desk_office import Office

pytestmark = pytest.mark.usefixtures("unlimited")
CALL = "/staff/phone/call?survey=police-response&unit=chengdong&say=zh"


def test_names_of_accounts(office: Office) -> None:
    names = dict.fromkeys(normal(one) for one in STRINGS if is_good(checked_name, one))
    titles = cycle(one.typed for one in lines(40) if is_good(checked_title, printable(one.typed)))
    pairs = list(zip(names, titles, strict=False))
    for name, title in pairs[::10]:
        answer = office.client("admin").post("/staff/accounts", data={"name": name, "title": title, "role": "intake"})
        assert (answer.status_code, name in read(answer.text)) == (200, True)
    for name, title in (one for one in pairs if one not in pairs[::10]):
        staff.add(office.guard, None, name, title, Post(frozenset(("intake",)), None), datetime.now(UTC))
    taken = {*names, *(" ".join(title.split()) for _, title in pairs)}
    assert len(taken) > 50
    assert taken <= read(office.client("admin").get("/staff/accounts").text)
    page = office.client("admin").post("/staff/accounts", data=dict.fromkeys(("name", "title", "unit"), WHOLE.typed))
    assert (page.status_code, filled(page.text).count(WHOLE.kept)) == (422, 2)
    sign_in = dict.fromkeys(("name", "password", "code"), WHOLE.typed)
    page = office.client("none").post("/staff/sign-in", data=sign_in)
    assert (page.status_code, filled(page.text)) == (422, [WHOLE.kept[:100], "", ""])


def test_names_of_templates_and_their_words_in_the_box(app: Flask, office: Office, here: Portal) -> None:
    client, number = without_lint(app, office, "handler"), office.assigned()
    writer, titles, bodies = office.client("intake"), lines(60), texts(7_900)
    for title, words in zip(titles, chain(bodies, repeat(bodies[-1]._replace(typed="有字"))), strict=False):
        sent = {"title": title.typed, "language": "zh", "text": words.typed}
        sent["_token"] = here.signer.new("template", 1)
        assert writer.post("/staff/templates/new", data=sent).status_code == 303
    named = {one.kept for one in titles}
    assert named <= read(writer.get("/staff/templates").text)
    every = client.get(f"/staff/case/{number}").text
    assert [one for one in named if not shown(every, one)] == []
    found = {words: one for one, words in rows(here, "SELECT id, text FROM reply_templates")}
    for one in bodies:
        page = client.get(f"/staff/case/{number}?kind=replied&template={found[one.kept]}")
        assert one.kept in filled(page.text)


@pytest.mark.parametrize(("title", "text"), [("\x01\u200b", "有字"), ("题", "\x01\u200b")])
def test_names_of_a_template_that_nobody_could_see(office: Office, title: str, text: str) -> None:
    sent = {"title": title, "language": "zh", "text": text}
    page = office.client("intake").post("/staff/templates/new", data=sent)
    assert (page.status_code, 'id="e-' in page.text) == (422, True)


def test_names_of_units_themes_categories_and_surveys(app: Flask, office: Office, here: Portal) -> None:
    sent = {"_token": here.signer.new("visit", 1), "overall": "2", "better": "好"}
    assert app.test_client().post("/s/visit?unit=chengdong", data=sent).status_code == 303
    renamed, day = named_naughtily(here.definitions), date(2026, 12, 2)
    app.extensions["portal"] = replace(here, definitions=renamed, written=renamed, today=lambda: day)
    pages = "/ /suggest /s/visit /s/visit?unit=chengdong /staff/cases /staff/accounts /staff/kiosks /staff/paper"
    desks = f"/staff/phone {CALL} /staff/themes /staff/themes/2026-11/visit/better /staff/exclusions /staff/surveys"
    found: set[str] = set()
    for address in (*pages.split(), *desks.split()):
        who = "admin" if re.search("accounts|kiosks", address) else "publisher" if "/staff" in address else "none"
        page = office.client(who).get(address)
        assert page.status_code == 200, address
        found |= read(page.text)
    named = {one.code: one.name for one in renamed.units.values() if one.is_open(day)}
    named |= {one.code: one.text for one in renamed.themes.values()}
    named |= {one.code: one.text for one in renamed.categories.values()}
    named |= {one.key: one.title for one in renamed.open_surveys(day)}
    assert [code for code, words in named.items() if words["zh"] not in found] == []


def is_good(check: Callable[[str], str], words: str) -> bool:
    try:
        return bool(check(words))
    except StaffError:
        return False


def named_naughtily(rules: Definitions) -> Definitions:
    """The office with all its names taken from the list."""
    words = cycle(batches(300))

    def said() -> Said:
        text = next(words)
        return Said(zh=text, en=text)

    return replace(
        rules,
        units={code: replace(one, name=said()) for code, one in rules.units.items()},
        themes={code: replace(one, text=said()) for code, one in rules.themes.items()},
        categories={code: replace(one, text=said(), hint=said()) for code, one in rules.categories.items()},
        surveys={key: replace(one, title=said(), intro=said()) for key, one in rules.surveys.items()},
    )
