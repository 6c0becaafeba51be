"""The desk's board of cases, and receipts that say whether a contact was left."""

from datetime import date

from alembic import op
from sqlalchemy import CheckConstraint, Column, Integer, Text, text

from surveys.workdays import after_workdays

revision = "0004"
down_revision = "0003"

INDEXES = {
    "by_queue": ["queue", "calm", "due_day"],
    "by_unit_and_queue": ["unit", "queue", "calm", "due_day"],
    "by_debt": ["owed", "calm", "due_day"],
    "by_unit_and_debt": ["unit", "owed", "calm", "due_day"],
    "by_dispute": ["disputed", "calm", "due_day"],
    "by_unit_and_dispute": ["unit", "disputed", "calm", "due_day"],
    "by_due_kind": ["due_kind", "due_day"],
    "by_received": ["received"],
    "by_state": ["state", "received"],
    "by_category": ["category", "received"],
    "by_unit": ["unit", "received"],
    "by_master": ["master"],
}

# What is known of a case that nobody has touched yet; `surveys.case_board.refresh` sets its limits anew.
NEW_ROW = text(
    "INSERT INTO case_board VALUES "
    "(:number, 'received', 'triage', 1, 0, 1, NULL, :category, 'triage', :due, :day, 1, NULL)"
)


def upgrade() -> None:
    op.create_table(
        "case_board",
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
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    for name, columns in INDEXES.items():
        op.create_index(f"case_board_{name}", "case_board", columns)
    op.create_index("case_events_by_kind_and_day", "case_events", ["kind", "day"])
    if op.get_bind().dialect.name == "sqlite":  # an older store on a server there is not
        op.execute("DROP TRIGGER IF EXISTS case_events_refuse_update")  # made anew after the migration
    op.execute(
        'UPDATE case_events SET data = \'{"contact":"yes"}\' '
        "WHERE kind = 'received' AND number IN (SELECT number FROM case_contacts)"
    )
    connection = op.get_bind()
    for number, category, day in connection.execute(text("SELECT number, category, day FROM cases")).all():
        due = after_workdays(date.fromisoformat(day), 1).day.isoformat()
        connection.execute(NEW_ROW, {"number": number, "category": category, "due": due, "day": day})
