"""Answers that count no longer: what shows a flood or duplicates, and the two roles that must agree. None is deleted.

What is stored of an answer has no address and no time of day, so two things alone can be shown: that a day brought
many more answers than the days around it, and that people who wrote a sentence wrote the very same one beside the
very same choices. Sets without words are never compared in the open: their group sizes would be the ratings without
their names.

Who proposes and who decides sees no rating, and neither can choose among ratings: the reason alone settles which
sets it takes. A flood leaves as many as the unit usually has, drawn by a keyed digest. Of the same words one set of
each group stays. Of a file that was brought in twice half of each kind stays, so that every share stays what it was.
What staff entered may go as a whole day (test entries, wrong unit); what residents sent by themselves never may. An
answer with a card cannot be a flood, for a card answers once. Nothing is taken of a day before it is over.

Once a month is published, nobody decides any more about what residents sent, for the result is known. What staff
entered wrongly can still go; it counts until a correction of a later day, which shows what changed.
"""

import json
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from surveys import surges
from surveys.definition import Definitions
from surveys.duties import Account
from surveys.errors import ExclusionError, StaleError
from surveys.exclusion_times import (
    LATE_REASONS,
    REASONS,
    Reason,
    due_period,
    first_period,
    late_periods,
    open_periods,
    reasons_now,
    require_time,
)
from surveys.keys import Keys
from surveys.office import is_of
from surveys.responses import next_period, period_of
from surveys.store import Connection, Store, exclusion_batches, trail
from surveys.store.exclusion_batches import AnswerSet, Batch, Cell
from surveys.surges import BY_STAFF, FLOOD_FROM, WINDOW_DAYS

__all__ = [
    "DECISIONS",
    "LATE_REASONS",
    "REASONS",
    "Decision",
    "Reason",
    "due_period",
    "first_period",
    "late_periods",
    "open_periods",
]
Decision = Literal["confirmed", "refused"]
Also = Callable[[Connection, Batch], None]
DECISIONS: tuple[Decision, ...] = get_args(Decision)

WORDS_FROM = 8
"""Characters that people do not write alike by chance."""
GROUP_FROM = 5  # who knows one person's words could find her rating by sending them again twice, at 3
KINDS_FROM = 8
"""Kinds of answer sets that do not all come in pairs by chance."""


@dataclass(frozen=True)
class Evidence:
    """What may be known of a cell: answers, what is usual on its other days, sizes of groups of the same words."""

    n: int
    usual: int | None
    days: int
    groups: tuple[int, ...] = ()
    doubled: bool = False

    @property
    def is_flood(self) -> bool:
        """Whether the day brought many more answers than its neighbours."""
        return surges.is_flood(self.n, self.usual)


@dataclass(frozen=True)
class Looked:
    """A cell with its evidence, and how many sets each reason would take; a reason that takes none is left out."""

    cell: Cell
    evidence: Evidence
    takes: Mapping[Reason, int]


def may_propose(definitions: Definitions, by: Account, unit: str) -> bool:
    """Whether the account may propose to exclude answers about the unit: a publisher who is not of that unit."""
    return "publisher" in by.roles and not is_of(definitions.units, by.post.unit, unit)


def may_decide(definitions: Definitions, by: Account, batch: Batch) -> bool:
    """Whether the account may decide: a reviewer, not the one who proposed it, and not of that unit."""
    mine = is_of(definitions.units, by.post.unit, batch.unit)
    return "reviewer" in by.roles and by.id != batch.proposed_by and not mine


def standing_out(store: Store, definitions: Definitions, period: str, today: date) -> tuple[tuple[Cell, Evidence], ...]:
    """The cells of a month that are a flood or hold groups of the same words, the largest first."""

    def work(connection: Connection) -> list[tuple[Cell, Evidence]]:
        found: list[tuple[Cell, Evidence]] = []
        for key in dict.fromkeys(key for key, _ in sorted(definitions.surveys)):
            found += _of_survey(connection, definitions, key, period, today)
        return found

    return tuple(sorted(store.read(work), key=lambda pair: (-pair[1].n, pair[0])))


