"""The resident's page of a case: what it tells, everything she can do there, and what nobody else can."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal import case_reasons, case_text, desk_text
from portal.limits import Limiter
from portal.state import Portal
from surveys import case_ledger, cases
from surveys.case_events import EXTENSION_REASONS, KINDS, ROLES, Event
from surveys.cases import Act, Kind, Role
from surveys.errors import StoreBusyError
from tests.portal.conftest import TODAY, rows, token_in
from tests.portal.test_suggest import codes_in

PHONE = "139 0000 0000"


@dataclass
class Bench:
    """One case over the web, with the staff's acts done in the domain."""

    app: Flask
    day: date = TODAY
    lang: str = "zh"
    number: str = ""
    secret: str = ""

    @property
    def here(self) -> Portal:
        found: Portal = self.app.extensions["portal"]
        return found

    def set(self, **changes: Any) -> None:
        self.app.extensions["portal"] = replace(self.here, **changes)

    def opened(self, **changes: str) -> "Bench":
        client = self.app.test_client()
        sent = {"category": "suggestion", "unit": "chengdong", "text": "路灯不亮。", "contact": "", **changes}
        token = token_in(client.get("/suggest").text)
        self.number, self.secret = codes_in(client.post("/suggest/send", data={"_token": token, **sent}).text)
        return self

    def another(self, **changes: str) -> "Bench":
        return Bench(self.app, self.day, self.lang).opened(**changes)

    def pass_days(self, days: int) -> "Bench":
        self.day += timedelta(days=days)
        self.set(today=lambda: self.day)
        return self

    @property
    def case(self) -> cases.Case:
        case = self.here.store.read(lambda connection: case_ledger.load(connection, self.number))
        assert case
        return case

    @property
    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.case.events]

    @property
    def last(self) -> Event:
        return self.case.events[-1]

    def staff(self, role: Role, kind: Kind, words: str = "", at: str | None = None, **data: str) -> "Bench":
        rules = self.here.definitions
        actor = cases.staff(rules, role, f"{role}-{at}", at)
        expected = self.case.standing.sequence
        cases.act(self.here.store, rules, self.number, actor, Act(kind, words, data), self.day, expected=expected)
        return self

    def page(self) -> str:
        return self.post("").text

    def post(self, address: str, **sent: str) -> TestResponse:
        where = f"/case/{address}" if address else "/case"
        data = {"number": self.number, "secret": self.secret, "sequence": str(len(self.case.events)), **sent}
        return self.app.test_client().post(f"{where}?lang={self.lang}", data=data)

    def does(self, address: str, **sent: str) -> str:
        before = len(self.case.events)
        response = self.post(address, **sent)
        assert response.status_code == 200, response.text
        assert 'class="notice done"' in response.text
        assert (len(self.case.events), self.last.role) == (before + 1, "resident")
        return response.text


@pytest.fixture
def bench(app: Flask) -> Bench:
    return Bench(app).opened()


def with_unit(bench: Bench, unit: str = "chengdong") -> Bench:
    return bench.staff("intake", "accepted").staff("intake", "assigned", unit=unit)


def answered(bench: Bench) -> Bench:
    return with_unit(bench).staff("handler", "replied", "周三 **来人** 看。", "chengdong")


def proposed(bench: Bench) -> Bench:
    return answered(bench).staff("handler", "outcome", "灯已换好。", "chengdong", outcome="on-the-spot")


def closed(bench: Bench) -> Bench:
    proposed(bench).does("solved")
    return bench.staff("reviewer", "closed", at="chengqu")


def declined(bench: Bench) -> Bench:
    return bench.staff("intake", "declined", "请找物业。", reason="other-office")


def summarised(bench: Bench) -> Bench:
    return closed(bench).staff("publisher", "summarised", "有人反映**路灯**不亮。")


def offered(page: str) -> set[str]:
    found = set(re.findall(r'<details class="offer".*?action="/case/([a-z]+)\?', page, re.DOTALL))
    return found & set(case_text.BY_ADDRESS) - {"erase"}  # which stands there as long as anything of hers does


