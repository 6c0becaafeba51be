"""What units declare of a month, and the corrections of months that were published."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Integer, Text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "declared",
        Column("period", Text, primary_key=True),
        Column("unit", Text, primary_key=True),
        Column("figure", Text, primary_key=True),
        Column("survey", Text, primary_key=True),
        Column("revision", Integer, primary_key=True),
        Column("whole", Integer, nullable=False),
        Column("part", Integer, nullable=True),
        Column("day", Text, nullable=False),
        CheckConstraint("period LIKE '____-__'", name="declared_period_is_a_month"),
        CheckConstraint("revision >= 1", name="declared_revisions_count_from_1"),
        CheckConstraint("whole >= 0", name="declared_whole_is_a_count"),
        CheckConstraint("part IS NULL OR part BETWEEN 0 AND whole", name="declared_part_is_a_part"),
        CheckConstraint("day LIKE '____-__-__'", name="declared_day_is_a_day"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "corrections",
        Column("period", Text, primary_key=True),
        Column("revision", Integer, primary_key=True),
        Column("day", Text, nullable=False),
        Column("reason", Text, nullable=False),
        CheckConstraint("period LIKE '____-__'", name="corrections_period_is_a_month"),
        CheckConstraint("revision >= 2", name="corrections_count_from_2"),
        CheckConstraint("day LIKE '____-__-__'", name="corrections_day_is_a_day"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
