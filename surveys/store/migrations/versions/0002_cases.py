"""Cases: the ledger of events, and apart from it what can be purged."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "cases",
        Column("number", Text, primary_key=True),
        Column("secret", LargeBinary, nullable=False),
        Column("category", Text, nullable=False),
        Column("unit", Text, nullable=True),
        Column("channel", Text, nullable=False),
        Column("language", Text, nullable=False),
        Column("day", Text, nullable=False),
        CheckConstraint("length(number) = 10", name="cases_number_has_10_digits"),
        CheckConstraint("length(secret) = 32", name="cases_secret_is_a_digest"),
        CheckConstraint("day LIKE '____-__-__'", name="cases_day_is_a_day"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case_events",
        Column("number", Text, primary_key=True),
        Column("sequence", Integer, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("day", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("unit", Text, nullable=True),
        Column("data", Text, nullable=False),
        Column("text_digest", LargeBinary, nullable=True),
        CheckConstraint("sequence >= 1", name="case_events_count_from_1"),
        CheckConstraint("day LIKE '____-__-__'", name="case_events_day_is_a_day"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case_texts",
        Column("number", Text, primary_key=True),
        Column("sequence", Integer, primary_key=True),
        Column("salt", LargeBinary, nullable=False),
        Column("text", Text, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case_contacts",
        Column("number", Text, primary_key=True),
        Column("sealed", LargeBinary, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