class TestWhatThePageTells:
    def test_replies_are_markdown_and_her_own_words_are_not(self, bench: Bench) -> None:
        her = bench.another(text="**灯** <b>不亮</b>")
        page = answered(her).page()
        assert "<strong>来人</strong>" in page
        assert "**灯** &lt;b&gt;不亮&lt;/b&gt;" in page
        assert "城东派出所已答复。" in page

    def test_it_says_what_is_next_by_which_day_and_which_days_counted(self, bench: Bench) -> None:
        page = bench.page()
        assert "<strong>2026-11-23</strong> 最晚这一天，告诉您由谁来答复。" in page
        assert page.count("算了哪几天") == 2
        assert "共 2 天：2026-11-23, 2026-11-24" in page
        assert "共 1 天：2026-11-23" in page
        assert "共 5 天，从 2026-11-23 到 2026-11-27，每天都算" in with_unit(bench).page()

    def test_days_that_were_left_out_show_in_the_list(self, bench: Bench) -> None:
        bench.pass_days(3)
        assert (
            "共 5 天：2026-11-24, 2026-11-25, 2026-11-26, 2026-11-27, 2026-11-30" in with_unit(bench.another()).page()
        )

    def test_an_overdue_limit_is_said_plainly(self, bench: Bench) -> None:
        assert "超期" not in bench.page()
        page = bench.pass_days(6).page()
        assert "已经超期 3 天" in page
        assert "已经超期 2 天" in page

    def test_limits_that_are_hers_are_never_called_late(self, bench: Bench) -> None:
        assert "超期" not in closed(bench).pass_days(29).page()
        assert "重开" in bench.page()

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_a_year_without_a_known_calendar_is_told(self, bench: Bench, lang: str) -> None:
        bench.day = date(2031, 5, 5)
        bench.lang = lang
        bench.set(today=lambda: bench.day)
        assert ("weekends alone" if lang == "en" else "周末") in bench.another().page()

    def test_colleagues_and_their_words_to_each_other_are_not_shown(self, bench: Bench) -> None:
        with_unit(bench).staff("handler", "returned", "这是内部的话。", "chengdong", reason="other-unit")
        page = bench.page()
        assert "这是内部的话" not in page
        assert "handler-chengdong" not in page
        assert "退回" in page

    @pytest.mark.parametrize("lang", ["zh", "en"])
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_of_event_has_a_sentence(self, bench: Bench, kind: Kind, lang: str) -> None:
        with bench.app.test_request_context(f"/?lang={lang}"):
            bench.app.preprocess_request()
            for role in ROLES:
                said = case_text.event_text(Event(kind, TODAY, role, "x", {}, None), lambda code: f"<{code}>")
                assert said.endswith("。" if lang == "zh" else "."), said

    def test_she_reads_why_there_is_more_time_and_an_event_of_before_the_list_has_no_reason(self, bench: Bench) -> None:
        assert {*EXTENSION_REASONS} == {*case_reasons.EXTENSION_REASONS, "other"} <= {*desk_text.VALUES}
        with bench.app.test_request_context("/?lang=zh"):
            bench.app.preprocess_request()
            given = [{"workdays": "5"}, {"workdays": "5", "reason": "other"}, {"workdays": "5", "reason": "expert"}]
            events = [Event("extended", TODAY, "handler", "x", data, "话") for data in given]
            said = [case_text.event_text(event, lambda _: "城东所") for event in events]
        assert said[0] == said[1] == "城东所延期，最多再用 5 个工作日。"
        assert said[2] == "城东所延期，最多再用 5 个工作日：要等鉴定或检测结果。"

    def test_every_act_of_a_resident_is_offered_somewhere(self) -> None:
        hers = {"confirmed", "disputed", "contested", "reopened", "unmerged", "withdrawn", "message"}
        hers |= {"released", "withheld", "consented", "refused", "erased"}
        assert {offer.kind for offer in case_text.OFFERS} == hers


