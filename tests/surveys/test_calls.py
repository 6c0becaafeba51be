"""Calls: answers stored once, calls without an answer counted, and nothing of who was called."""

import json
import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest

from surveys import calls
from surveys.audit import Entry, is_noted, record
from surveys.calls import Call
from surveys.errors import CallError
from surveys.responses import SHANGHAI
from surveys.store import Connection, Store, schema
from surveys.store.answers import close_period
from tests.surveys.answers_office import OFFICE, TODAY, account
from tests.surveys.test_responses import rows_in

BY = account("intake")
CELLS = {"overall": "2", "wrong": "1 3", "speed": "0", "better": "多派人。"}


def also(connection: Connection, thing: str, told: Mapping[str, str | int]) -> None:
    """The row of the audit, as the desk writes it."""
    record(connection, Entry(BY.id, "intake", "phone_call", thing, told), datetime(2026, 11, 20, 9, tzinfo=SHANGHAI))


def call(outcome: calls.Outcome = "answered", cells: Mapping[str, str] = CELLS, **changes: str) -> Call:
    asked = {"survey": "police-response", "unit": "chengdong", "language": "zh", **changes}
    return Call(os.urandom(16), outcome=outcome, cells=cells, **asked)


def take(store: Store, one: Call, today: date = TODAY) -> bool:
    return calls.take(store, OFFICE, BY, one, today, also)


def counted(store: Store) -> list[tuple[object, ...]]:
    return [tuple(one) for one in calls.counts(store, OFFICE, "2026-11")]


def test_an_answered_call_is_an_answer_of_that_day_once(store: Store) -> None:
    one = call()
    assert [take(store, one), take(store, one)] == [True, False]
    columns = "survey, unit, channel, basis, language, day, period, answers"
    (row,) = rows_in(store, f"SELECT {columns} FROM responses")
    assert row[:-1] == ("police-response", "chengdong", "telephone", "assisted", "zh", "2026-11-20", "2026-11")
    assert json.loads(row[-1]) == {"overall": "2", "wrong": ["slow", "no-receipt"], "speed": "dk"}
    assert rows_in(store, "SELECT text FROM response_texts") == [("多派人。",)]


def test_one_form_is_one_call_however_it_ends(store: Store) -> None:
    one = call()
    take(store, one)
    for outcome in calls.OUTCOMES:
        assert not take(store, Call(one.id, one.survey, one.unit, "zh", outcome, CELLS))
    other = call("refused", {})
    take(store, other)
    assert not take(store, Call(other.id, one.survey, one.unit, "zh", "answered", CELLS))
    assert counted(store) == [
        ("police-response", "chengdong", "answered", 1),
        ("police-response", "chengdong", "refused", 1),
    ]
    assert len(rows_in(store, "SELECT id FROM audit")) == 1


def test_outcomes_are_counted_by_survey_unit_and_month(store: Store) -> None:
    for unit, outcomes in {"chengdong": ("refused", "not-reached", "refused"), "chengxi": ("not-reached",)}.items():
        for outcome in outcomes:
            take(store, call(outcome, {}, unit=unit))  # type: ignore[arg-type]
    take(store, call("refused", {}), date(2026, 10, 31))
    assert counted(store) == [
        ("police-response", "chengdong", "not-reached", 1),
        ("police-response", "chengdong", "refused", 2),
        ("police-response", "chengxi", "not-reached", 1),
    ]
    assert rows_in(store, "SELECT count(*) FROM responses") == [(0,)]


def test_a_call_of_a_published_month_counts_in_the_next(store: Store) -> None:
    store.write(lambda connection: close_period(connection, "2026-10", "2026-11-05"))
    for outcome in ("answered", "refused"):
        take(store, call(outcome), date(2026, 10, 31))
    assert [row[2:] for row in counted(store)] == [("answered", 1), ("refused", 1)]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (call(survey="nothing"), "survey"),
        (call(unit="chengdong-hukou"), "unit"),
        (call(cells={}), "nothing"),
        (call(cells={"wrong": "1"}), "nothing"),
    ],
)
def test_what_cannot_be_taken_down_is_refused(store: Store, one: Call, reason: str) -> None:
    with pytest.raises(CallError) as error:
        take(store, one)
    assert error.value.reason == reason
    assert (counted(store), rows_in(store, "SELECT id FROM audit")) == ([], [])


@pytest.mark.parametrize("unit", ["chengdong", "dongyuan"])
def test_nobody_calls_about_his_own_unit(unit: str) -> None:
    survey = OFFICE.surveys["police-response", 1]
    mine = calls.callable_units(OFFICE, account("handler", unit), survey, TODAY)
    every = calls.callable_units(OFFICE, BY, survey, TODAY)
    assert {one.code for one in every} - {one.code for one in mine} == {"chengdong"}
    assert calls.callable_units(OFFICE, account("reviewer"), survey, TODAY) == ()


def test_nothing_is_kept_of_who_was_called_and_the_audit_holds_the_day_alone(store: Store) -> None:
    assert set(schema.phone_calls.c.keys()) == {"id", "survey", "unit", "period", "outcome"}
    take(store, call())
    ((at, details),) = rows_in(store, "SELECT at, details FROM audit")
    assert len(at) == 10
    assert json.loads(details) == {"unit": "chengdong"}


def test_the_audit_has_one_row_for_the_calls_of_a_person_about_a_unit_on_a_day(store: Store) -> None:
    elsewhere = next(
        one.code
        for one in calls.callable_units(OFFICE, BY, OFFICE.surveys["police-response", 1], TODAY)
        if one.code != "chengdong"
    )
    for one in (call(), call("refused", {}), call(unit=elsewhere), call("not-reached", {}), call()):
        assert take(store, one)
    told = [json.loads(row[0])["unit"] for row in rows_in(store, "SELECT details FROM audit ORDER BY id")]
    assert told == ["chengdong", elsewhere]
    assert sum(row[-1] for row in counted(store)) == 5  # type: ignore[misc]
    other = account("intake", name="somebody-else")
    assert not store.read(lambda connection: is_noted(connection, heard(other.id), TODAY))
    assert store.read(lambda connection: is_noted(connection, heard(BY.id), TODAY))
    assert not store.read(lambda connection: is_noted(connection, heard(BY.id), TODAY + timedelta(days=1)))


def heard(staff: str) -> Entry:
    return Entry(staff, "intake", "phone_call", "police-response", {"unit": "chengdong"})
