"""The account of a month: everything that its report publishes, gathered once and frozen."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scripts.card_counts import together
from scripts.options import with_progress
from scripts.ratings import SurveyMonth, month_days
from surveys import case_ledger
from surveys.audit import Head
from surveys.case_acts import Case
from surveys.case_counts import CaseFigures, Reopened
from surveys.case_figures import LONGEST_LIMIT, ByUnit, Overdue, city, month_figures, overdue, reopened
from surveys.case_limits import REOPEN_DAYS
from surveys.case_upkeep import Balance, balance
from surveys.declared import Declaration, declarations, denominator
from surveys.definition import Definitions
from surveys.errors import HuiyinError
from surveys.office import OFFERED, SERVED
from surveys.store import Connection, Store
from surveys.store.answers import bases_in
from surveys.store.cards import changed_in

_DAY = timedelta(days=1)


class BalanceError(HuiyinError):
    """What came in of cases is not what went out and stayed; nothing was published."""


@dataclass(frozen=True, order=True)
class Adopted:
    """A suggestion that was taken up: since when, where that shows, what kind of case, and whose."""

    on: str
    link: str
    category: str
    unit: str | None


@dataclass(frozen=True)
class CaseAccount:
    """What a month tells of cases, and of follow-ups apart.

    `reopened` holds the earlier months whose 30 days ended in this one.
    """

    balance: Balance
    by_unit: ByUnit
    follow_ups: ByUnit
    follow_ups_received: int
    reopened: Mapping[str, Mapping[str | None, Reopened]]
    overdue: tuple[Overdue, ...]
    adopted: tuple[Adopted, ...]
    extensions: Mapping[tuple[int, str], int]

    @property
    def city(self) -> CaseFigures:
        """All units together."""
        return city(self.by_unit)

    def extended_for(self, reason: str) -> int:
        """How many limits were extended in the month for a reason."""
        return sum(n for (_, own), n in self.extensions.items() if own == reason)

    @property
    def is_empty(self) -> bool:
        """Whether there was no case at all: nothing open, nothing new, nothing late."""
        one = self.balance
        return not (one.start or one.received or one.reopened or self.overdue or self.by_unit or self.reopened)


@dataclass(frozen=True)
class Correction:
    """What was put right of a month that had been published: when, why, and where the figures of before lie."""

    period: str
    day: str
    reason: str
    before: str


@dataclass(frozen=True)
class Denominator:
    """How much was offered or served of one survey; `missing` names units with answers that declared nothing."""

    whole: int | None
    missing: tuple[str, ...]

    @property
    def known(self) -> int | None:
        """The number, None unless every unit that was rated declared its own."""
        return None if self.missing else self.whole


@dataclass(frozen=True)
class Account:
    """One month: its surveys, cases, declared figures and corrections, and the audit's head when it was closed.

    `changed_batches` are the batches of reply cards that were issued, used or made void in it, `cards_alone` the
    surveys whose headline has held nothing but cards since their first batch.
    """

    period: str
    months: Sequence[SurveyMonth]
    known: Definitions
    cases: CaseAccount | None = None
    declared: tuple[Declaration, ...] = ()
    corrections: tuple[Correction, ...] = ()
    head: Head | None = None
    changed_batches: frozenset[str] = frozenset()
    cards_alone: frozenset[str] = frozenset()

    @property
    def received(self) -> int:
        """Answer sets of all surveys, the excluded ones among them."""
        return sum(sum(month.received.values()) for month in self.months)

    def offered(self, month: SurveyMonth) -> Denominator:
        """How many could have rated."""
        return self._denominator(month, OFFERED)

    def served(self, month: SurveyMonth) -> Denominator:
        """How many services were given."""
        return self._denominator(month, SERVED)

    def _denominator(self, month: SurveyMonth, figure: str) -> Denominator:
        own = [one for one in self.declared if (one.period, one.figure, one.survey) == (self.period, figure, month.key)]
        told = {one.unit for one in own}
        silent = tuple(unit for unit in month.units if month.received[unit] and unit not in told)
        return Denominator(denominator(own, figure, month.key), silent)


def account_of(
    store: Store,
    known: Definitions,
    months: Sequence[SurveyMonth],
    period: str,
    head: Head | None = None,
    corrections: Sequence[Correction] = (),
) -> Account:
    """Gather a month; BalanceError if what came in of cases is not what went out and stayed."""
    found = store.read(lambda connection: declarations(connection, [period]))
    changed, alone = store.read(lambda connection: _of_cards(connection, months, period))
    cases = case_account(store, period)
    return Account(period, tuple(months), known, cases, found, tuple(corrections), head, changed, alone)


def _of_cards(
    connection: Connection, months: Sequence[SurveyMonth], period: str
) -> tuple[frozenset[str], frozenset[str]]:
    """The batches that the month changed, and the surveys that only cards have answered in their headline."""
    with_cards = {month.key: month for month in months if month.batches}
    alone = {
        key: bases_in(connection, key, together(month.batches).day[:7], period) for key, month in with_cards.items()
    }
    changed = changed_in(connection, period) if with_cards else frozenset()
    return changed, frozenset(key for key, bases in alone.items() if not bases & set(with_cards[key].bases) - {"card"})


def case_account(store: Store, period: str) -> CaseAccount | None:
    """The cases of a month, None where there were none; BalanceError if their balance does not close."""
    month = month_days(period)
    sums = balance(store, period)
    require_balance(sums)
    cases = _recent(store, month[0], month[1])
    asked = [case for case in cases if case.standing.kind == "follow-up"]
    found = CaseAccount(
        balance=sums,
        by_unit=month_figures(with_progress(cases, f"{period}: figures of cases", len(cases)), month),
        follow_ups=month_figures(asked, month),
        follow_ups_received=sum(month[0] <= case.received <= month[1] for case in asked),
        reopened=dict(_reopened(cases, month[0], month[1])),
        overdue=overdue(cases, month[1]),
        adopted=tuple(sorted(_adopted(cases, month[0]))),
        extensions=dict(_extensions(cases, month[0])),
    )
    return None if found.is_empty else found


def require_balance(sums: Balance) -> None:
    """BalanceError, with every term, if the two sides differ."""
    if sums.holds:
        return
    came = {"open at start": sums.start, "received": sums.received, "reopened": sums.reopened}
    ways = ("closed", "withdrawn", "merged", "declined", "transferred")
    went = {**{way: getattr(sums, way) for way in ways}, "open at end": sums.end}
    raise BalanceError(
        f"{sums.month}: the balance of cases does not close: {_added(came)}, but {_added(went)}. What comes in must go "
        "out or stay (indicator 7), so nothing was published. An event is lost or doubled: run "
        "'.venv/bin/python -m scripts.check --audit', and compare the cases with the last good copy of the database"
    )


def _added(terms: Mapping[str, int]) -> str:
    return f"{' + '.join(f'{name} {number:,}' for name, number in terms.items())} = {sum(terms.values()):,}"


def _recent(store: Store, first: date, last: date) -> list[Case]:
    """The cases as they stood at the month's end, without those whose limits had all run out long before."""
    until = first - LONGEST_LIMIT

    def work(connection: Connection) -> list[Case]:
        every = case_ledger.histories(connection, last)
        return [case for case in every if case.standing.is_open or case.events[-1].day >= until]

    return store.read(work)


def _reopened(cases: Sequence[Case], first: date, last: date) -> Iterator[tuple[str, Mapping[str | None, Reopened]]]:
    """The months whose 30 days were over within this one, each told once, in the order of the calendar."""
    day = first
    for _ in range(3):
        day = (day - _DAY).replace(day=1)
        month = month_days(day.isoformat()[:7])
        over = month[1] + _DAY * REOPEN_DAYS
        if first <= over <= last and (found := reopened(cases, month, last + _DAY)):
            yield day.isoformat()[:7], found


def _adopted(cases: Sequence[Case], first: date) -> Iterator[Adopted]:
    """The newest evidence of each suggestion whose first adoption was recorded in the month."""
    for case in cases:
        events = [event for event in case.events if event.kind == "adopted"]
        if events and events[0].day >= first:
            data = events[-1].data
            yield Adopted(data["on"], data["link"], case.category, case.standing.unit)


def _extensions(cases: Sequence[Case], first: date) -> Counter[tuple[int, str]]:
    """How many limits were extended in the month, by working days and reason."""
    events = (event for case in cases for event in case.events if event.kind == "extended" and event.day >= first)
    return Counter((int(event.data["workdays"]), event.data.get("reason", "other")) for event in events)
