"""What is answered before Flask, held to what Flask answers: the same bytes, the same rows, and nothing it refuses."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer
from werkzeug.test import EnvironBuilder, run_wsgi_app

from portal.config import Config
from portal.lean import MOST, LeanPath
from portal.state import Portal
from surveys.definition import Survey
from tests.conftest import TINY
from tests.portal.conftest import ROOT, TODAY, rows, token_in, with_config

PLAIN = "application/x-www-form-urlencoded"
ADDRESS = "/s/sense-of-safety?unit=chengdong"
GOOD = {"overall": "2", "wrong": ["dogs", "theft"], "night": "dk", "better": " 路灯，多几盏 \r\n+ 早些亮 "}
TWICE = {"overall": ["5", "6"], "better": ["first", "last"]}
BROWSERS = ("", "zh-CN,zh;q=0.9,en;q=0.8", "en-GB", "fr", "de;q=x,en", "en;q=0.4,zh;q=0.4", "*", "e" * 300)
Answer = tuple[str, list[tuple[str, str]], bytes]


def lean_of(app: Flask) -> LeanPath:
    assert isinstance(app.wsgi_app, LeanPath)
    return app.wsgi_app


def request_of(address: str, form: bytes | None = None, **environ: Any) -> dict[str, Any]:
    method = "GET" if form is None else "POST"
    path, _, query = address.partition("?")
    built = EnvironBuilder(path, f"http://portal.example/{environ.pop('root', '')}", query, method)
    if form is not None:
        built.input_stream, built.content_type, built.content_length = BytesIO(form), PLAIN, len(form)
    return built.get_environ() | environ


def by_flask(app: Flask, environ: dict[str, Any]) -> Answer:
    return read(*run_wsgi_app(lean_of(app)._onward, environ))


def by_both(app: Flask, environ: dict[str, Any]) -> Answer:
    return read(*run_wsgi_app(lean_of(app), environ))


def by_lean(app: Flask, environ: dict[str, Any]) -> Answer | None:
    return lean_of(app)._answered(environ)


def read(body: Any, status: str, headers: Any) -> Answer:
    return status, [*headers], b"".join(body)


def without_token(answer: Answer) -> Answer:
    """The answer with the random parts of its form taken out: their length is that of the next ones."""
    status, headers, page = answer
    return status, headers, re.sub(rb'(name="_(?:token|id)" value=)"[^"]+"', rb"\1", page)


def body_of(fields: Mapping[str, object] | Sequence[tuple[str, str]], token: str = "") -> bytes:
    content = [("_token", token)] if token else []
    return urlencode([*content, *(fields if isinstance(fields, Sequence) else fields.items())], doseq=True).encode()


def a_token(here: Portal, survey: str = "sense-of-safety") -> str:
    return here.signer.new(survey, 1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One portal for all that stores nothing."""
    config = Config(database=tmp_path_factory.mktemp("lean") / "huiyin.db", minimum_seconds=0, today=TODAY)
    app = with_config(config, definitions=ROOT / "surveys/definitions")
    yield app
    app.extensions["portal"].store.close()


def stored(app: Flask) -> int:
    return int(rows(app.extensions["portal"], "SELECT count(*) FROM responses")[0][0])


def addresses(here: Portal) -> Iterator[str]:
    """Every form in every language, as links, forms and languages chosen before name it."""
    for survey in here.definitions.open_surveys(here.today()):
        for unit in here.definitions.units_for(survey, here.today()):
            at = f"/s/{survey.key}?unit={unit.code}"
            yield from (at, f"{at}&sent=1", f"{at}&lang=en", f"/s/{survey.key}?lang=zh&unit={unit.code}&sent=1")


