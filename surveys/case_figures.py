"""The figures of cases in a month, by unit and for the whole city: indicators 8 to 15, and what is overdue."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from surveys.case_acts import Case
from surveys.case_counts import CaseFigures, Reopened
from surveys.case_limits import OWED, REOPEN_DAYS, LimitKind, limits
from surveys.case_rounds import LEAVING, Round, Step, rounds_of, steps_of
from surveys.case_standing import TRIES
from surveys.indicators import Duration
from surveys.workdays import after_workdays, is_workday

_DAY = timedelta(days=1)
LONGEST_LIMIT = timedelta(days=120)
"""More than any limit lasts: 30 working days, with the longest holidays among them."""
Month = tuple[date, date]
"""First and last day."""


Found = tuple[str | None, CaseFigures]
ByUnit = Mapping[str | None, CaseFigures]


def month_figures(cases: Iterable[Case], month: Month) -> ByUnit:
    """The figures of a month by unit, None for what no unit had yet; all that happened later is left aside."""
    return _by_unit(part for case in cases for part in _figures(case, month))


def city(by_unit: ByUnit) -> CaseFigures:
    """All units and what none had, together."""
    return CaseFigures.total(by_unit.values())


def summed(months: Iterable[ByUnit]) -> ByUnit:
    """A quarter or a year: the sum of its months."""
    return _by_unit(part for month in months for part in month.items())


def _by_unit(parts: Iterable[Found]) -> ByUnit:
    found: dict[str | None, list[CaseFigures]] = defaultdict(list)
    for unit, figures in parts:
        found[unit].append(figures)
    return {unit: CaseFigures.total(own) for unit, own in found.items()}


def _figures(case: Case, month: Month) -> Iterator[Found]:
    if _is_long_over(case, month):
        return
    steps = steps_of(case, month[1])
    if not steps:
        return
    rounds = tuple(rounds_of(steps))
    for one in rounds:
        yield from _reply(one, month)
        yield from _outcome(one, month)
        yield from _callback(one, month)
    for place, step in enumerate(steps):
        if _within(step.event.day, month):
            yield from _event(step, steps[place - 1] if place else step)
    if _within(case.received, month):
        yield from _durations(steps, rounds, month[1])


def _is_long_over(case: Case, month: Month) -> bool:
    """Whether it ended so long before that no limit of it can run out in the month."""
    return not case.standing.is_open and case.events[-1].day < month[0] - LONGEST_LIMIT


def _within(day: date | None, month: Month) -> bool:
    return day is not None and month[0] <= day <= month[1]


def _left_before(one: Round, due: date) -> bool:
    return one.left is not None and one.left <= due


def _reply(one: Round, month: Month) -> Iterator[Found]:
    due = one.reply_due
    if due is None or not _within(due, month) or _left_before(one, due):
        return
    in_time = one.reply is not None and one.reply.event.day <= due
    unit = one.reply.event.unit if one.reply and in_time else one.unit_on(due)
    yield unit, CaseFigures(reply_due=1, replied_in_time=int(in_time))


def _outcome(one: Round, month: Month) -> Iterator[Found]:
    for extended in (False, True):
        due = one.outcome_due(extended=extended)
        if due is None or one.accepted is None or _left_before(one, due):
            continue
        if _within(max(due, one.accepted.event.day), month):
            in_time = one.outcome is not None and one.outcome.event.day <= due
            unit = one.outcome.event.unit if one.outcome and in_time else one.unit_on(due)
            good = int(in_time and not one.disputed)
            more = int(one.steps[-1].after.extension > 0)
            yield (
                unit,
                CaseFigures(extended_due=1, extended_in_time=good)
                if extended
                else CaseFigures(outcome_due=1, outcome_in_time=good, extended=more),
            )


def _callback(one: Round, month: Month) -> Iterator[Found]:
    """The call that is due on the working day after the outcome, or after the day that it promises."""
    if one.outcome is None or one.outcome.after.outcome_on is None:
        return
    due = after_workdays(one.outcome.after.outcome_on, 1).day
    if not _within(due, month) or _left_before(one, due):
        return
    unit = one.outcome.event.unit
    if not one.outcome.after.contact:
        yield unit, CaseFigures(no_contact=1)
        return
    answer = one.answer
    if answer and answer.role == "resident":
        yield unit, CaseFigures(answered_herself=1)
        return
    tries = sum(step.event.kind == "not_reached" for step in one.steps)
    if answer is None and tries < TRIES and _taken_back(one, due):
        yield unit, CaseFigures(no_contact=1)
        return
    yield (
        unit,
        CaseFigures(
            callbacks_due=1,
            called=int(answer is not None),
            called_next_day=int(answer is not None and answer.day <= due),
            not_reached=int(answer is None and tries >= TRIES),
        ),
    )


def _taken_back(one: Round, due: date) -> bool:
    """Whether she had her contact deleted before the call was late."""
    back = one.steps[-1].after.contact_back
    return back is not None and back <= due


def _event(step: Step, before: Step) -> Iterator[Found]:
    """What counts on the day when it happened."""
    event, unit, standing = step.event, before.after.unit, before.after
    if event.kind == "closed":
        yield unit, _closing(step)
    elif event.kind == "transferred":
        yield unit, CaseFigures(transferred=1)
    elif event.kind == "declined":
        yield unit, CaseFigures(declined=1)
    elif event.kind == "adopted":
        yield unit, CaseFigures(adopted=int(standing.adopted is None))
    elif event.kind in ("confirmed", "disputed") and event.role == "reviewer":
        satisfied = int(event.data.get("satisfied") == "yes")
        yield unit, CaseFigures(callback_answers=1, callback_satisfied=satisfied)


def _closing(step: Step) -> CaseFigures:
    """An explanation never counts as solved, whatever was said to it."""
    standing = step.after
    solved = standing.outcome != "explained"
    return CaseFigures(
        closed=1,
        confirmed=int(solved and standing.result == "confirmed"),
        claimed=int(solved),
        on_the_spot=int(standing.outcome == "on-the-spot"),
        by_date=int(standing.outcome == "by-date"),
        explained=int(not solved),
        suggestions_answered=int(standing.kind == "suggestion"),
    )


def _durations(steps: Sequence[Step], rounds: Sequence[Round], until: date) -> Iterator[Found]:
    left = [step.event.day for step in steps if step.event.kind in LEAVING]
    watched = left[-1] if left and not steps[-1].after.is_open else until
    reply = next((one.reply for one in rounds if one.reply), None)
    outcome = next((one.outcome for one in rounds if one.outcome and not one.disputed), None)
    closing = next((step for step in steps if step.event.kind == "closed"), None)
    start, last = steps[0].event.day, steps[-1].after.unit

    def lasted(step: Step | None) -> tuple[Duration, ...]:
        return (Duration(workdays_between(start, step.event.day if step else watched), step is not None),)

    def unit(step: Step | None) -> str | None:
        return step.event.unit if step else last

    yield unit(reply), CaseFigures(reply_days=lasted(reply))
    yield unit(outcome), CaseFigures(outcome_days=lasted(outcome))
    yield (outcome.event.unit if outcome else last), CaseFigures(closing_days=lasted(closing))


def workdays_between(start: date, end: date) -> int:
    """How many working days come after the start up to the end, counted in."""
    return sum(is_workday(start + _DAY * number) for number in range(1, (end - start).days + 1))


def reopened(cases: Iterable[Case], month: Month, today: date) -> Mapping[str | None, Reopened] | None:
    """Indicator 13 by unit, None until 30 days after the month's end are over; sum its values for the city."""
    if today <= month[1] + _DAY * REOPEN_DAYS:
        return None
    found: dict[str | None, Reopened] = defaultdict(Reopened)
    for case in cases:
        steps = steps_of(case, date.max)
        for place, step in enumerate(steps):
            if step.event.kind == "closed" and _within(step.event.day, month):
                last = step.event.day + _DAY * REOPEN_DAYS
                later = (one.event for one in steps[place + 1 :])
                again = any(event.kind == "reopened" and event.day <= last for event in later)
                found[step.after.unit] += Reopened(1, int(again))
    return dict(found)


@dataclass(frozen=True)
class Overdue:
    """A line of the public overdue list: which limit, and how many days ago its last day was."""

    number: str
    unit: str | None
    kind: LimitKind
    days: int


def overdue(cases: Iterable[Case], day: date) -> tuple[Overdue, ...]:
    """What the office owes at the end of a day and has run out, the longest first; one line a case."""
    found = []
    for case in cases:
        if steps := steps_of(case, day):
            standing = steps[-1].after
            owed = {kind: limit.day for kind, limit in limits(standing).items() if kind in OWED}
            late = [(last, kind) for kind, last in owed.items() if last < day]
            if late:
                last, kind = min(late)
                unit = standing.appeal_unit if standing.appeal_from else standing.unit
                found.append(Overdue(case.number, unit, kind, (day - last).days))
    return tuple(sorted(found, key=lambda one: (-one.days, one.number)))
