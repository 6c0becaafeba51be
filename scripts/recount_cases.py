"""What the events of cases say of a month, replayed one by one along another path than the figures that are published.

Nothing here uses the standing of a case, its rounds, its limits or the balance that the account counts in SQL: an
event is read after the other, and what runs from where is kept in a few plain variables.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from json import loads
from typing import NamedTuple

from surveys.store.ledger import EventRow
from surveys.workdays import is_workday

DAY = timedelta(days=1)
STARTS = ("received", "unmerged", "taken_up", "disputed", "reopened")
OPENS = {"received": "received", "reopened": "reopened", "unmerged": "reopened", "taken_up": "reopened"}
ENDS = ("closed", "withdrawn", "merged", "declined", "transferred")
LEAVES = ENDS[1:]
NOT_SOLVED = "explained"


class Happened(NamedTuple):
    """One event: what, when, by whom of which unit, with which codes."""

    kind: str
    day: date
    role: str
    by: str | None
    data: Mapping[str, str]


def happened(rows: Sequence[EventRow]) -> list[Happened]:
    """The events of one case as the ledger holds them."""
    return [Happened(row.kind, date.fromisoformat(row.day), row.role, row.unit, loads(row.data)) for row in rows]


def workdays_after(start: date, number: int) -> date:
    """The so manieth working day after a day."""
    day = start
    while number:
        day += DAY
        number -= is_workday(day)
    return day


def reply_due(start: date, days: int) -> date:
    """The last day of a first reply: calendar days, moved to a working day, never before the second working day."""
    day = start + days * DAY
    while not is_workday(day):
        day += DAY
    return max(day, workdays_after(start, 2))


@dataclass
class Stretch:
    """What happened from one start of the limits to the next."""

    start: date
    answered_before: bool
    reply_days: int
    outcome_days: int = 5
    extension: int = 0
    accepted: date | None = None
    reply: Happened | None = None
    outcome: Happened | None = None
    told: date | None = None
    answer: Happened | None = None
    disputed: bool = False
    left: date | None = None
    contact: bool = False
    contact_back: date | None = None
    tries: list[date] = field(default_factory=list)
    units: list[tuple[date, str | None]] = field(default_factory=list)

    def unit_on(self, day: date) -> str | None:
        """The unit that had the case at the end of a day."""
        found = [unit for since, unit in self.units if since <= day]
        return found[-1] if found else None


class Replay:
    """One case, up to the end of a day: its stretches, and what it was when each event came."""

    def __init__(self, events: Sequence[Happened]) -> None:
        first = events[0]
        self.kind = first.data.get("kind")
        self.contact = first.data.get("contact") == "yes"
        self.reply_days = int(first.data.get("first_reply_days", 3))
        self.unit: str | None = None
        self.state = "received"
        self.outcome: str | None = None
        self.triage: date | None = first.day
        self.appeal: tuple[date, str | None] | None = None
        self.plan: date | None = None
        self.adopted = self.replied = False
        self.stretches: list[Stretch] = []
        self.before: list[tuple[str | None, str | None, bool, str | None]] = []
        for event in events:
            self.before.append((self.unit, self.outcome, self.adopted, self.kind))
            self._take(event)

    @property
    def is_open(self) -> bool:
        """Whether anything is still to be settled."""
        return self.state in ("received", "work", "told")

    def _take(self, event: Happened) -> None:
        if event.kind in STARTS:
            self._start(event)
        now = self.stretches[-1]
        self._limits(event, now)
        self._work(event, now)
        self._end(event, now)
        now.units.append((event.day, self.unit))

    def _start(self, event: Happened) -> None:
        if event.kind == "disputed":
            self.stretches[-1].disputed = True
            self.stretches[-1].answer = self.stretches[-1].answer or event
        kept = self.stretches[-1].outcome_days if event.kind == "unmerged" else 5
        extension = self.stretches[-1].extension if event.kind in ("unmerged", "taken_up") else 0
        self.stretches.append(Stretch(event.day, self.replied, self.reply_days, kept, extension))
        if event.kind in ("disputed", "reopened"):
            self.outcome, self.plan, self.adopted = None, None, False
        if event.kind == "reopened":
            self.unit = event.data.get("unit")
        self.state = "received" if event.kind in ("received", "unmerged") else "work"
        self.triage = event.day if self.state == "received" else None
        self.appeal = None

    def _limits(self, event: Happened, now: Stretch) -> None:
        if event.kind == "categorised":
            self.kind = event.data.get("kind")
            self.reply_days = now.reply_days = int(event.data.get("first_reply_days", 3))
        if event.kind in ("categorised", "accepted", "taken_up"):
            now.outcome_days = int(event.data.get("outcome_days", 5))
        if event.kind == "extended":
            now.extension = int(event.data["workdays"])
        if event.kind == "contested":
            self.appeal = (event.day, event.data.get("unit"))
        if event.kind == "upheld":
            self.appeal = None

    def _work(self, event: Happened, now: Stretch) -> None:
        if event.kind in ("accepted", "assigned"):
            self.state, self.triage = "work", None
        if self.state != "received" and self.is_open and now.accepted is None:
            now.accepted = event.day
        if event.kind == "assigned":
            self.unit = event.data.get("unit")
        if event.kind == "returned":
            self.unit, self.triage = None, event.day
        self.adopted = self.adopted or event.kind == "adopted"
        self._answer(event, now)

    def _answer(self, event: Happened, now: Stretch) -> None:
        if event.kind in ("replied", "planned"):
            now.reply = now.reply or (None if now.answered_before else event)
            self.replied = True
            self.plan = date.fromisoformat(event.data["by"]) if event.kind == "planned" else self.plan
        if event.kind == "outcome":
            self._told(event, now)
        if event.kind == "not_reached":
            now.tries.append(event.day)
        if event.kind == "confirmed":
            now.answer = now.answer or event

    def _told(self, event: Happened, now: Stretch) -> None:
        self.state, self.plan, self.outcome = "told", None, event.data.get("outcome")
        if now.outcome is None:
            now.outcome, now.contact = event, self.contact
            now.told = max(event.day, date.fromisoformat(event.data.get("date", event.day.isoformat())))

    def _end(self, event: Happened, now: Stretch) -> None:
        if event.kind == "erased" and "contact" in event.data["parts"].split(","):
            self.contact, now.contact_back = False, event.day
        if event.kind in ENDS:
            self.state, self.triage, self.plan = "over", None, None
        if event.kind in LEAVES:
            now.left = now.left or event.day
        if event.kind == "merged":
            self.unit = None

    def late_since(self, day: date) -> tuple[date, str | None] | None:
        """Which of the office's limits ran out first by the end of a day, and whose it is."""
        now, due = self.stretches[-1], []
        if self.triage:
            due.append(workdays_after(self.triage, 1))
        if self.appeal:
            due.append(workdays_after(self.appeal[0], 5))
        if self.state in ("received", "work"):
            due += [] if self.replied else [reply_due(now.start, self.reply_days)]
            due += [self.plan] if self.plan else []
            due += [workdays_after(workdays_after(now.start, now.outcome_days), now.extension)] * (self.state == "work")
        if self.state == "told" and now.told and not now.answer and self.contact and len(now.tries) < 3:
            due.append(workdays_after(max(now.told, *now.tries, now.told), 1))
        late = [one for one in due if one < day]
        return (min(late), self.appeal[1] if self.appeal else self.unit) if late else None


