"""Two portals on hosts of their own over one server: what holds over both, and what each keeps for itself."""

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import create_app
from portal.config import Config
from portal.state import Portal
from surveys.accounts import Guard
from surveys.audit import by_system, record, verify
from surveys.errors import SignInError, ThrottledError
from surveys.responses import save
from surveys.sessions import TRIES_PER_NAME, sign_in
from surveys.store import Connection, Server, answers
from tests.cluster import TestCluster, insist
from tests.portal.conftest import TODAY, LintingClient, rows, token_in
from tests.portal.desk_office import CHEAP, Office
from tests.surveys.test_responses import response

ROOT = Path(__file__).parents[2]
FORM = "/s/visit?unit=chengdong"
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
MONTHS = ("2026-11", "2026-12")


def portal_in(folder: Path, server: Server) -> Flask:
    assert server.address
    app = create_app(
        Config(
            database=Server.at(server.address, folder),
            definitions=ROOT / "surveys/definitions",
            public=folder / "public",
            minimum_seconds=0,
            answers_per_minute=4,
            today=TODAY,
        )
    )
    app.test_client_class = LintingClient
    return app


@pytest.fixture
def hosts(cluster: TestCluster, tmp_path: Path) -> Iterator[tuple[Flask, Flask]]:
    """The same keys on both, each in a folder of its own."""
    server = cluster.emptied(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    one, two = (portal_in(tmp_path / name, server) for name in ("one", "two"))
    yield one, two
    for app in (one, two):
        here(app).store.close()


def here(app: Flask) -> Portal:
    found: Portal = app.extensions["portal"]
    return found


def sent(app: Flask, token: str) -> TestResponse:
    return app.test_client().post(FORM, data={"_token": token, "overall": "4", "better": "路灯"})


def test_a_form_of_one_host_is_taken_by_the_other_and_counts_once(hosts: tuple[Flask, Flask]) -> None:
    one, two = hosts
    token = token_in(one.test_client().get(FORM).text)
    receipts = {sent(app, token).headers["Location"] for app in (two, one, two)}
    assert len(receipts) == 1
    for app in hosts:
        assert app.test_client().get(receipts.copy().pop()).status_code == 200
    assert rows(here(one), "SELECT count(*) FROM responses") == [(1,)]


def test_a_month_that_one_host_closed_takes_no_answer_at_the_other(hosts: tuple[Flask, Flask]) -> None:
    one, two = hosts
    token = token_in(two.test_client().get(FORM).text)
    here(one).store.write(lambda connection: answers.close_period(connection, "2026-11", "2026-12-01"))
    assert sent(two, token).status_code == 303
    assert rows(here(one), "SELECT day, period FROM responses") == [("2026-11-20", "2026-12")]


def test_what_was_counted_when_a_month_closed_stays_so_while_answers_come_in(hosts: tuple[Flask, Flask]) -> None:
    one, two = (here(app).store for app in hosts)
    busy, closed, saved = threading.Event(), threading.Event(), [0]

    def answer() -> None:
        left = 10
        while left:
            insist(partial(save, two, response()))
            saved[0] += 1
            left -= closed.is_set()
            if saved[0] == 10:
                busy.set()

    def close(connection: Connection) -> int:
        answers.close_period(connection, "2026-11", "2026-12-01")
        return answers.count_of(connection, "2026-11")

    thread = threading.Thread(target=answer)
    thread.start()
    busy.wait()
    counted = one.write(close, deadline=60)
    closed.set()
    thread.join()
    found = [one.read(lambda connection, month=month: answers.count_of(connection, month)) for month in MONTHS]  # type: ignore[misc]
    assert found == [counted, saved[0] - counted]
    assert counted >= 10


def test_the_audit_of_both_is_one_chain(hosts: tuple[Flask, Flask]) -> None:
    stores = [here(app).store for app in hosts]
    threads = [threading.Thread(target=act_often, args=(app,)) for app in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [verify(store).count for store in stores] == [24, 24]


def act_often(app: Flask) -> None:
    for _ in range(12):
        here(app).store.write(lambda connection: record(connection, by_system("backup")), deadline=60)


def test_too_many_wrong_passwords_are_counted_over_both(hosts: tuple[Flask, Flask]) -> None:
    name = Office(hosts[0], here(hosts[0])).issued("intake").account.name
    guards = [Guard(here(app).store, here(app).keys, CHEAP) for app in hosts]
    for turn in range(TRIES_PER_NAME):
        with pytest.raises(SignInError, match="do not fit"):
            sign_in(guards[turn % 2], name, "wrong", "000000", NOW)
    for guard in guards:
        with pytest.raises(ThrottledError):
            sign_in(guard, name, "wrong", "000000", NOW)


def test_a_session_of_one_host_is_open_and_ended_at_both(hosts: tuple[Flask, Flask]) -> None:
    one = hosts[0]
    token = Office(one, here(one)).token("intake")
    clients = [app.test_client() for app in hosts]
    for client in clients:
        client.set_cookie("huiyin_staff", token, path="/staff")
        assert client.get("/staff/").status_code == 200
    assert clients[1].post("/staff/sign-out", data={"x": ""}).status_code == 303
    assert [client.get("/staff/").status_code for client in clients] == [303, 303]


def test_limits_by_address_are_each_hosts_own(hosts: tuple[Flask, Flask]) -> None:
    statuses = [[sent(app, token_in(app.test_client().get(FORM).text)).status_code for _ in range(5)] for app in hosts]
    assert statuses == [[303] * 4 + [429]] * 2
