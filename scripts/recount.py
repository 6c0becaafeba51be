"""Recompute every published figure of a month from the raw answers, along another path, and compare cell by cell.

No SQL counts here, no tally and none of the code that wrote the tables: answers are read one by one, counted in
plain Python, and rates are reckoned with fractions and decimals from their formulas.
"""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import click

from scripts.history import SUM, last_month, months_in
from scripts.options import Command, database, definitions, definitions_in, open_store, period, with_progress
from scripts.ratings import OPTION_KINDS, month_days
from scripts.recount_calls import compare_calls
from scripts.recount_cards import carded, compare_cards
from scripts.recount_rates import option_cells, rates, rating_cells
from scripts.recount_surges import compare_surges
from scripts.recount_tables import CaseRecount, Key, Pair, declared_rows, exclusion_rows, unpublished
from surveys.definition import Definitions, Question
from surveys.errors import HuiyinError
from surveys.store import Connection, Store
from surveys.store.answers import RawAnswers, count_of, raw_answers
from surveys.store.corrections import every
from surveys.store.exclusion_batches import NOW

COUNTED = ("scale", *OPTION_KINDS)
KEYS = ("period", "survey", "unit", "figure", "reason")
SHOWN = 20
Cells = dict[tuple[str, str], dict[str, Counter[str]]]
"""Counts of each code by survey and question, then by unit; code '' counts who answered the question."""


class RecountError(HuiyinError):
    """Published figures are not what the answers say."""


@dataclass
class Counted:
    """What the answers of a month say, counted one by one."""

    questions: Mapping[tuple[str, str], Question]
    headline: Mapping[str, Sequence[str]]
    cells: Cells = field(default_factory=dict)
    sets: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_card: Counter[tuple[str, str]] = field(default_factory=Counter)
    read: int = 0

    def add(self, row: RawAnswers) -> None:
        """Count one answer set, if its basis is one of those that its survey's headline holds."""
        self.read += 1
        self.sets[row.survey, row.unit] += 1
        self.by_card[row.survey, row.unit] += row.basis == "card"
        if row.basis not in self.headline.get(row.survey, ()):
            return
        for question, answer in json.loads(row.answers).items():
            if (row.survey, question) in self.questions:
                chosen = answer if isinstance(answer, list) else [answer]
                units = self.cells.setdefault((row.survey, question), defaultdict(Counter))
                units[row.unit].update(["", *map(str, chosen)])

    def together(self, survey: str, question: str, units: Set[str] | None) -> Counter[str]:
        """The counts of some units, or of all, in one."""
        found: Counter[str] = Counter()
        by_unit = self.cells.get((survey, question), {})
        for unit in by_unit if units is None else by_unit.keys() & units:
            found.update(by_unit[unit])
        return found


@dataclass(frozen=True)
class Cell:
    """One published cell that differs: its place in the file, what stands there, what it should be."""

    place: str
    published: str
    counted: str
    question: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        return f"{self.place}: published '{self.published}', the answers give '{self.counted}'"


def headline_of(known: Definitions, month: str, with_cards: Set[str] = frozenset()) -> dict[str, Sequence[str]]:
    """The bases that each survey's headline holds, by the newest version that was open in the month or before.

    Where cards were issued by then, open answers are not among them.
    """
    last = f"{month}-31"
    found: dict[str, Sequence[str]] = {}
    for (key, _), survey in sorted(known.surveys.items()):
        if survey.opened.isoformat() <= last:
            closed = survey.closed and survey.closed.isoformat() < f"{month}-01"
            if not closed or key not in found:
                found[key] = [basis for basis in survey.bases if basis != "open" or key not in with_cards]
    return found


class Comparison:
    """The rows of one published table against the counts."""

    def __init__(self, name: str, text: str, counted: Counted) -> None:
        self.name = name
        self.rows = list(csv.DictReader(io.StringIO(text)))
        self.counted = counted
        self.members: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in self.rows:
            if row["status"] == "merged":
                self.members[row["survey"], row["question"]].add(row["unit"])
        self.cells = 0

    def differences(self) -> Iterator[Cell]:
        """Every cell that is not what the answers give, and what was answered but stands in no row."""
        for line, row in enumerate(self.rows, 2):
            for column, wanted in self._wanted(row).items():
                self.cells += 1
                if row[column] != wanted:
                    place = f"{self.name}:{line}: {row['survey']} {row['question']} {row['unit']} {column}"
                    yield Cell(place, row[column], wanted, (row["survey"], row["question"]))

    def _wanted(self, row: Mapping[str, str]) -> dict[str, str]:
        cells = self._cells(row)
        whole = rating_cells(cells) if "n_1" in row else option_cells(cells, row["code"])
        if row["status"] == "shown":
            return whole
        hidden = dict.fromkeys(whole, "")
        # Even the total may be kept back, as of a question that only some were asked.
        is_sealed = not row["n"] and row["status"] == "hidden"
        if row.get("code") or is_sealed:
            return hidden
        return hidden | {name: whole[name] for name in ("n", "dont_know") if name in whole}

    def _cells(self, row: Mapping[str, str]) -> Counter[str]:
        survey, question, unit = row["survey"], row["question"], row["unit"]
        units = {"all": None, "other": self.members[survey, question]}.get(unit, {unit})
        return self.counted.together(survey, question, units)


