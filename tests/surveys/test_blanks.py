"""Blanks of a template are found; what people write with an ellipsis is none."""

import pytest

from surveys.blanks import unfilled


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("已报修，____ 日前修好。", "已报修，____ 日前修好。"),
        ("您好。\n我们在___前办好，请放心，谢谢。", "我们在___前办好，请放"),
        ("请到＿＿＿窗口。", "请到＿＿＿窗口。"),
        ("我们会在……日前答复。", "我们会在……日前答复。"),
        ("修好了。", None),
        ("您说“路太黑……”，我们看了。", None),
        ("还在等配件……", None),
        ("请看 file_name__v2。", None),
    ],
)
def test_a_blank_is_named_with_what_stands_around_it(text: str, blank: str | None) -> None:
    assert unfilled(text) == blank
