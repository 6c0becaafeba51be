"""Personal numbers in free text: found with their check digits, however they are typed, and masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_a_long_run_of_groups_takes_no_time() -> None:
    assert find("1 " * 4000) == ()
