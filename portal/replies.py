"""Replies of the staff as they are shown: Markdown, with nothing left in it that could run, load or lead away."""

import re

import markdown
import nh3
from markdown.extensions.toc import TocExtension
from markupsafe import Markup

from surveys.markup import is_moderate

_TAGS = frozenset(("a", "blockquote", "br", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "strong", "ul"))
_FOREIGN_LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\(\s*<?((?:https?:)?//[^)\s>]+)>?[^)\n]*\)")
_OWN_LINK = re.compile(r"/(?![/\\])[^\\\s]*|tel:\+?[0-9]+")


def render(written: str) -> Markup:
    """HTML of a reply: links lead to this portal's own pages and to telephones, other addresses stay as text."""
    return _marked(written) if is_moderate(written) else _as_it_stands(written)


def _as_it_stands(written: str) -> Markup:
    parts = [Markup("<br>\n").join(part.splitlines()) for part in re.split(r"\n\s*\n", written.strip())]
    return Markup("\n").join(Markup("<p>{}</p>").format(part) for part in parts)


def _marked(written: str) -> Markup:
    plain = _FOREIGN_LINK.sub(r"\1 (\2)", written)
    html = markdown.markdown(plain, extensions=["nl2br", "sane_lists", TocExtension(baselevel=3)])
    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={"a": {"href"}},
        attribute_filter=lambda _tag, name, value: value if name == "href" and _OWN_LINK.fullmatch(value) else None,
        url_schemes={"tel"},
        link_rel=None,
    )
    return Markup(clean)  # noqa: S704  (nh3 has just cleaned it)
