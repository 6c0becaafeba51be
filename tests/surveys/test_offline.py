"""Answers given without a network: grants, the day that counts, what is taken and what is refused, once each."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from surveys import definition, grants, offline, queue_file
from surveys.cards import Card
from surveys.definition import Definitions, Survey
from surveys.errors import HuiyinError
from surveys.grants import Grant
from surveys.keys import Keys, new_pair, public_half
from surveys.languages import Language
from surveys.offline import OfflineError
from surveys.responses import same_answers
from surveys.store import Store, answers
from tests.conftest import ROOT

ISSUED = date(2026, 10, 3)
GRANT = Grant("visit", 1, "chengdong", ISSUED)
KIOSK = Grant("counter-service", 1, "chengdong-hukou", ISSUED, "3f")
ID = "0123456789abcdef" * 2


@pytest.fixture
def keys() -> Keys:
    return Keys(os.urandom(32), public_half(new_pair()[0]))


@pytest.fixture(scope="module")
def known() -> Definitions:
    return definition.load(ROOT / "surveys/definitions")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "huiyin.db", create=True) as store:
        yield store


def body(keys: Keys, grant: Grant = GRANT, **changes: object) -> dict[str, object]:
    sent = {"id": ID, "grant": grants.sign(keys, grant), "day": "2026-10-05", "language": "en"}
    return {**sent, "answers": {"overall": ["4"]}, **changes}


def closed_on(known: Definitions, last: date) -> Definitions:
    surveys = {**known.surveys, ("visit", 1): replace(known.surveys["visit", 1], closed=last)}
    return replace(known, surveys=MappingProxyType(surveys))


def test_a_grant_is_read_again_and_one_that_was_touched_is_not(keys: Keys) -> None:
    kiosk = replace(GRANT, kiosk="3f")
    for grant in (GRANT, kiosk, replace(kiosk, since=date(2026, 9, 1))):
        assert grants.read(keys, grants.sign(keys, grant)) == grant
    assert (GRANT.channel, kiosk.channel) == ("web", "kiosk")
    signed = grants.sign(keys, GRANT)
    other = grants.sign(replace(keys, master=bytes(32)), GRANT)
    payload = grants.sign(keys, kiosk).partition(".")[0]
    for wrong in (
        "",
        ".",
        "x",
        "é.ü",
        "\ud800",
        signed[:-1],
        signed + "a",
        other,
        f"{payload}.{signed.partition('.')[2]}",
    ):
        assert grants.read(keys, wrong) is None


@pytest.mark.parametrize(
    ("told", "today", "closed", "day"),
    [
        ("2026-10-05", "2026-10-20", None, "2026-10-05"),
        ("2026-10-05", "2027-02-01", None, "2026-10-05"),
        ("2026-10-30", "2026-10-20", None, "2026-10-20"),
        ("2020-01-01", "2026-10-20", None, "2026-10-03"),
        (None, "2026-10-20", None, "2026-10-20"),
        ("2026-11-09", "2026-12-01", "2026-10-31", "2026-10-31"),
        ("2026-10-05", "2026-10-20", "2026-10-02", "2026-10-02"),
        ("2026-10-05", "2026-10-01", None, "2026-10-01"),
    ],
    ids=[
        "told",
        "weeks later",
        "clock ahead",
        "clock behind",
        "no clock",
        "after its end",
        "closed before the grant",
        "set back",
    ],
)
def test_the_day_lies_between_the_grant_and_today_and_within_the_survey(
    known: Definitions, told: str | None, today: str, closed: str | None, day: str
) -> None:
    survey = replace(known.surveys["visit", 1], closed=date.fromisoformat(closed) if closed else None)
    given = date.fromisoformat(told) if told else None
    assert grants.day_of(GRANT, survey, given, date.fromisoformat(today)) == date.fromisoformat(day)


def test_answers_are_taken_for_ninety_days_after_the_survey_closed(keys: Keys, known: Definitions) -> None:
    last = date(2026, 10, 31)
    sent = offline.read(keys, body(keys))
    rules = closed_on(known, last)
    assert offline.response_of(rules, sent, last + timedelta(days=90)).day == date(2026, 10, 5)
    with pytest.raises(OfflineError) as error:
        offline.response_of(rules, sent, last + timedelta(days=91))
    assert error.value.reason == "over"


def taken(rules: Definitions, keys: Keys, grant: Grant, today: date) -> bool:
    try:
        return offline.response_of(rules, offline.read(keys, body(keys, grant)), today).unit == grant.unit
    except OfflineError as error:
        assert error.reason == "kiosk"
        return False


def test_a_kiosk_whose_address_was_ended_has_a_week_to_send(keys: Keys, known: Definitions) -> None:
    since, week = date(2026, 10, 10), timedelta(days=7)
    unit = replace(known.units["chengdong-hukou"], kiosks_since=since)
    rules = replace(known, units=MappingProxyType({**known.units, unit.code: unit}))
    kiosk = replace(KIOSK, since=ISSUED)
    for grant in (KIOSK, kiosk, replace(kiosk, issued=since + week)):
        assert taken(rules, keys, grant, since + week)
        assert not taken(rules, keys, grant, since + week + timedelta(days=1))
    for other in (replace(kiosk, since=since), replace(KIOSK, kiosk="")):
        assert taken(rules, keys, other, since + week + timedelta(days=1))


def test_the_grant_of_a_kiosk_ends_with_its_pass(keys: Keys, known: Definitions) -> None:
    last = ISSUED + timedelta(days=400 + 7)
    grant = replace(KIOSK, issued=ISSUED + timedelta(days=400), since=ISSUED)
    assert taken(known, keys, grant, last)
    assert not taken(known, keys, grant, last + timedelta(days=1))
    assert not taken(known, keys, replace(GRANT, kiosk="3f"), ISSUED)


def test_the_same_id_twice_is_one_answer_and_a_closed_month_counts_later(
    keys: Keys, known: Definitions, store: Store
) -> None:
    store.write(lambda connection: answers.close_period(connection, "2026-10", "2026-11-02"))
    sent = offline.read(keys, body(keys))
    first = offline.response_of(known, sent, date(2026, 11, 20))
    again = offline.response_of(known, sent, date(2026, 12, 24))
    kept = offline.take(store, keys, sent, first)
    assert same_answers(offline.take(store, keys, sent, again), again)
    assert (kept.survey, kept.unit, kept.day) == ("visit", "chengdong", "2026-10-05")
    counts = store.read(lambda connection: list(answers.count_everything(connection)))
    everything = [count for count in counts if count.question == ""]
    assert [(one.month, one.late, one.n, one.channel, one.basis) for one in everything] == [
        ("2026-11", 1, 1, "web", "open")
    ]


def test_an_answer_to_an_older_version_is_an_answer_to_that_version(keys: Keys, known: Definitions) -> None:
    newer = replace(known.surveys["visit", 1], version=2, opened=date(2026, 10, 20))
    rules = replace(known, surveys=MappingProxyType({**known.surveys, ("visit", 2): newer}))
    assert rules.current("visit", date(2026, 11, 20)) == newer
    assert offline.response_of(rules, offline.read(keys, body(keys)), date(2026, 11, 20)).version == 1


def test_values_come_as_a_form_gives_them(keys: Keys, known: Definitions) -> None:
    counter = replace(KIOSK, kiosk="")
    given = {"overall": ["2", "5"], "wrong": ["fees"], "better": ["  请早点开门 "], "trips": [], "unknown": ["1"]}
    found = offline.response_of(known, offline.read(keys, body(keys, counter, answers=given)), ISSUED)
    assert found.answers == {"overall": "2", "wrong": ["fees"]}
    assert found.texts == {"better": "请早点开门"}
    found = offline.response_of(known, offline.read(keys, body(keys, KIOSK, answers=given)), ISSUED)
    assert (found.answers, found.texts) == ({"overall": "2"}, {})
    assert (found.channel, found.basis, found.language) == ("kiosk", "assisted", "en")


def refusals(survey: Survey, keys: Keys) -> list[tuple[object, str]]:
    fine = body(keys)
    deep = json.loads("[" * 800 + "]" * 800)
    gone = [replace(GRANT, unit="nowhere"), replace(GRANT, version=9), replace(GRANT, survey="other")]
    return [
        ([], "form"),
        (None, "form"),
        ({**fine, "answers": []}, "form"),
        ({**fine, "id": "x"}, "form"),
        ({**fine, "id": 7}, "form"),
        ({**fine, "day": deep}, "form"),
        ({**fine, "answers": {"overall": deep}}, "form"),
        ({**fine, "grant": "x.y"}, "grant"),
        ({**fine, "grant": None}, "grant"),
        *((body(keys, grant), "gone") for grant in gone),
        *(({**fine, "card": card}, "form") for card in ("1234567890", ["1234567890"], 1, "", False)),
        ({**fine, "answers": {}}, "answers"),
        ({**fine, "answers": {"overall": ["9"]}}, "answers"),
        ({**fine, "answers": {"overall": [{"a": 1}]}}, "answers"),
        ({**fine, "answers": {"overall": {"a": 1}}}, "answers"),
    ]


def test_what_cannot_be_taken_is_refused_with_its_reason(keys: Keys, known: Definitions) -> None:
    for told, reason in refusals(known.surveys["visit", 1], keys):
        with pytest.raises(OfflineError) as error:
            offline.response_of(known, offline.read(keys, told), date(2026, 10, 20))
        assert error.value.reason == reason, told
        assert set(error.value.faults) == ({"overall"} if reason == "answers" else set())


def test_what_is_odd_but_harmless_is_set_right(keys: Keys, known: Definitions) -> None:
    sent = offline.read(keys, body(keys, day="yesterday", language="xx", card={"number": " ", "secret": None}))
    assert (sent.day, sent.card) == (None, None)
    further = replace(known, languages=(Language("ug", "x"),))
    for rules, told, kept in ((known, "xx", "zh"), (known, "ug", "zh"), (further, "ug", "ug")):
        sent = offline.read(keys, body(keys, language=told))
        assert offline.response_of(rules, sent, date(2026, 10, 20)).language == kept
    number, secret = "１２３ 456-7890", "1234 5678 9012 3456 7890"
    carded = offline.read(keys, body(keys, card={"number": number, "secret": secret}))
    assert carded.card == Card("1234567890", "12345678901234567890")


def test_a_file_opens_with_the_key_that_it_was_made_for_alone(keys: Keys) -> None:
    answers = [body(keys), {"id": "ü"}]
    sealed = queue_file.seal(queue_file.public_key(keys), answers)
    assert queue_file.open_file(keys, sealed) == answers
    assert queue_file.public_key(keys) == queue_file.public_key(keys)
    with pytest.raises(HuiyinError, match="another office"):
        queue_file.open_file(replace(keys, master=bytes(32)), sealed)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": "zip"}, "calls itself 'zip'"),
        ({"format": "zip\x1b[31m" + "z" * 99}, r"calls itself 'zip\\x1b\[31mz{32}'$"),
        ({"format": ["zip"]}, "is damaged"),
        ({"version": 2}, "of version 2"),
        ({"version": "2\x07"}, "is damaged"),
        ({"public": "é"}, "is damaged"),
        ({"sealed": "?"}, "is damaged"),
        ({"sealed": "AAAA"}, "does not open"),
        ({"public": "AAAA"}, "does not open"),
        ({"nonce": ""}, "does not open"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(keys: Keys, changes: dict[str, object], told: str) -> None:
    sealed = json.loads(queue_file.seal(queue_file.public_key(keys), []))
    with pytest.raises(HuiyinError, match=told):
        queue_file.open_file(keys, json.dumps({**sealed, **changes}).encode())
    with pytest.raises(HuiyinError, match="is damaged"):
        queue_file.open_file(keys, b"[" * 99_999)
    for data in (b"", b"[]", b"\xff\xfe", json.dumps(sealed).encode()[:-9]):
        with pytest.raises(HuiyinError, match="no file of waiting answers"):
            queue_file.open_file(keys, data)


def test_every_bit_of_what_is_sealed_is_proved(keys: Keys) -> None:
    sealed = json.loads(queue_file.seal(queue_file.public_key(keys), [body(keys)]))
    for name in ("nonce", "sealed"):
        flipped = ("B" if sealed[name][0] != "B" else "C") + sealed[name][1:]
        with pytest.raises(HuiyinError, match="does not open"):
            queue_file.open_file(keys, json.dumps({**sealed, name: flipped}).encode())
