"""What surges.csv must hold: days on which far more came than around them, from the answers taken one by one."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from scripts.recount_calls import Difference
from surveys.store import Connection
from surveys.store.volumes import one_by_one

ONE_DAY = timedelta(days=1)
Way = tuple[str, str, str]
"""Survey, unit and channel."""


def compare_surges(connection: Connection, month: str, folder: Path) -> tuple[int, Sequence[Difference]]:
    """How many cells of a month's surges.csv were compared, and those that differ.

    Without the file nothing is compared: a month without such a day has none, nor has one of before there were any.
    """
    path = folder / "surges.csv"
    if not path.is_file():
        return 0, ()
    wanted = dict(days_out_of_line(connection, month))
    text = io.StringIO(path.read_text(encoding="utf-8"))
    told = {
        (row["survey"], row["unit"], row["channel"], row["day"]): (row["n"], row["usual"])
        for row in csv.DictReader(text)
    }
    none, found = ("no row", "no row"), list[Difference]()
    for key in sorted({*wanted, *told}):
        for name, counted, published in zip(("n", "usual"), wanted.get(key, none), told.get(key, none), strict=True):
            if counted != published:
                found.append((f"{path}: {' '.join(key)} {name}", published, counted))
    return 2 * len(wanted), found


def days_out_of_line(connection: Connection, month: str) -> Iterator[tuple[tuple[str, str, str, str], tuple[str, str]]]:
    """Survey, unit, channel and day, each with how many came and how many usually do, as the table writes them."""
    first = date.fromisoformat(f"{month}-01")
    last = (first + 31 * ONE_DAY).replace(day=1) - ONE_DAY
    before = (first - ONE_DAY).isoformat()[:7]
    came: Mapping[Way, Counter[date]] = defaultdict(Counter)
    for survey, unit, channel, basis, day in one_by_one(connection, before, month):
        if basis != "card":
            came[survey, unit, channel][date.fromisoformat(day)] += 1
    for way, days in came.items():
        for one in sorted(one for one in days if first <= one <= last):
            usual = _usual(days, one, last)
            if usual is not None and days[one] >= 20 and days[one] > 3 * usual:
                yield (*way, one.isoformat()), (str(days[one]), str(usual))


def _usual(days: Counter[date], day: date, last: date) -> int | None:
    """The middle of the other days' counts, four weeks back and on; None where they are fewer than seven."""
    around = (day + place * ONE_DAY for place in range(-28, 29) if place)
    counts = sorted(days[one] for one in around if min(days) <= one <= last)
    if len(counts) < 7:
        return None
    left, right = counts[(len(counts) - 1) // 2], counts[len(counts) // 2]
    return -((left + right) // -2)
