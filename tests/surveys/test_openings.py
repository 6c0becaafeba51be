"""Surveys opened and closed at the desk: whose days hold, what is refused, and what pins the words."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from surveys import lock, openings
from surveys.definition import NEVER, Definitions, load
from surveys.errors import OpeningError
from surveys.openings import Act, Decision, OpeningRow, effective, possible, state
from surveys.store import Connection, Store
from surveys.store import openings as record

MONDAY, TUESDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 20)
PAIR = ("scale", 2)


@pytest.fixture
def drafted(folder: Path) -> Path:
    """A definitions folder with a second version of `scale` that has no first day yet."""
    write_draft(folder)
    return folder


def write_draft(folder: Path, old: str = "opened: 2026-01-01\n", new: str = "") -> None:
    written = (folder / "surveys/scale.v1.yaml").read_text("utf-8").replace("version: 1", "version: 2")
    assert old in written
    (folder / "surveys/scale.v2.yaml").write_text(written.replace(old, new), "utf-8")


def row(sequence: int, act: Act, day: date, digest: str = "") -> OpeningRow:
    return OpeningRow(*PAIR, sequence, act, day.isoformat(), digest)


OPENED = row(1, "open", MONDAY)
CLOSED = row(2, "close", TUESDAY)
AGAIN = row(3, "open", FRIDAY)


def test_a_file_without_a_first_day_is_a_draft_that_takes_no_answers(drafted: Path) -> None:
    rules = load(drafted)
    survey = rules.surveys[PAIR]
    assert (survey.opens_at_desk, survey.opened) == (True, NEVER)
    assert not survey.is_open(date(2999, 1, 1))
    current = rules.current("scale", FRIDAY)
    assert current is not None
    assert current.version == 1
    assert not rules.surveys["scale", 1].opens_at_desk


@pytest.mark.parametrize(
    ("rows", "at_once", "days"),
    [
        ([], False, (NEVER, None)),
        ([OPENED], False, (MONDAY, None)),
        ([OPENED, CLOSED], False, (MONDAY, TUESDAY)),
        ([OPENED, CLOSED], True, (MONDAY, MONDAY)),
        ([OPENED, CLOSED, AGAIN], True, (MONDAY, None)),
    ],
)
def test_days_follow_from_the_record(
    drafted: Path, rows: list[OpeningRow], at_once: bool, days: tuple[date, date | None]
) -> None:
    found = effective(load(drafted), rows, at_once=at_once).surveys[PAIR]
    assert (found.opened, found.closed) == days


def test_an_opened_draft_is_what_is_asked_and_closing_it_brings_the_one_before_back(drafted: Path) -> None:
    def asked(*rows: OpeningRow) -> int:
        found = effective(load(drafted), rows, at_once=True).current("scale", TUESDAY)
        assert found is not None
        return found.version

    assert [asked(), asked(OPENED), asked(OPENED, CLOSED)] == [1, 2, 1]


def test_the_desk_stays_within_the_days_of_the_file(folder: Path) -> None:
    write_draft(folder, "opened: 2026-01-01", f"opened: {TUESDAY}\nclosed: {FRIDAY}")
    rules = load(folder)
    survey = rules.surveys[PAIR]
    assert [possible(survey, (), day) for day in (MONDAY, TUESDAY, FRIDAY, date(2026, 11, 21))] == [
        None, "close", "close", None,
    ]  # fmt: skip
    rows = [row(1, "open", MONDAY), row(2, "close", FRIDAY)]
    found = effective(rules, [rows[0]]).surveys[PAIR]
    assert (found.opened, found.closed) == (TUESDAY, FRIDAY)
    assert effective(rules, [row(1, "close", date(2027, 1, 1))]).surveys[PAIR].closed == FRIDAY
    assert possible(survey, rows, FRIDAY) == "open"


def test_where_a_version_stands_has_a_name(drafted: Path) -> None:
    rules = load(drafted)
    now = {rows: effective(rules, rows, at_once=True).surveys[PAIR] for rows in ((), (OPENED,), (OPENED, CLOSED))}
    assert [state(survey, TUESDAY) for survey in now.values()] == ["draft", "open", "closed"]
    assert state(rules.surveys["scale", 1], date(2025, 1, 1)) == "scheduled"


def test_the_digest_does_not_depend_on_the_desks_days(drafted: Path) -> None:
    rules = load(drafted)
    opened = effective(rules, [OPENED, CLOSED])
    for pair, survey in rules.surveys.items():
        assert opened.digest(opened.surveys[pair]) == rules.digest(survey)
    assert lock.opened(opened, FRIDAY) == lock.opened(rules, FRIDAY)
    assert "scale.v2" not in lock.opened(opened, FRIDAY)


def test_a_locked_version_cannot_become_a_draft(drafted: Path) -> None:
    lock.write_lock(drafted, load(drafted), FRIDAY)
    path = drafted / "surveys/scale.v1.yaml"
    path.write_text(path.read_text("utf-8").replace("opened: 2026-01-01\n", ""), "utf-8")
    assert [problem.message for problem in lock.problems(drafted, load(drafted), FRIDAY)] == [
        "'opened' was moved although the version had opened: undo it"
    ]


def do(store: Store, rules: Definitions, act: Act, sequence: int, today: date = MONDAY, digest: str = "") -> OpeningRow:
    decision = Decision(*PAIR, act=act, digest=digest or rules.digest(rules.surveys[PAIR]), sequence=sequence)
    return openings.perform(store, rules, decision, today, lambda *_: None)


def test_opening_and_closing_are_recorded_one_by_one(store: Store, drafted: Path) -> None:
    rules = load(drafted)
    do(store, rules, "open", 0)
    do(store, rules, "close", 1, TUESDAY)
    do(store, rules, "open", 2, FRIDAY)
    digest = rules.digest(rules.surveys[PAIR])
    assert store.read(record.every) == (
        row(1, "open", MONDAY, digest), row(2, "close", TUESDAY, digest), row(3, "open", FRIDAY, digest),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("act", "sequence", "digest", "told"),
    [("open", 1, "", "look again"), ("open", 0, "0" * 64, "look again"), ("close", 0, "", "cannot be closed now")],
)
def test_what_was_not_looked_at_is_refused_and_nothing_stored(
    store: Store, drafted: Path, act: Act, sequence: int, digest: str, told: str
) -> None:
    with pytest.raises(OpeningError, match=told):
        do(store, load(drafted), act, sequence, digest=digest)
    assert store.read(record.every) == ()


def test_other_words_are_not_opened_again(store: Store, drafted: Path) -> None:
    do(store, load(drafted), "open", 0)
    do(store, load(drafted), "close", 1)
    path = drafted / "surveys/scale.v2.yaml"
    path.write_text(path.read_text("utf-8").replace("满意吗", "您满意吗"), "utf-8")
    with pytest.raises(OpeningError, match="make a new version"):
        do(store, load(drafted), "open", 2)


def test_what_goes_with_an_act_stands_or_falls_with_it(store: Store, drafted: Path) -> None:
    rules = load(drafted)
    decision = Decision(*PAIR, act="open", digest=rules.digest(rules.surveys[PAIR]), sequence=0)

    def fail(*_: object) -> None:
        raise ValueError("audit")

    with pytest.raises(ValueError, match="audit"):
        openings.perform(store, rules, decision, MONDAY, fail)
    assert store.read(record.every) == ()


def _execute(statement: str, connection: Connection) -> None:
    connection.execute(text(statement))


def test_the_record_is_append_only(store: Store, drafted: Path) -> None:
    do(store, load(drafted), "open", 0)
    for statement in ("UPDATE survey_openings SET act = 'close'", "DELETE FROM survey_openings"):
        with pytest.raises(DatabaseError, match="append-only"):
            store.write(partial(_execute, statement))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda words: words.replace("满意吗", "您满意吗"), "scale.v3.yaml"),
        (lambda words: words + "opened: 2026-11-16\n", "scale.v3.yaml"),
        (None, "put the file back"),
    ],
)
def test_a_version_opened_at_the_desk_keeps_its_file(
    store: Store, drafted: Path, change: Callable[[str], str] | None, told: str
) -> None:
    do(store, load(drafted), "open", 0)
    rows = store.read(record.every)
    assert list(openings.problems(drafted, load(drafted), rows)) == []
    path = drafted / "surveys/scale.v2.yaml"
    if change:
        path.write_text(change(path.read_text("utf-8")), "utf-8")
    else:
        path.unlink()
    (problem,) = openings.problems(drafted, load(drafted), rows)
    assert problem.path == path
    assert told in problem.message
