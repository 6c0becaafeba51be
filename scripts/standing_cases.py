"""What stands published of residents' words about their cases, with the counts behind it, for the attacker."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from scripts.account import case_account
from scripts.account_figures import CONFIRMED, FOLLOW_UPS_CONFIRMED, SATISFIED, CaseTable
from scripts.history import lines_of
from surveys.definition import Definitions
from surveys.errors import HuiyinError
from surveys.released import OTHER, Row, Table, total_of
from surveys.store import Store

SAID = (CONFIRMED.code, SATISFIED.code, FOLLOW_UPS_CONFIRMED)
Published = Mapping[tuple[str, str], tuple[str, str]]
"""Part and status by figure and unit."""


def said_rows(text: Iterable[Mapping[str, str]]) -> Published:
    """The rows of cases.csv that tell what residents said."""
    return {(row["figure"], row["unit"]): (row["part"], row["status"]) for row in text if row["figure"] in SAID}


def standing_cases(store: Store, known: Definitions, month: str, editions: Iterable[Path]) -> Iterator[Table]:
    """The tables of one month in each edition of cases.csv, one that says nothing new left out.

    HuiyinError if a published number is not what the events of the cases say.
    """
    editions = [path for path in editions if path.is_file()]
    account = case_account(store, month) if editions else None
    if account is None:
        return
    true = CaseTable(account, tuple(known.units))
    wanted = {CONFIRMED.code: true.protected(CONFIRMED), SATISFIED.code: true.protected(SATISFIED)}
    wanted[FOLLOW_UPS_CONFIRMED] = true.follow_ups_confirmed()
    found = [
        _as_published(table, figure, said_rows(lines_of(path)), path)
        for path in editions
        for figure, table in wanted.items()
    ]
    yield from (table for place, table in enumerate(found) if table not in found[:place])


def _as_published(table: Table, figure: str, published: Published, path: Path) -> Table:
    """The true rows with the status that each has in the file."""
    rows = [replace(table.everything, status="shown")]
    rows += [replace(row, status="sealed" if row.status == "sealed" else "shown") for row in table.units]
    found = [_marked(row, published.get((figure, row.unit)), path, figure) for row in rows]
    if merged := [row for row in found if row.status == "merged"]:
        found.append(_marked(total_of(OTHER, merged), published.get((figure, OTHER)), path, figure))
    return Table(table.scope, tuple(found))


def _marked(row: Row, told: tuple[str, str] | None, path: Path, figure: str) -> Row:
    if row.status == "sealed" or (told is None and not row.total):
        return row
    part, status = told or ("", "")
    if status not in ("shown", "merged", "hidden") or (status == "shown" and part != str(row.cells[0])):
        raise HuiyinError(
            f"{path}: {figure} of unit '{row.unit}' is '{part}' ({status or 'no row'}), but the events of the cases "
            f"say {row.cells[0]}: put the file back from a copy, or compare the cases with the last good copy"
        )
    return replace(row, status=status)  # type: ignore[arg-type]