Facts = dict[str | None, Counter[str]]
Lasted = dict[str, list[tuple[int, bool]]]


def facts_of(events: Sequence[Happened], replay: Replay, first: date, last: date) -> Iterator[tuple[str | None, str]]:
    """Everything that a case adds to the month's counts: the unit, and what is counted there."""
    for one in replay.stretches:
        yield from _reply(one, first, last)
        yield from _outcome(one, first, last)
        yield from _callback(one, first, last)
    for event, (unit, outcome, adopted, kind) in zip(events, replay.before, strict=True):
        if first <= event.day <= last:
            yield from ((unit, what) for what in _counts(event, outcome, adopted, kind))
    if late := replay.late_since(last):
        yield late[1], "overdue"


def _reply(one: Stretch, first: date, last: date) -> Iterator[tuple[str | None, str]]:
    due = reply_due(one.start, one.reply_days)
    if one.answered_before or not first <= due <= last or (one.left and one.left <= due):
        return
    in_time = one.reply is not None and one.reply.day <= due
    unit = one.reply.by if one.reply and in_time else one.unit_on(due)
    yield unit, "reply_due"
    if in_time:
        yield unit, "replied_in_time"


def _outcome(one: Stretch, first: date, last: date) -> Iterator[tuple[str | None, str]]:
    if one.accepted is None:
        return
    original = workdays_after(one.start, one.outcome_days)
    for name, due in (("outcome", original), ("extended", workdays_after(original, one.extension))):
        if first <= max(due, one.accepted) <= last and not (one.left and one.left <= due):
            in_time = one.outcome is not None and one.outcome.day <= due
            unit = one.outcome.by if one.outcome and in_time else one.unit_on(due)
            yield unit, f"{name}_due"
            if in_time and not one.disputed:
                yield unit, f"{name}_in_time"
            if name == "outcome" and one.extension:
                yield unit, "extended"


