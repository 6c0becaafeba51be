"""What is in the store held against what residents were promised."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from surveys.audit import verify
from surveys.case_upkeep import broken_texts
from surveys.store import Store
from tests.chaos.residents import Book


@dataclass(frozen=True)
class Verdict:
    """How much was promised, how much of it is gone, what is there twice, and what nobody was told of; and faults."""

    promised: int
    lost: int
    twice: int
    untold: int
    faults: tuple[str, ...]


def judge(database: Path, book: Book) -> Verdict:
    """Compare every answer, case and event with the book; the audit and each page of the file are checked too."""
    with closing(sqlite3.connect(database)) as connection:
        faults = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        answers = {
            row[0].lower(): (json.loads(row[1]).get("overall"), row[2] or "")
            for row in connection.execute(
                "SELECT hex(responses.id), answers, text FROM responses LEFT JOIN response_texts "
                "ON responses.id = response_texts.id"
            )
        }
        texts = connection.execute("SELECT number, sequence, text FROM case_texts")
        events = {(number, sequence): text for number, sequence, text in texts}
    told = {(number, 1): mark for number, mark in book.cases.items()} | book.events
    lost = sum(answers.get(name) != promised for name, promised in book.answers.items())
    lost += sum(events.get(place) != mark for place, mark in told.items())
    twice = _repeated(mark for _, mark in answers.values()) + _repeated(events.values())
    untold = len(answers.keys() - book.answers.keys()) + len(events.keys() - told.keys())
    with Store.open(database) as store:
        verify(store)
        faults += [f"text of {number} {sequence}" for number, sequence in broken_texts(store)]
    return Verdict(book.promised, lost, twice, untold, (*faults, *book.wrong))


def _repeated(marks: Iterable[str]) -> int:
    return sum(number - 1 for number in Counter(marks).values())
