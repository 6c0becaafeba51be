"""The tables of the store and the triggers that keep them append-only.

Keys are random and the tables hold no order of insertion (`WITHOUT ROWID`): two stores with the same
answers are the same bytes, whatever order the answers came in.
"""

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
    "triggers",
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
