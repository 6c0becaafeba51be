"""Surveys on paper: every question and box of every survey, with its key and its code."""

import re
from pathlib import Path

import pypdfium2
import pytest

from scripts import paper
from scripts.paper_form import PaperForm
from surveys.definition import Definitions, load
from surveys.paper_keys import asked_on_paper, keys_of
from surveys.paper_words import condition, label_of
from tests.conftest import ROOT
from tests.scripts.conftest import EXAMPLE, run
from tests.surveys.answers_office import OFFICE

FOLDERS = {"office": OFFICE, "example": load(EXAMPLE)}


def text_of(pdf: bytes) -> str:
    """All words without blanks; every page is A4."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            assert (round(page.get_width()), round(page.get_height())) == (595, 842)
            text = page.get_textpage()
            found.append(text.get_text_bounded())
            text.close()
            page.close()
    return re.sub(r"\s", "", "".join(found))


def forms(definitions: Definitions, language: str) -> list[PaperForm]:
    """Each version of each survey for the first unit it is about."""
    units = definitions.units.values()
    return [
        PaperForm(definitions, survey, next(one for one in units if one.kind in survey.unit_kinds), language)
        for survey in definitions.surveys.values()
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_survey_prints_with_all_its_questions_and_boxes(folder: str, language: str) -> None:
    definitions = FOLDERS[folder]
    for form in forms(definitions, language):
        printed = text_of(form.pdf())
        told = [form.survey.title[language], form.survey.intro[language], form.unit.name[language]]
        for question in form.survey.questions:
            told += [question.text[language], condition(definitions, form.survey, question, language)]
            labels = ((key, code, label_of(definitions, question, code, language))
                      for key, code in keys_of(question).items())  # fmt: skip
            told += [f"{key}{label}{code}" if question.kind != "scale" else label for key, code, label in labels]
        missing = [text for text in told if re.sub(r"\s", "", text) not in printed]
        assert (form.survey.file_name, missing) == (form.survey.file_name, [])
        assert all(question.code in printed for question in asked_on_paper(form.survey))
        assert ("不记名" if language == "zh" else "carriesnoname") in printed


@pytest.mark.parametrize("kind", ["date", "number", "text", "multiple", "single", "scale", "statement"])
def test_every_kind_of_question_prints(kind: str, tiny: Definitions) -> None:
    (form,) = [one for one in forms(tiny, "zh") if one.survey.key == kind]
    assert all(re.sub(r"\s", "", question.text["zh"]) in text_of(form.pdf()) for question in form.survey.questions)


def test_the_same_form_is_the_same_file() -> None:
    form = forms(OFFICE, "zh")[0]
    assert form.pdf() == form.pdf()


PLACES = ("--survey", "police-response", "--unit", "chengdong", "--definitions", ROOT / "surveys/definitions")


def test_the_command_writes_a_file_and_says_where_to_hand_it_in(tmp_path: Path) -> None:
    more = ("--out", tmp_path / "print", "--database", tmp_path / "none.db", "--hand-in", "交给一楼大厅。")
    done = run(paper.main, *PLACES, *more)
    path = tmp_path / "print/police-response.v1.chengdong.zh.pdf"
    assert (done.exit_code, done.stdout) == (0, f"wrote {path}\n")
    assert "交给一楼大厅。" in text_of(path.read_bytes())


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--unit", "chengdong-hukou"), "'chengdong-hukou' takes no answers to 'police-response': choose one of"),
        (("--survey", "nothing"), "there is no survey 'nothing': choose one of"),
        (("--version", "9"), "has no version 9: choose one of 1"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_a_choice(tmp_path: Path, more: tuple[str, str], told: str) -> None:
    done = run(paper.main, *PLACES, "--out", tmp_path / "print", "--database", tmp_path / "none.db", *more)
    assert done.exit_code == 1
    assert told in done.stderr
    assert not (tmp_path / "print").exists()
