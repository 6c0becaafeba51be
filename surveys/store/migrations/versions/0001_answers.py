"""Answers, their texts and the months that are closed."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, Text

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "responses",
        Column("id", LargeBinary, primary_key=True),
        Column("survey", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("unit", Text, nullable=False),
        Column("channel", Text, nullable=False),
        Column("basis", Text, nullable=False),
        Column("language", Text, nullable=False),
        Column("day", Text, nullable=False),
        Column("period", Text, nullable=False),
        Column("answers", Text, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        CheckConstraint("length(id) = 16", name="responses_id_is_16_bytes"),
        CheckConstraint("length(digest) = 32", name="responses_digest_is_32_bytes"),
        CheckConstraint("day LIKE '____-__-__'", name="responses_day_is_a_day"),
        CheckConstraint("period LIKE '____-__'", name="responses_period_is_a_month"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("responses_by_survey_and_period", "responses", ["survey", "period"])
    op.create_table(
        "response_texts",
        Column("id", LargeBinary, primary_key=True),
        Column("question", Text, primary_key=True),
        Column("text", Text, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "closed_periods",
        Column("period", Text, primary_key=True),
        Column("closed_on", Text, nullable=False),
        CheckConstraint("period LIKE '____-__'", name="closed_periods_period_is_a_month"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
