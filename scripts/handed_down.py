"""What a month's report tells besides its counts, kept in tally.db, so that the months of several offices add up."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from scripts.account import Account, Adopted, CaseAccount, Correction, account_of
from scripts.card_counts import together
from scripts.counts import Tally
from scripts.ratings import SurveyMonth
from surveys.audit import Head
from surveys.canonical import plain
from surveys.case_counts import CaseFigures, Reopened
from surveys.case_figures import ByUnit, Overdue, summed
from surveys.case_upkeep import Balance
from surveys.declared import Declaration
from surveys.definition import Definitions
from surveys.errors import HuiyinError
from surveys.exclusions import REASONS
from surveys.indicators import INTERVAL_FROM, PERCENT_FROM, Duration
from surveys.store import Store
from surveys.workdays import CALENDAR


@dataclass(frozen=True)
class Told:
    """Cases, declared figures and changed batches of reply cards of one month."""

    cases: CaseAccount | None
    declared: tuple[Declaration, ...]
    batches: frozenset[str]

    @property
    def units(self) -> frozenset[str]:
        """Every unit that is named."""
        cases = self.cases
        named = (*cases.by_unit, *(one.unit for one in cases.overdue)) if cases else ()
        return frozenset(unit for unit in (*named, *(one.unit for one in self.declared)) if unit)


def hand_down(counts: Tally, account: Account) -> None:
    """Keep what a published month tells; merged counts have it already."""
    if not counts.is_merged():
        told = Told(account.cases, account.declared, account.changed_batches)
        counts.hand_down(account.period, told_text(told), digests_of(account.known))


def account_in(
    store: Store,
    counts: Tally,
    known: Definitions,
    months: Sequence[SurveyMonth],
    period: str,
    head: Head | None = None,
    corrections: Sequence[Correction] = (),
) -> Account:
    """Gather a month, from the store or, of several offices together, from what they handed down."""
    if not counts.is_merged():
        return account_of(store, known, months, period, head, corrections)
    told = read_told(counts.told(period))
    alone = frozenset(month.key for month in months if month.batches and _is_alone(counts, month))
    return Account(
        period, tuple(months), known, told.cases, told.declared, tuple(corrections), head, told.batches, alone
    )  # fmt: skip


def _is_alone(counts: Tally, month: SurveyMonth) -> bool:
    found = counts.bases(month.key, together(month.batches).day[:7], month.month)
    return not found & set(month.bases) - {"card"}


def digests_of(known: Definitions) -> dict[str, str]:
    """What counts must have in common to be added: each version of a survey, lists of codes, and the rules."""
    rules = [PERCENT_FROM, INTERVAL_FROM, list(REASONS), CALENDAR.read_text(encoding="utf-8")]
    found = {f"survey {survey.file_name}": known.digest(survey) for survey in known.surveys.values()}
    lists = {"themes": plain(known.themes), "declared figures": plain(known.figures), "rules": rules}
    return found | {name: _digest(content) for name, content in lists.items()}


def _digest(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def told_text(told: Told) -> str:
    """One JSON text of it."""
    content = {
        "cases": told.cases and _plain_cases(told.cases),
        "declared": [asdict(one) for one in told.declared],
        "batches": sorted(told.batches),
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain_cases(cases: CaseAccount) -> Mapping[str, Any]:
    reopened = {
        month: [[unit, one.closed, one.reopened] for unit, one in units.items()]
        for month, units in cases.reopened.items()
    }
    return {
        "balance": asdict(cases.balance),
        "by_unit": [[unit, asdict(figures)] for unit, figures in cases.by_unit.items()],
        "follow_ups": [[unit, asdict(figures)] for unit, figures in cases.follow_ups.items()],
        "follow_ups_received": cases.follow_ups_received,
        "reopened": reopened,
        "overdue": [asdict(one) for one in cases.overdue],
        "adopted": [asdict(one) for one in cases.adopted],
        "extensions": [[*key, n] for key, n in cases.extensions.items()],
    }


def read_told(text: str) -> Told:
    """What such a text says; HuiyinError if nothing was handed down."""
    if not text:
        raise HuiyinError(
            "the counts hold no account of this month: publish it once more where its answers are, then merge"
        )
    found = json.loads(text)
    declared = tuple(Declaration(**one) for one in found["declared"])
    return Told(found["cases"] and _read_cases(found["cases"]), declared, frozenset(found["batches"]))


def _read_cases(found: Mapping[str, Any]) -> CaseAccount:
    return CaseAccount(
        balance=Balance(**found["balance"]),
        by_unit=_read_units(found["by_unit"]),
        follow_ups=_read_units(found["follow_ups"]),
        follow_ups_received=found["follow_ups_received"],
        reopened={
            month: {unit: Reopened(*pair) for unit, *pair in units} for month, units in found["reopened"].items()
        },
        overdue=tuple(Overdue(**one) for one in found["overdue"]),
        adopted=tuple(Adopted(**one) for one in found["adopted"]),
        extensions={(days, reason): n for days, reason, n in found["extensions"]},
    )


def _read_units(rows: Iterable[Any]) -> ByUnit:
    return {unit: CaseFigures(**{name: _read_days(value) for name, value in own.items()}) for unit, own in rows}


def _read_days(value: Any) -> Any:
    return tuple(Duration(*one) for one in value) if isinstance(value, list) else value


def added(parts: Sequence[Told]) -> Told:
    """Several offices in one."""
    cases = [part.cases for part in parts if part.cases]
    declared = sorted((one for part in parts for one in part.declared), key=_declared_order)
    return Told(_added_cases(cases) if cases else None, tuple(declared), frozenset().union(*(p.batches for p in parts)))


def _declared_order(one: Declaration) -> tuple[str, str, str, str]:
    return one.period, one.unit, one.figure, one.survey


def _added_cases(parts: Sequence[CaseAccount]) -> CaseAccount:
    names = [one.name for one in fields(Balance) if one.name != "month"]
    sums = {name: sum(getattr(part.balance, name) for part in parts) for name in names}
    reopened: dict[str, dict[str | None, Reopened]] = defaultdict(dict)
    for month, unit, pair in (
        (m, u, pair) for part in parts for m, own in part.reopened.items() for u, pair in own.items()
    ):
        reopened[month][unit] = reopened[month].get(unit, Reopened()) + pair
    extensions: Counter[tuple[int, str]] = Counter()
    for part in parts:
        extensions.update(part.extensions)
    return CaseAccount(
        balance=Balance(parts[0].balance.month, **sums),
        by_unit=summed(part.by_unit for part in parts),
        follow_ups=summed(part.follow_ups for part in parts),
        follow_ups_received=sum(part.follow_ups_received for part in parts),
        reopened={month: reopened[month] for month in sorted(reopened, reverse=True)},
        overdue=tuple(sorted((one for part in parts for one in part.overdue), key=lambda one: (-one.days, one.number))),
        adopted=tuple(sorted(one for part in parts for one in part.adopted)),
        extensions=dict(extensions),
    )
