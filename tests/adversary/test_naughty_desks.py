"""Naughty strings in what staff key and hear, in what is made public, and in codes, links and files that are none.

What is typed holds control characters too, and ends its lines as browsers do. It is stored without them, or comes back
with what is wrong; and a page shows it as words, in the box or the place where it belongs.
"""

import io
import re
from dataclasses import replace
from datetime import date
from itertools import cycle
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import markdown
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.state import Portal
from scripts.said_and_done import echoes_of
from scripts.said_page import SaidPages
from surveys import keys
from surveys.codes import grouped
from surveys.codes import typed as digits
from surveys.definition import LANGUAGES
from surveys.markup import is_moderate
from surveys.responses import printable
from tests.adversary.naughty import (
    WHOLE,
    Text,
    filled,
    read,
    shown,
    stored,
    texts,
    without_lint,
)
from tests.portal.conftest import rows, token_in
from tests.portal.desk_office import Office
from tests.portal.test_my_case import Bench, closed

pytestmark = pytest.mark.usefixtures("unlimited")

SHORT = texts(500)
LONG = texts(1_900)
PAPER = {"survey": "police-response.v1", "unit": "chengdong", "language": "zh", "day": "2026-11-18", "newest": ""}
BATCH = "/staff/paper/P0001"
CALL = "/staff/phone/call?survey=police-response&unit=chengdong&say=zh"
SIGHT = ["admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables", "toc"]
"""What the site reads its pages with, beside plain Markdown."""
SAFE = {"a", "blockquote", "br", "div", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "strong", "ul"}


def kept(written: list[Text]) -> set[str]:
    return {one.kept for one in written}


class TestPaper:
    def test_words_of_sheets_are_laid_side_by_side_looked_up_and_stored(self, office: Office, here: Portal) -> None:
        one, two = office.client("intake"), office.client("publisher")
        assert one.post("/staff/paper", data={**PAPER, "n": str(len(SHORT))}).location == BATCH
        for place, words in enumerate(SHORT, 1):
            assert one.post(f"{BATCH}/{place}", data={"overall": "1", "better": words.typed}).status_code == 303
            assert two.post(f"{BATCH}/{place}", data={"overall": "1"}).status_code == 303
        assert SHORT[-1].kept in filled(one.get(f"{BATCH}/{len(SHORT)}").text)
        for client in (one, two):
            assert client.post(f"{BATCH}/finish", data={"sent": "1"}).status_code == 303
        assert kept(SHORT) <= read(one.get(BATCH).text)
        chosen = {f"{place}-better": words.kept.replace("\n", "\r\n") for place, words in enumerate(SHORT, 1)}
        refused = one.post(f"{BATCH}/settle", data={**chosen, "1-better": "other", "o-1-better": WHOLE.typed})
        assert refused.status_code == 422
        assert {WHOLE.kept, "other", *kept(SHORT[1:])} <= set(filled(refused.text))
        other = {**chosen, "1-better": "other", "o-1-better": SHORT[0].typed}
        assert one.post(f"{BATCH}/settle", data=other).status_code == 303
        assert kept(SHORT) <= set(filled(one.get(BATCH).text))
        assert one.post(f"{BATCH}/store", data={"sent": "1"}).status_code == 303
        assert stored(here, "response_texts") == kept(SHORT)

    def test_what_fits_no_key_comes_back(self, office: Office, here: Portal) -> None:
        one, two = office.client("intake"), office.client("publisher")
        page = one.post("/staff/paper", data=dict.fromkeys([*PAPER, "n"], WHOLE.typed))
        assert (page.status_code, filled(page.text).count(WHOLE.kept)) == (422, 2)
        one.post("/staff/paper", data={**PAPER, "n": "1"})
        one.post(f"{BATCH}/1", data={"overall": "1"})
        for client in (one, two):
            page = client.post(f"{BATCH}/2", data=dict.fromkeys(("overall", "wrong", "better"), WHOLE.typed))
            assert (page.status_code, filled(page.text).count(WHOLE.kept)) == (422, 3)
        assert len(rows(here, "SELECT * FROM paper_sheets")) == 1


