"""Who may do what at a case as it stands, and who may read what of it: pure functions, no list kept elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from surveys import personal
from surveys.case_events import PHOTO_LIMIT, RESIDENTS_KINDS, Actor, Event, Kind, Role, State
from surveys.case_limits import LimitKind, limits, outcome_limit
from surveys.case_rules import derive
from surveys.case_standing import TRIES, Standing

_ANSWERS: frozenset[Kind] = frozenset(
    ("replied", "planned", "extended", "outcome", "declined", "upheld", "transferred")
)
_PRIVATE: frozenset[Kind] = frozenset(
    (
        "categorised",
        "message",
        "photo",
        "released",
        "withheld",
        "summarised",
        "consented",
        "refused",
        "returned",
        "not_reached",
        "adopted",
        "purged",
        "erased",
    )
)
_STAFF_ONLY: frozenset[Kind] = frozenset(("returned",))
_UNASSIGNED: frozenset[State] = frozenset(("received", "accepted"))
_AT_WORK: frozenset[State] = frozenset(("assigned", "replied"))


@dataclass(frozen=True)
class Case:
    """A case, its events as far as the reader may see them, and where it stands.

    `joined` are the units complained of in cases that are joined to this one.
    """

    number: str
    category: str
    unit: str | None
    channel: str
    language: str
    events: tuple[Event, ...]
    standing: Standing
    joined: frozenset[str] = frozenset()

    @property
    def state(self) -> State:
        """Where the case stands."""
        return self.standing.state

    @property
    def received(self) -> date:
        """The day of its receipt."""
        return self.standing.received

    @property
    def abouts(self) -> frozenset[str]:
        """The units complained of here and in cases joined to this one."""
        return self.joined | (frozenset({self.standing.about}) if self.standing.about else frozenset())


def opened(
    number: str, category: str, unit: str | None, channel: str, language: str, events: tuple[Event, ...]
) -> Case:
    """The whole case, as no single role may see it."""
    standing = derive(events, unit)
    return Case(number, standing.category or category, unit, channel, language, events, standing)


def day_of(case: Case, today: date) -> date:
    """The day of an act: a clock that was set back never goes behind what happened."""
    return max(today, case.standing.day)


def _in_time(standing: Standing, kind: LimitKind, day: date) -> bool:
    limit = limits(standing).get(kind)
    return limit is not None and day <= limit.day


def _run_out(standing: Standing, day: date) -> bool:
    found = limits(standing)
    waited = found.get("unconfirmed") or found.get("not_reached")
    return waited is not None and day > waited.day


def _can_extend(standing: Standing, day: date) -> bool:
    return standing.with_unit and not standing.extended and day <= outcome_limit(standing).day


def _can_call(standing: Standing, day: date) -> bool:
    told = standing.outcome_on is not None and day >= standing.outcome_on
    return standing.proposed and standing.contact and not standing.confirmed and told


def _can_try(standing: Standing, day: date) -> bool:
    return _can_call(standing, day) and len(standing.tries) < TRIES and day not in standing.tries


def _can_categorise(standing: Standing, _: date) -> bool:
    return standing.state in _UNASSIGNED and standing.assigned_on is None


def _can_merge(standing: Standing, _: date) -> bool:
    return standing.state in _UNASSIGNED | _AT_WORK and standing.round == 1 and not standing.kept_apart


def _can_unmerge(standing: Standing, _: date) -> bool:
    return standing.state == "merged" and "contact" not in standing.purged


def _can_outcome(standing: Standing, _: date) -> bool:
    return standing.with_unit and (standing.state == "replied" or standing.round > 1)


def _can_release(standing: Standing, _: date) -> bool:
    fits = standing.kind == "request" and standing.contact and standing.with_unit
    return fits and standing.released != standing.unit != standing.about


def _can_agree(standing: Standing, _: date) -> bool:
    return standing.summary is not None and not standing.consented and "texts" not in standing.purged


def _can_add_photo(standing: Standing, _: date) -> bool:
    return standing.is_open and len(standing.photos) < PHOTO_LIMIT


def _can_purge(standing: Standing, day: date) -> bool:
    found = limits(standing)
    due = found.get("purge_contact") or found.get("purge_texts")
    return standing.state == "merged" or (due is not None and day > due.day)


Test = Callable[[Standing, date], bool]
_CAN: Mapping[Role, Mapping[Kind, Test]] = {
    "resident": {
        "contested": lambda s, day: _in_time(s, "contest", day),
        "confirmed": lambda s, day: s.proposed and not s.confirmed,
        "disputed": lambda s, day: s.proposed,
        "reopened": lambda s, day: _in_time(s, "reopen", day),
        "unmerged": _can_unmerge,
        "withdrawn": lambda s, day: s.is_open,
        "message": lambda s, day: s.is_open,
        "photo": _can_add_photo,
        "released": _can_release,
        "withheld": lambda s, day: s.released is not None,
        "consented": _can_agree,
        "refused": lambda s, day: s.summary is not None,
        "erased": lambda s, day: bool(s.erasable),
    },
    "intake": {
        "categorised": _can_categorise,
        "accepted": lambda s, day: s.state == "received",
        "declined": lambda s, day: s.triage_from is not None,
        "merged": _can_merge,
        "unmerged": _can_unmerge,
        "transferred": lambda s, day: s.state in _UNASSIGNED,
        "assigned": lambda s, day: s.state == "accepted" or s.queue in ("assign", "unit"),
    },
    "handler": {
        "returned": lambda s, day: _in_time(s, "return", day),
        "replied": lambda s, day: s.with_unit,
        "planned": _can_outcome,
        "extended": _can_extend,
        "outcome": _can_outcome,
    },
    "reviewer": {
        "upheld": lambda s, day: s.appeal_from is not None,
        "taken_up": lambda s, day: s.appeal_from is not None,
        "confirmed": _can_call,
        "disputed": _can_call,
        "not_reached": _can_try,
        "closed": lambda s, day: s.proposed and (s.confirmed or _run_out(s, day)),
        "adopted": lambda s, _: s.state == "closed" and s.kind == "suggestion",
    },
    "publisher": {
        "summarised": lambda s, day: s.state == "closed" and "texts" not in s.purged,
    },
    "system": {
        "closed": lambda s, day: s.proposed and not s.contact and not s.confirmed and _run_out(s, day),
        "unmerged": _can_unmerge,
        "purged": _can_purge,
    },
}


def acts(case: Case, actor: Actor, day: date) -> tuple[Kind, ...]:
    """What the actor may do to the case on the day; what an act must carry is checked when it is done."""
    if not _is_free(case, actor):
        return ()
    when = day_of(case, day)
    return tuple(kind for kind, can in _CAN.get(actor.role, {}).items() if can(case.standing, when))


def _is_free(case: Case, actor: Actor) -> bool:
    """Separation of duties: nobody judges his own work, and no unit a complaint about itself."""
    standing = case.standing
    if actor.role in ("resident", "system"):
        return actor.role == "system" or actor.case == case.number
    if actor.staff is None or case.abouts.intersection(actor.units):
        return False
    if actor.role == "handler":
        return actor.unit is not None and actor.unit == standing.unit and actor.staff not in standing.barred
    return actor.role != "reviewer" or _may_review(standing, actor)


def _may_review(standing: Standing, actor: Actor) -> bool:
    if standing.appeal_from:
        right_unit = standing.appeal_unit is None or standing.appeal_unit == actor.unit
        return right_unit and actor.staff != standing.decliner
    return actor.unit is not None and not _is_own_work(standing, actor) and actor.staff not in standing.handlers


def _is_own_work(standing: Standing, actor: Actor) -> bool:
    """Whether the actor's unit handles or handled it, or one above or below his."""
    return not actor.own.isdisjoint({standing.unit, *standing.units})


