"""Handing a released contact over to the unit's handlers: who comes to read it, and when that ends."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from surveys import case_upkeep, cases, contact_handing, staff
from surveys.accounts import Guard
from surveys.cases import Actor, resident
from surveys.duties import Post, Role
from surveys.errors import CaseError, StaffError, StoreError
from surveys.keys import Keys, key_paths
from surveys.passwords import Cost
from surveys.sessions import Session, change_password, sign_in
from surveys.store import Store, people
from tests.surveys.case_office import EAST, INTAKE, OFFICE, REVIEWER, Desk
from tests.surveys.test_responses import rows_in

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
CHEAP = Cost(memory=8, passes=1, lanes=1)
OWN = "湖边的石头桥 很旧 但结实得很"
CONTACT = "张女士 13800138000"


class House:
    """Accounts with sessions beside the desk of cases."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.guard = Guard(desk.store, desk.keys, CHEAP)
        self.key = key_paths(desk.store.path)[2].read_bytes()

    def handler(self, name: str, unit: str = "east", *roles: Role) -> Session:
        """A handler who has signed in."""
        return self.entered(staff.add(self.guard, None, name, name, post(unit, *roles), NOW))

    def entered(self, issued: staff.Issued, at: datetime = NOW) -> Session:
        """In with the one-time password, and his own in its place."""
        begun = sign_in(self.guard, issued.account.name, str(issued.password), issued.recovery[0], at)
        return change_password(self.guard, begun, str(issued.password), OWN, at)

    def hand_over(self, number: str) -> int:
        """What a reviewer does."""
        return contact_handing.hand_over(self.desk.store, OFFICE, number, REVIEWER, self.key, also=no_audit)

    def waiting(self) -> list[tuple[str, int, int]]:
        """What the reviewer's list shows."""
        found = contact_handing.waiting(self.desk.store, OFFICE, REVIEWER)
        return [(one.case.number, one.ready, one.absent) for one in found]

    def read(self, number: str, session: Session) -> str:
        """What the handler reads in his own session."""
        by, key = actor(session), session.own_key()
        return contact_handing.open_handed(self.desk.store, number, by, key, also=no_audit)

    def handed(self) -> int:
        """How many sealed contacts there are."""
        count: int = rows_in(self.desk.store, "SELECT count(*) FROM case_handed_contacts")[0][0]
        return count


def post(unit: str, *roles: Role) -> Post:
    return Post(frozenset(roles or ("handler",)), unit)


def actor(session: Session) -> Actor:
    return cases.staff(OFFICE, "handler", session.account.id, session.account.post.unit)


def no_audit(*_: object) -> None:
    """What a test writes beside an act."""


@pytest.fixture
def house(store: Store, office_keys: Keys) -> Iterator[House]:
    yield House(Desk(store, office_keys, date(2026, 11, 2)))


@pytest.fixture
def number(house: House) -> str:
    """A case with the East station, whose resident lets it have her contact."""
    number = house.desk.assigned("east", contact=CONTACT)
    house.desk.do(number, resident(number), "released")
    return number


def test_every_handler_of_the_unit_reads_it_and_nobody_else(house: House, number: str) -> None:
    one, two, west = house.handler("one"), house.handler("two"), house.handler("west", "west")
    assert house.waiting() == [(number, 2, 0)]
    assert house.hand_over(number) == 2
    assert house.waiting() == []
    assert [house.read(number, session) for session in (one, two)] == [CONTACT] * 2
    with pytest.raises(CaseError, match="not handed to you"):
        house.read(number, west)
    for session in (one, two):
        with pytest.raises(StaffError, match="only a reviewer's session"):
            session.contact_key()


