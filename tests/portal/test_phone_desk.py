"""The telephone desk through its pages: what is read out, keyed, and taken down once."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import accounts
from portal.state import Portal
from surveys.definition import LANGUAGES
from tests.portal.conftest import rows, token_in
from tests.portal.desk_office import Office
from tests.surveys.test_paper_keys import POLICE

ASKED = "survey=police-response&unit=chengdong"
AT = f"/staff/phone/call?{ASKED}&say=zh"
CELLS = {"overall": "5", "speed": "0", "better": "很好。"}


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


def sent(client: FlaskClient, outcome: str, at: str = AT, **cells: str) -> dict[str, str]:
    return {**cells, "_token": token_in(client.get(at).text), "outcome": outcome}


@pytest.mark.parametrize("say", LANGUAGES)
def test_the_script_greets_tells_of_privacy_and_reads_every_question(office: Office, say: str) -> None:
    page = office.client("intake").get(f"/staff/phone/call?{ASKED}&say={say}&lang=zh").text
    spoken = {"zh": ("您好。", "不问密码和验证码", "不记名"), "en": ("Hello.", "passwords or codes", "carry no name")}
    places = [page.index(words) for words in (*spoken[say], POLICE.by_code["overall"].text[say])]
    assert places == sorted(places)
    labels = re.findall(r'<label for="q-([a-z]+)"', page)
    assert labels == [question.code for question in POLICE.questions if question.kind != "statement"]
    assert ('lang="en"' in page.partition("<main")[2]) == (say == "en")


def test_answers_are_stored_at_once_and_once(office: Office, here: Portal) -> None:
    client = office.client("intake")
    data = sent(client, "answered", **CELLS)
    first, again = (client.post(AT, data=data) for _ in range(2))
    assert (first.status_code, first.location.endswith("&done=answered")) == (303, True)
    assert again.location.endswith("&done=before")
    assert "没有多算" in client.get(again.location).text
    assert [tuple(row) for row in rows(here, "SELECT channel, basis, language, answers FROM responses")] == [
        ("telephone", "assisted", "zh", '{"overall":"5","speed":"dk"}')
    ]
    assert [tuple(row) for row in rows(here, "SELECT act, object FROM audit WHERE act = 'phone_call'")] == [
        ("phone_call", "police-response")
    ]


def test_refused_and_not_reached_are_outcomes_of_their_own(office: Office, here: Portal) -> None:
    client = office.client("publisher")
    for outcome in ("refused", "not-reached", "not-reached"):
        assert client.post(AT, data=sent(client, outcome)).status_code == 303
    client.post(AT, data=sent(client, "answered", **CELLS))
    row = client.get("/staff/phone?lang=en").text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert re.findall(r'class="number">(\d+)<', row) == ["1", "1", "2"]
    assert len(rows(here, "SELECT id FROM responses")) == 1


def test_what_fits_no_key_is_told_and_kept(office: Office, here: Portal) -> None:
    client = office.client("intake")
    data = sent(client, "answered", **{**CELLS, "overall": "8"})
    answer = client.post(AT, data=data)
    assert (answer.status_code, 'value="8"' in answer.text, "很好。" in answer.text) == (422, True, True)
    assert token_in(answer.text) == data["_token"]
    empty = client.post(AT, data=sent(client, "answered"))
    assert (empty.status_code, "一题也没有答" in empty.text) == (422, True)
    stale = client.post(AT, data={**CELLS, "outcome": "answered", "_token": "x"})
    assert (stale.status_code, "很好。" in stale.text) == (422, True)
    assert rows(here, "SELECT id FROM responses") == []


def test_nobody_calls_about_his_own_unit(office: Office, here: Portal) -> None:
    handler = office.client("handler")
    assert 'value="chengdong"' not in handler.get("/staff/phone").text
    assert 'value="chengxi"' in handler.get("/staff/phone").text
    assert handler.get(AT).status_code == 422
    data = sent(handler, "answered", AT.replace("chengdong", "chengxi"), **CELLS)
    assert handler.post(AT, data=data).status_code == 422
    assert rows(here, "SELECT id FROM responses") == []


def test_enter_in_a_field_never_says_refused(office: Office) -> None:
    page = office.client("intake").get(AT).text
    answers = page[page.index('<form class="keying"') :]
    assert re.findall(r'name="outcome" value="([a-z-]+)"', answers[: answers.index("</form>")]) == ["answered"]
