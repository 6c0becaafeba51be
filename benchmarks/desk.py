"""The first page of the desk: an office with a hundred times as many cases must open it as fast."""

import os
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from benchmarks.figure import Figure, in_turn
from benchmarks.load import ROOT
from portal import create_app
from portal.accounts import COOKIE
from portal.config import Config
from portal.state import Portal
from surveys import cases, codes, duties, sessions, staff
from surveys.accounts import Guard
from surveys.cases import Act, Kind
from surveys.passwords import Cost
from surveys.store import Connection
from surveys.store.schema import case_board, case_contacts, case_events, case_texts
from surveys.store.schema import cases as case_table

TODAY = date(2026, 11, 20)
UNITS = ("chengdong", "chengxi", "chengbei")
TABLES = (case_table, case_events, case_texts, case_contacts, case_board)
Step = tuple[str, Kind, Mapping[str, str]]
ROAD: tuple[Step, ...] = (
    ("intake", "accepted", {}),
    ("intake", "assigned", {}),
    ("handler", "replied", {}),
    ("handler", "outcome", {"outcome": "on-the-spot"}),
    ("resident", "confirmed", {}),
    ("reviewer", "closed", {}),
)
PATHS: tuple[tuple[Step, ...], ...] = (
    *(ROAD[:stop] for stop in range(len(ROAD) + 1)),
    (*ROAD[:4], ("resident", "disputed", {})),
)
"""What happened to the model cases: the whole road, each part of it, and an outcome that was disputed."""
AGES = (0, 1, 2, 4, 7, 12, 20, 30, 45)
"""How many days ago the model cases came in."""
POSTS = {"intake": None, "handler": "chengdong"}


def desk(small: bool) -> Iterator[Figure]:
    """The first page of the desk with many cases against few, as intake and as a handler of one unit."""
    few, many = (100, 1_000) if small else (1_000, 100_000)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        ages = AGES[::4] if small else AGES
        offices = [_office(Path(folder) / str(total), total, ages) for total in (few, many)]
        for app in offices:
            stack.callback(here_of(app).store.close)
        for role, unit in POSTS.items():
            small_office, large_office = (signed_in(app, role, unit) for app in offices)
            yield in_turn(
                f"desk: first page as {role} with {many:,} cases against {few:,}",
                "ms",
                partial(_open, large_office, 3 if small else 20),
                partial(_open, small_office, 3 if small else 20),
                1 if small else 15,
            )


def here_of(app: Flask) -> Portal:
    """What its requests work with."""
    found: Portal = app.extensions["portal"]
    return found


def _open(client: FlaskClient, times: int) -> float:
    """Milliseconds that the page takes."""
    start = time.perf_counter()
    for _ in range(times):
        if client.get("/staff/").status_code != 200:
            raise RuntimeError("the desk did not open")
    return (time.perf_counter() - start) / times * 1000


def signed_in(app: Flask, role: str, unit: str | None) -> FlaskClient:
    """A browser in which somebody of that role has signed in."""
    here = here_of(app)
    guard = Guard(here.store, here.keys, Cost(memory=8, passes=1, lanes=1))
    post = duties.post_of([role], unit, here.definitions.units)
    now = datetime.now(UTC)
    issued = staff.add(guard, None, role, role, post, now)
    begun = sessions.sign_in(guard, issued.account.name, issued.password or "", issued.recovery[0], now)
    begun = sessions.change_password(guard, begun, issued.password or "", "a stone bridge at the lake", now)
    client = app.test_client()
    client.set_cookie(COOKIE, begun.token, path="/staff")
    return client


def office_of(folder: Path) -> Flask:
    """A portal with an empty store in a folder, that waits for no typing."""
    rules = ROOT / "surveys/definitions"
    return create_app(Config(database=folder / "huiyin.db", definitions=rules, today=TODAY, minimum_seconds=0))


def _office(folder: Path, total: int, ages: Sequence[int]) -> Flask:
    """A desk with so many cases: model cases that went the real way, copied under other numbers."""
    folder.mkdir()
    app = office_of(folder)
    here = here_of(app)
    models = [model(here, age, path, unit) for age in ages for path in PATHS for unit in UNITS]
    shapes = here.store.read(lambda connection: [_rows(connection, number) for number in models])
    numbers = _numbers(total - len(models))
    while batch := list(islice(numbers, 2_000)):
        here.store.write(partial(_copy, shapes=shapes, numbers=batch), deadline=60)
    return app


def model(here: Portal, age: int, path: tuple[Step, ...], unit: str) -> str:
    """A case that came in so many days ago and went this way; gives its number."""
    day, rules = TODAY - timedelta(days=age), here.definitions
    sent = cases.Submission(os.urandom(16), "documents", None, "路灯不亮。", "13800138000", "web", "zh")
    number = cases.open_case(here.store, here.keys, rules, sent, day).number
    by = {
        "intake": cases.staff(rules, "intake", "intake"),
        "handler": cases.staff(rules, "handler", "handler", unit),
        "reviewer": cases.staff(rules, "reviewer", "reviewer", "chengqu"),
        "resident": cases.resident(number),
    }
    for sequence, (who, kind, data) in enumerate(path, 1):
        given = {**data, "unit": unit} if kind == "assigned" else data
        text = "我们去看看。" if kind in ("replied", "outcome", "disputed") else ""
        cases.act(here.store, rules, number, by[who], Act(kind, text, given), day, expected=sequence)
    return number


def _rows(connection: Connection, number: str) -> list[list[dict[str, Any]]]:
    """The rows of one case, table by table."""
    found = (connection.execute(select(table).where(table.c.number == number)).mappings() for table in TABLES)
    return [[dict(row) for row in rows] for rows in found]


def _numbers(total: int) -> Iterator[str]:
    """Distinct case numbers in no order."""
    stems = random.Random(1).sample(range(100_000_000, 1_000_000_000), total)
    return (f"{stem}{codes.check_digit(str(stem))}" for stem in stems)


def _copy(connection: Connection, shapes: Sequence[list[list[dict[str, Any]]]], numbers: Sequence[str]) -> None:
    for place, table in enumerate(TABLES):
        pairs = [(number, row) for turn, number in enumerate(numbers) for row in shapes[turn % len(shapes)][place]]
        connection.execute(insert(table), [{**row, "number": number} for number, row in pairs])
