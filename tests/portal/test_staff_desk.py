"""The desk: who gets what at each address, signing in and out, and acts at a case through its pages."""

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import accounts
from portal.state import Portal
from surveys import cases, passwords, staff
from surveys.audit import verify
from surveys.case_acts import view
from tests.portal.conftest import rows
from tests.portal.desk_office import CHEAP, OWN, ROLES, Office, code_of

EVERYONE = ("none", *ROLES)
READS = {
    "none": 303,
    "intake": 200,
    "handler": 200,
    "other handler": 200,
    "reviewer": 200,
    "auditor": 200,
    "admin": 403,
}
REFUSED = {**dict.fromkeys(EVERYONE, 403), "none": 303}
UNSENT = {**dict.fromkeys(EVERYONE, 403), "none": 401}
WRITES = dict.fromkeys(("intake", "reviewer", "publisher"), 200)
KEYS = dict.fromkeys(("intake", "handler", "other handler", "publisher"), 200)
LOOKS = {"publisher": 200, "reviewer": 200}
NOBODY = {"name": "x", "password": "x", "code": "1"}
SENT = {"sent": "1"}
REPLY = {"text": "我们周五去修。", "expected": "3"}
TABLE: dict[tuple[str, str], tuple[str, dict[str, str], dict[str, int]]] = {
    ("GET", "/staff/sign-in"): ("/staff/sign-in", {}, dict.fromkeys(EVERYONE, 200)),
    ("POST", "/staff/sign-in"): ("/staff/sign-in", NOBODY, dict.fromkeys(EVERYONE, 422)),
    ("GET", "/staff/password"): ("/staff/password", {}, {**dict.fromkeys(EVERYONE, 200), "none": 303}),
    ("POST", "/staff/password"): ("/staff/password", {"new": "a"}, {**dict.fromkeys(EVERYONE, 422), "none": 401}),
    ("GET", "/staff/"): ("/staff/", {}, {**dict.fromkeys(EVERYONE, 200), "none": 303}),
    ("GET", "/staff/list/<name>"): ("/staff/list/overdue", {}, {**READS, "publisher": 403}),
    ("GET", "/staff/cases"): ("/staff/cases", {}, {**READS, "publisher": 200}),
    ("GET", "/staff/find"): (
        "/staff/find?number=CASE", {}, {**dict.fromkeys(EVERYONE, 303), "admin": 403},
    ),
    ("GET", "/staff/case/<string(length=10):number>"): (
        "/staff/case/CASE", {}, {**READS, "other handler": 404, "publisher": 404},
    ),
    ("POST", "/staff/case/<string(length=10):number>/act/<kind>"): (
        "/staff/case/CASE/act/replied", REPLY,
        {"none": 401, "intake": 409, "handler": 303, "other handler": 409, "reviewer": 409, "publisher": 409,
         "auditor": 403, "admin": 403},
    ),
    ("GET", "/staff/case/<string(length=10):number>/photo/<int:position>"): (
        "/staff/case/CASE/photo/1", {}, {**dict.fromkeys(EVERYONE, 404), "none": 303, "auditor": 403, "admin": 403},
    ),
    ("POST", "/staff/case/<string(length=10):number>/contact"): (
        "/staff/case/CASE/contact", SENT, {**UNSENT, "other handler": 404},
    ),
    ("GET", "/staff/callbacks"): ("/staff/callbacks", {}, {**REFUSED, "reviewer": 200}),
    ("GET", "/staff/new"): ("/staff/new", {}, {**REFUSED, "intake": 200}),
    ("POST", "/staff/new"): ("/staff/new", SENT, {**dict.fromkeys(EVERYONE, 403), "none": 401, "intake": 422}),
    ("POST", "/staff/several/<name>"): (
        "/staff/several/triage", SENT, {**dict.fromkeys(EVERYONE, 403), "none": 401, "intake": 422},
    ),
    ("GET", "/staff/several"): ("/staff/several?r=x", {}, {**REFUSED, "intake": 303}),
    ("GET", "/staff/templates"): ("/staff/templates", {}, {**REFUSED, **WRITES}),
    ("GET", "/staff/templates/new"): ("/staff/templates/new", {}, {**REFUSED, **WRITES}),
    ("POST", "/staff/templates/new"): (
        "/staff/templates/new", SENT, {**UNSENT, **dict.fromkeys(WRITES, 422)},
    ),
    ("GET", "/staff/templates/<string(length=16):template_id>"): (
        "/staff/templates/0123456789abcdef", {}, {**REFUSED, **dict.fromkeys(WRITES, 404)},
    ),
    ("POST", "/staff/templates/<string(length=16):template_id>"): (
        "/staff/templates/0123456789abcdef", SENT, {**UNSENT, **dict.fromkeys(WRITES, 409)},
    ),
    ("POST", "/staff/templates/<string(length=16):template_id>/remove"): (
        "/staff/templates/0123456789abcdef/remove", SENT, {**UNSENT, **dict.fromkeys(WRITES, 303)},
    ),
    ("GET", "/staff/audit"): ("/staff/audit?verify=1", {}, {**REFUSED, "auditor": 200}),
    ("POST", "/staff/audit/export"): ("/staff/audit/export", SENT, {**UNSENT, "auditor": 200}),
    ("GET", "/staff/contacts"): ("/staff/contacts", {}, {**REFUSED, "reviewer": 200}),
    ("POST", "/staff/contacts/hand"): ("/staff/contacts/hand", SENT, UNSENT),
    ("POST", "/staff/contacts/share/<string(length=16):staff_id>"): (
        "/staff/contacts/share/0123456789abcdef", SENT, {**UNSENT, "reviewer": 409},
    ),
    ("GET", "/staff/accounts"): ("/staff/accounts", {}, {**REFUSED, "admin": 200}),
    ("POST", "/staff/accounts"): ("/staff/accounts", SENT, {**UNSENT, "admin": 422}),
    ("GET", "/staff/accounts/<string(length=16):staff_id>"): (
        "/staff/accounts/0123456789abcdef", {}, {**REFUSED, "admin": 404},
    ),
    **{
        ("POST", f"/staff/accounts/<string(length=16):staff_id>/{deed}"): (
            f"/staff/accounts/0123456789abcdef/{deed}", SENT, {**UNSENT, "admin": 404},
        )
        for deed in ("reset", "roles", "disable", "enable", "sign-out")
    },
    ("GET", "/staff/surveys"): ("/staff/surveys", {}, {**REFUSED, **LOOKS}),
    ("GET", "/staff/surveys/<key>"): ("/staff/surveys/visit", {}, {**REFUSED, **LOOKS}),
    ("GET", "/staff/surveys/<key>/<int:version>/preview"): ("/staff/surveys/visit/1/preview", {}, {**REFUSED, **LOOKS}),
    ("GET", "/staff/surveys/<key>/sheets"): ("/staff/surveys/visit/sheets", {}, {**REFUSED, **LOOKS}),
    ("GET", "/staff/surveys/<key>/qr/<unit>.svg"): (
        "/staff/surveys/visit/qr/chengdong.svg", {}, {**REFUSED, "publisher": 404, "reviewer": 404},
    ),
    ("GET", "/staff/surveys/<key>/<int:version>/<any(open, close):act>"): (
        "/staff/surveys/visit/1/close", {}, {**REFUSED, "publisher": 200},
    ),
    ("POST", "/staff/surveys/<key>/<int:version>/<any(open, close):act>"): (
        "/staff/surveys/visit/1/open", SENT, {**dict.fromkeys(EVERYONE, 403), "none": 401, "publisher": 409},
    ),
    ("GET", "/staff/exclusions"): ("/staff/exclusions", {}, {**REFUSED, **LOOKS, "auditor": 200}),
    ("GET", "/staff/exclusions/day"): (
        "/staff/exclusions/day?survey=visit&unit=chengdong&day=2026-11-10", {}, {**REFUSED, **LOOKS, "auditor": 200},
    ),
    ("POST", "/staff/exclusions/propose"): ("/staff/exclusions/propose", SENT, {**UNSENT, "publisher": 404}),
    ("GET", "/staff/exclusions/<string(length=16):batch_id>"): (
        "/staff/exclusions/0123456789abcdef", {}, {**REFUSED, **dict.fromkeys((*LOOKS, "auditor"), 404)},
    ),
    ("POST", "/staff/exclusions/<string(length=16):batch_id>/decide"): (
        "/staff/exclusions/0123456789abcdef/decide", SENT, {**UNSENT, "reviewer": 404},
    ),
    ("GET", "/staff/paper"): ("/staff/paper", {}, {**REFUSED, **KEYS}),
    ("POST", "/staff/paper"): ("/staff/paper", SENT, {**UNSENT, **dict.fromkeys(KEYS, 422)}),
    **{
        (method, f"/staff/paper/<string(length=5):batch>{rest}"): (
            f"/staff/paper/P0001{path}", data, {**(UNSENT if data else REFUSED), **dict.fromkeys(KEYS, 404)},
        )
        for method, rest, path, data in (
            ("GET", "", "", {}),
            ("GET", "/<int:sheet>", "/1", {}),
            ("POST", "/<int:sheet>", "/1", SENT),
            ("POST", "/<any(finish, settle, store, discard):act>", "/store", SENT),
        )
    },
    ("GET", "/staff/phone"): ("/staff/phone", {}, {**REFUSED, **KEYS}),
    ("GET", "/staff/phone/call"): (
        "/staff/phone/call?survey=police-response&unit=chengbei", {}, {**REFUSED, **KEYS},
    ),
    ("POST", "/staff/phone/call"): (
        "/staff/phone/call?survey=police-response&unit=chengbei", SENT, {**UNSENT, **dict.fromkeys(KEYS, 422)},
    ),
    ("GET", "/staff/kiosks"): ("/staff/kiosks", {}, {**REFUSED, "admin": 200}),
    ("POST", "/staff/kiosks"): ("/staff/kiosks", SENT, {**UNSENT, "admin": 422}),
    ("GET", "/staff/pages"): ("/staff/pages", {}, {**REFUSED, "publisher": 200}),
    ("GET", "/staff/themes"): ("/staff/themes", {}, {**REFUSED, "publisher": 200, "auditor": 200}),
    ("GET", "/staff/themes/<period>/<survey>/<question>"): (
        "/staff/themes/2026-10/counter-service/better", {}, {**REFUSED, "publisher": 200},
    ),
    ("POST", "/staff/themes/<period>/<survey>/<question>"): (
        "/staff/themes/2026-10/counter-service/better", SENT, {**UNSENT, "publisher": 422},
    ),
    ("POST", "/staff/sign-out-everywhere"): (
        "/staff/sign-out-everywhere", SENT, {**dict.fromkeys(EVERYONE, 422), "none": 401},
    ),
    ("POST", "/staff/sign-out"): ("/staff/sign-out", SENT, {**dict.fromkeys(EVERYONE, 303), "none": 401}),
}  # fmt: skip
"""For each address of the desk: one request to it, and the status that each role gets, at a case with the handler."""


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


