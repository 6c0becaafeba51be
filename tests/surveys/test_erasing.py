"""What a resident has deleted before its time: it is gone from every table, and counts, days and proofs stay."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from scripts.recount_cases import Replay, facts_of, happened
from surveys import audit, case_upkeep, cases, photos
from surveys.cases import resident
from surveys.errors import CaseError
from surveys.keys import Keys
from surveys.public_cases import echoes
from surveys.store import Store, ledger
from tests.surveys.case_office import AUDITOR, EAST, INTAKE, PUBLISHER, REVIEWER, STAFF, Desk, days_of
from tests.surveys.test_case_figures import NOVEMBER, figures
from tests.surveys.test_photos import A, B, C, add, agree, published, summarised
from tests.surveys.test_responses import rows_in

HERS = "我家门口的路灯不亮，电话 13800138000。"


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    return Desk(store, office_keys, date(2026, 11, 2))


def erase(desk: Desk, number: str, *parts: str) -> cases.Case:
    return desk.do(number, resident(number), "erased", parts=",".join(parts))


def texts_of(desk: Desk, number: str) -> list[str]:
    return [text for (text,) in rows_in(desk.store, f"SELECT text FROM case_texts WHERE number = '{number}'")]


def counts(desk: Desk, table: str) -> int:
    return int(rows_in(desk.store, f"SELECT count(*) FROM {table}")[0][0])


def require_whole(desk: Desk) -> None:
    """No proof is broken, and the board is what the events say."""
    assert case_upkeep.broken_texts(desk.store) == photos.broken(desk.store) == ()
    assert case_upkeep.refresh(desk.store) == 0
    audit.verify(desk.store)


def test_her_words_go_in_every_state_and_the_answers_stay(desk: Desk) -> None:
    for stage in ("assigned", "closed"):
        number = desk.brought(desk.opened(text=HERS).number, stage)
        before = desk.whole(number)
        case = erase(desk, number, "words")
        left = [None if event.role == "resident" else event.text for event in before.events]
        assert [event.text for event in case.events] == [*left, None]
        assert HERS not in texts_of(desk, number)
        assert (case.state, days_of(cases.limits(case.standing))) == (
            before.state, days_of(cases.limits(before.standing))
        )  # fmt: skip
        assert "words" not in case.standing.erasable
        require_whole(desk)


def test_what_she_writes_afterwards_can_be_deleted_again(desk: Desk) -> None:
    number = desk.opened().number
    erase(desk, number, "words")
    with pytest.raises(CaseError):
        erase(desk, number, "words")
    desk.do(number, resident(number), "message", "还有一盏。")
    assert texts_of(desk, number) == ["还有一盏。"]
    assert erase(desk, number, "words").standing.words_back == 4
    assert texts_of(desk, number) == []


def test_her_contact_goes_with_what_was_handed_over_and_nobody_calls(desk: Desk) -> None:
    number = desk.proposed(unit="east", release=True)
    desk.pass_days(20)
    case = erase(desk, number, "contact")
    assert counts(desk, "case_contacts") == counts(desk, "case_handed_contacts") == 0
    assert (case.standing.released, case.standing.queue) == (None, "wait")
    assert days_of(cases.limits(case.standing)) == {"unconfirmed": "2026-12-07"}, "fifteen days from now on"
    assert not {"confirmed", "disputed", "not_reached"} & set(desk.acts(number, REVIEWER))
    desk.pass_days(15)
    assert case_upkeep.due_closings(desk.store, desk.day) == ()
    desk.pass_days(1)
    assert case_upkeep.due_closings(desk.store, desk.day) == (number,)
    require_whole(desk)


def test_one_photo_goes_and_its_place_is_free_again(desk: Desk) -> None:
    number = desk.opened().number
    add(desk, number, A, B)
    case = erase(desk, number, "photo-1")
    assert (case.standing.photos, case.standing.pictures) == ((2,), {2: 3})
    assert photos.image(desk.store, number, 1, resident(number)) is None
    add(desk, number, C)
    assert desk.whole(number).standing.pictures == {1: 5, 2: 3}
    assert photos.image(desk.store, number, 1, resident(number)) == C
    require_whole(desk)
    add(desk, number, A)
    assert erase(desk, number, "photo-1", "photo-2", "photo-3").standing.photos == ()
    assert counts(desk, "case_photos") == 0
    require_whole(desk)


def test_only_she_and_only_what_is_there(desk: Desk) -> None:
    number = desk.opened(contact="").number
    for parts in ("contact", "photo-1", "summary", "photo-4", "", "words,secret"):
        with pytest.raises(CaseError):
            erase(desk, number, *parts.split(","))
    for actor in (*STAFF, resident("0000000000")):
        with pytest.raises(CaseError):
            desk.do(number, actor, "erased", parts="words")
    assert len(texts_of(desk, number)) == 1


def published_case(desk: Desk) -> str:
    number = summarised(desk, A, B)
    agree(desk, number, "1,2")
    desk.pass_days(30)
    assert [found for found, _ in echoes(desk.store, desk.day)] == [number]
    return number


@pytest.mark.parametrize("purged", [False, True])
def test_a_published_summary_goes_with_its_photos(desk: Desk, purged: bool) -> None:
    number = published_case(desk)
    for days in (31, 335) if purged else ():
        desk.pass_days(days)
        case_upkeep.purge_due(desk.store, desk.day)
    there = ("photo-1", "photo-2", "summary") if purged else ("contact", "photo-1", "photo-2", "words", "summary")
    assert desk.whole(number).standing.erasable == there
    case = erase(desk, number, "summary")
    assert list(echoes(desk.store, desk.day)) == []
    assert published(desk, number) == ()
    assert "灯修好了。" not in texts_of(desk, number)
    assert counts(desk, "case_photos") == (0 if purged else 2)
    assert not {"consented", "refused"} & set(desk.acts(number, resident(number)))
    assert ("summarised" in desk.acts(number, PUBLISHER)) is not purged
    assert case.standing.published_summary is None
    require_whole(desk)


def test_a_published_photo_goes_and_the_summary_stays(desk: Desk) -> None:
    number = published_case(desk)
    erase(desk, number, "photo-2")
    assert published(desk, number) == (A,)
    assert [found for found, _ in echoes(desk.store, desk.day)] == [number]
    erase(desk, number, "words", "contact")
    assert [echo.texts for _, echo in echoes(desk.store, desk.day)] == [{"zh": "灯修好了。"}]


def test_the_purge_of_later_finds_nothing_amiss(desk: Desk) -> None:
    number = desk.closed()
    erase(desk, number, "contact", "words")
    assert "reopened" in desk.acts(number, resident(number)), "her right to reopen does not go with her contact"
    for days in (31, 335):
        desk.pass_days(days)
        assert case_upkeep.purge_due(desk.store, desk.day) == (number,)
    assert desk.whole(number).standing.erasable == ()
    assert counts(desk, "case_texts") == 0
    require_whole(desk)


def test_a_text_that_is_gone_without_her_act_is_found(desk: Desk) -> None:
    number = desk.closed()
    erase(desk, number, "words")
    desk.store.write(lambda c: c.exec_driver_sql(f"DELETE FROM case_texts WHERE number = '{number}' AND sequence = 4"))
    assert case_upkeep.broken_texts(desk.store) == ((number, 4),)


def test_nobody_at_the_desk_reads_what_she_had_deleted_and_the_auditor_sees_the_act(desk: Desk) -> None:
    number = desk.assigned(text=HERS)
    erase(desk, number, "words", "contact")
    for actor in (INTAKE, EAST, REVIEWER, AUDITOR):
        shown = cases.find(desk.store, number, actor)
        assert shown is not None
        assert "13800138000" not in str(shown)
        assert dict(shown.events[-1].data) == {"parts": "contact,words"}


def told(desk: Desk) -> str:
    return desk.proposed()


def called_in_vain(desk: Desk) -> str:
    number = desk.proposed()
    for _ in range(3):
        desk.do(number, REVIEWER, "not_reached")
        desk.pass_days(1)
    return number


def answered(desk: Desk) -> str:
    number = desk.proposed()
    desk.do(number, REVIEWER, "confirmed", satisfied="yes")
    return number


@pytest.mark.parametrize(("begun", "pause", "expected"), [
    (told, 1, (1, 0)), (told, 2, (0, 1)), (called_in_vain, 0, (0, 1)), (answered, 0, (0, 1)),
])  # fmt: skip
def test_a_call_that_she_made_impossible_in_time_counts_as_without_a_contact(
    desk: Desk, begun: Callable[[Desk], str], pause: int, expected: tuple[int, int]
) -> None:
    number = begun(desk)
    desk.pass_days(pause)
    erase(desk, number, "contact")
    found = figures(desk)["east"]
    assert (found.no_contact, found.callbacks_due) == expected
    events = happened(desk.store.read(lambda connection: ledger.events_of(connection, number)))
    again = list(facts_of(events, Replay(events), *NOVEMBER))
    assert (again.count(("east", "no_contact")), again.count(("east", "callbacks_due"))) == expected


def test_a_month_that_is_over_counts_as_before(desk: Desk) -> None:
    numbers = [desk.closed(), desk.proposed(), desk.assigned()]
    desk.day = date(2026, 12, 20)
    before = figures(desk, NOVEMBER)
    for number in numbers:
        erase(desk, number, "contact", "words")
        desk.day += timedelta(days=1)
    assert figures(desk, NOVEMBER) == before
    assert case_upkeep.balance(desk.store, "2026-11").holds
