"""Hostile, clumsy and unlucky: what was found by attacking the portal, each with the case that broke it."""

import html
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.bodies import Places
from portal.config import Config, ConfigError
from portal.limits import Limiter
from portal.state import Portal
from surveys.errors import StoreError
from tests.portal.conftest import rows, token_in, with_config
from tests.portal.test_suggest import WISH, codes_in, sent
from tests.serving import Running, serving

FORM = "/s/visit?unit=chengdong"


def language_link(page: str) -> str:
    found = re.search(r'class="tool language" href="([^"]+)"', page)
    assert found, page
    return found.group(1).replace("&amp;", "&")


# What one visitor asks for must not show up on another's page.


def test_the_language_link_of_a_form_keeps_each_visitors_unit(client: FlaskClient) -> None:
    for unit in ("chengdong", "dongyuan", "chengxi"):
        page = client.get(f"/s/visit?unit={unit}&from=poster").text
        assert language_link(page) == f"/s/visit?unit={unit}&lang=en"


@pytest.mark.parametrize("lang", ["weird", "%00", "zh-Hant", "en%22%3E"])
def test_a_language_that_is_not_offered_breaks_no_form(client: FlaskClient, here: Portal, lang: str) -> None:
    page = client.get(f"{FORM}&lang={lang}").text
    assert f'action="{FORM}&amp;sent=1"' in page
    assert len(here.pages._pages) == 1


def test_made_up_languages_fill_no_memory(client: FlaskClient, here: Portal) -> None:
    for number in range(50):
        client.get(f"{FORM}&lang=x{number}")
    assert len(here.pages._pages) == 1


def test_a_page_behind_a_sent_form_offers_no_link_that_would_lose_the_words(client: FlaskClient) -> None:
    data = sent(client)
    pages = [client.post("/suggest", data=data), client.post("/suggest/send", data=data)]
    assert [page.status_code for page in pages] == [200, 200]
    assert not any('class="tool language"' in page.text for page in pages)


# Requests that no browser sends.


@pytest.mark.parametrize("page", ["/\0/", "/" + "a" * 300 + "/", "/" + "a/" * 3000, "/guides/\0", "\ud800"])
def test_addresses_that_cannot_be_files_are_refused(client: FlaskClient, page: str) -> None:
    asked = page.encode(errors="surrogatepass").decode("latin-1")
    assert client.get("/thanks", query_string={"page": asked}).status_code == 200
    assert client.post("/helpful", data={"page": asked, "answer": "yes"}).status_code == 400


@pytest.mark.parametrize("page", ["//guides/", "/./guides/", "/guides/../guides/", "/guides//", "/nowhere/../guides/"])
def test_a_page_is_voted_on_under_one_address_only(client: FlaskClient, config: Config, page: str) -> None:
    (config.public / "guides").mkdir(parents=True)
    (config.public / "guides/index.html").write_text("x")
    assert client.post("/helpful", data={"page": "/guides/", "answer": "yes"}).status_code == 303
    assert client.post("/helpful", data={"page": page, "answer": "yes"}).status_code == 400
    assert 'class="button" href="/"' in client.get("/thanks", query_string={"page": page}).text


@pytest.mark.parametrize("origin", ["http://[", "http://[::1]:x", "//localhost", "http://localhost.evil", "\xff"])
def test_an_origin_of_no_kind_is_foreign(client: FlaskClient, origin: str) -> None:
    token = token_in(client.get(FORM).text)
    assert client.post(FORM, data={"_token": token, "overall": "4"}, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "TRACE"])
def test_a_method_that_is_not_taken_names_those_that_are(client: FlaskClient, method: str) -> None:
    refused = client.open("/", method=method)
    assert refused.status_code == 405
    assert "GET" in refused.headers["Allow"]


# Suggestions: nothing typed is lost, nothing empty is opened.


@pytest.mark.parametrize("changes", [{"category": "made-up"}, {"category": ""}, {"text": ""}])
@pytest.mark.parametrize("token", ["", "forged"])
def test_a_stale_form_with_a_fault_is_a_page_and_not_an_error(
    client: FlaskClient, token: str, changes: dict[str, str]
) -> None:
    page = client.post("/suggest/send", data={**sent(client), "_token": token, **changes})
    assert page.status_code == 422
    assert "第 1 步" in page.text


