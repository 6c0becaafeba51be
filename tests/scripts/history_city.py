"""A made-up city by a seed: units of all sizes, months of counts, and each month published as an office does it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from types import MappingProxyType

from scripts.counts import open_tally
from scripts.history_names import front_matter
from scripts.history_site import renew_history
from scripts.open_data import tables_of, write_file, write_files
from scripts.tally import months_of
from surveys.definition import LANGUAGES, Definitions, Question, Survey, Text, Unit, load
from surveys.store import Store
from surveys.store.answers import close_period
from surveys.yaml_reading import Code
from tests.conftest import ROOT

OPENED = date(2025, 1, 1)


def months_from(first: str, number: int) -> list[str]:
    """So many calendar months."""
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(start, start + number)]


def definitions_of(units: int, surveys: Sequence[str], opened: date = OPENED) -> Definitions:
    """The first versions of the project's own surveys, about units of a made-up city that stand below one bureau."""
    known = load(ROOT / "surveys/definitions")
    kinds: Sequence[str] = ("station", "counter", "post")
    below = tuple(
        Unit(Code(f"unit-{n:03}"), kinds[n % 3], Text(zh=f"第{n}所", en=f"Unit {n}"), date(2020, 1, 1))  # type: ignore[arg-type]
        for n in range(1, units + 1)
    )
    bureau = Unit(Code("bureau"), "bureau", Text(zh="市局", en="Bureau"), date(2020, 1, 1), answers=False, units=below)
    kept = {
        pair: replace(one, opened=opened) for pair, one in known.surveys.items() if pair[0] in surveys and pair[1] == 1
    }
    listed: dict[str, Unit] = {unit.code: unit for unit in bureau.walk()}
    return replace(known, units=MappingProxyType(listed), surveys=MappingProxyType(kept))


class City:
    """An office's folder with counts in its tally, as if residents had answered."""

    def __init__(self, folder: Path, known: Definitions, seed: int = 1) -> None:
        self.folder = folder
        self.known = known
        self.chance = Random(seed)
        self.tally = folder / "tally.db"
        self.content = folder / "content"
        self.sizes = {code: self.chance.lognormvariate(3.0, 0.9) for code in known.units}
        self.moods = {code: self.chance.uniform(0.55, 0.92) for code in known.units}
        with open_tally(self.tally):
            pass

    @property
    def reports(self) -> Path:
        """The Chinese reports."""
        return self.content / "zh" / "reports"

    def answer(self, month: str) -> None:
        """Make up the month's answers of every survey and unit."""
        for survey in self.known.surveys.values():
            for unit in self.known.units.values():
                if unit.kind in survey.unit_kinds and unit.answers:
                    size = int(self.chance.gauss(self.sizes[unit.code], self.sizes[unit.code] / 5))
                    self.count(month, survey, unit.code, list(self._sets(survey, unit.code, max(0, size))))

    def count(self, month: str, survey: Survey, unit: str, sets: Sequence[Mapping[str, Sequence[str]]]) -> None:
        """Put answer sets of one unit, by question, into the counts."""
        counts: dict[tuple[str, str], int] = {}
        for answers in sets:
            for question, codes in answers.items():
                for code in ("", *codes):
                    counts[question, code] = counts.get((question, code), 0) + 1
        counts["", ""] = len(sets)
        rows = [(survey.key, month, unit, "web", "open", 0, *key, n) for key, n in counts.items() if n]
        with closing(sqlite3.connect(self.tally)) as database, database:
            database.executemany("INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            database.execute("INSERT OR IGNORE INTO final_months VALUES (?)", (month,))

    def _sets(self, survey: Survey, unit: str, n: int) -> Iterator[Mapping[str, Sequence[str]]]:
        for _ in range(n):
            answers: dict[str, Sequence[str]] = {}
            for question in survey.questions:
                if codes := self._choice(question, unit, answers):
                    answers[question.code] = codes
            yield answers

    def _choice(self, question: Question, unit: str, answers: Mapping[str, Sequence[str]]) -> list[str]:
        for earlier, values in question.show_if.items():
            if not set(answers.get(earlier, ())) & set(values):
                return []
        if question.kind == "scale":
            happy = self.chance.random() < self.moods[unit]
            return [self.chance.choice(("4", "5", "5") if happy else ("1", "2", "3", "dk"))]
        if question.kind in ("single", "multiple"):
            return [self.chance.choice(question.codes())]
        return []

    def publish(self, month: str, page: bool = True) -> None:
        """Write the month's tables, a page in place of its report, and everything that holds more than one month."""
        with open_tally(self.tally) as counts:
            found = months_of(counts, self.known, month)
            files = tables_of(found)
        for language in LANGUAGES:
            folder = self.content / language / "reports"
            write_files(folder / month, files)
            if page:
                text = front_matter(month, month) + "\n" + month + "\n"
                write_file(folder / f"{month}.md", text.encode())
        database = self.folder / "huiyin.db"
        with Store.open(database, create=not database.exists()) as store:
            store.write(lambda connection: close_period(connection, month, f"{month[:4]}-{month[5:]}-28"))
            renew_history(store, self.tally, self.known, self.content)
