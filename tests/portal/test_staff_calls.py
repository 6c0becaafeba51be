"""Intake on behalf of residents, and the sheet for calling them back."""

import re
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from flask import Flask

from portal import accounts
from portal.state import Portal
from surveys import cases
from tests.portal.conftest import rows, token_in
from tests.portal.desk_office import Office

SAID = {
    "channel": "telephone",
    "category": "documents",
    "unit": "chengdong",
    "text": "腿脚不便，想请人上门办身份证。",
    "contact": "李女士 13800138000",
    "release": "yes",
    "language": "zh",
}


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


def codes_in(page: str) -> tuple[str, str]:
    number, secret = (re.sub(r"\s", "", code) for code in re.findall(r'<dd class="code">([0-9 ]+)</dd>', page))
    return number, secret


def test_intake_takes_a_case_which_its_resident_can_open(office: Office, here: Portal) -> None:
    client = office.client("intake")
    given = {**SAID, "_token": token_in(client.get("/staff/new").text)}
    page = client.post("/staff/new", data=given)
    assert page.status_code == 200
    number, secret = codes_in(page.text)
    assert codes_in(client.post("/staff/new", data=given).text) == (number, secret)
    case = cases.look_up(here.store, here.keys, number, secret)
    assert case
    event = case.events[0]
    assert (event.role, case.channel, case.language, event.text) == ("intake", "telephone", "zh", SAID["text"])
    assert case.standing.released == "chengdong"
    shown = client.get(f"/staff/case/{number}").text
    assert "代居民登记" in shown
    assert "13800138000" not in shown
    audited = rows(here, "SELECT actor, role, object, details FROM audit WHERE act = 'case_act'")
    told = '{"channel":"telephone","kind":"received","sequence":1}'
    assert [tuple(row) for row in audited] == [(office.accounts["intake"].id, "intake", number, told)]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"channel": "web"}, "请选一项"),
        ({"language": ""}, "请选一项"),
        ({"category": ""}, "请选择"),
        ({"text": " "}, "请写"),
        ({"_token": "x"}, "什么都没有丢"),
    ],
)
def test_what_is_missing_is_told_and_nothing_lost(office: Office, changed: dict[str, str], sentence: str) -> None:
    client = office.client("intake")
    given = {**SAID, "_token": token_in(client.get("/staff/new").text), **changed}
    page = client.post("/staff/new", data=given)
    assert page.status_code == 422
    assert given["contact"] in page.text
    assert given["text"].strip() in page.text
    assert rows(office.here, "SELECT count(*) FROM cases")[0][0] == 0


def test_danger_is_told_to_who_took_the_case(office: Office) -> None:
    client = office.client("intake")
    given = {**SAID, "text": "有人要跳楼", "_token": token_in(client.get("/staff/new").text)}
    assert "马上让人拨打 110" in client.post("/staff/new", data=given).text


def test_the_sheet_lists_calls_of_today_and_keeps_the_tries(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, without = office.proposed(), office.proposed(contact="")
    later = office.assigned()
    office.do(later, "handler", "replied", "我们去看看。")
    office.do(later, "handler", "outcome", "下周修。", outcome="by-date", date="2026-11-26")
    client = office.client("reviewer", contact=True)
    first = office.here
    for turn in (1, 2, 3):
        day = first.today() + timedelta(days=turn - 1)
        app.extensions["portal"] = replace(first, today=partial(date.fromordinal, day.toordinal()))
        page = client.get("/staff/callbacks").text
        assert f"第 {turn} 次，共 3 次" in page
        assert "13800138000" not in page
        assert "修好了。" in page
        assert [other for other in (without, later) if other in page] == []
        data = {"expected": office.sequence(number)}
        assert "13800138000" in client.post(f"/staff/case/{number}/contact", data={"sent": "1"}).text
        assert client.post(f"/staff/case/{number}/act/not_reached", data=data).status_code == 303
        assert number not in client.get("/staff/callbacks").text
    assert len(office.whole(number).standing.tries) == 3
    assert office.whole(number).standing.queue == "wait"


def test_a_reviewer_calls_nobody_about_the_work_of_his_own_unit(office: Office) -> None:
    number = office.assigned("chengqu")
    sequence = office.whole(number).standing.sequence
    own = cases.staff(office.here.definitions, "handler", "somebody", "chengqu")
    for act in (cases.Act("replied", "好的。"), cases.Act("outcome", "办好了。", {"outcome": "on-the-spot"})):
        day = office.here.today()
        rules, store = office.here.definitions, office.here.store
        sequence = cases.act(store, rules, number, own, act, day, expected=sequence)
    client = office.client("reviewer", contact=True)
    assert number not in client.get("/staff/callbacks").text
    assert client.post(f"/staff/case/{number}/contact", data={"sent": "1"}).status_code == 403
