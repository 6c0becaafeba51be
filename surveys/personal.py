"""Identity numbers, bank cards and telephone numbers in what people write: pointed out, and masked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

PersonalKind = Literal["identity", "card", "phone"]

_DIGITS = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("Ｘ"): "X", ord("ｘ"): "X", ord("x"): "X"}
_GROUP = re.compile(r"[0-9０-９]+[XxＸｘ]?")
_GAP = re.compile(r"[ \t\u3000]{0,2}[-–—－·.()（）]?[ \t\u3000]{0,2}")
_MOST_GROUPS = 7
_LONGEST = 21
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(?:(?:00)?86)?0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
_SHOWN = 2


@dataclass(frozen=True)
class Personal:
    """A number that says who somebody is: its kind and where in the text it stands."""

    kind: PersonalKind
    start: int
    end: int


def find(text: str) -> tuple[Personal, ...]:
    """Every such number in the text, in order; blanks and dashes inside one do not hide it."""
    return tuple(found for run in _runs(text) for found in _in_run(text, run))


def mask(text: str) -> str:
    """The text with all but the last two characters of each such number as asterisks, as long as before."""
    masked = list(text)
    for found in find(text):
        places = [place for place in range(found.start, found.end) if text[place].isalnum()]
        for place in places[:-_SHOWN]:
            masked[place] = "*"
    return "".join(masked)


def is_identity_number(code: str) -> bool:
    """Whether it is a resident identity number: a day of birth that exists, and the right check digit (GB 11643)."""
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", code):
        return False
    try:
        date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code[:17], _WEIGHTS, strict=True))
    return code[17] == "10X98765432"[total % 11]


def is_card_number(code: str) -> bool:
    """Whether it can be a payment card: 13 to 19 digits with the right check digit (Luhn, ISO/IEC 7812)."""
    if not re.fullmatch(r"[2-69][0-9]{12,18}", code) or len(set(code)) == 1:
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(code)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _kind_of(code: str) -> PersonalKind | None:
    if is_identity_number(code):
        return "identity"
    if _MOBILE.fullmatch(code) or _LANDLINE.fullmatch(code):
        return "phone"
    return "card" if is_card_number(code) else None


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Groups of digits with nothing but blanks and dashes between them."""
    run: list[re.Match[str]] = []
    for group in _GROUP.finditer(text):
        if run and not _GAP.fullmatch(text, run[-1].end(), group.start()):
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def _in_run(text: str, run: list[re.Match[str]]) -> Iterator[Personal]:
    """The longest number that starts at each group, from left to right."""
    first = 0
    while first < len(run):
        for last in range(min(first + _MOST_GROUPS, len(run)) - 1, first - 1, -1):
            start, end = run[first].start(), run[last].end()
            code = "".join(group[0] for group in run[first : last + 1]).translate(_DIGITS)
            kind = _kind_of(code) or _kind_of(code.rstrip("X")) if len(code) <= _LONGEST else None
            if kind:
                yield Personal(kind, start, end)
                first = last
                break
        first += 1
