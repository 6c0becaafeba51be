"""What calls.csv must hold, from the calls and the answers that came by telephone, taken one by one."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from surveys.store import Connection
from surveys.store.calls import one_by_one

Difference = tuple[str, str, str]
"""A place, what is published there, and what was counted."""


def compare_calls(connection: Connection, month: str, folder: Path) -> tuple[int, Sequence[Difference]]:
    """How many cells of a month's calls.csv were compared, and those that differ.

    Without the file nothing is compared: months that were published before calls were counted have none.
    """
    path = folder / "calls.csv"
    if not path.is_file():
        return 0, ()
    ended = Counter(one_by_one(connection, month))
    rows = {row["survey"]: row for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))}
    surveys = sorted({*rows, *(survey for survey, _ in ended)})
    found, cells = list[Difference](), 0
    for survey in surveys:
        wanted = _cells(*(ended[survey, name] for name in ("answered", "refused", "not-reached")))
        cells += len(wanted)
        published = rows.get(survey, {})
        differing = [(name, cell) for name, cell in wanted.items() if published.get(name, "no row") != cell]
        found += [(f"{path}: {survey} {name}", published.get(name, "no row"), cell) for name, cell in differing]
    return cells, found


def _cells(answered: int, refused: int, not_reached: int) -> dict[str, str]:
    made, part = answered + refused + not_reached, ""
    if made >= 30:
        part = str((Decimal(answered) / Decimal(made)).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP))
    return {"answered": str(answered), "refused": str(refused), "not_reached": str(not_reached), "share": part}
