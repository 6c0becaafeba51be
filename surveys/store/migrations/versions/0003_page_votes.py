"""Counts of whether a page was helpful."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Integer, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "page_votes",
        Column("page", Text, primary_key=True),
        Column("period", Text, primary_key=True),
        Column("helpful", Integer, primary_key=True),
        Column("n", Integer, nullable=False),
        CheckConstraint("helpful IN (0, 1)", name="page_votes_helpful_is_yes_or_no"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
