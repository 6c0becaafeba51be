"""The feed of guides and explainers that are new or say something else now, and which of them have expired."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from scripts.content_page import Page, read, written_by_hand
from scripts.site_feed import Feed, FeedEntry
from surveys.errors import DefinitionError

SECTIONS = ("guides", "policies")
LENGTH = 40
SHANGHAI = timedelta(hours=8)
"""As in surveys.responses, whose imports the start of an unchanged site need not pay for."""
_WORDS = {
    "zh": ("zh-Hans", "新增和改动的页面", "防骗指南、办事与政策：新写的页面，和内容有改动的页面。", "回音"),
    "en": (
        "en",
        "New and changed pages",
        "Guides and explainers that are new or that say something else now.",
        "Huiyin",
    ),
}


def feed_of(content: Path, language: str) -> Feed:
    """The pages of one language, newest first, as a feed that stands beside the list of guides.

    The day of an entry is the page's `changed`, or the day of its check where it never changed. A page whose front
    matter cannot be read is left out: the check of the content tells of it.
    """
    entries = sorted((_entry(page) for page in _pages(content, language)), key=lambda one: (one.day, one.key))
    name, title, subtitle, author = _WORDS[language]
    return Feed(f"pages/{language}", name, title, subtitle, author, tuple(entries[::-1][:LENGTH]))


def _pages(content: Path, language: str) -> Iterator[Page]:
    for path in written_by_hand(content / language):
        inside = path.relative_to(content / language)
        if inside.parts[0] not in SECTIONS or inside.name == "index.md":
            continue
        try:
            page = read(path, language, content)
        except DefinitionError:
            continue
        if page.front.changed or page.front.reviewed:
            yield page


def _entry(page: Page) -> FeedEntry:
    front, address = page.front, f"../{page.inside.with_suffix('').as_posix()}/"
    day = front.changed or front.reviewed
    return FeedEntry(
        f"{page.language}/{page.inside.with_suffix('')}", front.title or page.inside.stem, address, f"{day}"
    )


def today() -> date:
    """The day in Shanghai."""
    return (datetime.now(UTC) + SHANGHAI).date()


def expired(content: Path, day: date) -> list[str]:
    """The pages, as language and path, whose `expires` is past on the day: the site says so on each of them."""
    lines = {path: path.read_text(encoding="utf-8", errors="replace").splitlines() for path in content.rglob("*.md")}
    return sorted(
        path.relative_to(content).as_posix()
        for path, text in lines.items()
        if any(line.startswith("expires: ") and line[9:19] < f"{day}" for line in _front(text))
    )


def _front(lines: list[str]) -> list[str]:
    return lines[1 : lines.index("---", 1)] if lines[:1] == ["---"] and "---" in lines[1:] else []
