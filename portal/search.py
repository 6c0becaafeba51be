"""Search the published pages by substring, for readers whose browser runs no scripts.

The rules are those of site/assets/search.js, which answers in the browser; a test holds the two together.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.search_sounds import Sounds, load_sounds, sound_scores
from portal.search_spelling import put_right

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_RUNS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\u3400-\u9fff\uf900-\ufaff]+")
_LATIN = re.compile(r"[0-9a-z\u00c0-\u024f]")
_WIDE = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
# Words around what somebody asks: they stand on every page or on none, and say nothing of which one is meant.
_SMALL = """
a an the i my me he his him she her it they them we you your to of for from in on at by is am are was be been and or
that this with do does did has have had ask asked tell told say said want wanted someone somebody
how what when where why which who can get got
我想 我要 我的 怎么 么办 什么 一个 这个 那个 有人 可以 没有 不是 是不 说我 让我 要我 给我 叫我
"""
_SMALL_WORDS = frozenset(_SMALL.split())
_FIGURES = re.compile(r"/(?:[^/]+/)?reports/")
_TEASER_LENGTH = 90
_BODY_COUNT = 5
_IN_TAGS = 120


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was found: its address from the site's root, and why it stands where it stands."""

    location: str
    title: str
    teaser: str
    score: int


@dataclass(frozen=True, slots=True)
class _Entry:
    page: Mapping[str, Any]
    title: str
    summary: str
    tags: tuple[str, ...]
    headings: tuple[str, ...]
    texts: tuple[str, ...]


def load_pack(path: Path) -> Mapping[str, Any]:
    """Read a search pack that the site's build wrote (`search/pack.json` of a language), its shards included."""
    pack: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    texts: dict[str, Any] = {}
    for shard in pack.pop("shards", ()):
        texts |= json.loads(path.with_name(shard).read_text(encoding="utf-8"))
    pack["pages"] = [page | {"sections": texts.get(page["url"], page["sections"])} for page in pack["pages"]]
    return pack | {"sounds": load_sounds(path.with_name("sounds.json"))}


def search(pack: Mapping[str, Any], query: str, limit: int = 20) -> list[Hit]:
    """The best pages for a query, best first; empty for a query without letters or digits."""
    terms = terms_of(query)
    if not terms:
        return []
    entries = [_entry(page) for page in pack["pages"]]
    table = _table(entries, terms)
    totals = _strict(table)
    if not any(totals):
        unknown = [term for term, column in zip(terms, zip(*table, strict=True), strict=True) if not any(column)]
        terms, totals = _second_try(entries, query, terms, unknown, pack.get("sounds"))
    found = sorted((_behind(entries[at], terms), -total, at) for at, total in enumerate(totals) if total > 0)
    return [_hit(entries[at].page, -total, terms) for _, total, at in found[:limit]]


def _second_try(
    entries: Sequence[_Entry], query: str, terms: list[str], unknown: Sequence[str], sounds: Sounds | None
) -> tuple[list[str], list[int]]:
    """Words put right, else parts of the terms and names that sound like them; gives the terms used and the scores."""
    names = [(entry.title, *entry.tags) for entry in entries]
    gains = sound_scores(names, fold(query), sounds) if sounds else [0] * len(entries)
    right = terms if any(gains) else put_right(names, terms, unknown)
    totals = _strict(_table(entries, right))
    if right == terms or not any(totals):
        right = _pieces(right)
        totals = _loose(_table(entries, right))
    return right, [total + gain for total, gain in zip(totals, gains, strict=True)]


def fold(text: str) -> str:
    """Lower case, and full-width letters and digits as plain ones."""
    return text.translate(_WIDE).lower()


def terms_of(query: str) -> list[str]:
    """The parts of a query that must be found: runs of Chinese, and words without a plural s, not the smallest ones."""
    words = "".join(sign if sign.isalnum() else " " for sign in fold(query)).split()
    runs = [run for word in words for run in _RUNS.findall(word)]
    plural = [not _HAN.match(run) and len(run) > 3 and run.endswith("s") for run in runs]
    terms = list(dict.fromkeys(run[:-1] if cut else run for run, cut in zip(runs, plural, strict=True)))
    return [term for term in terms if not {term, f"{term}s"} & _SMALL_WORDS] or terms


