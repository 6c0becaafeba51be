"""What cases.csv, declared.csv and exclusions.csv must hold, from events, declarations and decisions one by one."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date, timedelta
from fractions import Fraction

from scripts.recount_cases import ENDS, OPENS, Facts, Replay, counted, facts_of, happened, lasted, percentile
from surveys.store import Connection
from surveys.store import declared as declarations
from surveys.store.answers import closing_days
from surveys.store.case_history import histories
from surveys.store.corrections import every
from surveys.store.declared import DeclaredRow
from surveys.store.exclusion_batches import batches_of

Row = Mapping[str, str]
Key = tuple[str, ...]
Pair = tuple[int | None, int | None]
"""Part and whole."""
RATES: Mapping[str, tuple[str, str]] = {
    "first_reply_on_time": ("replied_in_time", "reply_due"),
    "closed_on_time": ("outcome_in_time", "outcome_due"),
    "closed_on_time_extended": ("extended_in_time", "extended_due"),
    "extended": ("extended", "outcome_due"),
    "resolved_claimed": ("claimed", "closed"),
    "resolved_confirmed": ("confirmed", "closed"),
    "called_back": ("called", "callbacks_due"),
    "called_back_next_day": ("called_next_day", "callbacks_due"),
    "not_reached": ("not_reached", "callbacks_due"),
    "callback_satisfaction": ("callback_satisfied", "callback_answers"),
    "adopted": ("adopted", "suggestions_answered"),
}
OUTCOMES = ("on_the_spot", "by_date", "explained", "transferred", "declined")
ALONE = ("no_contact", "answered_herself", "overdue")
REOPEN = timedelta(days=30)


class CaseRecount:
    """The cases of a month, replayed."""

    def __init__(self, connection: Connection, first: date, last: date) -> None:
        self.first, self.last, self.month = first, last, first.isoformat()[:7]
        self.cases = [happened(rows) for _, rows in histories(connection, last.isoformat())]
        self.replays = [Replay(events) for events in self.cases]
        self.facts = self._facts(lambda replay: True)
        self.followed = self._facts(lambda replay: replay.kind == "follow-up")

    def _facts(self, wanted: Callable[[Replay], bool]) -> Facts:
        pairs = zip(self.cases, self.replays, strict=True)
        return counted(
            fact
            for events, replay in pairs
            if wanted(replay)
            for fact in facts_of(events, replay, self.first, self.last)
        )

    def expected(self) -> dict[Key, Pair]:
        """Part and whole of every figure, by period, unit and figure; no unit is ''."""
        found: dict[Key, Pair] = {}
        for name, (part, whole) in self._together().items():
            found[self.month, "all", name] = (part, whole)
        city: Counter[str] = Counter()
        for facts in self.facts.values():
            city.update(facts)
        for unit, facts in (("all", city), *((unit or "", facts) for unit, facts in self.facts.items())):
            for name, pair in _figures(facts).items():
                found[self.month, unit, name] = pair
        return found | dict(self._reopened())

    def _together(self) -> dict[str, Pair]:
        found: dict[str, Pair] = {f"balance_{name}": (None, n) for name, n in self._balance().items()}
        own = [pair for pair in zip(self.cases, self.replays, strict=True) if self.first <= pair[0][0].day]
        times = [lasted(*pair, self.last) for pair in own]
        for name in ("reply", "outcome", "closing"):
            found |= _times(name, [one[name] for one in times])
        asked: Counter[str] = Counter()
        for facts in self.followed.values():
            asked.update(facts)
        found |= self._extended()
        received = sum(replay.kind == "follow-up" for _, replay in own)
        found["follow_up_received"] = (None, received)
        found["follow_up_called"] = (asked["called"], asked["callbacks_due"])
        found["follow_up_claimed"] = (asked["claimed"], asked["closed"])
        found["follow_up_confirmed"] = (asked["confirmed"], asked["closed"])
        return found

    def _extended(self) -> dict[str, Pair]:
        """Why limits were extended in the month; an event without a reason of the list has another one."""
        given = [event for events in self.cases for event in events if event.kind == "extended"]
        reasons = Counter(event.data.get("reason", "other") for event in given if event.day >= self.first)
        return {f"extended_for_{reason}": (n, reasons.total()) for reason, n in reasons.items()}

    def _balance(self) -> Counter[str]:
        """Both ends by whether the last event that counts opened or ended a case."""
        found = Counter(dict.fromkeys(("start", "received", "reopened", *ENDS, "end"), 0))
        for events in self.cases:
            turns = [event for event in events if event.kind in OPENS or event.kind in ENDS]
            earlier = [event for event in turns if event.day < self.first]
            found["start"] += bool(earlier) and earlier[-1].kind in OPENS
            found["end"] += turns[-1].kind in OPENS
            for event in turns[len(earlier) :]:
                found[OPENS.get(event.kind, event.kind)] += 1
        return found

    def _reopened(self) -> Iterator[tuple[Key, Pair]]:
        """Months before whose 30 days ended in this one."""
        end = self.first
        for _ in range(3):
            end = end.replace(day=1) - timedelta(days=1)
            if self.first <= end + REOPEN <= self.last:
                yield from self._closings(end.replace(day=1), end)

    def _closings(self, first: date, last: date) -> Iterator[tuple[Key, Pair]]:
        closed: Counter[str] = Counter()
        again: Counter[str] = Counter()
        for events, replay in zip(self.cases, self.replays, strict=True):
            for place, event in enumerate(events):
                if event.kind == "closed" and first <= event.day <= last:
                    unit = replay.before[place][0] or ""
                    later = [one for one in events[place + 1 :] if one.kind == "reopened"]
                    closed.update((unit, "all"))
                    again.update((unit, "all") if any(one.day <= event.day + REOPEN for one in later) else ())
        yield from (((first.isoformat()[:7], unit, "reopened"), (again[unit], n)) for unit, n in closed.items())


def _figures(facts: Counter[str]) -> dict[str, Pair]:
    found: dict[str, Pair] = {name: (facts[part], facts[whole]) for name, (part, whole) in RATES.items()}
    ended = sum(facts[name] for name in OUTCOMES)
    found |= {name: (facts[name], ended) for name in OUTCOMES}
    return found | {name: (None, facts[name]) for name in ALONE}


def _times(name: str, times: Sequence[tuple[int, bool]]) -> dict[str, Pair]:
    n = len(times)
    found: dict[str, Pair] = {
        f"{name}_within_{limit}": (sum(ended and days <= limit for days, ended in times), n) for limit in (1, 3, 5, 15)
    }
    found[f"{name}_not_yet"] = (sum(not ended for _, ended in times), n)
    found[f"{name}_median"] = (None, percentile(times, Fraction(1, 2)))
    found[f"{name}_ninetieth"] = (None, percentile(times, Fraction(9, 10)))
    return found


def unpublished(connection: Connection, month: str, published: Mapping[Key, tuple[str, str]]) -> Set[Key]:
    """The figures whose newest value came after the month was last published, which shows an earlier one or none."""
    days = [row.day for row in every(connection) if row.period == month]
    since = max([*days, closing_days(connection).get(month, "9999")])
    return {
        key
        for key, row in declarations.newest(connection, [month]).items()
        if row.day >= since and published.get(key) != _cells_of(row) and _stood(connection, row, published.get(key))
    }


def _stood(connection: Connection, newest: DeclaredRow, cells: tuple[str, str] | None) -> bool:
    """Whether that is what an earlier value of the figure says; no row is what stands before the first."""
    earlier = [row for row in declarations.values(connection, [newest.period]) if row.key == newest.key][:-1]
    return cells in [_cells_of(row) for row in earlier] if earlier else cells is None


def _cells_of(row: DeclaredRow) -> tuple[str, str]:
    return "" if row.part is None else str(row.part), str(row.whole)


def declared_rows(
    connection: Connection, month: str, published: Mapping[Key, tuple[str, str]] | None = None
) -> dict[Key, Pair]:
    """Part and whole of what was declared last, by period, unit, figure and survey, with the sums of all units.

    With the cells of a published table, of what was corrected since it is the value that the table shows.
    """
    waiting = unpublished(connection, month, published) if published is not None else frozenset()
    rows = [row for row in declarations.newest(connection, [month]).values() if row.key not in waiting]
    for row in declarations.values(connection, [month]) if waiting else ():
        if published is not None and row.key in waiting and published.get(row.key) == _cells_of(row):
            rows = [*(one for one in rows if one.key != row.key), row]
    found: dict[Key, Pair] = {row.key: (row.part, row.whole) for row in rows}
    for figure, survey in {(row.figure, row.survey) for row in rows}:
        own = [row for row in rows if (row.figure, row.survey) == (figure, survey)]
        parts = [row.part for row in own if row.part is not None]
        found[month, "all", figure, survey] = (
            sum(parts) if len(parts) == len(own) else None,
            sum(row.whole for row in own),
        )
    return found


def exclusion_rows(connection: Connection, month: str, counting: Mapping[tuple[str, str], int]) -> dict[Key, Pair]:
    """Part and whole of what two people left out; `counting` says how many answer sets count, by survey and unit."""
    gone: Counter[Key] = Counter()
    closed = closing_days(connection).get(month)
    corrected = [row.day for row in every(connection) if row.period == month]
    for batch in batches_of(connection, month):
        decided = batch.decided_on or ""
        in_time = closed is None or decided <= closed or any(decided < day for day in corrected)
        if batch.decision == "confirmed" and in_time:
            gone.update({(batch.survey, unit, reason): batch.n for unit, reason in
                         ((batch.unit, "all"), ("all", batch.reason), ("all", "all"))})  # fmt: skip
    whole: Counter[tuple[str, str]] = Counter()
    for (survey, unit), n in counting.items():
        whole.update({(survey, unit): n, (survey, "all"): n})
    for (survey, unit, reason), n in gone.items():
        if reason == "all":
            whole[survey, unit] += n
    surveys = {(survey, "all", "all") for survey, _ in whole}
    return {
        (month, survey, unit, reason): (gone[survey, unit, reason], whole[survey, unit])
        for survey, unit, reason in {*gone, *surveys}
    }
