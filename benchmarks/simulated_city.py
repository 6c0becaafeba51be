"""A made-up city by a seed: small units, months of answers with exclusions and late ones, cases, declared figures."""

import hashlib
import math
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from benchmarks.load import ROOT
from surveys import audit, cases, declared
from surveys.case_calls import CALLED, look
from surveys.cases import Act, Actor, Case, Kind
from surveys.declared import Declaration
from surveys.definition import Definitions, Question, Survey, Unit, load
from surveys.errors import CaseError
from surveys.keys import key_paths, load_keys
from surveys.responses import SHANGHAI, Answer, Response, is_visible, open_period, to_row
from surveys.store import Connection, Store, exclusion_batches
from surveys.store.answers import add_responses
from surveys.store.exclusion_batches import Batch

SURVEYS = ("counter-service", "visit")
KINDS = ("station", "counter", "post")
CHANNELS = ("web", "web", "web", "paper", "kiosk")
PEOPLE_A_WRITE = 5_000
Step = tuple[int, str, Kind, str, Mapping[str, str]]
_START: tuple[Step, ...] = ((0, "intake", "accepted", "", {}), (0, "intake", "assigned", "", {}))
_REPLY: Step = (1, "handler", "replied", "我们去看看。", {})
_DONE: Step = (2, "handler", "outcome", "修好了。", {"outcome": "on-the-spot"})
PATHS: tuple[tuple[Step, ...], ...] = (
    (*_START, _REPLY, _DONE, (1, "resident", "confirmed", "", {}), (1, "reviewer", "closed", "", {})),
    (*_START, _REPLY, _DONE, (1, "reviewer", "confirmed", "", {"satisfied": "yes"}), (0, "reviewer", "closed", "", {})),
    (
        *(*_START, _REPLY, (3, "handler", "outcome", "按规定办。", {"outcome": "explained", "ground": "rules"})),
        *((2, "resident", "confirmed", "", {}), (0, "reviewer", "closed", "", {})),
    ),
    (
        *_START,
        (6, "handler", "replied", "晚了几天。", {}),
        (1, "handler", "extended", "等配件。", {"workdays": "5", "reason": "supplies"}),
    ),
    (*_START, _REPLY, _DONE, (2, "resident", "disputed", "还是不亮。", {})),
    ((1, "intake", "declined", "请找别处。", {"reason": "other-office"}),),
    ((1, "intake", "accepted", "", {}), (1, "intake", "transferred", "已经转给市政。", {})),
    ((0, "intake", "accepted", "", {}), (1, "resident", "withdrawn", "", {})),
    _START,
)
"""What happens to cases: days since the step before, who, what, words, and what goes with it."""
WEIGHTS = (8, 6, 3, 2, 1, 1, 1, 1, 2)


@dataclass(frozen=True)
class Plan:
    """How large the city is: its units, its months in a row, and how many cases it opens in each of them."""

    units: int
    months: tuple[str, ...]
    cases: int
    seed: int = 1
    surveys: tuple[str, ...] = SURVEYS


def months_from(first: str, number: int) -> tuple[str, ...]:
    """So many calendar months in a row."""
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    return tuple(f"{month // 12}-{month % 12 + 1:02}" for month in range(start, start + number))