class TestHerActs:
    def test_only_what_the_ledger_allows_is_offered(self, bench: Bench) -> None:
        assert offered(bench.page()) == {"message", "withdraw"}
        assert offered(proposed(bench).page()) == {"solved", "unsolved", "message", "withdraw"}
        bench.does("solved", satisfied="yes")
        assert offered(bench.page()) == {"unsolved", "message", "withdraw"}
        bench.staff("reviewer", "closed", at="chengqu")
        assert offered(bench.page()) == {"reopen"}
        assert offered(bench.pass_days(31).page()) == set()

    def test_solved(self, bench: Bench) -> None:
        page = proposed(bench).does("solved", satisfied="yes", text="谢谢。")
        assert (bench.last.kind, bench.last.text, bench.last.data) == ("confirmed", "谢谢。", {"satisfied": "yes"})
        assert "您说已经解决了" in page

    def test_not_solved_needs_words_and_loses_none(self, bench: Bench) -> None:
        page = proposed(bench).post("unsolved", satisfied="no")
        assert page.status_code == 422
        assert 'href="#q-unsolved-text"' in page.text
        assert 'value="no" checked' in page.text
        bench.does("unsolved", satisfied="no", text="还是不亮。")
        assert (bench.last.kind, bench.last.text, bench.last.data) == ("disputed", "还是不亮。", {"satisfied": "no"})
        assert bench.case.standing.round == 2

    def test_reopen_within_thirty_days(self, bench: Bench) -> None:
        closed(bench).pass_days(30)
        assert bench.post("reopen").status_code == 422
        bench.does("reopen", text="又坏了。")
        assert (bench.case.state, bench.last.text) == ("reopened", "又坏了。")

    def test_reopen_after_thirty_days_is_told_and_the_words_stay(self, bench: Bench) -> None:
        page = closed(bench).pass_days(31).post("reopen", text="又坏了。")
        assert page.status_code == 409
        assert "现在不能这样办了" in page.text
        assert "又坏了。</textarea>" in page.text
        assert bench.last.kind == "closed"

    def test_a_message(self, bench: Bench) -> None:
        assert "**北门**" in bench.does("message", text="在**北门**。")
        assert bench.last.kind == "message"

    def test_withdrawing_is_asked_once_more(self, bench: Bench) -> None:
        asked = bench.post("withdraw", text="不用了。")
        assert asked.status_code == 200
        assert "确定撤回这个事项吗" in asked.text
        assert 'name="sure" value="1"' in asked.text
        assert bench.kinds == ["received"]
        bench.does("withdraw", text="不用了。", sure="1")
        assert (bench.case.state, bench.last.text) == ("withdrawn", "不用了。")

    def test_a_refusal_is_contested_once(self, bench: Bench) -> None:
        page = declined(bench).page()
        assert "不予受理：归别的部门管。" in page
        assert offered(page) == {"contest"}
        bench.does("contest", text="物业说找你们。")
        assert (bench.last.kind, offered(bench.page())) == ("contested", set())
        assert "上级单位" in bench.page()

    def test_the_contact_is_released_by_a_tick_of_its_own_and_taken_back(self, bench: Bench) -> None:
        her = with_unit(bench.another(category="visit", contact=PHONE))
        assert "同意让城东派出所" in her.page()
        refused = her.post("release")
        assert refused.status_code == 422
        assert 'href="#q-release-tick"' in refused.text
        her.does("release", tick="1")
        assert her.case.standing.released == "chengdong"
        assert "release" not in offered(her.page())
        her.does("withhold")
        assert her.case.standing.released is None

    def test_no_contact_is_released_to_whom_she_complains_of(self, bench: Bench) -> None:
        her = with_unit(bench.another(category="service-complaint", contact=PHONE), "chengxi")
        assert "release" not in offered(her.page())
        assert her.post("release", tick="1").status_code == 409

    def test_she_sees_the_summary_then_agrees_or_not(self, bench: Bench) -> None:
        page = summarised(bench).page()
        assert {"consent", "refuse"} <= offered(page)
        assert page.count("有人反映<strong>路灯</strong>不亮。") == 3
        bench.does("refuse")
        assert "refuse" not in offered(bench.page())
        bench.does("consent")
        assert bench.case.standing.published_summary == bench.case.events.index(bench.last) - 1
        assert "consent" not in offered(bench.page())
        bench.does("refuse")
        assert bench.case.standing.published_summary is None

    def test_a_summary_changed_meanwhile_is_not_agreed_to(self, bench: Bench) -> None:
        seen = len(summarised(bench).case.events)
        bench.staff("publisher", "summarised", "另一段话。")
        page = bench.post("consent", sequence=str(seen))
        assert page.status_code == 409
        assert "另一段话。" in page.text
        assert bench.case.standing.published_summary is None

    def test_a_joined_case_shows_the_other_and_can_be_parted(self, bench: Bench) -> None:
        her = bench.another(text="路灯真的不亮。")
        her.staff("intake", "merged", into=bench.number)
        answered(bench)
        page = her.page()
        assert "合并到的那个事项" in page
        assert "<strong>来人</strong>" in page
        assert "路灯不亮。" not in page
        assert offered(page) == {"separate"}
        her.does("separate", text="我说的是南门。")
        assert (her.case.state, her.last.text) == ("received", "我说的是南门。")

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_too_much_is_asked_to_be_shortened(self, bench: Bench, lang: str) -> None:
        bench.lang = lang
        page = bench.post("message", text="长" * 2001)
        assert page.status_code == 422
        assert "长" * 2001 in page.text
        assert bench.kinds == ["received"]

    def test_words_of_danger_show_the_emergency_numbers_first(self, bench: Bench) -> None:
        page = bench.does("message", text="他要自杀。")
        assert page.index("tel:110") < page.index("<h1")
        assert 'class="emergency' not in bench.does("message", text="灯还没亮。")


