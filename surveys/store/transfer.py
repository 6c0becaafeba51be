"""All rows of a store taken to another one in the order of their keys, and the sums that show they are the same."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, insert, select
from sqlalchemy.exc import OperationalError

from surveys.store.schema import METADATA

_PART = 1000
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


class Sum(NamedTuple):
    """How many rows a table has, and one digest over all of them in the order of their keys."""

    table: str
    rows: int
    digest: str


def sums(connection: Connection) -> tuple[Sum, ...]:
    """Rows and digest of every table, by name; the same rows have the same sums on every engine."""
    return tuple(_sum(connection, table) for table in _tables())


def is_empty(connection: Connection) -> bool:
    """Whether no table has a row."""
    return not any(connection.execute(select(table).limit(1)).first() for table in _tables())


def copy_rows(source: Connection, target: Connection) -> Iterator[int]:
    """Copy every row into tables that are empty, part by part; gives how many rows each part has."""
    put = _stream if target.dialect.name == "postgresql" else _insert
    for table in _tables():
        for part in _parts(source, table):
            put(target, table, part)
            yield len(part)


def _insert(target: Connection, table: Table, part: list[Row[Any]]) -> None:
    target.execute(insert(table), [row._asdict() for row in part])


def _stream(target: Connection, table: Table, part: list[Row[Any]]) -> None:
    """By COPY, which a server takes in a fraction of the time; past SQLAlchemy, so errors are made its own here."""
    lines = "".join("\t".join(map(_spelled, row)) + "\n" for row in part)
    names = ", ".join(column.name for column in table.columns)
    driver: Any = target.connection
    try:
        driver.cursor().execute(f"COPY {table.name} ({names}) FROM STDIN", stream=[lines.encode()])
    except (target.dialect.loaded_dbapi.Error, OSError) as error:
        raise OperationalError(None, None, error) from error


def _spelled(value: object) -> str:
    """A value as COPY reads it."""
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return value.translate(_ESCAPED) if isinstance(value, str) else repr(value)


def _tables() -> list[Table]:
    return [METADATA.tables[name] for name in sorted(METADATA.tables)]


def _parts(connection: Connection, table: Table) -> Iterator[list[Row[Any]]]:
    statement = select(table).order_by(*table.primary_key)
    with connection.execute(statement, execution_options={"yield_per": _PART}) as rows:
        for part in rows.partitions():
            yield list(part)


def _sum(connection: Connection, table: Table) -> Sum:
    digest, rows = hashlib.sha256(), 0
    for part in _parts(connection, table):
        rows += len(part)
        for row in part:
            values = [value.hex() if isinstance(value, bytes) else value for value in row]
            digest.update(json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    return Sum(table.name, rows, digest.hexdigest())
