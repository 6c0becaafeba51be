"""Where a case stands: one pure function over its events, nothing stored, nothing looked up."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from surveys.case_events import RESIDENTS_KINDS, Event, Kind
from surveys.case_standing import FIRST_REPLY_DAYS, OUTCOME_WORKDAYS, Standing


def derive(events: Sequence[Event], named: str | None = None) -> Standing:
    """Where a case stands after its events; `named` is the unit that its receipt names."""
    standing = _opened(events[0], named)
    for event in events[1:]:
        standing.sequence += 1
        standing.day = max(standing.day, event.day)
        standing.worded = standing.worded or event.kind in RESIDENTS_KINDS
        if step := _STEPS.get(event.kind):
            step(standing, event)
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


def _categorised(case: Standing, event: Event) -> None:
    """Limits and kind of the other category; whom she complains of stays, and a release is for requests alone."""
    data = event.data
    case.category, case.kind = data["category"], data.get("kind")
    case.first_reply_days = int(data.get("first_reply_days", FIRST_REPLY_DAYS))
    case.outcome_days = int(data.get("outcome_days", OUTCOME_WORKDAYS))
    case.about = case.about or data.get("about")
    case.released = case.released if case.kind == "request" else None


def _accepted(case: Standing, event: Event) -> None:
    data = event.data
    case.state, case.triage_from = "accepted", None
    case.outcome_days = int(data.get("outcome_days", OUTCOME_WORKDAYS))
    case.urgent = data["urgent"] == "yes" if "urgent" in data else case.urgent
    case.about = case.about or data.get("about")


def _ended(case: Standing, event: Event) -> None:
    case.ended, case.triage_from, case.plan = event.day, None, None


def _declined(case: Standing, event: Event) -> None:
    _ended(case, event)
    case.state, case.decliner = "declined", event.staff


def _contested(case: Standing, event: Event) -> None:
    case.contested, case.ended = True, None
    case.appeal_from, case.appeal_unit = event.day, event.data.get("unit")


def _upheld(case: Standing, event: Event) -> None:
    case.appeal_from, case.ended = None, event.day


def _taken_up(case: Standing, event: Event) -> None:
    _accepted(case, event)
    case.since, case.appeal_from, case.ended = event.day, None, None


def _merged(case: Standing, event: Event) -> None:
    _ended(case, event)
    case.state, case.master, case.unit = "merged", event.data.get("into"), None


def _unmerged(case: Standing, event: Event) -> None:
    case.state, case.master, case.ended = "received", None, None
    case.since = case.triage_from = event.day
    case.kept_apart = case.kept_apart or event.role == "resident"


def _assigned(case: Standing, event: Event) -> None:
    case.state, case.triage_from, case.unassigned = "assigned", None, False
    case.unit, case.assigned_on = event.data.get("unit"), event.day


def _returned(case: Standing, event: Event) -> None:
    case.state, case.unit = "accepted", None
    case.returned, case.triage_from = True, event.day


def _handled(case: Standing, event: Event) -> None:
    """Who and which unit worked on it, each named once, in order; whoever acts has it."""
    case.unassigned = False
    if event.staff and event.staff not in case.handlers:
        case.handlers = (*case.handlers, event.staff)
    if event.unit and event.unit not in case.units:
        case.units = (*case.units, event.unit)


def _replied(case: Standing, event: Event) -> None:
    _handled(case, event)
    case.state, case.first_reply = "replied", case.first_reply or event.day


def _planned(case: Standing, event: Event) -> None:
    _replied(case, event)
    case.plan = date.fromisoformat(event.data["by"])


def _extended(case: Standing, event: Event) -> None:
    _handled(case, event)
    case.extension, case.extended = int(event.data["workdays"]), True


def _outcome(case: Standing, event: Event) -> None:
    _handled(case, event)
    promised = date.fromisoformat(event.data["date"]) if "date" in event.data else event.day
    case.state, case.plan, case.tries, case.confirmed = "outcome", None, (), False
    case.outcome, case.outcome_on = event.data.get("outcome"), max(promised, event.day)


def _confirmed(case: Standing, _: Event) -> None:
    case.state, case.confirmed = "callback", True


def _not_reached(case: Standing, event: Event) -> None:
    case.state, case.tries = "callback", (*case.tries, event.day)


def _again(case: Standing, event: Event) -> None:
    """A new round: five working days, and none of those who handled it before."""
    case.round += 1
    case.since, case.outcome_days, case.extension = event.day, OUTCOME_WORKDAYS, 0
    case.barred = case.barred | frozenset(case.handlers)
    case.plan = case.outcome = case.outcome_on = case.ended = case.result = case.summary = case.adopted = None
    case.tries, case.confirmed, case.consented = (), False, False


def _disputed(case: Standing, event: Event) -> None:
    _again(case, event)
    case.state, case.unassigned = "assigned", True


def _closed(case: Standing, event: Event) -> None:
    _ended(case, event)
    case.state, case.result = "closed", event.data.get("result")


def _reopened(case: Standing, event: Event) -> None:
    _again(case, event)
    case.state, case.unit, case.reopenings = "reopened", event.data.get("unit"), case.reopenings + 1
    case.unassigned = case.unit in case.units


def _gone(case: Standing, event: Event) -> None:
    _ended(case, event)
    case.state = "withdrawn" if event.kind == "withdrawn" else "transferred"


def _released(case: Standing, event: Event) -> None:
    """To the unit named; taken back, to none."""
    case.released = event.data.get("unit")


def _summarised(case: Standing, _: Event) -> None:
    case.summary, case.consented = case.sequence, False


def _photo(case: Standing, event: Event) -> None:
    case.pictures[int(event.data["position"])] = case.sequence


def _consented(case: Standing, event: Event) -> None:
    case.consented = True
    case.shown = tuple(int(position) for position in event.data.get("photos", "").split(",") if position)


def _refused(case: Standing, _: Event) -> None:
    case.consented = False


def _adopted(case: Standing, _: Event) -> None:
    case.adopted = case.sequence


def _erased(case: Standing, event: Event) -> None:
    """What the resident had deleted, part by part."""
    for part in event.data["parts"].split(","):
        if part == "contact":
            case.contact, case.contact_back, case.released = False, event.day, None
        elif part == "words":
            case.worded, case.words_back = False, case.sequence
        elif part == "summary":
            case.summary, case.consented = None, False
        else:
            _without_photo(case, int(part.removeprefix("photo-")))


def _without_photo(case: Standing, position: int) -> None:
    del case.pictures[position]
    case.shown = tuple(one for one in case.shown if one != position)


def _purged(case: Standing, event: Event) -> None:
    case.purged = case.purged | {event.data["part"]}
    case.worded = case.worded and "texts" not in case.purged


_STEPS: Mapping[Kind, Callable[[Standing, Event], None]] = {
    "categorised": _categorised,
    "accepted": _accepted,
    "declined": _declined,
    "contested": _contested,
    "upheld": _upheld,
    "taken_up": _taken_up,
    "merged": _merged,
    "unmerged": _unmerged,
    "transferred": _gone,
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
    "withdrawn": _gone,
    "released": _released,
    "withheld": _released,
    "summarised": _summarised,
    "photo": _photo,
    "consented": _consented,
    "refused": _refused,
    "adopted": _adopted,
    "purged": _purged,
    "erased": _erased,
}
