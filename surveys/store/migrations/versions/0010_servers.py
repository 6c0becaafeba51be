"""What a PostgreSQL server needs beside the tables: wide seconds, each writer's last commit, nightly rewritings."""

from alembic import op
from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, Text

revision = "0010"
down_revision = "0009"

WIDE = {
    "staff": ("password_until", "totp_step"),
    "staff_sessions": ("started", "seen"),
    "staff_tries": ("period",),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in WIDE.items():
        for column in columns:
            op.alter_column(table, column, type_=BigInteger())
    op.create_table(
        "commits",
        Column("writer", LargeBinary, primary_key=True),
        Column("last", LargeBinary, nullable=False),
        Column("day", Text, nullable=False),
        CheckConstraint("length(writer) = 16", name="commits_writer_is_16_bytes"),
        CheckConstraint("day LIKE '____-__-__'", name="commits_day_is_a_day"),
    )
    op.create_table(
        "settlements",
        Column("xid", BigInteger, primary_key=True, autoincrement=False),
        Column("day", Text, nullable=False),
        CheckConstraint("day LIKE '____-__-__'", name="settlements_day_is_a_day"),
    )
