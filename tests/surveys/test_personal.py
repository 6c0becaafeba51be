"""Personal numbers in free text: found with their check digits, however they are typed, and masked."""

import re
import sys
from datetime import date
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.codes import check_digit, grouped
from surveys.personal import find, is_card_number, is_identity_number, mask

IDENTITY = "11010519491231002X"  # the example of GB 11643
CARD = "6222020000000000000"
CARD = next(CARD[:-1] + str(digit) for digit in range(10) if is_card_number(CARD[:-1] + str(digit)))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"我的身份证是{IDENTITY}。", ["identity"]),
        ("身份证11010519491231002x", ["identity"]),
        ("１１０１０５１９４９１２３１００２Ｘ", ["identity"]),
        ("110105 1949 1231 002X", ["identity"]),
        (f"卡号{CARD}", ["card"]),
        (f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:16]} {CARD[16:]}", ["card"]),
        ("4111-1111-1111-1111", ["card"]),
        ("电话13800138000请回电", ["phone"]),
        ("+86 138 0013 8000", ["phone"]),
        ("0086-13800138000", ["phone"]),
        ("138－0013－8000", ["phone"]),
        ("（010）6512 3456", ["phone"]),
        ("0571-87654321", ["phone"]),
        ("13800138000 13900139000", ["phone", "phone"]),
        (f"{IDENTITY} 13800138000", ["identity", "phone"]),
        ("tel13800138000", ["phone"]),
        ("13800138000x", ["phone"]),
        ("1 3 8 0 0 1 3 8 0 0 0", ["phone"]),
        (" ".join(IDENTITY), ["identity"]),
        (".".join(re.findall("..", CARD + "0")).removesuffix("0"), ["card"]),
        (f"{CARD[:4]}\u2009{CARD[4:8]}\u2009{CARD[8:12]}\u2009{CARD[12:16]}\u2009{CARD[16:]}", ["card"]),
        ("138\r\n0013\r\n8000", ["phone"]),
        ("1\u200b3\u00ad800138000", ["phone"]),
        ("1\ufe0f\u20e33\ufe0f\u20e3800138000", ["phone"]),
        ("١٣٨٠٠١٣٨٠٠٠", ["phone"]),
        ("𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎", ["phone"]),
        ("①③⑧⓪⓪①③⑧⓪⓪⓪", ["phone"]),
        ("一三八零零一三八零零零", ["phone"]),
        ("幺三八洞洞幺三八〇〇〇", ["phone"]),
        ("一一零一零五一九四九一二三一零零二X", ["identity"]),
        ("之一13800138000一直没人接", ["phone"]),
        ("130503670401001", ["identity"]),
        ("1380013800013900139000", ["phone", "phone"]),
        (f"13800138000{IDENTITY}", ["phone", "identity"]),
        ("138001380007", ["phone"]),
        ("7138 0013 8000", ["phone"]),
        ("01065123456", ["phone"]),
        ("0571 8765 4321", ["phone"]),
        ("回乡证H12345678", ["identity"]),
        ("M 1234567890", ["identity"]),
        ("护照 E12345678、G87654321", ["identity", "identity"]),
        ("EA1234567", ["identity"]),
    ],
)
def test_what_is_found(text: str, kinds: list[str]) -> None:
    assert [found.kind for found in find(text)] == kinds


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021",  # wrong check digit
        "110105194913310026",  # no such month
        "请打 110、119、120 或 96110，投诉打 12389",
        "2026-11-20 14:30",
        "6222020000000000001"[:12],
        "事项编号 12345 67890",
        "12800138000",
        "000000000000000000",
        "5000元，3天，2026年11月",
        "A1380013",
        "2026-11-13 2026-11-25 8点",
        "2026-11-20 14:30:05",
        "合同 13,800,138,000 元",
        "房租 ¥13,800,138,000.50",
        "110，119，120，96110，12389",
        "130503671301001",  # 15 digits, and no such month
        "G1234 次，H5，M12",
        "138001380001234567890123456789",
        "",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert find(text) == ()
    assert mask(text) == text


def test_the_place_of_a_number_can_be_pointed_at() -> None:
    text = "打 138 0013 8000 找我"
    (found,) = find(text)
    assert text[found.start : found.end] == "138 0013 8000"


def test_all_but_the_last_two_are_masked() -> None:
    assert mask("打 138 0013 8000，证 11010519491231002X。") == "打 *** **** **00，证 ****************2X。"
    assert mask(mask("13800138000")) == mask("13800138000")


def test_each_wrong_digit_of_an_identity_number_is_noticed() -> None:
    assert is_identity_number(IDENTITY)
    for place in range(17):
        for digit in "0123456789":
            if digit != IDENTITY[place]:
                assert not is_identity_number(IDENTITY[:place] + digit + IDENTITY[place + 1 :])


