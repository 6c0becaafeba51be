"""The desk's lists: right, in order, read page by page, and no dearer for a large office."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import pytest

from surveys import case_board, case_upkeep, cases, retention, workdays
from surveys.case_board import LISTS, BoardRow, ListName
from surveys.case_limits import NEVER
from surveys.cases import Act, resident
from surveys.errors import CaseError, ConflictError
from surveys.keys import Keys
from surveys.store import Connection, Store, board
from surveys.store.schema import METADATA
from tests.conftest import drop_triggers
from tests.surveys.case_office import EAST, INTAKE, OFFICE, Desk, member
from tests.surveys.test_responses import add_case, rows_in

T = TypeVar("T")
TUESDAY = date(2026, 11, 3)
FILL = """
    WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < {total})
    INSERT INTO case_board
    SELECT {number}, 'accepted',
           CASE n % 7 WHEN 0 THEN 'triage' WHEN 1 THEN 'assign' WHEN 2 THEN 'appeal' WHEN 3 THEN 'unit'
                      WHEN 4 THEN 'callback' WHEN 5 THEN 'close' ELSE 'wait' END,
           CAST(n % 7 <> 6 AS INTEGER), CAST(n % 5 = 0 AS INTEGER), CAST(n % 100 <> 0 AS INTEGER),
           CASE n % 3 WHEN 0 THEN 'east' ELSE 'west' END, 'visit',
           CASE n % 7 WHEN 6 THEN 'not_reached' ELSE 'outcome' END,
           {due}, {received}, 1, NULL
      FROM count
