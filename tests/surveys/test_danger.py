"""Danger to life is noticed in both languages, and a file that is spoilt is told."""

import pytest

from surveys.danger import WORDS, DangerFile, tells_of_danger
from surveys.yaml_reading import read


@pytest.mark.parametrize(
    "text",
    ["楼上有人要跳楼", "家里着火了", "他拿刀砍人", "I want to  die", "He has a KNIFE", "There is a gas\nleak"],
)
def test_danger_is_noticed(text: str) -> None:
    assert tells_of_danger(text)


@pytest.mark.parametrize(
    "text", ["", "门口的台阶太高。", "窗口排队太久", "The queue was long", "smoked glass", "begun", "a grapevine"]
)
def test_everything_else_is_not(text: str) -> None:
    assert not tells_of_danger(text)


def test_each_word_is_found_and_stands_once() -> None:
    words = read(WORDS, DangerFile)
    for word in (*words.zh, *words.en):
        assert tells_of_danger(f"…{word}…")
        assert tells_of_danger(word.upper())
    assert len({*words.zh, *words.en}) == len(words.zh) + len(words.en)