def test_each_wrong_digit_of_a_card_is_noticed() -> None:
    assert is_card_number("4111111111111111")
    for place in range(16):
        for digit in "0123456789":
            if digit != "4111111111111111"[place]:
                assert not is_card_number("4111111111111111"[:place] + digit + "4111111111111111"[place + 1 :])


@given(st.text(alphabet="0123456789 -Xx１３电话()+", max_size=80))
def test_masking_keeps_the_length_and_hides_what_was_found(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    for found in find(text):
        shown = [char for char in masked[found.start : found.end] if char.isalnum()]
        assert len(shown) <= 2
    assert all(a in (b, "*") for a, b in zip(masked, text, strict=True))


@given(st.text(max_size=30).filter(lambda text: not text or not (text[-1].isdigit() or text[-1] in " -·.()（）–—－")))
def test_a_telephone_number_is_found_behind_any_words(text: str) -> None:
    assert "13800138000" not in mask(f"{text}：13800138000")


SEPARATORS = [
    *(" ", "\u00a0", "\u2009", "\n", "\r\n", "\u200b", "\u00ad", "\u2010", "\u2011", "-", " - ", "·"),
    *("/", "_", ":", "：", ",", ", ", "，", ".", "（", ") "),
]
SCRIPTS = ["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⓪①②③④⑤⑥⑦⑧⑨", "零一二三四五六七八九"]


@st.composite
def typed(draw: st.DrawFn, code: str, most: int = 9) -> str:
    """A number as somebody types it: in any script, parted anywhere by one separator."""
    script, separator = draw(st.sampled_from(SCRIPTS)), draw(st.sampled_from(SEPARATORS))
    parts: list[str] = []
    while code:
        size = draw(st.integers(1, most))
        parts.append(code[:size])
        code = code[size:]
    return separator.join(parts).translate({ord(str(digit)): script[digit] for digit in range(10)})


@given(st.data(), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_any_mobile_number_is_found_however_it_is_typed(data: st.DataObject, code: str) -> None:
    text = f"请打{data.draw(typed(code))}找我"
    (found,) = find(text)
    assert (found.kind, found.start, found.end) == ("phone", 2, len(text) - 2)


@given(st.data(), st.integers(1, 999), st.dates(date(1930, 1, 1), date(2020, 1, 1)))
def test_any_identity_number_is_found_however_it_is_typed(data: st.DataObject, order: int, born: date) -> None:
    body = f"330106{born:%Y%m%d}{order:03}"
    code = next(body + last for last in "0123456789X" if is_identity_number(body + last))
    text = f"证{data.draw(typed(code))}。"
    assert [(found.start, found.end) for found in find(text)] == [(1, len(text) - 1)]


@given(
    st.data(), st.from_regex(r"62[0-9]{14}", fullmatch=True), st.sampled_from([1, 2, 4]), st.sampled_from(SEPARATORS)
)
def test_any_card_in_even_groups_is_found(data: st.DataObject, body: str, size: int, separator: str) -> None:
    code = next(body[:15] + str(last) for last in range(10) if is_card_number(body[:15] + str(last)))
    text = separator.join(code[place : place + size] for place in range(0, 16, size))
    assert [(found.kind, found.start, found.end) for found in find(f"卡{text}。")] == [("card", 1, len(text) + 1)]


DAYS = st.builds(
    lambda day, form: day.strftime(form),
    st.dates(date(2000, 1, 1), date(2035, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d 14:30", "%Y%m%d"]),
)
AMOUNTS = st.builds(
    lambda amount, form: form.format(amount),
    st.integers(1, 10**9),
    st.sampled_from(["{}元", "{:,}元", "¥{:,}", "{:,}.50 元", "{:,} 块"]),
)
CASES = st.builds(
    lambda body, size: grouped(body + check_digit(body), size),
    st.from_regex(r"[0-9]{9}", fullmatch=True),
    st.sampled_from([4, 10]),
)
HOTLINES = st.sampled_from(["110", "119", "120", "96110", "12389", "12345", "95588"])


@given(st.lists(st.one_of(DAYS, AMOUNTS, CASES, HOTLINES), max_size=6), st.sampled_from(["，", "；", "。", "，打了"]))
def test_days_amounts_case_numbers_and_hotlines_are_left_alone(parts: list[str], between: str) -> None:
    text = f"我在{between.join(parts)}。"
    assert mask(text) == text


def calls_of(text: str) -> int:
    """How many functions of Python are called to look through a text."""
    calls = 0

    def count(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        find(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("piece", ["1 ", "13", "1380013800", "2026-11-20 ", "一", "H1 ", "1,", "1\u200b", "x"])
def test_the_work_grows_as_the_text_does(piece: str) -> None:
    short, long = (calls_of((piece * size)[:size]) for size in (2000, 8000))
    assert long < 4.5 * short
    assert long < 200 * 8000
