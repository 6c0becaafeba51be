"""The office itself: its units and the kinds of case that it takes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from surveys.yaml_reading import NOWHERE, Code, Place, Text

UnitKind = Literal["bureau", "station", "counter", "post"]
CaseKind = Literal["suggestion", "complaint", "request", "follow-up"]


@dataclass(frozen=True)
class Unit:
    """A station, counter or post that residents rate; units nest."""

    code: Code
    kind: UnitKind
    name: Text
    opened: date
    closed: date | None = None
    answers: bool = True
    units: "tuple[Unit, ...]" = ()
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def walk(self) -> "Iterator[Unit]":
        """The unit and all below it, depth first."""
        yield self
        for unit in self.units:
            yield from unit.walk()

    def is_open(self, today: date) -> bool:
        """Whether it takes answers on the day."""
        return self.answers and self.opened <= today and (self.closed is None or today <= self.closed)


@dataclass(frozen=True)
class Category:
    """A kind of case with its limits: first reply in calendar days, outcome in working days."""

    code: Code
    kind: CaseKind
    text: Text
    hint: Text
    first_reply_days: int
    outcome_days: int
    default_unit: Code | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class UnitsFile:
    """The shape of units.yaml."""

    units: tuple[Unit, ...]


@dataclass(frozen=True)
class CategoriesFile:
    """The shape of categories.yaml."""

    categories: tuple[Category, ...]
