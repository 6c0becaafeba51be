"""What is left behind of a visitor: marks in every header and field, then every file, line and column is searched."""

import re
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import accounts
from portal.config import Config
from portal.state import Portal
from surveys import cards
from surveys.codes import grouped
from surveys.store.cards import BatchRow
from tests import pictures
from tests.portal.conftest import TODAY, token_in
from tests.portal.desk_office import Office
from tests.portal.test_case_photos import multipart
from tests.portal.test_suggest import codes_in

ADDRESS, SPOOFED = "203.0.113.77", "198.51.100.66"
SENDER = {
    "User-Agent": "mark-agent-4c1f",
    "Referer": "https://mark-referer-9a2e.example/",
    "X-Forwarded-For": SPOOFED,
    "Cookie": "mark-cookie-77d0=1",
    "Accept-Language": "zh-CN, mark-8e21;q=0.1",
}
NOWHERE = (
    ADDRESS, SPOOFED, *SENDER["User-Agent"].split(), "mark-referer-9a2e", "mark-cookie-77d0", "mark-8e21",
    "mark-query-51bb", "mark-path-60cd", "mark-field-0f3a", "mark-password-b7c2", "mark-contact-13900000000",
    "mark-mail-e5d4",
)  # fmt: skip
"""What may stand in no byte of any file and in no line."""
RATING_WORDS, CASE_WORDS = "mark-rating-words-2d6b", "mark-case-words-c93e"
OPEN311_WORDS, OPEN311_PLACE = "mark-open-words-7e11", "mark-open-place-0a55"
HOMES = {
    RATING_WORDS: {("response_texts", "text")},
    CASE_WORDS: {("case_texts", "text")},
    OPEN311_WORDS: {("case_texts", "text")},
    OPEN311_PLACE: {("case_texts", "text")},
}
"""Where what somebody wrote for others to read may stand: in tables of its own that retention empties."""
FIELDS = (
    "_token",
    "account",
    "address",
    "answer",
    "answers",
    "batch",
    "by",
    "card",
    "category",
    "code",
    "contact",
    "current",
    "day",
    "expected",
    "from",
    "grant",
    "id",
    "key",
    "language",
    "name",
    "new",
    "nonce",
    "note",
    "number",
    "outcome",
    "page",
    "period",
    "place",
    "q",
    "reason",
    "role",
    "secret",
    "sent",
    "sheet",
    "summary",
    "survey",
    "sure",
    "text",
    "title",
    "topic",
    "unit",
)


