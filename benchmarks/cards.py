"""Ten thousand reply cards on a running server: each is tried by two submissions at once, and answers once."""

import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from benchmarks.figure import Figure
from benchmarks.load import server
from portal.security import TokenSigner
from surveys import cards
from surveys.cards import Card
from surveys.keys import load_keys
from surveys.store import Store
from surveys.store.cards import BatchRow

SURVEY, UNIT = "sense-of-safety", "chengdong"
FORM = f"/portal/s/{SURVEY}?unit={UNIT}"
ANSWERS = {"overall": "4", "night": "4", "theft": "3", "traffic": "5"}
CLIENTS, TRIES = 12, 2
_TAKEN, _REFUSED = 303, (422, 429)


def spend(small: bool) -> Iterator[Figure]:
    """Durable POSTs that each bring a card against POSTs without one; RuntimeError if a card answers twice or never."""
    number = 150 if small else 10_000
    with tempfile.TemporaryDirectory() as name:
        database = Path(name) / "huiyin.db"
        settings = {"HUIYIN_DATABASE": str(database), "HUIYIN_MINIMUM_SECONDS": "0"}
        with server("-m", "portal", HUIYIN_ANSWERS_PER_MINUTE="60000", **settings) as address:
            drawn = _issued(database, number)
            tries = [card for card in drawn for _ in range(TRIES)]
            random.Random(10).shuffle(tries)
            without, _ = _post(address, _forms(database, [None] * number))
            rate, told = _post(address, _forms(database, tries))
        _require_once(database, number, told)
    name = f"cards: durable POST with one of {number:,} cards, each tried {TRIES} times, against POST without"
    ratio = round(rate / without, 3)
    yield Figure(name, round(rate, 3), "requests/s", round(without, 3), ratio, (ratio, ratio), 1)


def _issued(database: Path, number: int) -> Sequence[Card]:
    with Store.open(database) as store:
        batch, drawn = cards.prepare(store, load_keys(database, create=False), number)
        cards.issue(store, BatchRow(batch, SURVEY, UNIT, "2026-11-01", number))
        return drawn


def _forms(database: Path, brought: Sequence[Card | None]) -> list[str]:
    """What is posted, one form for each card or none, each with a token of its own."""
    signer = TokenSigner(load_keys(database, create=False))
    found = []
    for card in brought:
        typed = {"_card_number": card.number, "_card_secret": card.secret} if card else {}
        found.append(urlencode({"_token": signer.new(SURVEY, 1), **ANSWERS, **typed}))
    return found


def _post(address: str, forms: Sequence[str]) -> tuple[float, Counter[int]]:
    """Forms a second that were answered, and with which status, by several clients in processes of their own."""
    shares = [forms[place::CLIENTS] for place in range(CLIENTS)]
    with ProcessPoolExecutor(CLIENTS) as pool:
        list(pool.map(abs, range(CLIENTS)))
        start = time.perf_counter()
        told = pool.map(_client, [address] * CLIENTS, shares)
        found = Counter(chain.from_iterable(told))
        return len(forms) / (time.perf_counter() - start), found


def _client(address: str, forms: Sequence[str]) -> list[int]:
    """Post one after another, again while the server asks for it; gives the statuses."""
    found = []
    with closing(HTTPConnection(urlsplit(address).netloc, timeout=60)) as connection:
        for form in forms:
            while (status := _send(connection, form)) == 503:
                time.sleep(0.01)
            found.append(status)
    return found


def _send(connection: HTTPConnection, form: str) -> int:
    connection.request("POST", FORM, form, {"Content-Type": "application/x-www-form-urlencoded"})
    response = connection.getresponse()
    response.read()
    return response.status


def _require_once(database: Path, number: int, told: Counter[int]) -> None:
    """RuntimeError unless every card answered once, and every other try was refused."""
    with closing(sqlite3.connect(database)) as connection:
        counts = [
            connection.execute(statement).fetchone()[0]
            for statement in (
                "SELECT count(*) FROM responses WHERE basis = 'card'",
                "SELECT sum(n) FROM card_uses",
                "SELECT count(*) FROM cards",
            )
        ]
    refused = sum(told[status] for status in _REFUSED)
    if counts != [number, number, 0] or told[_TAKEN] != number or refused != number * (TRIES - 1):
        raise RuntimeError(f"{number} cards: answers, uses and cards left are {counts}, and the server said {told}")
