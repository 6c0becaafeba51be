"""What residents answered, the months that are closed, and the votes on pages."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from surveys.store.schema.base import METADATA, OPTIONS

responses = Table(
    "responses",
    METADATA,
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
    PrimaryKeyConstraint("survey", "period", "id"),  # a survey's month lies together, and is read in one go
    CheckConstraint("length(id) = 16", name="responses_id_is_16_bytes"),
    CheckConstraint("length(digest) = 32", name="responses_digest_is_32_bytes"),
    CheckConstraint("day LIKE '____-__-__'", name="responses_day_is_a_day"),
    CheckConstraint("period LIKE '____-__'", name="responses_period_is_a_month"),
    **OPTIONS,
)
Index("responses_by_id", responses.c.id, unique=True)

response_texts = Table(
    "response_texts",
    METADATA,
    Column("id", LargeBinary, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("text", Text, nullable=False),
    **OPTIONS,
)

closed_periods = Table(
    "closed_periods",
    METADATA,
    Column("period", Text, primary_key=True),
    Column("closed_on", Text, nullable=False),
    CheckConstraint("period LIKE '____-__'", name="closed_periods_period_is_a_month"),
    **OPTIONS,
)

page_votes = Table(
    "page_votes",
    METADATA,
    Column("page", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("helpful", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    CheckConstraint("helpful IN (0, 1)", name="page_votes_helpful_is_yes_or_no"),
    **OPTIONS,
)
