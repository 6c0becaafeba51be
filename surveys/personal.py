"""Identity numbers, passports, bank cards and telephone numbers in what people write: pointed out, and masked.

What is looked at is the text made plain: digits of every script as 0 to 9, signs that no screen shows left out, and
each kind of blank or dash as one. A number may be parted by blanks and dashes, or by one other sign all the way
through; so a date and an amount beside one another make no number.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from surveys.codes import NUMBER_LENGTH, is_valid, typed

PersonalKind = Literal["identity", "card", "phone"]

_SIGNS = {
    **dict(zip("〇零洞一幺壹二贰三叁四肆五伍六陆七柒八捌九玖", "0001112233445566778899", strict=True)),
    **dict(zip("，−·・•‧∙\\×Х", "，-...../XX", strict=True)),
}
"""What reads as a digit or parts digits, and that Unicode does not call so."""
_UNSEEN = ("Cf", "Mn", "Me")
_BRACKETS = frozenset("()（）[]【】")
_GROUP = re.compile(r"[0-9]+X?|X(?![A-Z])")
_GAP = re.compile(r"[ ]{0,3}([-./_:,，]?)\1?[ ]{0,3}")
_LOOSE = frozenset((" ", "-"))
"""Partings that may stand mixed in one number."""
_DATE = re.compile(
    r"(?<![0-9])(?<![0-9][-./])(?:19|20)[0-9]{2}([-./])(?:1[0-2]|0?[1-9])\1(?:3[01]|[12][0-9]|0?[1-9])(?!\1?[0-9])"
)
_SUM = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,10})(?:\.[0-9]{1,2})?(?![0-9])"
_AMOUNT = re.compile(rf"[¥$] ?{_SUM}(?!,[0-9])|(?<![0-9,])(?<![0-9][-./_: ]){_SUM}(?= ?[元万亿块])")
_CASE = re.compile(r"(?<![0-9])(?<![0-9] )[0-9]{4} [0-9]{4} [0-9]{2}(?! ?[0-9])")
"""The number of a case as it is printed."""
_PAPER = re.compile(
    r"(?<![A-Z0-9])(?:[HM](?:[-._ ]?[0-9]){8}(?:(?:[-._ ]?[0-9]){2})?|[EG](?:[-._ ]?[0-9]){8}"
    r"|E[A-Z](?:[-._ ]?[0-9]){7})(?![-._ ]?[0-9])"
)
"""Passports, and permits of residents of Hong Kong and Macao."""
_MOST_GROUPS = 22
_SHORTEST, _LONGEST = 11, 22
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_EARLIER = re.compile(rf"{_PROVINCE}[0-9]{{13}}")
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(?:(?:00)?86)?0(?:(?:10|2[0-9])[2-8][0-9]{7}|[3-9][0-9]{2}[2-8][0-9]{6,7})")
_CARD = re.compile(r"(?:2[1-9]|[3-69][0-9])[0-9]{11,17}")
_SHOWN = 2


@dataclass(frozen=True)
class Personal:
    """A number that says who somebody is: its kind and where in the text it stands."""

    kind: PersonalKind
    start: int
    end: int


@dataclass(frozen=True)
class _Group:
    """Digits beside one another, where they stand in the plain text, and what parts them from the group before."""

    digits: str
    start: int
    parting: str


def find(text: str) -> tuple[Personal, ...]:
    """Every such number in the text, in order; signs inside one do not hide it."""
    plain, places = _plain(text)
    spans = [found.span() for sought in (_DATE, _AMOUNT) for found in sought.finditer(plain)]
    spans += [case.span() for case in _CASE.finditer(plain) if is_valid(typed(case[0]), NUMBER_LENGTH)]
    left = _blanked(plain, spans)
    papers = [Personal("identity", *found.span()) for found in _PAPER.finditer(left)]
    left = _blanked(left, [(paper.start, paper.end) for paper in papers])
    numbers = (found for run in _runs(left) for found in _in_run(run))
    return tuple(
        Personal(found.kind, places[found.start], places[found.end - 1] + 1)
        for found in sorted((*papers, *numbers), key=lambda one: one.start)
    )


def mask(text: str) -> str:
    """The text with all but the last two characters of each such number as asterisks, as long as before."""
    masked = list(text)
    for found in find(text):
        places = [place for place in range(found.start, found.end) if _sign(text[place]).isalnum()]
        for place in places[:-_SHOWN]:
            masked[place] = "*"
    return "".join(masked)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text as it is looked at, and where each of its characters stands in the text."""
    signs = [(sign, place) for place, char in enumerate(text) if (sign := _sign(char))]
    return "".join(sign for sign, _ in signs), [place for _, place in signs]


def _sign(char: str) -> str:
    """One character made plain; nothing for one that no screen shows."""
    if found := _SIGNS.get(char):
        return found
    if (digit := unicodedata.digit(char, None)) is not None:
        return str(digit)
    if char.isspace() or char in _BRACKETS:
        return " "
    if (category := unicodedata.category(char)) in _UNSEEN:
        return ""
    return "-" if category == "Pd" else _narrow(char)


