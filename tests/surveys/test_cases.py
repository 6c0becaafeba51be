"""Cases: two codes that stay the same, a secret that is not kept, and limits that hold across holidays."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import cases, codes, responses, workdays
from surveys.cases import Opened, Submission, first_reply_limit, look_up, open_case, triage_limit
from surveys.definition import Category, Definitions
from surveys.errors import CaseError
from surveys.keys import Keys, key_paths, unseal
from surveys.store import Connection, Store, ledger
from tests.surveys.test_responses import rows_in

DAY = date(2026, 11, 20)
_number = count(1)


def submission(**changes: Any) -> Submission:
    """What a resident sent, with an id of its own."""
    made = Submission(
        id=next(_number).to_bytes(16),
        category="suggestion",
        unit="hall",
        text="门口的台阶太高。",
        contact="张女士 13800000000",
        channel="web",
        language="zh",
    )
    return replace(made, **changes)


def rows(store: Store, table: str) -> int:
    found: int = rows_in(store, f"SELECT count(*) FROM {table}")[0][0]
    return found


def test_a_case_opens_with_its_two_codes(store: Store, office_keys: Keys, tiny: Definitions) -> None:
    opened = open_case(store, office_keys, tiny, submission(), DAY)
    assert codes.is_valid(opened.number, codes.NUMBER_LENGTH)
    assert codes.is_valid(opened.secret, codes.SECRET_LENGTH)
    found = look_up(store, office_keys, opened.number, opened.secret)
    assert found is not None
    assert (found.number, found.category, found.unit, found.language) == (opened.number, "suggestion", "hall", "zh")
    assert found.received == DAY
    assert found.state == "received"
    assert [(event.kind, event.day, event.role, event.text) for event in found.events] == [
        ("received", DAY, "resident", "门口的台阶太高。")
    ]


def test_only_number_and_secret_together_open_a_case(store: Store, office_keys: Keys, tiny: Definitions) -> None:
    one = open_case(store, office_keys, tiny, submission(), DAY)
    other = open_case(store, office_keys, tiny, submission(), DAY)
    for number, secret in (
        (one.number, other.secret),
        (other.number, one.secret),
        (one.number, ""),
        (one.number, one.secret[:-1]),
        ("", one.secret),
        ("0000000000", one.secret),
        (one.number + "\0", one.secret),
        ("' OR 1 = 1 --", one.secret),
    ):
        assert look_up(store, office_keys, number, secret) is None
    stranger = Keys(bytes(32), office_keys.contact)
    assert look_up(store, stranger, one.number, one.secret) is None


def test_the_same_submission_gets_the_same_codes(store: Store, office_keys: Keys, tiny: Definitions) -> None:
    made = submission()
    opened = {open_case(store, office_keys, tiny, made, DAY + timedelta(days=days)) for days in (0, 0, 1, 30)}
    assert len(opened) == 1
    (one,) = opened
    found = look_up(store, office_keys, one.number, one.secret)
    assert found is not None
    assert found.received == DAY
    assert {table: rows(store, table) for table in ("cases", "case_events", "case_texts", "case_contacts")} == {
        "cases": 1,
        "case_events": 1,
        "case_texts": 1,
        "case_contacts": 1,
    }


def test_the_same_submission_from_many_threads_is_one_case(store: Store, office_keys: Keys, tiny: Definitions) -> None:
    made = submission()
    start = threading.Barrier(20)
    opened: list[Opened] = []

    def send() -> None:
        start.wait()
        opened.append(open_case(store, office_keys, tiny, made, DAY))

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 20
    assert len(set(opened)) == 1
    assert rows(store, "cases") == rows(store, "case_events") == 1


def take(store: Store, number: str) -> None:
    """Somebody else's case already has the number."""
    row = ledger.CaseRow(number, bytes(32), "suggestion", None, "web", "zh", "2026-11-01")
    store.write(lambda connection: ledger.add_case(connection, row))


def candidates(keys: Keys, made: Submission) -> list[str]:
    return [
        codes.with_check_digit(keys.code("case number", made.id, str(turn)), codes.NUMBER_LENGTH) for turn in range(4)
    ]


