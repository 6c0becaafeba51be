"""What a server's database has beside the tables of every store."""

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, MetaData, Table, Text

SERVER_METADATA = MetaData()

commits = Table(
    "commits",
    SERVER_METADATA,
    Column("writer", LargeBinary, primary_key=True),
    Column("last", LargeBinary, nullable=False),
    Column("day", Text, nullable=False),
    CheckConstraint("length(writer) = 16", name="commits_writer_is_16_bytes"),
    CheckConstraint("day LIKE '____-__-__'", name="commits_day_is_a_day"),
)

settlements = Table(
    "settlements",
    SERVER_METADATA,
    Column("xid", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Text, nullable=False),
    CheckConstraint("day LIKE '____-__-__'", name="settlements_day_is_a_day"),
)