def may_read(case: Case, actor: Actor) -> bool:
    """Whether the role may see the case at all."""
    standing = case.standing
    if actor.role == "resident":
        return actor.case == case.number
    if actor.role in ("admin", "system") or actor.staff is None or (standing.about and standing.about in actor.units):
        return False
    if actor.role == "handler":
        return actor.unit is not None and actor.unit == standing.unit
    return actor.role != "publisher" or standing.state == "closed"


def may_see_contact(case: Case, actor: Actor) -> bool:
    """Whether the role may open the contact now: a reviewer to call, a unit that the resident released it to."""
    standing = case.standing
    if not standing.contact or "contact" in standing.purged or not _is_free(case, actor):
        return False
    if actor.role == "reviewer":
        return standing.proposed and not standing.confirmed
    return actor.role == "handler" and standing.contact_with_unit and standing.released == actor.unit


def may_hand_over(case: Case, actor: Actor) -> bool:
    """Whether the actor may hand a released contact to the unit at work: a reviewer who is not of its branch."""
    free = actor.role == "reviewer" and may_read(case, actor) and _is_free(case, actor)
    return free and case.standing.contact_with_unit


def may_see_photos(case: Case, actor: Actor) -> bool:
    """Whether the role may look at the photos: all who read the words; an auditor reads codes alone."""
    return actor.role != "auditor" and may_read(case, actor)


def view(case: Case, actor: Actor) -> Case | None:
    """The case as the actor may see it, or None: texts masked or left out, colleagues unnamed to the resident."""
    if not may_read(case, actor):
        return None
    masked = _reads_masked(case, actor)
    shown = replace(case, events=tuple(_shown(event, actor, masked) for event in case.events))
    if actor.role != "resident":
        return shown
    unnamed = replace(case.standing, handlers=(), barred=frozenset(), decliner=None)
    return replace(shown, standing=unnamed, joined=frozenset())


def _reads_masked(case: Case, actor: Actor) -> bool:
    """Whether numbers of a person are masked: for the unit's people, unless one decides by the words now."""
    if actor.role in ("handler", "publisher"):
        return True
    if not _is_own_work(case.standing, actor):
        return False
    decides = case.standing.queue in ("triage", "assign") if actor.role == "intake" else _is_free(case, actor)
    return actor.role in ("intake", "reviewer") and not decides


def joined_view(case: Case, master: Case) -> Case:
    """What the resident of a joined case sees of the other: its dates, and the unit's answers since hers joined it.

    Earlier answers were written for one resident alone, so their words stay with her.
    """
    joined = next((event for event in reversed(case.events) if event.kind == "merged"), None)
    since = int(joined.data.get("after", 0)) if joined else len(master.events)
    events = tuple(
        replace(event, data={}, text=event.text if event.kind in _ANSWERS and place > since else None)
        for place, event in enumerate(master.events, 1)
        if event.kind not in _PRIVATE
    )
    standing = replace(master.standing, handlers=(), barred=frozenset(), decliner=None)
    return replace(master, events=events, standing=standing, joined=frozenset())


def _shown(event: Event, actor: Actor, masked: bool) -> Event:
    if actor.role == "auditor":
        return replace(event, text=None)
    if actor.role == "resident":
        data = {key: value for key, value in event.data.items() if key != "staff"}
        return replace(event, data=data, text=None if event.kind in _STAFF_ONLY else event.text)
    if masked and event.kind in RESIDENTS_KINDS and event.text:
        return replace(event, text=personal.mask(event.text))
    return event
