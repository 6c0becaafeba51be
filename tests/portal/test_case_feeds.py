"""The feed of a case over the web: states and days for a reader, under an address that nothing gives away."""

import os
import re
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.limits import Limiter
from tests.portal.conftest import token_in
from tests.portal.test_my_case import Bench, answered, closed, with_unit
from tests.portal.test_suggest import codes_in
from tests.serving import serving

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def bench(app: Flask) -> Bench:
    return Bench(app).opened(text="路灯不亮。")


def address_in(page: str) -> str:
    found = re.search(r'id="feed-address"[^>]* value="([^"]+\.xml)"', page)
    assert found, page
    return found[1]


def fields_in(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(nonce|seen)" value="([^"]*)"', page))


def switched_on(bench: Bench) -> str:
    page = bench.post("feed", **fields_in(bench.page()))
    assert page.status_code == 200
    return address_in(page.text)


def read(bench: Bench, path: str) -> ET.Element:
    answer = bench.app.test_client().get(path)
    assert answer.status_code == 200, answer.text
    return ET.fromstring(answer.data)


def texts(feed: ET.Element, name: str) -> list[str]:
    return [found.text or "" for found in feed.findall(f"{ATOM}entry/{ATOM}{name}")]


def text(feed: ET.Element, name: str) -> str:
    return feed.findtext(f"{ATOM}{name}") or ""


def test_it_tells_states_and_days_and_no_words(bench: Bench) -> None:
    answered(bench)
    bench.does("message", text="我的话")
    path = switched_on(bench)
    feed = read(bench, path)
    assert texts(feed, "title") == ["已答复。", "已交给一个单位答复。", "已受理。", "已收到。"]
    assert text(feed, "title") == f"尾号 {bench.number[-4:]} 的事项"
    assert set(texts(feed, "updated")) == {"2026-11-20T00:00:00+08:00"}
    written = bench.app.test_client().get(path).text
    for word in ("路灯", "来人", "我的话", bench.number, bench.secret, "chengdong", "城东", path.split("/")[2][:20]):
        assert word not in written


def test_it_is_valid_atom(bench: Bench) -> None:
    feed = read(bench, switched_on(bench))
    assert feed.tag == f"{ATOM}feed"
    for one in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"{ATOM}{name}")) == 1, name
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", text(one, "id"))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00\+08:00", text(one, "updated"))
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "回音"
    names = [text(feed, "id"), *texts(feed, "id")]
    assert len(set(names)) == len(names)


def test_each_entry_tells_by_when_the_next_step_is_due_and_never_changes(bench: Bench) -> None:
    path = switched_on(bench)
    (first,) = texts(read(bench, path), "content")
    assert "2026-11-24：" in first
    before = ET.tostring(read(bench, path).find(f"{ATOM}entry") or ET.Element("x"))
    closed(bench.pass_days(3))
    feed = read(bench, path)
    assert ET.tostring(feed.findall(f"{ATOM}entry")[-1]) == before
    assert text(feed, "updated") == "2026-11-23T00:00:00+08:00"
    assert "2026-12-23：" in texts(feed, "content")[0]


def test_names_stay_when_the_address_is_changed(bench: Bench) -> None:
    first = read(bench, switched_on(bench))
    second = read(bench, switched_on(bench))
    assert (text(first, "id"), texts(first, "id")) == (text(second, "id"), texts(second, "id"))


def test_it_speaks_the_language_of_the_case(bench: Bench) -> None:
    client = bench.app.test_client()
    sent = {"_token": token_in(client.get("/suggest").text), "category": "suggestion", "unit": "", "text": "Lamp."}
    number, secret = codes_in(client.post("/suggest/send?lang=en", data=sent).text)
    english = Bench(bench.app, number=number, secret=secret)
    feed = read(english, switched_on(english))
    assert (text(feed, "title"), texts(feed, "title")) == (f"Case ending in {number[-4:]}", ["Received."])
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_the_case_that_it_was_joined_to_goes_on_in_it(bench: Bench) -> None:
    other = with_unit(bench.another())
    path = switched_on(bench)
    bench.staff("intake", "merged", into=other.number)
    other.pass_days(1).staff("handler", "replied", "修好了。", "chengdong")
    feed = read(bench, path)
    assert texts(feed, "title")[0] == "已答复。"
    assert other.number not in bench.app.test_client().get(path).text


def test_nobody_may_keep_it_or_pass_its_address_on(bench: Bench) -> None:
    path = switched_on(bench)
    for one in (path, path.replace("/feed/", "/feed/x")):
        answer = bench.app.test_client().get(one)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "Set-Cookie" not in answer.headers
    assert bench.app.test_client().get(path).content_type == "application/atom+xml; charset=utf-8"