def _narrow(char: str) -> str:
    """A letter of any width or style as a plain capital."""
    narrow = unicodedata.normalize("NFKC", char).upper()
    return narrow if len(narrow) == 1 else char


def _blanked(plain: str, spans: Sequence[tuple[int, int]]) -> str:
    """The plain text with something in place of spans that no number may be looked for in."""
    left = list(plain)
    for start, end in spans:
        left[start:end] = "#" * (end - start)
    return "".join(left)


def _runs(plain: str) -> Iterator[list[_Group]]:
    """Groups of digits with nothing but partings between them; the number of a case ends a run."""
    run: list[_Group] = []
    end = 0
    for found in _GROUP.finditer(plain):
        gap = _GAP.fullmatch(plain, end, found.start()) if run else None
        if run and gap is None:
            yield run
            run = []
        if is_valid(found[0], NUMBER_LENGTH):
            if run:
                yield run
            run = []
        else:
            run.append(_Group(found[0], found.start(), (gap[1] or " ") if gap else ""))
        end = found.end()
    if run:
        yield run


def _in_run(run: Sequence[_Group]) -> Iterator[Personal]:
    """The longest number that starts at each group, from left to right."""
    first = 0
    while first < len(run):
        found, used = _at(run, first)
        yield from found
        first += used


def _at(run: Sequence[_Group], first: int) -> tuple[list[Personal], int]:
    """The numbers that start at a group and how many groups they take; numbers with nothing glued on go first."""
    parts = list(_parts(run, first))
    for part in reversed(parts):
        if kind := _kind_of_part(part):
            return [Personal(kind, part[0].start, _end(part[-1]))], len(part)
    for part in reversed(parts):
        if found := _glued(part):
            return found, len(part)
    return [], 1


def _parts(run: Sequence[_Group], first: int) -> Iterator[Sequence[_Group]]:
    """The stretches of a run from a group on that are parted alike and can be as long as a number."""
    length, partings = 0, set[str]()
    for last in range(first, min(first + _MOST_GROUPS, len(run))):
        length += len(run[last].digits)
        if last > first:
            partings.add(run[last].parting)
        if (length > _LONGEST and last > first) or (len(partings) > 1 and not partings <= _LOOSE):
            return
        if length >= _SHORTEST:
            yield run[first : last + 1]


def _end(group: _Group) -> int:
    return group.start + len(group.digits)


def _kind_of_part(part: Sequence[_Group]) -> PersonalKind | None:
    code = "".join(group.digits for group in part)
    kind = kind_of(code) or kind_of(code.rstrip("X"))
    weak = kind == "card" or (kind == "identity" and len(code.rstrip("X")) == 15)
    return None if weak and not _is_even([len(group.digits) for group in part]) else kind


def _is_even(sizes: Sequence[int]) -> bool:
    """Whether groups are as people part long numbers; a check digit alone fits one in ten of all that stands about."""
    return len(sizes) < 3 or len(set(sizes[:-1])) == 1 or sizes in ([4, 6, 5], [6, 6, 3], [6, 4, 4, 4])


def _glued(part: Sequence[_Group]) -> list[Personal]:
    """Numbers with one or two digits too many before or after them, or two that are glued together."""
    places = [group.start + place for group in part for place in range(len(group.digits))]
    whole = "".join(group.digits for group in part)
    code = whole.rstrip("X")
    for start, end in ((0, -1), (1, 0), (0, -2), (2, 0), (1, -1)):
        inner = code[start : len(code) + end]
        if (kind := kind_of(inner)) and (len(part) == 1 or inner[0] == "1") and kind != "card" and len(inner) != 15:
            return [Personal(kind, places[start], places[len(code) + end - 1] + 1)]
    for middle in (11, 18) if len(part) == 1 else ():
        left, right = kind_of(code[:middle]), kind_of(whole[middle:]) or kind_of(code[middle:])
        if left and right:
            split = places[0] + middle
            return [Personal(left, places[0], split), Personal(right, split, places[-1] + 1)]
    return []


def kind_of(code: str) -> PersonalKind | None:
    """What a code of plain digits is, the whole of it; None for all else."""
    if is_identity_number(code) or _is_earlier_identity_number(code):
        return "identity"
    if _MOBILE.fullmatch(code) or _LANDLINE.fullmatch(code):
        return "phone"
    return "card" if is_card_number(code) else None


def is_identity_number(code: str) -> bool:
    """Whether it is a resident identity number: a day of birth that exists, and the right check digit (GB 11643)."""
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", code) or not _is_day(code[6:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code[:17], _WEIGHTS, strict=True))
    return code[17] == "10X98765432"[total % 11]


def _is_earlier_identity_number(code: str) -> bool:
    """Whether it can be one of 15 digits, as they were before 2000: a province and a day of birth, no check digit."""
    return _EARLIER.fullmatch(code) is not None and _is_day(f"19{code[6:12]}")


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def is_card_number(code: str) -> bool:
    """Whether it can be a payment card: 13 to 19 digits with the right check digit (Luhn, ISO/IEC 7812)."""
    if not _CARD.fullmatch(code) or len(set(code)) == 1:
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(code)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