def _pieces(terms: Sequence[str]) -> list[str]:
    """Longer Chinese terms cut into overlapping pairs, for questions typed as a sentence."""
    pieces: list[str] = []
    for term in terms:
        long = _HAN.match(term) and len(term) > 2
        pieces += [term[at : at + 2] for at in range(len(term) - 1)] if long else [term]
    pieces = list(dict.fromkeys(pieces))
    return [piece for piece in pieces if piece not in _SMALL_WORDS] or pieces


def _entry(page: Mapping[str, Any]) -> _Entry:
    return _Entry(
        page=page,
        title=fold(page["title"]),
        summary=fold(page["summary"]),
        tags=tuple(fold(tag) for tag in page["tags"]),
        headings=tuple(fold(section["title"]) for section in page["sections"]),
        texts=tuple(fold(section["text"]) for section in page["sections"]),
    )


def _places(text: str, term: str, most: int) -> list[int]:
    """Where a term stands in a text: anywhere for Chinese, at the start of a word otherwise."""
    found: list[int] = []
    han, at = _HAN.match(term), text.find(term)
    while at >= 0 and len(found) < most:
        if han or at == 0 or not _LATIN.match(text[at - 1]):
            found.append(at)
        at = text.find(term, at + len(term))
    return found


def _holds(text: str, term: str) -> bool:
    return bool(_places(text, term, 1))


def _score(entry: _Entry, term: str) -> int:
    body = sum(len(_places(text, term, _BODY_COUNT)) for text in entry.texts)
    return (
        _title_score(entry.title, term)
        + (180 if term in entry.tags else 120 * any(_holds(tag, term) for tag in entry.tags))
        + 60 * _holds(entry.summary, term)
        + 50 * any(_holds(heading, term) for heading in entry.headings)
        + 6 * min(body, _BODY_COUNT)
    )


def _title_score(title: str, term: str) -> int:
    if title == term:
        return 400
    return 240 if title.startswith(term) else 200 * _holds(title, term)


def _table(entries: Sequence[_Entry], terms: Sequence[str]) -> list[list[int]]:
    return [[_score(entry, term) for term in terms] for entry in entries]


def _strict(table: Sequence[Sequence[int]]) -> list[int]:
    return [sum(row) if all(row) else 0 for row in table]


def _loose(table: Sequence[Sequence[int]]) -> list[int]:
    """No page has every term: rare pieces weigh more, and a page needs enough of them."""
    pages_with = [sum(map(bool, column)) for column in zip(*table, strict=True)]
    weights = [1 + len(table) // (1 + pages) for pages in pages_with]
    known = sum(map(bool, pages_with))
    return [
        sum(value * weight for value, weight in zip(row, weights, strict=True)) if _enough(row, known) else 0
        for row in table
    ]


def _enough(row: Sequence[int], known: int) -> bool:
    """Three pieces; two, one of them in title or tags; or two fifths of the known ones and a fourth of all of a few."""
    matched = sum(map(bool, row))
    if matched >= 2:
        return matched >= 3 or max(row) >= _IN_TAGS or (matched * 5 >= known * 2 and matched * 4 >= len(row))
    return matched == 1 and len(row) < 4 and known <= 2


def _hit(page: Mapping[str, Any], score: int, terms: Sequence[str]) -> Hit:
    return Hit(page["url"], page["title"], _teaser(page["summary"], terms), score)


def _behind(entry: _Entry, terms: Sequence[str]) -> bool:
    """Reports name every office and service: without a term in the title they stand behind all other pages."""
    return bool(_FIGURES.match(entry.page["url"])) and not any(_holds(entry.title, term) for term in terms)


def _inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and bool(_LATIN.match(text[at - 1]) and _LATIN.match(text[at]))


def _teaser(text: str, terms: Sequence[str]) -> str:
    """The part of a text around the first term found in it."""
    folded = fold(text)
    first = [place for term in terms for place in _places(folded, term, 1)]
    start = max(0, min(first, default=0) - 20)
    end = min(len(text), start + _TEASER_LENGTH)
    while _inside_word(folded, start):
        start -= 1
    while _inside_word(folded, end):
        end += 1
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
