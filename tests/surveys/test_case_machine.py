"""Random residents, intake, handlers, reviewers and clocks drive cases through their whole life, on a real store.

The states, the limits, who may read and the balance are worked out here a second time, from the events alone
and with another calendar, so that both have to be wrong in the same way for a fault to pass.
"""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from surveys import case_upkeep, cases, photos
from surveys.case_acts import may_hand_over, may_see_contact, view
from surveys.case_events import EXTENSION_REASONS, GROUNDS, KINDS, OUTCOMES, REASONS, RETURN_REASONS
from surveys.cases import Act, Actor, Case, Event, Kind, resident
from surveys.errors import CaseError, ConflictError
from surveys.keys import load_keys
from surveys.store import Store, ledger
from tests.surveys.case_office import INTAKE, OFFICE, STAFF, Desk
from tests.surveys.test_responses import rows_in

QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None  # thousands of commits, and no power cut to survive
ONE_DAY = timedelta(days=1)
LAST_DAY = date(2026, 10, 10)  # so that no limit runs into a year whose holidays are unknown
SIDES = {
    "in": ("received", "reopened", "unmerged", "taken_up"),
    "out": ("closed", "withdrawn", "merged", "declined", "transferred"),
}
STAGES = ("received", "assigned", "proposed", "proposed-silent", "closed", "closed-silent")
STAY = "="
OPEN = dict.fromkeys(("message", "photo", "withheld", "erased"), STAY) | {"withdrawn": "withdrawn"}
WORK = OPEN | {
    "replied": "replied",
    "planned": "replied",
    "extended": STAY,
    "outcome": "outcome",
    "assigned": "assigned",
    "released": STAY,
}
ASKED = OPEN | {
    "confirmed": "callback",
    "not_reached": "callback",
    "disputed": "assigned",
    "closed": "closed",
}
TRIAGE = OPEN | {"categorised": STAY, "merged": "merged", "declined": "declined", "transferred": "transferred"}
ENDED = {"purged": STAY, "withheld": STAY, "erased": STAY}
WORDY = {
    *("declined", "contested", "upheld", "transferred", "returned", "replied", "planned", "extended"),
    *("outcome", "disputed", "reopened", "message", "summarised"),
}
PUBLIC = dict.fromkeys(("summarised", "consented", "refused", "adopted"), STAY)
RARE = {
    *("categorised", "message", "photo", "withheld", "withdrawn", "declined"),
    *("transferred", "merged", "unmerged", "erased"),
}
"""Kept seldom, so that most cases get far."""
LIFE: dict[str, dict[str, str]] = {
    "received": TRIAGE | {"accepted": "accepted"},
    "accepted": TRIAGE | {"assigned": "assigned"},
    "declined": ENDED | {"contested": STAY, "upheld": STAY, "taken_up": "accepted"},
    "merged": ENDED | {"unmerged": "received"},
    "transferred": ENDED,
    "assigned": WORK | {"returned": "accepted", "merged": "merged"},
    "replied": WORK | {"merged": "merged"},
    "outcome": ASKED,
    "callback": ASKED,
    "closed": ENDED | PUBLIC | {"reopened": "reopened"},
    "reopened": WORK,
    "withdrawn": ENDED,
}
"""Section 4 as a table: what may happen in a state, and the state after it."""


@cache
def template() -> Path:
    """An empty store with its keys, made once."""
    folder = Path(tempfile.mkdtemp(prefix="huiyin-machine-", dir=QUICK))
    atexit.register(shutil.rmtree, folder)
    load_keys(folder / "huiyin.db", create=True)
    Store.open(folder / "huiyin.db", create=True).close()
    return folder


def workday(start: date, count: int) -> date:
    """The `count`-th working day after a day, by the other calendar."""
    while count:
        start += ONE_DAY
        count -= chinese_calendar.is_workday(start)
    return start


def first_reply(start: date, days: int = 3) -> date:
    last = start + days * ONE_DAY
    while not chinese_calendar.is_workday(last):
        last += ONE_DAY
    return max(last, workday(start, 2))


