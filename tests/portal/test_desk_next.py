"""Who must act next at a case, and where it is about: at the desk, and on the resident's page."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from portal.state import Portal
from surveys import passwords, staff
from surveys.errors import CaseError
from surveys.keys import key_paths
from tests.portal.conftest import token_in
from tests.portal.desk_office import CHEAP, Office
from tests.portal.test_my_case import Bench, answered, closed, proposed

ANEW = "现在没有人在办"


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(passwords, "COST", CHEAP)
    return Office(app, here)


@pytest.fixture
def bench(app: Flask) -> Bench:
    return Bench(app).opened()


def chosen(page: str) -> list[str]:
    """The unit that stands in the form for assigning before anybody chooses."""
    form = page.partition("/act/assigned")[2].partition("</form>")[0]
    return re.findall(r'<option value="([a-z-]*)" selected>', form)


@pytest.mark.parametrize(("stage", "kind"), [("proposed", "disputed"), ("closed", "reopened")])
def test_what_is_not_settled_waits_for_intake_and_says_so(office: Office, stage: str, kind: str) -> None:
    number = getattr(office, stage)()
    office.do(number, "resident", kind, "还是不亮。")  # type: ignore[arg-type]
    link = f'href="/staff/case/{number}"'
    page = office.client("intake").get("/staff/list/assign").text
    assert link in page
    assert ("现在没有；原来是城东派出所" in page, "待重新交办" in page) == (True, True)
    handler = office.client("handler")  # a handler of that unit, who has not worked on it
    assert link not in handler.get("/staff/list/unit").text
    page = handler.get(f"/staff/case/{number}").text
    assert ANEW in page
    assert "/act/replied" not in page
    page = office.client("intake").get(f"/staff/case/{number}").text
    assert (ANEW in page, chosen(page)) == (True, ["chengdong"])
    assert "城东派出所（由没有办过这件事的人办）" in page
    office.do(number, "intake", "assigned", unit="chengdong")
    assert link in handler.get("/staff/list/unit").text
    assert "现在由承办单位办" in handler.get(f"/staff/case/{number}").text


def test_a_unit_with_nobody_else_is_not_offered_again(office: Office) -> None:
    number = office.proposed()
    office.do(number, "resident", "disputed", "还是不亮。")
    page = office.client("intake").get(f"/staff/case/{number}").text
    assert 'value="chengdong"' not in page.partition("/act/assigned")[2].partition("</form>")[0]
    assert 'value="chengxi"' in page


def test_the_resident_is_not_told_that_a_unit_has_it(bench: Bench) -> None:
    page = proposed(bench).does("unsolved", satisfied="no", text="还是不亮。")
    stands = page.partition('<p class="notice"')[2].partition("</p>")[0]
    assert ("我们正在安排没有办过这件事的人办理" in page, "已交给" in stands) == (True, False)
    bench.staff("intake", "assigned", unit="chengxi")
    assert "我们正在安排" not in bench.page()
    other = closed(bench.another())
    assert "我们正在安排没有办过这件事的人办理" in other.does("reopen", text="又坏了。")


def test_where_it_is_about_stands_in_lists_and_on_its_page(office: Office) -> None:
    placed, about = office.opened(unit="chengxi"), office.opened("service-complaint", "chengdong")
    page = office.client("intake").get("/staff/list/triage").text
    assert "居民选的地点：城西派出所" in page
    assert "投诉的是：城东派出所" in page
    page = office.client("intake").get(f"/staff/case/{placed}").text
    assert ("居民选的地点：城西派出所" in page, chosen(page)) == (True, [])
    for number in (placed, about):
        office.do(number, "intake", "accepted")
    assert "居民选的地点：城西派出所" in office.client("intake").get("/staff/list/assign").text
    assert chosen(office.client("intake").get(f"/staff/case/{placed}").text) == ["chengxi"]
    page = office.client("intake").get(f"/staff/case/{about}").text
    assert ("投诉的是：城东派出所" in page, chosen(page)) == (True, [])


def test_a_contact_that_went_with_the_old_round_is_explained(office: Office) -> None:
    number = office.proposed(category="visit", unit="chengdong")
    office.do(number, "resident", "disputed", "还是不行。")
    office.do(number, "intake", "assigned", unit="chengdong")
    office.do(number, "resident", "released")
    page = office.client("handler").get(f"/staff/case/{number}").text
    assert "事项重新交办过，以前移交的已经删了" in page


def test_a_blank_that_was_not_filled_in_stops_an_answer(office: Office) -> None:
    number = office.assigned()
    sent = {"expected": office.sequence(number), "text": "已报修，____ 日前修好。"}
    answer = office.client("handler").post(f"/staff/case/{number}/act/replied", data=sent)
    assert answer.status_code == 422
    assert "“已报修，____ 日前修好。”里还有空没填" in answer.text
    assert office.whole(number).state == "assigned"
    with pytest.raises(CaseError, match="a blank is left in the text"):
        office.do(number, "handler", "replied", "____")


def test_a_number_in_a_summary_is_pointed_out_once(office: Office) -> None:
    number = office.closed()
    client = office.client("publisher")
    assert "写一行 ---" in client.get(f"/staff/case/{number}").text
    sent = {"expected": office.sequence(number), "text": "请打 13800138000 找老王。"}
    answer = client.post(f"/staff/case/{number}/act/summarised", data=sent)
    assert (answer.status_code, office.whole(number).standing.summary) == (422, None)
    assert "<mark>13800138000</mark>" in answer.text
    assert 'name="as_it_is"' in answer.text
    other = client.post(f"/staff/case/{number}/act/summarised", data={**sent, "text": "身份证 11010519491231002X"})
    assert other.status_code == 422
    answer = client.post(f"/staff/case/{number}/act/summarised", data={**sent, "as_it_is": "1"})
    assert (answer.status_code, office.whole(number).events[-1].kind) == (303, "summarised")


def test_a_reviewer_without_the_key_is_told_and_sees_no_button_that_refuses(office: Office) -> None:
    number, client = office.proposed(), office.client("reviewer")
    pages = {path: client.get(path).text for path in (f"/staff/case/{number}", "/staff/callbacks", "/staff/contacts")}
    for path, page in pages.items():
        assert "您还没有联系方式的钥匙" in page, path
        assert f"/staff/case/{number}/contact" not in page
        assert "/staff/contacts/share" not in page
    key = key_paths(office.here.config.database)[2].read_bytes()
    staff.share_contact_key(office.guard, None, office.accounts["reviewer"].id, key, datetime.now(UTC))
    page = client.get(f"/staff/case/{number}").text
    assert ("再重新登录，就能打开" in page, "您还没有联系方式的钥匙" in page) == (True, False)


def test_an_administrator_reads_how_a_reviewer_comes_by_the_key(office: Office) -> None:
    client = office.client("admin")
    assert "python -m scripts.staff share" in client.get("/staff/accounts").text
    new = {"name": "fuhe-1", "title": "复核一岗", "role": "reviewer", "unit": "chengqu"}
    assert "python -m scripts.staff share" in client.post("/staff/accounts", data=new).text


@pytest.mark.parametrize(("lang", "words"), [("zh", "您的岗位不能看"), ("en", "not open to your role")])
def test_what_is_not_there_leads_back_to_the_desk(office: Office, lang: str, words: str) -> None:
    client = office.client("handler")
    for path in ("/staff/case/1234567890", "/staff/nothing"):
        page = client.get(f"{path}?lang={lang}")
        assert (page.status_code, words in page.text, f'href="/staff/?lang={lang}"' in page.text) == (404, True, True)


def test_a_closed_unit_is_marked_where_it_can_be_asked_for_and_left_out_of_accounts(office: Office) -> None:
    here = office.here
    closed = replace(here.definitions.units["chengxi"], closed=date(2026, 11, 1))
    rules = replace(here.definitions, units={**here.definitions.units, "chengxi": closed})
    office.app.extensions["portal"] = replace(here, definitions=rules)
    assert "城西派出所（已撤销）" in office.client("intake").get("/staff/cases").text
    assert 'value="chengxi"' not in office.client("admin").get("/staff/accounts").text
    page = office.client("intake").get(f"/staff/case/{office.opened()}").text
    assert "城西派出所（已撤销）" in page.partition("/act/accepted")[2].partition("</form>")[0]


def test_the_hint_of_a_day_and_its_field_name_the_same_days(office: Office) -> None:
    number = office.assigned()
    office.do(number, "handler", "replied", "我们去看看。")
    form = (
        office.client("handler").get(f"/staff/case/{number}").text.partition("/act/planned")[2].partition("</form>")[0]
    )
    assert "请写 2026-11-20 到 2026-11-27 之间的日期" in form
    assert 'type="date" min="2026-11-20" max="2026-11-27"' in form
    assert set(re.findall(r"2026-[0-9-]+", form)) == {"2026-11-20", "2026-11-27"}


def test_an_answer_after_the_first_is_told_apart(bench: Bench) -> None:
    page = answered(bench).staff("handler", "replied", "已经修好。", "chengdong").page()
    assert (page.count("城东派出所已答复。"), page.count("城东派出所又答复了一次。")) == (1, 1)


def test_step_two_changes_its_language_and_keeps_what_was_typed(app: Flask) -> None:
    client = app.test_client()
    sent = {"category": "suggestion", "unit": "chengdong", "text": "路灯不亮。", "contact": "张 139 0000 0000"}
    page = client.post("/suggest", data={**sent, "_token": token_in(client.get("/suggest").text)}).text
    assert 'formaction="/suggest?lang=en"' in page
    page = client.post("/suggest?lang=en", data={**sent, "_token": token_in(page)}).text
    assert ("Shall we call you?" in page, "路灯不亮。" in page, 'value="张 139 0000 0000"' in page) == (True,) * 3
    token = token_in(page)
    assert "kept, encrypted" in client.post("/suggest/send?lang=en", data={**sent, "_token": token}).text
    assert "没有留" in client.post("/suggest/send", data={**sent, "contact": "", "_token": token}).text