def test_line_ends_count_once_as_they_do_in_the_browser(client: FlaskClient, here: Portal) -> None:
    lines = "\r\n".join("字" * 1000)  # 1,999 characters in the browser, 2,998 on the wire
    data = sent(client, text=lines)
    assert client.post("/suggest", data=data).status_code == 200
    codes_in(client.post("/suggest/send", data=data).text)
    assert rows(here, "SELECT length(text) FROM case_texts")[0][0] == 1999


@pytest.mark.parametrize("text", ["\0\0", "\x7f", "\r\n\x01 "])
def test_a_text_of_control_characters_opens_no_case(client: FlaskClient, here: Portal, text: str) -> None:
    for address in ("/suggest", "/suggest/send"):
        assert client.post(address, data=sent(client, text=text)).status_code == 422
    assert rows(here, "SELECT count(*) FROM cases")[0][0] == 0


def test_a_contact_too_long_is_said_in_the_pages_language(client: FlaskClient) -> None:
    for address in ("/suggest", "/suggest/send"):
        page = client.post(address, data=sent(client, contact="1" * 201)).text
        assert "请缩短到 200 个字以内" in page
        assert 'id="q-contact"' in page


def test_a_busy_moment_says_when_to_send_again(app: Flask, here: Portal) -> None:
    app.extensions["portal"] = type(here)(**{**vars(here), "cases_limit": Limiter(per_minute=0, per_hour=0)})
    client = app.test_client()
    assert client.post("/suggest/send", data=sent(client)).headers["Retry-After"] == "60"


def test_another_text_in_the_same_form_is_another_case(client: FlaskClient, here: Portal) -> None:
    """She goes back from the receipt, writes about something else and sends: both must be kept."""
    data = sent(client)
    first = codes_in(client.post("/suggest/send", data=data).text)
    second = codes_in(client.post("/suggest/send", data={**data, "text": "第二件事。"}).text)
    called = codes_in(client.post("/suggest/send", data={**data, "contact": "139 0000 0000"}).text)
    assert len({first, second, called}) == 3
    assert codes_in(client.post("/suggest/send", data=data).text) == first
    assert {row[0] for row in rows(here, "SELECT text FROM case_texts")} == {WISH, "第二件事。"}
    assert rows(here, "SELECT count(*) FROM case_contacts")[0][0] == 1


# Receipts say what is true.


def test_a_comment_added_after_sending_is_told_to_be_left_out(client: FlaskClient, here: Portal) -> None:
    token = token_in(client.get(FORM).text)
    client.post(FORM, data={"_token": token, "overall": "4"})
    again = client.post(FORM, data={"_token": token, "overall": "4", "better": "多来几次"})
    assert "以第一次的为准" in client.get(again.location).text
    assert rows(here, "SELECT count(*) FROM response_texts")[0][0] == 0
    same = client.post(FORM, data={"_token": token, "overall": "4"})
    assert "以第一次的为准" not in client.get(same.location).text


