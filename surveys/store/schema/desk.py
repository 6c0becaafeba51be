"""What the desk keeps of its own: templates, exclusions, themes of free texts, and surveys opened and closed."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from surveys.store.schema.base import METADATA, OPTIONS

reply_templates = Table(
    "reply_templates",
    METADATA,
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

exclusion_batches = Table(
    "exclusion_batches",
    METADATA,
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

exclusion_members = Table(
    "exclusion_members",
    METADATA,
    Column("response", LargeBinary, primary_key=True),
    Column("batch", Text, primary_key=True),
    CheckConstraint("length(response) = 16", name="exclusion_members_response_is_16_bytes"),
    **OPTIONS,
)

exclusion_decisions = Table(
    "exclusion_decisions",
    METADATA,
    Column("batch", Text, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_on", Text, nullable=False),
    CheckConstraint("decision IN ('confirmed', 'refused')", name="exclusion_decisions_are_two"),
    **OPTIONS,
)

text_themes = Table(
    "text_themes",
    METADATA,
    Column("response", LargeBinary, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("theme", Text, primary_key=True),
    CheckConstraint("length(response) = 16", name="text_themes_response_is_16_bytes"),
    **OPTIONS,
)

survey_openings = Table(
    "survey_openings",
    METADATA,
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
Index("exclusion_members_by_batch", exclusion_members.c.batch)
Index("exclusion_batches_by_survey_and_period", exclusion_batches.c.survey, exclusion_batches.c.period)