def test_in_what_is_said_on_the_telephone(office: Office, here: Portal) -> None:
    client = office.client("intake")
    token = token_in(client.get(CALL).text)
    sent = {"_token": token, "outcome": "answered", **dict.fromkeys(("overall", "wrong", "better"), WHOLE.typed)}
    page = client.post(CALL, data=sent)
    assert (page.status_code, filled(page.text).count(WHOLE.kept)) == (422, 3)
    for name in ("survey", "unit"):
        asked = {"survey": "police-response", "unit": "chengdong", name: WHOLE.typed}
        assert client.get("/staff/phone/call", query_string=asked).status_code == 422
    for words in SHORT:
        said = {"_token": here.signer.new("call", 1), "outcome": "answered", "better": words.typed}
        assert client.post(CALL, data=said).status_code == 303
    assert stored(here, "response_texts") == kept(SHORT)


class TestSummary:
    """The words that a publisher finds for the public, on the way to everybody."""

    def proposed(self, office: Office, bench: Bench, words: Text) -> bool:
        """Propose it; whether it was asked once more, because of what looks like a number of somebody."""
        client, act = office.client("publisher"), f"/staff/case/{bench.number}/act/summarised"
        sent = {"text": words.typed, "expected": office.sequence(bench.number)}
        answer = client.post(act, data=sent)
        if is_asked := answer.status_code == 422:
            assert words.kept in filled(answer.text)
            assert words.kept in read(answer.text)
            answer = client.post(act, data={**sent, "as_it_is": "1"})
        assert answer.status_code == 303
        return is_asked

    def test_it_is_read_by_its_resident_agreed_to_and_public(self, app: Flask, office: Office, here: Portal) -> None:
        asked = set()
        for words in LONG:
            bench = closed(Bench(app).opened())
            asked.add(self.proposed(office, bench, words))
            assert_words(part(bench.page(), "reply"), words.kept)
            bench.does("consent")
        assert asked == {True, False}
        assert LONG[-1].kept in read(office.client("publisher").get(f"/staff/case/{bench.number}").text)
        app.extensions["portal"] = here = replace(here, today=lambda: date(2026, 12, 2))
        self.is_told_to_programs(app.test_client())
        for language in LANGUAGES:
            self.is_on_the_page(here, language)

    def is_told_to_programs(self, client: FlaskClient) -> None:
        asked = "start_date=2026-11-01T00:00:00Z"
        told = client.get(f"/open311/v2/requests.json?{asked}").json
        assert {one["description"] for one in told or ()} == kept(LONG)
        root = ET.fromstring(client.get(f"/open311/v2/requests.xml?{asked}").data)
        assert {one.text for one in root.iter("description")} == kept(LONG)

    def is_on_the_page(self, here: Portal, language: str) -> None:
        echoes = echoes_of(here.store, here.today())
        page = SaidPages(language, echoes, None, here.definitions).files()["2026-11.md"].decode()
        html = markdown.markdown(page.split("---\n", 2)[2], extensions=SIGHT)
        whole = [
            element for element in html5lib.parseFragment(html, namespaceHTMLElements=False) if element.tag == "div"
        ]
        found = {one.get("id"): next(part for part in one if part.get("class") == "said__words") for one in whole}
        assert len(found) == len(echoes) == len(LONG)
        for echo in echoes:
            assert_words(found[f"s-{echo.id}"], next(iter(echo.texts.values())))


def part(page: str, name: str) -> Any:
    """The last element of a class."""
    found = [one for one in html5lib.parse(page, namespaceHTMLElements=False).iter() if one.get("class") == name]
    return found[-1]


def assert_words(element: Any, words: str) -> None:
    """Nothing in it runs or loads; all words stand there, in lines that no mark of Markdown is in."""
    inside = list(element.iter())
    assert {one.tag for one in inside} <= SAFE
    assert {name for one in inside[1:] for name in one.attrib} <= {"href"}
    told = " ".join("".join(element.itertext()).split())
    if not is_moderate(words):
        assert told == " ".join(words.split())
    plain = [] if "<" in words else re.findall(r"^[^\W\d_][^\W_]*(?: [^\W_]+)*$", words, re.M)
    assert [line for line in plain if line not in told] == []