def last_of(events: Sequence[Event], *kinds: str) -> int:
    """Where the last event of these kinds stands, -1 if there is none."""
    return max((place for place, event in enumerate(events) if event.kind in kinds), default=-1)


def expected_limits(events: Sequence[Event], state: str) -> dict[str, date]:
    """The limits in force, worked out by looking back through the events."""
    found: dict[str, date] = {}
    start = last_of(events, "received", "unmerged", "taken_up", "disputed", "reopened")
    again = any(event.kind in ("disputed", "reopened") for event in events)
    triaged = last_of(events, "accepted", "taken_up", "declined", "assigned", "merged", "transferred", "withdrawn")
    waiting = last_of(events, "received", "returned", "unmerged")
    if waiting > triaged:
        found["triage"] = workday(events[waiting].day, 1)
    contested = last_of(events, "contested")
    if contested > last_of(events, "upheld", "taken_up"):
        found["appeal"] = workday(events[contested].day, 5)
    answered = any(event.kind in ("replied", "planned") for event in events)
    if state in ("received", "accepted", "assigned", "replied", "reopened"):
        if not answered:
            found["first_reply"] = first_reply(events[start].day, reply_days(events))
        if state != "received":
            found["outcome"] = expected_outcome(events, start, again)
        planned = last_of(events, "planned")
        if planned > start:
            found["plan"] = date.fromisoformat(events[planned].data["by"])
    proposed = last_of(events, "outcome")
    if state in ("outcome", "callback") and last_of(events, "confirmed") < proposed:
        found |= expected_wait(events, proposed)
    return found


def reply_days(events: Sequence[Event]) -> int:
    """Those of the category that intake put it in last, else those of the receipt."""
    sorted_at = last_of(events, "categorised")
    if sorted_at < 0:
        return int(events[0].data["first_reply_days"])
    return OFFICE.categories[events[sorted_at].data["category"]].first_reply_days


def expected_outcome(events: Sequence[Event], start: int, again: bool) -> date:
    accepted = events[last_of(events, "accepted", "taken_up")]
    asked = 10 if accepted.data["outcome_days"] == "10" else 5
    if last_of(events, "categorised") > last_of(events, "accepted", "taken_up"):
        asked = OFFICE.categories[events[last_of(events, "categorised")].data["category"]].outcome_days
    days = 5 if again else 15 if accepted.data["complex"] == "yes" else asked
    round_start = last_of(events, "disputed", "reopened")
    counted = [e for place, e in enumerate(events) if e.kind == "extended" and place > round_start]
    return workday(events[start].day, days + sum(int(event.data["workdays"]) for event in counted))


def expected_wait(events: Sequence[Event], proposed: int) -> dict[str, date]:
    outcome = events[proposed]
    told = max(outcome.day, date.fromisoformat(outcome.data.get("date", "2000-01-01")))
    tries = [event.day for event in events[proposed:] if event.kind == "not_reached"]
    has_contact, back = has_contact_still(events), erased_at(events, "contact")
    if has_contact and len(tries) < 3:
        return {"callback": workday(max([told, *tries]), 1)}
    told = max(told, events[back].day) if back > 0 else told
    return {"not_reached" if has_contact else "unconfirmed": told + 15 * ONE_DAY}


def erased_at(events: Sequence[Event], part: str) -> int:
    """Where she last had a part deleted, -1 if she never had."""
    found = [place for place, event in enumerate(events) if part in event.data.get("parts", "").split(",")]
    return found[-1] if found else -1


def has_contact_still(events: Sequence[Event]) -> bool:
    return events[0].data.get("contact") == "yes" and erased_at(events, "contact") < 0


def photos_there(events: Sequence[Event]) -> list[str]:
    """The places of photos that she added and did not take back, whatever the purge took."""
    added = {event.data["position"]: place for place, event in enumerate(events) if event.kind == "photo"}
    return sorted(position for position, place in added.items() if erased_at(events, f"photo-{position}") < place)