def _callback(one: Stretch, first: date, last: date) -> Iterator[tuple[str | None, str]]:
    if one.outcome is None or one.told is None:
        return
    due, unit, answer = workdays_after(one.told, 1), one.outcome.by, one.answer
    if not first <= due <= last or (one.left and one.left <= due):
        return
    unheard = answer is None and len(one.tries) < 3
    if not one.contact or (unheard and one.contact_back and one.contact_back <= due):
        yield unit, "no_contact"
    elif answer and answer.role == "resident":
        yield unit, "answered_herself"
    else:
        yield unit, "callbacks_due"
        if answer:
            yield unit, "called"
            yield from [(unit, "called_next_day")] * (answer.day <= due)
        elif len(one.tries) >= 3:
            yield unit, "not_reached"


def _counts(event: Happened, outcome: str | None, adopted: bool, kind: str | None) -> Iterator[str]:
    if event.kind in ("transferred", "declined") or (event.kind == "adopted" and not adopted):
        yield event.kind
    if event.kind in ("confirmed", "disputed") and event.role == "reviewer":
        yield "callback_answers"
        yield from ["callback_satisfied"] * (event.data.get("satisfied") == "yes")
    if event.kind == "closed":
        yield "closed"
        yield (outcome or "without").replace("-", "_")
        yield from ["claimed"] * (outcome != NOT_SOLVED)
        yield from ["confirmed"] * (outcome != NOT_SOLVED and event.data.get("result") == "confirmed")
        yield from ["suggestions_answered"] * (kind == "suggestion")


def lasted(events: Sequence[Happened], replay: Replay, last: date) -> Mapping[str, tuple[int, bool]]:
    """Working days from the receipt to the first reply, the outcome that held, and the closing, or watched without."""
    leaving = [event.day for event in events if event.kind in LEAVES]
    watched = leaving[-1] if leaving and not replay.is_open else last
    found = {
        "reply": next((one.reply.day for one in replay.stretches if one.reply), None),
        "outcome": next((one.outcome.day for one in replay.stretches if one.outcome and not one.disputed), None),
        "closing": next((event.day for event in events if event.kind == "closed"), None),
    }
    start = events[0].day
    return {name: (_between(start, day or watched), day is not None) for name, day in found.items()}


def _between(start: date, end: date) -> int:
    return sum(is_workday(start + number * DAY) for number in range(1, (end - start).days + 1))


def percentile(times: Sequence[tuple[int, bool]], part: Fraction) -> int | None:
    """The day by which a part has ended, those that were watched without an end counted as long as they were."""
    lasting = Fraction(1)
    for day in sorted({day for day, ended in times if ended}):
        at_risk = sum(one >= day for one, _ in times)
        lasting *= 1 - Fraction(sum(one == (day, True) for one in times), at_risk)
        if lasting <= 1 - part:
            return day
    return None


def counted(found: Iterator[tuple[str | None, str]]) -> Facts:
    """Facts added up by unit."""
    facts: Facts = defaultdict(Counter)
    for unit, what in found:
        facts[unit][what] += 1
    return facts