@pytest.fixture
def visitor(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser whose every request is marked; temporary files go to a folder that is searched."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    client = app.test_client()
    mark(client)
    return client


def mark(client: FlaskClient) -> None:
    client.environ_base["REMOTE_ADDR"] = ADDRESS
    for name, value in SENDER.items():
        client.environ_base[f"HTTP_{name.upper().replace('-', '_')}"] = value


def every_form(client: FlaskClient, here: Portal) -> list[str]:
    """What residents can send, each form once as it is meant, and twice with a wrong secret; gives
    the secrets and what the photo told."""
    form = "/s/visit?unit=chengdong&from=mark-query-51bb"
    rating = {"_token": token_in(client.get(form).text), "overall": "2", "better": RATING_WORDS}
    assert client.post(form, data=rating).status_code == 303
    card = by_card(client, here)
    token = token_in(client.get("/suggest").text)
    contact = "mark-contact-13900000000"
    wish = {"_token": token, "category": "suggestion", "unit": "chengdong", "text": CASE_WORDS, "contact": contact}
    assert client.post("/suggest", data=wish).status_code == 200
    number, secret = codes_in(client.post("/suggest/send", data=wish).text)
    codes = {"number": number, "secret": secret}
    assert client.post("/case", data=codes).status_code == 200
    body, kind = multipart(codes, [pictures.told_on()])
    assert client.post("/case/photos", data=body, content_type=kind).status_code == 200
    turn = dict(re.findall(r'name="(nonce|seen)" value="([^"]*)"', client.post("/case", data=codes).text))
    feed = re.search(r"/feed/([\w-]+)\.xml", client.post("/case/feed", data={**codes, **turn}).text)
    open311 = {
        "service_code": "suggestion", "description": OPEN311_WORDS, "address_string": OPEN311_PLACE,
        "email": "mark-mail-e5d4@example.org", "phone": "mark-field-0f3a", "first_name": "mark-field-0f3a",
        "device_id": "mark-field-0f3a", "account_id": "mark-field-0f3a", "lat": "31.23", "long": "121.48",
    }  # fmt: skip
    assert client.post("/open311/v2/requests.json", data=open311).status_code < 500
    assert client.post("/case", data={**codes, "secret": "1" * 20}).status_code in (404, 422)
    client.post("/staff/sign-in", data={"name": "mark-field-0f3a", "password": "mark-password-b7c2", "code": "123456"})
    assert feed
    return [secret, grouped(secret), card, grouped(card), feed[1], "Telephone"]


def by_card(client: FlaskClient, here: Portal) -> str:
    """An answer by a reply card; gives the card's secret."""
    batch, drawn = cards.prepare(here.store, here.keys, 2)
    cards.issue(here.store, BatchRow(batch, "counter-service", "chengdong-hukou", TODAY.isoformat(), 2))
    here.watch.look_again()
    form = "/s/counter-service?unit=chengdong-hukou"
    given = {"overall": "5", "_card_number": drawn[0].number, "_card_secret": drawn[0].secret}
    assert client.post(form, data={"_token": token_in(client.get(form).text), **given}).status_code == 303
    wrong = {**given, "_token": token_in(client.get(form).text), "_card_number": drawn[1].number}
    assert client.post(form, data=wrong).status_code == 422
    return drawn[0].secret


def everything_else(app: Flask, client: FlaskClient) -> int:
    """Each route by each of its methods with marks in path, query and every field; gives how many answered."""
    junk = dict.fromkeys(FIELDS, "mark-field-0f3a")
    asked = 0
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:int[^>]*|[^>]*length=1[06][^>]*)>", "0123456789", rule.rule)
        path = re.sub(r"<any\((\w+)[^>]*>", r"\1", path)
        path = re.sub(r"<[^>]+>", "mark-path-60cd", path)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            data = junk if method == "POST" else None
            status = client.open(path, method=method, data=data, query_string={"x": "mark-query-51bb"}).status_code
            assert status < 500, (method, path)
            asked += 1
    return asked


def files_with(marks: Iterable[str], *folders: Path) -> list[tuple[Path, str]]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    wanted = list(marks)
    return [(path, mark) for path in files for mark in wanted if mark.encode() in path.read_bytes()]


def homes(database: Path, word: str) -> set[tuple[str, str]]:
    """The tables and columns that hold a word."""
    found = set()
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for _, column, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall():
                where = f"instr(CAST({column} AS BLOB), CAST(? AS BLOB)) > 0"
                if connection.execute(f"SELECT 1 FROM {table} WHERE {where}", [word]).fetchone():
                    found.add((table, column))
    return found


@pytest.mark.sqlite
def test_nothing_that_is_stored_or_told_leads_to_a_visitor(
    app: Flask,
    here: Portal,
    config: Config,
    visitor: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    office = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: office.guard)
    secrets = every_form(visitor, here)
    clerk = office.client("intake")
    mark(clerk)
    assert everything_else(app, visitor) + everything_else(app, clerk) > 200
    written = files_with([*NOWHERE, *secrets], config.database.parent)
    assert written == []
    for word, allowed in HOMES.items():
        assert homes(config.database, word) == allowed, word
    here.store.settle()
    assert {path.name for path, _ in files_with(HOMES, config.database.parent)} == {"huiyin.db"}
    # And when the store fails under every form.
    config.database.rename(config.database.with_name("away.db"))
    token = token_in(visitor.get("/suggest").text)
    assert visitor.post(
        "/suggest/send", data={"_token": token, "category": "suggestion", "text": CASE_WORDS}
    ).status_code
    told = caplog.text + "".join(capfd.readouterr())
    assert "was removed or replaced while in use" in told
    assert [mark for mark in (*NOWHERE, *HOMES, *secrets) if mark in told] == []


def test_a_fault_in_a_form_is_told_without_what_was_typed(
    visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError(f"{CASE_WORDS} cannot be read")

    token = token_in(visitor.get("/suggest").text)
    monkeypatch.setattr("portal.suggest.cases.open_case", fail)
    wish = {"_token": token, "category": "suggestion", "unit": "chengdong", "text": CASE_WORDS, "contact": ""}
    page = visitor.post("/suggest/send", data=wish)
    assert page.status_code == 500
    assert CASE_WORDS not in page.text
    assert "unexpected ValueError at" in caplog.text
    assert CASE_WORDS not in caplog.text