IDENTITY = "11010519491231002X"


class TestNumbersOfAPerson:
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_they_are_pointed_out_before_a_message_is_sent(self, bench: Bench, lang: str) -> None:
        bench.lang = lang
        page = bench.post("message", text=f"我叫 <b>，{IDENTITY}，{PHONE}。")
        assert page.status_code == 200
        assert f"我叫 &lt;b&gt;，<mark>{IDENTITY}</mark>，<mark>{PHONE}</mark>。" in page.text
        assert ("the box for it" if lang == "en" else "本页的联系方式") not in page.text
        assert 'href="#q-message-text"' in page.text
        assert f"{PHONE}。</textarea>" in page.text
        assert bench.kinds == ["received"]

    def test_one_more_post_sends_them_as_they_are(self, bench: Bench) -> None:
        bench.post("message", text=PHONE)
        bench.does("message", text=PHONE, as_it_is="1")
        assert bench.last.text == PHONE

    def test_without_them_nothing_is_asked(self, bench: Bench) -> None:
        bench.does("message", text="2026-11-20 在 12 号楼。")

    @pytest.mark.parametrize("address", ["unsolved", "solved"])
    def test_her_other_answer_travels_along(self, bench: Bench, address: str) -> None:
        proposed(bench)
        page = bench.post(address, text=PHONE, satisfied="no")
        asked = page.text[page.text.index('class="ask"') : page.text.index("</section>")]
        assert 'name="satisfied" value="no"' in asked
        bench.does(address, text=PHONE, satisfied="no", as_it_is="1")
        assert bench.last.data == {"satisfied": "no"}

    @pytest.mark.parametrize("address", ["contest", "reopen"])
    def test_so_they_are_where_a_case_is_opened_once_more(self, bench: Bench, address: str) -> None:
        (declined if address == "contest" else closed)(bench)
        before = len(bench.kinds)
        assert "<mark>" in bench.post(address, text=IDENTITY).text
        assert len(bench.kinds) == before
        bench.does(address, text=IDENTITY, as_it_is="1")

    def test_withdrawing_asks_once_for_both(self, bench: Bench) -> None:
        assert f"<mark>{PHONE}</mark>" in bench.post("withdraw", text=PHONE).text
        bench.does("withdraw", text=PHONE, sure="1")


class TestTwoTabs:
    def test_a_second_tab_is_told_and_loses_nothing(self, bench: Bench) -> None:
        bench.does("message", text="第一条。")
        page = bench.post("message", text="第二条。", sequence="1")
        assert page.status_code == 409
        assert "有了新进展" in page.text
        assert "第二条。</textarea>" in page.text
        assert bench.kinds == ["received", "message"]
        assert 'name="sequence" value="2"' in page.text

    def test_what_is_no_longer_offered_is_kept_to_copy(self, bench: Bench) -> None:
        declined(bench)
        page = bench.post("message", text="第二条。", sequence="1")
        assert page.status_code == 409
        assert 'class="kept"' in page.text
        assert "第二条。</textarea>" in page.text

    def test_the_same_post_again_does_nothing_twice(self, bench: Bench) -> None:
        for _ in range(3):
            assert bench.post("message", text="第一条。", sequence="1").status_code == 200
        assert bench.kinds == ["received", "message"]

    def test_staff_who_act_meanwhile_are_a_conflict_too(self, bench: Bench) -> None:
        seen = str(len(bench.case.events))
        bench.staff("intake", "accepted")
        assert bench.post("withdraw", sure="1", sequence=seen).status_code == 409
        assert bench.case.state == "accepted"

    @pytest.mark.parametrize("sequence", ["", "x", "0", "-1", "99", "９", "1" * 40])
    def test_a_strange_sequence_is_a_conflict(self, bench: Bench, sequence: str) -> None:
        assert bench.post("message", text="一", sequence=sequence).status_code == 409
        assert bench.kinds == ["received"]