class PairComparison:
    """The rows of a table of parts and wholes against what was counted of them."""

    def __init__(self, name: str, text: str, expected: Mapping[Key, Pair]) -> None:
        self.name = name
        self.rows = list(csv.DictReader(io.StringIO(text)))
        self.keys = [column for column in next(csv.reader(io.StringIO(text))) if column in KEYS]
        self.expected = expected
        self.cells = 0

    def differences(self) -> Iterator[Cell]:
        """Every cell that differs, and every figure that is not nothing and stands in no row."""
        seen = {self._key(row): row for row in self.rows}
        for line, row in enumerate(self.rows, 2):
            for column, wanted in self._wanted(row).items():
                self.cells += 1
                if row[column] != wanted:
                    place = f"{self.name}:{line}: {' '.join(filter(None, self._key(row)))} {column}"
                    yield Cell(place, row[column], wanted)
        for key, (part, whole) in sorted(self.expected.items(), key=lambda item: item[0]):
            if whole and key not in seen:
                yield Cell(f"{self.name}: {' '.join(filter(None, key))}", "no row", f"{part or ''} of {whole}")

    def _key(self, row: Mapping[str, str]) -> Key:
        return tuple(row[column] for column in self.keys)

    def _wanted(self, row: Mapping[str, str]) -> dict[str, str]:
        part, whole = self._pair(row)
        part = part if row.get("status", "shown") == "shown" else None
        wanted = {name: "" if value is None else str(value) for name, value in (("part", part), ("whole", whole))}
        known = part is not None and whole and part <= whole
        found = rates(part or 0, whole or 0) if known else ("", "", "")
        return wanted | {name: cell for name, cell in zip(("share", "low", "high"), found, strict=True) if name in row}

    def _pair(self, row: Mapping[str, str]) -> Pair:
        key = self._key(row)
        if row["unit"] != "other":
            return self.expected.get(key, (0, 0))
        same = (one for one in self.rows if (one["period"], one["figure"]) == (row["period"], row["figure"]))
        merged = [self._key(one) for one in same if one["status"] == "merged"]
        pairs = [self.expected.get(one, (0, 0)) for one in merged]
        return sum(part or 0 for part, _ in pairs), sum(whole or 0 for _, whole in pairs)


def missing_rows(tables: Iterable[Comparison], counted: Counted) -> Iterator[Cell]:
    """What was answered in the month and stands in no published row."""
    published = {(row["survey"], row["question"], row["unit"]) for table in tables for row in table.rows}
    for (survey, question), by_unit in sorted(counted.cells.items()):
        for unit in sorted(by_unit):
            if (survey, question, unit) not in published:
                yield Cell(f"{survey} {question} {unit}", "no row", str(by_unit[unit][""]), (survey, question))


def recount(counted: Counted, folder: Path) -> tuple[int, Sequence[Cell]]:
    """How many published cells were compared, and those that differ; RecountError if there is nothing published."""
    tables = []
    for name in ("ratings.csv", "answers.csv"):
        path = folder / name
        if not path.is_file():
            raise RecountError(f"no {path}: publish the month first, or name its folder with --tables")
        tables.append(Comparison(str(path), path.read_text(encoding="utf-8"), counted))
    found = [cell for table in tables for cell in table.differences()]
    return sum(table.cells for table in tables), [*found, *missing_rows(tables, counted)]


def recount_sum(counted: Counted, folder: Path) -> tuple[int, Sequence[Cell]]:
    """The same of a quarter or year, which may leave questions out."""
    paths = [folder / name for name in ("ratings.csv", "answers.csv")]
    tables = [Comparison(str(path), path.read_text(encoding="utf-8"), counted) for path in paths]
    found = [cell for table in tables for cell in table.differences()]
    return sum(table.cells for table in tables), found


def recount_account(connection: Connection, counted: Counted, month: str, folder: Path) -> tuple[int, Sequence[Cell]]:
    """The same of cases, declared figures and exclusions, as far as their tables are there."""
    makers: Mapping[str, Callable[[], Mapping[Key, Pair]]] = {
        "cases.csv": lambda: CaseRecount(connection, *month_days(month)).expected(),
        "declared.csv": lambda: declared_rows(connection, month, declared_cells(folder)),
        "exclusions.csv": lambda: exclusion_rows(connection, month, counted.sets),
    }
    cells, found = 0, list[Cell]()
    for name, expected in makers.items():
        if (path := folder / name).is_file():
            table = PairComparison(str(path), path.read_text(encoding="utf-8"), expected())
            found += table.differences()
            cells += table.cells
    more, differing = compare_cards(connection, month, folder, counted.by_card, {survey for survey, _ in counted.sets})
    called, others = compare_calls(connection, month, folder)
    days, jumps = compare_surges(connection, month, folder)
    return cells + more + called + days, [*found, *(Cell(*cell) for cell in (*differing, *others, *jumps))]