def test_a_form_made_before_the_clock_was_set_back_is_taken(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    app = with_config(config, minimum_seconds=2)
    client = app.test_client()
    token = token_in(client.get(FORM).text)
    earlier = time.time() - 3600
    monkeypatch.setattr(time, "time", lambda: earlier)
    assert client.post(FORM, data={"_token": token, "overall": "4"}).status_code == 303
    app.extensions["portal"].store.close()


def test_a_unit_that_closed_meanwhile_takes_its_forms_for_a_week(config: Config, app: Flask, here: Portal) -> None:
    from dataclasses import replace
    from datetime import date, timedelta

    client = app.test_client()
    token = token_in(client.get(FORM).text)
    unit = here.definitions.units["chengdong"]
    for days, status in ((7, 303), (8, 404)):
        closed = replace(unit, closed=config.today - timedelta(days=days)) if config.today else unit
        units = {**here.definitions.units, "chengdong": closed}
        rules = replace(here.definitions, units=units)
        app.extensions["portal"] = replace(here, definitions=rules)
        assert client.get(FORM).status_code == 404
        assert client.post(FORM, data={"_token": token, "overall": "4"}).status_code == status
    assert isinstance(closed.closed, date)


# Addresses.


def test_visitors_over_a_dual_stack_socket_are_told_apart() -> None:
    limiter = Limiter(per_minute=1, per_hour=9)
    assert limiter.allows("::ffff:203.0.113.9")
    assert limiter.allows("::ffff:203.0.113.10")
    assert not limiter.allows("203.0.113.9")


def test_no_threads_is_no_setting() -> None:
    with pytest.raises(ConfigError, match="HUIYIN_THREADS is '0', must be a whole number from 1 to 65535"):
        Config.from_environment({"HUIYIN_THREADS": "0"})


# The store under an unlucky operator.


def test_the_operator_reads_why_an_answer_was_not_stored(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    data = sent(client)
    token = token_in(client.get(FORM).text)

    def refuse(*_: object, **__: object) -> None:
        raise StoreError("huiyin.db cannot be used as a database (database or disk is full): check its disk")

    monkeypatch.setattr("surveys.store.Store.write", refuse)
    assert client.post(FORM, data={"_token": token, "overall": "2", "better": WISH}).status_code == 503
    page = client.post("/suggest/send", data=data)
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert caplog.text.count("disk is full") == 2
    assert WISH[:5] not in caplog.text


@pytest.mark.sqlite
@pytest.mark.parametrize("fate", ["removed", "replaced"])
def test_a_database_taken_away_is_noticed_before_anything_is_acknowledged(
    client: FlaskClient, config: Config, caplog: pytest.LogCaptureFixture, fate: str
) -> None:
    token = token_in(client.get(FORM).text)
    kept = config.database.rename(config.database.with_name("kept.db"))
    if fate == "replaced":
        config.database.write_bytes(kept.read_bytes())
    page = client.post(FORM, data={"_token": token, "overall": "2"})
    assert page.status_code == 503
    assert 'value="2" checked' in page.text
    assert "stop the server" in caplog.text
    kept.replace(config.database)
    assert client.post(FORM, data={"_token": token, "overall": "2"}).status_code == 303


# A real server: broken, slow and odd connections.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("hardening")
    (folder / "public/guides").mkdir(parents=True)
    (folder / "public/index.html").write_text("<h1>home</h1>")
    (folder / "public/guides/index.html").write_text("<h1>guides</h1>")
    with serving(folder) as running:
        yield running


def connected(server: Running, request: str, address: str = "127.0.0.1") -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", server.port), timeout=10, source_address=(address, 0))
    opened.sendall(request.encode())
    return opened


def posting(body: str, *headers: str) -> str:
    lines = [f"POST /portal{FORM} HTTP/1.1", "Host: x", "Content-Type: application/x-www-form-urlencoded", *headers]
    return "\r\n".join([*lines, "", body])


def answer_of(server: Running) -> str:
    return f"_token={token_in(server.ask('GET', '/portal' + FORM)[2].decode())}&overall=2&better=half"


def test_half_an_answer_from_a_broken_connection_is_not_stored(server: Running) -> None:
    before = server.rows("SELECT count(*) FROM responses")
    body = answer_of(server)
    for headers in ([f"Content-Length: {len(body) + 50}"], ["Transfer-Encoding: chunked"]):
        sent_part = body if "Content" in headers[0] else f"{len(body):x}\r\n{body}\r\n"
        with closing(connected(server, posting(sent_part, *headers))) as broken:
            time.sleep(0.1)
            broken.shutdown(socket.SHUT_WR)
            assert broken.recv(100)[9:12] in (b"400", b"411")
    assert server.rows("SELECT count(*) FROM responses") == before


def test_a_body_of_unsaid_length_is_refused_and_not_cut(server: Running) -> None:
    before = server.rows("SELECT count(*) FROM responses")
    body = answer_of(server) + "x" * 300_000
    with closing(
        connected(server, posting(f"{len(body):x}\r\n{body}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"))
    ) as one:
        assert one.recv(100)[9:12] == b"411"
    assert server.rows("SELECT count(*) FROM responses") == before


def test_many_connections_that_stall_leave_room_for_others(server: Running) -> None:
    stalled = [connected(server, "GET /portal/ HTTP/1.1\r\nHost: x\r\n") for _ in range(40)]
    stalled += [connected(server, posting("_tok", "Content-Length: 100"), "127.0.0.2") for _ in range(100)]
    until = time.monotonic() + 20
    while answered_from("127.0.0.2", server) != b"503":
        assert time.monotonic() < until
    started = time.monotonic()
    assert server.ask("GET", "/portal/")[0] == 200
    assert server.ask("GET", "/guides/")[0] == 200
    assert server.ask("POST", "/portal" + FORM, {"overall": "2"})[0] == 422
    assert time.monotonic() - started < 5
    for one in stalled:
        one.close()
    until = time.monotonic() + 10
    while answered_from("127.0.0.2", server) != b"422":
        assert time.monotonic() < until
        time.sleep(0.05)


def answered_from(address: str, server: Running) -> bytes:
    """The status of a whole post from an address of this machine."""
    with closing(connected(server, posting("overall=2", "Content-Length: 9", "Connection: close"), address)) as one:
        return one.recv(100)[9:12]


def test_one_visitor_takes_a_part_of_the_places_alone() -> None:
    places = Places(48)
    assert [places.take("stalls") for _ in range(9)] == [True] * 8 + [False]
    assert all(places.take(f"other {number}") for number in range(40))
    assert not places.take("one more", patience=0.01)
    places.give("stalls")
    assert places.take("one more")
    for visitor in ["stalls"] * 7 + [f"other {number}" for number in range(40)] + ["one more"]:
        places.give(visitor)
    assert (places._free, dict(places._held)) == (48, {})


def test_who_waits_for_a_place_gets_the_one_that_comes_free() -> None:
    places = Places(2)
    assert places.take("a")
    assert places.take("b")
    threading.Timer(0.05, places.give, ["a"]).start()
    assert places.take("c", patience=10)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/guides", 302), ("POST", "/guides/", 405), ("GET", "/nowhere", 404), ("GET", "/%00", 404)],
)
def test_every_answer_of_the_site_has_its_headers(server: Running, method: str, path: str, status: int) -> None:
    found, headers, _ = server.ask(method, path)
    assert found == status
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "cache-control" in headers


def test_a_server_that_was_attacked_wrote_no_line_about_it(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        for path in ("/portal/thanks?page=%00", "/portal/receipt?r=%ff", "/portal/search?q=%ed%a0%80", "/portal/%ff"):
            assert running.ask("GET", path)[0] < 500
        running.process.terminate()
        out, err = running.process.communicate(timeout=20)
    assert err == ""
    assert "127.0.0.1:" in out.splitlines()[0]  # its own address is all that it says
    assert len(out.splitlines()) == 3
    with closing(sqlite3.connect(tmp_path / "huiyin.db")) as connection:
        assert connection.execute("SELECT count(*) FROM responses").fetchone() == (0,)


def test_what_was_typed_survives_a_database_that_cannot_be_read(
    client: FlaskClient, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the page: the words stand there, a press sends them again, and no secret word is repeated."""
    number, secret = codes_in(client.post("/suggest/send", data=sent(client)).text)
    act = {"number": number, "secret": secret, "sequence": "1", "text": f"{WISH}\n<b>第二行</b>"}

    def refuse(*_: object, **__: object) -> None:
        raise StoreError("huiyin.db cannot be used as a database (disk I/O error): check its disk")

    with monkeypatch.context() as patch:
        patch.setattr("surveys.store.Store.read", refuse)
        page = client.post("/case/message", data=act)
        shut = client.post("/staff/sign-in", data={"name": "somebody", "password": "correct horse", "code": "123456"})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "您写的内容还在" in page.text
    assert "&lt;b&gt;第二行&lt;/b&gt;" in page.text
    assert 'class="code"' not in page.text
    assert "correct horse" not in shut.text
    again = dict(re.findall(r'<textarea name="(\w+)"[^>]*>\n(.*?)</textarea>', html.unescape(page.text), re.S))
    assert again == act
    found = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert found
    assert WISH in client.post(found[1].rstrip("?"), data=again).text