def test_what_is_sealed_for_one_opens_for_no_other_person_and_no_other_case(house: House, number: str) -> None:
    one, two = house.handler("one"), house.handler("two")
    other = house.desk.assigned("east", contact="别人 13911112222")
    house.desk.do(other, resident(other), "released")
    house.hand_over(number)
    house.hand_over(other)
    mine = f"number = '{number}' AND staff = '{one.account.id}'"
    for stolen in (
        f"number = '{number}' AND staff = '{two.account.id}'",
        f"number = '{other}' AND staff = '{one.account.id}'",
    ):
        swap = f"UPDATE case_handed_contacts SET sealed = (SELECT sealed FROM case_handed_contacts WHERE {stolen})"
        house.desk.store.write(lambda c, swap=swap: c.exec_driver_sql(f"{swap} WHERE {mine}"))  # type: ignore[misc]
        with pytest.raises(StoreError, match="does not open"):
            house.read(number, one)
        house.hand_over(number)
        assert house.read(number, one) == CONTACT


def test_a_new_handler_brings_the_case_back_on_the_list(house: House, number: str) -> None:
    staff.add(house.guard, None, "never", "never", post("east"), NOW)
    house.handler("one")
    assert house.waiting() == [(number, 2, 0)]  # a new account has its pair from the start
    house.hand_over(number)
    later = house.handler("later")
    assert house.waiting() == [(number, 1, 0)]
    house.hand_over(number)
    assert house.read(number, later) == CONTACT


def test_a_handler_of_old_gets_a_pair_at_the_next_sign_in(house: House, number: str) -> None:
    issued = staff.add(house.guard, None, "old", "old", post("east"), NOW)
    house.entered(issued)
    house.desk.store.write(lambda c: people.set_locker(c, issued.account.id, None))
    assert house.waiting() == [(number, 0, 1)]
    with pytest.raises(CaseError, match="has to sign in first"):
        house.hand_over(number)
    again = sign_in(house.guard, "old", OWN, issued.recovery[1], NOW)
    house.hand_over(number)
    assert house.read(number, again) == CONTACT
    changed = change_password(house.guard, again, OWN, OWN + "!", NOW)
    assert house.read(number, changed) == CONTACT


def test_a_session_without_a_pair_makes_one_with_a_new_password(house: House, number: str) -> None:
    session = house.handler("old")
    house.desk.store.write(lambda c: people.set_locker(c, session.account.id, None))
    changed = change_password(house.guard, session, OWN, OWN + "!", NOW)
    house.hand_over(number)
    assert house.read(number, changed) == CONTACT


