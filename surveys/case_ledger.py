"""The one road into the ledger: every act is checked and appended here, inside the store's write transaction."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from surveys.case_acts import Case, acts, day_of, may_read, opened
from surveys.case_board import row_of
from surveys.case_calls import require_look
from surveys.case_events import ERASED_KINDS, KINDS, ROLES, SYSTEM, Act, Actor, Event, Kind
from surveys.case_fields import Setting, assignable, completed
from surveys.case_rules import derive
from surveys.definition import Definitions
from surveys.errors import CaseError, ConflictError
from surveys.store import Connection, board, case_history, ledger
from surveys.store import photos as photo_rows

NO_OFFICE = Definitions(units={}, scales={}, categories={}, surveys={})
"""For what the system does, which asks nothing of units and categories."""


def load(connection: Connection, number: str) -> Case | None:
    """The whole case, or None; what of it may be shown is for `case_acts.view` to say."""
    case = _alone(connection, number)
    others = (_alone(connection, other) for other in board.followers(connection, number)) if case else ()
    joined = frozenset(one.standing.about for one in others if one and one.standing.about)
    return replace(case, joined=joined) if case and joined else case


def _alone(connection: Connection, number: str) -> Case | None:
    row = ledger.find_case(connection, number)
    if row is None:
        return None
    events = tuple(_event(event) for event in ledger.events_of(connection, number))
    return opened(row.number, row.category, row.unit, row.channel, row.language, events) if events else None


def histories(connection: Connection, until: date) -> Iterator[Case]:
    """Every case as it stood at the end of a day, without its texts, in the order of the numbers."""
    for row, events in case_history.histories(connection, until.isoformat()):
        yield opened(row.number, row.category, row.unit, row.channel, row.language, tuple(map(_event, events)))


def _event(row: ledger.EventRow) -> Event:
    if row.kind not in KINDS or row.role not in ROLES:
        strange = row.role if row.kind in KINDS else row.kind
        raise CaseError(f"case {row.number} has an event '{strange}' that this version does not know: update it")
    return Event(row.kind, date.fromisoformat(row.day), row.role, row.unit, json.loads(row.data), row.text)


def begin(
    connection: Connection, number: str, category: str, unit: str | None, channel: str, language: str, event: Event
) -> Case:
    """Write the receipt of a case whose row is there."""
    case = Case(number, category, unit, channel, language, (), derive((event,), unit))
    return append(connection, case, event)


def append(connection: Connection, case: Case, event: Event) -> Case:
    """Write one event, its text apart, and the board's row that follows from it."""
    sequence = len(case.events) + 1
    salt = os.urandom(16) if event.text else None
    digest = hashlib.sha256(salt + event.text.encode()).digest() if salt and event.text else None
    row = {
        "number": case.number,
        "sequence": sequence,
        "kind": event.kind,
        "day": event.day.isoformat(),
        "role": event.role,
        "unit": event.unit,
        "data": json.dumps(dict(event.data), ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        "text_digest": digest,
    }
    ledger.add_event(connection, row, salt, event.text)
    events = (*case.events, event)
    standing = derive(events, case.unit)
    after = replace(case, category=standing.category or case.category, events=events, standing=standing)
    board.put(connection, [row_of(after)])
    if not after.standing.contact_with_unit:
        ledger.drop_handed(connection, number=case.number)
    return after


def perform(
    connection: Connection, definitions: Definitions, number: str, actor: Actor, act: Act, today: date, expected: int
) -> Case:
    """Do one act on a case whose newest event the actor saw as number `expected`.

    CaseError if it is not his to do, not possible now, or lacks something; ConflictError if somebody
    acted in between. Nothing is stored then.
    """
    case = load(connection, number)
    if case is None or not (actor == SYSTEM or may_read(case, actor)):
        raise CaseError(f"case {number} is none that you may act on: check its number")
    if case.standing.sequence != expected:
        raise ConflictError(f"somebody else acted on case {number} meanwhile: look at it again, then decide")
    _require_possible(case, actor, act.kind, today)
    require_look(connection, case, actor, act.kind)
    day = day_of(case, today)
    data, text = completed(Setting(definitions, case, actor, day, case.abouts), act)
    joined = board.followers(connection, number)
    if act.kind == "merged":
        master = _require_master(connection, definitions, case, data["into"], day, bool(joined))
        data["after"] = str(master.standing.sequence)
    after = append(connection, case, Event(act.kind, day, actor.role, actor.unit, data, text))
    if act.kind == "refused" and "texts" in after.standing.purged:
        ledger.purge_texts(connection, number, None)  # what outlived the purge as public is public no more
    if act.kind == "erased":
        return _erase(connection, after)
    if act.kind == "withdrawn":
        _part(connection, definitions, joined, day)
    return after


def _erase(connection: Connection, case: Case) -> Case:
    """Delete what the newest event says that she had deleted; codes, days and salted digests stay."""
    parts = case.events[-1].data["parts"].split(",")
    if "contact" in parts:
        ledger.purge_contact(connection, case.number)
    for part, kinds in ERASED_KINDS.items():
        if part in parts:
            gone = [place for place, event in enumerate(case.events, 1) if event.kind in kinds]
            ledger.erase_texts(connection, case.number, gone)
    photo_rows.purge(connection, case.number, case.standing.kept_photos)
    return load(connection, case.number) or case


def _part(connection: Connection, definitions: Definitions, numbers: Iterable[str], day: date) -> None:
    for one in filter(None, (load(connection, number) for number in numbers)):
        perform(connection, definitions, one.number, SYSTEM, Act("unmerged"), day, one.standing.sequence)


def _require_possible(case: Case, actor: Actor, kind: Kind, today: date) -> None:
    possible = acts(case, actor, today)
    if kind not in possible:
        advice = f"possible now: {', '.join(possible)}" if possible else "nothing is yours to do at it now"
        raise CaseError(f"'{kind}' is not possible at case {case.number} ({case.state}): {advice}")


def _require_master(
    connection: Connection, definitions: Definitions, case: Case, into: str, day: date, has_followers: bool
) -> Case:
    """What a case is joined to is at work itself, and not with a unit that this case complains of."""
    if has_followers:
        raise CaseError(f"other cases are joined to {case.number}: part them first, or join {into} to this one")
    master = load(connection, into)
    if master is None or not master.standing.is_open:
        raise CaseError(f"case {into} is not open: join this one to an open case")
    about, unit = case.standing.about, master.standing.unit
    if about and unit and unit not in assignable(definitions, (about,), day):
        raise CaseError(f"case {into} is with the unit that this one complains of: answer it by itself")
    return master


def received(actor: Actor, day: date, data: Mapping[str, str], text: str) -> Event:
    """The first event of a case, by the resident or by intake on her behalf."""
    staff = {"staff": actor.staff} if actor.staff else {}
    return Event("received", day, actor.role, actor.unit, {**data, **staff}, text)
