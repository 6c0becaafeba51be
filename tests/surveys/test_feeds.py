"""The feed of a case: its token leads to it, the store cannot give it away, and it ends when she says so."""

from datetime import date, timedelta

import pytest

from surveys import case_upkeep, cases, feeds
from surveys.errors import CaseError, FeedError
from surveys.keys import Keys
from surveys.store import Store
from tests.surveys.case_office import EAST, Desk
from tests.surveys.test_responses import rows_in


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    return Desk(store, office_keys, date(2026, 11, 2))


def on(desk: Desk, number: str, nonce: str, seen: str = feeds.NEVER) -> str:
    return feeds.switch_on(desk.store, desk.keys, cases.resident(number), nonce, seen)


def mark_of(desk: Desk, number: str) -> str:
    return feeds.state(desk.store, number).mark


def leads_to(desk: Desk, token: str) -> str | None:
    found = feeds.find(desk.store, desk.keys, token)
    return found.number if found else None


def test_a_token_leads_to_its_case_alone_and_is_not_in_the_store(desk: Desk) -> None:
    one, two = desk.opened().number, desk.opened().number
    tokens = on(desk, one, "a"), on(desk, two, "a")
    assert len(tokens[0]) >= 32
    assert [leads_to(desk, token) for token in tokens] == [one, two]
    assert leads_to(desk, tokens[0][:-1] + ("A" if tokens[0][-1] != "A" else "B")) is None
    assert leads_to(desk, "") is None
    written = b"".join(path.read_bytes() for path in desk.store.path.parent.glob("huiyin.db*"))
    assert not [token for token in tokens if token.encode() in written]


def test_the_case_is_shown_as_its_resident_may_see_it(desk: Desk) -> None:
    number = desk.proposed()
    found = feeds.find(desk.store, desk.keys, on(desk, number, "a"))
    assert found == cases.find(desk.store, number, cases.resident(number))
    assert str(EAST.staff) not in str(found)


def test_a_new_one_ends_the_old_and_the_same_post_again_changes_nothing(desk: Desk) -> None:
    number = desk.opened().number
    first = on(desk, number, "a")
    assert on(desk, number, "a") == first
    second = on(desk, number, "b", mark_of(desk, number))
    assert [leads_to(desk, first), leads_to(desk, second)] == [None, number]
    assert on(desk, number, "b", "1") == second
    assert rows_in(desk.store, "SELECT count(*) FROM case_feeds")[0][0] == 1


def test_another_tab_is_told_and_revives_nothing(desk: Desk) -> None:
    number = desk.opened().number
    first = on(desk, number, "a")
    on(desk, number, "b", mark_of(desk, number))
    for seen in (feeds.NEVER, "1", "", "00"):
        with pytest.raises(FeedError):
            on(desk, number, "a", seen)
    assert leads_to(desk, first) is None


def test_it_ends_when_she_switches_it_off(desk: Desk) -> None:
    number = desk.opened().number
    token = on(desk, number, "a")
    for _ in range(2):
        feeds.switch_off(desk.store, cases.resident(number))
    assert (leads_to(desk, token), feeds.state(desk.store, number)) == (None, feeds.State("2", on=False))


def test_what_was_ended_does_not_come_back_by_the_post_that_made_it(desk: Desk) -> None:
    number = desk.opened().number
    token = on(desk, number, "a")
    feeds.switch_off(desk.store, cases.resident(number))
    with pytest.raises(FeedError):
        on(desk, number, "a")
    assert on(desk, number, "a", mark_of(desk, number)) != token
    assert leads_to(desk, token) is None
    assert rows_in(desk.store, "SELECT count(*) FROM case_feeds")[0][0] == 1


def test_nobody_but_the_resident_switches_it(desk: Desk) -> None:
    number = desk.assigned()
    with pytest.raises(CaseError):
        feeds.switch_on(desk.store, desk.keys, EAST, "a", feeds.NEVER)
    with pytest.raises(CaseError):
        feeds.switch_off(desk.store, EAST)
    with pytest.raises(FeedError):
        on(desk, "0000000000", "a")
    assert feeds.state(desk.store, number) == feeds.State(feeds.NEVER, on=False)


def test_the_purge_of_the_texts_ends_it(desk: Desk) -> None:
    number = desk.closed()
    token = on(desk, number, "a")
    case_upkeep.purge_due(desk.store, desk.day + timedelta(days=31))
    assert leads_to(desk, token) == number
    case_upkeep.purge_due(desk.store, desk.day + timedelta(days=400))
    assert leads_to(desk, token) is None
    assert rows_in(desk.store, "SELECT count(*) FROM case_feeds")[0][0] == 0
