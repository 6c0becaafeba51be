"""One act at several cases: each is done by itself, on the state that was seen, and each tells what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from surveys import cases
from surveys.case_fields import assignable, lacks_unit
from surveys.cases import Act, Actor, Also, Case
from surveys.definition import Definitions
from surveys.errors import CaseError, ConflictError, StoreBusyError
from surveys.store import Store

Result = Literal["done", "already", "moved", "unit", "whom", "impossible", "unknown", "busy"]
"""Done now, done before by the same hand, changed by somebody meanwhile, not for that unit, a complaint that
does not say of whom, not possible as it stands, none that the actor may act on, or the store took no write in time."""


@dataclass(frozen=True)
class Marked:
    """A case that was ticked, with the number of the newest event that was seen."""

    number: str
    expected: int


@dataclass(frozen=True)
class Several:
    """Who does which act on which day, and what is written into the audit with each."""

    actor: Actor
    wanted: Act
    day: date
    also: Also


def act_on(
    store: Store, definitions: Definitions, marked: Iterable[Marked], several: Several
) -> tuple[tuple[str, Result], ...]:
    """Do the act at each case in a transaction of its own, none twice; number and result of each, in their order."""
    once = {one.number: one for one in marked}
    return tuple((one.number, _one(store, definitions, one, several)) for one in once.values())


def _one(store: Store, definitions: Definitions, one: Marked, several: Several) -> Result:
    case = cases.find(store, one.number, several.actor)
    if case is None:
        return "unknown"
    if case.standing.sequence != one.expected:
        return "already" if _did(case, one, several) else "moved"
    return _obstacle(store, definitions, case, several) or _do(store, definitions, one, several)


def _did(case: Case, one: Marked, several: Several) -> bool:
    """Whether the event after the one that was seen is this very act by the same hand."""
    after = case.events[one.expected] if 0 <= one.expected < len(case.events) else None
    wanted = several.wanted
    if after is None or (after.kind, after.staff) != (wanted.kind, several.actor.staff):
        return False
    return all(after.data.get(name) == value for name, value in wanted.data.items())


def _obstacle(store: Store, definitions: Definitions, case: Case, several: Several) -> Result | None:
    wanted, day = several.wanted, several.day
    if wanted.kind not in cases.acts(case, several.actor, day):
        return "impossible"
    if wanted.kind == "accepted" and lacks_unit(definitions, case):
        return "whom"
    if wanted.kind != "assigned":
        return None
    allowed = set(assignable(definitions, cases.complained_of(store, case), day)) - {case.standing.unit}
    return None if wanted.data.get("unit") in allowed else "unit"


def _do(store: Store, definitions: Definitions, one: Marked, several: Several) -> Result:
    by, wanted, day = several.actor, several.wanted, several.day
    try:
        cases.act(store, definitions, one.number, by, wanted, day, expected=one.expected, also=several.also)
    except ConflictError:
        return "moved"
    except CaseError:
        return "impossible"
    except StoreBusyError:
        return "busy"
    return "done"
