"""What was published month by month, read back from its CSV files and from nothing else."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scripts.codebook import CODEBOOK
from surveys.errors import HuiyinError
from surveys.indicators import PERCENT_FROM, Change, Counted, Rates, unit_changes
from surveys.released import ALL, OTHER

RATINGS, ANSWERS = "ratings.csv", "answers.csv"
CASES, DECLARED = "cases.csv", "declared.csv"
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")
SUM = re.compile(r"[0-9]{4}(-Q[1-4])?\Z")
Key = tuple[str, str]
"""A survey and one of its questions."""
Cells = Mapping[str, str]
"""One line of a CSV file by column."""


@dataclass(frozen=True, slots=True)
class Rating:
    """A published row of ratings.csv; what is not shown is None."""

    unit: str
    levels: tuple[int, ...] | None
    dont_know: int | None
    n: int | None
    status: str

    @property
    def rates(self) -> Rates | None:
        """The five counts and what follows from them, where they are shown."""
        return Rates(self.levels, self.dont_know or 0) if self.levels else None


@dataclass(frozen=True, slots=True)
class Options:
    """The published rows of one question and unit of answers.csv; what is not shown is None."""

    unit: str
    codes: tuple[str, ...]
    n: int | None
    counts: tuple[int, ...] | None
    status: str


@dataclass(frozen=True)
class Period:
    """One published month, quarter or year."""

    name: str
    folder: Path

    @cached_property
    def ratings(self) -> Mapping[Key, Mapping[str, Rating]]:
        """Rows by question, in the order of the file, then by unit."""
        found: dict[Key, dict[str, Rating]] = {}
        for row in lines_of(self.folder / RATINGS):
            found.setdefault((row["survey"], row["question"]), {})[row["unit"]] = _rating(row)
        return found

    @cached_property
    def options(self) -> Mapping[Key, Mapping[str, Options]]:
        """How many chose each code, by question and unit."""
        lines: dict[Key, dict[str, list[Cells]]] = {}
        for row in lines_of(self.folder / ANSWERS):
            lines.setdefault((row["survey"], row["question"]), {}).setdefault(row["unit"], []).append(row)
        return {key: {unit: _options(unit, rows) for unit, rows in units.items()} for key, units in lines.items()}

    @cached_property
    def headlines(self) -> Mapping[str, str]:
        """The question that stands first in each survey's table."""
        return dict(reversed(list(self.ratings)))

    @cached_property
    def bases(self) -> Mapping[str, tuple[str, ...]]:
        """What each survey's headline holds, as far as the month's codebook tells."""
        path = self.folder / CODEBOOK
        surveys = json.loads(path.read_bytes())["surveys"] if path.is_file() else ()
        return {survey["key"]: tuple(survey["bases"]) for survey in surveys}

    def counts_as(self, other: "Period", survey: str) -> bool:
        """Whether the survey's headline holds the same bases in both, as far as both codebooks tell."""
        pair = (self.bases.get(survey), other.bases.get(survey))
        return None in pair or pair[0] == pair[1]

    @cached_property
    def surveys(self) -> tuple[str, ...]:
        """Every survey of the month that anybody answered, as far as the tables tell."""
        rated = [key for key, units in self.ratings.items() if any(_was_rated(row) for row in units.values())]
        chosen = [key for key, units in self.options.items() if any(row.n != 0 for row in units.values())]
        return tuple(dict.fromkeys(survey for survey, _ in (*rated, *chosen)))

    def headline(self, survey: str, unit: str) -> Rating | None:
        """The row of a unit, or of `all`, for the survey's first question; None where it has none."""
        question = self.headlines.get(survey)
        return self.ratings[survey, question].get(unit) if question else None

    @cached_property
    def rated(self) -> frozenset[tuple[str, str]]:
        """Survey and unit of everything that was rated."""
        pairs = ((survey, unit) for survey in self.headlines for unit in self._units(survey))
        return frozenset(pair for pair in pairs if _was_rated(self.headline(*pair)))

    def _units(self, survey: str) -> Iterator[str]:
        return (unit for unit in self.ratings[survey, self.headlines[survey]] if unit not in (ALL, OTHER))

    @cached_property
    def cases(self) -> Mapping[str, Sequence[Cells]]:
        """The figures of cases by unit, where they are published."""
        return _by_unit(self.folder / CASES)

    @cached_property
    def declared(self) -> Mapping[str, Sequence[Cells]]:
        """What units declared, by unit, where it is published."""
        return _by_unit(self.folder / DECLARED)