"""
WORDS = {
    "sqlite": {
        "number": "printf('%010d', (n * 7919) % 9999999967)",
        "due": "date('2026-10-01', (n % 60) || ' days')",
        "received": "date('2026-09-01', (n % 60) || ' days')",
    },
    "postgresql": {
        "number": "lpad(CAST((n * 7919) % 9999999967 AS TEXT), 10, '0')",
        "due": "CAST(DATE '2026-10-01' + n % 60 AS TEXT)",
        "received": "CAST(DATE '2026-09-01' + n % 60 AS TEXT)",
    },
}


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    return Desk(store, office_keys, TUESDAY)


def numbers(desk: Desk, name: ListName, unit: str | None = None) -> list[str]:
    return [row.number for row in case_board.listing(desk.store, name, desk.day, unit=unit)]


def test_units_whose_work_the_reader_does_not_judge_are_left_out(desk: Desk) -> None:
    own, other = desk.proposed("east-desk"), desk.proposed("west")
    without = member("reviewer", "east").own
    assert without == {"east", "east-desk"}
    assert case_board.count(desk.store, "callbacks", desk.day) == 2
    assert case_board.count(desk.store, "callbacks", desk.day, without=without) == 1
    found = case_board.listing(desk.store, "callbacks", desk.day, without=without)
    assert [row.number for row in found] == [other] != [own]


def test_each_list_holds_what_its_name_says(desk: Desk) -> None:
    triage, assigned, proposed = desk.opened().number, desk.assigned("east"), desk.proposed("west")
    accepted, disputed, confirmed = desk.opened().number, desk.proposed("east"), desk.proposed("east")
    declined = desk.opened(unit="east").number
    desk.do(accepted, INTAKE, "accepted")
    desk.do(disputed, resident(disputed), "disputed", "没好。")
    desk.do(confirmed, resident(confirmed), "confirmed")
    desk.do(declined, INTAKE, "declined", "找物业。", reason="other-office")
    desk.do(declined, resident(declined), "contested", "不对。")
    assert numbers(desk, "triage") == [triage]
    assert set(numbers(desk, "assign")) == {accepted, disputed}
    assert numbers(desk, "appeals") == numbers(desk, "appeals", "town") == [declined]
    assert numbers(desk, "unit") == numbers(desk, "unit", "east") == [assigned]
    assert numbers(desk, "unit", "west") == []
    assert numbers(desk, "callbacks") == numbers(desk, "callbacks", "west") == [proposed]
    assert numbers(desk, "close") == [confirmed]
    assert set(numbers(desk, "disputes")) == {disputed, declined}
    assert numbers(desk, "overdue") == numbers(desk, "due_today") == []
    desk.day = date(2026, 11, 4)
    assert set(numbers(desk, "due_today")) == {triage, proposed}
    desk.day = date(2026, 11, 9)
    assert set(numbers(desk, "overdue")) == {triage, accepted, assigned, proposed}
    desk.day = date(2026, 11, 11)
    assert set(numbers(desk, "overdue")) == {triage, accepted, assigned, proposed, disputed, declined}
    assert numbers(desk, "overdue", "west") == [proposed]
    assert case_board.count(desk.store, "overdue", desk.day) == 6
    assert case_board.count(desk.store, "overdue", desk.day, most=4) == 4
    assert case_board.count(desk.store, "overdue", desk.day, unit="east") == 2


def test_the_night_renews_rows_that_an_older_version_wrote(desk: Desk) -> None:
    number = desk.proposed("east")
    desk.do(number, resident(number), "disputed", "没好。")
    desk.store.write(lambda connection: connection.exec_driver_sql("UPDATE case_board SET queue = 'unit'"))
    assert (numbers(desk, "assign"), numbers(desk, "unit")) == ([], [number])
    retention.run(desk.store, datetime(2026, 11, 4, 2, 0, tzinfo=UTC))
    assert (numbers(desk, "assign"), numbers(desk, "unit")) == ([number], [])


def test_what_the_resident_is_waited_for_is_not_overdue(desk: Desk) -> None:
    number = desk.proposed(contact="")
    desk.pass_days(60)
    assert numbers(desk, "overdue") == numbers(desk, "unreached") == []
    row = case_board.browse(desk.store)[0]
    assert (row.number, row.queue, row.due_kind, row.due_day) == (number, "wait", "unconfirmed", "2026-11-18")


def test_a_merged_case_runs_out_never(desk: Desk) -> None:
    number, master = desk.opened().number, desk.assigned()
    desk.do(number, INTAKE, "merged", into=master)
    row = next(row for row in case_board.browse(desk.store) if row.number == number)
    assert (row.due_kind, row.due_day, row.master, row.owed) == ("none", NEVER.isoformat(), master, 0)


def test_all_cases_by_state_unit_and_category_newest_first(desk: Desk) -> None:
    made = []
    for _ in range(4):
        made.append(desk.assigned("east"))
        desk.pass_days(1)
    other = desk.opened("complaint").number
    assert [row.number for row in case_board.browse(desk.store)] == [other, *reversed(made)]
    assert [row.number for row in case_board.browse(desk.store, state="assigned", unit="east")] == made[::-1]
    assert [row.number for row in case_board.browse(desk.store, category="complaint")] == [other]
    first = case_board.browse(desk.store, limit=2)
    rest = case_board.browse(desk.store, before=(first[-1].received, first[-1].number), limit=10)
    assert [row.number for row in (*first, *rest)] == [other, *reversed(made)]


def test_an_unknown_list_is_told(store: Store) -> None:
    with pytest.raises(CaseError, match="there is no list 'mine': choose one of triage"):
        case_board.listing(store, "mine", TUESDAY)  # type: ignore[arg-type]


def fill(store: Store, total: int) -> None:
    """Many rows at once; indexes made afterwards cost a sixth of the time."""
    indexes = METADATA.tables["case_board"].indexes

    def work(connection: Connection) -> None:
        for index in indexes:
            index.drop(connection)
        connection.exec_driver_sql(FILL.format(total=total, **WORDS[connection.dialect.name]))
        for index in indexes:
            index.create(connection)

    store.write(work, deadline=60)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("unit", [None, "east"])
def test_pages_follow_each_other_without_gap_or_repeat(store: Store, name: ListName, unit: str | None) -> None:
    fill(store, 3000)
    found: list[BoardRow] = []
    while page := case_board.listing(
        store, name, TUESDAY, unit=unit, after=case_board.mark_of(found[-1]) if found else None
    ):
        found += page
    assert (
        len({row.number for row in found}) == len(found) == case_board.count(store, name, TUESDAY, unit=unit, most=9999)
    )
    assert found == sorted(found, key=lambda row: (row.calm, row.due_day, row.number))
    assert found or name == "due_today"


class Counting(Store):
    """A store that counts the steps of SQLite's machine, which no other load on the computer changes."""

    steps = 0

    def read(self, work: Callable[[Connection], T]) -> T:
        def one_more() -> int:
            self.steps += 1
            return 0

        def counted(connection: Connection) -> T:
            raw: Any = connection.connection.dbapi_connection
            raw.set_progress_handler(one_more, 1)
            try:
                return work(connection)
            finally:
                raw.set_progress_handler(None, 0)

        return super().read(counted)

    def cost(self, ask: Callable[[Store], object]) -> int:
        """The steps that one question takes."""
        before = self.steps
        ask(self)
        return self.steps - before