def declared_cells(folder: Path) -> Mapping[Key, tuple[str, str]]:
    """Part and whole as they stand in the published declared.csv, by period, unit, figure and survey."""
    path = folder / "declared.csv"
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8") if path.is_file() else ""))
    return {(row["period"], row["unit"], row["figure"], row["survey"]): (row["part"], row["whole"]) for row in rows}


def waiting_told(store: Store, month: str, folder: Path) -> str:
    """What to do about declared figures that were corrected after the month was published; '' if none was."""
    path, cells = folder / "declared.csv", declared_cells(folder)
    n = len(store.read(lambda connection: unpublished(connection, month, cells))) if path.is_file() else 0
    if not n:
        return ""
    return (
        f"{month}: declared figures were corrected after the month was published and are not published yet: {n:,}. "
        f"Run .venv/bin/python -m scripts.publish --correct {month} --reason …"
    )


def editions_of(store: Store, months: Sequence[str]) -> Sequence[str]:
    """The days of what was published of some months: before any correction, and after each, the newest last."""
    days = store.read(lambda connection: [row.day for row in every(connection) if row.period in months])
    return ["", *sorted(set(days))]


def waiting_left(found: Sequence[Cell], earlier: Iterable[Sequence[Cell]]) -> list[Cell]:
    """The cells that differ, but those of questions that an earlier edition gives whole, whose correction waits."""
    wrong = {cell.question for cell in found}
    for cells in earlier:
        wrong &= {cell.question for cell in cells}
    return [cell for cell in found if cell.question in wrong]


def count_answers(store: Store, known: Definitions, months: Sequence[str], known_on: str = NOW) -> Counted:
    """Count the answers of some months one by one, those left out by two roles excepted."""
    questions = {
        (key, str(question.code)): question
        for (key, _), survey in sorted(known.surveys.items())
        for question in survey.questions
        if question.kind in COUNTED
    }
    counted = Counted(questions, {})
    for month in months:
        with_cards = store.read(lambda connection, month=month: carded(connection, month))  # type: ignore[misc]
        counted.headline = headline_of(known, month, with_cards)
        number = store.read(lambda connection, month=month: count_of(connection, month))  # type: ignore[misc]

        def work(connection: Connection, month: str = month, number: int = number) -> None:
            for row in with_progress(raw_answers(connection, month, known_on), f"counting {month}", number):
                counted.add(row)

        store.read(work)
    return counted


def recount_all(store: Store, known: Definitions, month: str, folder: Path) -> tuple[int, int, Sequence[Cell]]:
    """Answer sets read, cells compared, and cells that differ, of a month and of the sums that it completes."""
    counted = count_answers(store, known, [month])
    cells, found = recount(counted, folder)
    if found:
        old = (count_answers(store, known, [month], day) for day in editions_of(store, [month])[:-1])
        found = waiting_left(found, (recount(one, folder)[1] for one in old))
    more = store.read(lambda connection: recount_account(connection, counted, month, folder))
    cells, found = cells + more[0], [*found, *more[1]]
    for path in sorted(folder.parent.glob("*/ratings.csv")):
        name = path.parent.name
        if folder.name == month and SUM.match(name) and last_month(name) == month:
            more = recount_sum(count_answers(store, known, months_in(name)), path.parent)
            if more[1]:
                days = editions_of(store, months_in(name))[:-1]
                old = (count_answers(store, known, months_in(name), day) for day in days)
                more = (more[0], waiting_left(more[1], (recount_sum(one, path.parent)[1] for one in old)))
            cells, found = cells + more[0], [*found, *more[1]]
    return counted.read, cells, found


@click.command(cls=Command)
@period
@click.option(
    "--tables", type=click.Path(file_okay=False, path_type=Path),
    help="The folder with the published tables.  [default: content/zh/reports/PERIOD]",
)  # fmt: skip
@database()
@definitions()
def main(period: str, tables: Path | None, database: Path, definitions: Path) -> None:
    """Recompute a published month from its answers and compare every cell.

    Ends with status 1 and names the cells if one differs.
    """
    with open_store(database) as store:
        folder = tables or Path("content/zh/reports") / period
        read, cells, found = recount_all(store, definitions_in(definitions, database), period, folder)
        waiting = waiting_told(store, period, folder)
    if found:
        shown = "\n".join(map(str, found[:SHOWN]))
        more = f"\n… and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
        raise RecountError(
            f"{shown}{more}\n{len(found):,} of {cells:,} cells are not what the answers give. Put a file that was "
            "changed by hand back from a copy; if none was, change nothing and show these cells to whoever looks after "
            "the program"
        )
    click.echo(f"{period}: {read:,} answer sets read, {cells:,} published cells recomputed: all the same")
    if waiting:
        click.echo(waiting, err=True)


if __name__ == "__main__":
    main()
