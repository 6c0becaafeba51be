"""Where a case stands: one pure function over its events, nothing stored, nothing looked up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from surveys.case_events import OPEN_STATES, Event, Kind, State

Queue = Literal["triage", "appeal", "assign", "unit", "callback", "close", "wait", "done"]
"""On whose desk a case lies: intake's (triage, assign), the supervising unit's (appeal), the unit's,
the reviewers' (callback, close); `wait` is the resident's time, `done` nobody's."""

FIRST_REPLY_DAYS = 3
OUTCOME_WORKDAYS = 5
COMPLEX_WORKDAYS = 15
TRIES = 3


@dataclass(frozen=True)
class Standing:
    """A case as its events left it.

    `since` is the day from which the running limits count, `round` rises with each dispute and
    reopening, `barred` are those who handled an earlier round, `urgent` means danger to life.
    """

    state: State
    sequence: int
    received: date
    day: date
    since: date
    kind: str | None = None
    about: str | None = None
    contact: bool = False
    urgent: bool = False
    first_reply_days: int = FIRST_REPLY_DAYS
    outcome_days: int = OUTCOME_WORKDAYS
    triage_from: date | None = None
    unit: str | None = None
    assigned_on: date | None = None
    returned: bool = False
    contested: bool = False
    appeal_from: date | None = None
    appeal_unit: str | None = None
    decliner: str | None = None
    round: int = 1
    reopenings: int = 0
    first_reply: date | None = None
    extension: int = 0
    extended: bool = False
    plan: date | None = None
    outcome: str | None = None
    outcome_on: date | None = None
    tries: tuple[date, ...] = ()
    confirmed: bool = False
    handlers: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    barred: frozenset[str] = frozenset()
    ended: date | None = None
    result: str | None = None
    master: str | None = None
    kept_apart: bool = False
    released: str | None = None
    summary: int | None = None
    consented: bool = False
    purged: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether the office or the resident still has something to settle."""
        return self.state in OPEN_STATES

    @property
    def with_unit(self) -> bool:
        """Whether the assigned unit is at work."""
        return self.state in ("assigned", "replied", "reopened") and self.unit is not None

    @property
    def proposed(self) -> bool:
        """Whether an outcome waits for the resident's word."""
        return self.state in ("outcome", "callback")

    @property
    def called(self) -> bool:
        """Whether all tries to reach her are spent, or there is no contact to try."""
        return not self.contact or len(self.tries) >= TRIES

    @property
    def published_summary(self) -> int | None:
        """The sequence of the summary that may be public: the one she saw and agreed to, until she reopens."""
        return self.summary if self.consented else None

    @property
    def queue(self) -> Queue:
        """On whose desk the case lies."""
        if self.appeal_from:
            return "appeal"
        if self.triage_from:
            return "triage"
        if self.with_unit:
            return "unit"
        if self.proposed:
            return "close" if self.confirmed else "wait" if self.called else "callback"
        return "assign" if self.is_open else "done"


def derive(events: Sequence[Event], named: str | None = None) -> Standing:
    """Where a case stands after its events; `named` is the unit that its receipt names."""
    standing = _opened(events[0], named)
    for event in events[1:]:
        step = _STEPS.get(event.kind)
        standing = replace(standing, sequence=standing.sequence + 1, day=max(standing.day, event.day))
        standing = step(standing, event) if step else standing
    return standing


def _opened(event: Event, named: str | None) -> Standing:
    data = event.data
    return Standing(
        state="received",
        sequence=1,
        received=event.day,
        day=event.day,
        since=event.day,
        kind=data.get("kind"),
        about=data.get("about") if "kind" in data else named,  # an old receipt may be a complaint
        contact=data.get("contact") == "yes",
        urgent=data.get("urgent") == "yes",
        first_reply_days=int(data.get("first_reply_days", FIRST_REPLY_DAYS)),
        triage_from=event.day,
        released=data.get("released"),
    )


def _accepted(old: Standing, event: Event) -> Standing:
    data = event.data
    return replace(
        old,
        state="accepted",
        triage_from=None,
        outcome_days=int(data.get("outcome_days", OUTCOME_WORKDAYS)),
        urgent=data["urgent"] == "yes" if "urgent" in data else old.urgent,
        about=old.about or data.get("about"),
    )


def _declined(old: Standing, event: Event) -> Standing:
    return _ended(replace(old, decliner=event.staff), event, "declined")


def _ended(old: Standing, event: Event, state: State) -> Standing:
    return replace(old, state=state, ended=event.day, triage_from=None, plan=None)


def _contested(old: Standing, event: Event) -> Standing:
    return replace(old, contested=True, appeal_from=event.day, appeal_unit=event.data.get("unit"), ended=None)


