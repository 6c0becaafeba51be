"""A language more: a file that names it, a column in the definitions, a catalogue; here made up, right to left."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import create_app
from portal.config import Config
from scripts import check
from surveys import kiosks, lock
from surveys.definition import load
from surveys.errors import DefinitionError
from surveys.json_schema import schema_of
from tests.portal.conftest import TODAY, LintingClient, rows, token_in
from tests.scripts.conftest import run

NAME, TITLE, HOME = "ئابب", "تثجح خدذ", "رزسش"
FILE = f"""languages:
  - {{tag: ug, name: {NAME}}}
  - {{tag: zh-Hans-x-easy, name: 简明中文}}
"""
CATALOGUE = f"""msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Send"
msgstr "{HOME}"
"""
EASY = "去窗口办事"


@pytest.fixture
def folder(config: Config, tmp_path: Path) -> Path:
    """A definitions folder with two languages more: letters in an order that no language has, and plain Chinese."""
    made = Path(shutil.copytree(config.definitions, tmp_path / "definitions"))
    (made / "languages.yaml").write_text(FILE, encoding="utf-8")
    asked = load(made).current("counter-service", TODAY)
    assert asked is not None
    path = made / f"surveys/{asked.file_name}.yaml"
    written = path.read_text(encoding="utf-8")
    title = re.search(r"^title: \{(zh: [^,]+)", written, re.M)
    assert title is not None
    wanted = f"title: {{ug: {TITLE}, zh-Hans-x-easy: {EASY}, {title[1]}"
    path.write_text(written.replace(title[0], wanted), encoding="utf-8")
    catalogue = made / "translations/ug/LC_MESSAGES/messages.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(CATALOGUE, encoding="utf-8")
    return made


@pytest.fixture
def several(config: Config, folder: Path) -> Iterator[Flask]:
    app = create_app(replace(config, definitions=folder))
    app.test_client_class = LintingClient
    yield app
    app.extensions["portal"].store.close()


@pytest.fixture
def visitor(several: Flask) -> FlaskClient:
    return several.test_client()


ADDRESS = "/s/counter-service?unit=chengdong-hukou"


def test_a_form_speaks_it_from_right_to_left_and_what_lacks_is_chinese(visitor: FlaskClient) -> None:
    page = visitor.get(f"{ADDRESS}&lang=ug").text
    assert '<html lang="ug" dir="rtl">' in page
    assert TITLE in page
    assert f">{HOME}<" in page
    assert "城东派出所户籍窗口" in page
    assert "大字" in page
    assert re.search(r'hreflang="en">English<', page)
    assert re.search(r'hreflang="zh-Hans">中文<', page)
    chinese = visitor.get(f"{ADDRESS}&lang=zh").text
    assert '<html lang="zh-Hans" dir="ltr">' in chinese
    assert f'lang="ug" hreflang="ug">{NAME}<' in chinese
    assert TITLE not in chinese


def test_plain_language_is_offered_and_never_guessed(visitor: FlaskClient) -> None:
    page = visitor.get(f"{ADDRESS}&lang=zh-Hans-x-easy").text
    assert '<html lang="zh-Hans-x-easy" dir="ltr">' in page
    assert EASY in page
    assert "大字" in page
    asked = {"zh-CN,zh;q=0.9": "zh-Hans", "ug-CN,ug;q=0.9,zh;q=0.5": "ug", "fr": "zh-Hans"}
    for header, tag in asked.items():
        assert f'<html lang="{tag}"' in visitor.get("/", headers={"Accept-Language": header}).text


def test_answers_and_cases_keep_the_language(several: Flask, visitor: FlaskClient) -> None:
    here = several.extensions["portal"]
    token = token_in(visitor.get(f"{ADDRESS}&lang=ug").text)
    sent = visitor.post(f"{ADDRESS}&lang=ug", data={"_token": token, "overall": "4"})
    assert sent.status_code == 303
    assert 'dir="rtl"' in visitor.get(sent.location).text
    assert rows(here, "SELECT language FROM responses")[0][0] == "ug"
    token = token_in(visitor.get("/suggest?lang=ug").text)
    written = {"_token": token, "category": "suggestion", "unit": "", "text": "请装路灯。", "contact": ""}
    second = visitor.post("/suggest?lang=ug", data=written).text
    assert all(f'lang="{tag}"' in second for tag in ("zh-Hans", "en", "zh-Hans-x-easy"))
    assert visitor.post("/suggest/send?lang=ug", data=written).status_code == 200
    assert rows(here, "SELECT language FROM cases")[0][0] == "ug"


def test_every_page_of_the_resident_can_be_read_in_it(visitor: FlaskClient) -> None:
    for path in (
        "/",
        "/suggest",
        "/case",
        "/search?q=x",
        "/check",
        "/waiting",
        "/take",
        "/take/chengdong",
        "/worker.js",
    ):
        answer = visitor.get(f"{path}{'&' if '?' in path else '?'}lang=ug")
        assert answer.status_code == 200, path


def test_an_opened_version_takes_a_column_more_and_its_fingerprint_stays(config: Config, folder: Path) -> None:
    before, after = load(config.definitions), load(folder)
    for pair, survey in after.surveys.items():
        assert after.digest(survey) == before.digest(before.surveys[pair])
    assert list(lock.problems(folder, after, config.today or after.surveys["visit", 1].opened)) == []


def test_the_check_counts_what_is_missing(folder: Path, tmp_path: Path) -> None:
    told = run(check.main, "--definitions", folder, "--database", tmp_path / "none.db").stdout
    found = {
        tag: (int(lacking), int(every)) for tag, lacking, every in re.findall(r": (\S+): (\d+) of (\d+) texts", told)
    }
    assert set(found) == {"ug", "zh-Hans-x-easy"}
    assert all(lacking == every - 1 > 100 for lacking, every in found.values())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{tag: Uighur, name: x}", "is no language tag"),
        ("{tag: en, name: x}", "stands twice"),
        ("{tag: ug, name: x, direction: rtl}", "unknown key 'direction'"),
    ],
)
def test_what_is_wrong_with_a_language_is_said_with_its_place(folder: Path, line: str, words: str) -> None:
    (folder / "languages.yaml").write_text(f"{FILE}  - {line}\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match=rf"languages\.yaml:4:\d+: .*{words}"):
        load(folder)


def test_a_column_of_a_language_that_is_not_listed_is_refused(folder: Path) -> None:
    (folder / "languages.yaml").unlink()
    with pytest.raises(DefinitionError, match="unknown language 'ug': write zh and en"):
        load(folder)


def test_the_schema_takes_further_columns_and_still_asks_for_two() -> None:
    unit = {"code": "hall", "kind": "counter", "opened": "2020-01-01"}
    name = {"zh": "大厅", "en": "Hall", "zh-Hans-x-easy": "大厅"}
    jsonschema.validate({"units": [{**unit, "name": name}]}, schema_of("units"))
    for bad in ({"zh": "大厅", "ug": TITLE}, {**name, "Uighur": TITLE}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"units": [{**unit, "name": bad}]}, schema_of("units"))


def test_what_stands_in_chinese_for_a_missing_text_says_so(visitor: FlaskClient) -> None:
    page = visitor.get(f"{ADDRESS}&lang=ug").text
    assert f"<h1>{TITLE}</h1>" in page
    assert '<strong><span lang="zh-Hans" dir="ltr">城东派出所户籍窗口</span></strong>' in page
    assert '<span><span lang="zh-Hans" dir="ltr">非常满意</span></span>' in page
    assert '<span lang="zh-Hans" dir' not in visitor.get(f"{ADDRESS}&lang=en").text
    assert '<span lang="zh-Hans" dir' not in visitor.get(f"{ADDRESS}&lang=zh").text


def test_a_kiosk_shows_a_language_that_its_question_is_written_in_and_no_other(
    config: Config, folder: Path, visitor: FlaskClient
) -> None:
    before = load(config.definitions).current("counter-service", TODAY)
    assert before is not None
    assert before.kiosk is not None
    known = load(folder)
    survey = known.current("counter-service", TODAY)
    assert survey is not None
    question = survey.by_code[before.kiosk]
    assert kiosks.languages_of(known, question) == ("zh", "en")
    scale = known.scale_of(question)
    for text in (question.text, scale.dont_know, *(level.text for level in scale.levels)):
        text["ug"] = TITLE
        text["zh-Hans-x-easy"] = EASY
    assert kiosks.languages_of(known, question) == ("zh", "en", "ug")
