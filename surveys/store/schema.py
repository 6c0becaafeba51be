"""The tables of the store and the triggers that keep them append-only.

Keys are random and the tables hold no order of insertion (`WITHOUT ROWID`): two stores with the same
answers are the same bytes, whatever order the answers came in.
"""

from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()
_OPTIONS: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}

responses = Table(
    "responses",
    METADATA,
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
    **_OPTIONS,
)
Index("responses_by_survey_and_period", responses.c.survey, responses.c.period)

response_texts = Table(
    "response_texts",
    METADATA,
    Column("id", LargeBinary, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("text", Text, nullable=False),
    **_OPTIONS,
)

closed_periods = Table(
    "closed_periods",
    METADATA,
    Column("period", Text, primary_key=True),
    Column("closed_on", Text, nullable=False),
    CheckConstraint("period LIKE '____-__'", name="closed_periods_period_is_a_month"),
    **_OPTIONS,
)

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
    **_OPTIONS,
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
    **_OPTIONS,
)

case_texts = Table(
    "case_texts",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    **_OPTIONS,
)

case_contacts = Table(
    "case_contacts",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    **_OPTIONS,
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
    **_OPTIONS,
)
_board = case_board.c
for _name, _columns in {
    "by_queue": (_board.queue, _board.calm, _board.due_day),
    "by_unit_and_queue": (_board.unit, _board.queue, _board.calm, _board.due_day),
    "by_debt": (_board.owed, _board.calm, _board.due_day),
    "by_unit_and_debt": (_board.unit, _board.owed, _board.calm, _board.due_day),
    "by_dispute": (_board.disputed, _board.calm, _board.due_day),
    "by_unit_and_dispute": (_board.unit, _board.disputed, _board.calm, _board.due_day),
    "by_due_kind": (_board.due_kind, _board.due_day),
    "by_received": (_board.received,),
    "by_state": (_board.state, _board.received),
    "by_category": (_board.category, _board.received),
    "by_unit": (_board.unit, _board.received),
    "by_master": (_board.master,),
}.items():
    Index(f"case_board_{_name}", *_columns)
Index("case_events_by_kind_and_day", case_events.c.kind, case_events.c.day)

page_votes = Table(
    "page_votes",
    METADATA,
    Column("page", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("helpful", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    CheckConstraint("helpful IN (0, 1)", name="page_votes_helpful_is_yes_or_no"),
    **_OPTIONS,
)

staff = Table(
    "staff",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("unit", Text, nullable=True),
    Column("disabled", Integer, nullable=False),
    Column("password", Text, nullable=False),
    Column("password_until", Integer, nullable=True),
    Column("totp", LargeBinary, nullable=False),
    Column("totp_step", Integer, nullable=False),
    CheckConstraint("length(id) = 16", name="staff_id_has_16_characters"),
    CheckConstraint("disabled IN (0, 1)", name="staff_disabled_is_yes_or_no"),
    **_OPTIONS,
)

staff_recovery = Table(
    "staff_recovery",
    METADATA,
    Column("staff", Text, primary_key=True),
    Column("proof", LargeBinary, primary_key=True),
    CheckConstraint("length(proof) = 32", name="staff_recovery_proof_is_a_digest"),
    **_OPTIONS,
)

staff_lockers = Table(
    "staff_lockers",
    METADATA,
    Column("staff", Text, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("cost", Text, nullable=False),
    Column("public", LargeBinary, nullable=False),
    Column("private", LargeBinary, nullable=False),
    Column("contact", LargeBinary, nullable=True),
    CheckConstraint("length(public) = 32", name="staff_lockers_public_is_a_key"),
    **_OPTIONS,
)

staff_sessions = Table(
    "staff_sessions",
    METADATA,
    Column("token", LargeBinary, primary_key=True),
    Column("staff", Text, nullable=False),
    Column("started", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("contact", LargeBinary, nullable=True),
    CheckConstraint("length(token) = 32", name="staff_sessions_token_is_a_digest"),
    **_OPTIONS,
)
Index("staff_sessions_by_staff", staff_sessions.c.staff)

staff_tries = Table(
    "staff_tries",
    METADATA,
    Column("bucket", LargeBinary, primary_key=True),
    Column("period", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
    CheckConstraint("length(bucket) = 32", name="staff_tries_bucket_is_a_digest"),
    **_OPTIONS,
)

audit = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("id >= 1", name="audit_counts_from_1"),
    CheckConstraint("length(previous) = 32", name="audit_previous_is_a_digest"),
    CheckConstraint("length(hash) = 32", name="audit_hash_is_a_digest"),
    **_OPTIONS,
)
Index("audit_by_object", audit.c.object, audit.c.act)

_APPEND_ONLY = {
    "responses": ("UPDATE", "DELETE"),
    "closed_periods": ("UPDATE", "DELETE"),
    "cases": ("UPDATE", "DELETE"),
    "case_events": ("UPDATE", "DELETE"),
    "case_texts": ("UPDATE",),
    "case_contacts": ("UPDATE",),
    "audit": ("UPDATE", "DELETE"),
}
# Without this, INSERT OR REPLACE would put a row in place of another and no DELETE trigger would hear of it.
_AUDIT_COUNTS = (
    "CREATE TRIGGER audit_refuse_insert BEFORE INSERT ON audit "
    "WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit) "
    "BEGIN SELECT RAISE(ABORT, 'audit is append-only: rows are numbered one by one'); END"
)


def triggers() -> dict[str, str]:
    """SQLite triggers by name; made anew after every migration, which may have dropped them."""
    made = {
        f"{table}_refuse_{act.lower()}": (
            f"CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
        )
        for table, acts in _APPEND_ONLY.items()
        for act in acts
    }
    return made | {"audit_refuse_insert": _AUDIT_COUNTS}
