"""A page under content/ as it stands on disk: front matter, numbered lines, paragraphs, sentences."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath

from surveys.errors import DefinitionError, Problem
from surveys.yaml_reading import Place, Scalar, parse


@dataclass(frozen=True, slots=True)
class Source:
    """What a page rests on: a law in force since a day, a publication of a day, or a hotline."""

    place: Place
    name: str
    article: str | None = None
    in_force: date | None = None
    published: date | None = None
    hotline: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Pages of a section that belong together for a reader, by file name without its ending."""

    place: Place
    title: str
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HomeWarning:
    """What the home page warns of since a day, and the page that tells more, as in guides/fake-police."""

    place: Place
    since: date
    text: str
    link: str
    page: str


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The keys that may stand between the two --- lines at the top of a page."""

    place: Place
    title: str | None = None
    summary: str | None = None
    tags: tuple[str, ...] = ()
    source: tuple[Source, ...] = ()
    reviewed: date | None = None
    changed: date | None = None
    owner: str | None = None
    expires: date | None = None
    description: str | None = None
    template: str | None = None
    hide: tuple[str, ...] = ()
    search: Mapping[str, Scalar] = field(default_factory=dict)
    doors: tuple[Mapping[str, Scalar], ...] = ()
    groups: tuple[Group, ...] = ()
    warning: HomeWarning | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item, heading or quotation, as readers see it."""

    line: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page that could be read: its place under the language folder, front matter and numbered body lines."""

    path: Path
    language: str
    inside: PurePosixPath
    front: FrontMatter
    body: tuple[tuple[int, str], ...]

    @property
    def prose(self) -> Iterator[tuple[int, str]]:
        """The numbered lines of the body, code left blank."""
        return _prose(self.body)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The body without code, cut where a reader sees a new paragraph or list item."""
        return tuple(_blocks(_prose(self.body)))


WRITTEN_BY_SCRIPTS = ("reports", "said-and-done")


def written_by_hand(folder: Path) -> list[Path]:
    """The Markdown files of one language folder, without those that scripts write."""
    return sorted(p for p in folder.rglob("*.md") if p.relative_to(folder).parts[0] not in WRITTEN_BY_SCRIPTS)


def read(path: Path, language: str, content: Path) -> Page:
    """Read one page of `content`; DefinitionError says what is wrong with its front matter."""
    try:
        lines = [line.rstrip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise DefinitionError([Problem(path, 0, 0, "is not UTF-8 text: save it as UTF-8")]) from error
    if not lines or lines[0] != "---":
        raise DefinitionError([Problem(path, 1, 1, "front matter is missing: the first line must be ---")])
    if "---" not in lines[1:]:
        raise DefinitionError([Problem(path, 1, 1, "front matter does not end: close it with a second line ---")])
    end = lines.index("---", 1)
    front = parse("\n".join(lines[:end]), path, FrontMatter)
    body = tuple((number, line) for number, line in enumerate(lines[end + 1 :], end + 2))
    return Page(path, language, PurePosixPath(path.relative_to(content / language).as_posix()), front, body)


def _prose(body: tuple[tuple[int, str], ...]) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in body:
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
            yield number, ""
        else:
            yield number, "" if fenced else line


_STARTS = (
    ("heading", re.compile(r"#{1,6}\s+")),
    ("quotation", re.compile(r">\s?")),
    ("item", re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")),
    ("row", re.compile(r"\|")),
)


def _blocks(lines: Iterator[tuple[int, str]]) -> Iterator[Block]:
    first, kind, parts = 0, "", list[str]()
    for number, line in lines:
        start = next((name for name, pattern in _STARTS if pattern.match(line)), "")
        if parts and (start or not line.strip() or kind == "heading"):
            yield Block(first, kind, visible(" ".join(parts)))
            parts = []
        if line.strip():
            first, kind = (first, kind) if parts else (number, start or "paragraph")
            parts.append(line.strip())
    if parts:
        yield Block(first, kind, visible(" ".join(parts)))


def visible(text: str) -> str:
    """The words of a Markdown line as a reader sees them, without marks, link targets or code marks."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*(?:#{1,6}\s+|>\s?|[-*+]\s+|\d+[.)]\s+|\|)", "", text)
    return re.sub(r"\*\*|`|\{:[^}]*\}", "", text).strip()


def sentences(text: str) -> list[str]:
    """Cut a paragraph after each full stop, question mark and exclamation mark, Chinese or Western."""
    return [part for part in re.split(r"(?<=[。！？])|(?<=[.!?])\s+|(?<=[.!?][\"”])\s+", text) if part and part.strip()]
