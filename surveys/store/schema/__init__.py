"""The tables of the store and the triggers that keep them append-only.

Keys are random and the tables hold no order of insertion (`WITHOUT ROWID`): two stores with the same
answers are the same bytes, whatever order the answers came in.
"""

from sqlalchemy import Connection, inspect, text

from surveys.store.schema.account import corrections, declared
from surveys.store.schema.answers import closed_periods, page_votes, response_texts, responses
from surveys.store.schema.assisted import (
    paper_batches,
    paper_outcomes,
    paper_seats,
    paper_settled,
    paper_sheets,
    phone_calls,
)
from surveys.store.schema.base import METADATA
from surveys.store.schema.cards import card_batches, card_uses, card_voids, cards
from surveys.store.schema.cases import (
    case_board,
    case_contacts,
    case_events,
    case_feeds,
    case_handed_contacts,
    case_photos,
    case_texts,
    cases,
)
from surveys.store.schema.desk import (
    exclusion_batches,
    exclusion_decisions,
    exclusion_members,
    reply_templates,
    survey_openings,
    text_themes,
)
from surveys.store.schema.staff import audit, staff, staff_lockers, staff_recovery, staff_sessions, staff_tries

__all__ = [
    "METADATA",
    "audit",
    "card_batches",
    "card_uses",
    "card_voids",
    "cards",
    "case_board",
    "case_contacts",
    "case_events",
    "case_feeds",
    "case_handed_contacts",
    "case_photos",
    "case_texts",
    "cases",
    "closed_periods",
    "corrections",
    "declared",
    "exclusion_batches",
    "exclusion_decisions",
    "exclusion_members",
    "make_triggers",
    "page_votes",
    "paper_batches",
    "paper_outcomes",
    "paper_seats",
    "paper_settled",
    "paper_sheets",
    "phone_calls",
    "reply_templates",
    "response_texts",
    "responses",
    "staff",
    "staff_lockers",
    "staff_recovery",
    "staff_sessions",
    "staff_tries",
    "survey_openings",
    "text_themes",
]

_APPEND_ONLY = {
    "responses": ("UPDATE", "DELETE"),
    "closed_periods": ("UPDATE", "DELETE"),
    "cases": ("UPDATE", "DELETE"),
    "case_events": ("UPDATE", "DELETE"),
    "case_texts": ("UPDATE",),
    "case_contacts": ("UPDATE",),
    "case_photos": ("UPDATE",),
    "exclusion_batches": ("UPDATE", "DELETE"),
    "exclusion_members": ("UPDATE", "DELETE"),
    "exclusion_decisions": ("UPDATE", "DELETE"),
    "survey_openings": ("UPDATE", "DELETE"),
    "declared": ("UPDATE", "DELETE"),
    "corrections": ("UPDATE", "DELETE"),
    "card_batches": ("UPDATE", "DELETE"),
    "card_voids": ("UPDATE", "DELETE"),
    "cards": ("UPDATE",),
    "paper_batches": ("UPDATE", "DELETE"),
    "paper_outcomes": ("UPDATE", "DELETE"),
    "phone_calls": ("UPDATE", "DELETE"),
    "audit": ("UPDATE", "DELETE"),
}
# Without this, INSERT OR REPLACE would put a row in place of another and no DELETE trigger would hear of it.
_AUDIT_COUNTS = (
    "CREATE TRIGGER audit_refuse_insert BEFORE INSERT ON audit "
    "WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit) "
    "BEGIN SELECT RAISE(ABORT, 'audit is append-only: rows are numbered one by one'); END"
)
_FUNCTIONS = (
    (
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% are append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    ),
    (
        "CREATE OR REPLACE FUNCTION count_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM audit) THEN "
        "RAISE EXCEPTION 'audit is append-only: rows are numbered one by one' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    ),
)


# As Alembic makes it, which finds there what a store that is older than the program has to catch up on.
_VERSION = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def make_all(connection: Connection, version: str) -> None:
    """Make every table and trigger in an empty file, of which `version` is the newest migration."""
    METADATA.create_all(connection)
    make_triggers(connection)
    connection.exec_driver_sql(_VERSION)
    connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:version)"), {"version": version})


def make_triggers(connection: Connection) -> None:
    """Make the triggers of all tables that are there anew; a migration may have dropped them."""
    existing = set(inspect(connection).get_table_names())
    is_server = connection.dialect.name == "postgresql"
    for statement in _FUNCTIONS if is_server else ():
        connection.exec_driver_sql(statement)
    for name, statement in (_server_triggers() if is_server else _file_triggers()).items():
        table = name.split("_refuse_")[0]
        if table in existing:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}" + f" ON {table}" * is_server)
            connection.exec_driver_sql(statement)


def _file_triggers() -> dict[str, str]:
    made = {
        f"{table}_refuse_{act.lower()}": (
            f"CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
        )
        for table, acts in _APPEND_ONLY.items()
        for act in acts
    }
    return made | {"audit_refuse_insert": _AUDIT_COUNTS}


def _server_triggers() -> dict[str, str]:
    """Each act refused row by row, and emptying a table that refuses deleting at once."""
    made = {}
    for table, acts in _APPEND_ONLY.items():
        for act in (*acts, *(("TRUNCATE",) if "DELETE" in acts else ())):
            each = "STATEMENT" if act == "TRUNCATE" else "ROW"
            name = f"{table}_refuse_{act.lower()}"
            made[name] = f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH {each} EXECUTE FUNCTION refuse()"
    counts = "CREATE TRIGGER audit_refuse_insert BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION count_audit()"
    return made | {"audit_refuse_insert": counts}