class TestSwitching:
    def test_the_address_is_shown_once(self, bench: Bench) -> None:
        path = switched_on(bench)
        assert path not in bench.page()
        assert "换一个新网址" in bench.page()

    def test_a_new_one_ends_the_old_and_a_reload_keeps_the_new(self, bench: Bench) -> None:
        first = switched_on(bench)
        fields = fields_in(bench.page())
        addresses = {address_in(bench.post("feed", **fields).text) for _ in range(2)}
        assert len(addresses) == 1
        statuses = [bench.app.test_client().get(path).status_code for path in (first, *addresses)]
        assert statuses == [404, 200]

    def test_the_first_post_sent_again_brings_no_ended_address_back(self, bench: Bench) -> None:
        first = fields_in(bench.page())
        path = address_in(bench.post("feed", **first).text)
        bench.post("feed/off")
        assert bench.post("feed", **first).status_code == 409
        assert bench.app.test_client().get(path).status_code == 404

    def test_an_old_tab_is_told_and_changes_nothing(self, bench: Bench) -> None:
        old = fields_in(bench.page())
        path = switched_on(bench)
        page = bench.post("feed", **old)
        assert page.status_code == 409
        assert ".xml" not in page.text
        assert bench.app.test_client().get(path).status_code == 200

    def test_off_is_off(self, bench: Bench) -> None:
        path = switched_on(bench)
        for _ in range(2):
            assert "订阅已关掉" in bench.post("feed/off").text
        assert bench.app.test_client().get(path).status_code == 404
        assert "打开订阅" in bench.page()

    def test_other_codes_switch_nothing(self, bench: Bench) -> None:
        path, other = switched_on(bench), bench.another()
        for address in ("feed", "feed/off"):
            assert bench.post(address, secret=other.secret, nonce="n", seen="").status_code == 422
        assert bench.app.test_client().get(path).status_code == 200

    def test_nothing_is_an_event_of_the_case(self, bench: Bench) -> None:
        switched_on(bench)
        assert bench.kinds == ["received"]


@pytest.mark.parametrize(("site", "shown"), [(None, ""), ("https://huiyin.example", "https://huiyin.example")])
def test_no_request_chooses_the_host_of_the_address(bench: Bench, site: str | None, shown: str) -> None:
    bench.set(config=replace(bench.here.config, site_url=site))
    client = bench.app.test_client()
    sent = {"number": bench.number, "secret": bench.secret, **fields_in(bench.page())}
    page = client.post("/case/feed?lang=zh", data=sent, headers={"Host": "evil.example"}).text
    address = address_in(page)
    assert address.startswith(f"{shown}/feed/")
    assert ("前面要加上本站的网址" in page) is (site is None)
    feed = client.get(address.removeprefix(shown), headers={"Host": "evil.example"}).text
    assert f'href="{shown}/case?lang=zh"' in feed
    assert "evil.example" not in page + feed


def test_guessing_is_slowed_down_and_shuts_no_page_of_a_case(bench: Bench, client: FlaskClient) -> None:
    path = switched_on(bench)
    bench.set(feeds_limit=Limiter(per_minute=2, per_hour=9))
    assert [client.get(f"/feed/{guess}.xml").status_code for guess in ("a", "b", "c")] == [404, 404, 429]
    assert bench.post("").status_code == 200
    assert [client.get(path).status_code for _ in range(5)] == [200] * 5


def test_its_path_is_in_no_log_even_if_the_page_fails(tmp_path: Path) -> None:
    """The real server; an event that nobody can read makes it fail inside the page."""
    with serving(tmp_path) as server:
        page = server.ask("GET", "/portal/suggest")[2].decode()
        sent = {"_token": token_in(page), "category": "suggestion", "unit": "", "text": "路灯", "contact": ""}
        number, secret = codes_in(server.ask("POST", "/portal/suggest/send", sent)[2].decode())
        codes = {"number": number, "secret": secret}
        fields = fields_in(server.ask("POST", "/portal/case", codes)[2].decode())
        page = server.ask("POST", "/portal/case/feed", {**codes, **fields})[2].decode()
        path = re.sub(r"^http://[^/]+", "", address_in(page))
        assert server.ask("GET", path)[0] == 200
        assert server.ask("GET", path.replace(".xml", "x.xml"))[0] == 404
        with closing(sqlite3.connect(tmp_path / "huiyin.db")) as connection, connection:
            columns = "number, sequence, kind, day, role, data"
            values = (number, 2, "accepted", "2026-11-20", "intake", "{no json")
            connection.execute(f"INSERT INTO case_events ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values)
        assert server.ask("GET", path)[0] == 500
        os.killpg(server.process.pid, signal.SIGINT)
        out, err = server.process.communicate(timeout=20)
    assert "unexpected JSONDecodeError" in err
    token = path.split("/")[-1].removesuffix(".xml")
    assert len(token) >= 32
    for log in (out, err):
        assert token not in log
        assert "/feed/" not in log
