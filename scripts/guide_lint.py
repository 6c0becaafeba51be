"""What each guide to a scam must hold: the scammer's own words, three signs, what to do, and whom to call."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from scripts.content_page import Page
from surveys.errors import Problem

FEWEST_QUOTATIONS = 3
SIGNS = 3
NUMBERS = ("110", "96110")
SIGNS_HEADING = {"zh": "三个信号", "en": "Three signs"}
STEPS_HEADING = {"zh": "现在就做", "en": "Do this now"}


class _List(NamedTuple):
    """The numbered lines below a heading: where the heading stands, and how many there are."""

    line: int
    items: int


def guide_faults(page: Page) -> Iterator[Problem]:
    """What a guide lacks; nothing for pages of other folders and for the list of guides."""
    if page.inside.parts[0] != "guides" or page.inside.name == "index.md":
        return
    yield from _talk(page)
    yield from _signs(page)
    yield from _steps(page)
    yield from _numbers(page)


def _talk(page: Page) -> Iterator[Problem]:
    quoted = [block for block in page.blocks if block.kind == "quotation" and block.text]
    if len(quoted) < FEWEST_QUOTATIONS:
        advice = "write what the scammer says and what is answered, each on a line of its own that begins with >"
        line = quoted[0].line if quoted else 0
        yield Problem(page.path, line, 1, f"{len(quoted)} quoted lines, at least {FEWEST_QUOTATIONS}: {advice}")


def _signs(page: Page) -> Iterator[Problem]:
    found = _below(page, SIGNS_HEADING[page.language])
    if found is None:
        yield _missing(page, SIGNS_HEADING[page.language], f"{SIGNS} numbered signs")
    elif found.items != SIGNS:
        message = f"{found.items} signs, must be {SIGNS}: number them 1. to {SIGNS}. right below this heading"
        yield Problem(page.path, found.line, 1, message)


def _steps(page: Page) -> Iterator[Problem]:
    found = _below(page, STEPS_HEADING[page.language])
    if found is None:
        yield _missing(page, STEPS_HEADING[page.language], "what to do, in numbered steps")
    elif not found.items:
        yield Problem(page.path, found.line, 1, "no steps: number what to do, from 1., right below this heading")


def _missing(page: Page, heading: str, what: str) -> Problem:
    return Problem(page.path, 0, 0, f"there is no heading '## {heading}': add it, and below it {what}")


def _below(page: Page, heading: str) -> _List | None:
    lines = list(page.prose)
    for place, (number, line) in enumerate(lines):
        if re.match(r"##\s", line) and heading.lower() in line.lower():
            return _List(number, _numbered([text for _, text in lines[place + 1 :]]))
    return None


def _numbered(lines: list[str]) -> int:
    """How many numbered lines there are before anything else; blank and indented lines belong to them."""
    count = 0
    for line in lines:
        if re.match(r"\d+[.)]\s", line):
            count += 1
        elif line.strip() and not line.startswith(" "):
            break
    return count


def _numbers(page: Page) -> Iterator[Problem]:
    named = {source.hotline for source in page.front.source}
    for _, line in page.prose:
        named |= set(re.findall(r"\]\(tel:(\d+)\)", line))
    for number in NUMBERS:
        if number not in named:
            advice = f"say when to call it, as [{number}](tel:{number}), or name it as a hotline in 'source'"
            yield Problem(page.path, 0, 0, f"{number} is not there: {advice}")
