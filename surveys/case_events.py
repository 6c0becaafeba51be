"""The words of a case's life: who acts, what can happen, and where that leaves the case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

Role = Literal["resident", "intake", "handler", "reviewer", "publisher", "auditor", "admin", "system"]
State = Literal[
    "received",
    "accepted",
    "declined",
    "merged",
    "transferred",
    "assigned",
    "replied",
    "outcome",
    "callback",
    "closed",
    "reopened",
    "withdrawn",
]
Kind = Literal[
    "received",
    "categorised",
    "accepted",
    "declined",
    "contested",
    "upheld",
    "taken_up",
    "merged",
    "unmerged",
    "transferred",
    "assigned",
    "returned",
    "replied",
    "planned",
    "extended",
    "outcome",
    "confirmed",
    "disputed",
    "not_reached",
    "closed",
    "reopened",
    "withdrawn",
    "message",
    "photo",
    "released",
    "withheld",
    "summarised",
    "consented",
    "refused",
    "adopted",
    "purged",
    "erased",
]
ROLES: tuple[Role, ...] = get_args(Role)
STATES: tuple[State, ...] = get_args(State)
KINDS: tuple[Kind, ...] = get_args(Kind)

OPEN_STATES: frozenset[State] = frozenset(
    ("received", "accepted", "assigned", "replied", "outcome", "callback", "reopened")
)
OPENING: Mapping[Kind, str] = {
    "received": "received",
    "reopened": "reopened",
    "unmerged": "reopened",
    "taken_up": "reopened",
}
"""Events that put a case into the balance, and the side of it that they count on."""
ENDING: Mapping[Kind, str] = {
    "closed": "closed",
    "withdrawn": "withdrawn",
    "merged": "merged",
    "declined": "declined",
    "transferred": "transferred",
}
"""Events that take a case out of the balance, and where they count."""
RESIDENTS_KINDS: frozenset[Kind] = frozenset(
    ("received", "contested", "confirmed", "disputed", "reopened", "withdrawn", "message", "unmerged")
)
"""Events whose words may be a resident's: they are masked for the unit, and purged."""
ERASED_KINDS: Mapping[str, frozenset[Kind]] = {"words": RESIDENTS_KINDS, "summary": frozenset(("summarised",))}
"""Of the parts that a resident may have deleted, those that are texts, and the events that hold them."""
SURELY_WORDY = frozenset(("received", "contested", "disputed", "reopened", "message"))
"""Those of them that have words always."""

REASONS = ("other-office", "emergency", "discipline", "court", "answered-before", "no-request", "unclear")
"""Why a case is declined; the right channel stands in the text."""
RETURN_REASONS = ("other-unit", "other-office", "unclear")
"""Why a unit disputes an assignment."""
EXTENSION_REASONS = ("inquiry", "others", "expert", "supplies", "works", "funds", "presence", "other")
"""Why a limit was extended; `other` is told by the words alone, and so is an event of before the list."""
OUTCOMES = ("on-the-spot", "by-date", "explained")
"""现场解决, 限期解决, 解释说明."""
GROUNDS = ("law", "rules", "facts", "competence", "means")
"""On what ground an explanation stands in place of a solution."""

TEXT_LIMIT = 2000
LINK_LIMIT = 300
ANSWER_LIMIT = 8000
CONTACT_LIMIT = 200
PHOTO_LIMIT = 3
"""How many photos a case holds."""


@dataclass(frozen=True)
class Actor:
    """Who acts: a role, for staff an id without a name, and their unit followed by those above it.

    `branch` are the units whose work counts as their own unit's (see office.branch). A resident is known by the
    one case that her code opened.
    """

    role: Role
    staff: str | None = None
    units: tuple[str, ...] = ()
    case: str | None = None
    branch: frozenset[str] = frozenset()

    @property
    def unit(self) -> str | None:
        """The unit that the actor belongs to."""
        return self.units[0] if self.units else None

    @property
    def own(self) -> frozenset[str]:
        """The units whose work he does not judge: those of his branch, his own always."""
        return self.branch | frozenset(self.units[:1])


SYSTEM = Actor("system")


@dataclass(frozen=True)
class Act:
    """What somebody wants to do: its kind, the words that go with it, and codes."""

    kind: Kind
    text: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """One thing that happened to a case; `text` is None where there is none, it was purged, or may not be read."""

    kind: Kind
    day: date
    role: Role
    unit: str | None
    data: Mapping[str, str]
    text: str | None

    @property
    def staff(self) -> str | None:
        """The id of the member of staff who acted."""
        return self.data.get("staff")