class TestCases:
    def test_what_is_taken_for_a_resident_and_how_to_reach_her(self, app: Flask, office: Office, here: Portal) -> None:
        client, reviewer = without_lint(app, office, "intake"), office.client("reviewer", contact=True)
        contacts, private = texts(200), keys.key_paths(here.config.database)[2].read_bytes()
        for contact, words in zip(contacts, cycle(LONG), strict=False):
            said = {"category": "documents", "channel": "telephone", "language": "zh", "text": words.typed}
            token = here.signer.new("on behalf", 1)
            assert (
                client.post("/staff/new", data={**said, "_token": token, "contact": contact.typed}).status_code == 200
            )
        sealed = rows(here, "SELECT sealed, number FROM case_contacts")
        assert {keys.unseal(one.sealed, private, one.number) for one in sealed} == kept(contacts)
        assert stored(here, "case_texts") == kept(LONG)
        page = office.client("intake").post("/staff/new", data=dict.fromkeys((*said, "contact"), WHOLE.typed))
        assert (page.status_code, filled(page.text).count(WHOLE.kept)) == (422, 2)
        number = office.proposed(contact=contacts[-1].kept)
        assert contacts[-1].kept in read(reviewer.post(f"/staff/case/{number}/contact", data={"sent": "1"}).text)

    @pytest.mark.parametrize("kind", ["replied", "outcome", "returned", "summarised", "merged"])
    def test_what_staff_wrote_comes_back_where_it_cannot_be_done(self, office: Office, kind: str) -> None:
        act = f"/staff/case/{office.assigned()}/act/{kind}"
        for who, status in (("handler", 409), ("other handler", 409), ("none", 401)):
            page = office.client(who).post(act, data={"text": WHOLE.typed, "expected": WHOLE.typed})
            assert (page.status_code, WHOLE.kept in filled(page.text)) == (status, True), who

    def test_numbers_and_links_that_are_none_come_back(self, office: Office) -> None:
        number = office.opened()
        sent = {"into": WHOLE.typed, "expected": office.sequence(number)}
        page = office.client("intake").post(f"/staff/case/{number}/act/merged", data=sent)
        assert (page.status_code, WHOLE.kept in filled(page.text)) == (422, True)
        number = office.closed(category="suggestion")
        sent = {"link": WHOLE.typed, "on": WHOLE.typed, "expected": office.sequence(number)}
        reviewer = office.client("reviewer", contact=True)
        page = reviewer.post(f"/staff/case/{number}/act/adopted", data=sent)
        assert (page.status_code, filled(page.text).count(WHOLE.kept)) == (422, 2)
        page = reviewer.post("/staff/contacts/hand", data={"case": WHOLE.typed})
        assert (page.status_code, grouped(WHOLE.kept, 5) in read(page.text)) == (409, True)

    def test_codes_that_are_none_and_a_message_with_them_come_back(self, client: FlaskClient) -> None:
        for address in ("", "/message", "/unsolved", "/feed", "/photos"):
            sent = {"number": WHOLE.typed, "secret": WHOLE.typed, "text": WHOLE.typed}
            page = client.post(f"/case{address}", data=sent)
            assert (page.status_code, filled(page.text).count(digits(WHOLE.kept))) == (422, 2), address
            assert (WHOLE.kept in filled(page.text)) == (address in ("/message", "/unsolved"))

    def test_the_name_of_a_file_that_is_no_photo(self, app: Flask) -> None:
        bench = Bench(app).opened()
        for name in (
            "<img src=x onerror=alert(1)>.jpg",
            "Ω≈ç√∫˜µ 田中さん\u202e.jpg",
            "\x01%s DROP TABLE.jpg",
        ):
            sent = {"number": bench.number, "secret": bench.secret, "photos": (io.BytesIO(b"no"), name)}
            page = app.test_client().post("/case/photos", data=sent)
            assert (page.status_code, shown(page.text, printable(name))) == (422, True)


def test_in_a_number_of_a_reply_card(client: FlaskClient) -> None:
    form = "/s/visit?unit=chengdong"
    sent = {"overall": "2", "better": "好", "_card_number": WHOLE.typed, "_card_secret": WHOLE.typed}
    page = client.post(form, data={"_token": token_in(client.get(form).text), **sent})
    assert page.status_code == 422
    assert {"好", digits(WHOLE.kept), grouped(digits(WHOLE.kept))} <= set(filled(page.text))


def test_in_all_that_programs_may_add_to_a_report(client: FlaskClient, here: Portal) -> None:
    for words in texts(1_000):
        sent = {"service_code": "suggestion", "description": "灯", "address_string": words.typed}
        answer = client.post("/open311/v2/requests.json", data={**sent, "idempotency_key": words.typed[:250]})
        assert answer.status_code == 200
        wrong = client.post("/open311/v2/requests.json", data={**sent, "attribute[unit]": words.typed})
        assert wrong.status_code == 400
        asked = {"service_request_id": words.typed, "service_code": words.typed, "status": words.typed}
        assert client.get("/open311/v2/requests.xml", query_string=asked).status_code == 200
    assert len(stored(here, "case_texts")) == len(texts(1_000))
    assert all(any(words.kept in text for text in stored(here, "case_texts")) for words in texts(1_000))
