"""Read the HTML pages of a built site: what each links to, loads and says."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from scripts.site_markup import listen
from surveys.errors import HuiyinError

_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_HEADINGS = frozenset({"h1", "h2", "h3"})
_UNSPOKEN = frozenset({"script", "style", "svg", "table", "nav", "form", "template"})
_BLOCKS = frozenset({"p", "li", "dt", "dd", "blockquote", "div", "section", "h1", "h2", "h3", "h4", "figcaption"})
_LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "embed": "src", "object": "data"}


class SiteError(HuiyinError):
    """The built site cannot be published; every fault is listed with its file and what to do."""


class _Open(NamedTuple):
    """An element that is still open: whether its words are the article's, a heading's, and whether they are skipped."""

    tag: str
    article: bool = False
    heading: bool = False
    skipped: bool = False


@dataclass(slots=True)
class Section:
    """A heading of a page, its anchor and the words that follow it."""

    anchor: str
    title: str = ""
    text: str = ""


@dataclass(slots=True)
class Page:
    """One HTML page; `url` is its address from the site's root, without the leading slash."""

    path: Path
    url: str
    html: str
    language: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    canonical: str = ""
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    inline_scripts: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The text of the page's main heading."""
        return self.sections[0].title if self.sections else ""


class _Reader:
    """Fills a page in one pass over its HTML."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stack = [_Open("")]
        self.script: list[str] | None = None

    def start(self, tag: str, values: dict[str, str]) -> None:
        if values:
            self._note_general(tag, values)
        if tag in ("html", "link", "meta"):
            self._note_head(tag, values)
        if tag == "script" and "src" not in values and values.get("type", "") in ("", "module"):
            self.script = []
        if tag == "style":
            self.page.blocked.append("style")
        if tag in _HEADINGS and self._speaking():
            self.page.sections.append(Section(values.get("id", "")))
        if tag in _BLOCKS:
            self._break()
        if tag not in _VOID:
            self._open(tag, values)

    def _open(self, tag: str, values: dict[str, str]) -> None:
        _, article, heading, skipped = self.stack[-1]
        skipped = skipped or tag in _UNSPOKEN or "data-search-exclude" in values
        self.stack.append(_Open(tag, article or tag == "article", heading or tag in _HEADINGS, skipped))

    def _note_general(self, tag: str, values: dict[str, str]) -> None:
        page = self.page
        if values.get("id"):
            page.anchors.add(values["id"])
        if tag in ("a", "area") and "href" in values:
            page.links.append(values["href"])
        if tag == "form" and values.get("action"):
            page.links.append(values["action"])
        if tag in _LOADING and values.get(_LOADING[tag]):
            page.resources.append(values[_LOADING[tag]])
        page.blocked += [f"{tag} {name}" for name in values if name == "style" or name.startswith("on")]

    def _note_head(self, tag: str, values: dict[str, str]) -> None:
        page, name, relation = self.page, values.get("name"), values.get("rel", "").split()
        if tag == "html":
            page.language = values.get("lang", "")
        if name == "description":
            page.description = values.get("content", "")
        if name == "keywords":
            page.keywords = tuple(word for word in values.get("content", "").split(",") if word)
        if tag == "link" and "canonical" in relation:
            page.canonical = values.get("href", "")
        if tag == "link" and {"stylesheet", "icon", "preload", "manifest"} & set(relation):
            page.resources.append(values.get("href", ""))

    def end(self, tag: str) -> None:
        if tag == "script" and self.script is not None:
            self.page.inline_scripts.append("".join(self.script))
            self.script = None
        if tag in _BLOCKS:
            self._break()
        if self.stack[-1].tag == tag:
            self.stack.pop()
        elif any(element.tag == tag for element in self.stack):
            while self.stack.pop().tag != tag:
                pass

    def text(self, words: str) -> None:
        if self.script is not None:
            self.script.append(words)
        elif self._speaking() and self.page.sections:
            section = self.page.sections[-1]
            if self.stack[-1].heading:
                section.title += words
            else:
                section.text += words

    def _break(self) -> None:
        if self._speaking() and self.page.sections:
            self.page.sections[-1].text += " "

    def _speaking(self) -> bool:
        around = self.stack[-1]
        return around.article and not around.skipped


def read_page(path: Path, root: Path, html: str) -> Page:
    """The page that stands at `path` under the site folder `root`."""
    relative = path.relative_to(root).as_posix()
    url = re.sub(r"(^|/)index\.html$", r"\1", relative)
    page = Page(path=path, url=url, html=html)
    listen(html, _Reader(page))
    for section in page.sections:
        section.title = " ".join(section.title.split())
        section.text = " ".join(section.text.split())
    return page


def read_head(path: Path, root: Path, html: str) -> Page:
    """The page with what stands before the end of its head alone: its language, its address and what it loads there."""
    page = read_page(path, root, html.partition("</head>")[0])
    page.html = html
    return page


def read_site(root: Path, read: Callable[[Path, Path, str], Page] = read_page) -> dict[str, Page]:
    """Every HTML page under the folder, by address, in the order of their paths; `read` says how much of each."""
    paths = sorted(root.rglob("*.html"))
    if not (root / "index.html").is_file():
        raise SiteError(f"{root}: no index.html here; give the output folder of a built site")
    pages = (read(path, root, path.read_text(encoding="utf-8")) for path in paths)
    return {page.url: page for page in pages}
