"""Templates for replies: who writes them, what they hold, and two people at one of them."""

import json
from datetime import UTC, date, datetime

import pytest

from surveys import reply_templates
from surveys.audit import verify
from surveys.duties import Account, Post, Role
from surveys.errors import StaffError, TemplateConflictError, TemplateError
from surveys.reply_templates import Draft
from surveys.store import Store
from tests.surveys.test_responses import rows_in

DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LAMP = Draft("路灯  已报修", "zh", "已报修。\r\n____ 日前修好。 ")
ONE, TWO = "1" * 16, "2" * 16


def member(role: Role, *, disabled: bool = False) -> Account:
    unit = "bureau" if role in ("handler", "reviewer") else None
    return Account(f"{role:0>16}"[:16], role, role, Post(frozenset({role}), unit), disabled)


INTAKE = member("intake")


def test_one_is_written_changed_and_removed_with_a_row_for_each(store: Store) -> None:
    reply_templates.add(store, INTAKE, ONE, LAMP, DAY, NOW)
    reply_templates.add(store, INTAKE, ONE, LAMP, DAY, NOW)
    found = reply_templates.find(store, ONE)
    assert found is not None
    assert (found.draft.title, found.draft.text, found.revision) == ("路灯 已报修", "已报修。\n____ 日前修好。", 1)
    reviewer = member("reviewer")
    reply_templates.change(store, reviewer, found, Draft("路灯", "zh", "修好了。"), DAY, NOW)
    newer = reply_templates.find(store, ONE)
    assert newer is not None and (newer.draft.text, newer.revision) == ("修好了。", 2)
    reply_templates.remove(store, member("publisher"), newer, NOW)
    assert reply_templates.listing(store) == ()
    rows = rows_in(store, "SELECT role, act, object, details FROM audit ORDER BY id")
    assert [(row[0], row[1]) for row in rows] == [
        ("intake", "template_add"),
        ("reviewer", "template_change"),
        ("publisher", "template_remove"),
    ]
    assert [json.loads(row[3])["revision"] for row in rows] == [1, 2, 2]
    assert verify(store).count == 3


def test_of_two_people_the_second_is_told_and_nothing_is_lost(store: Store) -> None:
    reply_templates.add(store, INTAKE, ONE, LAMP, DAY, NOW)
    seen = reply_templates.find(store, ONE)
    assert seen is not None
    reply_templates.change(store, INTAKE, seen, Draft("路灯", "zh", "先到。"), DAY, NOW)
    with pytest.raises(TemplateConflictError, match="meanwhile"):
        reply_templates.change(store, INTAKE, seen, Draft("路灯", "zh", "后到。"), DAY, NOW)
    with pytest.raises(TemplateConflictError):
        reply_templates.remove(store, INTAKE, seen, NOW)
    kept = reply_templates.find(store, ONE)
    assert kept is not None and kept.draft.text == "先到。"
    assert verify(store).count == 2


@pytest.mark.parametrize("role", ["handler", "auditor", "admin"])
def test_others_use_them_and_write_none(store: Store, role: Role) -> None:
    with pytest.raises(StaffError, match="ask one of them"):
        reply_templates.add(store, member(role), ONE, LAMP, DAY, NOW)
    with pytest.raises(StaffError):
        reply_templates.add(store, member("intake", disabled=True), ONE, LAMP, DAY, NOW)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(" ", "zh", "有字"), "title"),
        (Draft("长" * 61, "zh", "有字"), "title"),
        (Draft("题", "fr", "有字"), "language"),
        (Draft("题", "zh", " \n"), "text"),
        (Draft("题", "zh", "长" * 8001), "text"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_stored(store: Store, draft: Draft, field: str) -> None:
    assert list(draft.faults()) == [field]
    with pytest.raises(TemplateError):
        reply_templates.add(store, INTAKE, ONE, draft, DAY, NOW)
    assert reply_templates.listing(store) == ()


def test_those_in_the_language_of_the_case_come_first(store: Store) -> None:
    reply_templates.add(store, INTAKE, ONE, Draft("B lamp", "en", "Repaired."), DAY, NOW)
    reply_templates.add(store, INTAKE, TWO, LAMP, DAY, NOW)
    assert [one.id for one in reply_templates.listing(store, "zh")] == [TWO, ONE]
    assert [one.id for one in reply_templates.listing(store, "en")] == [ONE, TWO]
