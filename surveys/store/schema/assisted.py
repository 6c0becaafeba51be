"""What staff take down for residents: batches of paper sheets while they are keyed, and calls without an answer.

Keyings stand here only until their batch is stored or discarded; then they are deleted. A call keeps nothing of who
was called: the random id alone tells a repeated form from another call.
"""

from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, Table, Text

from surveys.store.schema.base import METADATA, OPTIONS

paper_batches = Table(
    "paper_batches",
    METADATA,
    Column("batch", Text, primary_key=True),
    Column("survey", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_on", Text, nullable=False),
    CheckConstraint("batch LIKE 'P____'", name="paper_batches_are_numbered"),
    CheckConstraint("day LIKE '____-__-__'", name="paper_batches_day_is_a_day"),
    CheckConstraint("n BETWEEN 1 AND 500", name="paper_batches_hold_sheets"),
    **OPTIONS,
)

paper_seats = Table(
    "paper_seats",
    METADATA,
    Column("batch", Text, primary_key=True),
    Column("seat", Integer, primary_key=True),
    Column("staff", Text, nullable=False),
    Column("finished", Integer, nullable=False),
    CheckConstraint("seat IN (1, 2)", name="paper_seats_are_two"),
    CheckConstraint("finished IN (0, 1)", name="paper_seats_finished_is_yes_or_no"),
    **OPTIONS,
)

paper_sheets = Table(
    "paper_sheets",
    METADATA,
    Column("batch", Text, primary_key=True),
    Column("seat", Integer, primary_key=True),
    Column("sheet", Integer, primary_key=True),
    Column("cells", Text, nullable=False),
    CheckConstraint("seat IN (1, 2)", name="paper_sheets_are_keyed_twice"),
    CheckConstraint("sheet >= 1", name="paper_sheets_count_from_1"),
    **OPTIONS,
)

paper_settled = Table(
    "paper_settled",
    METADATA,
    Column("batch", Text, primary_key=True),
    Column("sheet", Integer, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("cell", Text, nullable=False),
    **OPTIONS,
)

paper_outcomes = Table(
    "paper_outcomes",
    METADATA,
    Column("batch", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("blank", Integer, nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("differing", Integer, nullable=False),
    CheckConstraint("outcome IN ('stored', 'discarded')", name="paper_outcomes_are_two"),
    CheckConstraint("day LIKE '____-__-__'", name="paper_outcomes_day_is_a_day"),
    **OPTIONS,
)

phone_calls = Table(
    "phone_calls",
    METADATA,
    Column("id", LargeBinary, primary_key=True),
    Column("survey", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    CheckConstraint("length(id) = 16", name="phone_calls_id_is_16_bytes"),
    CheckConstraint("period LIKE '____-__'", name="phone_calls_period_is_a_month"),
    CheckConstraint("outcome IN ('refused', 'not-reached')", name="phone_calls_outcomes_are_two"),
    **OPTIONS,
)