def ticked_of(events: Sequence[Event]) -> list[str]:
    """The photos that are public: ticked when she last agreed, and neither that nor they were taken back since."""
    agreed = last_of(events, "consented")
    ended = max(last_of(events, "refused", "summarised", "reopened"), erased_at(events, "summary"))
    ticked = events[agreed].data.get("photos", "") if agreed > ended else ""
    return [one for one in ticked.split(",") if one and erased_at(events, f"photo-{one}") < agreed]


def erasable(case: Case) -> list[str]:
    """What of hers is there still."""
    events = case.events
    purged = {event.data["part"] for event in events if event.kind == "purged"}
    kept = ticked_of(events) if "texts" in purged else photos_there(events)
    parts = ["contact"] * (has_contact_still(events) and "contact" not in purged)
    parts += [f"photo-{position}" for position in kept]
    wordy = ("contested", "confirmed", "disputed", "reopened", "withdrawn", "message", "unmerged")
    written = max(last_of(events, *wordy), 0) > erased_at(events, "words")
    last = max(last_of(events, "disputed", "reopened"), erased_at(events, "summary"))
    proposed = last_of(events, "summarised")
    agreed = last_of(events, "consented") > max(proposed, last_of(events, "refused"))
    parts += ["words"] * (written and "texts" not in purged)
    return parts + ["summary"] * (proposed > last and ("texts" not in purged or agreed))


def open_after(events: Iterable[Event], last: date) -> bool:
    """Whether a case counts as open at the end of a day."""
    sides = [event.kind for event in events if event.day <= last and event.kind in SIDES["in"] + SIDES["out"]]
    return bool(sides) and sides[-1] in SIDES["in"]


def family(unit: str | None) -> set[str]:
    """A unit and all below it."""
    return {below.code for below in OFFICE.units[unit].walk()} if unit else set()


def branch_of(unit: str | None) -> set[str]:
    """The unit with those above and below it; the bureau only groups the stations, so it stands alone."""
    if unit is None or unit == "town":
        return {unit} if unit else set()
    return family(unit) | {code for code in OFFICE.units if unit in family(code) and code != "town"}


def complained_of(case: Case) -> str | None:
    named = [event.data["about"] for event in case.events if "about" in event.data]
    return named[0] if named else None


def may_read(case: Case, actor: Actor) -> bool:
    """The second opinion on who may see a case."""
    assigned = case.events[last_of(case.events, "assigned", "returned", "reopened", "merged")]
    unit = assigned.data.get("unit") if assigned.kind in ("assigned", "reopened") else None
    if actor.role == "admin" or (actor.unit in family(complained_of(case))):
        return False
    if actor.role == "handler":
        return unit is not None and actor.unit == unit
    return actor.role != "publisher" or case.state == "closed"


def at_work_with(case: Case) -> str | None:
    """The unit that is at work: after a dispute, or a reopening that goes back to it, none until intake assigns."""
    given = last_of(case.events, "assigned", "reopened", "returned", "merged", "disputed")
    if given < 0 or case.state not in ("assigned", "replied", "reopened"):
        return None
    unit, before = case.events[given].data.get("unit"), case.events[:given]
    worked = any(event.role == "handler" and event.unit == unit and event.kind != "returned" for event in before)
    return None if case.events[given].kind == "reopened" and worked else unit


def released_to(events: Sequence[Event]) -> str | None:
    """The unit that the resident let have her contact last, unless she or another category took it back."""
    told = last_of(events, "released")
    if last_of(events, "withheld") > told or not has_contact_still(events):
        return None
    sorted_at = [event for event in events[max(told, 0) :] if event.kind == "categorised"]
    if any(event.data["kind"] != "request" for event in sorted_at):
        return None
    return events[told].data["unit"] if told > 0 else events[0].data.get("released")


