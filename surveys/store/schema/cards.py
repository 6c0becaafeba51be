"""Reply cards: the batches that were issued, the cards nobody has used yet, and how many were used or made void.

A card that is used or void has no row any more. How many were used is kept by month, so no row leads from a card
to an answer, on any engine.
"""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from surveys.store.schema.base import METADATA, OPTIONS

card_batches = Table(
    "card_batches",
    METADATA,
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

cards = Table(
    "cards",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("batch", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    CheckConstraint("length(number) = 10", name="cards_number_has_10_digits"),
    CheckConstraint("length(secret) = 32", name="cards_secret_is_a_digest"),
    **OPTIONS,
)
Index("cards_by_batch", cards.c.batch)

card_uses = Table(
    "card_uses",
    METADATA,
    Column("batch", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("n", Integer, nullable=False),
    CheckConstraint("period LIKE '____-__'", name="card_uses_period_is_a_month"),
    CheckConstraint("n >= 1", name="card_uses_are_counted"),
    **OPTIONS,
)

card_voids = Table(
    "card_voids",
    METADATA,
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
