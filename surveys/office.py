"""The office itself: its units, its kinds of case, the themes of free texts, and what its units declare."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Literal

from surveys.errors import Problem
from surveys.yaml_reading import NOWHERE, Code, Place, Text

UnitKind = Literal["bureau", "station", "counter", "post"]
CaseKind = Literal["suggestion", "complaint", "request", "follow-up"]
NO_THEME = "none"
"""What stands in place of a theme where a text has none of them."""

OFFERED = "offered"
SERVED = "served"
ALWAYS_DECLARED: Mapping[str, Text] = {
    OFFERED: Text(zh="发出邀请", en="invitations offered"),
    SERVED: Text(zh="办理件数", en="services delivered"),
}
"""Figures of a survey: how many could have rated, and how many services they were about."""


@dataclass(frozen=True)
class Unit:
    """A station, counter or post that residents rate; units nest."""

    code: Code
    kind: UnitKind
    name: Text
    opened: date
    closed: date | None = None
    answers: bool = True
    kiosks_since: date | None = None
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
class Figure:
    """A figure that units declare: what is counted and, where a rate follows, which part of it."""

    code: Code
    text: Text
    part: Text | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Theme:
    """What a free text can be about; several can stand at one text."""

    code: Code
    text: Text
    hint: Text | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


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
                close = get_close_matches(category.default_unit, known, n=1)
                advice = f"did you mean '{close[0]}'?" if close else "take a code of units.yaml, or leave it out"
                yield category.place.problem(f"unknown unit '{category.default_unit}', {advice}", "default_unit")


@dataclass(frozen=True)
class DeclaredFile:
    """The shape of declared.yaml."""

    figures: tuple[Figure, ...]

    def problems(self) -> Iterator[Problem]:
        """Codes that stand twice, or are those of the two figures that are always there."""
        for figure in self.figures:
            if figure.code in ALWAYS_DECLARED:
                yield figure.place.problem(f"'{figure.code}' is always there: leave it out", "code")
        yield from _repeated("figure", self.figures)


@dataclass(frozen=True)
class ThemesFile:
    """The shape of themes.yaml, which an office may leave out."""

    themes: tuple[Theme, ...]

    def problems(self) -> Iterator[Problem]:
        """Codes that stand twice, or that have a meaning of their own."""
        for theme in self.themes:
            if theme.code == NO_THEME:
                yield theme.place.problem(f"'{NO_THEME}' means that no theme fits: take another code", "code")
        yield from _repeated("theme", self.themes)


def is_of(units: Mapping[str, Unit], own: str | None, unit: str) -> bool:
    """Whether people of the unit `own` are concerned by what residents say of `unit`.

    They are if it is theirs, or stands above or below theirs. A unit that only groups others, and takes no
    answers itself, is concerned by none but its own.
    """
    if own == unit:
        return True
    if own is None or own not in units or not units[own].answers:
        return False
    below = any(member.code == unit for member in units[own].walk())
    return below or (unit in units and any(member.code == own for member in units[unit].walk()))


def branch(units: Mapping[str, Unit], own: str) -> frozenset[str]:
    """The units whose work people of the unit `own` do not judge: it, and those above and below it.

    A unit that only groups others stands by itself both ways: else nobody could close what came up to it.
    """
    return frozenset(code for code in units if units[code].answers and is_of(units, own, code)) | {own}


def _repeated(what: str, items: Iterable[Unit | Category | Figure | Theme]) -> Iterator[Problem]:
    seen: dict[str, Place] = {}
    for item in items:
        if item.code in seen:
            yield item.place.problem(f"{what} code '{item.code}' is taken in line {seen[item.code].line}", "code")
        seen.setdefault(item.code, item.place)
