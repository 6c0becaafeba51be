"""What cards.csv must hold, from the batches, uses and voids one by one, held against the answers that came by card."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from surveys.store import Connection
from surveys.store.cards import BatchRow, batches, uses, voids
from surveys.store.exclusion_batches import batches_of

Key = tuple[str, str, str]
"""Survey, unit, batch."""


def carded(connection: Connection, month: str) -> frozenset[str]:
    """The surveys that had issued cards by the end of a month."""
    return frozenset(row.survey for row in batches(connection) if row.day[:7] <= month)


def card_rows(connection: Connection, month: str) -> dict[Key, dict[str, str]]:
    """The figures of every batch, and of each survey's batches together, that had been issued by the month's end."""
    issued = [row for row in batches(connection) if row.day[:7] <= month]
    used, void = Counter[str](), Counter[str]()
    for batch, period, n in uses(connection):
        used[batch] += n if period <= month else 0
    for one in voids(connection):
        void[one.batch] += one.n if one.period <= month else 0
    found = {(row.survey, row.unit, row.batch): (row.day, row.n, used[row.batch], void[row.batch]) for row in issued}
    for survey in {row.survey for row in issued}:
        own = [figures for (key, _, _), figures in found.items() if key == survey]
        days, every, used_up, gone = zip(*own, strict=True)
        found[survey, "all", "all"] = (min(days), sum(every), sum(used_up), sum(gone))
    return {key: _cells(*figures) for key, figures in found.items()}


def _cells(day: str, issued: int, used: int, void: int) -> dict[str, str]:
    whole = issued - void
    part = ""
    if whole >= 30:
        part = str((Decimal(used) / Decimal(whole)).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP))
    return {"day": day, "issued": str(issued), "used": str(used), "void": str(void), "share": part}


def unmatched(
    connection: Connection, month: str, counting: Mapping[tuple[str, str], int]
) -> Iterator[tuple[str, int, int]]:
    """Survey and unit, cards used and answers that came by card in the month, wherever the two are not the same.

    `counting` are the answers by card that count; those that two people left out came by card as well.
    """
    came = Counter(dict(counting))
    for batch in batches_of(connection, month):
        if batch.decision == "confirmed" and batch.basis == "card":
            came[batch.survey, batch.unit] += batch.n
    known: Mapping[str, BatchRow] = {row.batch: row for row in batches(connection)}
    used: Counter[tuple[str, str]] = Counter()
    for batch_number, period, n in uses(connection):
        if period == month:
            used[known[batch_number].survey, known[batch_number].unit] += n
    surveys = {row.survey for row in known.values()}
    for place in sorted({*used, *(key for key in came if key[0] in surveys)}):
        if used[place] != came[place]:
            yield " ".join(place), used[place], came[place]


Difference = tuple[str, str, str]
"""A place, what is published there, and what was counted."""


def compare_cards(
    connection: Connection, month: str, folder: Path, by_card: Mapping[tuple[str, str], int], answered: Set[str]
) -> tuple[int, Sequence[Difference]]:
    """How many cells of a month's cards.csv were compared, and those that differ; `answered` are surveys with answers.

    As many cards must have been used as there are answers that came by card.
    """
    found = [(f"cards used {place}", str(n), str(came)) for place, n, came in unmatched(connection, month, by_card)]
    path, expected = folder / "cards.csv", card_rows(connection, month)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    rows = list(csv.DictReader(io.StringIO(text)))
    told = answered | {row["survey"] for row in rows}
    wanted = {key: cells for key, cells in expected.items() if key[0] in told}
    found += _differences(str(path), rows, wanted)
    return sum(map(len, wanted.values())) + len(by_card), found


def _differences(
    name: str, rows: Sequence[Mapping[str, str]], expected: Mapping[Key, Mapping[str, str]]
) -> Iterator[Difference]:
    seen = set()
    for line, row in enumerate(rows, 2):
        key = (row["survey"], row["unit"], row["batch"])
        seen.add(key)
        for column, wanted in expected.get(key, dict.fromkeys(("issued", "used", "void"), "0")).items():
            if row[column] != wanted:
                yield f"{name}:{line}: {' '.join(key)} {column}", row[column], wanted
    for key in sorted(set(expected) - seen):
        yield f"{name}: {' '.join(key)}", "no row", expected[key]["issued"]