def _of_survey(
    connection: Connection, definitions: Definitions, key: str, period: str, today: date
) -> Iterable[tuple[Cell, Evidence]]:
    volumes = exclusion_batches.volumes(connection, key, _before(period), next_period(next_period(period)))
    alike: defaultdict[Cell, list[int]] = defaultdict(list)
    for cell, size in exclusion_batches.groups_alike(connection, key, period, WORDS_FROM, GROUP_FROM):
        alike[cell].append(size)
    by_day = _by_day(volumes)
    for cell, (_, free) in volumes.items():
        if cell.period != period or (free < FLOOD_FROM and cell not in alike):
            continue
        usual, days = _usual(definitions, by_day[cell[:4]], cell, today)
        groups = sorted(alike[cell], reverse=True) if cell.day < today.isoformat() else ()
        evidence = Evidence(free, usual, days, tuple(groups))
        if (evidence.is_flood and cell.basis != "card") or evidence.groups:
            yield cell, evidence


def cells_of_day(store: Store, survey: str, unit: str, day: date, periods: Iterable[str]) -> tuple[Cell, ...]:
    """The cells of a survey, unit and day in open months."""
    known = sorted(periods)
    if not known:
        return ()
    found = store.read(lambda connection: exclusion_batches.volumes(connection, survey, known[0], known[-1]))
    wanted = (unit, day.isoformat())
    return tuple(sorted(cell for cell in found if (cell.unit, cell.day) == wanted and cell.period in known))


def look(store: Store, definitions: Definitions, keys: Keys, cell: Cell, today: date) -> Looked:
    """What may be known of one cell."""
    return store.read(lambda connection: _look(connection, definitions, keys, cell, today)[0])


def _look(
    connection: Connection, definitions: Definitions, keys: Keys, cell: Cell, today: date
) -> tuple[Looked, Mapping[Reason, Sequence[bytes]]]:
    sets = exclusion_batches.free_sets(connection, cell)
    near = exclusion_batches.volumes(connection, cell.survey, *_around(date.fromisoformat(cell.day), cell.period))
    usual, days = _usual(definitions, _by_day(near).get(cell[:4], Counter()), cell, today)
    over = cell.day < today.isoformat()  # a day that still grows would be another one at the next look
    groups = tuple(sorted((len(group) for group in same_words(sets) if over), reverse=True))
    evidence = Evidence(len(sets), usual, days, groups, cell.basis == "imported" and is_doubled(sets))
    chosen = {reason: chosen_by(reason, cell, evidence, sets, keys) for reason in REASONS}
    refused = {reason: exclusion_batches.refused_members(connection, cell, reason) for reason in REASONS}
    open_to = reasons_now(connection, definitions, cell, today)
    takes = {
        reason: [one for one in ids if over and reason in open_to and one not in refused[reason]]
        for reason, ids in chosen.items()
    }
    return Looked(cell, evidence, {reason: len(ids) for reason, ids in takes.items() if ids}), takes


def _around(day: date, period: str) -> tuple[str, str]:
    """The months in which answers of the days around may count."""
    window = timedelta(days=WINDOW_DAYS)
    return min(period_of(day - window), period), next_period(max(period_of(day + window), period))


def _before(period: str) -> str:
    year, month = divmod(int(period[:4]) * 12 + int(period[5:]) - 2, 12)
    return f"{year:04}-{month + 1:02}"


def _by_day(volumes: Mapping[Cell, tuple[int, int]]) -> dict[tuple[str, ...], Counter[str]]:
    found: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for cell, (n, _) in volumes.items():
        found[cell[:4]][cell.day] += n
    return found


def _usual(definitions: Definitions, by_day: Counter[str], cell: Cell, today: date) -> tuple[int | None, int]:
    """The median of the other days within four weeks, and how many they are; days without answers count as 0."""
    day = date.fromisoformat(cell.day)
    opened = [survey.opened for survey in definitions.versions(cell.survey)]
    unit = definitions.units.get(cell.unit)
    first = max(min(opened, default=date.min), unit.opened if unit else date.min)
    return surges.usual(by_day, day, first, today - timedelta(days=1))


def same_words(sets: Sequence[AnswerSet]) -> list[list[AnswerSet]]:
    """Groups of sets that are the same in every answer and in what was written."""
    return [group for group in _kinds(one for one in sets if one.length >= WORDS_FROM) if len(group) >= GROUP_FROM]


def is_doubled(sets: Sequence[AnswerSet]) -> bool:
    """Whether every kind of answer set is there an even number of times."""
    kinds = _kinds(sets)
    return len(kinds) >= KINDS_FROM and all(len(group) % 2 == 0 for group in kinds)


def _kinds(sets: Iterable[AnswerSet]) -> list[list[AnswerSet]]:
    found: defaultdict[tuple[object, ...], list[AnswerSet]] = defaultdict(list)
    for one in sets:
        found[one.version, one.answers, one.words].append(one)
    return list(found.values())