ENDS = {
    "taken back": lambda desk, number: desk.do(number, resident(number), "withheld"),
    "another unit": lambda desk, number: desk.do(number, INTAKE, "assigned", unit="west"),
    "returned": lambda desk, number: desk.do(number, EAST, "returned", "不归我们。", reason="other-unit"),
    "withdrawn": lambda desk, number: desk.do(number, resident(number), "withdrawn"),
    "joined": lambda desk, number: desk.do(number, INTAKE, "merged", into=desk.assigned("east")),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_goes_in_the_moment_the_unit_may_have_it_no_more(house: House, number: str, how: str) -> None:
    one = house.handler("one")
    house.hand_over(number)
    assert house.handed() == 1
    ENDS[how](house.desk, number)
    assert house.handed() == 0
    with pytest.raises(CaseError):
        house.read(number, one)
    with pytest.raises(CaseError):
        house.hand_over(number)
    assert house.waiting() == []


def test_after_a_proposed_outcome_and_after_the_purge_nothing_is_left(house: House, number: str) -> None:
    one = house.handler("one")
    house.hand_over(number)
    house.desk.do(number, EAST, "replied", "我们去看看。")
    assert house.read(number, one) == CONTACT
    house.desk.do(number, EAST, "outcome", "办好了。", outcome="on-the-spot")
    assert house.handed() == 0
    house.desk.do(number, resident(number), "confirmed")
    house.desk.do(number, REVIEWER, "closed")
    house.desk.pass_days(31)
    assert case_upkeep.purge_due(house.desk.store, house.desk.day) == (number,)
    assert (house.handed(), house.waiting()) == (0, [])


def test_purging_a_contact_takes_what_was_handed_over_too(house: House, number: str) -> None:
    from surveys.store import ledger

    house.handler("one")
    house.hand_over(number)
    house.desk.store.write(lambda connection: ledger.purge_contact(connection, number))
    assert house.handed() == 0


def test_one_who_handled_an_earlier_round_is_not_handed_it_again(house: House, number: str) -> None:
    one, two = house.handler("one"), house.handler("two")
    house.desk.do(number, actor(one), "replied", "我们去看看。")
    house.desk.do(number, actor(one), "outcome", "办好了。", outcome="on-the-spot")
    house.desk.do(number, resident(number), "disputed", "没有办好。")
    assert house.handed() == len(contact_handing.waiting(house.desk.store, OFFICE, REVIEWER)) == 0
    house.desk.do(number, INTAKE, "assigned", unit="east")
    assert house.hand_over(number) == 1
    assert house.read(number, two) == CONTACT
    with pytest.raises(CaseError):
        house.read(number, one)


def test_a_disabled_or_moved_or_reset_handler_loses_it(house: House, number: str) -> None:
    gone, moved, reset, stays = (house.handler(name) for name in ("gone", "moved", "reset", "stays"))
    assert house.hand_over(number) == 4
    staff.disable(house.guard, None, gone.account.id, NOW)
    staff.set_post(house.guard, None, moved.account.id, post("west"), NOW)
    anew = staff.reset(house.guard, None, reset.account.id, staff.PARTS, NOW)
    assert house.handed() == 1
    for session in (gone, moved, reset):
        with pytest.raises(CaseError):
            house.read(number, session)
    assert house.read(number, stays) == CONTACT
    assert house.waiting() == [(number, 1, 0)]
    assert house.hand_over(number) == 2
    assert house.read(number, house.entered(anew, NOW + timedelta(minutes=1))) == CONTACT


@pytest.mark.parametrize("category", ["complaint", "suggestion"])
def test_only_the_contact_of_a_request_can_be_handed_over(house: House, category: str) -> None:
    house.handler("one")
    number = house.desk.assigned("east", category=category, unit="west", contact=CONTACT, release=True)
    assert house.waiting() == []
    with pytest.raises(CaseError):
        house.hand_over(number)


def test_nobody_but_a_reviewer_hands_over_and_not_without_an_audit_row(house: House, number: str) -> None:
    house.handler("one")
    for by in (EAST, INTAKE):
        with pytest.raises(CaseError, match="not yours to hand over"):
            contact_handing.hand_over(house.desk.store, OFFICE, number, by, house.key, also=no_audit)
        assert contact_handing.waiting(house.desk.store, OFFICE, by) == ()

    def fail(*_: object) -> None:
        raise CaseError("the audit is full")

    with pytest.raises(CaseError, match="audit"):
        contact_handing.hand_over(house.desk.store, OFFICE, number, REVIEWER, house.key, also=fail)
    assert house.handed() == 0


def test_a_reviewer_who_becomes_a_handler_keeps_a_pair_and_loses_the_key(house: House, number: str) -> None:
    both = staff.add(house.guard, None, "both", "both", post("east", "reviewer", "handler"), NOW, house.key)
    session = house.entered(both)
    assert session.contact_key() == house.key
    house.hand_over(number)
    assert house.read(number, session) == CONTACT
    staff.set_post(house.guard, None, both.account.id, post("east"), NOW)
    again = sign_in(house.guard, "both", OWN, both.recovery[1], NOW)
    with pytest.raises(StaffError, match="only a reviewer's session"):
        again.contact_key()
    assert rows_in(house.desk.store, "SELECT contact FROM staff_lockers") == [(None,)]
    house.hand_over(number)
    assert house.read(number, again) == CONTACT


def test_no_reviewer_of_the_units_branch_hands_it_over(house: House, number: str) -> None:
    house.handler("one")
    for judge in ("east", "east-desk"):
        by = cases.staff(OFFICE, "reviewer", f"reviewer-{judge}", judge)
        assert contact_handing.waiting(house.desk.store, OFFICE, by) == ()
        with pytest.raises(CaseError, match="not yours to hand over"):
            contact_handing.hand_over(house.desk.store, OFFICE, number, by, house.key, also=no_audit)
    assert house.waiting() == [(number, 1, 0)]
    assert house.hand_over(number) == 1