class History:
    """All that is published under a folder of reports, oldest first."""

    def __init__(self, folder: Path) -> None:
        found = sorted(path.parent for path in folder.glob(f"*/{RATINGS}"))
        self.months = tuple(Period(path.name, path) for path in found if MONTH.match(path.name))
        sums = [Period(path.name, path) for path in found if SUM.match(path.name)]
        self.sums = tuple(sorted(sums, key=lambda one: (last_month(one.name), one.name.count("Q") == 0)))
        self._by_name = {one.name: one for one in self.months}

    @cached_property
    def surveys(self) -> tuple[str, ...]:
        """Keys of all surveys in any month."""
        return tuple(sorted({survey for month in self.months for survey in month.surveys}))

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Codes of all units that anything was ever published of."""
        rated = {unit for month in self.months for _, unit in month.rated}
        others = {unit for month in self.months for unit in (*month.cases, *month.declared)}
        return tuple(sorted((rated | others) - {ALL, OTHER, ""}))

    def before(self, month: Period) -> Period | None:
        """The month before, if it is published."""
        return self._by_name.get(month_before(month.name))

    @cached_property
    def changes(self) -> Mapping[tuple[str, str, str], Change]:
        """What can be compared with the month before, by month, survey and unit, as wide as Holm's steps ask.

        The correction goes over all units and surveys of the month. Units alone: all of them together is
        one comparison, see `headline_change`.
        """
        found = {}
        for month in self.months:
            pairs = {
                f"{survey}/{unit}": pair for survey, unit in month.rated if (pair := self.pair(month, survey, unit))
            }
            for name, change in unit_changes(pairs).items():
                survey, _, unit = name.partition("/")
                found[month.name, survey, unit] = change
        return found

    def pair(self, month: Period, survey: str, unit: str) -> tuple[Counted, Counted] | None:
        """Satisfied of rated in the month and in the one before; None unless both are shown, of the same bases."""
        earlier = self.before(month)
        if earlier is None or not month.counts_as(earlier, survey):
            return None
        if earlier.headlines.get(survey) != month.headlines.get(survey):
            return None
        both = [_counted(one.headline(survey, unit)) for one in (month, earlier)]
        return (both[0], both[1]) if both[0] and both[1] else None


def month_before(month: str) -> str:
    """The calendar month before."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def months_in(name: str) -> tuple[str, ...]:
    """The calendar months of a month, quarter or year."""
    year = name[:4]
    if "-Q" in name:
        first = int(name[-1]) * 3 - 2
        return tuple(f"{year}-{number:02}" for number in range(first, first + 3))
    return (name,) if len(name) > 4 else tuple(f"{year}-{number:02}" for number in range(1, 13))


def last_month(name: str) -> str:
    """The last calendar month of a month, quarter or year."""
    return months_in(name)[-1]


def lines_of(path: Path) -> Iterator[Cells]:
    """The lines of a published table; HuiyinError if a line has another number of cells than the header."""
    rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    header = next(rows, [])
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise HuiyinError(f"{path}:{number}: {len(row)} cells, the header has {len(header)}: put the file back")
        yield dict(zip(header, row, strict=True))


def _by_unit(path: Path) -> Mapping[str, Sequence[Cells]]:
    found: dict[str, list[Cells]] = {}
    for row in lines_of(path) if path.is_file() else ():
        found.setdefault(row["unit"], []).append(row)
    return found


def _whole(cell: str) -> int | None:
    return int(cell) if cell else None


def _rating(row: Cells) -> Rating:
    cells = [row[f"n_{level}"] for level in range(1, 6)]
    levels = tuple(int(cell) for cell in cells) if all(cells) else None
    return Rating(row["unit"], levels, _whole(row["dont_know"]), _whole(row["n"]), row["status"])


def _options(unit: str, rows: Sequence[Cells]) -> Options:
    """The line without a code tells how many answered; the others follow in the order of the codes."""
    chosen = [row for row in rows if row["code"]]
    first = next(row for row in rows if not row["code"])
    shown = first["status"] == "shown"
    counts = tuple(int(row["n"]) for row in chosen) if shown else None
    return Options(unit, tuple(row["code"] for row in chosen), _whole(first["n"]), counts, first["status"])


def _was_rated(row: Rating | None) -> bool:
    """Whether there is anything to tell; a count that is kept back is something."""
    return row is not None and (row.n != 0 or row.dont_know != 0)


def _counted(row: Rating | None) -> Counted | None:
    rates = row.rates if row else None
    return Counted(rates.satisfied_count, rates.n) if rates and rates.n >= PERCENT_FROM else None