def questions() -> dict[str, Callable[[Store], object]]:
    """Every first page and count of the desk."""
    asked: dict[str, Callable[[Store], object]] = {}
    for name, unit in product(LISTS, (None, "east")):
        asked[f"list {name} {unit}"] = partial(case_board.listing, name=name, today=TUESDAY, unit=unit, limit=5)
        asked[f"count {name} {unit}"] = partial(case_board.count, name=name, today=TUESDAY, unit=unit, most=5)
    for name in ("unit", "overdue", "disputes"):
        asked[f"{name} at work"] = partial(
            case_board.listing, name=name, today=TUESDAY, unit="east", at_work=True, limit=5
        )
    for column, value in ((None, None), ("state", "accepted"), ("unit", "east"), ("category", "visit")):
        asked[f"all {column}"] = partial(case_board.browse, limit=5, **{column: value} if column else {})  # type: ignore[arg-type]
    return asked


def test_a_first_page_costs_the_same_with_100_000_cases(tmp_path: Path) -> None:
    costs: list[dict[str, int]] = []
    for total in (1_000, 100_000):
        with Counting.open(tmp_path / f"{total}.db", create=True) as store:
            assert isinstance(store, Counting)
            fill(store, total)
            costs.append({name: store.cost(ask) for name, ask in questions().items()})
    assert {name: (costs[0][name], dear) for name, dear in costs[1].items() if dear > 1.2 * costs[0][name] + 20} == {}
    assert min(costs[1].values()) > 0


def test_the_board_keeps_no_order_of_arrival(new_store: Callable[[str], Store]) -> None:
    copies = []
    rows = [
        BoardRow(
            f"{n:010}", "received", "triage", 1, 0, 1, None, "visit", "triage", "2026-11-04", "2026-11-03", 1, None
        )
        for n in range(200)
    ]
    for name, order in (("a.db", 1), ("b.db", -1)):
        store = new_store(name)
        for row in rows[::order]:
            store.write(lambda connection, row=row: board.put(connection, [row]))  # type: ignore[misc]
        target = store.path.with_suffix(".copy")
        store.copy_to(target)
        copies.append(target.read_bytes())
    assert copies[0] == copies[1]


def test_a_spoilt_board_is_mended_and_a_right_one_left_alone(desk: Desk) -> None:
    made = [desk.assigned(), desk.proposed(), desk.closed()]
    before = rows_in(desk.store, "SELECT * FROM case_board ORDER BY number")
    assert case_upkeep.refresh(desk.store) == 0
    desk.store.write(lambda c: c.exec_driver_sql("UPDATE case_board SET due_day = '2000-01-01', queue = 'triage'"))
    with pytest.raises(CaseError, match="refresh the board first"):
        desk.store.write(
            lambda c: c.exec_driver_sql(f"UPDATE case_board SET due_kind = 'unconfirmed' WHERE number = '{made[0]}'")
        )
        case_upkeep.due_closings(desk.store, desk.day)
    assert case_upkeep.refresh(desk.store) == 3
    assert rows_in(desk.store, "SELECT * FROM case_board ORDER BY number") == before


