"""Correcting the category of a case: before it is assigned, with the limits of the other one, and past no bar."""

from collections.abc import Iterator
from datetime import date

import pytest

from surveys import case_board, cases
from surveys.cases import Actor, resident
from surveys.errors import CaseError
from surveys.keys import Keys
from surveys.store import Store
from tests.surveys.case_office import EAST, INTAKE, REVIEWER, Desk, days_of


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Iterator[Desk]:
    yield Desk(store, office_keys, date(2026, 11, 2))


def test_the_limits_are_those_of_the_other_category(desk: Desk) -> None:
    number = desk.opened("suggestion").number
    assert days_of(cases.limits(desk.whole(number).standing))["first_reply"] == "2026-11-05"
    case = desk.do(number, INTAKE, "categorised", category="slow")
    assert (case.category, case.standing.kind, case.state) == ("slow", "request", "received")
    assert days_of(cases.limits(case.standing))["first_reply"] == "2026-11-09"
    assert case_board.listing(desk.store, "triage", desk.day)[0].category == "slow"
    assert days_of(cases.limits(desk.do(number, INTAKE, "accepted").standing))["outcome"] == "2026-11-16"
    again = desk.do(number, INTAKE, "categorised", category="visit")
    assert days_of(cases.limits(again.standing))["outcome"] == "2026-11-09"


def test_a_complex_case_stays_complex(desk: Desk) -> None:
    number = desk.opened("suggestion").number
    desk.do(number, INTAKE, "accepted", complex="yes")
    assert desk.do(number, INTAKE, "categorised", category="slow").standing.outcome_days == 15


def test_once_assigned_it_is_never_changed(desk: Desk) -> None:
    number = desk.assigned("east")
    assert "categorised" not in desk.acts(number, INTAKE)
    desk.do(number, EAST, "returned", "不归我们。", reason="other-unit")
    assert desk.whole(number).state == "accepted"
    assert "categorised" not in desk.acts(number, INTAKE)


@pytest.mark.parametrize("actor", [EAST, REVIEWER])
def test_intake_alone_corrects_it(desk: Desk, actor: Actor) -> None:
    number = desk.opened().number
    for one in (actor, resident(number)):
        with pytest.raises(CaseError):
            desk.do(number, one, "categorised", category="slow")


@pytest.mark.parametrize("category", ["visit", "nothing", ""])
def test_the_same_category_or_none_is_refused(desk: Desk, category: str) -> None:
    number = desk.opened("visit").number
    with pytest.raises(CaseError, match="'category'"):
        desk.do(number, INTAKE, "categorised", category=category)


def test_whom_a_complaint_is_about_stays_protected(desk: Desk) -> None:
    number = desk.opened("complaint", "east").number
    case = desk.do(number, INTAKE, "categorised", category="suggestion")
    assert case.standing.about == "east"
    desk.do(number, INTAKE, "accepted")
    with pytest.raises(CaseError, match="choose one of"):
        desk.do(number, INTAKE, "assigned", unit="east")


def test_what_turns_out_to_be_a_complaint_is_about_the_unit_named(desk: Desk) -> None:
    number = desk.opened("visit", "east", release=True).number
    assert desk.whole(number).standing.released == "east"
    standing = desk.do(number, INTAKE, "categorised", category="complaint").standing
    assert (standing.about, standing.released) == ("east", None)
    other = desk.opened("suggestion", "east").number
    assert desk.do(other, INTAKE, "categorised", category="complaint", about="west").standing.about == "west"
