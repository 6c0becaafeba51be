"""What the desk asks of the cases: a handler's part of a list, and whom a case complains of."""

from datetime import date

import pytest

from surveys import case_board, cases
from surveys.keys import Keys
from surveys.store import Store
from tests.surveys.case_office import INTAKE, Desk


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    return Desk(store, office_keys, date(2026, 11, 9))


def test_a_handlers_lists_hold_only_what_lies_with_a_unit(desk: Desk) -> None:
    mine, other = desk.assigned("east"), desk.assigned("west")
    waiting, proposed = desk.opened("complaint", "east").number, desk.proposed("east")
    desk.pass_days(7)
    late = {row.number for row in case_board.listing(desk.store, "overdue", desk.day)}
    assert late == {mine, other, waiting, proposed}
    found = case_board.listing(desk.store, "overdue", desk.day, unit="east", at_work=True)
    assert [row.number for row in found] == [mine]
    assert case_board.count(desk.store, "overdue", desk.day, unit="east", at_work=True) == 1


def test_the_units_complained_of_are_those_of_joined_cases_too(desk: Desk) -> None:
    master = desk.opened().number
    assert cases.complained_of(desk.store, desk.whole(master)) == frozenset()
    follower = desk.opened("complaint", "west").number
    desk.do(follower, INTAKE, "merged", into=master)
    assert cases.complained_of(desk.store, desk.whole(master)) == {"west"}
    assert cases.complained_of(desk.store, desk.whole(follower)) == {"west"}
