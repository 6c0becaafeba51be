"""The figures of cases as they are published: by unit, whole and part, with what residents said protected."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scripts.account import CaseAccount
from scripts.case_protection import follow_up_table, table_of
from surveys.case_counts import CaseFigures
from surveys.case_events import EXTENSION_REASONS
from surveys.case_figures import city
from surveys.indicators import WITHIN_WORKDAYS, Durations
from surveys.released import ALL, OTHER, Row, Status, Table

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
    """A figure that is a part of a whole: its code, and where both are counted.

    Where residents say it, `said` is how many of the whole it depends on what they say for.
    """

    code: str
    part: str
    whole: str
    said: str = ""

    def counts(self, figures: CaseFigures) -> tuple[int, int]:
        """Part and whole."""
        return getattr(figures, self.part), getattr(figures, self.whole)

    def split(self, unit: str, figures: CaseFigures) -> Row:
        """Those who said so, and the others who might have."""
        part, asked = getattr(figures, self.part), getattr(figures, self.said)
        return Row(unit, (part, asked - part), asked)


FIRST_REPLY = Rate("first_reply_on_time", "replied_in_time", "reply_due")
ON_TIME = (
    FIRST_REPLY,
    Rate("closed_on_time", "outcome_in_time", "outcome_due"),
    Rate("closed_on_time_extended", "extended_in_time", "extended_due"),
    Rate("extended", "extended", "outcome_due"),
)
CLAIMED = Rate("resolved_claimed", "claimed", "closed")
CONFIRMED = Rate("resolved_confirmed", "confirmed", "closed", said="claimed")
SATISFIED = Rate("callback_satisfaction", "callback_satisfied", "callback_answers", said="callback_answers")
CALLBACKS = (
    Rate("called_back", "called", "callbacks_due"),
    Rate("called_back_next_day", "called_next_day", "callbacks_due"),
    Rate("not_reached", "not_reached", "callbacks_due"),
    SATISFIED,
)
ADOPTED = Rate("adopted", "adopted", "suggestions_answered")
RATES = (*ON_TIME, CLAIMED, CONFIRMED, *CALLBACKS, ADOPTED)
FOLLOW_UPS_CONFIRMED = "follow_up_confirmed"
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
        self._tables: dict[str, Table] = {}
        known = {*account.by_unit, *(one.unit for one in account.overdue)} - {None}
        others = sorted(unit for unit in known if unit and unit not in units)
        self.units: tuple[str | None, ...] = (*(u for u in (*units, *others) if u in known), None)

    def figures(self, unit: str | None) -> CaseFigures:
        """What a unit has, or None for what no unit had yet."""
        return self.account.by_unit.get(unit, CaseFigures())

    def rate(self, rate: Rate) -> tuple[CaseRow, ...]:
        """The rows of a rate: all units, each of them, and what was merged."""
        period = self.account.balance.month
        counts = {ALL: rate.counts(self.city)}
        counts |= {unit or "": rate.counts(self.figures(unit)) for unit in self.units}
        if not rate.said:
            return tuple(CaseRow(period, unit, rate.code, *found) for unit, found in counts.items())
        table = self.protected(rate)
        wholes = {unit: whole for unit, (_, whole) in counts.items()}
        wholes[OTHER] = sum(wholes[unit] for unit in table.merged)
        return tuple(_protected(rate.code, row, wholes[row.unit], period) for row in table.rows)

    def protected(self, rate: Rate) -> Table:
        """What may be told of a rate that residents decide."""
        if rate.code not in self._tables:
            cells = [rate.split(unit or "", self.figures(unit)) for unit in self.units]
            self._tables[rate.code] = table_of(self.account.balance.month, rate.code, cells)
        return self._tables[rate.code]

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
        found, account = city(self.account.follow_ups), self.account
        (claimed, closed), period = CLAIMED.counts(found), account.balance.month
        confirmed = self.follow_ups_confirmed()
        return (
            self._row("follow_up_received", account.follow_ups_received),
            self._row("follow_up_called", found.callbacks_due, found.called),
            self._row("follow_up_claimed", closed, claimed),
            _protected(FOLLOW_UPS_CONFIRMED, confirmed.everything, closed, period),
        )

    def follow_ups_confirmed(self) -> Table:
        """What may be told of those beside all cases that were confirmed."""
        own = self.account.follow_ups
        rows = [CONFIRMED.split(unit or "", own.get(unit, CaseFigures())) for unit in self.units]
        return follow_up_table(self.protected(CONFIRMED), rows)

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


def _protected(figure: str, row: Row, whole: int, period: str) -> CaseRow:
    return CaseRow(period, row.unit, figure, row.cells[0] if row.status == "shown" else None, whole, row.status)
