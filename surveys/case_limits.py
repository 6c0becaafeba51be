"""By when: the limits in force at a case, each with the days that it counted."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from surveys import workdays
from surveys.case_standing import Standing
from surveys.workdays import Deadline

LimitKind = Literal[
    "triage", "appeal", "first_reply", "outcome", "plan", "callback", "return", "unconfirmed", "not_reached",
    "reopen", "contest", "purge_contact", "purge_texts",
]  # fmt: skip
DueKind = LimitKind | Literal["none"]

TRIAGE_WORKDAYS = 1
RETURN_WORKDAYS = 1
CALLBACK_WORKDAYS = 1
APPEAL_WORKDAYS = 5
WAIT_DAYS = 15
REOPEN_DAYS = 30
CONTACT_DAYS = 30
TEXT_DAYS = 365
NEVER = date(9999, 12, 31)

OWED: tuple[LimitKind, ...] = ("triage", "appeal", "first_reply", "plan", "outcome", "callback")
"""Limits that the office owes the resident; the others are somebody's right, or the system's work."""
_NEXT: tuple[LimitKind, ...] = (*OWED, "unconfirmed", "not_reached", "purge_contact", "purge_texts")


def triage_limit(start: date) -> Deadline:
    """By when intake says who will answer."""
    return workdays.after_workdays(start, TRIAGE_WORKDAYS)


def reply_limit(start: date, days: int) -> Deadline:
    """By when a person answers: calendar days, never before the working day after triage is due."""
    by_calendar = workdays.after_days(start, days)
    after_triage = workdays.after_workdays(start, TRIAGE_WORKDAYS + 1)
    return max(by_calendar, after_triage, key=lambda limit: limit.day)


def original_outcome_limit(standing: Standing) -> Deadline:
    """By when an outcome is proposed, before any extension."""
    return workdays.after_workdays(standing.since, standing.outcome_days)


def outcome_limit(standing: Standing) -> Deadline:
    """By when an outcome is proposed, an extension counted in."""
    limit = original_outcome_limit(standing)
    if not standing.extension:
        return limit
    more = workdays.after_workdays(limit.day, standing.extension)
    return Deadline(more.day, limit.counted + more.counted, limit.estimated or more.estimated)


def limits(standing: Standing) -> Mapping[LimitKind, Deadline]:
    """Every limit in force, by its kind."""
    found: dict[LimitKind, Deadline] = {}
    if standing.triage_from:
        found["triage"] = triage_limit(standing.triage_from)
    if standing.appeal_from:
        found["appeal"] = workdays.after_workdays(standing.appeal_from, APPEAL_WORKDAYS)
    if standing.is_open and not standing.proposed:
        found |= _working(standing)
    if standing.proposed and not standing.confirmed:
        found |= _waiting(standing)
    if standing.ended:
        found |= _after_the_end(standing, standing.ended)
    return found


def _working(standing: Standing) -> dict[LimitKind, Deadline]:
    found: dict[LimitKind, Deadline] = {}
    if not standing.first_reply:
        found["first_reply"] = reply_limit(standing.since, standing.first_reply_days)
    if standing.state != "received":
        found["outcome"] = outcome_limit(standing)
    if standing.plan:
        found["plan"] = Deadline(standing.plan, (), estimated=False)
    if standing.state == "assigned" and standing.assigned_on and not standing.returned and not standing.first_reply:
        found["return"] = workdays.after_workdays(standing.assigned_on, RETURN_WORKDAYS)
    return found


def _waiting(standing: Standing) -> dict[LimitKind, Deadline]:
    start = standing.outcome_on or standing.day
    if standing.contact_back:  # nobody calls any more: she has the whole time for her word
        start = max(start, standing.contact_back)
    if not standing.called:
        return {"callback": workdays.after_workdays(max(start, *standing.tries, start), CALLBACK_WORKDAYS)}
    kind: LimitKind = "not_reached" if standing.contact else "unconfirmed"
    return {kind: workdays.exact_days(start, WAIT_DAYS)}


def _after_the_end(standing: Standing, ended: date) -> dict[LimitKind, Deadline]:
    found: dict[LimitKind, Deadline] = {}
    if "contact" not in standing.purged:
        if standing.state == "closed":
            found["reopen"] = workdays.exact_days(ended, REOPEN_DAYS)
        if standing.state == "declined" and not standing.contested:
            found["contest"] = workdays.exact_days(ended, REOPEN_DAYS)
    if standing.state != "merged":  # it goes with its master
        part: LimitKind = "purge_texts" if "contact" in standing.purged else "purge_contact"
        if "texts" not in standing.purged:
            found[part] = workdays.exact_days(ended, TEXT_DAYS if part == "purge_texts" else CONTACT_DAYS)
    return found


def next_due(standing: Standing) -> tuple[DueKind, date]:
    """What runs out next, and its last day; ('none', 9999-12-31) where nothing does."""
    found = limits(standing)
    due = [(found[kind].day, order, kind) for order, kind in enumerate(_NEXT) if kind in found]
    if not due:
        return "none", NEVER
    day, _, kind = min(due)
    return kind, day
