"""An office for the tests of cases: two stations under a bureau, its staff, and a desk that acts in their names."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any

from surveys import audit, case_ledger, cases, photos
from surveys.case_acts import may_see_contact
from surveys.case_calls import CALLED, look
from surveys.case_fields import lacks_unit
from surveys.case_limits import LimitKind
from surveys.cases import Act, Actor, Case, Kind, Opened, Submission
from surveys.definition import Category, Channel, Definitions
from surveys.keys import Keys
from surveys.office import CaseKind, Unit, UnitKind
from surveys.store import Connection, Store
from surveys.workdays import Deadline
from surveys.yaml_reading import Code, Text

NAME = Text(zh="某", en="Some")


def _unit(code: str, kind: UnitKind, *units: Unit, closed: date | None = None) -> Unit:
    return Unit(Code(code), kind, NAME, date(2020, 1, 1), closed, kind != "bureau", units=units)


def _category(code: str, kind: CaseKind, outcome_days: int = 5, reply_days: int = 3) -> Category:
    return Category(Code(code), kind, NAME, NAME, reply_days, outcome_days)


_TREE = _unit(
    "town",
    "bureau",
    _unit("east", "station", _unit("east-desk", "counter")),
    _unit("west", "station", _unit("west-desk", "counter"), _unit("old", "post", closed=date(2026, 6, 30))),
)
OFFICE = Definitions(
    units=MappingProxyType({unit.code: unit for unit in _TREE.walk()}),
    scales={},
    categories={
        item.code: item
        for item in (
            _category("suggestion", "suggestion"),
            _category("complaint", "complaint"),
            _category("visit", "request"),
            _category("slow", "request", 10, 6),
        )
    },
    surveys={},
)


def member(role: cases.Role, unit: str | None = None, number: int = 1) -> Actor:
    """One of the staff; handlers and reviewers of a unit are counted."""
    return cases.staff(OFFICE, role, f"{role}-{unit}-{number}", unit)


INTAKE = member("intake")
REVIEWER = member("reviewer", "town")
PUBLISHER = member("publisher")
AUDITOR = member("auditor")
ADMIN = member("admin")
EAST, EAST2 = member("handler", "east"), member("handler", "east", 2)
WEST, WEST2 = member("handler", "west"), member("handler", "west", 2)
TOWN = member("handler", "town")
EAST_INTAKE = member("intake", "east")
EAST_REVIEWER, WEST_REVIEWER = member("reviewer", "east"), member("reviewer", "west")
STAFF = (
    *(INTAKE, REVIEWER, PUBLISHER, AUDITOR, ADMIN, EAST, EAST2, WEST, WEST2, TOWN, EAST_REVIEWER, WEST_REVIEWER),
    cases.staff(OFFICE, "reviewer", str(EAST.staff), "town"),  # one person with two roles
    *(member("handler", "east-desk"), member("handler", "town", 2), member("reviewer", "east-desk")),
    *(EAST_INTAKE, member("intake", "town")),
)
STAGES = ("received", "assigned", "proposed", "closed")
_ids = count(1)


class Desk:
    """A store with a calendar day, where anybody can do anything that the rules let them."""

    def __init__(self, store: Store, keys: Keys, day: date) -> None:
        self.store, self.keys, self.day = store, keys, day

    def opened(
        self,
        category: str = "visit",
        unit: str | None = None,
        *,
        contact: str = "张女士 13800138000",
        text: str = "路灯不亮。",
        release: bool = False,
        channel: Channel = "web",
        by: Actor = cases.NOBODY,
    ) -> Opened:
        """A new case."""
        sent = Submission(
            next(_ids).to_bytes(8) + random.randbytes(8), category, unit, text, contact, channel, "zh", release
        )
        return cases.open_case(self.store, self.keys, OFFICE, sent, self.day, by=by)

    def whole(self, number: str) -> Case:
        """The case as nobody may see it."""
        case = self.store.read(lambda connection: case_ledger.load(connection, number))
        assert case is not None
        return case

    def do(self, number: str, actor: Actor, kind: Kind, text: str = "", **data: str) -> Case:
        """Do one act now, on the newest state; a call begins with a look at the contact."""
        if kind in CALLED and may_see_contact(self.whole(number), actor):
            self.look(number, actor)
        expected = self.whole(number).standing.sequence
        if kind == "photo":
            photos.add(self.store, number, actor, [random.randbytes(40)], self.day)
            return self.whole(number)
        cases.act(self.store, OFFICE, number, actor, Act(kind, text, data), self.day, expected=expected)
        return self.whole(number)

    def look(self, number: str, actor: Actor) -> None:
        """Open the contact, as the desk does before a call."""

        def also(connection: Connection, case: Case) -> None:
            audit.record(connection, look(actor, case))

        cases.contact_of(self.store, number, actor, also=also)

    def acts(self, number: str, actor: Actor) -> tuple[Kind, ...]:
        """What the actor may do now."""
        return cases.acts(self.whole(number), actor, self.day)

    def pass_days(self, days: int) -> None:
        """Let time pass."""
        self.day += timedelta(days=days)

    def brought(self, number: str, stage: str, unit: str = "east") -> str:
        """The case brought on, all on one day: received, assigned, proposed or closed."""
        handler, her = member("handler", unit), cases.resident(number)
        whom = {"no_unit": "yes"} if lacks_unit(OFFICE, self.whole(number)) else {}
        steps: tuple[tuple[str, Actor, Kind, str, dict[str, str]], ...] = (
            ("assigned", INTAKE, "accepted", "", whom),
            ("assigned", INTAKE, "assigned", "", {"unit": unit}),
            ("proposed", handler, "replied", "我们去看看。", {}),
            ("proposed", handler, "outcome", "修好了。", {"outcome": "on-the-spot"}),
            ("closed", her, "confirmed", "", {}),
            ("closed", REVIEWER, "closed", "", {}),
        )
        for reached, actor, kind, text, data in steps:
            if STAGES.index(reached) <= STAGES.index(stage):
                self.do(number, actor, kind, text, **data)
        return number

    def assigned(self, to: str = "east", /, **opening: Any) -> str:
        """A case that is with a unit, all on one day."""
        return self.brought(self.opened(**opening).number, "assigned", to)

    def proposed(self, to: str = "east", /, **opening: Any) -> str:
        """A case whose outcome is proposed, all on one day."""
        return self.brought(self.opened(**opening).number, "proposed", to)

    def closed(self, to: str = "east", /, **opening: Any) -> str:
        """A case that is closed as confirmed, all on one day."""
        return self.brought(self.opened(**opening).number, "closed", to)


def days_of(limits: Mapping[LimitKind, Deadline]) -> dict[str, str]:
    """The last days of limits, to compare at a glance."""
    return {kind: str(limit.day) for kind, limit in limits.items()}
