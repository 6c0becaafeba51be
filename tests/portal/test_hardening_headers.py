"""What goes with every answer, whatever it is: headers, and no word of the host that a request names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from portal import security
from portal.config import Config
from portal.server import PublishedSite, make_application
from portal.state import Portal
from surveys.errors import StoreBusyError
from tests.portal.conftest import with_config
from tests.portal.desk_office import Office
from tests.portal.test_app import ROUTES
from tests.portal.test_staff_desk import TABLE

FORGED = "forged.example"
SITE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; object-src 'none'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
FILLINGS = {
    "<key>": "visit", "<unit>": "chengdong", "<token>": "x", "<address>": "answer", "<code>": "suggestion",
    "<number>": "1234567890", "<any(xml, json):form>": "json", "<path:filename>": "portal.css",
}  # fmt: skip
SITE = ("/", "/guides", "/guides/", "/nowhere", "/%00", "/search/pack.json", "/../portal/config.py")
ODD = ("/portal", "/portal/nowhere", "/portal//", "/portal/static/", "/portal/static/../config.py", "/portal/%ff")


class Answered(NamedTuple):
    """One request and what came back."""

    method: str
    path: str
    answer: TestResponse


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("headers")
    (folder / "public/guides").mkdir(parents=True)
    (folder / "public/search").mkdir()
    (folder / "public/search/pack.json").write_text('{"pages": []}')
    (folder / "public/_headers").write_text(f"/*\n  Content-Security-Policy: {SITE_POLICY}\n")
    for page in ("index.html", "guides/index.html", "404.html"):
        (folder / "public" / page).write_text("<h1>page</h1>")
    return Config(database=folder / "huiyin.db", public=folder / "public", minimum_seconds=0, proxies=1)


@pytest.fixture(scope="module")
def desk_cookie(config: Config) -> Iterator[str]:
    app = with_config(config)
    here: Portal = app.extensions["portal"]
    yield f"huiyin_staff={Office(app, here).token('intake')}"
    here.store.close()


@pytest.fixture(scope="module")
def visitor(config: Config) -> Client:
    return Client(make_application(config), use_cookies=False)


def addresses() -> Iterator[tuple[str, str]]:
    """Every route with each of four methods, what stands beside them, and the site."""
    for _, rule in ROUTES:
        path = TABLE[("GET", rule)][0] if ("GET", rule) in TABLE else re.sub(r"<[^>]+>", _filled, rule)
        for method in ("GET", "HEAD", "POST", "DELETE"):
            yield method, f"/portal{path}"
    for path in (*SITE, *ODD):
        yield "GET", path
        yield "POST", path


def _filled(found: re.Match[str]) -> str:
    return FILLINGS.get(found[0], "1234567890123456")


@pytest.fixture(scope="module")
def answered(visitor: Client, desk_cookie: str) -> list[Answered]:
    """Everything asked as a stranger and as somebody of the desk, over TLS, naming a host of the sender's choice."""
    forged = {"Host": FORGED, "X-Forwarded-Host": FORGED, "Forwarded": f"host={FORGED}", "X-Forwarded-Proto": "https"}
    found = []
    for method, path in dict.fromkeys(addresses()):
        for cookie in ({}, {"Cookie": desk_cookie}) if path.startswith("/portal/staff") else ({},):
            headers = {**forged, **cookie}
            answer = visitor.open(path, method=method, headers=headers, data=_data(method), buffered=True)
            found.append(Answered(method, path, answer))
    return found


def _data(method: str) -> Mapping[str, str] | None:
    return {"sent": "1"} if method == "POST" else None


def directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for one in policy.split(";") if (words := one.split())}


def test_many_kinds_of_answers_are_looked_at(answered: list[Answered]) -> None:
    statuses = {one.answer.status_code for one in answered}
    assert statuses >= {200, 302, 303, 400, 401, 403, 404, 405, 422}
    assert len(answered) > 400


def test_nothing_but_the_published_files_is_served(answered: list[Answered]) -> None:
    outside = [one for one in answered if ".." in one.path or one.path in ("/portal/static/", "/nowhere", "/%00")]
    assert {one.path for one in outside} >= {"/../portal/config.py", "/portal/static/", "/portal/static/../config.py"}
    assert {one.answer.status_code for one in outside if one.method == "GET"} == {404}


