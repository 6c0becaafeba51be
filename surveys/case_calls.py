"""Calls: what a resident said on the telephone is noted by who opened her contact after the outcome was proposed.

The audit tells who looked, so nobody can note a call that he could not have made.
"""

import json

from surveys import audit
from surveys.case_acts import Case
from surveys.case_events import Actor, Kind
from surveys.errors import CaseError
from surveys.store import Connection, trail

CALLED: frozenset[Kind] = frozenset(("confirmed", "disputed", "not_reached"))
"""Acts of a reviewer that tell of a call."""


def look(actor: Actor, case: Case) -> audit.Entry:
    """The audit's row of a look at the contact of a case as it stands."""
    told = {"sequence": case.standing.sequence}
    return audit.Entry(actor.staff or "", actor.role, "contact_view", case.number, told)


def has_looked(connection: Connection, case: Case, actor: Actor) -> bool:
    """Whether the actor opened the contact since the newest outcome was proposed."""
    row = trail.newest_of(connection, actor.staff or "", "contact_view", case.number)
    proposed = max((place for place, event in enumerate(case.events, 1) if event.kind == "outcome"), default=0)
    return row is not None and int(json.loads(row.details).get("sequence", 0)) >= proposed


def require_look(connection: Connection, case: Case, actor: Actor, kind: Kind) -> None:
    """CaseError if the act tells of a call by somebody who has not opened the contact for it."""
    if actor.role == "reviewer" and kind in CALLED and not has_looked(connection, case, actor):
        raise CaseError(f"'{kind}' tells of a call: open the contact of case {case.number} first, and call")