def test_a_change_of_the_calendar_moves_open_cases(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.assigned()
    years = dict(workdays.calendar())
    year = years[2026]
    longer = workdays.Year(
        2026, (*year.days_off, date(2026, 11, 4), date(2026, 11, 5), date(2026, 11, 6)), year.make_up_days
    )
    monkeypatch.setattr(workdays, "calendar", lambda: {**years, 2026: longer})
    assert case_upkeep.refresh(desk.store) == 1
    row = case_board.browse(desk.store)[0]
    assert (row.number, row.due_kind, row.due_day) == (number, "first_reply", "2026-11-10")


def test_a_year_without_notice_is_told(desk: Desk) -> None:
    desk.day = date(2027, 2, 1)
    limits = cases.limits(desk.whole(desk.assigned()).standing)
    assert all(limit.estimated for limit in limits.values())


def test_a_case_of_an_older_version_takes_its_way(store: Store, office_keys: Keys) -> None:
    """Its receipt tells neither limits nor kind: the contract's limits hold, and it may be a complaint."""
    add_case(store, 7)
    desk = Desk(store, office_keys, date(2026, 11, 9))
    assert case_upkeep.refresh(store) == 1
    case = desk.whole("0000000007")
    assert (case.standing.about, case.standing.first_reply_days) == ("hall", 3)
    assert desk.do("0000000007", INTAKE, "accepted").state == "accepted"
    assert desk.do("0000000007", INTAKE, "assigned", unit="east").standing.unit == "east"


def test_many_who_act_at_once_lose_nothing(desk: Desk) -> None:
    number = desk.assigned("east")
    start = threading.Barrier(12)
    done: list[int] = []
    lost: list[ConflictError] = []

    def reply(turn: int) -> None:
        start.wait()
        try:
            act = Act("replied", f"答复 {turn}")
            done.append(cases.act(desk.store, OFFICE, number, EAST, act, desk.day, expected=3))
        except ConflictError as error:
            lost.append(error)

    threads = [threading.Thread(target=reply, args=(turn,)) for turn in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (done, len(lost)) == ([4], 11)
    assert len(desk.whole(number).events) == 4
    assert case_upkeep.refresh(desk.store) == 0


def test_the_nights_work_is_done_in_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_upkeep, "BATCH", 3)
    made = {desk.proposed(contact="") for _ in range(8)}
    seen: list[str] = []
    desk.pass_days(16)
    closed = case_upkeep.due_closings(desk.store, desk.day, also=lambda _, case: seen.append(case.number))
    assert set(closed) == made == set(seen)
    assert len(closed) == 8
    desk.pass_days(31)
    assert set(case_upkeep.purge_due(desk.store, desk.day)) == made


def test_the_balance_of_months_follows_on(desk: Desk) -> None:
    desk.day = date(2026, 9, 28)
    number, other, third = desk.closed(), desk.opened().number, desk.assigned()
    desk.do(other, INTAKE, "transferred", "已转市政。")
    desk.day = date(2026, 10, 20)
    desk.do(number, resident(number), "reopened", "又坏了。")
    desk.do(third, resident(third), "withdrawn")
    desk.opened()
    months = [case_upkeep.balance(desk.store, month) for month in ("2026-08", "2026-09", "2026-10", "2026-11")]
    assert all(found.holds for found in months)
    assert [(found.start, found.end) for found in months] == [(0, 0), (0, 1), (1, 2), (2, 2)]
    assert (months[1].received, months[1].closed, months[1].transferred) == (3, 1, 1)
    assert (months[2].reopened, months[2].withdrawn, months[2].received) == (1, 1, 1)


def test_a_balance_that_does_not_close_shows(desk: Desk) -> None:
    desk.closed()
    drop_triggers(desk.store, "case_events", "delete")
    desk.store.write(lambda c: c.exec_driver_sql("DELETE FROM case_events WHERE kind = 'received'"))
    assert not case_upkeep.balance(desk.store, "2026-11").holds


def test_nothing_on_the_board_is_finer_than_a_day(desk: Desk) -> None:
    desk.closed()
    (row,) = case_board.browse(desk.store)
    for day in (row.due_day, row.received):
        assert date.fromisoformat(day).isoformat() == day
    assert date.fromisoformat(row.due_day) == desk.day + timedelta(days=30)