def _upheld(old: Standing, event: Event) -> Standing:
    return replace(old, appeal_from=None, ended=event.day)


def _taken_up(old: Standing, event: Event) -> Standing:
    return replace(_accepted(old, event), since=event.day, appeal_from=None, ended=None)


def _merged(old: Standing, event: Event) -> Standing:
    return _ended(replace(old, master=event.data.get("into"), unit=None), event, "merged")


def _unmerged(old: Standing, event: Event) -> Standing:
    apart = old.kept_apart or event.role == "resident"
    fresh = replace(old, state="received", master=None, ended=None, kept_apart=apart, since=event.day)
    return replace(fresh, triage_from=event.day)


def _assigned(old: Standing, event: Event) -> Standing:
    return replace(old, state="assigned", unit=event.data.get("unit"), assigned_on=event.day, triage_from=None)


def _returned(old: Standing, event: Event) -> Standing:
    return replace(old, state="accepted", unit=None, returned=True, triage_from=event.day)


def _handled(old: Standing, event: Event) -> Standing:
    """Who and which unit worked on it, each named once, in order."""
    handlers = (*old.handlers, event.staff) if event.staff and event.staff not in old.handlers else old.handlers
    units = (*old.units, event.unit) if event.unit and event.unit not in old.units else old.units
    return replace(old, handlers=handlers, units=units)


def _replied(old: Standing, event: Event) -> Standing:
    return replace(_handled(old, event), state="replied", first_reply=old.first_reply or event.day)


def _planned(old: Standing, event: Event) -> Standing:
    return replace(_replied(old, event), plan=date.fromisoformat(event.data["by"]))


def _extended(old: Standing, event: Event) -> Standing:
    return replace(_handled(old, event), extension=int(event.data["workdays"]), extended=True)


def _outcome(old: Standing, event: Event) -> Standing:
    promised = date.fromisoformat(event.data["date"]) if "date" in event.data else event.day
    fresh = replace(_handled(old, event), state="outcome", outcome=event.data.get("outcome"), plan=None)
    return replace(fresh, outcome_on=max(promised, event.day), tries=(), confirmed=False)


def _confirmed(old: Standing, _: Event) -> Standing:
    return replace(old, state="callback", confirmed=True)


def _not_reached(old: Standing, event: Event) -> Standing:
    return replace(old, state="callback", tries=(*old.tries, event.day))


def _again(old: Standing, event: Event, state: State) -> Standing:
    """A new round: five working days, and none of those who handled it before."""
    return replace(
        old,
        state=state,
        since=event.day,
        outcome_days=OUTCOME_WORKDAYS,
        extension=0,
        plan=None,
        round=old.round + 1,
        outcome=None,
        outcome_on=None,
        tries=(),
        confirmed=False,
        ended=None,
        result=None,
        summary=None,
        consented=False,
        barred=old.barred | frozenset(old.handlers),
    )


def _disputed(old: Standing, event: Event) -> Standing:
    return _again(old, event, "assigned")


def _closed(old: Standing, event: Event) -> Standing:
    return replace(_ended(old, event, "closed"), result=event.data.get("result"))


def _reopened(old: Standing, event: Event) -> Standing:
    return replace(_again(old, event, "reopened"), unit=event.data.get("unit"), reopenings=old.reopenings + 1)


def _released(old: Standing, event: Event) -> Standing:
    return replace(old, released=event.data.get("unit"))


def _summarised(old: Standing, _: Event) -> Standing:
    return replace(old, summary=old.sequence, consented=False)


def _purged(old: Standing, event: Event) -> Standing:
    return replace(old, purged=old.purged | {event.data["part"]})


_STEPS: Mapping[Kind, Callable[[Standing, Event], Standing]] = {
    "accepted": _accepted,
    "declined": _declined,
    "contested": _contested,
    "upheld": _upheld,
    "taken_up": _taken_up,
    "merged": _merged,
    "unmerged": _unmerged,
    "transferred": lambda old, event: _ended(old, event, "transferred"),
    "assigned": _assigned,
    "returned": _returned,
    "replied": _replied,
    "planned": _planned,
    "extended": _extended,
    "outcome": _outcome,
    "confirmed": _confirmed,
    "disputed": _disputed,
    "not_reached": _not_reached,
    "closed": _closed,
    "reopened": _reopened,
    "withdrawn": lambda old, event: _ended(old, event, "withdrawn"),
    "released": _released,
    "withheld": lambda old, _: replace(old, released=None),
    "summarised": _summarised,
    "consented": lambda old, _: replace(old, consented=True),
    "refused": lambda old, _: replace(old, consented=False),
    "purged": _purged,
}
