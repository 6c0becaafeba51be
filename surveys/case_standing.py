"""A case as its events left it: what is told of it everywhere, and what follows from that alone."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from surveys.case_events import OPEN_STATES, State

Queue = Literal["triage", "appeal", "assign", "unit", "callback", "close", "wait", "done"]
"""On whose desk a case lies: intake's (triage, assign), the supervising unit's (appeal), the unit's,
the reviewers' (callback, close); `wait` is the resident's time, `done` nobody's."""

FIRST_REPLY_DAYS = 3
OUTCOME_WORKDAYS = 5
COMPLEX_WORKDAYS = 15
TRIES = 3


@dataclass(slots=True)
class Standing:
    """A case as its events left it; made anew by `derive`, which alone sets its fields.

    `category` is what intake put it in, None while that of the receipt holds,
    `since` is the day from which the running limits count, `round` rises with each dispute and
    reopening, `barred` are those who handled an earlier round, `urgent` means danger to life,
    `unassigned` that `unit` handled an earlier round and intake has not said yet who takes it on,
    `pictures` are the photos that she did not take back, by position with the sequence of their event, `worded`
    that words of hers may be there, `words_back` the sequence at which she last had them deleted,
    `contact_back` the day of that for the contact.
    """

    state: State
    sequence: int
    received: date
    day: date
    since: date
    category: str | None = None
    kind: str | None = None
    about: str | None = None
    contact: bool = False
    contact_back: date | None = None
    urgent: bool = False
    first_reply_days: int = FIRST_REPLY_DAYS
    outcome_days: int = OUTCOME_WORKDAYS
    triage_from: date | None = None
    unit: str | None = None
    assigned_on: date | None = None
    unassigned: bool = False
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
    pictures: dict[int, int] = field(default_factory=dict)
    shown: tuple[int, ...] = ()
    worded: bool = True
    words_back: int = 0
    adopted: int | None = None
    purged: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether the office or the resident still has something to settle."""
        return self.state in OPEN_STATES

    @property
    def with_unit(self) -> bool:
        """Whether the assigned unit is at work."""
        return self.unit is not None and not self.unassigned and self.state in ("assigned", "replied", "reopened")

    @property
    def contact_with_unit(self) -> bool:
        """Whether the unit at work is the one that the resident released her contact to."""
        return self.contact and self.with_unit and self.released == self.unit and "contact" not in self.purged

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
    def photos(self) -> tuple[int, ...]:
        """The positions of the photos that she added and did not take back, in their order."""
        return tuple(sorted(self.pictures))

    @property
    def published_photos(self) -> tuple[int, ...]:
        """The positions of the photos that may be public: those she ticked when she agreed to the summary."""
        return self.shown if self.consented else ()

    @property
    def kept_photos(self) -> tuple[int, ...]:
        """The positions of the photos that are still there."""
        return self.published_photos if "texts" in self.purged else self.photos

    @property
    def erasable(self) -> tuple[str, ...]:
        """What is there that she may have deleted: contact, photo-1 to photo-3, words, summary."""
        found = ["contact"] * (self.contact and "contact" not in self.purged)
        found += [f"photo-{position}" for position in self.kept_photos]
        found += ["words"] * self.worded
        kept = self.consented or "texts" not in self.purged
        return (*found, *["summary"] * (self.summary is not None and kept))

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
