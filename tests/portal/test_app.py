"""The app as a whole: who may use which route, languages, headers, GET never writes, catalogues complete."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from portal import create_app, language
from portal.config import Config, ConfigError
from portal.state import Portal
from scripts.catalogue_lint import catalogue_faults
from surveys.definition import LANGUAGES
from surveys.errors import DefinitionError, StoreBusyError, StoreError
from tests.portal.conftest import ROOT, rows, token_in, traces
from tests.portal.test_staff_desk import TABLE as DESK

RESIDENT = "anyone, without an account"
PROGRAMS = "programs on the machine itself, as tests/portal/test_health.py holds"
STAFF = "the roles that tests/portal/test_staff_desk.py lists"
ROUTES = {
    ("GET", "/"): RESIDENT,
    ("GET", "/s/<key>"): RESIDENT,
    ("POST", "/s/<key>"): RESIDENT,
    ("GET", "/receipt"): RESIDENT,
    ("GET", "/suggest"): RESIDENT,
    ("POST", "/suggest"): RESIDENT,
    ("POST", "/suggest/send"): RESIDENT,
    ("GET", "/case"): RESIDENT,
    ("POST", "/case"): RESIDENT,
    ("POST", "/case/<address>"): RESIDENT,
    ("POST", "/case/photos"): RESIDENT,
    ("POST", "/case/receipt"): RESIDENT,
    ("GET", "/photo/<token>"): RESIDENT,
    ("POST", "/case/feed"): RESIDENT,
    ("POST", "/case/feed/off"): RESIDENT,
    ("GET", "/feed/<token>.xml"): RESIDENT,
    ("GET", "/open311/v2/discovery.<any(xml, json):form>"): RESIDENT,
    ("GET", "/open311/v2/services.<any(xml, json):form>"): RESIDENT,
    ("GET", "/open311/v2/services/<code>.<any(xml, json):form>"): RESIDENT,
    ("GET", "/open311/v2/requests.<any(xml, json):form>"): RESIDENT,
    ("GET", "/open311/v2/requests/<number>.<any(xml, json):form>"): RESIDENT,
    ("POST", "/open311/v2/requests.<any(xml, json):form>"): RESIDENT,
    ("GET", "/definitions/schema.json"): RESIDENT,
    ("GET", "/definitions/surveys.json"): RESIDENT,
    ("GET", "/openapi.json"): RESIDENT,
    ("GET", "/health"): RESIDENT,
    ("GET", "/health/live"): RESIDENT,
    ("GET", "/metrics"): PROGRAMS,
    ("GET", "/search"): RESIDENT,
    ("GET", "/check"): RESIDENT,
    ("POST", "/check"): RESIDENT,
    ("POST", "/helpful"): RESIDENT,
    ("GET", "/thanks"): RESIDENT,
    ("GET", "/waiting"): RESIDENT,
    ("GET", "/take"): RESIDENT,
    ("GET", "/take/<unit>"): RESIDENT,
    ("GET", "/kiosk/<unit>"): RESIDENT,
    ("POST", "/kiosk/<unit>"): RESIDENT,
    ("GET", "/kiosk/<unit>/thanks"): RESIDENT,
    ("GET", "/words.json"): RESIDENT,
    ("GET", "/worker.js"): RESIDENT,
    ("GET", "/manifest.webmanifest"): RESIDENT,
    ("POST", "/api/answers"): RESIDENT,
    ("GET", "/static/<path:filename>"): RESIDENT,
    **dict.fromkeys(DESK, STAFF),
}


def test_every_route_is_listed_with_who_may_use_it(app: Flask) -> None:
    found = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert found == set(ROUTES)


GET_PATHS = [
    "/",
    "/s/counter-service",
    "/s/counter-service?unit=chengdong-hukou",
    "/s/nothing",
    "/receipt?r=x",
    "/suggest?category=suggestion",
    "/case",
    "/search?q=验证码",
    "/check",
    "/thanks?page=/",
    "/helpful",
    "/suggest/send",
    "/photo/x",
    "/waiting",
    "/take",
    "/take/chengdong",
    "/take/nowhere",
    "/api/answers",
]
ANSWERS_FOR_PROGRAMS = ["/open311/v2/discovery.xml", "/open311/v2/services.json", "/open311/v2/requests.json"]
ANSWERS_FOR_PROGRAMS += ["/health", "/health/live", "/metrics"]
ANSWERS_FOR_PROGRAMS += ["/definitions/schema.json", "/definitions/surveys.json", "/openapi.json"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_get_never_writes(client: FlaskClient, here: Portal, lang: str) -> None:
    before = traces(here)
    for path in (*GET_PATHS, *ANSWERS_FOR_PROGRAMS):
        client.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    assert traces(here) == before
    wal = here.config.database.with_name("huiyin.db-wal")
    if wal.exists():  # a server keeps none here
        size = wal.stat().st_size
        client.get("/")
        assert wal.stat().st_size == size


@pytest.mark.parametrize("path", GET_PATHS)
def test_no_page_sets_a_cookie_or_runs_a_script_but_our_own(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert "Set-Cookie" not in response.headers
    scripts = re.findall(
        r'<script src="/static/([a-z]+[.]js)"(?: data-load="[a-z]+[.]js")?(?: defer)?></script>', response.text
    )
    assert len(scripts) == response.text.count("<script") == len(set(scripts))
    assert set(scripts) <= {"display.js", "start.js"}
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; " in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_language_comes_from_the_link_then_from_the_browser(client: FlaskClient) -> None:
    assert 'lang="zh-Hans"' in client.get("/").text
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    assert '<html lang="zh-Hans"' in client.get("/", headers={"Accept-Language": "fr"}).text
    both = client.get("/?lang=zh", headers={"Accept-Language": "en"})
    assert '<html lang="zh-Hans"' in both.text
    assert both.headers["Vary"] == "Accept-Language"


def test_a_chosen_language_is_carried_through_links_and_forms(client: FlaskClient) -> None:
    page = client.get("/s/visit?unit=chengdong&lang=en").text
    token = token_in(page)
    assert 'action="/s/visit?lang=en&amp;unit=chengdong&amp;sent=1"' in page
    sent = client.post("/s/visit?lang=en&unit=chengdong", data={"_token": token, "overall": "4"})
    assert "lang=en" in sent.location
    assert "Thank you" in client.get(sent.location).text
    assert 'hreflang="zh-Hans"' in page


def test_the_other_languages_link_leads_to_the_same_page(client: FlaskClient) -> None:
    page = client.get("/s/visit?unit=chengdong").text
    assert 'href="/s/visit?unit=chengdong&amp;lang=en"' in page


def test_the_english_catalogue_is_the_source_and_the_chinese_one_is_complete() -> None:
    assert [str(fault) for fault in catalogue_faults(ROOT / "portal")] == []


def test_a_busy_store_keeps_what_was_typed(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    address = "/s/visit?unit=chengdong"
    token = token_in(client.get(address).text)
    for error in (StoreBusyError("busy"), StoreError("disk full")):

        def refuse(*_: object, _error: Exception = error, **__: object) -> None:
            raise _error

        monkeypatch.setattr("surveys.store.Store.write", refuse)
        page = client.post(address, data={"_token": token, "overall": "2"})
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert 'value="2" checked' in page.text
        assert "还没有存下" in page.text


def test_an_unforeseen_error_is_a_page_and_logs_nothing_of_the_visitor(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("SELECT secret-words", {}, Exception("secret-words"))

    monkeypatch.setattr("portal.public.responses.save", fail)
    client = app.test_client()
    token = token_in(client.get("/s/visit?unit=chengdong").text)
    page = client.post("/s/visit?unit=chengdong", data={"_token": token, "overall": "2"})
    assert page.status_code == 500
    assert "什么都没有存下" in page.text
    assert "secret-words" not in caplog.text
    assert "unexpected OperationalError" in caplog.text


def test_votes_count_pages_that_are_published(client: FlaskClient, config: Config, here: Portal) -> None:
    (config.public / "guides/x").mkdir(parents=True)
    (config.public / "guides/x/index.html").write_text("x")
    for vote in ("yes", "yes", "no"):
        sent = client.post("/helpful", data={"page": "/guides/x/", "answer": vote})
        assert sent.status_code == 303
    assert "/guides/x/" in client.get(sent.location).text
    assert sorted(tuple(row) for row in rows(here, "SELECT page, period, helpful, n FROM page_votes")) == [
        ("/guides/x/", "2026-11", 0, 1),
        ("/guides/x/", "2026-11", 1, 2),
    ]
    for page, vote in (("/nowhere/", "yes"), ("/guides/x/", "maybe"), ("/../../etc/", "yes"), ("https://x/", "yes")):
        assert client.post("/helpful", data={"page": page, "answer": vote}).status_code == 400


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example/", "/../", "javascript:x"])
def test_thanks_leads_to_no_foreign_address(client: FlaskClient, page: str) -> None:
    assert f'href="{page}"' not in client.get("/thanks", query_string={"page": page}).text


def test_search_without_a_site_says_that_nothing_was_found(client: FlaskClient) -> None:
    assert "没有找到“验证码”" in client.get("/search?q=验证码").text


def test_settings_come_from_the_environment() -> None:
    found = Config.from_environment({"HUIYIN_DATABASE": "/x/y.db", "PORT": "9000", "HUIYIN_TODAY": "2026-10-31"})
    assert (found.database, found.port, str(found.today)) == (Path("/x/y.db"), 9000, "2026-10-31")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("HUIYIN_TODAY", "yesterday"),
        ("HUIYIN_ICP", "<b>"),
        ("HUIYIN_POLICE_FILING", "110"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is '{value}', must be"):
        Config.from_environment({name: value})


def test_filings_stand_at_the_foot_once_they_are_set(config: Config, client: FlaskClient) -> None:
    assert "beian" not in client.get("/?lang=en").text
    given = {"HUIYIN_ICP": "京ICP备12345678号", "HUIYIN_POLICE_FILING": "京公网安备11010102001234号"}
    set_ = Config.from_environment(given)
    app = create_app(replace(config, icp=set_.icp, police_filing=set_.police_filing))
    foot = app.test_client().get("/?lang=en").text.partition("<footer>")[2]
    assert '<a href="https://beian.miit.gov.cn/">京ICP备12345678号</a>' in foot
    assert '?code=11010102001234">京公网安备11010102001234号</a>' in foot
    assert '<a href="/en/about/accessibility/">Accessibility</a>' in foot
    app.extensions["portal"].store.close()


def test_bad_definitions_stop_the_start(config: Config, tmp_path: Path) -> None:
    bad = Config(database=config.database, definitions=tmp_path / "nowhere")
    with pytest.raises(DefinitionError, match=r"units\.yaml: cannot be read"):
        create_app(bad)


def test_a_lost_key_is_not_replaced(config: Config, here: Portal) -> None:
    config.database.with_suffix(".key").unlink()
    with pytest.raises(StoreError, match="put back the copy"):
        create_app(config)


def test_languages_of_pages_and_definitions_are_the_same() -> None:
    assert set(language.TAGS) == set(language.NAMES) == set(LANGUAGES)


def test_pages_are_light(client: FlaskClient) -> None:
    for path in GET_PATHS:
        page = client.get(path)
        linked = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page.text))
        assert {"portal.css", "display.js"} <= linked
        shared = sum((ROOT / "portal/static" / name).stat().st_size for name in linked)
        assert len(page.data) + shared <= 30 * 1024, path


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("var/x.db", "var/x.db"),
        ("/a/x.db", "/a/x.db"),
        ("sqlite:///var/x.db", "var/x.db"),
        ("sqlite:////a/x.db", "/a/x.db"),
    ],
)
def test_the_database_is_a_path_or_an_sqlite_url(given: str, path: str) -> None:
    assert Config.from_environment({"HUIYIN_DATABASE": given}).database == Path(path)


def test_another_kind_of_database_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mysql://h/x cannot be used: name a file"):
        Config.from_environment({"HUIYIN_DATABASE": "mysql://h/x"})
    command = [sys.executable, "-m", "scripts.tally", "--period", "2021-08", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [*command, "--database", "mysql://h/x"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "name a file" in done.stderr
    assert list(tmp_path.iterdir()) == []
