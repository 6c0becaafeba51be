"""The desk in a real browser: signing in by keyboard, every page at three widths, an act, and a conflict."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal import create_app
from portal.config import Config
from surveys import paper, reply_templates
from surveys.duties import Account
from surveys.exclusions import Proposal, propose
from surveys.paper import Keyed, Opening
from surveys.reply_templates import Draft
from tests.browser.conftest import violations
from tests.portal.desk_office import OWN, Office, code_of
from tests.serving import ROOT, serving
from tests.surveys.answers_office import PUBLISHER, WORDS, Answers, cell

Context = Callable[..., BrowserContext]
PAGES: dict[str, tuple[str, str]] = {
    "sign in": ("none", "/sign-in"),
    "password": ("intake", "/password"),
    "today": ("intake", "/"),
    "list": ("intake", "/list/triage"),
    "cases": ("intake", "/cases"),
    "new": ("intake", "/new"),
    "case of a handler": ("handler", "/case/AT_WORK"),
    "case of a reviewer": ("reviewer", "/case/PROPOSED"),
    "callbacks": ("reviewer", "/callbacks"),
    "not found": ("handler", "/case/0000000000"),
    "refused": ("handler", "/new"),
    "closed cases": ("publisher", "/"),
    "administrator": ("admin", "/"),
    "surveys": ("publisher", "/surveys"),
    "survey": ("publisher", "/surveys/visit"),
    "accounts": ("admin", "/accounts"),
    "contacts": ("reviewer", "/contacts"),
    "account": ("admin", "/accounts/ACCOUNT"),
    "templates": ("intake", "/templates"),
    "new template": ("intake", "/templates/new"),
    "template": ("intake", "/templates/TEMPLATE"),
    "audit": ("auditor", "/audit?verify=1"),
    "to assign": ("intake", "/list/assign"),
    "several": ("intake", "/several?r=SEVERAL"),
    "preview": ("publisher", "/surveys/visit/1/preview"),
    "closing a survey": ("publisher", "/surveys/visit/1/close"),
    "sheets": ("publisher", "/surveys/visit/sheets"),
    "exclusions of a month": ("publisher", "/exclusions"),
    "exclusions of a day": ("publisher", "/exclusions/day?survey=counter-service&unit=chengdong-hukou&day=FLOOD"),
    "exclusions": ("publisher", "/exclusions/PROPOSAL"),
    "themes of a month": ("publisher", "/themes"),
    "helpful pages": ("publisher", "/pages"),
    "paper": ("intake", "/paper"),
    "paper batch": ("publisher", "/paper/P0001"),
    "paper sheet": ("intake", "/paper/P0002/1"),
    "kiosks": ("admin", "/kiosks"),
    "calls": ("intake", "/phone"),
    "call": ("publisher", "/phone/call?survey=police-response&unit=chengdong&say=zh"),
    "themes": ("publisher", "/themes/LAST_MONTH/counter-service/better"),
}

WAYS: tuple[tuple[int, Literal["light", "dark"], str], ...] = ((1280, "light", "en"), (360, "dark", "zh"))


@dataclass
class Desk:
    """The served desk, its people and two of its cases."""

    office: Office
    base: str
    tokens: dict[str, str]
    cases: dict[str, str]

    def sign_in(self, context: BrowserContext, who: str) -> None:
        context.clear_cookies()
        if who != "none":
            cookie = {"name": "huiyin_staff", "value": self.tokens[who], "domain": "127.0.0.1", "path": "/portal/staff"}
            context.add_cookies([cookie])  # type: ignore[list-item]

    def page(self, context: BrowserContext, who: str) -> Page:
        self.sign_in(context, who)
        return context.new_page()

    def address(self, path: str) -> str:
        for name, number in self.cases.items():
            path = path.replace(name, number)
        return f"{self.base}/portal/staff{path}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("desk")
    app = create_app(Config(database=folder / "huiyin.db", definitions=ROOT / "surveys/definitions"))
    office = Office(app, app.extensions["portal"])
    for _ in range(3):
        office.opened()
    cases = {"AT_WORK": office.assigned(text="请打 13912345678 找我。"), "PROPOSED": office.proposed()}
    office.do(cases["AT_WORK"], "resident", "released")
    cases |= answers_of(office)
    cases["ACCOUNT"] = office.issued("reviewer").account.id
    cases["TEMPLATE"] = template_of(office)
    piles_of(office)
    told = (f"{cases['AT_WORK']}.done", f"{cases['PROPOSED']}.moved")
    cases["SEVERAL"] = office.here.signer.sign_receipt("several", "assign", "assigned", *told)
    people = ("intake", "handler", "reviewer", "publisher", "auditor", "admin")
    tokens = {who: office.token(who, contact=who == "reviewer") for who in people}
    with serving(folder) as server:
        yield Desk(office, f"http://127.0.0.1:{server.port}", tokens, cases)
    office.here.store.close()


def answers_of(office: Office) -> dict[str, str]:
    """A flood some days ago that somebody proposed to leave out, and texts of the month before."""
    here, answers = office.here, Answers(office.here.store, office.here.keys)
    flood = here.today() - timedelta(days=10)
    last_month = here.today().replace(day=1) - timedelta(days=1)
    answers.add("1" * 40, day=flood)
    answers.add("15", WORDS, day=last_month)
    proposal = Proposal(cell(flood), "flood", 40)
    batch = propose(here.store, here.definitions, here.keys, PUBLISHER, proposal, here.today())
    return {"PROPOSAL": batch, "LAST_MONTH": last_month.isoformat()[:7], "FLOOD": flood.isoformat()}


def piles_of(office: Office) -> None:
    """A batch that was keyed twice with differences, and one that nobody has keyed."""
    store, rules, today = office.here.store, office.here.definitions, office.here.today()
    people = [office.issued(who).account for who in ("intake", "publisher")]
    by_id = {one.id: one for one in people}
    wanted = Opening("police-response", 1, "chengdong", "zh", today, 1)
    for _ in range(2):
        paper.open_batch(store, rules, people[0], wanted, today, unnoted)
    keyings = ({"overall": "1", "wrong": "1 10", "better": "多派人。"}, {"overall": "2", "wrong": "1"})
    for by, cells in zip(people, keyings, strict=True):
        paper.key_sheet(store, rules, by, "P0001", Keyed(1, cells), by_id)
        paper.finish(store, by, "P0001", unnoted)


def unnoted(*_: object) -> None:
    """Acts past the pages leave the audit alone."""


def template_of(office: Office) -> str:
    """A template that somebody wrote."""
    by, draft = office.issued("intake").account, Draft("路灯", "zh", "我们 ____ 日前去修。")
    reply_templates.add(office.here.store, by, "t" * 16, draft, office.here.today(), datetime.now(UTC))
    return "t" * 16


def test_every_page_of_the_desk_is_looked_at(desk: Desk) -> None:
    rules = desk.office.app.url_map
    addresses = rules.bind("127.0.0.1")
    paths = [desk.address(path).removeprefix(f"{desk.base}/portal").partition("?")[0] for _, path in PAGES.values()]
    looked_at = {addresses.match(path)[0] for path in paths}
    pages = {
        rule.endpoint for rule in rules.iter_rules() if "GET" in (rule.methods or ()) and rule.rule.startswith("/staff")
    }
    # The first leads on to a case, the others are pictures.
    assert pages - looked_at == {"staff.find", "desk_photos.show", "surveys_desk.picture"}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_the_desk_is_accessible_and_fits(desk: Desk, phone: Page, name: str) -> None:
    """Every other page in dark colours and in Chinese: all of them share their colours and their frame."""
    who, path = PAGES[name]
    width, scheme, lang = WAYS[list(PAGES).index(name) % 2]
    page = phone
    desk.sign_in(page.context, who)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{desk.address(path)}{'&' if '?' in path else '?'}lang={lang}")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert violations(page) == []
    for narrower in (width, 360, 320):
        page.set_viewport_size({"width": narrower, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= narrower


def test_somebody_signs_in_changes_the_password_and_replies_by_keyboard(desk: Desk, context: Context) -> None:
    issued = desk.office.issued("handler")
    page = desk.page(context(locale="zh-CN"), "none")
    page.goto(desk.address("/"))
    page.focus("#q-name")
    for typed in (issued.account.name, issued.password or "", code_of(issued)):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/password")
    page.focus("#q-old")
    for typed in (issued.password or "", OWN, OWN):
        page.keyboard.insert_text(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/")
    assert page.evaluate("document.cookie") == ""
    reply(desk, page, issued.account)
    page.locator(".desk-nav button").press("Enter")
    page.wait_for_url("**/sign-in")


def reply(desk: Desk, page: Page, account: Account) -> None:
    """Answer a case while its resident writes, see the conflict, and send the kept words."""
    number = desk.office.assigned()
    page.goto(desk.address(f"/case/{number}"))
    summary = page.locator("details.act", has=page.locator("#q-replied-text")).locator("summary")
    summary.press("Enter")
    page.fill("#q-replied-text", "我们周五去修。")
    desk.office.do(number, "resident", "message", "补充一句。")
    page.locator("details[open]").get_by_role("button", name="答复", exact=True).press("Enter")
    expect(page.locator(".error-summary")).to_contain_text("有别人处理了")
    expect(page.locator("#q-replied-text")).to_have_value("我们周五去修。")
    page.locator("details[open]").get_by_role("button", name="答复", exact=True).press("Enter")
    expect(page.locator(".timeline > li").last).to_contain_text("我们周五去修。")
    assert desk.office.whole(number).events[-1].staff == account.id


def test_a_sheet_is_keyed_by_number_keys_alone(desk: Desk, context: Context) -> None:
    """A key that can be no longer one moves on, Enter does where a key could grow or a cell is blank."""
    page = desk.page(context(locale="zh-CN"), "intake")
    page.goto(desk.address("/paper/P0002/1"))
    expect(page.locator("#q-overall")).to_be_focused()
    for typed in ("2", "1 10", "Enter", "0", "Enter", "-", "3", "Enter", "Tab", "Enter"):
        (page.keyboard.press if typed in ("Enter", "Tab") else page.keyboard.type)(typed)
    page.wait_for_url("**/paper/P0002/2*")
    found = paper.find(desk.office.here.store, "P0002")
    assert found is not None
    cells = {code: cell for code, cell in found.sheets(1)[1].items() if cell}
    assert cells == {"overall": "2", "wrong": "1 10", "speed": "0", "explanation": "-", "told": "3"}