@pytest.mark.parametrize("definitions", [ROOT / "surveys/definitions", TINY])
def test_a_form_is_the_one_that_flask_gives_byte_for_byte(config: Config, definitions: Path) -> None:
    app = with_config(config, definitions=definitions)
    found = [*addresses(app.extensions["portal"])]
    assert len(found) >= 32
    for number, address in enumerate(found):
        browser = BROWSERS[(number + number // 4) % len(BROWSERS)]
        asked = request_of(address, HTTP_ACCEPT_LANGUAGE=browser, root="portal")
        flask = by_flask(app, asked)
        lean = by_lean(app, asked)
        assert lean is not None, address
        assert without_token(lean) == without_token(flask), (address, browser)
        assert token_in(lean[2].decode()) != token_in(flask[2].decode())
    app.extensions["portal"].store.close()


def test_a_form_that_nobody_asked_for_yet_is_left_to_flask(app: Flask) -> None:
    asked = request_of(ADDRESS)
    assert by_lean(app, asked) is None
    assert by_both(app, asked)[0] == "200 OK"
    assert by_lean(app, asked) is not None


@pytest.mark.parametrize(
    "address",
    [
        "/s/sense-of-safety",
        "/s/sense-of-safety?unit=",
        "/s/sense-of-safety?unit=nowhere",
        "/s/sense-of-safety?unit=chengdong&from=poster",
        "/s/sense-of-safety?unit=chengdong&unit=chengxi",
        "/s/sense-of-safety?unit=chengdon%67",
        "/s/sense-of-safety/?unit=chengdong",
        "/s/nothing?unit=chengdong",
        "/?unit=chengdong",
    ],
)
def test_an_address_that_is_not_plain_is_left_to_flask(shared: Flask, address: str) -> None:
    by_both(shared, request_of(ADDRESS))
    assert by_lean(shared, request_of(address)) is None


@pytest.mark.parametrize("address", [ADDRESS + "&sent=1", f"{ADDRESS}&lang=en", "/s/visit?lang=zh&unit=chengdong"])
def test_a_good_form_gets_the_answer_of_flask_and_counts_once(app: Flask, here: Portal, address: str) -> None:
    survey = address[3:].partition("?")[0]
    form = body_of(GOOD if survey != "visit" else TWICE, a_token(here, survey))
    lean = by_lean(app, request_of(address, form, root="portal"))
    assert lean is not None
    assert lean[0] == "303 SEE OTHER"
    assert lean == by_flask(app, request_of(address, form, root="portal"))
    assert lean == by_lean(app, request_of(address, form, root="portal"))
    assert rows(here, "SELECT count(*) FROM responses")[0][0] == 1


def test_a_form_as_a_browser_sends_it_needs_no_flask(app: Flask, here: Portal) -> None:
    page = by_both(app, request_of(ADDRESS))[2].decode()
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', page)
    assert {name for name, _ in hidden} == {"_token", "_grant", "_id"}
    form = body_of([*hidden, ("overall", "4"), ("better", ""), ("_website", "")])
    for site in ({"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "http://portal.example"}, {}):
        assert by_lean(app, request_of(ADDRESS + "&sent=1", form, **site)) is not None


def test_other_answers_under_the_same_form_are_told_so_as_flask_tells_it(app: Flask, here: Portal) -> None:
    token = a_token(here)
    first = by_lean(app, request_of(ADDRESS, body_of({"overall": "4"}, token)))
    second = by_lean(app, request_of(ADDRESS, body_of({"overall": "1"}, token)))
    assert second == by_flask(app, request_of(ADDRESS, body_of({"overall": "1"}, token)))
    assert first != second


UNUSUAL: Mapping[str, Mapping[str, Any]] = {
    "another site": {"HTTP_SEC_FETCH_SITE": "cross-site"},
    "another subdomain": {"HTTP_SEC_FETCH_SITE": "same-site"},
    "another origin": {"HTTP_ORIGIN": "http://elsewhere.example"},
    "another type": {"CONTENT_TYPE": "text/plain"},
    "a type with a charset": {"CONTENT_TYPE": f"{PLAIN}; charset=gbk"},
    "no length": {"CONTENT_LENGTH": ""},
    "a length of no number": {"CONTENT_LENGTH": "²"},
    "a length below nothing": {"CONTENT_LENGTH": "-1"},
    "a length beyond any form": {"CONTENT_LENGTH": str(MOST + 1)},
    "more said than sent": {"CONTENT_LENGTH": "500"},
    "in pieces": {"HTTP_TRANSFER_ENCODING": "chunked"},
    "another method": {"REQUEST_METHOD": "PUT"},
}


@pytest.mark.parametrize("unusual", UNUSUAL)
def test_a_post_that_is_not_plain_is_left_to_flask_whole(shared: Flask, unusual: str) -> None:
    form, before = body_of({"overall": "4"}, a_token(shared.extensions["portal"])), stored(shared)
    asked = [request_of(ADDRESS, form, **UNUSUAL[unusual]) for _ in range(3)]
    assert by_lean(shared, asked[0]) is None
    assert stored(shared) == before
    assert without_token(by_both(shared, asked[1])) == without_token(by_flask(shared, asked[2]))


AMISS: Mapping[str, Mapping[str, object]] = {
    "nothing": {},
    "a needed answer is missing": {"night": "4"},
    "an answer that is none": {"overall": "6"},
    "too many choices": {"overall": "1", "wrong": ["theft", "fights", "fraud", "traffic", "fire"]},
    "a text that is too long": {"overall": "4", "better": "长" * 501},
    "the field for machines": {"overall": "4", "_website": "x"},
    "a card": {"overall": "4", "_card_number": "1234567890", "_card_secret": "1" * 20},
    "a card left aside": {"overall": "4", "_without_card": "1"},
    "no token": {"overall": "4", "_token": "x.y"},
}


@pytest.mark.parametrize("amiss", AMISS)
def test_a_form_with_something_amiss_is_left_to_flask(shared: Flask, amiss: str) -> None:
    form = body_of(AMISS[amiss], "" if "_token" in AMISS[amiss] else a_token(shared.extensions["portal"]))
    before = stored(shared)
    assert by_lean(shared, request_of(ADDRESS, form)) is None
    assert stored(shared) == before
    ways = [by_both(shared, request_of(ADDRESS, form)), by_flask(shared, request_of(ADDRESS, form))]
    assert without_token(ways[0]) == without_token(ways[1])


def test_forms_of_other_surveys_and_hasty_ones_are_left_to_flask(app: Flask, here: Portal, config: Config) -> None:
    assert by_lean(app, request_of(ADDRESS, body_of({"overall": "4"}, a_token(here, "visit")))) is None
    hasty = with_config(config, minimum_seconds=60)
    assert by_lean(hasty, request_of(ADDRESS, body_of({"overall": "4"}, a_token(here)))) is None
    hasty.extensions["portal"].store.close()


@pytest.mark.parametrize(("days", "takes"), [(0, True), (7, True), (8, False)])
def test_a_survey_that_closed_takes_plain_forms_for_as_long_as_flask(
    app: Flask, here: Portal, days: int, takes: bool
) -> None:
    form, key = body_of({"overall": "4"}, a_token(here)), ("sense-of-safety", 1)
    ended = replace(here.definitions.surveys[key], closed=here.today() - timedelta(days=days))
    rules = replace(here.definitions, surveys={**here.definitions.surveys, key: ended})
    app.extensions["portal"] = replace(here, definitions=rules)
    assert (by_lean(app, request_of(ADDRESS, form)) is not None) == takes
    assert (by_flask(app, request_of(ADDRESS, form))[0][:3] == "303") == takes


def test_the_limit_of_a_network_counts_both_ways_together(config: Config) -> None:
    app = with_config(config, answers_per_minute=3)
    here: Portal = app.extensions["portal"]

    def send(way: Any) -> str:
        answer = way(app, request_of(ADDRESS, body_of({"overall": "4"}, a_token(here)), REMOTE_ADDR="192.0.2.1"))
        return answer[0][:3] if answer else ""

    assert [send(by_both), send(by_flask), send(by_both)] == ["303"] * 3
    assert [send(by_lean), send(by_both), send(by_flask)] == ["", "429", "429"]
    here.store.close()


@pytest.mark.sqlite
def test_a_store_that_is_busy_is_told_by_flask_and_counted_once(config: Config) -> None:
    app = with_config(config, answers_per_minute=2)
    here: Portal = app.extensions["portal"]
    form = body_of({"overall": "4"}, a_token(here))
    with closing(sqlite3.connect(config.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, headers, page = by_both(app, request_of(ADDRESS, form, REMOTE_ADDR="192.0.2.1"))
        other.execute("ROLLBACK")
    assert (status[:3], dict(headers)["Retry-After"]) == ("503", "5")
    assert b'value="4" checked' in page
    statuses = [by_both(app, request_of(ADDRESS, form, REMOTE_ADDR="192.0.2.1"))[0][:3] for _ in range(2)]
    assert statuses == ["303", "429"]
    here.store.close()


@pytest.mark.parametrize("parts", [["visit", "chengdong"], ["chengdong"] * 40], ids=["short", "long"])
def test_what_the_library_signed_is_read_and_what_we_sign_is_read_by_it(shared: Flask, parts: list[str]) -> None:
    here: Portal = shared.extensions["portal"]
    keys = [*here.keys.proofs("receipt")][::-1]
    library = URLSafeSerializer(keys, signer_kwargs={"digest_method": hashlib.sha256})
    signed, ours = library.dumps(parts), here.signer.sign_receipt(*parts)
    assert [here.signer.read_receipt(text) for text in (signed, ours)] == [parts, parts]
    assert library.loads(ours) == parts
    assert [here.signer.read_receipt(text) for text in (signed[1:], f"{ours}x", f"é{ours}", "")] == [None] * 4


class Broken(BytesIO):
    """A body whose first piece is lost."""

    def read(self, size: int | None = -1, /) -> bytes:
        self.read = super().read  # type: ignore[method-assign]
        raise OSError(f"{size} bytes of what somebody wrote")


def test_what_goes_wrong_on_the_way_is_left_to_flask_and_logged_without_words(
    app: Flask, here: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    form = body_of({"overall": "4"}, a_token(here))
    broken: IO[bytes] = Broken(form)
    assert by_both(app, request_of(ADDRESS, form) | {"wsgi.input": broken})[0][:3] == "303"
    assert "unexpected OSError at" in caplog.text
    assert "somebody wrote" not in caplog.text


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One portal for many examples, with a small survey of every kind."""
    folder = tmp_path_factory.mktemp("lean")
    config = Config(database=folder / "huiyin.db", definitions=TINY, minimum_seconds=0, answers_per_minute=65535)
    app = with_config(config)
    yield app
    app.extensions["portal"].store.close()


def surveys_of(app: Flask) -> list[Survey]:
    return [*app.extensions["portal"].definitions.surveys.values()]


VALUES = st.one_of(
    st.sampled_from(
        ["", " ", "1", "5", "6", "dk", "waiting", "manner", "result", "3.0", "+3", "３６６", "－1", "2026-11-20"]
    ),
    st.sampled_from(["2026-02-30", "２０２６-01-01", "1\x00", "\u2028", "a\r\nb", "\x7f", "长" * 501, "0" * 12, "𝟛"]),
    st.text(max_size=12),
)


def fields_of(survey: Survey) -> "st.SearchStrategy[list[tuple[str, str]]]":
    named = st.sampled_from([question.code for question in survey.questions])
    right = [code for question in survey.questions for code in question.codes()] or ["7", "2026-11-20", "a"]
    rare = st.sampled_from(["_website", "_card_number", "_card_secret", "_without_card", "_token", "_grant", "other"])
    good = st.lists(st.tuples(named, st.one_of(st.sampled_from(right), VALUES)), min_size=1, max_size=3)
    return st.one_of(good, good, st.lists(st.tuples(st.one_of(named, rare), VALUES), max_size=6))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_sent_is_taken_alike_or_left_to_flask(both_ways: Flask, data: st.DataObject) -> None:
    """Flask sees what the lean way took a second time: it must take it too, and find the same answers stored."""
    survey = data.draw(st.sampled_from(surveys_of(both_ways)))
    fields = data.draw(fields_of(survey))
    form = body_of(fields, both_ways.extensions["portal"].signer.new(survey.key, 1))
    if data.draw(st.integers(0, 4)) == 4:
        place = data.draw(st.integers(0, len(form)))
        form = (
            form[:place]
            + data.draw(st.sampled_from([b"%", b"&", b"=", b"%ff", b"+", b";", b"\xe4", b"%00"]))
            + form[place:]
        )
    address = f"/s/{survey.key}?unit=hall"
    lean = by_lean(both_ways, request_of(address, form))
    if lean is not None:
        assert lean == by_flask(both_ways, request_of(address, form))
