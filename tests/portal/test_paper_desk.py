"""The keying desk through its pages: two people, number keys, what differs, and answers stored once."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import accounts
from portal.state import Portal
from surveys import paper
from surveys.audit import verify
from tests.portal.conftest import rows
from tests.portal.desk_office import Office

BATCH = {"survey": "police-response.v1", "unit": "chengdong", "language": "zh", "day": "2026-11-18", "n": "2"}
SHEET = {"overall": "1", "wrong": "1 10", "speed": "0", "better": "多派人。"}
AT = "/staff/paper/P0001"


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


def opened(client: FlaskClient, **changes: str) -> str:
    answer = client.post("/staff/paper", data={**BATCH, "newest": "", **changes})
    assert answer.status_code == 303
    return answer.location


def keyed(client: FlaskClient, *sheets: dict[str, str], words: bool = True) -> None:
    for number, cells in enumerate(sheets, 1):
        given = cells if words else {**cells, "better": "1" if cells.get("better") else ""}
        answer = client.post(f"{AT}/{number}", data=given)
        assert (answer.status_code, answer.location) == (303, f"{AT}/{number + 1}")
    assert client.post(f"{AT}/finish", data={"sent": "1"}).status_code == 303


def acts(here: Portal) -> list[tuple[str, str, str]]:
    found = rows(here, "SELECT act, role, object FROM audit WHERE act LIKE 'paper%' ORDER BY id")
    return [(row.act, row.role, row.object) for row in found]


def test_a_batch_goes_from_the_pile_to_the_answers(office: Office, here: Portal) -> None:
    intake, publisher = office.client("intake"), office.client("publisher")
    assert opened(intake) == AT
    assert "写批次 P0001 和张号" in intake.get(AT).text
    keyed(intake, SHEET, {"overall": "5", "told": "-"})
    page = publisher.get(f"{AT}/1?lang=en").text
    assert "多派人。" not in page
    keyed(publisher, SHEET, {"overall": "4", "told": "-"}, words=False)
    page = intake.get(f"{AT}?lang=en").text
    assert "1 of 16 cells differ" in page
    assert re.findall(r'<input type="radio" name="2-overall" value="(.*?)"', page) == ["4", "5", "-", "other"]
    refused = intake.post(f"{AT}/store", data={"sent": "1"})
    assert (refused.status_code, "两遍都录完" in refused.text) == (409, True)
    assert intake.post(f"{AT}/settle", data={"2-overall": "5"}).status_code == 303
    for _ in range(2):
        assert intake.post(f"{AT}/store", data={"sent": "1"}).status_code == 303
    found = rows(here, "SELECT channel, basis, day, answers FROM responses ORDER BY answers")
    assert [tuple(row) for row in found] == [
        ("paper", "assisted", "2026-11-18", '{"overall":"1","speed":"dk","wrong":["slow","other"]}'),
        ("paper", "assisted", "2026-11-18", '{"overall":"5"}'),
    ]
    assert [row.text for row in rows(here, "SELECT text FROM response_texts")] == ["多派人。"]
    assert acts(here) == [
        ("paper_open", "intake", "P0001"),
        ("paper_key", "intake", "P0001"),
        ("paper_key", "publisher", "P0001"),
        ("paper_settle", "intake", "P0001"),
        ("paper_store", "intake", "P0001"),
    ]
    verify(here.store)
    done = intake.get(f"{AT}?lang=en").text
    assert "was stored already" not in done
    assert "was stored already: P0001" in intake.get(f"{opened(intake, newest='P0001')}?lang=en").text
    assert "Answers stored</dt><dd>2" in done
    assert "多派人。" not in done
    assert "<button" not in done.partition("<h1>")[2]


def test_nobody_sees_the_others_keying_before_both_are_finished(office: Office) -> None:
    intake, publisher, third = (office.client(who) for who in ("intake", "publisher", "other handler"))
    opened(intake)
    intake.post(f"{AT}/1", data=SHEET)
    intake.post(f"{AT}/2", data={"overall": "3"})
    for client in (publisher, third):
        assert not re.search(r'<input id="q-[^>]*value="[^"]', client.get(f"{AT}/1").text)
        assert "多派人" not in client.get(AT).text
    intake.post(f"{AT}/finish", data={"sent": "1"})
    assert "多派人" not in intake.get(AT).text
    assert "第 1 张" not in publisher.get(AT).text


def test_what_fits_no_key_is_told_and_nothing_typed_is_lost(office: Office, here: Portal) -> None:
    client = office.client("intake")
    opened(client)
    answer = client.post(f"{AT}/1?lang=en", data={**SHEET, "overall": "7", "wrong": "1 2 3 4", "speed": "5"})
    assert answer.status_code == 422
    wrong = "Key 1, 2, 3, 4, 5, 0, or - if it cannot be read"
    assert re.search(rf'<li><a href="#q-overall">1\. Overall, how [^<]+: {wrong}', answer.text)
    assert "More than 3 were ticked: key -" in answer.text
    for typed in ('value="7"', 'value="1 2 3 4"', 'value="5"', "多派人。"):
        assert typed in answer.text
    assert rows(here, "SELECT * FROM paper_sheets") == []


def test_a_count_that_does_not_match_is_told_and_can_be_mended(office: Office) -> None:
    client = office.client("intake")
    opened(client)
    for number in (1, 2, 3):
        client.post(f"{AT}/{number}", data=SHEET)
    refused = client.post(f"{AT}/finish?lang=en", data={"sent": "1"})
    assert refused.status_code == 409
    assert "You have keyed 3 sheets, and 2 were counted" in refused.text
    assert client.post(f"{AT}/3", data={"remove": "1"}).location == AT
    assert client.post(f"{AT}/finish", data={"sent": "1"}).status_code == 303
    late = client.post(f"{AT}/1", data=SHEET)
    assert (late.status_code, "所以不能再改" in late.text) == (409, True)


def test_who_is_of_the_unit_keys_with_somebody_else_and_ends_nothing(office: Office) -> None:
    handler, intake = office.client("handler"), office.client("intake")
    refused = handler.post("/staff/paper", data={**BATCH, "newest": ""})
    assert (refused.status_code, 'id="e-unit"' in refused.text) == (422, True)
    opened(intake)
    keyed(handler, SHEET, SHEET, words=False)
    keyed(intake, SHEET, {**SHEET, "overall": "2"})
    page = handler.get(f"{AT}?lang=en").text
    assert "Somebody who is not of this unit looks up what differs" in page
    assert "2-overall" not in page
    for act in ("settle", "store", "discard"):
        assert handler.post(f"{AT}/{act}", data={"2-overall": "5"}).status_code == 409
    assert intake.post(f"{AT}/discard", data={"sent": "1"}).status_code == 303
    assert "已经放弃" in handler.get(AT).text


def test_something_else_than_both_keyed_can_stand_on_the_paper(office: Office, here: Portal) -> None:
    intake, publisher = office.client("intake"), office.client("publisher")
    opened(intake)
    keyed(intake, {"overall": "5"}, {"better": "灯"})
    keyed(publisher, {"overall": "4"}, {"overall": "3"}, words=False)
    wrong = intake.post(f"{AT}/settle?lang=en", data={"1-overall": "other", "o-1-overall": "8", "2-better": "灯"})
    assert (wrong.status_code, 'value="8"' in wrong.text) == (422, True)
    assert '<li><a href="#q-1-overall">Sheet 1, question 1: ' in wrong.text
    assert intake.post(f"{AT}/settle?lang=en", data={"sent": "1"}).status_code == 422
    chosen = {"1-overall": "other", "o-1-overall": "2", "2-better": "other", "o-2-better": "路灯", "2-overall": ""}
    assert intake.post(f"{AT}/settle", data=chosen).status_code == 303
    assert 'value="路灯"' in intake.get(AT).text
    intake.post(f"{AT}/store", data={"sent": "1"})
    assert [row.answers for row in rows(here, "SELECT answers FROM responses ORDER BY answers DESC")] == [
        '{}', '{"overall":"2"}',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"survey": ""}, "survey"),
        ({"unit": "nowhere"}, "unit"),
        ({"unit": "chengdong-hukou"}, "unit"),
        ({"day": "2026-11-21"}, "day"),
        ({"day": "gestern"}, "day"),
        ({"n": "0"}, "n"),
        ({"n": "²"}, "n"),
        ({"language": "de"}, "language"),
    ],
)
def test_a_batch_that_does_not_fit_is_told_at_its_field(office: Office, changes: dict[str, str], field: str) -> None:
    answer = office.client("intake").post("/staff/paper", data={**BATCH, "newest": "", **changes})
    assert answer.status_code == 422
    assert re.findall(r'<p class="error" id="e-([a-z]+)">', answer.text) == [field]
    assert paper.listing(office.here.store) == []


def test_sending_the_form_twice_opens_one_batch(office: Office) -> None:
    client = office.client("intake")
    opened(client)
    answer = client.post("/staff/paper", data={**BATCH, "newest": ""})
    assert (answer.status_code, "刚才又开了一批" in answer.text) == (409, True)
    assert len(paper.listing(office.here.store)) == 1
    opened(client, newest="P0001")


def test_the_third_and_a_second_of_the_unit_are_told_why(office: Office) -> None:
    opened(office.client("intake"))
    for who in ("intake", "publisher"):
        office.client(who).post(f"{AT}/1", data={"overall": ""})
    refused = office.client("other handler").get(f"{AT}/1?lang=en")
    assert (refused.status_code, "Two people key this batch already" in refused.text) == (409, True)
    assert office.client("intake").get("/staff/paper/P0002").status_code == 404
    assert office.client("intake").get(f"{AT}/501").status_code == 404


def test_ones_own_unit_is_not_among_those_that_a_batch_can_be_about(office: Office) -> None:
    choice = office.client("handler").get("/staff/paper").text.partition('name="unit"')[2].partition("</select>")[0]
    offered = re.findall(r'value="([^"]+)"', choice)
    assert "chengxi" in offered
    assert not {"chengdong", "chengdong-hukou"} & set(offered)
    everybody = office.client("intake").get("/staff/paper").text.partition('name="unit"')[2].partition("</select>")[0]
    assert 'value="chengdong"' in everybody
