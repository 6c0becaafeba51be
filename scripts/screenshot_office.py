"""A made-up office for the screenshots of the handbook: an account for each role, cases at every step, answers."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path

from scripts.screenshot_words import CASES, PEOPLE, REPLIES, TEMPLATES, THEME_TEXTS
from surveys import audit, cases, exclusions, reply_templates, responses, sessions, staff
from surveys.accounts import Guard
from surveys.case_calls import CALLED, look
from surveys.definition import Definitions, load
from surveys.duties import Account, post_of
from surveys.exclusions import Proposal
from surveys.keys import key_paths, load_keys
from surveys.passwords import Cost
from surveys.store import Connection, Store
from surveys.store.answers import add_responses
from surveys.store.exclusion_batches import Cell

TODAY = date(2026, 11, 18)
SURVEY = "counter-service"
_CHEAP = Cost(memory=8, passes=1, lanes=1)
_MASTER = bytes(range(32))
_CONTACT = "13800138000"
_FLOOD = date(2026, 11, 8)


@dataclass
class Office:
    """The office in one language: tokens of signed-in accounts by role, case numbers and secrets by name."""

    store: Store
    guard: Guard
    rules: Definitions
    language: str
    accounts: dict[str, Account] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    turn: "count[int]" = field(default_factory=lambda: count(1))

    def named(self, text: str) -> str:
        """The text with the names of places and secrets replaced by what they stand for."""
        known = {**{f"SECRET_OF_{name}": secret for name, secret in self.secrets.items()}, **self.places}
        for name in sorted(known, key=len, reverse=True):
            text = text.replace(name, known[name])
        return text


def make(database: Path, definitions: Path, language: str) -> Office:
    """Fill a database that does not exist yet; its case numbers are the same each time."""
    master, public, private = key_paths(database)
    database.parent.mkdir(parents=True, exist_ok=True)
    for path in (database, master, public, private):
        path.unlink(missing_ok=True)
    master.write_bytes(_MASTER)
    keys = load_keys(database, create=True)
    store = Store.open(database, create=True)
    office = Office(store, Guard(store, keys, _CHEAP), load(definitions), language)
    _hire(office, private.read_bytes())
    _write_templates(office)
    _open_cases(office)
    _collect_answers(office)
    return office


def _hire(office: Office, contact: bytes) -> None:
    """An account for each role, signed in as people are: one-time password, recovery code, a password of one's own."""
    for who, (role, unit, titles) in PEOPLE.items():
        title = titles[office.language]
        name = title.replace(" ", "-")
        now = datetime.now(UTC)
        post = post_of([role], unit, office.rules.units)
        key = contact if who == "reviewer" else None
        issued = staff.add(office.guard, None, name, title, post, now, key)
        office.accounts[who] = issued.account
        if issued.password and who != "second reviewer":
            begun = sessions.sign_in(office.guard, issued.account.name, issued.password, issued.recovery[0], now)
            own = secrets.token_urlsafe()
            office.tokens[who] = sessions.change_password(office.guard, begun, issued.password, own, now).token


def _write_templates(office: Office) -> None:
    for number, (title, text) in enumerate(TEMPLATES[office.language], 1):
        draft = reply_templates.Draft(title, office.language, text)
        reply_templates.add(office.store, office.accounts["publisher"], f"{number:016}", draft, TODAY, _moment(TODAY))


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(1, 30), UTC)


def _open_cases(office: Office) -> None:
    for name, (days_ago, category, texts, contact, steps) in CASES.items():
        day = TODAY - timedelta(days=days_ago)
        sent = cases.Submission(
            next(office.turn).to_bytes(16), category, None, texts[office.language], _CONTACT if contact else "",
            "web", office.language,
        )  # fmt: skip
        opened = cases.open_case(office.store, office.guard.keys, office.rules, sent, day)
        office.places[name], office.secrets[name] = opened.number, opened.secret
        for later, who, kind, data in steps:
            _act(office, name, who, kind, data, day + timedelta(days=later))


def _act(office: Office, name: str, who: str, kind: cases.Kind, data: Mapping[str, str], day: date) -> None:
    number, by = office.places[name], _actor(office, name, who)
    case = cases.look_up(office.store, office.guard.keys, number, office.secrets[name])
    text = REPLIES.get(data.get("say", ""), {}).get(office.language, "")
    given = {key: value for key, value in data.items() if key != "say"}

    def also(connection: Connection, after: cases.Case) -> None:
        if by.staff:
            told = {"sequence": after.standing.sequence, "kind": kind}
            audit.record(connection, audit.Entry(by.staff, by.role, "case_act", number, told), _moment(day))

    def looked(connection: Connection, before: cases.Case) -> None:
        audit.record(connection, look(by, before), _moment(day))

    if by.role == "reviewer" and kind in CALLED:
        cases.contact_of(office.store, number, by, also=looked)
    expected = case.standing.sequence if case else 0
    cases.act(office.store, office.rules, number, by, cases.Act(kind, text, given), day, expected=expected, also=also)


def _actor(office: Office, name: str, who: str) -> cases.Actor:
    if who == "resident":
        return cases.resident(office.places[name])
    role, unit, _ = PEOPLE[who]
    return cases.staff(office.rules, role, office.accounts[who].id, unit)


def _collect_answers(office: Office) -> None:
    """Five answers a day, forty on one day of which most are to be left out, and texts of the month before."""
    days = [TODAY - timedelta(days=back) for back in range(1, 25) for _ in range(5)] + [_FLOOD] * 35
    last_month = TODAY.replace(day=1) - timedelta(days=1)
    made = [_answer(office, day) for day in days]
    made += [_answer(office, last_month, text) for text in THEME_TEXTS[office.language]]
    rows = [(responses.to_row(one, one.day.isoformat()[:7]), dict(one.texts)) for one in made]
    office.store.write(lambda connection: add_responses(connection, rows))
    cell = Cell(SURVEY, "chengdong", "web", "open", _FLOOD.isoformat(), _FLOOD.isoformat()[:7])
    looked = exclusions.look(office.store, office.rules, office.guard.keys, cell, TODAY)
    proposal = Proposal(cell, "flood", looked.takes["flood"])
    office.places["EXCLUSION"] = exclusions.propose(
        office.store, office.rules, office.guard.keys, office.accounts["publisher"], proposal, TODAY
    )


def _answer(office: Office, day: date, text: str = "") -> responses.Response:
    turn = next(office.turn)
    texts = {"better": text} if text else {}
    answers: dict[str, responses.Answer] = {"overall": str(5 - turn % 3)}
    return responses.Response(
        turn.to_bytes(16), SURVEY, 1, "chengdong", "web", "open", office.language, day, answers, texts
    )
