"""Atom feeds of the site (RFC 4287): made without the site's address, which is put in when the site is finished."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin
from xml.sax.saxutils import escape, quoteattr

FEED = "feed.xml"
TIME = "T00:00:00+08:00"
"""Midnight in Shanghai: a feed tells days and nothing finer."""
BEGINNING = "2026-01-01"
"""When a feed that holds nothing was last changed."""
_NAMES = uuid.UUID("5d0f7d4c-6f0b-5c0e-9d1e-2f4f6a2c9b11")
_ID = re.compile("<id>[^<]*</id>")
_ADDRESS = re.compile(r'(<link [^>]*href=")([^"]*)(")')


@dataclass(frozen=True)
class FeedEntry:
    """One entry: a name that never changes, its title, where it stands beside the feed, since when, and as of when."""

    key: str
    title: str
    address: str
    day: str
    updated: str = ""


@dataclass(frozen=True)
class Feed:
    """A feed beside the page that it belongs to; `language` as in HTML."""

    key: str
    language: str
    title: str
    subtitle: str
    author: str
    entries: tuple[FeedEntry, ...]


def atom(feed: Feed) -> bytes:
    """The feed as XML, one element a line; the same feed gives the same bytes."""
    return "\n".join(_lines(feed)).encode() + b"\n"


def _lines(feed: Feed) -> Iterable[str]:
    updated = max((entry.updated or entry.day for entry in feed.entries), default=BEGINNING)
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(feed.language)}>'
    yield f"<id>{_name(feed.key)}</id>"
    yield f"<title>{escape(feed.title)}</title>"
    yield f"<subtitle>{escape(feed.subtitle)}</subtitle>"
    yield f"<updated>{updated}{TIME}</updated>"
    yield f"<author><name>{escape(feed.author)}</name></author>"
    yield f'<link rel="self" type="application/atom+xml" href="{FEED}"/>'
    yield '<link rel="alternate" type="text/html" href="./"/>'
    for entry in feed.entries:
        yield "<entry>"
        yield f"<id>{_name(entry.key)}</id>"
        yield f"<title>{escape(entry.title)}</title>"
        yield f"<published>{entry.day}{TIME}</published>"
        yield f"<updated>{entry.updated or entry.day}{TIME}</updated>"
        yield f'<link rel="alternate" type="text/html" href={quoteattr(entry.address)}/>'
        yield "</entry>"
    yield "</feed>"


def _name(key: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMES, key)}"


def with_addresses(feed: str, page: str) -> str:
    """The feed with every link made whole and a name that no other office has, given the page that it stands beside."""
    named = _ID.sub(lambda _: f"<id>{escape(urljoin(page, FEED))}</id>", feed, count=1)
    return _ADDRESS.sub(lambda link: link[1] + urljoin(page, link[2]) + link[3], named)
