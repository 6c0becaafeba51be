"""The figures of cases, on small ledgers that were worked out by hand beside a calendar."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

from surveys import case_ledger, case_upkeep
from surveys.case_counts import CaseFigures, Reopened
from surveys.case_figures import Overdue, city, month_figures, overdue, reopened, summed, workdays_between
from surveys.cases import Case, resident
from surveys.errors import CaseError
from surveys.indicators import Duration, kaplan_meier
from surveys.keys import Keys
from surveys.store import Store
from tests.surveys.case_office import EAST, EAST2, INTAKE, REVIEWER, WEST, Desk

NOVEMBER = date(2026, 11, 1), date(2026, 11, 30)
DECEMBER = date(2026, 12, 1), date(2026, 12, 31)
OCTOBER = date(2026, 10, 1), date(2026, 10, 31)


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    return Desk(store, office_keys, date(2026, 11, 2))


def on(desk: Desk, day: int, month: int = 11) -> Desk:
    """The desk on a day of the year 2026."""
    desk.day = date(2026, month, day)
    return desk


def all_cases(desk: Desk, until: date = date.max) -> list[Case]:
    return desk.store.read(lambda connection: list(case_ledger.histories(connection, until)))


def figures(desk: Desk, month: tuple[date, date] = NOVEMBER) -> Mapping[str | None, CaseFigures]:
    return month_figures(all_cases(desk), month)


def assigned(desk: Desk, number: str, unit: str) -> str:
    desk.do(number, INTAKE, "accepted")
    desk.do(number, INTAKE, "assigned", unit=unit)
    return number


def november(desk: Desk) -> dict[str, str]:
    """Eight cases of one month, by a letter."""
    a, b = (on(desk, 2).opened().number for _ in "ab")
    for number in (a, b):
        assigned(on(desk, 3), number, "east")
    c = assigned(desk, desk.opened(contact="").number, "west")
    desk.do(c, WEST, "replied", "明天来。")
    on(desk, 4).do(a, EAST, "replied", "去看过了。")
    d = desk.opened().number
    on(desk, 5).do(d, resident(d), "withdrawn")
    e = desk.opened().number
    desk.do(c, WEST, "extended", "等配件。", workdays="5", reason="supplies")
    on(desk, 6).do(a, EAST, "outcome", "修好了。", outcome="on-the-spot")
    desk.do(e, INTAKE, "declined", "请找别处。", reason="other-office")
    f = desk.opened().number
    desk.do(f, INTAKE, "accepted")
    on(desk, 9).do(f, INTAKE, "transferred", "转市政。")
    desk.do(a, REVIEWER, "confirmed", satisfied="yes")
    desk.do(a, REVIEWER, "closed")
    desk.do(b, EAST, "replied", "晚了。")
    h = assigned(on(desk, 10), desk.opened("suggestion").number, "west")
    desk.do(h, WEST, "replied", "好主意。")
    desk.do(b, EAST, "outcome", "办不了。", outcome="explained", ground="law")
    on(desk, 11).do(h, WEST, "outcome", "已经改了。", outcome="on-the-spot")
    desk.do(h, resident(h), "confirmed")
    on(desk, 12).do(h, REVIEWER, "closed")
    desk.do(c, WEST, "outcome", "按规定办。", outcome="explained", ground="rules")
    desk.do(b, REVIEWER, "disputed", "不行。", satisfied="no")
    desk.do(b, INTAKE, "assigned", unit="east")
    on(desk, 16).do(b, EAST2, "outcome", "换人修好了。", outcome="on-the-spot")
    for day in (17, 18, 19):
        on(desk, day).do(b, REVIEWER, "not_reached")
    g = on(desk, 20).opened().number
    desk.do(h, REVIEWER, "adopted", on="2026-11-20", link="https://example.org/notice")
    case_upkeep.due_closings(desk.store, on(desk, 28).day)
    return {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": g, "h": h}


def test_a_month_of_eight_cases(desk: Desk) -> None:
    november(desk)
    by_unit = figures(desk)
    found = city(by_unit)
    assert set(by_unit) == {"east", "west", None}
    assert (found.replied_in_time, found.reply_due) == (3, 5)  # a c h; b and g are late, d e f left in time
    assert (found.outcome_in_time, found.outcome_due) == (3, 5)  # a, the second round of b, h; not the first, nor c
    assert (found.extended_in_time, found.extended_due, found.extended) == (4, 5, 1)  # c as well
    assert (found.closed, found.confirmed, found.claimed) == (3, 2, 2)  # c was explained
    assert found.outcomes == {"on_the_spot": 2, "by_date": 0, "explained": 1, "transferred": 1, "declined": 1}
    assert (found.callbacks_due, found.called, found.called_next_day, found.not_reached) == (3, 2, 1, 1)
    assert (found.answered_herself, found.no_contact) == (1, 1)
    assert (found.callback_satisfied, found.callback_answers) == (1, 2)
    assert (found.adopted, found.suggestions_answered) == (1, 1)
    assert [by_unit[unit].reply_due for unit in ("east", "west", None)] == [2, 2, 1]
    assert [by_unit[unit].outcome_due for unit in ("east", "west", None)] == [3, 2, 0]


def test_rates_of_the_month(desk: Desk) -> None:
    november(desk)
    found = city(figures(desk))
    assert (found.first_reply_on_time, found.closed_on_time, found.closed_on_time_extended) == (0.6, 0.6, 0.8)
    assert (found.extension_rate, found.resolved_confirmed, found.resolved_claimed) == (0.2, 2 / 3, 2 / 3)
    assert (found.called_back, found.called_back_next_day, found.callback_satisfaction) == (2 / 3, 1 / 3, 0.5)
    assert found.adoption_rate == 1.0


def test_durations_hold_open_cases_as_censored(desk: Desk) -> None:
    november(desk)
    found = city(figures(desk))
    expected = [(0, True)] * 2 + [(1, False)] * 3 + [(2, True), (5, True), (6, False)]
    assert sorted(found.reply_days) == [Duration(*one) for one in expected]
    time = found.reply_time
    assert (time.n, time.within[1], time.within[3], time.within[5], time.not_ended) == (8, 2, 3, 4, 4)
    assert (time.median, time.ninetieth) == (2, None)  # 6/8 last longer than 0, of these 2/3 than 2, 1/2 than 5
    assert kaplan_meier(found.reply_days, Fraction(1, 4)) == 0
    ended = sorted(one.days for one in found.outcome_days if one.ended)
    assert ended == [1, 4, 7, 10]  # h, a, c, and b by its outcome of the second round
    assert sorted(one.days for one in found.closing_days if one.ended) == [2, 5, 18]


def test_the_counts_agree_with_the_balance(desk: Desk) -> None:
    november(desk)
    balance, found = case_upkeep.balance(desk.store, "2026-11"), city(figures(desk))
    assert balance.holds
    assert (balance.closed, balance.declined, balance.transferred) == (found.closed, found.declined, found.transferred)


def test_what_happens_later_changes_no_month_that_is_over(desk: Desk) -> None:
    numbers = november(desk)
    before = figures(desk)
    on(desk, 1, 12).do(numbers["h"], resident(numbers["h"]), "reopened", "又坏了。")
    desk.do(numbers["b"], REVIEWER, "disputed", "还是不行。", satisfied="no")
    assert figures(desk) == before
    december = city(figures(desk, DECEMBER))
    assert (december.outcome_due, december.callback_answers, december.callback_satisfied) == (2, 1, 0)


def test_an_outcome_that_was_disputed_is_not_on_time(desk: Desk) -> None:
    number = desk.proposed()
    desk.do(number, resident(number), "disputed", "没修好。")
    found = city(figures(desk))
    assert (found.outcome_in_time, found.outcome_due) == (0, 2)
    assert not any(one.ended for one in found.outcome_days)
    assert (found.answered_herself, found.callbacks_due, found.callback_answers) == (1, 0, 0)  # before any call


def test_a_case_that_leaves_after_its_limit_stays_late(desk: Desk) -> None:
    number = desk.opened().number
    on(desk, 6).do(number, resident(number), "withdrawn")  # the reply was due on the 5th
    assert (city(figures(desk)).replied_in_time, city(figures(desk)).reply_due) == (0, 1)
    other = on(desk, 9).assigned("west")
    desk.do(other, WEST, "replied", "好。")
    on(desk, 10).do(other, resident(other), "withdrawn")
    found = city(figures(desk))
    assert (found.reply_due, found.outcome_due) == (1, 0)  # it left both in time, though it had been answered


def test_a_case_accepted_after_its_limit_counts_where_it_was_accepted(desk: Desk) -> None:
    number = on(desk, 20).opened().number  # its outcome would be due on the 27th
    assert city(figures(desk)).outcome_due == 0
    assigned(on(desk, 2, 12), number, "east")
    assert city(figures(desk)).outcome_due == 0
    found = figures(desk, DECEMBER)
    assert (found[None].outcome_due, found[None].outcome_in_time) == (1, 0)  # it ran out at the intake
    assert "east" not in found


def test_a_merged_case_leaves_and_its_master_goes_on(desk: Desk) -> None:
    master, other = desk.assigned(), desk.opened().number
    desk.do(other, INTAKE, "merged", into=master)
    desk.do(master, EAST, "replied", "好。")
    desk.do(master, EAST, "outcome", "修好了。", outcome="on-the-spot")
    desk.do(master, resident(master), "confirmed")
    desk.do(master, REVIEWER, "closed")
    on(desk, 4).do(master, resident(master), "reopened", "又坏了。")
    found = city(figures(desk))
    assert (found.reply_due, found.outcome_due, found.closed) == (1, 2, 1)
    assert [one.ended for one in found.reply_days] in ([True, False], [False, True])
    assert case_upkeep.balance(desk.store, "2026-11").holds


def test_a_case_that_is_parted_again_runs_anew(desk: Desk) -> None:
    master, other = desk.assigned(), desk.opened().number
    desk.do(other, INTAKE, "merged", into=master)
    on(desk, 10).do(other, resident(other), "unmerged", "不是一回事。")
    found = figures(desk)[None]
    assert (found.reply_due, found.replied_in_time) == (1, 0)  # due on the 13th, and nobody replied
    assert found.reply_days == (Duration(20, False),)  # from the 2nd to the 30th


def test_an_extension_asked_after_expiry_is_refused_and_changes_nothing(desk: Desk) -> None:
    number = desk.assigned()
    on(desk, 10).do(number, EAST, "replied", "还在等。")  # the outcome was due on the 9th
    with pytest.raises(CaseError, match="'extended' is not possible"):
        desk.do(number, EAST, "extended", "等配件。", workdays="5", reason="supplies")
    found = city(figures(desk))
    assert (found.outcome_due, found.extended_due, found.extended) == (1, 1, 0)


def test_an_extended_limit_counts_in_its_own_month(desk: Desk) -> None:
    number = assigned(on(desk, 24), desk.opened().number, "east")
    desk.do(number, EAST, "replied", "等配件。")
    desk.do(number, EAST, "extended", "等配件。", workdays="15", reason="supplies")  # from 1 December to the 22nd
    assert (city(figures(desk)).outcome_due, city(figures(desk)).extended_due) == (0, 0)
    on(desk, 18, 12).do(number, EAST, "outcome", "修好了。", outcome="on-the-spot")
    found = city(figures(desk, DECEMBER))
    assert (found.outcome_in_time, found.outcome_due, found.extended) == (0, 1, 1)
    assert (found.extended_in_time, found.extended_due) == (1, 1)


def test_the_eve_of_a_holiday(desk: Desk) -> None:
    """At 23:59 on 30 September; day one is a holiday, and the reply is due on the first working days after."""
    number = assigned(on(desk, 30, 9), desk.opened().number, "east")
    on(desk, 9, 10).do(number, EAST, "replied", "好。")
    assert city(figures(desk, (date(2026, 9, 1), date(2026, 9, 30)))).reply_due == 0
    found = city(figures(desk, OCTOBER))
    assert (found.replied_in_time, found.reply_due) == (1, 1)
    assert found.reply_days == ()  # its receipt was in September
    assert workdays_between(date(2026, 9, 30), date(2026, 10, 9)) == 2  # the 8th and the 9th


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 2, 13), date(2026, 2, 24), 2),  # Spring Festival, with Saturday the 14th made up for
        (date(2024, 2, 28), date(2024, 3, 1), 2),  # over a leap day
        (date(2026, 11, 6), date(2026, 11, 8), 0),  # a weekend
        (date(2026, 11, 6), date(2026, 11, 6), 0),
    ],
)
def test_durations_are_working_days(start: date, end: date, days: int) -> None:
    assert workdays_between(start, end) == days


def test_a_clock_set_back_never_makes_a_duration_negative(desk: Desk) -> None:
    number = assigned(on(desk, 12), desk.opened().number, "east")
    on(desk, 11).do(number, EAST, "replied", "好。")
    assert city(figures(desk)).reply_days == (Duration(0, True),)


def test_reopenings_are_published_once_the_30_days_are_over(desk: Desk) -> None:
    soon, later, never = (desk.closed() for _ in range(3))
    on(desk, 2, 12).do(soon, resident(soon), "reopened", "又坏了。")  # the 30th day
    with pytest.raises(CaseError):
        on(desk, 3, 12).do(later, resident(later), "reopened", "又坏了。")
    cases = all_cases(desk)
    assert never in {case.number for case in cases}
    assert reopened(cases, NOVEMBER, date(2026, 12, 30)) is None
    found = reopened(cases, NOVEMBER, date(2026, 12, 31))
    assert found == {"east": Reopened(3, 1)}
    assert found["east"].rate == 1 / 3
    assert Reopened().rate is None


def test_a_limit_of_a_case_closed_early_counts_in_its_month(desk: Desk) -> None:
    on(desk, 27).closed()  # the reply was due on 1 December, the outcome on the 4th
    assert (city(figures(desk)).reply_due, city(figures(desk)).closed) == (0, 1)
    found = city(figures(desk, DECEMBER))
    assert (found.replied_in_time, found.reply_due, found.outcome_in_time, found.outcome_due) == (1, 1, 1, 1)
    assert figures(desk, (date(2027, 6, 1), date(2027, 6, 30))) == {}


def test_the_overdue_list(desk: Desk) -> None:
    numbers = november(desk)
    late = on(desk, 24).assigned("west")
    found = overdue(all_cases(desk), date(2026, 12, 3))
    assert found == (
        Overdue(numbers["g"], None, "triage", 10),
        Overdue(late, "west", "first_reply", 6),
    )
    assert overdue(all_cases(desk), date(2026, 11, 23)) == ()
    on(desk, 3, 12).do(late, WEST, "replied", "好。")
    assert [one.kind for one in overdue(all_cases(desk), date(2026, 12, 3))] == ["triage", "outcome"]
    assert overdue(all_cases(desk), date(2026, 12, 2))[1].kind == "first_reply"  # as it was the day before


def test_months_add_up_to_a_quarter(desk: Desk) -> None:
    numbers = november(desk)
    on(desk, 1, 12).do(numbers["h"], resident(numbers["h"]), "reopened", "又坏了。")
    months = [figures(desk, month) for month in (OCTOBER, NOVEMBER, DECEMBER)]
    quarter = summed(months)
    assert city(quarter).closed == 3
    assert city(quarter).outcome_due == sum(city(month).outcome_due for month in months)
    assert quarter["east"].reply_time.n == 2
    assert city({}) == CaseFigures()
    assert city({}).first_reply_on_time is None
    assert city({}).reply_time.median is None


def test_more_adoptions_than_answers_make_no_rate() -> None:
    assert CaseFigures(adopted=2, suggestions_answered=1).adoption_rate is None
    assert CaseFigures(adopted=0, suggestions_answered=0).adoption_rate is None


def test_the_whole_history_is_the_ledger_without_words(desk: Desk) -> None:
    numbers = november(desk)
    found = {case.number: case for case in all_cases(desk)}
    assert list(found) == sorted(numbers.values())
    for number, case in found.items():
        whole = desk.whole(number)
        assert case.standing == whole.standing
        assert [(e.kind, e.day, e.data) for e in case.events] == [(e.kind, e.day, e.data) for e in whole.events]
        assert all(event.text is None for event in case.events)
    early = all_cases(desk, date(2026, 11, 3))
    assert {case.number for case in early} == {numbers[letter] for letter in "abc"}
    assert all(event.day <= date(2026, 11, 3) for case in early for event in case.events)
