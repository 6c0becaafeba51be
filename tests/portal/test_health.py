"""Whether it lives and is ready, what is counted, and what is told to the operator: nothing of any visitor."""

import json
import logging
import re
import sqlite3
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from portal import create_app, health, journal
from portal.config import Config
from portal.metrics import PART, STEP, is_on_this_machine
from portal.server import make_application
from portal.state import Portal
from surveys.responses import save
from surveys.store import Store
from tests.cluster import TestCluster
from tests.portal.conftest import ROOT
from tests.surveys.test_responses import response

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture(autouse=True)
def each_look_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SECONDS", 0.0)


def test_a_portal_that_can_take_answers_says_so(client: FlaskClient) -> None:
    assert client.get("/health/live").json == {"live": True}
    ready = client.get("/health")
    assert (ready.status_code, ready.headers["Cache-Control"]) == (200, "no-store")
    assert ready.json == {"ready": True, "store": "ready", "definitions": "in force"}


@pytest.mark.sqlite
def test_a_locked_store_is_busy_and_still_lives(
    client: FlaskClient, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(config.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = client.get("/health")
        assert (found.status_code, found.json["store"]) == (503, "busy")  # type: ignore[index]
        client.get("/health")
        assert client.get("/health/live").status_code == 200
        other.execute("ROLLBACK")
    assert caplog.text.count("not ready: the store is busy") == 1
    assert client.get("/health").status_code == 200


def test_a_server_that_is_gone_is_told_apart_from_a_busy_one(cluster: TestCluster, tmp_path: Path) -> None:
    server = cluster.emptied(tmp_path)
    app = create_app(Config(server, ROOT / "surveys/definitions", tmp_path / "public"))
    here: Portal = app.extensions["portal"]
    assert app.test_client().get("/health").json["store"] == "ready"  # type: ignore[index]
    home: Any = here.store._home
    home._engine.dispose()
    home._primary._address = replace(home._address, hosts=((str(tmp_path / "gone"), 5432),))
    home._primary.forget()
    found = app.test_client().get("/health")
    assert (found.status_code, found.json["store"]) == (503, "unreachable")  # type: ignore[index]
    here.store.close()


@pytest.mark.sqlite
def test_keys_that_cannot_be_read_are_told_as_a_fault_of_no_request(
    app: Flask, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    secret = config.database.with_suffix(".key")
    content = secret.read_bytes()
    secret.write_bytes(b"torn")
    assert app.test_client().get("/health").status_code == 200
    secret.write_bytes(content)
    told = [one for one in caplog.records if "keys cannot be read" in one.getMessage()]
    assert told
    assert not any(hasattr(one, "status") for one in told), "the request was answered"


@pytest.mark.sqlite
def test_a_store_that_was_removed_is_unusable(client: FlaskClient, config: Config) -> None:
    config.database.unlink()
    assert client.get("/health").json == {"ready": False, "store": "unusable", "definitions": "in force"}
    assert not config.database.exists()


def test_a_disk_that_is_nearly_full_is_told_before_an_answer_is_refused(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LEAST_FREE", 1 << 62)
    found = client.get("/health")
    assert (found.status_code, found.json["store"]) == (503, "full")  # type: ignore[index]


@pytest.mark.sqlite
def test_a_flood_of_questions_asks_the_store_once_a_second(
    client: FlaskClient, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "SECONDS", 3600.0)
    assert client.get("/health").status_code == 200
    config.database.unlink()
    assert client.get("/health").status_code == 200


# Counts


def counted(text: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"^(\w[^#\n]*) (\d+)$", text, re.M)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder = tmp_path_factory.mktemp("whole")
    return Client(make_application(Config(folder / "huiyin.db", ROOT / "surveys/definitions", folder / "public")))


def test_visits_are_told_in_whole_hundreds_and_refusals_exactly(whole: Client) -> None:
    before = counted(whole.get("/portal/metrics", environ_overrides=LOCAL).text)
    for _ in range(STEP):
        whole.get("/portal/health/live")
    answers = [whole.get("/portal/feed/guess.xml").status_code for _ in range(25)]
    assert set(answers) == {404, 429}
    told = counted(whole.get("/portal/metrics", environ_overrides=LOCAL).text)
    visits = 'huiyin_requests_total{face="portal",status="2xx"}'
    assert told[visits] - before.get(visits, 0) == STEP
    assert all(value % STEP == 0 for name, value in told.items() if "requests_total" in name)
    assert told["huiyin_ready"] == 1
    assert told["huiyin_store_bytes"] > 0 < told["huiyin_disk_free_bytes"]
    refused = {name: value for name, value in told.items() if "refusals_total" in name}
    assert refused == {'huiyin_refusals_total{route="case_feeds.feed",status="429"}': answers.count(429)}


def test_no_size_tells_of_a_single_answer(tmp_path: Path) -> None:
    database = tmp_path / "huiyin.db"
    client = Client(make_application(Config(database, ROOT / "surveys/definitions", tmp_path / "public")))

    def sizes() -> set[int]:
        told = counted(client.get("/portal/metrics", environ_overrides=LOCAL).text)
        return {value for name, value in told.items() if name.endswith("_bytes")}

    found = [sizes()]
    with Store.open(database, settle_after=600) as store:
        for _ in range(5):
            save(store, response())
            found.append(sizes())
    assert len({min(one) for one in found}) == 1, "the store's, which is smaller than what is free"
    assert all(size % PART == 0 for one in found for size in one)


def test_every_family_of_counts_is_explained_once(whole: Client) -> None:
    text = whole.get("/portal/metrics", environ_overrides=LOCAL).text
    families = re.findall(r"^# TYPE (\w+) (?:gauge|counter)$", text, re.M)
    assert len(families) == len(set(families)) == len(re.findall("^# HELP", text, re.M))
    assert {re.split(r"[ {]", line)[0] for line in text.splitlines() if line[0] != "#"} <= set(families)


@pytest.mark.parametrize(
    "asked",
    [
        {"REMOTE_ADDR": "203.0.113.7"},
        {"REMOTE_ADDR": ""},
        LOCAL | {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        LOCAL | {"HTTP_FORWARDED": "for=127.0.0.1"},
    ],
)
def test_nobody_elsewhere_sees_the_counts(whole: Client, asked: dict[str, str]) -> None:
    assert whole.get("/portal/metrics", environ_overrides=asked).status_code == 404


def test_a_proxy_that_names_a_loopback_address_is_not_believed() -> None:
    behind = {"REMOTE_ADDR": "127.0.0.1", "werkzeug.proxy_fix.orig": {"REMOTE_ADDR": "203.0.113.7"}}
    assert not is_on_this_machine(behind)
    assert is_on_this_machine({"REMOTE_ADDR": "::1"})


# Lines for the operator


def line_of(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    (line,) = capsys.readouterr().err.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> "pytest.MonkeyPatch":
    """What is told goes out as in earnest, and pytest's own hooks come back afterwards."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    return monkeypatch


@pytest.mark.sqlite
def test_an_event_names_hour_level_route_and_status(
    app: Flask, lines: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.install()
    Path(app.extensions["portal"].config.database).unlink()
    app.test_client().post("/suggest/send", data={"text": "secret-words"}, headers={"User-Agent": "secret-agent"})
    app.test_client().post("/helpful?why=secret", data={"page": "/", "answer": "yes"})
    with app.test_request_context("/portal/feed/secret-key.xml"):
        journal.LOG.error("store: %s", "full", extra={"status": 503})
    told = line_of(capsys)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d\+08:00", str(told.pop("at")))
    assert told == {"level": "error", "what": "store: full", "route": None, "status": 503}


def test_words_of_libraries_and_of_errors_are_left_out(
    lines: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.install()
    try:
        int("secret-words")
    except ValueError:
        logging.getLogger("some.library").exception("could not read %s", "secret-words")
    told = line_of(capsys)
    assert str(told["what"]).startswith("some.library: ValueError at ")
    logging.getLogger("other").warning("secret-words")
    assert str(line_of(capsys)["what"]).startswith("other at test_health.py:")
    failing = threading.Thread(target=int, args=("secret-words",))
    failing.start()
    failing.join()
    assert str(line_of(capsys)["what"]).startswith("unexpected ValueError at ")
