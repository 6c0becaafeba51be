"""What is counted of cases, for a unit or the city, and the rates that follow: indicators 8 to 15."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, Self

from surveys.indicators import Duration, Durations, durations_of, share


@dataclass(frozen=True)
class CaseFigures:
    """The counts of one unit or of the city, which add up over units and months; rates are None without a whole.

    A limit counts in the month of its last day, or of the acceptance where that came later. `_days` are
    working days since the receipt of the cases received in the month, as known at its end.
    """

    reply_due: int = 0
    replied_in_time: int = 0
    outcome_due: int = 0
    outcome_in_time: int = 0
    extended_due: int = 0
    extended_in_time: int = 0
    extended: int = 0
    closed: int = 0
    confirmed: int = 0
    claimed: int = 0
    on_the_spot: int = 0
    by_date: int = 0
    explained: int = 0
    transferred: int = 0
    declined: int = 0
    callbacks_due: int = 0
    called: int = 0
    called_next_day: int = 0
    not_reached: int = 0
    answered_herself: int = 0
    no_contact: int = 0
    callback_answers: int = 0
    callback_satisfied: int = 0
    suggestions_answered: int = 0
    adopted: int = 0
    reply_days: tuple[Duration, ...] = ()
    outcome_days: tuple[Duration, ...] = ()
    closing_days: tuple[Duration, ...] = ()

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """All of them added up."""
        every = tuple(parts)
        columns: list[Any] = []
        for one in fields(cls):
            column = [getattr(part, one.name) for part in every]
            columns.append(tuple(chain.from_iterable(column)) if one.name.endswith("_days") else sum(column))
        return cls(*columns)

    @property
    def first_reply_on_time(self) -> float | None:
        """Indicator 8: first replies in time, of all that were due."""
        return share(self.replied_in_time, self.reply_due)

    @property
    def closed_on_time(self) -> float | None:
        """Indicator 9 against the original limit: outcomes in time and not disputed, of all that were due."""
        return share(self.outcome_in_time, self.outcome_due)

    @property
    def closed_on_time_extended(self) -> float | None:
        """Indicator 9 against the limit with its extension."""
        return share(self.extended_in_time, self.extended_due)

    @property
    def extension_rate(self) -> float | None:
        """Indicator 9b: limits that were extended, of those due in the month by the original limit."""
        return share(self.extended, self.outcome_due)

    @property
    def resolved_confirmed(self) -> float | None:
        """Indicator 10a: solved in the resident's own word, of all closed."""
        return share(self.confirmed, self.closed)

    @property
    def resolved_claimed(self) -> float | None:
        """Indicator 10b: solved as the unit says, of all closed."""
        return share(self.claimed, self.closed)

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Indicator 10c: how the month's cases came out."""
        names = ("on_the_spot", "by_date", "explained", "transferred", "declined")
        return {name: getattr(self, name) for name in names}

    @property
    def called_back(self) -> float | None:
        """Indicator 11: callbacks done, of those due to residents who left a contact and had not answered yet."""
        return share(self.called, self.callbacks_due)

    @property
    def called_back_next_day(self) -> float | None:
        """Indicator 11b: the same by the next working day."""
        return share(self.called_next_day, self.callbacks_due)

    @property
    def callback_satisfaction(self) -> float | None:
        """Indicator 12: satisfied, of those who answered a callback in the month."""
        return share(self.callback_satisfied, self.callback_answers)

    @property
    def adoption_rate(self) -> float | None:
        """Indicator 15: adoptions recorded in the month, of suggestions closed in it; None where they are more."""
        return share(self.adopted, self.suggestions_answered) if self.adopted <= self.suggestions_answered else None

    @property
    def reply_time(self) -> Durations:
        """Indicator 14 for the first reply."""
        return durations_of(self.reply_days)

    @property
    def outcome_time(self) -> Durations:
        """Indicator 14 for the outcome."""
        return durations_of(self.outcome_days)

    @property
    def closing_time(self) -> Durations:
        """The time to 销号, shown apart."""
        return durations_of(self.closing_days)


@dataclass(frozen=True)
class Reopened:
    """Closings of a month, and how many of them were reopened within 30 days."""

    closed: int = 0
    reopened: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(self.closed + other.closed, self.reopened + other.reopened)

    @property
    def rate(self) -> float | None:
        """Indicator 13."""
        return share(self.reopened, self.closed)