def check_duties(events: Sequence[Event]) -> None:
    """No handler works on a second round, no reviewer judges himself or his unit, no handler closes."""
    rounds: list[set[str]] = [set()]
    units: set[str | None] = set()
    tried: set[date] = set()
    for event in events:
        if event.role == "handler" and event.kind != "returned":
            units.add(event.unit)
            assert all(str(event.staff) not in earlier for earlier in rounds[:-1])
            rounds[-1].add(str(event.staff))
        if event.kind in ("disputed", "reopened"):
            rounds.append(set())
        if event.role == "reviewer" and event.kind not in ("upheld", "taken_up"):
            assert not any(str(event.staff) in earlier for earlier in rounds)
            assert units.isdisjoint(branch_of(event.unit))
        if event.kind == "closed":
            assert event.role in ("reviewer", "system")
        tried = set() if event.kind == "outcome" else tried
        if event.kind == "not_reached":
            assert event.day not in tried
            tried.add(event.day)


def handled_by(case: Case) -> set[str]:
    """The unit that has the case now, and those that worked on it."""
    worked = {str(e.unit) for e in case.events if e.role == "handler" and e.kind != "returned"}
    return worked | ({case.standing.unit} if case.standing.unit else set())


def reads_as_unit(case: Case, actor: Actor) -> bool:
    """Whether somebody reads the case as one of the unit's own people, with nothing to decide by its words."""
    if branch_of(actor.unit).isdisjoint(handled_by(case)):
        return False
    waiting = {"intake": ("triage", "assign"), "reviewer": ("appeal",)}.get(actor.role, ())
    return case.standing.queue not in waiting


def no_audit(*_: object) -> None:
    """What a test writes beside a view of a contact."""


