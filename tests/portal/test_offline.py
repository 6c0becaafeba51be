"""The portal as an app: what a device keeps, and the answers that it sends later, each counted once."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.config import Config
from portal.state import Portal
from surveys import cards, grants
from surveys.grants import Grant
from surveys.responses import period_of
from surveys.store import Store, answers
from surveys.store.cards import BatchRow
from tests.portal.conftest import ROOT, TODAY, rows, with_config

ID = "00112233445566778899aabbccddeeff"
PAGE = "/s/visit?unit=chengdong"


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a form."""
    return {name: unescape(value) for name, value in re.findall(r'name="(_\w+)" value="([^"]*)"', page)}


def grant_in(client: FlaskClient, path: str = PAGE) -> str:
    return fields(client.get(path).text)["_grant"].partition(" ")[0]


def send(client: FlaskClient, signed: str, lang: str = "en", **changes: object) -> TestResponse:
    sent = {"id": ID, "grant": signed, "day": TODAY.isoformat(), "language": "zh", "answers": {"overall": ["4"]}}
    return client.post(f"/api/answers?lang={lang}", json={**sent, **changes})


def close(app: Flask) -> None:
    app.extensions["portal"].store.close()


def told(response: TestResponse) -> Mapping[str, object]:
    found = json.loads(response.text)
    assert isinstance(found, dict)
    return found


def test_a_form_carries_what_a_device_needs_and_its_own_id(client: FlaskClient, here: Portal) -> None:
    found = fields(client.get(f"{PAGE}&lang=en").text)
    token = here.signer.read(found["_token"], "visit")
    assert token is not None
    assert found["_id"] == token.id.hex()
    signed, language, about = found["_grant"].split(" ", 2)
    assert grants.read(here.keys, signed) == Grant("visit", 1, "chengdong", TODAY)
    assert (language, about) == ("en", "A home visit or residents' meeting · East Police Station")
    again = client.post(f"{PAGE}&lang=en", data={"_token": found["_token"]})
    assert again.status_code == 422
    assert fields(again.text) == found


def test_an_answer_is_stored_once_and_a_repeat_gets_the_same_receipt(client: FlaskClient, here: Portal) -> None:
    grant = grant_in(client)
    first, again = (told(send(client, grant)) for _ in range(2))
    assert first == again
    assert (first["id"], first["day"]) == (ID, TODAY.isoformat())
    assert rows(here, "SELECT id, channel, basis, language, answers FROM responses") == [
        (bytes.fromhex(ID), "web", "open", "zh", '{"overall":"4"}')
    ]
    assert client.get(str(first["receipt"])).status_code == 200


def test_an_id_that_is_known_does_not_tell_what_was_answered(client: FlaskClient, here: Portal) -> None:
    grant = grant_in(client)
    first = told(send(client, grant))
    assert all(told(send(client, grant, answers={"overall": [level]})) == first for level in ("1", "4", "dk"))
    assert rows(here, "SELECT answers FROM responses") == [('{"overall":"4"}',)]


def test_a_form_that_was_sent_and_then_queued_counts_once(client: FlaskClient, here: Portal) -> None:
    found = fields(client.get(PAGE).text)
    assert client.post(PAGE, data={"_token": found["_token"], "overall": "4"}).status_code == 303
    assert send(client, found["_grant"].partition(" ")[0], id=found["_id"]).status_code == 200
    assert len(rows(here, "SELECT id FROM responses")) == 1


def test_weeks_later_the_day_is_that_of_the_answer_and_a_closed_month_is_left_alone(config: Config) -> None:
    before = with_config(config)
    grant = grant_in(before.test_client())
    close(before)
    late = TODAY + timedelta(days=40)
    app = with_config(config, today=late)
    here: Portal = app.extensions["portal"]
    here.store.write(lambda connection: answers.close_period(connection, period_of(TODAY), late.isoformat()))
    assert told(send(app.test_client(), grant))["day"] == TODAY.isoformat()
    assert rows(here, "SELECT day, period FROM responses") == [(TODAY.isoformat(), "2026-12")]
    close(app)


