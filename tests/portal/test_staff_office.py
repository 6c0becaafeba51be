"""The desk's own pages: templates, several cases at once, the audit, contacts handed over, accounts."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from threading import BoundedSemaphore

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import accounts
from portal.state import Portal
from surveys import sessions, staff
from surveys.audit import ACTS, verify
from surveys.duties import Post
from surveys.responses import SHANGHAI
from tests.conftest import drop_triggers
from tests.portal.conftest import rows, token_in
from tests.portal.desk_office import OWN, Office

SENT = {"sent": "1"}
LAMP = {"title": "路灯", "language": "zh", "text": "已报修，____ 日前修好。"}


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


def newest(office: Office) -> tuple[str, str, str, str]:
    """Actor, role, act and object of the last row of the audit."""
    row = rows(office.here, "SELECT * FROM audit ORDER BY id DESC LIMIT 1")[0]
    verify(office.here.store)
    return row.actor, row.role, row.act, row.object


class TestTemplates:
    def written(self, client: FlaskClient) -> str:
        token = token_in(client.get("/staff/templates/new").text)
        for _ in range(2):  # sent twice, stored once
            answer = client.post("/staff/templates/new", data={**LAMP, "_token": token})
            assert (answer.status_code, answer.location) == (303, "/staff/templates")
        found = re.findall(r"/staff/templates/([0-9a-f]{16})", client.get("/staff/templates").text)
        assert len(found) == 1
        return str(found[0])

    def test_one_is_written_used_changed_and_removed(self, office: Office) -> None:
        client = office.client("intake")
        assert "先说结果" in client.get("/staff/templates").text
        one = self.written(client)
        assert newest(office) == (office.accounts["intake"].id, "intake", "template_add", one)
        number = office.assigned()
        handler = office.client("handler")
        assert f'<option value="{one}">路灯</option>' in handler.get(f"/staff/case/{number}").text
        before = rows(office.here, "SELECT count(*) FROM audit")
        picked = handler.get(f"/staff/case/{number}?template={one}&kind=replied").text
        assert re.search(r'id="q-replied-text"[^>]*>\s*已报修，____ 日前修好。</textarea>', picked)
        assert rows(office.here, "SELECT count(*) FROM audit") == before
        assert len(office.whole(number).events) == 3
        changed = client.post(f"/staff/templates/{one}", data={**LAMP, "text": "修好了。", "revision": "1"})
        assert changed.status_code == 303
        assert client.post(f"/staff/templates/{one}/remove", data={"revision": "2"}).status_code == 303
        assert newest(office)[2] == "template_remove"
        after = handler.get(f"/staff/case/{number}?template={one}&kind=replied").text
        assert 'name="template"' not in after
        assert "已报修" not in after

    def test_a_template_opens_no_act_that_is_not_possible(self, office: Office) -> None:
        one = self.written(office.client("intake"))
        number = office.assigned()
        for kind in ("closed", "outcome", "nonsense"):
            page = office.client("handler").get(f"/staff/case/{number}?template={one}&kind={kind}").text
            assert "已报修" not in page

    def test_a_conflict_keeps_what_was_typed(self, office: Office) -> None:
        client = office.client("intake")
        one = self.written(client)
        client.post(f"/staff/templates/{one}", data={**LAMP, "text": "先到。", "revision": "1"})
        late = client.post(f"/staff/templates/{one}", data={**LAMP, "text": "后到。", "revision": "1"})
        assert late.status_code == 409
        assert "先到。" in late.text and "后到。" in late.text
        assert 'name="revision" value="2"' in late.text
        assert client.post(f"/staff/templates/{one}/remove", data={"revision": "1"}).status_code == 409
        client.post(f"/staff/templates/{one}/remove", data={"revision": "2"})
        gone = client.post(f"/staff/templates/{one}", data={**LAMP, "text": "再来。", "revision": "2"})
        assert gone.status_code == 409
        assert "再来。" in gone.text
        assert 'action="/staff/templates/new"' in gone.text

    def test_what_is_missing_is_told(self, office: Office) -> None:
        client = office.client("publisher")
        token = token_in(client.get("/staff/templates/new").text)
        answer = client.post("/staff/templates/new", data={"title": "", "text": "有字", "_token": token})
        assert answer.status_code == 422
        assert "起个名字" in answer.text and "有字" in answer.text


class TestSeveral:
    def ticks(self, client: FlaskClient, name: str) -> list[str]:
        return re.findall(r'name="case" value="([0-9.]+)"', client.get(f"/staff/list/{name}").text)

    def test_several_are_accepted_and_what_moved_on_is_named(self, office: Office) -> None:
        numbers = [office.opened() for _ in range(3)]
        client = office.client("intake")
        ticks = self.ticks(client, "triage")
        assert sorted(tick.split(".")[0] for tick in ticks) == sorted(numbers)
        office.do(numbers[0], "resident", "message", "补充一句。")
        sent = {"case": ticks, "act": "accepted"}
        answer = client.post("/staff/several/triage", data=sent)
        assert answer.status_code == 303
        told = client.get(answer.location).text
        assert "办好了 2 件" in told
        assert "刚才有别人处理过" in told
        assert re.findall(r"/staff/case/([0-9]{10})", told) == [numbers[0]]
        assert [office.whole(number).state for number in numbers] == ["received", "accepted", "accepted"]
        before = rows(office.here, "SELECT count(*) FROM audit")
        again = client.get(client.post("/staff/several/triage", data=sent).location).text
        assert "办好了 0 件" in again
        assert "没有重复办" in again
        assert rows(office.here, "SELECT count(*) FROM audit") == before
        assert len(office.whole(numbers[1]).events) == 2

    def test_several_are_given_to_one_unit_but_none_that_complains_of_it(self, office: Office) -> None:
        fine, about = office.opened(), office.opened("service-complaint", "chengdong")
        for number in (fine, about):
            office.do(number, "intake", "accepted")
        client = office.client("intake")
        ticks = self.ticks(client, "assign")
        answer = client.post("/staff/several/assign", data={"case": ticks, "act": "assigned", "unit": "chengdong"})
        told = client.get(answer.location).text
        assert "办好了 1 件" in told
        assert "投诉的就是它" in told
        assert (office.whole(fine).standing.unit, office.whole(about).standing.unit) == ("chengdong", None)
        assert newest(office) == (office.accounts["intake"].id, "intake", "case_act", fine)

    def test_a_complaint_that_names_no_unit_is_passed_over(self, office: Office) -> None:
        fine, open_one = office.opened(), office.opened("service-complaint")
        client = office.client("intake")
        sent = {"case": self.ticks(client, "triage"), "act": "accepted"}
        told = client.get(client.post("/staff/several/triage", data=sent).location).text
        assert "办好了 1 件" in told
        assert "没有写明投诉谁" in told
        assert [office.whole(number).state for number in (fine, open_one)] == ["accepted", "received"]

    def test_nothing_ticked_and_no_unit_are_told_and_ticks_are_kept(self, office: Office) -> None:
        office.do(office.opened(), "intake", "accepted")
        client = office.client("intake")
        assert "请先勾选" in client.post("/staff/several/assign", data={"act": "accepted"}).text
        tick = self.ticks(client, "assign")[0]
        kept = client.post("/staff/several/assign", data={"case": tick, "act": "assigned", "unit": "x"})
        assert kept.status_code == 422
        assert f'value="{tick}" checked' in kept.text
        odd = client.post("/staff/several/assign", data={"case": ["x", "1.1", "0000000000.1"], "act": "accepted"})
        assert "没有您能处理" in client.get(odd.location).text
        assert client.post("/staff/several/nothing", data=SENT).status_code == 404

    def test_other_roles_have_no_boxes_to_tick(self, office: Office) -> None:
        office.opened()
        assert 'name="case"' not in office.client("auditor").get("/staff/list/triage").text


class TestAudit:
    def test_newest_first_by_page_and_by_filter(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("portal.audit_page.PAGE", 3)
        number = office.assigned()
        office.client("handler").post(f"/staff/case/{number}/act/replied", data={"text": "好。", "expected": "3"})
        client, address, seen = office.client("auditor"), "/staff/audit", []
        while address:
            page = client.get(address).text
            seen += [int(row) for row in re.findall(r'<td class="number">([0-9]+)</td>', page)]
            more = re.findall(r'rel="next" href="([^"]+)"', page)
            address = more[0].replace("&amp;", "&") if more else ""
        count = rows(office.here, "SELECT count(*) FROM audit")[0][0]
        assert seen == list(range(count, 0, -1))
        actor = office.accounts["handler"].id
        one = client.get(f"/staff/audit?actor={actor}&act=case_act&thing={number}").text
        assert len(re.findall(r'<td class="number">[0-9]+</td>', one)) == 1
        assert office.accounts["handler"].name in one
        assert "kind=replied" not in one
        assert "没有符合所选条件的记录" in client.get("/staff/audit?day=2001-01-01").text
        written = rows(office.here, "SELECT at FROM audit ORDER BY id DESC LIMIT 1")[0].at
        assert written[:10] in client.get("/staff/audit?day=x&act=x y&before=x").text

    def test_the_chain_is_verified_on_demand_and_no_get_writes(self, office: Office) -> None:
        client = office.client("auditor")
        before = rows(office.here, "SELECT count(*) FROM audit")[0][0]
        page = client.get("/staff/audit?verify=1").text
        assert "链条完整" in page
        assert str(verify(office.here.store)) in page
        assert rows(office.here, "SELECT count(*) FROM audit")[0][0] == before
        drop_triggers(office.here.store, "audit", "update")
        office.here.store.write(lambda c: c.exec_driver_sql("UPDATE audit SET role = 'x' WHERE id = 2"))
        broken = client.get("/staff/audit?verify=1").text
        assert "从第 2 行起" in broken
        assert "链条完整" not in broken

    def test_an_export_is_an_act_and_holds_what_the_filters_leave(self, office: Office) -> None:
        client = office.client("auditor")
        answer = client.post("/staff/audit/export", data={"act": "sign_in"})
        assert answer.mimetype == "text/csv"
        found = list(csv.DictReader(io.StringIO(answer.text)))
        assert {row["act"] for row in found} == {"sign_in"}
        assert len(found[0]["hash"]) == 64
        assert newest(office) == (office.accounts["auditor"].id, "auditor", "export", "audit")
        whole = list(csv.DictReader(io.StringIO(client.post("/staff/audit/export", data=SENT).text)))
        assert [int(row["id"]) for row in whole] == list(range(len(whole), 0, -1))
        assert whole[0]["act"] == "export"

    def test_every_act_has_its_words(self) -> None:
        from portal.office_text import AUDIT_ACTS

        assert set(AUDIT_ACTS) == set(ACTS)

    def test_what_a_resident_says_is_dated_by_the_day_alone(self, office: Office) -> None:
        number = office.proposed()
        data = {"satisfied": "yes", "expected": office.sequence(number)}
        client = office.client("reviewer", contact=True)
        client.post(f"/staff/case/{number}/contact", data=SENT)
        assert client.post(f"/staff/case/{number}/act/confirmed", data=data).status_code == 303
        row = rows(office.here, "SELECT at FROM audit ORDER BY id DESC LIMIT 1")[0]
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row.at)
        assert row.at == f"{datetime.now(UTC).astimezone(SHANGHAI):%Y-%m-%d}"
        verify(office.here.store)


class TestContacts:
    def released(self, office: Office, contact: str = "张女士 13800138000") -> str:
        number = office.assigned(contact=contact)
        office.do(number, "resident", "released")
        return number

    def box(self, today: str) -> tuple[str, bool]:
        """How many contacts the box on Today counts, and whether the page says that nothing waits."""
        found = re.search(r'<a href="/staff/contacts"><strong>([^<]+)</strong>', today)
        assert found
        return found[1], "没有等您处理的事项" in today

    def test_a_reviewer_hands_over_and_the_handler_reads_it(self, office: Office) -> None:
        number, handler = self.released(office), office.client("handler")
        assert "等复核岗移交" in handler.get(f"/staff/case/{number}").text
        early = handler.post(f"/staff/case/{number}/contact", data=SENT)
        assert early.status_code == 403
        assert "还没有移交给您" in early.text
        reviewer = office.client("reviewer", contact=True)
        assert self.box(reviewer.get("/staff/").text) == ("1", False)
        listed = reviewer.get("/staff/contacts").text
        assert number in listed
        assert "13800138000" not in listed
        done = reviewer.post("/staff/contacts/hand", data={"case": number})
        assert done.status_code == 303
        assert newest(office) == (office.accounts["reviewer"].id, "reviewer", "contact_hand", number)
        after = reviewer.get(done.location).text
        assert "移交了 1 件" in after
        assert number not in after
        assert self.box(reviewer.get("/staff/").text) == ("0", True)
        assert '"/staff/contacts"' not in office.client("intake").get("/staff/").text
        assert "13800138000" not in handler.get(f"/staff/case/{number}").text
        shown = handler.post(f"/staff/case/{number}/contact", data=SENT)
        assert shown.status_code == 200
        assert "张女士 13800138000" in shown.text
        assert newest(office) == (office.accounts["handler"].id, "handler", "contact_view", number)
        assert office.client("other handler").post(f"/staff/case/{number}/contact", data=SENT).status_code == 404

    def test_after_she_took_it_back_nobody_reads_it(self, office: Office) -> None:
        number, handler = self.released(office), office.client("handler")
        reviewer = office.client("reviewer", contact=True)
        reviewer.post("/staff/contacts/hand", data={"case": number})
        office.do(number, "resident", "withheld")
        assert handler.post(f"/staff/case/{number}/contact", data=SENT).status_code == 403
        late = reviewer.post("/staff/contacts/hand", data={"case": number})
        assert late.status_code == 409
        assert "没有移交" in late.text
        assert rows(office.here, "SELECT count(*) FROM audit WHERE act = 'contact_view'")[0][0] == 0

    def test_without_the_key_or_a_tick_nothing_is_handed_over(self, office: Office) -> None:
        number = self.released(office)
        office.client("handler")
        without = office.client("reviewer").post("/staff/contacts/hand", data={"case": number})
        assert without.status_code == 403
        assert rows(office.here, "SELECT count(*) FROM case_handed_contacts")[0][0] == 0

    def test_a_reviewer_shares_the_key_with_another_and_never_by_asking(self, office: Office) -> None:
        has = office.client("reviewer", contact=True)
        other = office.issued("reviewer")
        page = has.get("/staff/contacts").text
        assert f"/staff/contacts/share/{other.account.id}" in page
        assert has.post(f"/staff/contacts/share/{other.account.id}", data=SENT).status_code == 303
        assert newest(office) == (office.accounts["reviewer"].id, "reviewer", "contact_share", other.account.id)
        assert other.account.id not in has.get("/staff/contacts").text
        intake = office.issued("intake").account.id
        assert has.post(f"/staff/contacts/share/{intake}", data=SENT).status_code == 409
        now = datetime.now(UTC)
        begun = sessions.sign_in(office.guard, other.account.name, str(other.password), other.recovery[0], now)
        changed = sessions.change_password(office.guard, begun, str(other.password), OWN, now)
        assert len(changed.contact_key()) == 32


NEW = {"name": "chengdong-2", "title": "城东二岗", "role": ["handler"], "unit": "chengdong"}


class TestAccounts:
    def test_an_account_is_added_and_its_secrets_are_shown_once(self, office: Office) -> None:
        client = office.client("admin")
        answer = client.post("/staff/accounts", data=NEW)
        assert answer.status_code == 200
        assert "<svg" in answer.text
        page = client.get("/staff/accounts").text
        staff_id = re.findall(r"/staff/accounts/([0-9a-f]{16})\">chengdong-2", page)[0]
        assert newest(office) == (office.accounts["admin"].id, "admin", "account_add", staff_id)
        password = re.findall(r'<dd class="code">([^<]+)</dd>', answer.text)[0]
        url = re.findall(r"otpauth://[^<]+", answer.text)[0].replace("&amp;", "&")
        maker = pyotp.parse_uri(url)
        assert isinstance(maker, pyotp.TOTP)
        assert password not in page
        assert "secret=" not in page
        begun = self.tried(office, password, maker.now())
        assert begun == 303
        again = client.post("/staff/accounts", data=NEW)
        assert again.status_code == 422
        assert "已经有了" in again.text

    def tried(self, office: Office, password: str, code: str) -> int:
        given = {"name": "chengdong-2", "password": password, "code": code}
        return office.app.test_client().post("/staff/sign-in", data=given).status_code

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"name": "x y"}, "账号名称用"),
            ({"title": ""}, "岗位名称"),
            ({"role": []}, "至少勾一个"),
            ({"unit": ""}, 'id="e-unit">请选所属单位'),
            ({"role": ["auditor", "intake"]}, 'id="e-role">审计岗不能兼别的'),
            ({"role": ["admin", "intake"]}, 'id="e-role">管理员不办事项'),
            ({"role": ["boss"]}, 'id="e-role">请至少勾一个'),
            ({"unit": "nowhere"}, 'id="e-unit">请选列出的单位'),
        ],
    )
    def test_what_is_wrong_is_told_and_kept(self, office: Office, change: dict[str, object], sentence: str) -> None:
        client = office.client("admin")
        answer = client.post("/staff/accounts", data={**NEW, **change})
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "城东二岗" in answer.text or "title" in change
        assert rows(office.here, "SELECT count(*) FROM staff")[0][0] == 1

    def test_shutting_opening_signing_out_and_making_anew(self, office: Office) -> None:
        client, handler = office.client("admin"), office.client("handler")
        one = office.accounts["handler"].id
        for deed, act, status in (
            ("sign-out", "sessions_end", 303),
            ("disable", "account_disable", 303),
            ("enable", "account_enable", 303),
        ):
            assert client.post(f"/staff/accounts/{one}/{deed}", data=SENT).status_code == status
            assert newest(office) == (office.accounts["admin"].id, "admin", act, one)
            assert handler.get("/staff/").status_code == 303
        assert client.post(f"/staff/accounts/{one}/reset", data=SENT).status_code == 422
        anew = client.post(f"/staff/accounts/{one}/reset", data={"part": ["totp"]})
        assert "otpauth://" in anew.text
        assert 'class="code"' not in anew.text
        assert newest(office)[2] == "account_reset"
        roles = client.post(f"/staff/accounts/{one}/roles", data={"role": "publisher"})
        assert roles.status_code == 303
        assert rows(office.here, f"SELECT roles, unit FROM staff WHERE id = '{one}'") == [("publisher", None)]

    def test_nobody_changes_his_own_roles_and_one_administrator_stays(self, office: Office) -> None:
        client = office.client("admin")
        me = office.accounts["admin"].id
        page = client.get(f"/staff/accounts/{me}").text
        assert f"/staff/accounts/{me}/roles" not in page
        for deed, data in (("roles", {"role": "publisher"}), ("disable", SENT)):
            answer = client.post(f"/staff/accounts/{me}/{deed}", data=data)
            assert answer.status_code == 409
            assert "没有办成" in answer.text
        assert client.get("/staff/").status_code == 200


def test_wrong_tries_from_one_address_do_not_shut_the_desk_for_others(app: Flask, office: Office) -> None:
    issued = office.issued("intake")
    client = app.test_client()
    for turn in range(10):
        assert client.post("/staff/sign-in", data={"name": f"n{turn}", "password": "x"}).status_code == 422
    blocked = client.post("/staff/sign-in", data={"name": "n11", "password": "x"})
    assert blocked.status_code == 429
    assert "这个网络" in blocked.text
    assert blocked.headers["Retry-After"] == "60"
    given = {"name": issued.account.name, "password": issued.password, "code": issued.recovery[0]}
    assert client.post("/staff/sign-in", data=given).status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.post("/staff/sign-in", data=given, environ_base=elsewhere).status_code == 303


def test_who_has_signed_in_before_is_not_shut_out_by_strangers(app: Flask, office: Office) -> None:
    issued = office.issued("intake")
    mine = app.test_client()
    given = {"name": issued.account.name, "password": issued.password, "code": issued.recovery[0]}
    begun = mine.post("/staff/sign-in", data=given)
    (mark,) = [one for one in begun.headers.getlist("Set-Cookie") if one.startswith("huiyin_device=")]
    assert all(part in mark for part in ("HttpOnly", "SameSite=Strict", "Path=/staff", "Max-Age=7776000"))
    for turn in range(30):
        stranger = {"REMOTE_ADDR": f"192.0.2.{turn}"}
        wrong = {**given, "password": "wrong"}
        refused = app.test_client().post("/staff/sign-in", data=wrong, environ_base=stranger)
    assert refused.status_code == 429
    again = {**given, "code": issued.recovery[1]}
    assert app.test_client().post("/staff/sign-in", data=again).status_code == 429
    assert mine.post("/staff/sign-in", data=again).status_code == 303


def test_a_flood_of_sign_ins_does_not_take_the_threads_of_residents(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = office.issued("intake")
    given = {"name": issued.account.name, "password": issued.password, "code": issued.recovery[0]}
    monkeypatch.setattr(accounts, "_AT_ONCE", turns := BoundedSemaphore(1))
    with turns:
        busy = app.test_client().post("/staff/sign-in", data=given)
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "5")
        assert app.test_client().get("/suggest").status_code == 200
    wrong = {**given, "password": "wrong"}
    assert [app.test_client().post("/staff/sign-in", data=one).status_code for one in (wrong, given)] == [422, 303]


def test_units_and_categories_that_were_taken_out_break_no_page(
    office: Office, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, other = office.assigned(), office.proposed()
    for who in ("handler", "intake", "reviewer"):
        office.client(who)
    here, rules = office.here, office.here.definitions
    units = {code: unit for code, unit in rules.units.items() if code not in ("chengdong", "chengqu")}
    categories = {code: one for code, one in rules.categories.items() if code != "documents"}
    less = replace(here, definitions=replace(rules, units=units, categories=categories))
    monkeypatch.setitem(app.extensions, "portal", less)
    intake = office.client("intake")
    for number in (case, other):
        page = intake.get(f"/staff/case/{number}")
        assert page.status_code == 200
        assert "documents" in page.text
        assert rules.categories["documents"].text["zh"] not in page.text
        assert "chengdong" in page.text
    for path in ("/staff/", "/staff/cases", "/staff/list/overdue"):
        assert intake.get(path).status_code == 200
    for who in ("handler", "reviewer"):  # their unit is gone: no cases, and no page that breaks
        assert office.client(who).get("/staff/").status_code == 200
        assert office.client(who).get(f"/staff/case/{case}").status_code == 404
    assert office.client("reviewer").get("/staff/contacts").status_code == 200


def test_accounts_at_the_desk_and_on_the_machine_are_the_same(office: Office) -> None:
    client = office.client("admin")
    staff.add(office.guard, None, "machine", "命令行", Post(frozenset({"intake"})), datetime.now(UTC))
    assert "machine" in client.get("/staff/accounts").text
