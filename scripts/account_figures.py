"""The figures of cases as they are published: by unit, whole and part, with what residents said protected."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scripts.account import CaseAccount
from surveys.case_counts import CaseFigures
from surveys.case_events import EXTENSION_REASONS
from surveys.disclosure import protect
from surveys.indicators import WITHIN_WORKDAYS, Durations
from surveys.released import ALL, Row, Status, option_rule

BALANCE = ("start", "received", "reopened", "closed", "withdrawn", "merged", "declined", "transferred", "end")
CAME = BALANCE[:3]
OUTCOMES = ("on_the_spot", "by_date", "explained", "transferred", "declined")
TIMES: Mapping[str, Callable[[CaseFigures], Durations]] = {
    "reply": lambda figures: figures.reply_time,
    "outcome": lambda figures: figures.outcome_time,
    "closing": lambda figures: figures.closing_time,
}


@dataclass(frozen=True)
class Rate:
    """A figure that is a part of a whole: its code, and where both are counted; `said` marks what residents said."""

    code: str
    part: str
    whole: str
    said: bool = False

    def counts(self, figures: CaseFigures) -> tuple[int, int]:
        """Part and whole."""
        return getattr(figures, self.part), getattr(figures, self.whole)


FIRST_REPLY = Rate("first_reply_on_time", "replied_in_time", "reply_due")
ON_TIME = (
    FIRST_REPLY,
    Rate("closed_on_time", "outcome_in_time", "outcome_due"),
    Rate("closed_on_time_extended", "extended_in_time", "extended_due"),
    Rate("extended", "extended", "outcome_due"),
)
CLAIMED = Rate("resolved_claimed", "claimed", "closed")
CONFIRMED = Rate("resolved_confirmed", "confirmed", "closed", said=True)
SATISFIED = Rate("callback_satisfaction", "callback_satisfied", "callback_answers", said=True)
CALLBACKS = (
    Rate("called_back", "called", "callbacks_due"),
    Rate("called_back_next_day", "called_next_day", "callbacks_due"),
    Rate("not_reached", "not_reached", "callbacks_due"),
    SATISFIED,
)
ADOPTED = Rate("adopted", "adopted", "suggestions_answered")
RATES = (*ON_TIME, CLAIMED, CONFIRMED, *CALLBACKS, ADOPTED)
COUNTS = ("no_contact", "answered_herself")


@dataclass(frozen=True)
class CaseRow:
    """One published figure of one unit; `unit` is '' for cases that no unit had yet, `part` None where there is none.

    What may not be shown has no part; `period` is the month that it is about.
    """

    period: str
    unit: str
    figure: str
    part: int | None
    whole: int | None
    status: Status = "shown"


class CaseTable:
    """All rows of cases.csv, and the same for a page."""

    def __init__(self, account: CaseAccount, units: Sequence[str]) -> None:
        self.account = account
        self.city = account.city
        known = {*account.by_unit, *(one.unit for one in account.overdue)} - {None}
        others = sorted(unit for unit in known if unit and unit not in units)
        self.units: tuple[str | None, ...] = (*(u for u in (*units, *others) if u in known), None)

    def figures(self, unit: str | None) -> CaseFigures:
        """What a unit has, or None for what no unit had yet."""
        return self.account.by_unit.get(unit, CaseFigures())

    def rate(self, rate: Rate) -> tuple[CaseRow, ...]:
        """The rows of a rate: all units, each of them, and what was merged."""
        period = self.account.balance.month
        counts = {unit or "": rate.counts(self.figures(unit)) for unit in self.units}
        if not rate.said:
            rows = [CaseRow(period, unit, rate.code, *found) for unit, found in counts.items()]
            return (CaseRow(period, ALL, rate.code, *rate.counts(self.city)), *rows)
        cells = [Row(unit, (part, whole - part), whole) for unit, (part, whole) in counts.items()]
        return tuple(_protected(period, rate.code, row) for row in protect(cells, option_rule))

    def rows(self) -> Iterator[CaseRow]:
        """Every row: first what is of all units, then each rate by unit."""
        yield from self._together()
        for rate in RATES:
            yield from (row for row in self.rate(rate) if row.unit == ALL or row.whole)
        yield from self._outcomes()
        yield from self._by_unit_counts()
        yield from self._reopened()

    def _row(self, figure: str, whole: int | None, part: int | None = None, unit: str = ALL) -> CaseRow:
        return CaseRow(self.account.balance.month, unit, figure, part, whole)

    def _together(self) -> Iterator[CaseRow]:
        for name in BALANCE:
            yield self._row(f"balance_{name}", getattr(self.account.balance, name))
        for name, take in TIMES.items():
            time = take(self.city)
            for days in WITHIN_WORKDAYS:
                yield self._row(f"{name}_within_{days}", time.n, time.within[days])
            yield self._row(f"{name}_not_yet", time.n, time.not_ended)
            yield self._row(f"{name}_median", time.median)
            yield self._row(f"{name}_ninetieth", time.ninetieth)
        yield from self.follow_ups()
        for reason in EXTENSION_REASONS:
            if n := self.account.extended_for(reason):
                yield self._row(f"extended_for_{reason}", sum(self.account.extensions.values()), n)

    def follow_ups(self) -> tuple[CaseRow, ...]:
        """Cases opened by residents who had rated: how many, called back, solved as the unit says, and confirmed."""
        found, account = self.account.follow_ups, self.account
        claimed, confirmed = CLAIMED.counts(found), CONFIRMED.counts(found)
        period = account.balance.month
        sides = (Row("follow", (confirmed[0], confirmed[1] - confirmed[0]), confirmed[1]), self._others())
        status: Status = "shown" if all(map(option_rule, sides)) else "hidden"
        return (
            self._row("follow_up_received", account.follow_ups_received),
            self._row("follow_up_called", found.callbacks_due, found.called),
            self._row("follow_up_claimed", claimed[1], claimed[0]),
            CaseRow(
                period, ALL, "follow_up_confirmed", confirmed[0] if status == "shown" else None, confirmed[1], status
            ),
        )

    def _others(self) -> Row:
        """How the residents of all other cases confirmed: the difference of two rows is a row too."""
        part, whole = (
            all_of - own
            for all_of, own in zip(CONFIRMED.counts(self.city), CONFIRMED.counts(self.account.follow_ups), strict=True)
        )
        return Row("others", (part, whole - part), whole)

    def _outcomes(self) -> Iterator[CaseRow]:
        for unit in (ALL, *self.units):
            figures = self.city if unit == ALL else self.figures(unit)
            whole = sum(figures.outcomes.values())
            for name in OUTCOMES if whole else ():
                yield self._row(name, whole, figures.outcomes[name], unit or "")

    def _by_unit_counts(self) -> Iterator[CaseRow]:
        for unit in (ALL, *self.units):
            figures = self.city if unit == ALL else self.figures(unit)
            counts = {name: getattr(figures, name) for name in COUNTS}
            counts["overdue"] = sum(unit in (ALL, one.unit) for one in self.account.overdue)
            yield from (self._row(name, n, None, unit or "") for name, n in counts.items() if n or unit == ALL)

    def _reopened(self) -> Iterator[CaseRow]:
        """Of earlier months, whose 30 days are over."""
        for period, by_unit in self.account.reopened.items():
            closed, again = (sum(getattr(one, name) for one in by_unit.values()) for name in ("closed", "reopened"))
            yield CaseRow(period, ALL, "reopened", again, closed)
            for unit, one in sorted(by_unit.items(), key=lambda item: item[0] or ""):
                yield CaseRow(period, unit or "", "reopened", one.reopened, one.closed)


def _protected(period: str, figure: str, row: Row) -> CaseRow:
    part = row.cells[0] if row.status == "shown" else None
    return CaseRow(period, row.unit, figure, part, row.total, row.status)