def test_a_taken_number_is_stepped_over_each_time(store: Store, office_keys: Keys, tiny: Definitions) -> None:
    made = submission()
    numbers = candidates(office_keys, made)
    take(store, numbers[0])
    take(store, numbers[1])
    opened = open_case(store, office_keys, tiny, made, DAY)
    assert opened.number == numbers[2]
    assert open_case(store, office_keys, tiny, made, DAY) == opened
    assert look_up(store, office_keys, opened.number, opened.secret) is not None
    assert rows(store, "cases") == 3


def test_no_free_number_is_told_and_nothing_is_stored(store: Store, office_keys: Keys, tiny: Definitions) -> None:
    made = submission()
    for number in candidates(office_keys, made):
        take(store, number)
    with pytest.raises(CaseError, match="no free case number was found"):
        open_case(store, office_keys, tiny, made, DAY)
    assert rows(store, "cases") == 4
    assert rows(store, "case_events") == rows(store, "case_contacts") == 0


def test_neither_secret_nor_contact_stands_in_any_byte(
    store: Store, office_keys: Keys, tiny: Definitions, tmp_path: Path
) -> None:
    made = submission(id=bytes(range(200, 216)))  # a counted id is nearly all zeros, and so is an empty page
    opened = open_case(store, office_keys, tiny, made, DAY)
    store.copy_to(tmp_path / "copy.db")
    store.close()
    for path in (tmp_path / "copy.db", *tmp_path.glob("huiyin.db*")):
        data = path.read_bytes()
        assert opened.secret.encode() not in data
        assert codes.grouped(opened.secret).encode() not in data
        assert "张女士".encode() not in data
        assert b"13800000000" not in data
        assert made.id not in data
    assert opened.number.encode() in (tmp_path / "copy.db").read_bytes()


def sealed_contact(store: Store) -> bytes:
    found: bytes = rows_in(store, "SELECT sealed FROM case_contacts")[0][0]
    return found


def test_the_contact_opens_with_the_private_key_and_the_cases_number(
    store: Store, office_keys: Keys, tiny: Definitions
) -> None:
    opened = open_case(store, office_keys, tiny, submission(), DAY)
    private = key_paths(store.path)[2].read_bytes()
    assert unseal(sealed_contact(store), private, opened.number) == "张女士 13800000000"
    with pytest.raises(Exception, match="does not open"):
        unseal(sealed_contact(store), private, "0000000000")


def test_the_contact_is_sealed_for_the_number_that_the_case_got(
    store: Store, office_keys: Keys, tiny: Definitions
) -> None:
    made = submission()
    take(store, candidates(office_keys, made)[0])
    opened = open_case(store, office_keys, tiny, made, DAY)
    assert unseal(sealed_contact(store), key_paths(store.path)[2].read_bytes(), opened.number) == made.contact


def test_without_contact_nothing_is_sealed(store: Store, office_keys: Keys, tiny: Definitions) -> None:
    open_case(store, office_keys, tiny, submission(contact=""), DAY)
    assert rows(store, "case_contacts") == 0


def test_a_purged_text_leaves_the_case_and_its_digest(store: Store, office_keys: Keys, tiny: Definitions) -> None:
    opened = open_case(store, office_keys, tiny, submission(), DAY)
    store.write(lambda connection: connection.exec_driver_sql("DELETE FROM case_texts"))
    found = look_up(store, office_keys, opened.number, opened.secret)
    assert found is not None
    assert found.events[0].text is None
    assert rows_in(store, "SELECT length(text_digest) FROM case_events") == [(32,)]


def test_the_digest_of_a_text_cannot_be_guessed_without_its_salt(
    store: Store, office_keys: Keys, tiny: Definitions
) -> None:
    for _ in range(2):
        open_case(store, office_keys, tiny, submission(), DAY)
    digests = rows_in(store, "SELECT text_digest FROM case_events")
    assert len(set(digests)) == 2


def add_event(store: Store, number: str, sequence: int, kind: str) -> None:
    event = {
        "number": number,
        "sequence": sequence,
        "kind": kind,
        "day": "2026-11-21",
        "role": "intake",
        "unit": "hall",
        "data": '{"reason":"other"}',
        "text_digest": None,
    }

    def work(connection: Connection) -> None:
        ledger.add_event(connection, event, None, None)

    store.write(work)


