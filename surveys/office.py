"""The office itself: its units and the kinds of case that it takes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from surveys.errors import Problem
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

    def problems(self) -> Iterator[Problem]:
        """Faults of the unit by itself."""
        if self.closed and self.closed < self.opened:
            yield self.place.problem("'closed' is before 'opened'", "closed")


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

    def problems(self) -> Iterator[Problem]:
        """Faults of the category by itself."""
        for key in ("first_reply_days", "outcome_days"):
            if getattr(self, key) < 1:
                yield self.place.problem(f"'{key}' must be 1 or more", key)


@dataclass(frozen=True)
class UnitsFile:
    """The shape of units.yaml."""

    units: tuple[Unit, ...]

    def walk(self) -> Iterator[Unit]:
        """Every unit, depth first, in the order of the file."""
        return (unit for top in self.units for unit in top.walk())

    def problems(self) -> Iterator[Problem]:
        """Faults of the units, and codes that stand twice."""
        for unit in self.walk():
            yield from unit.problems()
        yield from _repeated("unit", self.walk())


@dataclass(frozen=True)
class CategoriesFile:
    """The shape of categories.yaml."""

    categories: tuple[Category, ...]

    def problems(self) -> Iterator[Problem]:
        """Faults of the categories, and codes that stand twice."""
        for category in self.categories:
            yield from category.problems()
        yield from _repeated("category", self.categories)

    def unit_problems(self, units: UnitsFile) -> Iterator[Problem]:
        """Default units that there are not."""
        known = {unit.code for unit in units.walk()}
        for category in self.categories:
            if category.default_unit and category.default_unit not in known:
                yield category.place.problem(f"unknown unit '{category.default_unit}'", "default_unit")


def _repeated(what: str, items: Iterable[Unit | Category]) -> Iterator[Problem]:
    seen: dict[str, Place] = {}
    for item in items:
        if item.code in seen:
            yield item.place.problem(f"{what} code '{item.code}' is taken in line {seen[item.code].line}", "code")
        seen.setdefault(item.code, item.place)
