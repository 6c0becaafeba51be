"""Keying by number keys: what each key means, what is refused, and that every difference is found."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.definition import Definitions, Question, Survey
from surveys.paper_keys import (
    UNREADABLE,
    WRITTEN,
    answer_of,
    answers_of,
    asked_on_paper,
    cell_of,
    differing,
    keys_of,
)
from surveys.paper_words import condition, number_of
from surveys.responses import Fault
from tests.surveys.answers_office import OFFICE

POLICE = OFFICE.surveys["police-response", 1]
CODES = tuple(question.code for question in asked_on_paper(POLICE))
WRONG = POLICE.by_code["wrong"]


def short(question: Question, options: int) -> Question:
    return replace(question, options=question.options[:options])


@pytest.mark.parametrize(
    ("code", "typed", "cell", "answer"),
    [
        ("overall", "5", "5", "5"),
        ("overall", " ０ ", "0", "dk"),
        ("overall", "", "", None),
        ("overall", "-", UNREADABLE, None),
        ("wrong", "10 1", "1 10", ["slow", "other"]),
        ("wrong", "3，1", "1 3", ["slow", "no-receipt"]),
        ("told", "5", "5", "unsure"),
        ("better", "  多派人。 ", "多派人。", "多派人。"),
    ],
)
def test_what_a_key_means(code: str, typed: str, cell: str, answer: object) -> None:
    question = POLICE.by_code[code]
    assert cell_of(question, typed) == cell
    assert answer_of(question, cell) == answer


def test_up_to_nine_options_are_keyed_one_behind_the_other() -> None:
    assert cell_of(short(WRONG, 9), "931") == "1 3 9"
    assert cell_of(WRONG, "931") == Fault("unknown_code")


@pytest.mark.parametrize(
    ("code", "typed", "fault"),
    [
        ("overall", "6", "unknown_code"),
        ("overall", "55", "unknown_code"),
        ("told", "0", "unknown_code"),
        ("wrong", "1 1", "unknown_code"),
        ("wrong", "1 x", "unknown_code"),
        ("wrong", ",", "unknown_code"),
        ("wrong", "1 2 3 4", "too_many"),
        ("better", "字" * 501, "too_long"),
    ],
)
def test_what_fits_nothing_is_refused(code: str, typed: str, fault: str) -> None:
    found = cell_of(POLICE.by_code[code], typed)
    assert isinstance(found, Fault)
    assert found.code == fault


def test_who_does_not_copy_the_words_keys_only_that_there_are_some() -> None:
    better = POLICE.by_code["better"]
    assert [cell_of(better, typed, words=False) for typed in ("1", "", "-")] == [WRITTEN, "", UNREADABLE]
    assert cell_of(better, "多派人。", words=False) == Fault("unknown_code")


def test_numbers_and_days_are_keyed_as_digits(tiny: Definitions) -> None:
    questions = {q.kind: q for survey in tiny.surveys.values() for q in asked_on_paper(survey)}
    assert cell_of(questions["date"], "20261105") == "2026-11-05"
    assert cell_of(questions["date"], "20261305") == Fault("not_date")
    assert cell_of(questions["number"], "many") == Fault("not_number")
    assert cell_of(questions["number"], UNREADABLE) == UNREADABLE


def test_a_sheet_becomes_the_answers_that_its_own_answers_open() -> None:
    cells = {"overall": "4", "wrong": "1 2", "speed": UNREADABLE, "told": "", "better": "多派人。"}
    assert answers_of(POLICE, cells) == ({"overall": "4"}, {"better": "多派人。"})
    assert answers_of(POLICE, cells | {"overall": "1"})[0] == {"overall": "1", "wrong": ["slow", "not-taken"]}
    assert answers_of(POLICE, {}) == ({}, {})


def keyed(question: Question) -> st.SearchStrategy[str]:
    keys = sorted(keys_of(question))
    if question.kind == "multiple":
        several = st.sets(st.sampled_from(keys), min_size=1, max_size=3)
        return st.one_of(st.just(""), several.map(lambda found: " ".join(sorted(found, key=int))))
    return st.sampled_from(["", UNREADABLE, *(keys or ["多派人。"])])


SHEETS = st.fixed_dictionaries({code: keyed(POLICE.by_code[code]) for code in CODES})


@given(SHEETS, SHEETS, st.sets(st.sampled_from(CODES)))
def test_every_planted_error_is_found_and_nothing_else(
    sheet: dict[str, str], other: dict[str, str], places: set[str]
) -> None:
    """The second keying has other cells in some places; in a text that it only marks, a mark in place of words."""
    second = {code: other[code] if code in places else cell for code, cell in sheet.items()}
    planted = [code for code in CODES if second[code] != sheet[code]]
    if second["better"] not in ("", UNREADABLE):
        second["better"] = WRITTEN
    assert list(differing(POLICE, sheet, second)) == planted
    assert differing(POLICE, second, sheet) == differing(POLICE, sheet, second)


@given(SHEETS)
def test_a_cell_that_is_keyed_again_stays_what_it_is(sheet: dict[str, str]) -> None:
    assert {code: cell_of(POLICE.by_code[code], cell) for code, cell in sheet.items()} == sheet


def test_a_condition_is_a_sentence_in_both_languages() -> None:
    said = [condition(OFFICE, POLICE, WRONG, language) for language in ("zh", "en")]
    assert said == [
        "如果您在第 1 题选了“非常不满意”或“不满意”，请答这一题。",
        'Please answer this one if you chose "Very dissatisfied" or "Dissatisfied" in question 1.',
    ]
    notice = POLICE.by_code["answer-by-choice"]
    assert condition(OFFICE, POLICE, notice, "zh").endswith("请看这一段。")
    assert condition(OFFICE, POLICE, POLICE.by_code["speed"], "zh") == ""
    assert number_of(POLICE, "speed") == 3


def numbers(survey: Survey) -> list[int]:
    return [number_of(survey, question.code) for question in asked_on_paper(survey)]


def test_questions_are_numbered_without_gaps() -> None:
    for survey in OFFICE.surveys.values():
        assert numbers(survey) == list(range(1, len(numbers(survey)) + 1))