def test_every_answer_has_every_header(answered: list[Answered]) -> None:
    for method, path, answer in answered:
        headers = answer.headers
        wanted = {name: value for name, value in security.HEADERS.items() if "Policy" not in name or "Cross" in name}
        assert {name: headers.get(name) for name in wanted} == wanted, (method, path)
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", path
        assert headers["Permissions-Policy"].startswith("camera=(), geolocation=(), microphone=()"), path
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), path
        assert "Server" not in headers, path
        assert "Access-Control-Allow-Origin" not in headers, path


def test_every_policy_shuts_out_what_is_not_ours(answered: list[Answered]) -> None:
    for method, path, answer in answered:
        policy = directives(answer.headers["Content-Security-Policy"])
        assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == ["'none'"], (method, path)
        assert policy["frame-ancestors"] == ["'none'"], (method, path)
        assert policy["form-action"] in (["'self'"], ["'none'"]), (method, path)
        sources = [source for name in policy for source in policy[name]]
        assert {source for source in sources if not source.startswith("'sha256-")} <= {"'self'", "'none'"}, path


def test_only_what_is_the_same_for_everybody_is_kept_by_caches(answered: list[Answered]) -> None:
    for method, path, answer in answered:
        kept = answer.headers["Cache-Control"]
        if path.startswith("/portal/staff"):
            assert kept == "no-store", (method, path)
        elif path.startswith("/portal") and not re.match(r"/portal/(static|worker|s/|open311|definitions)", path):
            assert kept in ("no-store", "private, no-store", "private, no-cache", "no-cache"), (method, path)


def test_text_has_a_charset(answered: list[Answered]) -> None:
    for _, path, answer in answered:
        if answer.data and (answer.mimetype or "").startswith(("text/", "application/xml")):
            assert answer.mimetype_params["charset"] == "utf-8", path


def test_no_answer_repeats_the_host_that_a_request_names(answered: list[Answered]) -> None:
    for method, path, answer in answered:
        assert FORGED not in answer.text, (method, path)
        assert FORGED not in str(answer.headers), (method, path)


def test_every_redirect_stays_here(answered: list[Answered]) -> None:
    led = [(one.path, one.answer.location) for one in answered if one.answer.location]
    assert len(led) > 30
    for path, location in led:
        assert re.fullmatch(r"(/(?![/\\])|[a-z]+/)[^\\]*", location), (path, location)


@pytest.mark.parametrize("elsewhere", [f"https://{FORGED}/", f"//{FORGED}/", f"/\\{FORGED}/"])
def test_no_parameter_leads_elsewhere(visitor: Client, desk_cookie: str, elsewhere: str) -> None:
    for name in ("next", "return", "return_to", "url", "redirect", "back", "page", "r", "lang", "to"):
        for path in ("/portal/thanks", "/portal/staff", "/portal/staff/sign-in", "/portal/take", "/guides"):
            answer = visitor.get(path, query_string={name: elsewhere}, headers={"Cookie": desk_cookie}, buffered=True)
            assert FORGED not in (answer.location or "").partition("?")[0], path
            assert not re.search(rf'(href|action)="(https?:)?[/\\]{{2}}{FORGED}', answer.text), path


def test_over_plain_http_nothing_promises_tls(visitor: Client) -> None:
    for path in ("/", "/guides", "/portal/", "/portal/nowhere"):
        assert "Strict-Transport-Security" not in visitor.get(path, buffered=True).headers


def test_a_site_that_is_not_built_has_the_headers_too(tmp_path: Path) -> None:
    answer = Client(PublishedSite(tmp_path / "nowhere")).get("/")
    assert answer.status_code == 503
    assert {name: answer.headers[name] for name in security.HEADERS} == dict(security.HEADERS)


def test_errors_that_come_late_have_the_headers_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    faults: tuple[tuple[Exception, int], ...] = ((RuntimeError("x"), 500), (StoreBusyError("x"), 503))
    for fault, status in faults:

        def fail(*_: object, _fault: Exception = fault, **__: object) -> None:
            raise _fault

        monkeypatch.setattr("portal.helpful.render_template", fail)
        answer = app.test_client().get("/thanks")
        assert answer.status_code == status
        assert {name: answer.headers[name] for name in security.HEADERS} == dict(security.HEADERS)


def test_only_a_proxy_that_was_announced_is_believed(config: Config, visitor: Client) -> None:
    alone = Client(make_application(replace(config, proxies=0)))
    told = [one.get("/portal/", headers={"X-Forwarded-Proto": "https"}).headers for one in (visitor, alone)]
    assert ["Strict-Transport-Security" in headers for headers in told] == [True, False]
