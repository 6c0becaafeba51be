"""Answering a survey: the form, what is refused and how, the receipt, and what is stored."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.config import Config
from portal.limits import Limiter
from portal.state import Portal
from tests.portal.conftest import TODAY, rows, token_in, with_config

FORM = "/s/counter-service?unit=chengdong-hukou"


def fresh(client: FlaskClient, address: str = FORM) -> str:
    return token_in(client.get(address).text)


def test_home_lists_the_open_surveys(client: FlaskClient) -> None:
    page = client.get("/?lang=en").text
    for key in ("counter-service", "police-response", "mediation", "visit", "anti-fraud-talk", "sense-of-safety"):
        assert f"/s/{key}?lang=en" in page


def test_home_says_once_how_long_each_takes_when_all_are_alike(
    client: FlaskClient, app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    surveys = here.definitions.open_surveys(here.today())
    assert {survey.minutes for survey in surveys} == {2}
    assert client.get("/?lang=en").text.count("about 2 min") == 1
    other = [replace(surveys[0], minutes=1), *surveys[1:]]
    monkeypatch.setattr(type(here.definitions), "open_surveys", lambda *_: other)
    page = client.get("/?lang=en").text
    assert (page.count("about 2 min"), page.count("about 1 min")) == (len(surveys) - 1, 1)


def test_a_survey_without_a_unit_asks_which(client: FlaskClient) -> None:
    page = client.get("/s/counter-service")
    assert page.status_code == 200
    assert "unit=chengdong-hukou" in page.text
    assert "城东派出所户籍窗口" in page.text


def test_an_unknown_unit_is_named_and_the_known_ones_offered(client: FlaskClient) -> None:
    page = client.get("/s/counter-service?unit=nowhere&lang=en")
    assert page.status_code == 404
    assert "“nowhere” is no unit of this survey" in page.text
    assert "unit=chengdong-hukou" in page.text


def test_a_closed_unit_takes_no_answers(client: FlaskClient, here: Portal) -> None:
    closed = [unit for unit in here.definitions.units.values() if unit.closed]
    assert closed
    assert all(client.get(f"/s/sense-of-safety?unit={unit.code}").status_code == 404 for unit in closed)


@pytest.mark.parametrize("path", ["/s/no-such", "/s/no-such?unit=x", "/receipt", "/receipt?r=forged", "/nowhere"])
def test_what_is_not_there_is_said_in_words(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 404
    assert "没有这个页面" in page.text


def test_an_answer_is_stored_once_with_codes_only(client: FlaskClient, here: Portal) -> None:
    token = fresh(client)
    sent = {"_token": token, "overall": "2", "wrong": ["manner", "waiting"], "matter": "identity-card"}
    first = client.post(FORM, data=sent)
    assert first.status_code == 303
    stored = rows(here, "SELECT survey, version, unit, channel, basis, language, day, period, answers FROM responses")
    asked = here.definitions.current("counter-service", TODAY)
    assert asked is not None
    assert [tuple(row)[:8] for row in stored] == [
        ("counter-service", asked.version, "chengdong-hukou", "web", "open", "zh", "2026-11-20", "2026-11")
    ]
    assert json.loads(stored[0].answers) == {"overall": "2", "wrong": ["waiting", "manner"], "matter": "identity-card"}


def test_the_receipt_names_survey_unit_and_day_and_nothing_more(client: FlaskClient) -> None:
    token = fresh(client, FORM + "&lang=en")
    sent = client.post(FORM + "&lang=en", data={"_token": token, "overall": "5"})
    page = client.get(sent.location)
    for part in ("Your visit to the counter", "2026-11-20", "Open a case"):
        assert part in page.text
    assert token not in page.text + sent.location
    assert "Set-Cookie" not in sent.headers
    assert "Very satisfied" not in page.text


def test_the_same_submission_fifty_times_in_parallel_is_one(app: Flask, here: Portal) -> None:
    token = fresh(app.test_client())

    def send(_: int) -> tuple[int, str]:
        """As somebody does: when the page says that the database is busy, press again."""
        while True:
            response = app.test_client().post(FORM, data={"_token": token, "overall": "4"})
            if response.status_code != 503:
                return response.status_code, response.location

    with ThreadPoolExecutor(16) as pool:
        results = set(pool.map(send, range(50)))
    assert len(results) == 1
    assert results.pop()[0] == 303
    assert rows(here, "SELECT count(*) FROM responses")[0][0] == 1


def test_other_answers_under_the_same_form_do_not_count_and_are_told_so(client: FlaskClient, here: Portal) -> None:
    token = fresh(client)
    client.post(FORM, data={"_token": token, "overall": "4"})
    again = client.post(FORM, data={"_token": token, "overall": "1"})
    assert "以第一次的为准" in client.get(again.location).text
    assert json.loads(rows(here, "SELECT answers FROM responses")[0][0]) == {"overall": "4"}


def test_a_missing_rating_is_asked_for_and_nothing_typed_is_lost(client: FlaskClient, here: Portal) -> None:
    token = fresh(client)
    comment = "窗口 <b>三号</b> & 排队\n第二行"
    page = client.post(
        FORM, data={"_token": token, "matter": "household-register", "comment": comment, "better": comment}
    )
    assert page.status_code == 422
    assert 'href="#q-overall"' in page.text
    assert "请选择您的看法" in page.text
    assert 'value="household-register" checked' in page.text
    assert "窗口 &lt;b&gt;三号&lt;/b&gt; &amp; 排队\n第二行" in page.text
    assert token_in(page.text) == token
    assert rows(here, "SELECT count(*) FROM responses")[0][0] == 0


def test_nothing_is_defaulted(client: FlaskClient) -> None:
    assert " checked" not in client.get(FORM).text


def test_answers_to_questions_that_were_not_open_are_dropped(client: FlaskClient, here: Portal) -> None:
    client.post(FORM, data={"_token": fresh(client), "overall": "5", "wrong": ["manner"]})
    assert json.loads(rows(here, "SELECT answers FROM responses")[0][0]) == {"overall": "5"}


def test_a_forged_code_is_refused(client: FlaskClient, here: Portal) -> None:
    page = client.post(FORM, data={"_token": fresh(client), "overall": "6"})
    assert page.status_code == 422
    assert "请从列出的回答里选一个" in page.text
    assert rows(here, "SELECT count(*) FROM responses")[0][0] == 0


def test_a_form_opened_six_days_ago_still_counts(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    token = fresh(client)
    later = time.time() + 6 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.post(FORM, data={"_token": token, "overall": "4"}).status_code == 303


def test_a_form_that_is_too_old_comes_back_filled_in_with_a_new_token(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = fresh(client)
    later = time.time() + 40 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    page = client.post(FORM, data={"_token": token, "overall": "4"})
    assert page.status_code == 422
    assert 'value="4" checked' in page.text
    assert token_in(page.text) != token
    assert client.post(FORM, data={"_token": token_in(page.text), "overall": "4"}).status_code == 303


@pytest.mark.parametrize("token", ["", "x", "a.b", "WyJ4IiwxXQ.zzz"])
def test_a_token_of_no_kind_is_refused_and_nothing_lost(client: FlaskClient, here: Portal, token: str) -> None:
    page = client.post(FORM, data={"_token": token, "overall": "4"})
    assert page.status_code == 422
    assert 'value="4" checked' in page.text
    assert rows(here, "SELECT count(*) FROM responses")[0][0] == 0


def test_a_token_of_another_survey_does_not_fit(client: FlaskClient) -> None:
    other = fresh(client, "/s/visit?unit=chengdong")
    assert client.post(FORM, data={"_token": other, "overall": "4"}).status_code == 422


def test_a_filled_honeypot_is_said_and_not_swallowed(client: FlaskClient, here: Portal) -> None:
    page = client.post(FORM, data={"_token": fresh(client), "overall": "4", "_website": "http://spam"})
    assert page.status_code == 422
    assert "请把最后一格空着" in page.text
    assert 'value="4" checked' in page.text
    assert rows(here, "SELECT count(*) FROM responses")[0][0] == 0


def test_a_form_sent_in_no_time_is_asked_for_once_more_and_what_is_missing_with_it(config: Config) -> None:
    app = with_config(config, minimum_seconds=5)
    client = app.test_client()
    page = client.post(FORM, data={"_token": fresh(client), "overall": "4"})
    assert page.status_code == 422
    assert "填得很快" in page.text
    page = client.post(FORM, data={"_token": fresh(client)})
    assert "填得很快" in page.text
    assert 'href="#q-overall"' in page.text
    page = client.post("/suggest", data={"_token": token_in(client.get("/suggest").text), "category": "suggestion"})
    assert "填得很快" in page.text
    assert 'href="#q-text"' in page.text
    app.extensions["portal"].store.close()


def test_a_flood_is_asked_to_wait_and_keeps_what_was_typed(app: Flask, here: Portal) -> None:
    client = app.test_client()
    token = fresh(client)
    flooded = Limiter(per_minute=0, per_hour=0)
    app.extensions["portal"] = type(here)(**{**vars(here), "answers_limit": flooded})
    page = client.post(FORM, data={"_token": token, "overall": "4"})
    assert (page.status_code, page.headers["Retry-After"]) == (429, "60")
    assert 'value="4" checked' in page.text


def test_a_hall_behind_one_address_is_not_shut_out(app: Flask, here: Portal) -> None:
    client = app.test_client()
    for _ in range(200):
        assert (
            client.post(FORM, data={"_token": here.signer.new("counter-service", 1), "overall": "5"}).status_code == 303
        )
    assert rows(here, "SELECT count(*) FROM responses")[0][0] == 200


def test_the_limiter_keeps_no_address_and_forgets_by_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 7200.0)
    limiter = Limiter(per_minute=2, per_hour=3)
    assert [limiter.allows("203.0.113.9") for _ in range(3)] == [True, True, False]
    assert limiter.allows("203.0.113.10")
    assert "203.0.113.9" not in repr(vars(limiter))
    key = bytes(limiter._head[:32])
    monkeypatch.setattr(time, "monotonic", lambda: 7270.0)
    assert [limiter.allows("203.0.113.9") for _ in range(2)] == [True, False]
    monkeypatch.setattr(time, "monotonic", lambda: 10801.0)
    assert limiter.allows("203.0.113.9")
    assert bytes(limiter._head[:32]) != key


def test_one_home_with_many_ipv6_addresses_counts_as_one() -> None:
    limiter = Limiter(per_minute=1, per_hour=9)
    assert limiter.allows("2001:db8::1")
    assert not limiter.allows("2001:db8::ffff")
    assert limiter.allows("2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_only_our_own_pages_may_post(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    assert client.post(FORM, data={"_token": fresh(client), "overall": "4"}, headers=headers).status_code == status


def test_a_survey_that_closed_takes_forms_for_a_week(config: Config, tmp_path_factory: pytest.TempPathFactory) -> None:
    kcmo = config.definitions.parent / "examples/kcmo-resident-survey"
    open_app = with_config(config, definitions=kcmo, today=date(2023, 12, 31))
    client = open_app.test_client()
    address = "/s/kcmo-resident?unit=d1"
    token = fresh(client, address)
    open_app.extensions["portal"].store.close()
    for day, status in ((date(2024, 1, 7), 303), (date(2024, 1, 8), 404)):
        later = with_config(config, definitions=kcmo, today=day)
        assert later.test_client().post(address, data={"_token": token, "q3_01": "4"}).status_code == status
        later.extensions["portal"].store.close()


def test_too_much_at_once_is_refused_in_words(client: FlaskClient) -> None:
    page = client.post(FORM, data={"_token": fresh(client), "overall": "4", "better": "长" * 200_000})
    assert page.status_code == 413
    assert "内容太多" in page.text


@pytest.mark.parametrize(("lang", "words"), [("zh", "内容太多"), ("en", "too much at once")])
def test_of_too_much_what_fits_is_given_back_to_copy(client: FlaskClient, lang: str, words: str) -> None:
    """A form is at most 256 KB; up to four times that is heard to its end, so that a browser shows the page."""
    long, other = "<长>&" * 40_000, "第二段话，也不短。" * 10
    data = {"_token": fresh(client), "overall": "4", "better": long, "more": other, "secret": "7" * 80}
    page = client.post(f"{FORM}&lang={lang}", data=data)
    given = unescape(page.text)
    assert page.status_code == 413
    assert words in given
    assert long[:20_000] in given
    assert long[:20_002] not in given
    assert other in given
    assert data["secret"] not in given
    assert data["_token"] not in given


def test_far_too_much_is_not_heard_at_all(client: FlaskClient) -> None:
    page = client.post(FORM, data={"better": "x" * 2_000_000})
    assert (page.status_code, "<textarea" in page.text) == (413, False)
