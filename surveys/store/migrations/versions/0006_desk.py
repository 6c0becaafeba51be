"""Photos, feeds and released contacts of cases, templates for replies, exclusions, themes, and survey openings."""

from typing import Any

from alembic import op
from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, Text

revision = "0006"
down_revision = "0005"

OPTIONS: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    add_to_cases()
    add_templates()
    add_exclusions()
    add_themes()
    add_openings()
    widen_board_index()


def add_to_cases() -> None:
    op.create_table(
        "case_photos",
        Column("number", Text, primary_key=True),
        Column("position", Integer, primary_key=True),
        Column("salt", LargeBinary, nullable=False),
        Column("image", LargeBinary, nullable=False),
        CheckConstraint("position BETWEEN 1 AND 3", name="case_photos_are_three_at_most"),
        **OPTIONS,
    )
    op.create_table(
        "case_feeds",
        Column("number", Text, primary_key=True),
        Column("turn", Integer, nullable=False),
        Column("token", LargeBinary, unique=True),
        CheckConstraint("length(token) = 32", name="case_feeds_token_is_a_digest"),
        **OPTIONS,
    )
    op.create_table(
        "case_handed_contacts",
        Column("number", Text, primary_key=True),
        Column("staff", Text, primary_key=True),
        Column("sealed", LargeBinary, nullable=False),
        **OPTIONS,
    )


def add_templates() -> None:
    op.create_table(
        "reply_templates",
        Column("id", Text, primary_key=True),
        Column("title", Text, nullable=False),
        Column("language", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("revision", Integer, nullable=False),
        Column("day", Text, nullable=False),
        CheckConstraint("length(id) = 16", name="reply_templates_id_has_16_characters"),
        CheckConstraint("day LIKE '____-__-__'", name="reply_templates_day_is_a_day"),
        **OPTIONS,
    )


def add_exclusions() -> None:
    op.create_table(
        "exclusion_batches",
        Column("id", Text, primary_key=True),
        Column("survey", Text, nullable=False),
        Column("unit", Text, nullable=False),
        Column("channel", Text, nullable=False),
        Column("basis", Text, nullable=False),
        Column("period", Text, nullable=False),
        Column("day", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("evidence", Text, nullable=False),
        Column("n", Integer, nullable=False),
        Column("proposed_by", Text, nullable=False),
        Column("proposed_on", Text, nullable=False),
        CheckConstraint("length(id) = 16", name="exclusion_batches_id_has_16_characters"),
        CheckConstraint("n >= 1", name="exclusion_batches_hold_answers"),
        **OPTIONS,
    )
    op.create_table(
        "exclusion_members",
        Column("response", LargeBinary, primary_key=True),
        Column("batch", Text, primary_key=True),
        CheckConstraint("length(response) = 16", name="exclusion_members_response_is_16_bytes"),
        **OPTIONS,
    )
    op.create_table(
        "exclusion_decisions",
        Column("batch", Text, primary_key=True),
        Column("decision", Text, nullable=False),
        Column("decided_by", Text, nullable=False),
        Column("decided_on", Text, nullable=False),
        CheckConstraint("decision IN ('confirmed', 'refused')", name="exclusion_decisions_are_two"),
        **OPTIONS,
    )
    op.create_index("exclusion_members_by_batch", "exclusion_members", ["batch"])
    op.create_index("exclusion_batches_by_survey_and_period", "exclusion_batches", ["survey", "period"])


def add_themes() -> None:
    op.create_table(
        "text_themes",
        Column("response", LargeBinary, primary_key=True),
        Column("question", Text, primary_key=True),
        Column("theme", Text, primary_key=True),
        CheckConstraint("length(response) = 16", name="text_themes_response_is_16_bytes"),
        **OPTIONS,
    )


def add_openings() -> None:
    op.create_table(
        "survey_openings",
        Column("survey", Text, primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("sequence", Integer, primary_key=True),
        Column("act", Text, nullable=False),
        Column("day", Text, nullable=False),
        Column("digest", Text, nullable=False),
        CheckConstraint("act IN ('open', 'close')", name="survey_openings_act_is_open_or_close"),
        CheckConstraint("sequence >= 1", name="survey_openings_count_from_1"),
        CheckConstraint("day LIKE '____-__-__'", name="survey_openings_day_is_a_day"),
        **OPTIONS,
    )


def widen_board_index() -> None:
    """A handler's disputes, counted of the index alone."""
    columns = ["unit", "disputed", "calm", "due_day", "queue"]
    op.drop_index("case_board_by_unit_and_dispute", "case_board")
    op.create_index("case_board_by_unit_and_dispute", "case_board", columns)