class Cases(RuleBasedStateMachine):
    """An office at work; `day` is what its clock says, which now and then is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="huiyin-cases-", dir=QUICK))
        for file in template().iterdir():
            shutil.copy(file, self.folder)
        store = Store.open(self.folder / "huiyin.db")
        self.desk = Desk(store, load_keys(store.path, create=False), date(2026, 1, 28))
        self.codes: dict[str, str] = {}
        self.touched: str | None = None

    @property
    def store(self) -> Store:
        return self.desk.store

    @initialize(days=st.integers(0, 200), stages=st.lists(st.sampled_from(STAGES), min_size=1, max_size=3))
    def begin(self, days: int, stages: list[str]) -> None:
        """Some cases are under way already."""
        self.desk.pass_days(days)
        for stage in stages:
            contact = "" if stage.endswith("-silent") else "13900139000"
            opened = self.desk.opened("visit", "east", contact=contact)
            self.codes[opened.number] = opened.secret
            self.check(self.desk.whole(self.desk.brought(opened.number, stage.partition("-")[0])))

    @precondition(lambda self: len(self.codes) < 5)
    @rule(
        category=st.sampled_from(sorted(OFFICE.categories)),
        unit=st.sampled_from([None, "town", "east", "east-desk", "west"]),
        contact=st.booleans(),
        release=st.booleans(),
        text=st.sampled_from(["路灯不亮。", "有人被困", "我的电话 13800138000"]),
        by=st.sampled_from([cases.NOBODY, INTAKE]),
    )
    def open_case(self, **how: Any) -> None:
        opened = self.desk.opened(**{**how, "contact": "13900139000" if how["contact"] else ""})
        self.codes[opened.number] = opened.secret
        self.touched = opened.number

    def pick(self, data: st.DataObject) -> Case:
        number = data.draw(st.sampled_from(list(self.codes)))
        self.touched = number
        return self.desk.whole(number)

    @precondition(lambda self: self.codes)
    @rule(data=st.data())
    def do_what_is_offered(self, data: st.DataObject) -> None:
        self.one_act(data)

    @precondition(lambda self: self.codes)
    @rule(data=st.data())
    def work_on(self, data: st.DataObject) -> None:
        """Several acts in a row, so that cases get far."""
        for _ in range(7):
            self.one_act(data)

    def one_act(self, data: st.DataObject) -> None:
        case = self.pick(data)
        actors = (resident(case.number), *STAFF)
        offers = [(kind, actor) for actor in actors for kind in cases.acts(case, actor, self.desk.day)]
        kinds = sorted({kind for kind, _ in offers}, key=lambda kind: (kind in RARE, kind))
        if not kinds:
            return
        kind = data.draw(st.sampled_from([kind for kind in kinds for _ in range(1 if kind in RARE else 5)]))
        actor = data.draw(st.sampled_from([actor for offered, actor in offers if offered == kind]))
        given = self.what_it_takes(data, case, kind, actor)
        if given is not None:
            after = self.desk.do(case.number, actor, kind, *given[:1], **given[1])
            assert after.state == (case.state if LIFE[case.state][kind] == STAY else LIFE[case.state][kind])
            assert [replace(one, text=None) for one in after.events[:-1]] == [
                replace(one, text=None) for one in case.events
            ]
            assert kind == "erased" or after.events[:-1] == case.events
            assert after.events[-1].day == max(self.desk.day, case.events[-1].day)
            self.check(after)

    def what_it_takes(
        self, data: st.DataObject, case: Case, kind: Kind, actor: Actor
    ) -> tuple[str, dict[str, str]] | None:
        """Text and codes that make the act whole, None where there is nothing fit to choose from."""
        day = max(self.desk.day, case.events[-1].day)
        limit = expected_limits(case.events, case.state).get("outcome", day)

        def choose(options: Iterable[object]) -> str:
            return str(data.draw(st.sampled_from(list(options))))

        def outcome() -> dict[str, str]:
            chosen = choose(OUTCOMES)
            more = {"by-date": {"date": choose([day, max(day, limit)])}, "explained": {"ground": choose(GROUNDS)}}
            return {"outcome": chosen, **more.get(chosen, {})}

        def whom(category: str) -> dict[str, str]:
            """A complaint that names no unit is told one, or that it is about none."""
            if category != "complaint" or complained_of(case):
                return {}
            return data.draw(st.sampled_from([{"no_unit": "yes"}, {"about": "west"}, {"about": "east-desk"}]))

        def sort() -> dict[str, str]:
            chosen = choose(code for code in OFFICE.categories if code != case.category)
            return {"category": chosen, **({} if case.unit else whom(chosen))}

        rules: dict[str, Callable[[], dict[str, str]]] = {
            "accepted": lambda: {"complex": choose(["yes", "no"]), **whom(case.category)},
            "taken_up": lambda: {"complex": choose(["yes", "no"]), **whom(case.category)},
            "categorised": sort,
            "declined": lambda: {"reason": choose(REASONS)},
            "returned": lambda: {"reason": choose(RETURN_REASONS)},
            "merged": lambda: {"into": choose(self.masters(case) or [""])},
            "assigned": lambda: {"unit": choose(self.units_for(case, day) or [""])},
            "planned": lambda: {"by": choose([day, max(day, limit)])},
            "outcome": outcome,
            "extended": lambda: {"workdays": choose(range(1, 16)), "reason": choose(EXTENSION_REASONS)},
            "consented": lambda: self.consent(data, case),
            "refused": lambda: {"summary": str(last_of(case.events, "summarised") + 1)},
            "erased": lambda: {
                "parts": ",".join(data.draw(st.lists(st.sampled_from(erasable(case)), min_size=1, unique=True)))
            },
            "adopted": lambda: {"on": str(day), "link": "https://huiyin.example/notice"},
            "confirmed": lambda: {} if actor.role == "resident" else {"satisfied": choose(["yes", "no"])},
            "disputed": lambda: {} if actor.role == "resident" else {"satisfied": choose(["yes", "no"])},
        }
        given = rules.get(kind, dict)()
        return None if "" in given.values() else ("话" if kind in WORDY else "", given)

    def consent(self, data: st.DataObject, case: Case) -> dict[str, str]:
        """Agreement to the newest summary, and to some of the photos that are still there."""
        places = photos_there(case.events)
        gone = any(event.kind == "purged" and event.data["part"] == "texts" for event in case.events)
        ticked = [] if gone else [place for place in places if data.draw(st.booleans())]
        photos = {"photos": ",".join(ticked)} if ticked else {}
        return {"summary": str(last_of(case.events, "summarised") + 1), **photos}

    def masters(self, case: Case) -> list[str]:
        others = [self.desk.whole(number) for number in self.codes if number != case.number]
        if any(other.standing.master == case.number for other in others):
            return []
        return [
            other.number
            for other in others
            if other.standing.is_open and other.standing.unit not in family(complained_of(case))
        ]

    def units_for(self, case: Case, day: date) -> list[str]:
        joined = [one for number in self.codes if (one := self.desk.whole(number)).standing.master == case.number]
        present = set() if case.standing.queue == "assign" else {str(case.standing.unit)}
        barred = set().union(*(family(complained_of(one)) for one in (case, *joined)), present)
        return [
            code
            for code, unit in OFFICE.units.items()
            if code not in barred and not (unit.closed and unit.closed < day)
        ]

    @precondition(lambda self: self.codes)
    @rule(data=st.data())
    def try_what_is_not_offered(self, data: st.DataObject) -> None:
        case = self.pick(data)
        for actor in data.draw(st.lists(st.sampled_from((resident(case.number), *STAFF)), max_size=3)):
            kind = data.draw(st.sampled_from([k for k in KINDS if k not in cases.acts(case, actor, self.desk.day)]))
            act = Act(kind, "话", {})
            with pytest.raises(CaseError):
                cases.act(self.store, OFFICE, case.number, actor, act, self.desk.day, expected=case.standing.sequence)
            assert self.desk.whole(case.number) == case

    @precondition(lambda self: self.codes)
    @rule(data=st.data())
    def act_on_an_old_page(self, data: st.DataObject) -> None:
        case = self.pick(data)
        offers = cases.acts(case, resident(case.number), self.desk.day)
        for kind in offers[:1]:
            with pytest.raises(ConflictError):
                expected = case.standing.sequence - 1
                act = Act(kind, "话", {})
                cases.act(self.store, OFFICE, case.number, resident(case.number), act, self.desk.day, expected=expected)
            assert self.desk.whole(case.number) == case

    @rule(days=st.integers(1, 3))
    def some_days_pass(self, days: int) -> None:
        self.let_pass(days)

    @rule(days=st.sampled_from([8, 16, 31]))
    def weeks_pass(self, days: int) -> None:
        self.let_pass(days)

    def let_pass(self, days: int) -> None:
        self.desk.day = min(self.desk.day + days * ONE_DAY, LAST_DAY)

    @rule(days=st.integers(1, 40))
    def the_clock_is_set_back(self, days: int) -> None:
        self.desk.day = max(self.desk.day - days * ONE_DAY, date(2026, 1, 2))

    @rule()
    def the_night_comes(self) -> None:
        before = {number: self.desk.whole(number) for number in self.codes}
        closed = case_upkeep.due_closings(self.store, self.desk.day)
        assert set(closed) == {
            number
            for number, case in before.items()
            if (limit := expected_limits(case.events, case.state).get("unconfirmed")) and limit < self.desk.day
        }
        case_upkeep.purge_due(self.store, self.desk.day)
        for number in self.codes:
            self.check(self.desk.whole(number))
        for number, case in before.items():
            kept = rows_in(self.store, f"SELECT count(*) FROM case_contacts WHERE number = '{number}'")[0][0]
            if case.standing.is_open and number not in closed:
                assert kept == has_contact_still(case.events)
            elif case.state in ("transferred", "withdrawn") and case.events[-1].kind == case.state:
                assert kept == (self.desk.day <= case.events[-1].day + 30 * ONE_DAY) or not case.standing.contact

    @invariant()
    def only_what_she_ticked_is_public(self) -> None:
        for number in self.codes:
            case = self.desk.whole(number)
            assert len(photos.published(self.store, number)) == len(ticked_of(case.events))
            assert sorted(case.standing.erasable) == sorted(erasable(case))

    def check(self, case: Case) -> None:
        """States, limits and duties, after each act."""
        state = "received"
        for event in case.events[1:]:
            after = LIFE[state].get(event.kind)
            assert after is not None, f"{event.kind} at {state}"
            state = state if after == STAY else after
        assert case.state == state
        assert [event.day for event in case.events] == sorted(event.day for event in case.events)
        rights = ("return", "reopen", "contest", "purge_contact", "purge_texts")
        found = {kind: limit for kind, limit in cases.limits(case.standing).items() if kind not in rights}
        assert {kind: limit.day for kind, limit in found.items()} == expected_limits(case.events, state)
        for kind, limit in found.items():
            assert kind == "plan" or limit.counted[-1] == limit.day
            assert not limit.estimated
        assert last_of(case.events[: last_of(case.events, "categorised") + 1], "assigned") < 0
        check_duties(case.events)
        if state in ("assigned", "replied", "reopened"):
            assert case.standing.queue == ("unit" if at_work_with(case) else "assign")
        self.check_handed(case)

    def check_handed(self, case: Case) -> None:
        """What was handed over of a contact is there only while the unit at work is the one she released it to."""
        told = f"SELECT count(*) FROM case_handed_contacts WHERE number = '{case.number}'"
        unit = at_work_with(case)
        if unit and released_to(case.events) == unit:
            self.store.write(lambda connection: ledger.hand_contact(connection, case.number, "handler", b"sealed"))
        else:
            assert rows_in(self.store, told) == [(0,)]

    @invariant()
    def nobody_sees_what_he_may_not(self) -> None:
        if self.touched is None:
            return
        case = self.desk.whole(self.touched)
        for actor in STAFF:
            shown = view(case, actor)
            assert (shown is not None) == may_read(case, actor)
            if shown and (actor.role in ("handler", "publisher", "auditor") or reads_as_unit(case, actor)):
                assert "13800138000" not in str(shown)
            assert not may_see_contact(case, actor) or actor.role == "reviewer" or case.standing.released == actor.unit
            if actor.role == "reviewer" and not branch_of(actor.unit).isdisjoint(handled_by(case)):
                assert not may_see_contact(case, actor) and not may_hand_over(case, actor)
        strangers = [actor for actor in STAFF if not may_see_contact(case, actor)]
        with pytest.raises(CaseError):
            cases.contact_of(self.store, case.number, strangers[len(case.events) % len(strangers)], also=no_audit)
        hers = cases.look_up(self.store, self.desk.keys, case.number, self.codes[case.number])
        assert hers is not None
        assert not any(str(actor.staff) in str(hers) for actor in STAFF if actor.staff)
        self.touched = None

    @invariant()
    def the_board_is_what_the_events_say(self) -> None:
        assert case_upkeep.refresh(self.store) == 0

    @invariant()
    def the_balance_closes(self) -> None:
        self.check_balance(everything=False)

    def check_balance(self, *, everything: bool) -> None:
        histories = [self.desk.whole(number).events for number in self.codes]
        months = sorted({event.day.strftime("%Y-%m") for events in histories for event in events})
        for month in months if everything else months[-1:]:
            found = case_upkeep.balance(self.store, month)
            assert found.holds, found
            last = (date.fromisoformat(f"{month}-28") + 4 * ONE_DAY).replace(day=1) - ONE_DAY
            assert found.end == sum(open_after(events, last) for events in histories)

    def teardown(self) -> None:
        self.check_balance(everything=True)
        before = rows_in(self.store, "SELECT * FROM case_board")
        self.store.write(lambda connection: connection.exec_driver_sql("DELETE FROM case_board"))
        assert case_upkeep.refresh(self.store) == len(self.codes)
        assert rows_in(self.store, "SELECT * FROM case_board") == before
        assert case_upkeep.broken_texts(self.store) == ()
        assert photos.broken(self.store) == ()
        self.store.close()
        shutil.rmtree(self.folder)


def test_a_life_of_cases() -> None:
    run_state_machine_as_test(
        Cases,
        settings=settings(
            max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