class TestWhoElse:
    @pytest.mark.parametrize("address", list(case_text.BY_ADDRESS))
    def test_another_cases_codes_do_nothing_here(self, bench: Bench, address: str) -> None:
        other = bench.another()
        proposed(bench)
        for codes in ({"secret": other.secret}, {"number": "0000000000"}, {"secret": ""}, {"number": other.number}):
            page = bench.post(address, text="一", tick="1", sure="1", **codes)
            assert page.status_code == 422
            assert "灯已换好" not in page.text
        assert bench.last.kind == "outcome"
        assert other.kinds == ["received"]

    @pytest.mark.parametrize("address", [one for one in case_text.BY_ADDRESS if one != "erase"])
    def test_what_is_not_offered_is_not_done(self, bench: Bench, address: str) -> None:
        if address in ("message", "withdraw"):
            declined(bench)
        page = bench.post(address, text="一", tick="1", sure="1")
        assert page.status_code == 409
        assert len(bench.kinds) == 1 + (address in ("message", "withdraw"))

    @pytest.mark.parametrize("address", ["closed", "accepted", "purged", "confirmed", "nothing"])
    def test_there_is_no_other_act(self, bench: Bench, address: str) -> None:
        assert bench.post(address).status_code == 404

    @pytest.mark.parametrize("address", list(case_text.BY_ADDRESS))
    def test_an_act_is_never_a_get(self, client: FlaskClient, address: str) -> None:
        assert client.get(f"/case/{address}").status_code == 405

    def test_a_post_from_another_site_is_refused(self, bench: Bench) -> None:
        data = {"number": bench.number, "secret": bench.secret, "sequence": "1", "text": "一"}
        page = bench.app.test_client().post("/case/message", data=data, headers={"Sec-Fetch-Site": "cross-site"})
        assert page.status_code == 403
        assert bench.kinds == ["received"]

    def test_the_codes_are_in_no_address(self, bench: Bench) -> None:
        page = bench.page()
        addresses = re.findall(r'(?:href|action|formaction|src)="([^"]*)"', page)
        assert addresses
        assert not [one for one in addresses if bench.secret in one or bench.number in one]

    @pytest.mark.sqlite
    def test_nothing_personal_is_kept_beside_an_act(self, bench: Bench) -> None:
        bench.does("message", text="一")
        assert bench.secret.encode() not in bench.here.config.database.read_bytes()
        names = {str(row[1]) for row in rows(bench.here, "PRAGMA table_info(case_events)")}
        assert names == {"number", "sequence", "kind", "day", "role", "unit", "data", "text_digest"}


class TestLimits:
    def test_acts_are_limited_and_keep_what_was_typed(self, bench: Bench) -> None:
        bench.set(cases_limit=Limiter(per_minute=1, per_hour=1))
        bench.does("message", text="一")
        page = bench.post("message", text="第二条。")
        assert (page.status_code, page.headers["Retry-After"]) == (429, "60")
        assert "第二条。</textarea>" in page.text
        assert len(bench.kinds) == 2

    def test_guessing_at_an_act_is_slowed_down_and_what_was_typed_waits(self, bench: Bench) -> None:
        bench.set(guesses_limit=Limiter(per_minute=1, per_hour=1))
        other = bench.another()
        assert bench.post("message", text="我的话。", secret=other.secret).status_code == 422
        page = bench.post("message", text="我的话。", secret=other.secret)
        assert page.status_code == 429
        assert "我的话。</textarea>" in page.text
        assert 'action="/case/message?lang=zh"' in page.text
        assert bench.kinds == ["received"]
        bench.does("message", text="我的话。")

    def test_a_busy_store_keeps_what_was_typed(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise StoreBusyError("busy")

        monkeypatch.setattr("surveys.store.Store.write", refuse)
        page = bench.post("message", text="我的话。")
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert "我的话。</textarea>" in page.text


def test_no_page_of_a_case_sets_a_cookie_or_is_cached(bench: Bench) -> None:
    for response in (bench.post(""), bench.post("message", text="一"), bench.post("message")):
        assert "Set-Cookie" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"