def asked(client: FlaskClient, method: str, path: str, data: dict[str, str]) -> Any:
    return client.open(path, method=method, data=data or None)


def test_every_address_of_the_desk_stands_in_the_table(app: Flask) -> None:
    found = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/staff")
    }
    assert found == set(TABLE)
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/staff")}
    assert endpoints == set(accounts.ACCESS) | {"accounts.sign_in", "accounts.begin"}
    assert all(set(statuses) == set(EVERYONE) for _, _, statuses in TABLE.values())


@pytest.mark.parametrize("who", EVERYONE)
def test_each_role_gets_at_each_address_what_the_table_says(office: Office, who: str) -> None:
    for (method, rule), (path, data, statuses) in TABLE.items():
        number = office.assigned()
        answer = asked(office.client(who), method, path.replace("CASE", number), data)
        assert (rule, method, answer.status_code) == (rule, method, statuses[who])
        assert answer.headers["Cache-Control"] == "no-store"


def test_an_address_that_nobody_listed_is_nobodys(app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(accounts.ACCESS, "staff.browse")
    assert office.client("auditor").get("/staff/cases").status_code == 403


def test_a_handler_reads_no_case_of_another_unit_by_changing_a_number(office: Office) -> None:
    mine, other, fresh = office.assigned("chengdong"), office.assigned("chengxi"), office.opened()
    about_mine = office.opened("service-complaint", "chengdong")
    client = office.client("handler")
    for number in (other, fresh, about_mine, "1234567890"):
        assert client.get(f"/staff/case/{number}").status_code == 404
        for kind in ("replied", "returned", "accepted", "nonsense"):
            data = {"text": "x", "expected": "3"}
            answer = client.post(f"/staff/case/{number}/act/{kind}", data=data)
            assert (answer.status_code, number in answer.text) == (409, False)
            assert client.post(f"/staff/case/{number}/act/{kind}", data={"expected": "3"}).status_code == 404
    for page in ("/staff/", "/staff/cases", "/staff/cases?unit=chengxi", "/staff/list/unit?unit=chengxi"):
        shown = client.get(page).text
        assert mine in shown
        assert [number for number in (other, fresh, about_mine) if number in shown] == []
    assert len(office.whole(other).events) == 3


def test_what_was_typed_while_the_case_went_elsewhere_is_kept_and_nothing_told(office: Office) -> None:
    number, client = office.assigned(), office.client("handler")
    data = {"text": "我花了半小时<写>的答复", "expected": office.sequence(number)}
    assert client.get(f"/staff/case/{number}").status_code == 200
    office.do(number, "intake", "assigned", unit="chengxi")
    answer = client.post(f"/staff/case/{number}/act/replied", data=data)
    assert (answer.status_code, office.whole(number).standing.unit) == (409, "chengxi")
    assert data["text"] in unescape(answer.text)
    assert answer.text == client.post("/staff/case/1234567890/act/replied", data=data).text
    assert "路灯" not in answer.text


def test_a_reviewer_of_the_unit_complained_of_sees_nothing_of_it(office: Office) -> None:
    about = office.opened("service-complaint", "chengqu")
    client = office.client("reviewer")
    assert client.get(f"/staff/case/{about}").status_code == 404
    assert about not in client.get("/staff/cases").text


def test_pages_of_residents_set_and_need_no_cookie(office: Office) -> None:
    client = office.client("intake")
    for path in ("/", "/suggest", "/case", "/s/counter-service"):
        answer = client.get(path)
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.request.headers
    assert "Cookie" in client.get("/staff/").request.headers


@pytest.mark.parametrize("factor", ["totp", "recovery"])
def test_signing_in_changing_the_one_time_password_and_out(app: Flask, office: Office, factor: str) -> None:
    issued = office.issued("intake")
    client = app.test_client()
    code = code_of(issued) if factor == "totp" else issued.recovery[0]
    given = {"name": issued.account.name, "password": issued.password or "", "code": code}
    begun = client.post("/staff/sign-in", data=given, base_url="https://huiyin.example")
    assert (begun.status_code, begun.location) == (303, "/staff/")
    cookie = begun.headers["Set-Cookie"]
    assert "Secure; HttpOnly; Path=/staff; SameSite=Strict" in cookie
    client.set_cookie("huiyin_staff", re.findall(r"huiyin_staff=([^;]+)", cookie)[0], path="/staff")
    assert client.get("/staff/").location == "/staff/password"
    page = client.get("/staff/password").text
    assert "只能用一次" in page
    changed = {"old": issued.password or "", "new": OWN, "again": OWN}
    for wrong, sentence in (
        ({"again": "x"}, "不一样"),
        ({"old": "x"}, "现在的密码不对"),
        ({"new": "x", "again": "x"}, "换一个密码"),
    ):
        answer = client.post("/staff/password", data={**changed, **wrong})
        assert answer.status_code == 422
        assert sentence in answer.text
    done = client.post("/staff/password", data=changed)
    assert (done.status_code, done.location) == (303, "/staff/")
    assert "Secure" not in done.headers["Set-Cookie"]
    assert client.get("/staff/").status_code == 200
    token = client.get_cookie("huiyin_staff", path="/staff")
    assert client.post("/staff/sign-out", data=SENT).location == "/staff/sign-in"
    assert token
    client.set_cookie("huiyin_staff", token.value, path="/staff")
    assert client.get("/staff/").location == "/staff/sign-in"


def test_what_was_wrong_at_the_sign_in_is_never_told(app: Flask, office: Office) -> None:
    issued = office.issued("intake")
    name, password = issued.account.name, issued.password or ""
    tries = ((name, "wrong", "123456"), ("nobody", password, "123456"), (name, password, "123456"))
    pages = []
    for given in tries:
        answer = app.test_client().post(
            "/staff/sign-in", data=dict(zip(("name", "password", "code"), given, strict=True))
        )
        assert answer.status_code == 422
        assert "Set-Cookie" not in answer.headers
        pages.append(answer.text.replace(f'value="{given[0]}"', ""))
    assert len(set(pages)) == 1
    assert password not in pages[0]


def test_too_many_tries_are_told_to_wait(app: Flask, office: Office) -> None:
    given = {"name": "nobody", "password": "x", "code": "1"}
    found = [app.test_client().post("/staff/sign-in", data=given) for _ in range(6)]
    assert [answer.status_code for answer in found] == [422] * 5 + [429]
    assert 0 < int(found[-1].headers["Retry-After"]) <= 901
    assert "试的次数太多" in found[-1].text


def test_a_post_from_another_site_is_refused_in_spite_of_the_session(office: Office) -> None:
    number = office.assigned()
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = office.client("handler").post(f"/staff/case/{number}/act/replied", data=REPLY, headers=headers)
    assert answer.status_code == 403
    assert len(office.whole(number).events) == 3


def test_a_session_that_ended_while_somebody_wrote_keeps_the_words(office: Office) -> None:
    number = office.assigned()
    client = office.client("handler")
    staff.disable(office.guard, None, office.accounts["handler"].id, datetime.now(UTC))
    answer = client.post(f"/staff/case/{number}/act/replied", data=REPLY)
    assert answer.status_code == 401
    assert REPLY["text"] in answer.text
    assert len(office.whole(number).events) == 3


ACTS: list[tuple[str, str, str, dict[str, str]]] = [
    ("opened", "intake", "categorised", {"category": "suggestion"}),
    ("opened", "intake", "accepted", {"complex": "yes", "urgent": "yes"}),
    ("complaint", "intake", "accepted", {"complex": "", "about": "-"}),
    ("complaint", "intake", "accepted", {"complex": "", "about": "chengdong"}),
    ("opened", "intake", "declined", {"reason": "court", "text": "请向法院起诉。"}),
    ("opened", "intake", "transferred", {"text": "已转市政。"}),
    ("assigned", "intake", "merged", {"into": "OTHER"}),
    ("assigned", "handler", "returned", {"reason": "other-unit", "text": "不归我们管。"}),
    ("assigned", "handler", "replied", {"text": "我们去看看。"}),
    ("replied", "handler", "planned", {"by": "2026-11-25", "text": "周三修好。"}),
    ("assigned", "handler", "extended", {"workdays": "5", "reason": "supplies", "text": "等配件。"}),
    ("replied", "handler", "outcome", {"outcome": "by-date", "date": "2026-11-26", "ground": "law", "text": "会修。"}),
    ("replied", "handler", "outcome", {"outcome": "explained", "date": "x", "ground": "law", "text": "不能修。"}),
    ("proposed", "reviewer", "confirmed", {"satisfied": "yes"}),
    ("proposed", "reviewer", "disputed", {"satisfied": "no", "text": "灯还不亮。"}),
    ("proposed", "reviewer", "not_reached", {}),
    ("confirmed", "reviewer", "closed", {}),
    ("contested", "reviewer", "upheld", {"text": "维持。"}),
    ("contested", "reviewer", "taken_up", {"complex": "", "text": ""}),
    ("merged", "intake", "unmerged", {"text": "不是一回事。"}),
    ("accepted", "intake", "assigned", {"unit": "chengxi"}),
    ("closed", "publisher", "summarised", {"text": "东门路灯修好了。"}),
    ("closed suggestion", "reviewer", "adopted", {"on": "2026-11-20", "link": "https://huiyin.example/notice/12"}),
]


def case_in(office: Office, state: str) -> str:
    """A case that is as far along as the state says."""
    if state in ("opened", "assigned", "proposed", "closed"):
        return str(getattr(office, state)())
    if state == "complaint":
        return office.opened("service-complaint")
    if state == "complaint accepted":
        return case_in(office, "accepted")
    if state == "closed suggestion":
        return office.closed(category="suggestion")
    steps: dict[str, tuple[str, tuple[str, str, str, dict[str, str]]]] = {
        "replied": ("assigned", ("handler", "replied", "我们去看看。", {})),
        "accepted": ("opened", ("intake", "accepted", "", {})),
        "confirmed": ("proposed", ("reviewer", "confirmed", "", {"satisfied": "yes"})),
        "merged": ("opened", ("intake", "merged", "", {"into": ""})),
        "contested": ("opened", ("intake", "declined", "请起诉。", {"reason": "court"})),
    }
    before, (who, kind, text, data) = steps[state]
    number = case_in(office, before)
    data = {name: value or office.assigned() for name, value in data.items()}
    office.do(number, who, kind, text, **data)  # type: ignore[arg-type]
    if state == "contested":
        office.do(number, "resident", "contested", "不同意。")
    return number


@pytest.mark.parametrize(("state", "who", "kind", "data"), ACTS, ids=[f"{act[2]} when {act[0]}" for act in ACTS])
def test_every_act_is_offered_done_and_audited(
    office: Office, state: str, who: str, kind: str, data: dict[str, str]
) -> None:
    number = case_in(office, state)
    client, sequence = office.client(who, contact=who == "reviewer"), office.sequence(number)
    given = {name: office.assigned() if value == "OTHER" else value for name, value in data.items()}
    page = client.get(f"/staff/case/{number}").text
    assert f'action="/staff/case/{number}/act/{kind}"' in page
    assert f'name="expected" value="{sequence}"' in page
    if state == "proposed":
        early = client.post(f"/staff/case/{number}/act/{kind}", data={**given, "expected": sequence})
        assert (early.status_code, office.sequence(number)) == (409, sequence)
        assert "先看联系方式" in early.text
        assert data.get("text", "") in early.text
        assert client.post(f"/staff/case/{number}/contact", data=SENT).status_code == 200
    answer = client.post(f"/staff/case/{number}/act/{kind}", data={**given, "expected": sequence})
    after = "/staff/" if kind == "returned" else f"/staff/case/{number}"  # what was returned is no longer theirs
    assert (answer.status_code, answer.location) == (303, after)
    event = office.whole(number).events[-1]
    assert (event.kind, event.text, event.staff) == (kind, data.get("text") or None, office.accounts[who].id)
    if event.text:
        label = re.search(rf'<label for="q-{kind}-text">(.*?)<', page)
        hers = view(office.whole(number), cases.resident(number))
        assert label and hers
        assert ("居民" in label[1], "居民看不到" in label[1]) == (True, hers.events[-1].text is None)
    assert client.get(after).status_code == 200
    row = rows(office.here, "SELECT * FROM audit ORDER BY id DESC LIMIT 1")[0]
    assert (row.actor, row.role, row.act, row.object) == (office.accounts[who].id, ROLES[who][0], "case_act", number)
    assert json.loads(row.details) == {"kind": kind, "sequence": int(sequence) + 1}
    verify(office.here.store)


def test_the_table_of_acts_names_every_act_of_staff() -> None:
    from portal import desk_text

    assert {kind for _, _, kind, _ in ACTS} == set(desk_text.ACTS)


WRONG: list[tuple[str, str, str, dict[str, str], str]] = [
    ("assigned", "handler", "replied", {"text": " "}, "请在这里写明"),
    ("assigned", "handler", "replied", {"text": "<!-- -->"}, "什么也看不到"),
    ("assigned", "handler", "replied", {"text": "\u200b\u2060"}, "什么也看不到"),
    ("assigned", "handler", "replied", {"text": "![](/x.png)"}, "什么也看不到"),
    ("replied", "handler", "outcome", {"outcome": "on-the-spot", "text": "<script></script>"}, "什么也看不到"),
    ("complaint", "intake", "accepted", {"complex": "", "about": ""}, "请选一项"),
    ("complaint accepted", "intake", "categorised", {"category": "service-complaint"}, "请选它投诉的单位"),
    ("opened", "intake", "declined", {"reason": "x", "text": "有字"}, "请选一项"),
    ("accepted", "intake", "assigned", {"unit": ""}, "请选一项"),
    ("replied", "handler", "planned", {"by": "2026-11-31", "text": "有字"}, "2026-11-20"),
    ("replied", "handler", "planned", {"by": "2027-11-30", "text": "有字"}, "2026-11-20"),
    ("opened", "intake", "merged", {"into": "1234567890"}, "可以并入的"),
    ("opened", "intake", "merged", {"into": "SELF"}, "可以并入的"),
    ("assigned", "handler", "replied", {"text": "长" * 8001}, "8000"),
    ("closed suggestion", "reviewer", "adopted", {"on": "2026-11-20", "link": "见公告栏"}, "https://"),
]


@pytest.mark.parametrize(("state", "who", "kind", "data", "sentence"), WRONG)
def test_what_is_wrong_with_an_act_is_told_and_nothing_lost(
    office: Office, state: str, who: str, kind: str, data: dict[str, str], sentence: str
) -> None:
    number = case_in(office, state)
    before = office.sequence(number)
    given = {name: number if value == "SELF" else value for name, value in data.items()}
    answer = office.client(who).post(f"/staff/case/{number}/act/{kind}", data={**given, "expected": before})
    assert answer.status_code == 422
    assert sentence in answer.text
    named = re.findall(r'<li><a href="#q-([^"]+)">([^<]+?)：', answer.text)
    assert named
    for field, label in named:
        assert re.search(rf'<label for="q-{field}">{re.escape(label)}', answer.text)
    assert given.get("text", "") in unescape(answer.text)
    assert office.sequence(number) == before


def test_two_people_at_one_case_see_a_conflict_and_keep_their_words(office: Office) -> None:
    number = office.assigned()
    sequence = office.sequence(number)
    office.do(number, "resident", "message", "补充一句。")
    answer = office.client("handler").post(
        f"/staff/case/{number}/act/replied", data={"text": "我们去看看。", "expected": sequence}
    )
    assert answer.status_code == 409
    assert "我们去看看。" in answer.text
    assert "补充一句。" in answer.text
    assert f'name="expected" value="{int(sequence) + 1}"' in answer.text
    office.do(number, "resident", "withdrawn")
    later = office.client("handler").post(
        f"/staff/case/{number}/act/replied", data={"text": "我们去看看。", "expected": sequence}
    )
    assert later.status_code == 409
    assert "readonly" in later.text
    assert "我们去看看。" in later.text


def test_numbers_in_texts_are_masked_for_the_unit(office: Office) -> None:
    number = office.assigned(text="请打 13912345678 找我。")
    assert "13912345678" not in office.client("handler").get(f"/staff/case/{number}").text
    assert "*********78" in office.client("handler").get(f"/staff/case/{number}").text
    assert "13912345678" in office.client("intake").get(f"/staff/case/{number}").text
    assert "找我" not in office.client("auditor").get(f"/staff/case/{number}").text


def test_the_contact_is_shown_to_a_reviewer_with_the_key_and_each_look_is_audited(office: Office) -> None:
    number = office.proposed(contact="张女士 13800138000")
    client = office.client("reviewer", contact=True)
    assert "13800138000" not in client.get(f"/staff/case/{number}").text
    shown = client.post(f"/staff/case/{number}/contact", data=SENT)
    assert shown.status_code == 200
    assert "张女士 13800138000" in shown.text
    looks = rows(office.here, "SELECT actor, role, object FROM audit WHERE act = 'contact_view'")
    assert [tuple(row) for row in looks] == [(office.accounts["reviewer"].id, "reviewer", number)]
    assert client.post(f"/staff/case/{office.assigned()}/contact", data=SENT).status_code == 403


def test_a_reviewer_without_the_key_is_told_how_to_come_by_it(office: Office) -> None:
    answer = office.client("reviewer").post(f"/staff/case/{office.proposed()}/contact", data=SENT)
    assert answer.status_code == 403
    assert "再重新登录" in answer.text
    assert rows(office.here, "SELECT count(*) FROM audit WHERE act = 'contact_view'")[0][0] == 0


def test_a_list_goes_on_page_by_page_and_filters_live_in_the_address(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.staff.PAGE", 2)
    numbers = {office.opened(text="有人要跳楼" if turn == 3 else "路灯不亮。") for turn in range(5)}
    client, address, found = office.client("intake"), "/staff/list/triage?lang=en", []
    while address:
        page = client.get(address).text
        found += re.findall(r"/staff/case/([0-9]{10})", page)
        more = re.findall(r'rel="next" href="([^"]+)"', page)
        address = more[0].replace("&amp;", "&") if more else ""
    assert len(found) == 5
    assert set(found) == numbers
    assert office.whole(found[0]).standing.urgent
    west = office.assigned("chengxi")
    assert re.findall(r"/staff/case/([0-9]{10})", client.get("/staff/cases?unit=chengxi&state=assigned").text) == [west]
    assert "没有符合所选条件的事项" in client.get("/staff/cases?state=closed&category=documents").text


@pytest.mark.parametrize(
    "address", ["/staff/list/nothing", "/staff/list/triage?after=1.2026-99-99.x", "/staff/cases?before=x&unit=x"]
)
def test_odd_addresses_do_no_harm(office: Office, address: str) -> None:
    assert office.client("intake").get(address).status_code == (404 if "nothing" in address else 200)


def test_a_case_is_found_by_its_number_however_it_is_typed(office: Office) -> None:
    number = office.opened()
    client = office.client("intake")
    assert client.get(f"/staff/find?number={number[:5]}+{number[5:]}").location == f"/staff/case/{number}"
    wrong = client.get("/staff/find?number=1234567891")
    assert wrong.status_code == 422
    assert "打错" in wrong.text


def test_a_publisher_sees_closed_cases_only(office: Office) -> None:
    closed, open_ = office.closed(), office.assigned()
    page = office.client("publisher").get("/staff/cases?state=assigned").text
    assert closed in page
    assert open_ not in page


def test_real_passwords_are_costly() -> None:
    assert passwords.COST.memory >= 65_536 > CHEAP.memory
