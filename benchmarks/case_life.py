"""The life of a case through the pages: opened, taken on, answered, settled, closed."""

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from benchmarks.desk import ROAD, here_of, model, office_of, signed_in
from benchmarks.figure import Figure, in_turn
from portal.state import Portal
from surveys import case_ledger

UNIT = "chengdong"
TEXTS: Mapping[str, str] = {"replied": "我们去看看。", "outcome": "修好了。"}
STAFF = {"intake": None, "handler": UNIT, "reviewer": "chengqu"}
_turn = count(1)


def case(small: bool) -> Iterator[Figure]:
    """One case from suggestion to close by residents and staff in the portal, against the same acts without pages."""
    lives = 1 if small else 10
    with tempfile.TemporaryDirectory() as name:
        app = office_of(Path(name))
        with closing(here_of(app).store):
            clients = {role: signed_in(app, role, unit) for role, unit in STAFF.items()}
            yield in_turn(
                "case: open, reply and close through the portal against the same without pages",
                "ms",
                partial(_each, lives, lambda: _live(app, clients)),
                partial(_each, lives, lambda: model(here_of(app), 0, ROAD, UNIT)),
                1 if small else 9,
            )


def _each(times: int, life: Callable[[], object]) -> float:
    """Milliseconds that one takes."""
    begun = time.perf_counter()
    for _ in range(times):
        life()
    return (time.perf_counter() - begun) / times * 1000


def _live(app: Flask, clients: Mapping[str, FlaskClient]) -> None:
    resident = app.test_client()
    visitor = {"REMOTE_ADDR": "10.{}.{}.{}".format(*next(_turn).to_bytes(3))}
    number, secret = _open(resident, visitor)
    for role, kind, data in ROAD:
        expected = str(_sequence(here_of(app), number))
        if role == "resident":
            codes = {"number": number, "secret": secret, "satisfied": "yes", "sequence": expected}
            _post(resident, "/case/solved", codes, visitor)
            continue
        given = {**data, "unit": UNIT} if kind == "assigned" else dict(data)
        sent = {**given, "text": TEXTS.get(kind, ""), "expected": expected}
        _post(clients[role], f"/staff/case/{number}/act/{kind}", sent, visitor)
    if _sequence(here_of(app), number) != len(ROAD) + 1:
        raise RuntimeError("a case was not led to its end")


def _open(resident: FlaskClient, visitor: dict[str, str]) -> tuple[str, str]:
    token = re.findall(r'name="_token" value="([^"]+)"', resident.get("/suggest").text)[0]
    sent = {"_token": token, "category": "documents", "unit": "", "text": "路灯不亮。", "contact": "13800138000"}
    page = resident.post("/suggest/send", data=sent, environ_overrides=visitor).text
    number, secret = (re.sub(r"\D", "", code) for code in re.findall(r'class="code">([\d ]+)<', page))
    return number, secret


def _post(client: FlaskClient, address: str, data: Mapping[str, str], visitor: dict[str, str]) -> None:
    if (status := client.post(address, data=data, environ_overrides=visitor).status_code) not in (200, 303):
        raise RuntimeError(f"{address} was answered with {status}")


def _sequence(here: Portal, number: str) -> int:
    found = here.store.read(lambda connection: case_ledger.load(connection, number))
    return found.standing.sequence if found else 0
