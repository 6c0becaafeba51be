"""A server's nightly rewriting: rows of finished days lose what tells when and together with what they were written.

Each row of PostgreSQL carries the number of the transaction that wrote it (`xmin`), and its place (`ctid`) follows the
order of writing. The first joins an answer to the card that was used with it, the second tells who came after whom.
Rewritten in the order of their keys in one transaction, the rows of a day show neither.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, Table, text

from surveys.store.schema import METADATA

ANSWERS = ("responses", "response_texts")
BESIDE = (
    *("card_uses", "card_voids", "cards", "phone_calls", "page_votes", "text_themes"),
    *("cases", "case_events", "case_texts", "case_contacts", "case_photos", "case_feeds", "case_board"),
)
"""In a transaction of their own, so that their number is another one than that of the answers."""
_NOTE = text("INSERT INTO settlements VALUES (mod(pg_current_xact_id()::text::bigint, 4294967296), :day)")


def rewrite(connection: Connection, names: Iterable[str], today: str) -> None:
    """Rewrite what was written since the last time, of tables with a day that of days before `today`."""
    if sum(_rewrite(connection, METADATA.tables[name], today) for name in names):
        connection.execute(_NOTE, {"day": today})


def forget_writers(connection: Connection, today: str) -> None:
    """Take away the rows of writers that have not committed anything since yesterday."""
    connection.execute(text("DELETE FROM commits WHERE day < :today"), {"today": today})


def _rewrite(connection: Connection, table: Table, today: str) -> int:
    name, key = table.name, ", ".join(column.name for column in table.primary_key)
    finished = f"AND day < '{today}'" if "day" in table.c else ""
    run = connection.exec_driver_sql
    found = run(
        f"CREATE TEMPORARY TABLE held ON COMMIT DROP AS SELECT * FROM {name} "  # noqa: S608  (names of the schema)
        f"WHERE xmin::text::bigint NOT IN (SELECT xid FROM settlements) {finished}"
    ).rowcount
    if found:
        run(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        run(f"DELETE FROM {name} WHERE ({key}) IN (SELECT {key} FROM held)")  # noqa: S608
        run(f"INSERT INTO {name} SELECT * FROM held ORDER BY {key}")  # noqa: S608
        run(f"ALTER TABLE {name} ENABLE TRIGGER USER")
    run("DROP TABLE held")
    return found
