"""Reply cards: batches, the cards nobody has used yet, and how many were used or made void."""

from typing import Any

from alembic import op
from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, Text

revision = "0008"
down_revision = "0007"

OPTIONS: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    add_batches()
    add_uses()


def add_batches() -> None:
    op.create_table(
        "card_batches",
        Column("batch", Text, primary_key=True),
        Column("survey", Text, nullable=False),
        Column("unit", Text, nullable=False),
        Column("day", Text, nullable=False),
        Column("n", Integer, nullable=False),
        CheckConstraint("length(batch) = 5", name="card_batches_have_5_digits"),
        CheckConstraint("day LIKE '____-__-__'", name="card_batches_day_is_a_day"),
        CheckConstraint("n BETWEEN 1 AND 10000", name="card_batches_hold_cards"),
        **OPTIONS,
    )
    op.create_table(
        "cards",
        Column("number", Text, primary_key=True),
        Column("batch", Text, nullable=False),
        Column("secret", LargeBinary, nullable=False),
        CheckConstraint("length(number) = 10", name="cards_number_has_10_digits"),
        CheckConstraint("length(secret) = 32", name="cards_secret_is_a_digest"),
        **OPTIONS,
    )
    op.create_index("cards_by_batch", "cards", ["batch"])


def add_uses() -> None:
    op.create_table(
        "card_uses",
        Column("batch", Text, primary_key=True),
        Column("period", Text, primary_key=True),
        Column("n", Integer, nullable=False),
        CheckConstraint("period LIKE '____-__'", name="card_uses_period_is_a_month"),
        CheckConstraint("n >= 1", name="card_uses_are_counted"),
        **OPTIONS,
    )
    op.create_table(
        "card_voids",
        Column("batch", Text, primary_key=True),
        Column("sequence", Integer, primary_key=True),
        Column("first", Text, nullable=False),
        Column("last", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("day", Text, nullable=False),
        Column("period", Text, nullable=False),
        Column("n", Integer, nullable=False),
        CheckConstraint("sequence >= 1", name="card_voids_count_from_1"),
        CheckConstraint("first <= last", name="card_voids_are_a_range"),
        CheckConstraint("day LIKE '____-__-__'", name="card_voids_day_is_a_day"),
        CheckConstraint("period LIKE '____-__'", name="card_voids_period_is_a_month"),
        CheckConstraint("n >= 1", name="card_voids_hold_cards"),
        **OPTIONS,
    )
