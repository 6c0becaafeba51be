"""What all parts of a report's page share: its words, its tables, the names of units, and Markdown that stays words."""

import json
import re
from collections.abc import Iterable, Iterator
from html import escape

from scripts.account import Account
from scripts.report_tables import Named, Tables
from scripts.report_text import Words
from surveys.definition import Question

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>])")


def plain(text: str) -> str:
    """Words that Markdown and HTML leave as they are."""
    return _MARKS.sub(r"\\\1", escape(" ".join(text.split()), quote=False))


def front_matter(title: str, summary: str) -> str:
    """The head of a page."""
    quoted = [json.dumps(text, ensure_ascii=False) for text in (title, summary)]
    return f"---\ntitle: {quoted[0]}\nsummary: {quoted[1]}\n---\n"


def was_rated(named: Named) -> bool:
    """Whether there is anything to show; a count that is kept back is something."""
    return named.ratings.n != 0 or named.ratings.dont_know != 0


def web_only(blocks: Iterable[str]) -> str:
    """Blocks that a printed sheet leaves out; '' for none."""
    inside = "\n\n".join(block for block in blocks if block)
    return inside and f'<div class="web" markdown="1">\n\n{inside}\n\n</div>'


def side_by_side(tables: Iterable[str]) -> str:
    """Tables beside one another as far as there is room; '' for none."""
    inside = "".join(tables)
    return inside and f'<div class="tables">\n{inside}</div>'


def paper_only(text: str) -> str:
    """A sentence that only a printed sheet shows."""
    return f"{text}\n{{: .paper }}"


class Frame:
    """One month's account in one language, as a part of the page sees it."""

    def __init__(self, words: Words, tables: Tables, account: Account) -> None:
        self.words = words
        self.tables = tables
        self.account = account
        self.known = account.known

    @property
    def language(self) -> str:
        """The language of the page."""
        return self.words.language

    def joined(self, sentences: Iterable[str]) -> str:
        """Sentences in one paragraph."""
        return ("" if self.language == "zh" else " ").join(one for one in sentences if one)

    def listed(self, items: Iterable[str]) -> str:
        """Items in a row, for a sentence."""
        return self.words("enumeration").join(items)

    def unit_name(self, code: str | None) -> str:
        """A unit's name, or what stands for all, for those merged, and for none."""
        if code in ("all", "other"):
            return self.words(code)
        unit = self.known.units.get(code or "")
        return unit.name[self.language] if unit else code or self.words("unassigned")

    def asked(self, question: Question) -> dict[str, str]:
        """A scale question and what its levels are called, to be put into a sentence."""
        names = self.tables.level_names(self.known.scale_of(question))
        return {"question": plain(question.text[self.language])} | {key: plain(name) for key, name in names.items()}

    def named(self, key: str, names: Iterable[str]) -> Iterator[str]:
        """A sentence that lists the names; nothing if there are none."""
        quoted = [self.words("quoted", name=plain(name)) for name in names]
        if quoted:
            yield self.words(key, list=self.listed(quoted))

    def notes(self) -> Iterator[str]:
        """What the signs in the tables so far mean."""
        notes = self.tables.notes()
        self.tables.signs.clear()
        if notes:
            yield "\n".join(f"- {plain(note)}" for note in notes)
