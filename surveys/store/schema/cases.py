"""Cases: their events, what purging may take, and the board that is derived from them."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from surveys.store.schema.base import METADATA, OPTIONS

cases = Table(
    "cases",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("category", Text, nullable=False),
    Column("unit", Text, nullable=True),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("day", Text, nullable=False),
    CheckConstraint("length(number) = 10", name="cases_number_has_10_digits"),
    CheckConstraint("length(secret) = 32", name="cases_secret_is_a_digest"),
    CheckConstraint("day LIKE '____-__-__'", name="cases_day_is_a_day"),
    **OPTIONS,
)

case_events = Table(
    "case_events",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("unit", Text, nullable=True),
    Column("data", Text, nullable=False),
    Column("text_digest", LargeBinary, nullable=True),
    CheckConstraint("sequence >= 1", name="case_events_count_from_1"),
    CheckConstraint("day LIKE '____-__-__'", name="case_events_day_is_a_day"),
    **OPTIONS,
)

case_texts = Table(
    "case_texts",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    **OPTIONS,
)

case_contacts = Table(
    "case_contacts",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    **OPTIONS,
)

case_board = Table(
    "case_board",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("owed", Integer, nullable=False),
    Column("disputed", Integer, nullable=False),
    Column("calm", Integer, nullable=False),
    Column("unit", Text, nullable=True),
    Column("category", Text, nullable=False),
    Column("due_kind", Text, nullable=False),
    Column("due_day", Text, nullable=False),
    Column("received", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("master", Text, nullable=True),
    CheckConstraint("owed IN (0, 1)", name="case_board_owed_is_yes_or_no"),
    CheckConstraint("disputed IN (0, 1)", name="case_board_disputed_is_yes_or_no"),
    CheckConstraint("calm IN (0, 1)", name="case_board_calm_is_yes_or_no"),
    CheckConstraint("due_day LIKE '____-__-__'", name="case_board_due_day_is_a_day"),
    CheckConstraint("received LIKE '____-__-__'", name="case_board_received_is_a_day"),
    **OPTIONS,
)
_board = case_board.c
for _name, _columns in {
    "by_queue": (_board.queue, _board.calm, _board.due_day),
    "by_unit_and_queue": (_board.unit, _board.queue, _board.calm, _board.due_day),
    "by_debt": (_board.owed, _board.calm, _board.due_day),
    "by_unit_and_debt": (_board.unit, _board.owed, _board.calm, _board.due_day),
    "by_dispute": (_board.disputed, _board.calm, _board.due_day),
    "by_unit_and_dispute": (_board.unit, _board.disputed, _board.calm, _board.due_day, _board.queue),
    "by_due_kind": (_board.due_kind, _board.due_day),
    "by_received": (_board.received,),
    "by_state": (_board.state, _board.received),
    "by_category": (_board.category, _board.received),
    "by_unit": (_board.unit, _board.received),
    "by_master": (_board.master,),
}.items():
    Index(f"case_board_{_name}", *_columns)
Index("case_events_by_kind_and_day", case_events.c.kind, case_events.c.day)

case_photos = Table(
    "case_photos",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("image", LargeBinary, nullable=False),
    CheckConstraint("position BETWEEN 1 AND 3", name="case_photos_are_three_at_most"),
    **OPTIONS,
)

case_feeds = Table(
    "case_feeds",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("turn", Integer, nullable=False),
    Column("token", LargeBinary, unique=True),
    CheckConstraint("length(token) = 32", name="case_feeds_token_is_a_digest"),
    **OPTIONS,
)

case_handed_contacts = Table(
    "case_handed_contacts",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("staff", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    **OPTIONS,
)
