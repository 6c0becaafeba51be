"""The life of a case cut into the stretches that its limits run over, as far as a day."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from surveys.case_acts import Case
from surveys.case_events import Event, Kind
from surveys.case_limits import original_outcome_limit, outcome_limit, reply_limit
from surveys.case_rules import derive
from surveys.case_standing import Standing

_STARTS: frozenset[Kind] = frozenset(("received", "unmerged", "taken_up", "disputed", "reopened"))
LEAVING: frozenset[Kind] = frozenset(("withdrawn", "merged", "declined", "transferred"))
"""Ways out of the balance other than being closed."""
REPLIES: frozenset[Kind] = frozenset(("replied", "planned"))


@dataclass(frozen=True)
class Step:
    """An event and where it left the case."""

    event: Event
    after: Standing


@dataclass(frozen=True)
class Round:
    """What happened from one start of the limits to the next, and the event that starts that, as a dispute."""

    steps: tuple[Step, ...]
    replied_before: bool
    following: Event | None

    def first(self, *kinds: Kind) -> Step | None:
        """The first step of these kinds."""
        return next((step for step in self.steps if step.event.kind in kinds), None)

    @property
    def left(self) -> date | None:
        """The day on which the case was withdrawn, merged, declined or transferred."""
        step = self.first(*LEAVING)
        return step.event.day if step else None

    @property
    def reply(self) -> Step | None:
        """The first reply by a person, where the case had none before."""
        return None if self.replied_before else self.first(*REPLIES)

    @property
    def outcome(self) -> Step | None:
        """The outcome that was proposed."""
        return self.first("outcome")

    @property
    def disputed(self) -> bool:
        """Whether the outcome was disputed."""
        return self.following is not None and self.following.kind == "disputed"

    @property
    def answer(self) -> Event | None:
        """What was first said to the outcome: that it is so, or that it is not."""
        confirmed = self.first("confirmed")
        return confirmed.event if confirmed else self.following if self.disputed else None

    @property
    def reply_due(self) -> date | None:
        """The last day of the first reply, None where the case had one before."""
        last = self.steps[-1].after
        return None if self.replied_before else reply_limit(self.steps[0].after.since, last.first_reply_days).day

    @property
    def accepted(self) -> Step | None:
        """The step from which on an outcome is owed."""
        return next((step for step in self.steps if step.after.is_open and step.after.state != "received"), None)

    def outcome_due(self, *, extended: bool) -> date | None:
        """The last day of the outcome, None where the case was not accepted."""
        if self.accepted is None:
            return None
        limit = outcome_limit if extended else original_outcome_limit
        return limit(replace(self.steps[-1].after, state=self.accepted.after.state)).day

    def unit_on(self, day: date) -> str | None:
        """The unit that the case was with at the end of a day."""
        found = [step.after.unit for step in self.steps if step.event.day <= day]
        return found[-1] if found else None


def steps_of(case: Case, until: date) -> tuple[Step, ...]:
    """Every event up to the day, counted in, with where it left the case."""
    events = tuple(event for event in case.events if event.day <= until)
    return tuple(Step(event, derive(events[: place + 1], case.unit)) for place, event in enumerate(events))


def rounds_of(steps: tuple[Step, ...]) -> Iterator[Round]:
    """The rounds of a case, in order."""
    starts = [place for place, step in enumerate(steps) if step.event.kind in _STARTS]
    for start, end in zip(starts, [*starts[1:], len(steps)], strict=True):
        replied = start > 0 and steps[start - 1].after.first_reply is not None
        following = steps[end].event if end < len(steps) else None
        yield Round(steps[start:end], replied, following)