def test_an_event_of_a_newer_version_is_told(store: Store, office_keys: Keys, tiny: Definitions) -> None:
    opened = open_case(store, office_keys, tiny, submission(), DAY)
    add_event(store, opened.number, 2, "dreamt")
    with pytest.raises(CaseError, match="an event 'dreamt' that this version does not know: update it"):
        look_up(store, office_keys, opened.number, opened.secret)


def test_every_state_of_the_life_of_a_case_has_a_name() -> None:
    assert (
        *("received", "accepted", "declined", "merged", "transferred", "assigned", "replied"),
        *("outcome", "callback", "closed", "reopened", "withdrawn"),
    ) == cases.STATES


@pytest.fixture
def suggestion(tiny: Definitions) -> Category:
    return tiny.categories["suggestion"]


@pytest.mark.parametrize(
    ("received", "triage", "first_reply"),
    [
        ("2026-11-17", "2026-11-18", "2026-11-20"),  # Tuesday to Friday
        ("2026-11-19", "2026-11-20", "2026-11-23"),  # the third day is a Sunday
        ("2026-11-20", "2026-11-23", "2026-11-24"),  # Friday: triage is due on Monday, so Tuesday
        ("2026-11-21", "2026-11-23", "2026-11-24"),
        ("2026-02-10", "2026-02-11", "2026-02-13"),
        ("2026-02-11", "2026-02-12", "2026-02-14"),  # the make-up Saturday
        ("2026-02-12", "2026-02-13", "2026-02-24"),  # Spring Festival
        ("2026-02-13", "2026-02-14", "2026-02-24"),
        ("2026-02-14", "2026-02-24", "2026-02-25"),
        ("2026-02-20", "2026-02-24", "2026-02-25"),
        ("2026-02-25", "2026-02-26", "2026-02-28"),  # the make-up Saturday
        ("2026-02-27", "2026-02-28", "2026-03-02"),
        ("2026-09-29", "2026-09-30", "2026-10-08"),  # National Day
        ("2026-09-30", "2026-10-08", "2026-10-09"),
        ("2026-10-08", "2026-10-09", "2026-10-12"),  # the third day is a Sunday after a make-up Saturday
        ("2024-02-26", "2024-02-27", "2024-02-29"),  # leap day
        ("2024-02-28", "2024-02-29", "2024-03-04"),  # the third day is a Saturday
    ],
)
def test_first_reply_limits(suggestion: Category, received: str, triage: str, first_reply: str) -> None:
    day = date.fromisoformat(received)
    assert triage_limit(day).day == date.fromisoformat(triage)
    assert first_reply_limit(suggestion, day).day == date.fromisoformat(first_reply)
    assert not first_reply_limit(suggestion, day).estimated


def test_a_minute_before_midnight_before_a_holiday(suggestion: Category) -> None:
    """23:59 and 0:01 in Shanghai are 15:59 and 16:01 in UTC, and belong to two days."""
    before = responses.today(datetime(2026, 9, 30, 15, 59, tzinfo=UTC))
    after = responses.today(datetime(2026, 9, 30, 16, 1, tzinfo=UTC))
    assert (before, after) == (date(2026, 9, 30), date(2026, 10, 1))
    assert first_reply_limit(suggestion, before).day == date(2026, 10, 9)
    assert first_reply_limit(suggestion, after).day == date(2026, 10, 9)
    assert triage_limit(before).day == date(2026, 10, 8)


def test_a_year_without_notice_gives_an_estimated_limit(suggestion: Category) -> None:
    assert first_reply_limit(suggestion, date(2026, 12, 30)).estimated
    assert first_reply_limit(suggestion, date(2031, 5, 1)).estimated
    assert triage_limit(date(2026, 12, 31)).estimated


@given(st.dates(date(2024, 1, 1), date(2026, 11, 30)), st.integers(1, 10))
def test_the_first_reply_is_never_due_before_the_day_after_triage(received: date, days: int) -> None:
    category = Category("a", "request", {}, {}, days, 5)  # type: ignore[arg-type]
    limit = first_reply_limit(category, received)
    assert workdays.is_workday(limit.day)
    assert limit.day > triage_limit(received).day
    assert limit.day >= received + timedelta(days=days)
    assert limit.counted[-1] == limit.day
