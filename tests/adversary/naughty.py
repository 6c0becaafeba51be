"""The big list of naughty strings, packed into texts, and what a page shows of one.

The strings are Max Woolf's (MIT, see tests/fixtures/naughty-strings). Many go in one text, as far as a field holds.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from portal.state import Portal
from surveys.responses import clean_text, has_words, printable
from tests.conftest import ROOT
from tests.portal.conftest import rows
from tests.portal.desk_office import Office

STRINGS: list[str] = json.loads((ROOT / "tests/fixtures/naughty-strings/blns.json").read_text(encoding="utf-8"))
MEANT = [kept for kept in dict.fromkeys(printable(one).strip() for one in STRINGS) if kept]
"""What is left of each: control characters and blanks around it are not kept."""


class Text(NamedTuple):
    """What is typed, with control characters and line ends as browsers send them, and what is kept of it."""

    typed: str
    kept: str


def batches(longest: int) -> list[str]:
    """All strings, one under the other, in texts of at most so many characters."""
    return [one.strip() for one in _packed(MEANT, longest)]


def texts(longest: int) -> list[Text]:
    """All strings as they are, packed alike, but for what would be nothing to see."""
    packed = _packed(list(dict.fromkeys(STRINGS)), longest)
    return [Text(one.replace("\n", "\r\n"), clean_text(one)) for one in packed if has_words(one)]


def _packed(strings: list[str], longest: int) -> list[str]:
    made = [""]
    for one in (whole[at : at + longest] for whole in strings for at in range(0, len(whole), longest)):
        longer = f"{made[-1]}\n{one}".strip("\n")
        if len(longer) > longest:
            made.append(one)
        else:
            made[-1] = longer
    return made


WHOLE = texts(100_000)[0]
"""The list in one text, which is too long for every field."""


def lines(longest: int) -> list[Text]:
    """All strings in texts of one line."""
    packed = _packed([" ".join(one.split()) for one in dict.fromkeys(STRINGS)], longest)
    even = (one.replace("\n", " ") for one in packed)
    return [Text(one, " ".join(clean_text(one).split())) for one in even if has_words(one)]


def stored(here: Portal, table: str) -> set[str]:
    """The texts of a table."""
    return {words for (words,) in rows(here, f"SELECT text FROM {table}")}


def without_lint(app: Flask, office: Office, who: str) -> FlaskClient:
    """A browser of somebody at the desk, or of nobody there; for pages of which one is linted elsewhere."""
    client = FlaskClient(app, app.response_class)
    if who != "none":
        client.set_cookie("huiyin_staff", office.token(who), path="/staff")
    return client


def shown(page: str, words: str) -> bool:
    """Whether the page shows the words, with nothing of them taken for markup."""
    return str(escape(words)) in page


def _elements(page: str) -> Iterator[Any]:
    root: Any = html5lib.parse(page, namespaceHTMLElements=False)
    return (one for one in root.iter() if isinstance(one.tag, str))


def read(page: str) -> set[str]:
    """The words of each element of a page, as a browser reads them."""
    return {"".join(element.itertext()) for element in _elements(page)}


def filled(page: str) -> list[str]:
    """What stands in each box of a page, and what is chosen of each row of buttons."""
    boxes = [one for one in _elements(page) if one.tag in ("input", "textarea")]
    taken = (one for one in boxes if one.get("type") != "radio" or "checked" in one.attrib)
    return ["".join(one.itertext()) if one.tag == "textarea" else one.get("value", "") for one in taken]
