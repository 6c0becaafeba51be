"""What may be public of a case: the summary that its resident saw and agreed to, and codes and dates beside it.

Nothing of hers stands here: no word that she wrote, no number, no code of hers. It becomes public with all that
was agreed to in the same month, so that the day of her agreement does not show.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from surveys.case_acts import Case
from surveys.case_events import Event
from surveys.case_limits import OWED, limits
from surveys.case_rules import derive

_PARTING = re.compile(r"^[ \t]*(?:-{3,}|\*{3,})[ \t]*$", re.MULTILINE)
_HAN, _LATIN = re.compile(r"[一-鿿]"), re.compile(r"[A-Za-z]")
LETTERS_PER_SIGN = 4
"""A Chinese sign says as much as some letters; so an English text with a Chinese name in it stays English."""


@dataclass(frozen=True)
class Adoption:
    """Since when a suggestion is taken up, and the https address where that shows."""

    on: str
    link: str


@dataclass(frozen=True)
class Echo:
    """A case as the public sees it; dates are days, or months where the overdue list once held the case.

    That list tells numbers and days late: with days here too, anyone could put a number to a summary.
    `batch` is the month YYYY-MM whose agreements it became public with, `id` says nothing of its number.
    """

    id: str
    batch: str
    category: str
    unit: str | None
    texts: Mapping[str, str]
    outcome: str
    outcome_day: str | None
    ground: str | None
    confirmed: bool
    received: str
    first_reply: str
    closed: str
    was_late: bool
    adoption: Adoption | None = None

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def since(self) -> str:
        """The first day on which it was public."""
        return first_day_after(self.batch)


def first_day_after(month: str) -> str:
    """The day after a month YYYY-MM, as YYYY-MM-DD."""
    year, number = int(month[:4]), int(month[5:])
    return date(year + number // 12, number % 12 + 1, 1).isoformat()


def echo_of(case: Case, digest: bytes, today: date) -> Echo | None:
    """What is public of the case on the day, None if nothing is; `digest` is the salted one of its summary."""
    batch, sequence = batch_of(case), case.standing.published_summary
    written = case.events[sequence - 1].text if sequence else None
    if batch is None or not written or today.isoformat() < first_day_after(batch):
        return None
    standing, was_late = case.standing, was_overdue(case.events, case.unit)
    outcome = _last(case.events, "outcome")
    return Echo(
        id=hashlib.sha256(b"public summary" + digest).hexdigest()[:16],
        batch=batch,
        category=case.category,
        unit=standing.unit,
        texts=by_language(written),
        outcome=standing.outcome or "",
        outcome_day=_told(standing.outcome_on, was_late) if standing.outcome == "by-date" else None,
        ground=outcome.data.get("ground") if outcome else None,
        confirmed=standing.result == "confirmed",
        received=_told(standing.received, was_late),
        first_reply=_told(standing.first_reply, was_late),
        closed=_told(standing.ended, was_late),
        was_late=was_late,
        adoption=_adoption(case),
    )


def batch_of(case: Case) -> str | None:
    """The month in which she last agreed to the summary that stands, None if she has not or took it back."""
    agreed = _last(case.events, "consented") if case.standing.published_summary else None
    return agreed.day.isoformat()[:7] if agreed else None


def was_overdue(events: Sequence[Event], named: str | None) -> bool:
    """Whether the overdue list held the case on any day: a limit that the office owes ran out before it acted."""
    return any(
        limit.day < event.day
        for place, event in enumerate(events[1:], 1)
        for kind, limit in limits(derive(events[:place], named)).items()
        if kind in OWED
    )


def by_language(written: str) -> Mapping[str, str]:
    """The summary by language (zh, en): one, or both where a line of --- or *** parts two that differ in it."""
    parts = [part.strip() for part in _PARTING.split(written) if part.strip()]
    found = {language_of(part): part for part in parts}
    return found if len(parts) == len(found) == 2 else {language_of(written): written.strip()}


def language_of(written: str) -> str:
    """Whether a text is Chinese or not, by its letters."""
    signs, letters = len(_HAN.findall(written)), len(_LATIN.findall(written))
    return "zh" if signs and signs * LETTERS_PER_SIGN >= letters else "en"


def _last(events: Sequence[Event], kind: str) -> Event | None:
    return next((event for event in reversed(events) if event.kind == kind), None)


def _told(day: date | None, was_late: bool) -> str:
    return day.isoformat()[: 7 if was_late else 10] if day else ""


def _adoption(case: Case) -> Adoption | None:
    place = case.standing.adopted
    data = case.events[place - 1].data if place else {}
    return Adoption(data["on"], data["link"]) if data else None
