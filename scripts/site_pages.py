"""Read the HTML pages of a built site: what each links to, loads and says."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from surveys.errors import HuiyinError

_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_HEADINGS = frozenset({"h1", "h2", "h3"})
_UNSPOKEN = frozenset({"script", "style", "svg", "table", "nav", "form", "template"})
_BLOCKS = frozenset({"p", "li", "dt", "dd", "blockquote", "div", "section", "h1", "h2", "h3", "h4", "figcaption"})
_LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "embed": "src", "object": "data"}


class SiteError(HuiyinError):
    """The built site cannot be published; every fault is listed with its file and what to do."""


@dataclass(frozen=True, slots=True)
class _Open:
    """An element that is still open: whether its words belong to the article, and whether they are skipped."""

    tag: str
    article: bool = False
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


class _Reader(HTMLParser):
    """Fills a page in one pass over its HTML."""

    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.stack = [_Open("")]
        self.script: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._note_general(tag, values)
        if tag in ("link", "meta"):
            self._note_head(tag, values)
        if tag == "script" and "src" not in values and values.get("type", "") in ("", "module"):
            self.script = []
        if tag in _HEADINGS and self._speaking():
            self.page.sections.append(Section(values.get("id", "")))
        if tag in _BLOCKS:
            self._break()
        if tag not in _VOID:
            self._open(tag, values)

    def _open(self, tag: str, values: dict[str, str]) -> None:
        around = self.stack[-1]
        skipped = around.skipped or tag in _UNSPOKEN or "data-search-exclude" in values
        self.stack.append(_Open(tag, around.article or tag == "article", skipped))

    def _note_general(self, tag: str, values: dict[str, str]) -> None:
        page = self.page
        if tag == "html":
            page.language = values.get("lang", "")
        if values.get("id"):
            page.anchors.add(values["id"])
        if tag in ("a", "area") and "href" in values:
            page.links.append(values["href"])
        if tag == "form" and values.get("action"):
            page.links.append(values["action"])
        if values.get(_LOADING.get(tag, "")):
            page.resources.append(values[_LOADING[tag]])
        page.blocked += [f"{tag} {name}" for name in values if name == "style" or name.startswith("on")]
        page.blocked += ["style"] if tag == "style" else []

    def _note_head(self, tag: str, values: dict[str, str]) -> None:
        page, name, relation = self.page, values.get("name"), values.get("rel", "").split()
        if name == "description":
            page.description = values.get("content", "")
        if name == "keywords":
            page.keywords = tuple(word for word in values.get("content", "").split(",") if word)
        if tag == "link" and "canonical" in relation:
            page.canonical = values.get("href", "")
        if tag == "link" and {"stylesheet", "icon", "preload", "manifest"} & set(relation):
            page.resources.append(values.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self.script is not None:
            self.page.inline_scripts.append("".join(self.script))
            self.script = None
        if tag in _BLOCKS:
            self._break()
        if any(element.tag == tag for element in self.stack):
            while self.stack.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.script is not None:
            self.script.append(data)
        elif self._speaking() and self.page.sections:
            section = self.page.sections[-1]
            if any(element.tag in _HEADINGS for element in self.stack):
                section.title += data
            else:
                section.text += data

    def _break(self) -> None:
        if self.page.sections and self._speaking():
            self.page.sections[-1].text += " "

    def _speaking(self) -> bool:
        return self.stack[-1].article and not self.stack[-1].skipped


def read_page(path: Path, root: Path, html: str) -> Page:
    """The page that stands at `path` under the site folder `root`."""
    relative = path.relative_to(root).as_posix()
    url = re.sub(r"(^|/)index\.html$", r"\1", relative)
    page = Page(path=path, url=url, html=html)
    reader = _Reader(page)
    reader.feed(html)
    reader.close()
    for section in page.sections:
        section.title = " ".join(section.title.split())
        section.text = " ".join(section.text.split())
    return page


def read_site(root: Path) -> dict[str, Page]:
    """Every HTML page under the folder, by address, in the order of their paths."""
    paths = sorted(root.rglob("*.html"))
    if not (root / "index.html").is_file():
        raise SiteError(f"{root}: no index.html here; give the output folder of a built site")
    pages = (read_page(path, root, path.read_text(encoding="utf-8")) for path in paths)
    return {page.url: page for page in pages}
