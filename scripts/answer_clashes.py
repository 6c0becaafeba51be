"""Rows that are in the database already, but otherwise: what differs, and what to do about it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from scripts.answer_rows import CheckedRow, Faults
from scripts.answer_table import Table
from surveys.store import Connection
from surveys.store.answers import stored_rows

_SHOWN = {
    "unit": "unit '{}'",
    "day": "day {}",
    "channel": "channel '{}'",
    "language": "language '{}'",
    "version": "version {}",
}
_ANSWERS = "other answers"
_OTHERS = "if these are other people's answers, give them a 'batch' of their own in the map"
_SAME = (
    "where the answers are the same and nothing but the {what} differs, have the old ones left out at the desk's "
    "Exclusions first, then give these a 'batch' of their own in the map: else they count twice"
)


class Clash(NamedTuple):
    """A row of the file, and by name what stands otherwise in the database; of the answers only that they do."""

    row: CheckedRow
    differs: Mapping[str, str]


def clashes_in(connection: Connection, rows: Sequence[tuple[bytes, CheckedRow, Mapping[str, Any]]]) -> Iterator[Clash]:
    """What differs of rows that are stored under the same ids."""
    stored = stored_rows(connection, [key for key, _, _ in rows])
    for key, row, values in rows:
        there = stored[key]
        differs = {name: shown.format(there[name]) for name, shown in _SHOWN.items() if there[name] != values[name]}
        if not differs or there["answers"] != values["answers"]:
            differs["answers"] = _ANSWERS
        yield Clash(row, differs)


def refuse(table: Table, clashes: Iterable[Clash]) -> None:
    """AnswerFileError with every clash and the advice that fits, if there is any."""
    faults, names, others = Faults(str(table.path)), dict[str, None](), False
    for row, differs in sorted(clashes, key=lambda clash: clash.row.line):
        origin = f"number '{row.source_id}'" if row.source_id else "this row"
        faults.add(row.line, f"{origin} is in the database already, with {' and '.join(differs.values())}")
        if "answers" in differs:
            others = True
        else:
            names.update(dict.fromkeys(differs))
    same = [_SAME.format(what=" and ".join(names))] if names else []
    faults.raise_if_any("; ".join([*same, *([_OTHERS] if others else [])]))
