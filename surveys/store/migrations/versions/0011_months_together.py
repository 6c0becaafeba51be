"""Answers of a survey's month side by side, so that counting one takes the same however many others there are."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, PrimaryKeyConstraint, Text

revision = "0011"
down_revision = "0010"

KEY = ("survey", "period", "id")


def upgrade() -> None:
    op.drop_index("responses_by_survey_and_period", "responses")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("responses_pkey", "responses")
        op.create_primary_key("responses_pkey", "responses", list(KEY))
    else:
        rewrite()
    op.create_index("responses_by_id", "responses", ["id"], unique=True)


def rewrite() -> None:
    """A table without row numbers lies in the order of its key: it is made anew."""
    op.create_table(
        "responses_by_month",
        Column("id", LargeBinary, nullable=False),
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
        PrimaryKeyConstraint(*KEY),
        CheckConstraint("length(id) = 16", name="responses_id_is_16_bytes"),
        CheckConstraint("length(digest) = 32", name="responses_digest_is_32_bytes"),
        CheckConstraint("day LIKE '____-__-__'", name="responses_day_is_a_day"),
        CheckConstraint("period LIKE '____-__'", name="responses_period_is_a_month"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO responses_by_month SELECT * FROM responses ORDER BY survey, period, id")
    op.drop_table("responses")
    op.rename_table("responses_by_month", "responses")
