"""Check the pages under content/ as an editor would: complete, dated, sourced, plain, in both languages."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from scripts.content_page import Page, read, sentences, written_by_hand
from scripts.guide_lint import guide_faults
from surveys.errors import DefinitionError, Problem
from surveys.yaml_reading import LANGUAGES

HOTLINES = (
    "110", "119", "120", "122", "12308", "12315", "12321", "12333", "12338", "12345", "12348", "12355", "12356",
    "12366", "12367", "12378", "12386", "12389", "96110",
)  # fmt: skip
LONGEST_VALIDITY = timedelta(days=366)

_WHY = {
    "title": "the heading of the page",
    "summary": "one sentence, shown under the heading and in search results",
    "tags": "the words that residents would search for",
    "source": "the laws or hotlines that the page rests on",
    "reviewed": "the day on which somebody last checked every fact",
    "owner": "the desk that answers for the page",
    "expires": "the day from which the page may no longer be trusted",
}
_EXPLAINED = tuple(_WHY)


@dataclass(frozen=True, slots=True)
class Section:
    """What is asked of the pages of one folder; text is measured in characters (zh) or words (en)."""

    required: tuple[str, ...]
    longest_sentence: Mapping[str, int]
    longest_paragraph: Mapping[str, int]
    zh_characters: tuple[int, int] | None = None


_READ_BY_RESIDENTS = Section(_EXPLAINED, {"zh": 45, "en": 26}, {"zh": 120, "en": 70}, (500, 1200))
SECTIONS: Mapping[str, Section] = {
    "guides": _READ_BY_RESIDENTS,
    "policies": _READ_BY_RESIDENTS,
    "emergency.md": _READ_BY_RESIDENTS,
    "about": Section(
        ("title", "summary", "reviewed", "owner", "expires"), {"zh": 60, "en": 32}, {"zh": 160, "en": 105}
    ),
    "handbook": Section(("title", "summary", "reviewed", "owner"), {"zh": 75, "en": 36}, {"zh": 180, "en": 125}),
}
_INDEX = Section(("title",), {"zh": 60, "en": 32}, {"zh": 120, "en": 70})

OFFICIALESE: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "切勿": "不要",
        "谨防": "小心",
        "不法分子": "骗子",
        "予以": "leave it out",
        "敬请": "请",
        "望周知": "leave it out",
        "温馨提示": "leave it out",
        "广大群众": "大家",
        "广大市民": "大家",
        "高度重视": "say what is done",
        "切实": "leave it out",
        "进一步加强": "say what is done",
        "深入贯彻": "say what is done",
        "扎实推进": "say what is done",
        "保驾护航": "say what is done",
        "零容忍": "say what is done",
        "严厉打击": "say what is done",
        "众志成城": "leave it out",
        "筑牢": "say what is done",
        "捂紧": "say what to do",
        "掉馅饼": "say what to do",
    },
    "en": {
        "utilise": "use",
        "utilize": "use",
        "in order to": "to",
        "prior to": "before",
        "pursuant to": "under",
        "hereby": "leave it out",
        "aforementioned": "name it",
        "please be advised": "leave it out",
        "kindly": "please",
        "remain vigilant": "say what to do",
        "zero tolerance": "say what is done",
        "stakeholder": "say who",
        "leverage": "use",
        "commence": "start",
        "facilitate": "help",
    },
}


def _section(page: Page) -> Section:
    return _INDEX if page.inside.name == "index.md" else SECTIONS.get(page.inside.parts[0], _INDEX)


def lint(content: Path, today: date) -> list[Problem]:
    """Every fault of the pages under `content`, in order of file and line; an empty list means fit to publish."""
    problems: list[Problem] = []
    pages: list[Page] = []
    for language in LANGUAGES:
        for path in written_by_hand(content / language):
            try:
                pages.append(read(path, language, content))
            except DefinitionError as error:
                problems.extend(error.problems)
    problems.extend(_missing_translations(content))
    for page in pages:
        for rule in _RULES:
            problems.extend(rule(page))
        problems.extend(_dates(page, today))
    problems.extend(_ungrouped(pages))
    problems.extend(_warnings(pages, today))
    problems.extend(_differing_translations(pages))
    problems.extend(_shared_paragraphs(pages))
    return sorted(problems)


def _required_keys(page: Page) -> Iterator[Problem]:
    for key in _section(page).required:
        if not getattr(page.front, key):
            yield Problem(page.path, 1, 1, f"key '{key}' is missing: write {_WHY[key]}")


def _summary_is_one_sentence(page: Page) -> Iterator[Problem]:
    summary = page.front.summary or ""
    if "summary" in _section(page).required and summary and len(sentences(summary)) > 1:
        yield page.front.place.problem("'summary' has several sentences: keep one", "summary")


def _sources_are_dated(page: Page) -> Iterator[Problem]:
    for source in page.front.source:
        if not (source.in_force or source.published or source.hotline):
            message = f"source '{source.name}' has no date: add in_force, published or hotline"
            yield source.place.problem(message)


def _no_second_heading(page: Page) -> Iterator[Problem]:
    for number, line in page.prose:
        if re.match(r"#\s", line):
            yield Problem(page.path, number, 1, "heading of level 1 in the text: 'title' is the heading, begin with ##")


def _length(page: Page) -> Iterator[Problem]:
    limits = _section(page).zh_characters
    if page.language != "zh" or limits is None:
        return
    count = sum(len(re.sub(r"\s", "", block.text)) for block in page.blocks)
    if not limits[0] <= count <= limits[1]:
        yield Problem(page.path, 0, 0, f"the text has {count} characters, must have {limits[0]} to {limits[1]}")


def _size(sentence: str, language: str) -> int:
    return len(re.sub(r"\s", "", sentence)) if language == "zh" else len(sentence.split())


def _short_sentences(page: Page) -> Iterator[Problem]:
    longest = _section(page).longest_sentence[page.language]
    unit = "characters" if page.language == "zh" else "words"
    for block in page.blocks:
        for sentence in sentences(block.text) if block.kind != "row" else ():
            size = _size(sentence, page.language)
            if size > longest:
                message = f"sentence of {size} {unit}, at most {longest}: split it: {sentence.strip()[:24]}…"
                yield Problem(page.path, block.line, 1, message)


def _short_paragraphs(page: Page) -> Iterator[Problem]:
    longest = _section(page).longest_paragraph[page.language]
    unit = "characters" if page.language == "zh" else "words"
    for block in page.blocks:
        size = _size(block.text, page.language)
        if block.kind != "row" and size > longest:
            message = f"paragraph of {size} {unit}, at most {longest}: begin a new one at the next thought"
            yield Problem(page.path, block.line, 1, message)


def _plain_words(page: Page) -> Iterator[Problem]:
    for number, line in page.prose:
        for phrase, better in OFFICIALESE[page.language].items():
            at = line.lower().find(phrase)
            if at >= 0:
                advice = better if " " in better else f"write {better}"
                yield Problem(page.path, number, at + 1, f"'{phrase}' is officialese: {advice}")


_LINK = re.compile(r"\[([^\]]*)\]\(tel:([^)]*)\)")
_NUMBER = re.compile(
    rf"(?<![\d.,/-])(?:{'|'.join(sorted(HOTLINES, key=len, reverse=True))})"
    r"(?![\d%]|[.,/-]\d|\s*(?:元|字|天|日|个|人|次|份|yuan|days|minutes|characters|words|answers))"
)


def _hotlines_can_be_tapped(page: Page) -> Iterator[Problem]:
    if _section(page) is not _READ_BY_RESIDENTS:
        return
    for number, line in page.prose:
        for link in _LINK.finditer(line):
            if link[1] != link[2]:
                message = f"the link shows {link[1]} but calls {link[2]}: make them the same"
                yield Problem(page.path, number, link.start() + 1, message)
        if line.startswith(("#", ">")):
            continue
        for hit in _NUMBER.finditer(_LINK.sub(lambda link: " " * len(link[0]), line)):
            message = f"{hit[0]} cannot be tapped: write [{hit[0]}](tel:{hit[0]})"
            yield Problem(page.path, number, hit.start() + 1, message)


_RULES: tuple[Callable[[Page], Iterator[Problem]], ...] = (
    _required_keys,
    _summary_is_one_sentence,
    _sources_are_dated,
    _no_second_heading,
    _length,
    _short_sentences,
    _short_paragraphs,
    _plain_words,
    _hotlines_can_be_tapped,
    guide_faults,
)


def _dates(page: Page, today: date) -> Iterator[Problem]:
    place, reviewed, expires = page.front.place, page.front.reviewed, page.front.expires
    if reviewed and reviewed > today:
        yield place.problem(f"'reviewed' is {reviewed}, which is still to come", "reviewed")
    changed = page.front.changed
    if changed and reviewed and changed > reviewed:
        yield place.problem(f"'changed' is {changed}, after the check of {reviewed}: renew 'reviewed' too", "changed")
    if expires and expires < today:
        message = f"expired on {expires}: check it against its sources, then renew 'reviewed' and 'expires'"
        yield place.problem(message, "expires")
    if reviewed and expires and not timedelta() < expires - reviewed <= LONGEST_VALIDITY:
        yield place.problem(f"'expires' must lie within a year after 'reviewed' ({reviewed})", "expires")


def _ungrouped(pages: list[Page]) -> Iterator[Problem]:
    """Where an index page sorts its section into groups, each page stands in one of them."""
    for index in (page for page in pages if page.front.groups):
        section = index.inside.parent
        near = [page for page in pages if page.language == index.language and page.inside.parent == section]
        members = {page.inside.stem: page for page in near if page is not index}
        seen: set[str] = set()
        for group in index.front.groups:
            for name in group.pages:
                if name not in members:
                    yield group.place.problem(f"{section} has no page '{name}': correct the name")
                elif name in seen:
                    yield group.place.problem(f"page '{name}' already stands in a group: keep it in one")
                seen.add(name)
        for name in sorted(members.keys() - seen):
            message = f"stands in no group: add '{name}' to a group in {index.path}, so that readers find it"
            yield Problem(members[name].path, 0, 0, message)


def _warnings(pages: list[Page], today: date) -> Iterator[Problem]:
    for page in pages:
        warning = page.front.warning
        if warning is None:
            continue
        if warning.since > today:
            yield warning.place.problem(f"'since' is {warning.since}, which is still to come", "since")
        if not any(f"{one.inside.with_suffix('')}" == warning.page for one in pages if one.language == page.language):
            yield warning.place.problem(f"there is no page '{warning.page}': write its folder and name", "page")


def _missing_translations(content: Path) -> Iterator[Problem]:
    names = {
        language: {path.relative_to(content / language) for path in written_by_hand(content / language)}
        for language in LANGUAGES
    }
    for language, other in (LANGUAGES, LANGUAGES[::-1]):
        for name in sorted(names[language] - names[other]):
            yield Problem(content / language / name, 0, 0, f"has no page in '{other}': write {content / other / name}")


def _differing_translations(pages: list[Page]) -> Iterator[Problem]:
    originals = {page.inside: page for page in pages if page.language == LANGUAGES[0]}
    for page in pages:
        original = originals.get(page.inside)
        if original is None or page is original:
            continue
        for key in ("reviewed", "expires"):
            if getattr(page.front, key) != getattr(original.front, key):
                yield page.front.place.problem(f"'{key}' differs from {original.path}: make them the same", key)
        if len(page.front.source) != len(original.front.source):
            yield page.front.place.problem(f"names other sources than {original.path}", "source")


def _shared_paragraphs(pages: list[Page]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Page] = {}
    for page in pages:
        for block in page.blocks:
            text = re.sub(r"\s", "", block.text)
            if block.kind == "heading" or len(text) < (20 if page.language == "zh" else 60):
                continue
            first = seen.setdefault((page.language, text), page)
            if first is not page:
                yield Problem(page.path, block.line, 1, f"this paragraph also stands in {first.path}: say it once")
