"""Codes that people read out, type and mistype."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import codes

lengths = pytest.mark.parametrize("length", [codes.NUMBER_LENGTH, codes.SECRET_LENGTH])
seeds = st.binary(min_size=32, max_size=32)


@lengths
@given(seed=seeds)
def test_a_made_code_is_valid(length: int, seed: bytes) -> None:
    code = codes.with_check_digit(seed, length)
    assert len(code) == length
    assert codes.is_valid(code, length)
    assert not codes.is_valid(code, length + 1)


@lengths
@given(seed=seeds)
def test_every_wrong_digit_and_every_swap_of_neighbours_is_found(length: int, seed: bytes) -> None:
    code = codes.with_check_digit(seed, length)
    for place, right in enumerate(code):
        for wrong in set("0123456789") - {right}:
            assert not codes.is_valid(code[:place] + wrong + code[place + 1 :], length)
    for place in range(length - 1):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert codes.is_valid(swapped, length) == (swapped == code)


def test_the_check_digit_is_damms() -> None:
    assert codes.check_digit("572") == "4"
    assert codes.check_digit("43881234567") == "9"


@pytest.mark.parametrize(
    "code", ["", "12345", "abcdefghij", "５７２４５７２４５７", "572457245\n", "-572457245", "1" * 10]
)
def test_what_is_no_number_is_not_valid(code: str) -> None:
    assert not codes.is_valid(code, codes.NUMBER_LENGTH)


@pytest.mark.parametrize(
    "typed",
    ["1234 5678 90", " 1234-5678-90 ", "１２３４５６７８９０", "1234–5678—90", "1234.5678·90", "1234\u3000567890\n"],
)
def test_blanks_dashes_and_full_width_digits_are_taken(typed: str) -> None:
    assert codes.typed(typed) == "1234567890"


@given(seed=seeds)
def test_what_is_printed_can_be_typed(seed: bytes) -> None:
    secret = codes.with_check_digit(seed, codes.SECRET_LENGTH)
    printed = codes.grouped(secret)
    assert [len(group) for group in printed.split(" ")] == [4, 4, 4, 4, 4]
    assert codes.typed(printed) == secret