def chosen_by(reason: Reason, cell: Cell, evidence: Evidence, sets: Sequence[AnswerSet], keys: Keys) -> Sequence[bytes]:
    """The ids that a reason takes of a cell, none where the reason does not hold; no answer's content steers it."""
    if reason == "flood":
        kept = evidence.usual or 0
        return _drawn(sets, keys)[kept:] if evidence.is_flood and cell.basis != "card" else ()
    if reason == "duplicate":
        return [id for group in same_words(sets) for id in _drawn(group, keys)[1:]]
    if reason == "imported-twice":
        return [id for group in _kinds(sets) for id in _drawn(group, keys)[::2]] if evidence.doubled else ()
    return _drawn(sets, keys) if cell.basis in BY_STAFF else ()


def _drawn(sets: Iterable[AnswerSet], keys: Keys) -> list[bytes]:
    """The ids in an order that nobody without the key can foresee, and that is the same each time."""
    return sorted((one.id for one in sets), key=lambda id: keys.code("exclusion", id))


@dataclass(frozen=True)
class Proposal:
    """What somebody wants excluded: a reason, and how many sets it took when the page was read."""

    cell: Cell
    reason: Reason
    n: int


def propose(
    store: Store,
    definitions: Definitions,
    keys: Keys,
    by: Account,
    wanted: Proposal,
    today: date,
    also: Also | None = None,
) -> str:
    """Store a proposal and give its random id; nothing counts otherwise until it is confirmed.

    ExclusionError if the account may not, it is too late for the reason or nothing shows it; StaleError if it
    would take another number by now.
    """
    if not may_propose(definitions, by, wanted.cell.unit):
        raise ExclusionError("only a publisher who is not of the unit proposes: ask another one")

    def work(connection: Connection) -> str:
        require_time(connection, definitions, wanted.cell, wanted.reason, today)
        looked, takes = _look(connection, definitions, keys, wanted.cell, today)
        members = takes[wanted.reason]
        if len(members) != wanted.n:
            raise StaleError(f"{len(members)} answers would be excluded by now, not {wanted.n}: look at them anew")
        if not members:
            raise ExclusionError(f"nothing shows '{wanted.reason}' there: look at the day anew")
        batch = _batch(connection, looked, wanted, by, today)
        exclusion_batches.add_batch(connection, batch, members)
        if also:
            also(connection, batch)
        return batch.id

    return store.write(work)


def _batch(connection: Connection, looked: Looked, wanted: Proposal, by: Account, today: date) -> Batch:
    found = looked.evidence
    evidence = {
        "n": found.n,
        "usual": found.usual,
        "days": found.days,
        "groups": found.groups,
        "counted": trail.first_of(connection, "month_count", wanted.cell.period) is not None,
    }
    return Batch(
        id=secrets.token_hex(8),
        **wanted.cell._asdict(),
        reason=wanted.reason,
        evidence=json.dumps(evidence, separators=(",", ":")),
        n=wanted.n,
        proposed_by=by.id,
        proposed_on=today.isoformat(),
    )


def decide(
    store: Store,
    definitions: Definitions,
    batch_id: str,
    by: Account,
    decision: Decision,
    today: date,
    also: Also | None = None,
) -> None:
    """Confirm or refuse a proposal, once.

    ExclusionError if there is none, the account may not or it is too late for the reason; StaleError if it is decided.
    """

    def work(connection: Connection) -> None:
        batch = exclusion_batches.batch_of(connection, batch_id)
        if batch is None:
            raise ExclusionError("there is no such proposal: go back to the list")
        if not may_decide(definitions, by, batch):
            raise ExclusionError("a reviewer decides who did not propose it and is not of the unit: ask another one")
        require_time(
            connection, definitions, Cell(*(getattr(batch, name) for name in Cell._fields)), batch.reason, today
        )
        if not exclusion_batches.decide(connection, batch_id, decision, by.id, today.isoformat()):
            raise StaleError("somebody else has decided it: look at it anew")
        if also:
            also(connection, batch)

    store.write(work)


def find(store: Store, batch_id: str) -> Batch | None:
    """One proposal, or None."""
    return store.read(lambda connection: exclusion_batches.batch_of(connection, batch_id))


def months_with_proposals(store: Store) -> frozenset[str]:
    """The months of which something was ever proposed, published or not."""
    return store.read(exclusion_batches.months_with_batches)


def proposals(store: Store, period: str) -> tuple[Batch, ...]:
    """The proposals of a month, decided or not."""
    return store.read(lambda connection: exclusion_batches.batches_of(connection, period))
