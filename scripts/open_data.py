"""The tables of a month as open data: CSV text, for programs and (with BOM) for spreadsheets."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from scripts.codebook import CODEBOOK, as_json, codebook
from scripts.csv_text import csv_text, for_programs_and_spreadsheets
from scripts.ratings import OPTION_KINDS, OptionRow, RatingRow, SurveyMonth
from scripts.workbook import workbook, workbook_name
from surveys.definition import Definitions, Question
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, Rates, half_up, share, wilson

RATING_HEADER = "period,survey,question,unit,n_1,n_2,n_3,n_4,n_5,dont_know,n,satisfied,low,high,mean,status"
ANSWER_HEADER = "period,survey,question,unit,code,n,share,low,high,status"
NOTHING_ELSE: Mapping[str, str] = MappingProxyType({})


class Tabled(Protocol):
    """What tables are made of: one survey in a month, or in a sum of months."""

    @property
    def month(self) -> str:
        """The month, or the name of the sum."""

    @property
    def key(self) -> str:
        """The survey."""

    def of_kind(self, *kinds: str) -> Iterator[Question]:
        """The questions of those kinds, in order."""

    def ratings(self, question: Question) -> tuple[RatingRow, ...]:
        """The rows of a scale question."""

    def options(self, question: Question) -> tuple[OptionRow, ...]:
        """The rows of a single, multiple or number question."""


def files_of(
    months: Sequence[SurveyMonth], known: Definitions | None = None, others: Mapping[str, str] = NOTHING_ELSE
) -> dict[str, bytes]:
    """The files of a release by name: its tables and, where the definitions are given, workbook and codebook.

    `others` are further tables of the month as CSV text by name: cases, declared, exclusions.
    """
    tables = {**_texts(months), **others}
    files = _files(tables)
    if known is None:
        return files
    period = months[0].month
    book = codebook(period, months, known, tables)
    return files | {CODEBOOK: as_json(book), workbook_name(period): workbook(book, tables)}


def tables_of(months: Sequence[Tabled]) -> dict[str, bytes]:
    """ratings.csv and answers.csv, each also for spreadsheet programs."""
    return _files(_texts(months))


def _texts(months: Sequence[Tabled]) -> dict[str, str]:
    return {
        "ratings": csv_text(RATING_HEADER, (line for month in months for line in _rating_lines(month))),
        "answers": csv_text(ANSWER_HEADER, (line for month in months for line in _answer_lines(month))),
    }


def _files(tables: Mapping[str, str]) -> dict[str, bytes]:
    """Plain files first, then the copies for spreadsheet programs."""
    both = [for_programs_and_spreadsheets(name, text) for name, text in tables.items()]
    return dict(sorted({name: data for files in both for name, data in files.items()}.items(), key=_is_marked))


def _is_marked(file: tuple[str, bytes]) -> bool:
    return file[0].endswith("-bom.csv")


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write each file whole or not at all, and only where it differs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_file(folder / name, data)


def write_file(path: Path, data: bytes) -> None:
    """Put the bytes at the path in one step; nothing is touched if they are there already."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _rating_lines(month: Tabled) -> Iterator[Sequence[str]]:
    for question in month.of_kind("scale"):
        for row in month.ratings(question):
            yield (month.month, month.key, row.question, row.unit, *_rating_cells(row), row.status)


def _rating_cells(row: RatingRow) -> Sequence[str]:
    beside = (_whole(row.dont_know), _whole(row.n))
    if row.rates is None:
        return ("",) * 5 + beside + ("",) * 4
    levels = tuple(str(count) for count in row.rates.levels)
    everything = row.status == "internal"
    low, high = row.rates.interval or (None, None)
    return (
        levels
        + beside
        + _rates(row.rates.satisfied, low, high, row.rates.n, everything)
        + (_mean(row.rates, everything),)
    )


def _mean(rates: Rates, everything: bool) -> str:
    return _six(rates.mean if everything or rates.n >= PERCENT_FROM else None)


def _rates(part: float | None, low: float | None, high: float | None, n: int, everything: bool) -> tuple[str, str, str]:
    """Share and interval as far as `n` bears them: the interval from 10 on, the share from 30 on."""
    bears_interval = everything or n >= INTERVAL_FROM
    shown = part if everything or n >= PERCENT_FROM else None
    return _six(shown), _six(low if bears_interval else None), _six(high if bears_interval else None)


def _answer_lines(month: Tabled) -> Iterator[Sequence[str]]:
    for question in month.of_kind(*OPTION_KINDS):
        for row in month.options(question):
            for cells in _option_cells(row):
                yield (month.month, month.key, row.question, row.unit, *cells, row.status)


def _option_cells(row: OptionRow) -> Iterator[Sequence[str]]:
    """A line without code for all who answered the question, then a line for each code."""
    yield ("", _whole(row.n), "", "", "")
    for place, code in enumerate(row.codes):
        if row.counts is None or row.n is None:
            yield (code, "", "", "", "")
        else:
            count = row.counts[place]
            low, high = wilson(count, row.n) or (None, None)
            yield (code, str(count), *_rates(share(count, row.n), low, high, row.n, row.status == "internal"))


def _six(value: float | None) -> str:
    return "" if value is None else str(half_up(value, 6))


def _whole(value: int | None) -> str:
    return "" if value is None else str(value)
