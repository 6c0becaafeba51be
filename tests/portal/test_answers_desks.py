"""The exclusion desk and the theme desk through their pages: two roles, no rating on any page, nothing lost."""

import json
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import accounts, answers_text
from portal.state import Portal
from surveys import duties, exclusions, themes
from surveys.store.answers import close_period
from surveys.themes import Coding, Source
from tests.portal.conftest import TODAY, rows
from tests.portal.desk_office import Office
from tests.surveys.answers_office import DAY, OFFICE, PUBLISHER, SURVEY, UNIT, WORDS, Answers, cell

MONTH = "2026-11"
LAST_MONTH = date(2026, 10, 12)
TEXTS = f"/staff/themes/2026-10/{SURVEY}/better"


@pytest.fixture
def office(app: Flask, here: Portal, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(app, here)
    monkeypatch.setattr(accounts, "guard", lambda: made.guard)
    return made


@pytest.fixture
def answers(here: Portal) -> Answers:
    return Answers(here.store, here.keys)


def acts(here: Portal) -> list[tuple[str, str, dict[str, object]]]:
    """Act, role and details of the newest rows of the audit about answers."""
    found = rows(here, "SELECT act, role, details FROM audit WHERE act LIKE 'exclusion%' OR act = 'theme_code'")
    return [(row.act, row.role, json.loads(row.details)) for row in found]


class TestExclusions:
    def proposal(self, n: int, reason: str = "flood") -> dict[str, str]:
        return {**cell()._asdict(), "reason": reason, "n": str(n)}

    def proposed(self, office: Office, answers: Answers) -> str:
        answers.add("5" * 4 + "1" * 36)
        client = office.client("publisher")
        asked = client.post("/staff/exclusions/propose?lang=en", data=self.proposal(40))
        assert (asked.status_code, acts(office.here)) == (200, [])
        assert "Propose to leave out 40 answers?" in asked.text
        answer = client.post("/staff/exclusions/propose", data={**self.proposal(40), "sure": "1"})
        assert answer.status_code == 303
        return answer.location.partition("?")[0]

    def test_a_flood_is_seen_proposed_confirmed_and_told(self, office: Office, answers: Answers, here: Portal) -> None:
        address = self.proposed(office, answers)
        publisher, reviewer = office.client("publisher"), office.client("reviewer")
        assert "waits for a reviewer" in publisher.get("/staff/exclusions?lang=en").text
        assert "Confirm: leave them out" not in publisher.get(f"{address}?lang=en").text
        assert "Confirm: leave them out" in reviewer.get(f"{address}?lang=en").text
        assert reviewer.post(f"{address}/decide", data={"decision": "confirmed"}).status_code == 303
        assert "confirmed: they count no longer" in reviewer.get(f"{address}?lang=en").text
        told = {**cell()._asdict(), "reason": "flood", "n": 40}
        assert acts(here) == [
            ("exclusion_propose", "publisher", told),
            ("exclusion_confirm", "reviewer", told),
        ]

    def test_the_day_leads_to_the_form(self, office: Office, answers: Answers) -> None:
        answers.add("1" * 40)
        client = office.client("publisher")
        (link,) = set(re.findall(r'href="(/staff/exclusions/day[^"]+)"', client.get("/staff/exclusions?lang=en").text))
        page = client.get(link.replace("&amp;", "&")).text
        assert "Propose to leave out 40" in page
        fields = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">', page))
        assert fields == self.proposal(40)

    def test_no_page_shows_a_level_an_option_or_a_word(self, office: Office, answers: Answers) -> None:
        """The same counts with other ratings make the same pages, byte by byte."""
        answers.add("1" * 20, WORDS, more={"matter": "residence-permit"})
        answers.add("5" * 20, WORDS, unit="chengxi", more={"matter": "certificate"})
        client = office.client("publisher")
        pages = [
            client.get(f"/staff/exclusions/day?survey={SURVEY}&unit={unit}&day={DAY}&lang=en").text.replace(unit, "U")
            for unit in (UNIT, "chengxi")
        ]
        assert pages[0].replace("East Police", "X") == pages[1].replace("West Police", "X")
        assert WORDS not in pages[0] + client.get("/staff/exclusions?lang=en").text

    def test_other_numbers_than_were_shown_are_told(self, office: Office, answers: Answers, here: Portal) -> None:
        answers.add("1" * 40)
        client = office.client("publisher")
        for data, words in (
            (self.proposal(39), "the numbers changed"),
            (self.proposal(0, "test-entry"), "cannot be done"),
        ):
            for sure in ({}, {"sure": "1"}):
                answer = client.post("/staff/exclusions/propose?lang=en", data={**data, **sure})
                assert answer.status_code == 409
                assert words in answer.text
        assert acts(here) == []

    @pytest.mark.parametrize("change", [{"reason": "ugly"}, {"unit": "none"}, {"day": "x"}, {"channel": "paper"}])
    def test_what_is_not_there_cannot_be_proposed(
        self, office: Office, answers: Answers, change: dict[str, str]
    ) -> None:
        answers.add("1" * 40)
        data = {**self.proposal(40), **change}
        assert office.client("publisher").post("/staff/exclusions/propose", data=data).status_code == 404

    def test_it_is_decided_once_and_in_time(self, office: Office, answers: Answers, here: Portal) -> None:
        address = self.proposed(office, answers)
        reviewer = office.client("reviewer")
        assert reviewer.post(f"{address}/decide", data={"decision": "maybe"}).status_code == 404
        assert reviewer.post(f"{address}/decide", data={"decision": "refused"}).status_code == 303
        second = reviewer.post(f"{address}/decide?lang=en", data={"decision": "confirmed"})
        assert second.status_code == 409
        assert "refused: they count" in second.text
        here.store.write(lambda connection: close_period(connection, MONTH, "2026-12-01"))
        page = reviewer.get(f"/staff/exclusions?period={MONTH}&lang=en").text
        assert "nothing more can be left out" in page
        assert "refused: they count" in page
        assert "nothing more" not in reviewer.get("/staff/exclusions?lang=en").text

    def test_of_a_published_month_mistakes_of_staff_alone_can_go(
        self, office: Office, answers: Answers, here: Portal
    ) -> None:
        answers.add("5" * 12, channel="paper", basis="assisted")
        answers.add("1" * 40)
        here.store.write(lambda connection: close_period(connection, MONTH, "2026-11-19"))
        publisher, reviewer = office.client("publisher"), office.client("reviewer")
        assert "Only what staff entered wrongly" in publisher.get(f"/staff/exclusions?period={MONTH}&lang=en").text
        at = cell(channel="paper", basis="assisted")
        day = publisher.get(f"/staff/exclusions/day?survey={at.survey}&unit={at.unit}&day={at.day}&lang=en").text
        assert day.count("Propose to leave out 12") == 2
        assert "Propose to leave out 40" not in day
        data = {**at._asdict(), "reason": "wrong-unit", "n": "12", "sure": "1"}
        address = publisher.post("/staff/exclusions/propose", data=data).location.partition("?")[0]
        assert "count until a correction is published" in reviewer.get(f"{address}?lang=en").text
        assert "wait" in reviewer.get(f"/staff/exclusions?period={MONTH}&lang=en").text
        assert reviewer.post(f"{address}/decide", data={"decision": "confirmed"}).status_code == 303
        flood = publisher.post("/staff/exclusions/propose?lang=en", data={**self.proposal(36), "sure": "1"})
        assert flood.status_code == 409
        assert [act for act, _, _ in acts(here)] == ["exclusion_propose", "exclusion_confirm"]

    def test_a_reviewer_of_the_unit_is_sent_away(self, office: Office, answers: Answers, here: Portal) -> None:
        address = self.proposed(office, answers)
        batch = exclusions.find(here.store, address.rpartition("/")[2])
        assert batch is not None
        office.client("reviewer")
        own = office.accounts["reviewer"]
        assert exclusions.may_decide(here.definitions, own, batch)
        in_unit = duties.Account(own.id, own.name, own.title, duties.Post(own.post.roles, UNIT))
        assert not exclusions.may_decide(here.definitions, in_unit, batch)

    def test_who_decides_learns_that_the_month_was_counted_before(
        self, office: Office, answers: Answers, here: Portal
    ) -> None:
        from surveys.audit import by_system, record

        here.store.write(lambda connection: record(connection, by_system("month_count", MONTH)))
        address = self.proposed(office, answers)
        assert "had been counted before this was proposed" in office.client("reviewer").get(f"{address}?lang=en").text


class TestThemes:
    def keys(self, page: str) -> list[str]:
        return re.findall(r'name="text" value="([0-9a-f]{32})"', page)

    def sent(self, key: str, *ticks: str, before: str = "") -> dict[str, str | list[str]]:
        return {"text": [key], f"theme-{key}": list(ticks), f"before-{key}": before}

    def client(self, office: Office, answers: Answers, n: int = 3) -> FlaskClient:
        for number in range(n):
            answers.add("1", f"第{number}条：{WORDS}", day=LAST_MONTH)
        return office.client("publisher")

    def test_texts_are_read_ticked_and_gone_from_the_list(self, office: Office, answers: Answers, here: Portal) -> None:
        client = self.client(office, answers, 12)
        assert '<td class="count">12</td>' in client.get("/staff/themes").text
        first = self.keys(client.get(TEXTS).text)
        assert len(first) == themes.PAGE
        data = {**self.sent(first[0], "hours", "waiting"), **self.sent(first[1], "none"), "text": first}
        assert client.post(TEXTS, data=data).status_code == 303
        after = client.get(f"{TEXTS}?lang=en").text
        assert "2 of 12 sorted" in after
        assert not set(first[:2]) & set(self.keys(after))
        assert self.keys(client.get(f"{TEXTS}?done=1").text) == sorted(first[:2])
        assert acts(here) == [("theme_code", "publisher", {"n": 2, "question": "better", "survey": SURVEY})]

    def test_pages_hold_no_rating_unit_day_or_id(self, office: Office, answers: Answers) -> None:
        (one,) = answers.add("1", WORDS, day=LAST_MONTH, unit="chengxi", more={"matter": "certificate"})
        page = office.client("publisher").get(f"{TEXTS}?lang=en").text
        assert WORDS in page
        for told in (one.hex(), "chengxi", "West Police", "2026-10-12", "certificate", "issatisfied"):
            assert told not in page

    def test_going_on_without_saving_shows_the_next_ones(self, office: Office, answers: Answers) -> None:
        client = self.client(office, answers, 12)
        page = client.get(f"{TEXTS}?lang=en").text
        (link,) = re.findall(r'rel="next" href="([^"]+)"', page)
        following = self.keys(client.get(link.replace("&amp;", "&")).text)
        assert len(following) == 2
        assert not set(following) & set(self.keys(page))

    def test_ticks_that_do_not_go_together_are_kept_and_told(self, office: Office, answers: Answers) -> None:
        client = self.client(office, answers, 1)
        (key,) = self.keys(client.get(TEXTS).text)
        answer = client.post(f"{TEXTS}?lang=en", data=self.sent(key, "none", "hours"))
        assert answer.status_code == 422
        assert f'href="#q-{key}"' in answer.text
        assert answer.text.count(" checked") == 2
        assert client.post(TEXTS, data=self.sent(key)).status_code == 422

    def test_a_conflict_shows_both_and_the_next_save_decides(
        self, office: Office, answers: Answers, here: Portal
    ) -> None:
        client = self.client(office, answers, 1)
        (key,) = self.keys(client.get(TEXTS).text)
        source = Source(SURVEY, "better", "2026-10")
        done = {key: Coding(("hours",))}
        themes.code(here.store, OFFICE, here.keys, PUBLISHER, source, done, TODAY)
        answer = client.post(f"{TEXTS}?lang=en", data=self.sent(key, "manner"))
        assert answer.status_code == 409
        assert re.search(r"Somebody else ticked meanwhile: Opening hours", answer.text)
        assert re.search(r'value="manner" checked', answer.text)
        assert client.post(f"{TEXTS}?done=1", data=self.sent(key, "manner", before="hours")).status_code == 303
        stored = rows(here, "SELECT theme FROM text_themes")
        assert [row.theme for row in stored] == ["manner"]

    def test_texts_of_a_month_that_runs_or_is_published_are_shut(
        self, office: Office, answers: Answers, here: Portal
    ) -> None:
        client = self.client(office, answers, 1)
        (key,) = self.keys(client.get(TEXTS).text)
        assert client.get(TEXTS.replace("2026-10", MONTH)).status_code == 403
        for path in (TEXTS.replace("2026-10", "2026-13"), TEXTS.replace("better", "overall")):
            assert client.get(path).status_code == 404
        assert client.post(TEXTS, data=self.sent("0" * 32, "hours")).status_code == 409
        here.store.write(lambda connection: close_period(connection, "2026-10", "2026-11-02"))
        assert client.post(TEXTS, data=self.sent(key, "hours")).status_code == 409
        assert client.get(TEXTS).status_code == 403

    def test_an_auditor_sees_how_far_it_has_come_and_no_text(self, office: Office, answers: Answers) -> None:
        self.client(office, answers, 2)
        page = office.client("auditor").get("/staff/themes").text
        assert '<td class="count">2</td>' in page
        assert TEXTS not in page
        assert office.client("auditor").get(TEXTS).status_code == 403


def test_a_flood_of_today_waits_for_tomorrow(office: Office, answers: Answers) -> None:
    answers.add("1" * 40, day=TODAY)
    path = f"/staff/exclusions/day?survey={SURVEY}&unit={UNIT}&day={TODAY}&lang=en"
    assert "look again tomorrow" in office.client("publisher").get(path).text
    empty = path.replace(str(TODAY), str(TODAY - timedelta(days=1)))
    assert "There are no answers of that day" in office.client("publisher").get(empty).text


def test_the_desk_opens_on_the_oldest_month_that_is_due(office: Office, answers: Answers) -> None:
    client = office.client("publisher")
    chosen = '<option value="{}" selected>'
    assert chosen.format("2026-11") in client.get("/staff/exclusions").text
    answers.add("1" * 3)
    answers.add("1" * 3, day=date(2026, 10, 10))
    assert chosen.format("2026-10") in client.get("/staff/exclusions").text
    assert chosen.format("2026-11") in client.get("/staff/exclusions?period=2026-11").text


def test_the_list_of_months_begins_with_the_first_survey_or_answer(
    office: Office, answers: Answers, here: Portal
) -> None:
    client = office.client("publisher")
    opened = min(survey.opened for survey in here.definitions.surveys.values())
    assert months(client)[-1] == f"{opened:%Y-%m}"
    answers.add("1" * 3, day=date(2026, 3, 10))
    assert months(client)[-1] == min("2026-03", f"{opened:%Y-%m}")


def months(client: FlaskClient) -> list[str]:
    return re.findall(r'<option value="(\d{4}-\d\d)"', client.get("/staff/exclusions").text)


def test_sizes_of_groups_are_ranges(app: Flask) -> None:
    with app.test_request_context("/?lang=zh"):
        found = [answers_text.size(n) for n in (5, 9, 10, 19, 20, 49, 50, 99, 100, 7000)]
    assert found == ["5–9", "5–9", "10–19", "10–19", "20–49", "20–49", "50–99", "50–99", *["100 或更多"] * 2]


def test_units_where_staff_brought_in_most_are_named_before_the_report_says_so(
    office: Office, answers: Answers
) -> None:
    answers.add("5" * 19, channel="kiosk", basis="assisted")
    page = office.client("publisher").get("/staff/exclusions?lang=en").text
    assert "entered by staff" not in page
    answers.add("5" * 2, channel="kiosk", basis="assisted")
    page = office.client("publisher").get("/staff/exclusions?lang=en").text
    assert "More than half entered by staff" in page
    assert "21 of 21" in page
