"""The big list of naughty strings through every field that takes words: kept as it came, shown escaped, never a 500.

What staff key and the summary for the public stand in `test_naughty_desks`, names in `test_naughty_names`, and all
fields of all addresses in `test_naughty_addresses`.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import text as sql

from portal.replies import render
from portal.state import Portal
from surveys import grants
from surveys.definition import Survey
from surveys.errors import DefinitionError
from surveys.grants import Grant
from surveys.personal import mask
from surveys.store import Store
from surveys.yaml_reading import parse
from tests.adversary.naughty import MEANT, STRINGS, batches, shown, stored
from tests.conftest import TINY
from tests.portal.conftest import token_in
from tests.portal.desk_office import Office
from tests.portal.test_my_case import Bench, with_unit
from tests.scripts.test_import_answers import MAP, SURVEY, Desk

pytestmark = pytest.mark.usefixtures("unlimited")


def pages_of_themes(client: FlaskClient) -> Iterator[str]:
    place = "/staff/themes/2026-11/visit/better"
    while place:
        page = client.get(place).text
        yield page
        found = re.search(r'rel="next" href="([^"]+)"', page)
        place = found[1].replace("&amp;", "&") if found else ""


def test_in_an_answer_and_before_who_sorts_it(app: Flask, client: FlaskClient, here: Portal, office: Office) -> None:
    wanted = batches(500)
    form = "/s/visit?unit=chengdong"
    for words in wanted:
        sent = {"_token": token_in(client.get(form).text), "overall": "2", "better": words}
        assert client.post(form, data=sent).status_code == 303
    assert stored(here, "response_texts") == set(wanted)
    app.extensions["portal"] = replace(here, today=lambda: date(2026, 12, 2))  # texts of a month that is over
    told = "".join(pages_of_themes(office.client("publisher")))
    assert [words for words in wanted if not shown(told, mask(words))] == []


def test_in_an_answer_that_comes_back_with_a_fault(client: FlaskClient) -> None:
    form = "/s/visit?unit=chengdong"
    for words in batches(20_000):
        page = client.post(form, data={"_token": token_in(client.get(form).text), "overall": "2", "better": words})
        assert page.status_code == 422
        assert shown(page.text, words)


def test_from_a_device(client: FlaskClient, here: Portal) -> None:
    grant = grants.sign(here.keys, Grant("visit", 1, "chengdong", here.today()))
    wanted = batches(500)
    for number, words in enumerate(wanted):
        answers = {"overall": ["2"], "better": [words], words[:40]: [words]}
        sent = {"id": f"{number:032x}", "grant": grant, "day": words[:30], "language": words[:30], "answers": answers}
        assert client.post("/api/answers", json=sent).status_code == 200
        wrong = {"id": words, "grant": words, "day": words, "language": words, "answers": {}}
        assert client.post("/api/answers", json=wrong).status_code == 422
    assert stored(here, "response_texts") == set(wanted)


def test_in_a_suggestion_on_both_its_steps_and_on_the_page_of_its_case(
    app: Flask, client: FlaskClient, here: Portal, office: Office
) -> None:
    wanted = batches(2_000)
    for words in wanted:
        token = token_in(client.get("/suggest").text)
        step = client.post("/suggest", data={"_token": token, "category": "suggestion", "unit": "", "text": words})
        assert (step.status_code, shown(step.text, words)) == (200, True)
        bench = Bench(app).opened(text=words)
        assert shown(bench.page(), words)
        page = bench.does("message", text=words, as_it_is="y")
        assert page.count(str(escape(words))) >= 2
        assert shown(office.client("intake").get(f"/staff/case/{bench.number}").text, words)
    assert stored(here, "case_texts") == set(wanted)


def test_in_what_other_programs_send(client: FlaskClient, here: Portal) -> None:
    wanted = batches(1_900)
    for words in wanted:
        sent = {"service_code": "suggestion", "description": words, words[:60]: words}
        answer = client.post("/open311/v2/requests.xml", data=sent)
        assert answer.status_code == 200
        assert ET.fromstring(answer.data).findtext("request/service_request_id")
        wrong = client.post("/open311/v2/requests.xml", data={"service_code": words, "description": words})
        assert wrong.status_code == 404
        assert ET.fromstring(wrong.data).findtext("error/code") == "404"
    assert stored(here, "case_texts") == set(wanted)


def test_in_a_search(app: Flask) -> None:
    client = FlaskClient(app, app.response_class)  # a page without a hit is linted elsewhere
    for words in (one.replace("\n", " ")[:100] for one in batches(100)):
        page = client.get("/search", query_string={"q": words})
        assert page.status_code == 200
        assert shown(page.text, words), words


def test_in_what_staff_write(app: Flask, office: Office, here: Portal) -> None:
    """A reply may hold Markdown: what it shows is what is rendered alone, and the linter finds nothing that runs."""
    wanted = batches(1_900)
    for words in wanted:
        bench = with_unit(Bench(app).opened())
        desk = office.client("handler")
        reply = {"text": words, "expected": office.sequence(bench.number)}
        assert desk.post(f"/staff/case/{bench.number}/act/replied", data=reply).status_code == 303
        assert shown(desk.get(f"/staff/case/{bench.number}").text, words)
        assert str(render(words)) in bench.page()
    assert set(wanted) <= stored(here, "case_texts")


def test_in_a_template_for_replies(office: Office, here: Portal) -> None:
    client = office.client("intake")
    for words, title in zip(batches(1_900), batches(40), strict=False):
        token = token_in(client.get("/staff/templates/new").text)
        sent = {"title": title[:60], "language": "zh", "text": words, "_token": token}
        assert client.post("/staff/templates/new", data=sent).status_code == 303
        assert shown(client.get("/staff/templates").text, " ".join(title[:60].split()))
    assert stored(here, "reply_templates") == set(batches(1_900))


def test_in_fields_that_take_no_words(office: Office) -> None:
    clients = {who: office.client(who) for who in ("admin", "intake", "publisher")}
    for words in batches(3_000):
        assert clients["admin"].post("/staff/accounts", data={"name": words, "role": words}).status_code == 422
        assert clients["admin"].post("/staff/kiosks", data={"survey": words, "unit": words}).status_code == 422
        assert clients["intake"].post("/staff/new", data={"contact": words, "unit": words}).status_code == 422
        assert clients["publisher"].post("/staff/exclusions/propose", data={"reason": words}).status_code == 404
        sign_in = {"name": words, "password": words, "code": words}
        assert office.client("none").post("/staff/sign-in", data=sign_in).status_code == 422


def test_in_a_definition() -> None:
    path = TINY / "surveys/text.v1.yaml"
    before, _, behind = path.read_text(encoding="utf-8").partition("title: ")
    _, _, behind = behind.partition("\n")
    for one in STRINGS:
        told = json.dumps(one, ensure_ascii=False)
        try:
            found = parse(f"{before}title: {{zh: {told}, en: {told}}}\n{behind}", path, Survey).title
        except DefinitionError as error:
            assert "text.v1.yaml:" in str(error)
            assert one not in MEANT
        else:
            assert found == {"zh": one.strip(), "en": one.strip()}


def test_in_a_file_of_answers(tmp_path: Path, folder: Path, database: Path) -> None:
    desk = Desk(tmp_path, folder, database)
    (folder / "surveys/both.v1.yaml").write_text(SURVEY.replace("max_length: 20", "max_length: 500"), encoding="utf-8")
    desk.write_map(MAP.replace("  wrong: {column: wrong", "  comment: {column: say}\n  wrong: {column: wrong"))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "day", "desk", "rating", "say", "wrong"])
    writer.writerows([str(number), "2026-03-02", "A", "good", one, ""] for number, one in enumerate(STRINGS))
    result = desk.take(out.getvalue())
    assert f"{len(STRINGS)} new" in result.stdout, result.stderr
    with Store.open(database) as store:
        kept = store.read(lambda connection: connection.execute(sql("SELECT text FROM response_texts")).scalars().all())
    assert set(kept) == set(MEANT)