REFUSED = {
    "answers": ({"answers": {}}, "Some answers do not fit", {"overall": "Choose how you see it, or “don't know”"}),
    "grant": ({"grant": "x"}, "another office", {}),
    "form": ({"answers": 3}, "could not be read", {}),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_says_what_to_do_and_stores_nothing(client: FlaskClient, here: Portal, reason: str) -> None:
    changes, message, faults = REFUSED[reason]
    response = send(client, grant_in(client), **changes)  # type: ignore[arg-type]
    assert response.status_code == 422
    found = told(response)
    assert (found["error"], found["faults"]) == (reason, faults)
    assert message in str(found["message"])
    assert found["id"] == (ID if reason == "answers" else "")
    assert rows(here, "SELECT id FROM responses") == []


def test_words_of_a_refusal_are_in_the_language_of_the_answer(client: FlaskClient) -> None:
    assert told(send(client, grant_in(client), "zh", answers={}))["message"] == "有几处填得不对。请改一改，再发送一次。"


def test_a_card_that_cannot_be_used_is_told_and_the_answer_goes_without_it(client: FlaskClient, here: Portal) -> None:
    grant = grant_in(client)
    card = {"number": "0000100000", "secret": "1" * 20}
    refused = told(send(client, grant, card=card))
    assert refused["error"] == "card"
    assert "send without the card" in str(refused["message"])
    assert send(client, grant).status_code == 200
    assert rows(here, "SELECT basis FROM responses") == [("open",)]
    limited = [send(client, grant, id=f"{n:032x}", card=card).status_code for n in range(12)]
    assert set(limited) == {422, 429}


def test_another_form_does_not_tell_whether_a_card_was_used(client: FlaskClient, here: Portal) -> None:
    batch, (card,) = cards.prepare(here.store, here.keys, 1)
    cards.issue(here.store, BatchRow(batch, "counter-service", "chengdong-hukou", TODAY.isoformat(), 1))
    tried = {"number": card.number, "secret": card.secret}
    before = told(send(client, grant_in(client), card=tried))
    assert "This card is for “Your visit to the counter”" in str(before["message"])
    own = grant_in(client, "/s/counter-service?unit=chengdong-hukou")
    assert send(client, own, id="1" * 32, card=tried).status_code == 200
    for secret in (card.secret, "1" * 20):
        assert told(send(client, grant_in(client), card={**tried, "secret": secret})) == before


def test_what_is_no_json_or_from_another_site_is_not_taken(client: FlaskClient, here: Portal) -> None:
    assert client.post("/api/answers", data="{").status_code == 422
    assert client.post("/api/answers", data=b"\xff", content_type="application/json").status_code == 422
    for deep in ("[" * 900 + "]" * 900, "[" * 99_999, '{"answers": ' + '{"a":' * 50_000):
        nested = client.post("/api/answers", data=deep, content_type="application/json")
        assert (nested.status_code, told(nested)["error"]) == (422, "form")
    away = client.post("/api/answers", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert away.status_code == 403
    assert rows(here, "SELECT id FROM responses") == []


def test_a_full_network_is_asked_to_wait_and_told_when(config: Config) -> None:
    app = with_config(config, answers_per_minute=2)
    client = app.test_client()
    grant = grant_in(client)
    found = [send(client, grant, id=f"{n:032x}") for n in range(3)]
    assert [one.status_code for one in found] == [200, 200, 429]
    assert (told(found[2])["error"], found[2].headers["Retry-After"]) == ("busy", "60")
    close(app)


def test_a_busy_store_keeps_the_answer_waiting(here: Portal, client: FlaskClient) -> None:
    grant = grant_in(client)
    with Store.open(here.config.database) as other:
        response = other.write(lambda _: send(client, grant))
    assert (response.status_code, told(response)["error"], response.headers["Retry-After"]) == (503, "busy", "5")
    assert send(client, grant).status_code == 200


def test_a_unit_can_be_taken_along(client: FlaskClient) -> None:
    page = client.get("/take/chengdong-hukou?lang=en").text
    (kept,) = re.findall(r'data-take="([^"]*)"', page)
    addresses = unescape(kept).split()
    assert len(addresses) == 3 * len(set(re.findall(r"/s/([a-z-]+)", kept)))
    for address in addresses:
        assert client.get(address).status_code == 200
        assert fields(client.get(address).text)["_grant"]
    assert client.get("/take/chengqu").status_code == 404
    assert 'href="/take/chengdong?lang=en"' in client.get("/take?lang=en").text


def test_the_worker_keeps_what_is_there_and_stays_with_the_portal(client: FlaskClient) -> None:
    response = client.get("/worker.js")
    assert response.mimetype == "text/javascript"
    kept = json.loads(response.text.partition(" = ")[2].partition(";\n")[0])
    assert kept["base"] == "/"
    for address in (*kept["pages"], *kept["files"]):
        with client.get(address) as found:
            assert found.status_code == 200, address
    for name in re.findall(r'"static/([a-z]+\.js)"', response.text):
        assert f"/static/{name}" in kept["files"]
    policy = response.headers["Content-Security-Policy"]
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_manifest_names_icons_that_are_there(client: FlaskClient) -> None:
    for lang, name in (("zh", "回音"), ("en", "Huiyin")):
        response = client.get(f"/manifest.webmanifest?lang={lang}")
        found = told(response)
        assert (response.mimetype, found["short_name"]) == ("application/manifest+json", name)
        assert found["scope"] == "/"
        icons = found["icons"]
        assert isinstance(icons, list)
        assert {icon["purpose"] for icon in icons if "purpose" in icon} == {"any", "maskable"}
        for icon in icons:
            with client.get(icon["src"]) as picture:
                assert picture.mimetype == icon["type"]


def test_the_words_of_the_scripts_are_said_in_both_languages(client: FlaskClient) -> None:
    zh, en = (told(client.get(f"/words.json?lang={lang}")) for lang in ("zh", "en"))
    assert set(zh) == set(en)
    assert all(zh[name] != en[name] for name in zh)
    used = set(re.findall(r"told\.(\w+)", (ROOT / "portal/static/offline.js").read_text(encoding="utf-8")))
    assert used == set(zh)
