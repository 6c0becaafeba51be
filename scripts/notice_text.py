"""A page under content/ as a tree that a printed notice can set: sections, paragraphs, lists, tables, quotations.

Pages are read by the library that the site is built with, so a notice says what the page says. The tree is plain
data: the template prints every string as it is, and no sign in a text can be taken for markup.
"""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import INLINE_PLACEHOLDER_RE, STX

from scripts.content_page import Page
from surveys.errors import HuiyinError

Node = dict[str, Any]
EXTENSIONS = ("admonition", "attr_list", "def_list", "tables")
_NOW = re.compile("现在就做|do this now", re.IGNORECASE)
_WHOLE = {"zh": 180, "en": 520}
"""Characters of a section that is short enough to stand on one page."""
_SPANS = {"strong": "strong", "em": "strong", "code": "plain"}


class _Keep(Treeprocessor):
    """Runs last and keeps the finished tree."""

    tree: Element | None = None

    def run(self, root: Element) -> None:
        """Keep the tree."""
        self.tree = root


def sections(page: Page) -> list[Node]:
    """The page cut at its headings; `now` marks what to do at once, `whole` what is kept on one page.

    HuiyinError for what paper cannot show, such as HTML.
    """
    cut: list[tuple[Element | None, list[Element]]] = [(None, [])]
    for element in _tree(page):
        if re.fullmatch("h[1-6]", element.tag):
            cut.append((element, []))
        else:
            cut[-1][1].append(element)
    return [_section(heading, below, page) for heading, below in cut if heading is not None or below]


def _section(heading: Element | None, below: list[Element], page: Page) -> Node:
    return {
        "title": [] if heading is None else _inline(heading, page),
        "now": heading is not None and bool(_NOW.search(_words(heading))),
        "whole": sum(len(_words(one)) for one in below) <= _WHOLE[page.language],
        "blocks": [_block(one, page) for one in below],
    }


def _tree(page: Page) -> Element:
    reader = Markdown(extensions=list(EXTENSIONS))
    keep = _Keep(reader)
    reader.treeprocessors.register(keep, "keep", -100)
    html = reader.convert("\n".join(line for _, line in page.body))
    if keep.tree is None or reader.htmlStash.html_counter:
        raise HuiyinError(f"{page.path}: paper cannot show HTML or entities: write it in Markdown, signs as they are")
    if INLINE_PLACEHOLDER_RE.search(html) or STX in html:
        raise HuiyinError(f"{page.path}: the text could not be read to its end: look for an unusual sign in it")
    return keep.tree


def _words(element: Element) -> str:
    return "".join(element.itertext())


def _block(element: Element, page: Page) -> Node:
    if element.tag == "p":
        return {"kind": "paragraph", "inline": _inline(element, page)}
    if element.tag in ("ul", "ol"):
        return {"kind": "list", "ordered": element.tag == "ol", "items": [_blocks(item, page) for item in element]}
    if element.tag in ("blockquote", "div"):
        return {"kind": "quotation", "blocks": _blocks(element, page)}
    if element.tag == "table":
        head, *rows = [[_inline(cell, page) for cell in row] for row in element.iter("tr")]
        return {"kind": "table", "head": head, "rows": rows}
    raise _unprintable(element, page)


def _blocks(element: Element, page: Page) -> list[Node]:
    """What stands in an item or a quotation; its own words first where no paragraph holds them."""
    inside = [part for part in element if part.tag in ("p", "ul", "ol", "blockquote", "table", "div")]
    own = Element("p")
    own.text = element.text
    own.extend(part for part in element if part not in inside)
    first = [_block(own, page)] if _words(own).strip() else []
    return first + [_block(part, page) for part in inside]


def _inline(element: Element, page: Page) -> list[Node]:
    return [node for node in _spans(element, page) if node["kind"] != "plain" or node["text"]]


def _spans(element: Element, page: Page) -> Iterator[Node]:
    yield _plain(element.text)
    for part in element:
        if part.tag == "a":
            kind = "call" if (part.get("href") or "").startswith("tel:") else "plain"
            yield {"kind": kind, "text": _words(part)}
        elif part.tag == "br":
            yield {"kind": "break"}
        elif part.tag in _SPANS:
            yield {"kind": _SPANS[part.tag], "text": _words(part)}
        else:
            raise _unprintable(part, page)
        yield _plain(part.tail)


def _plain(text: str | None) -> Node:
    return {"kind": "plain", "text": re.sub(r"\s*\n\s*", " ", text or "")}


def _unprintable(element: Element, page: Page) -> HuiyinError:
    return HuiyinError(f"{page.path}: paper cannot show <{element.tag}>: say it in a paragraph, a list or a table")