class City:
    """An office's folder: definitions, and a database that fills month by month as its residents answer."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.plan = plan
        self.database = folder / "huiyin.db"
        self.definitions = folder / "definitions"
        self.chance = Random(plan.seed)
        self.known = self._define()
        units = [unit for unit in self.known.units.values() if unit.answers]
        self.sizes = {unit.code: self.chance.lognormvariate(math.log(9), 1.0) for unit in units}
        self.moods = {unit.code: self.chance.betavariate(12, 2) for unit in units}
        self._numbers = count(1)
        key_paths(self.database)[0].write_bytes(hashlib.sha256(b"city %d" % plan.seed).digest())
        self.keys = load_keys(self.database, create=True)
        Store.open(self.database, create=True).close()

    def _define(self) -> Definitions:
        """The first versions of the project's surveys and its kinds of cases, with units of the city's own."""
        shutil.copytree(
            ROOT / "surveys/definitions", self.definitions, ignore=shutil.ignore_patterns("lock.json", "schema", "*.md")
        )
        for path in sorted((self.definitions / "surveys").iterdir()):
            text = path.read_text(encoding="utf-8")
            text = re.sub(r"(?m)^opened: .*$", f"opened: {self.plan.months[0]}-01", text)
            if path.name.startswith("visit"):
                text = re.sub(r"(?m)^bases: .*$", "bases: [card, assisted, imported]", text)
            if len(self.plan.surveys) == 1:
                text = re.sub(r"(?m)^unit_kinds: .*$", f"unit_kinds: [{', '.join(KINDS)}]", text)
            path.write_text(text, encoding="utf-8")
            if path.name not in {f"{key}.v1.yaml" for key in self.plan.surveys}:
                path.unlink()
        (self.definitions / "units.yaml").write_text("\n".join(self._unit_lines()) + "\n", encoding="utf-8")
        return load(self.definitions)

    def _unit_lines(self) -> Iterator[str]:
        """All units under one bureau; one of them opens and one closes while the city is watched."""
        yield "units:"
        yield "  - {code: city, kind: bureau, name: {zh: 市局, en: City Bureau}, opened: 2020-01-01, answers: false,"
        yield "     units: ["
        middle = self.plan.months[len(self.plan.months) // 2]
        for number in range(1, self.plan.units + 1):
            opened = f"{middle}-01" if number == 2 else "2020-01-01"
            closed = f", closed: {middle}-15" if number == 3 else ""
            kind = KINDS[number % len(KINDS)]
            name = f"{{zh: 第{number}所, en: Unit {number}}}"
            yield f"      {{code: unit-{number:03}, kind: {kind}, name: {name}, opened: {opened}{closed}}},"
        yield "    ]}"

    def live(self, month: str, store: Store) -> None:
        """Everything that happens in one month, before it ends."""
        sets = list(self._answers(month))
        for start in range(0, len(sets), PEOPLE_A_WRITE):
            store.write(partial(_add, batch=sets[start : start + PEOPLE_A_WRITE]), deadline=60)
        store.write(partial(self._exclude, month=month, sets=sets))
        store.write(partial(self._declare, month=month))
        for _ in range(self.plan.cases):
            self._case(month, store)

    def _answers(self, month: str) -> Iterator[Response]:
        for survey in self.known.surveys.values():
            for unit in self.known.units.values():
                if _asked(survey, unit, month):
                    size = self.sizes[unit.code]
                    for _ in range(max(0, round(self.chance.gauss(size, math.sqrt(size))))):
                        yield self._response(survey, unit, month)

    def _response(self, survey: Survey, unit: Unit, month: str) -> Response:
        chance, identity = self.chance, f"{self.plan.seed} {next(self._numbers)}".encode()
        given: dict[str, Answer] = {}
        happy = chance.random() < self.moods[unit.code]
        for question in survey.questions:
            if is_visible(question, given) and (question.required or chance.random() < 0.9):
                given |= self._answer(question, happy)
        day = date.fromisoformat(f"{month}-01") + timedelta(days=chance.randrange(28))
        if chance.random() < 0.01:
            day -= timedelta(days=30)  # an offline batch that came after its month was closed
        channel = chance.choice(CHANNELS)
        basis = ("open" if chance.random() < 0.4 else "card") if channel == "web" else "assisted"
        identity = hashlib.sha256(identity).digest()[:16]
        return Response(identity, survey.key, survey.version, unit.code, channel, basis, "zh", day, given, {})  # type: ignore[arg-type]

    def _answer(self, question: Question, happy: bool) -> dict[str, Answer]:
        chance = self.chance
        if question.kind == "scale":
            likely = ("5", "5", "5", "4", "4", "3") if happy else ("4", "3", "3", "2", "2", "1", "dk")
            return {question.code: chance.choice(likely)}
        if question.kind == "single":
            return {question.code: chance.choices(question.codes(), range(len(question.codes()), 0, -1))[0]}
        if question.kind == "multiple":
            chosen = set(chance.sample(question.codes(), chance.randint(1, 2)))
            return {question.code: [code for code in question.codes() if code in chosen]}
        return {}

    def _exclude(self, connection: Connection, month: str, sets: Sequence[Response]) -> None:
        """What two people took for a flood: some answers of one unit and day, and now and then a single one."""
        own = [one for one in sets if one.survey == self.plan.surveys[0] and one.day.isoformat()[:7] == month]
        first = self.chance.choice(own)
        alike = [one for one in own if (one.unit, one.channel, one.basis) == (first.unit, first.channel, first.basis)]
        members = alike[: self.chance.choice((1, 5, 20))]
        key = hashlib.sha256(f"{self.plan.seed} {month}".encode()).hexdigest()[:16]
        batch = Batch(
            *(key, first.survey, first.unit, first.channel, first.basis, month, first.day.isoformat(), "flood"),
            *("{}", len(members), "publisher", first.day.isoformat()),
        )
        exclusion_batches.add_batch(connection, batch, [one.id for one in members])
        exclusion_batches.decide(connection, key, "confirmed", "reviewer", first.day.isoformat())

    def _declare(self, connection: Connection, month: str) -> None:
        found, survey = [], self.plan.surveys[0]
        for unit in self.known.units.values():
            if unit.answers and self.chance.random() < 0.9:
                served = 100 + round(40 * self.sizes[unit.code])
                whole = self.chance.randint(0, 30)
                found.append(Declaration(month, unit.code, "served", survey, served))
                found.append(Declaration(month, unit.code, "offered", survey, served // 2))
                found.append(Declaration(month, unit.code, "disputes", "", whole, self.chance.randint(0, whole)))
        declared.declare(connection, found, date.fromisoformat(f"{month}-28"))

    def _case(self, month: str, store: Store) -> None:
        """One case and what happens to it; what would happen after the 28th never does."""
        chance, rules = self.chance, self.known
        categories = list(rules.categories)
        day = date.fromisoformat(f"{month}-01") + timedelta(days=chance.randrange(28))
        units = [unit.code for unit in rules.units.values() if unit.answers and _was_open(unit, day)]
        identity = hashlib.sha256(f"case {self.plan.seed} {next(self._numbers)}".encode()).digest()[:16]
        contact = "13800138000" if chance.random() < 0.7 else ""
        category, unit = chance.choice(categories), chance.choice(units)
        named = None if rules.categories[category].kind == "complaint" else unit
        sent = cases.Submission(identity, category, named, "路灯不亮。", contact, "web", "zh")
        number = cases.open_case(store, self.keys, rules, sent, day).number
        by = self._people(number, unit)
        sequence = 1
        for wait, who, kind, text, data in chance.choices(PATHS, WEIGHTS)[0]:
            day += timedelta(days=wait)
            if day.isoformat()[:7] != month or (who == "reviewer" and kind == "confirmed" and not contact):
                return
            given = {**data, "unit": unit} if kind == "assigned" else data
            if kind == "accepted" and rules.categories[category].kind == "complaint":
                given = {**data, "no_unit": "yes"}
            try:
                if who == "reviewer" and kind in CALLED:
                    cases.contact_of(store, number, by[who], also=partial(_looked, by[who], day))
                sequence = cases.act(store, rules, number, by[who], Act(kind, text, given), day, expected=sequence)
            except CaseError:
                return  # too late for it by then, as when a limit has run out over a holiday

    def _people(self, number: str, unit: str) -> Mapping[str, Actor]:
        return {
            "intake": cases.staff(self.known, "intake", "intake"),
            "handler": cases.staff(self.known, "handler", f"handler-{unit}", unit),
            "reviewer": cases.staff(self.known, "reviewer", "reviewer", "city"),
            "resident": cases.resident(number),
        }


def _looked(by: Actor, day: date, connection: Connection, case: Case) -> None:
    audit.record(connection, look(by, case), datetime.combine(day, time(12), SHANGHAI))


def _asked(survey: Survey, unit: Unit, month: str) -> bool:
    return unit.answers and unit.kind in survey.unit_kinds and _was_open(unit, date.fromisoformat(f"{month}-15"))


def _was_open(unit: Unit, day: date) -> bool:
    return unit.opened <= day and (unit.closed is None or day <= unit.closed)


def _add(connection: Connection, batch: Sequence[Response]) -> None:
    add_responses(connection, [(to_row(one, open_period(connection, one.day)), dict(one.texts)) for one in batch])
