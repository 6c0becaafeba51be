"""Numbers that people read out and type: check digits, and codes made from a submission."""

import re

# Damm's quasigroup of order 10 finds every single wrong digit and every swap of neighbours.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
_DIGITS = {ord("０") + digit: str(digit) for digit in range(10)}
NUMBER_LENGTH = 10
SECRET_LENGTH = 20


def check_digit(digits: str) -> str:
    """The digit that makes `digits` valid when put behind them (Damm, 2004)."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def is_valid(code: str, length: int) -> bool:
    """Whether `code` has the length and its check digit is right."""
    return re.fullmatch(r"[0-9]+", code) is not None and len(code) == length and check_digit(code) == "0"


def with_check_digit(code: bytes, length: int) -> str:
    """A code of `length` digits, the last a check digit, made from 32 random bytes."""
    body = str(int.from_bytes(code) % 10 ** (length - 1)).zfill(length - 1)
    return body + check_digit(body)


def typed(code: str) -> str:
    """What was typed, without the blanks and dashes that people put in, full-width digits made plain."""
    return re.sub(r"[\s\-–—·.]+", "", code.translate(_DIGITS))


def grouped(code: str, size: int = 4) -> str:
    """A code in groups, as it is printed and read out."""
    return " ".join(code[start : start + size] for start in range(0, len(code), size))
