"""The feed of one's own case: states and days for a feed reader, under an address that she can end at any time."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from portal import case_page, case_text, my_case
from portal.catalogues import locale_of
from portal.errors import log_store
from portal.forms import CaseForm
from portal.language import tag
from portal.my_case import Said
from portal.state import Portal, portal
from portal.text import BUSY
from surveys import cases, feeds
from surveys.case_rules import derive
from surveys.case_standing import Standing
from surveys.errors import FeedError, StoreBusyError, StoreError

blueprint = Blueprint("case_feeds", __name__)
_ATOM = "http://www.w3.org/2005/Atom"
_LAST_DIGITS = 4
ET.register_namespace("", _ATOM)


@dataclass(frozen=True)
class Entry:
    """One thing that happened, as the feed tells it: a name for good, a day, a sentence, and what was then next."""

    id: str
    day: date
    title: str
    content: str


@blueprint.after_request
def keep_to_itself(response: Response) -> Response:
    """The address is the key: no cache, no search engine and no other site may learn of it."""
    if request.endpoint == "case_feeds.feed":
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.post("/case/feed")
def switch_on() -> ResponseReturnValue:
    """Make an address for the feed and show it this once; the one before it ends."""
    here, form = portal(), CaseForm(request.form)
    found = my_case.opened(here, form)
    if not isinstance(found, cases.Case):
        return my_case.codes_page(form, found)
    nonce, seen = request.form.get("nonce", "")[:100], request.form.get("seen", "")
    try:
        token = feeds.switch_on(here.store, here.keys, cases.resident(found.number), nonce, seen)
    except FeedError:
        return my_case.page(here, form, found, Said(str(case_text.MOVED_ON), status=409))
    except (StoreBusyError, StoreError) as error:
        return my_case.page(here, form, found, _busy(error))
    address = _public(here, url_for("case_feeds.feed", token=token, lang=None))
    return my_case.page(here, form, found, Said(done=str(case_text.FEED_ON), feed=address))


@blueprint.post("/case/feed/off")
def switch_off() -> ResponseReturnValue:
    """End the feed's address."""
    here, form = portal(), CaseForm(request.form)
    found = my_case.opened(here, form)
    if not isinstance(found, cases.Case):
        return my_case.codes_page(form, found)
    try:
        feeds.switch_off(here.store, cases.resident(found.number))
    except (StoreBusyError, StoreError) as error:
        return my_case.page(here, form, found, _busy(error))
    return my_case.page(here, form, found, Said(done=str(case_text.FEED_OFF)))


def _public(here: Portal, path: str) -> str:
    """The address of a page; its path alone where the public address is not set, for a request can name any host."""
    return (here.config.site_url or "") + path


def _busy(error: Exception) -> Said:
    log_store(error)
    return Said(str(BUSY), status=503)


@blueprint.get("/feed/<token>.xml")
def feed(token: str) -> ResponseReturnValue:
    """The feed that the token leads to; wrong tokens are slowed down as wrong codes are."""
    here = portal()
    found = feeds.find(here.store, here.keys, token)
    if found is None:  # right ones are never slowed down: 192 bits are not guessed, and readers share a network
        abort(404 if here.feeds_limit.allows(request.remote_addr) else 429)
    with force_locale(locale_of(found.language)):
        written = _written(here, found, list(_entries(here, found)))
    return Response(written, content_type="application/atom+xml; charset=utf-8")


def _entries(here: Portal, case: cases.Case) -> Iterator[Entry]:
    """What happened, oldest first; what was then next stands beside it and never changes."""
    for place, event in enumerate(case.events, 1):
        if event.kind in case_text.JOINED:
            then = derive(case.events[:place], case.unit)
            yield _entry(here, case.number, place, event, _next(case, then))
    joined = cases.joined_to(here.store, case)
    since = case.standing.ended or case.received
    for place, event in enumerate(joined.events if joined else (), 1):
        if event.kind in case_text.JOINED and event.day >= since:
            yield _entry(here, f"{case.number} {case.standing.master}", place, event, "")


def _entry(here: Portal, of: str, place: int, event: cases.Event, content: str) -> Entry:
    return Entry(_name(here, of, str(place)), event.day, str(case_text.JOINED[event.kind]), content)


def _name(here: Portal, *parts: str) -> str:
    """A name that stays and leads nowhere, not even with the number of the case in hand."""
    return uuid.UUID(bytes=here.keys.code("feed entry", *parts)[:16], version=4).urn


def _next(case: cases.Case, standing: Standing) -> str:
    limits = case_page.next_limits(standing)
    return "\n".join(gettext("%(day)s: %(sentence)s", day=day, sentence=said) for day, said in limits)


def _written(here: Portal, case: cases.Case, entries: list[Entry]) -> bytes:
    root = ET.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": tag(case.language)})
    number = case.number[-_LAST_DIGITS:]
    _put(root, "id", _name(here, case.number, "feed"))
    _put(root, "title", gettext("Case ending in %(digits)s", digits=number))
    _put(root, "updated", _moment(max(entry.day for entry in entries)))
    _put(ET.SubElement(root, f"{{{_ATOM}}}author"), "name", gettext("Huiyin"))
    look_up = _public(here, url_for("my_case.case_form", lang=case.language))
    ET.SubElement(root, f"{{{_ATOM}}}link", {"rel": "alternate", "type": "text/html", "href": look_up})
    for entry in reversed(entries):
        one = ET.SubElement(root, f"{{{_ATOM}}}entry")
        _put(one, "id", entry.id)
        _put(one, "title", entry.title)
        _put(one, "updated", _moment(entry.day))
        ET.SubElement(one, f"{{{_ATOM}}}link", {"rel": "alternate", "type": "text/html", "href": look_up})
        _put(one, "content", entry.content or entry.title)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _put(parent: ET.Element, name: str, words: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = str(words)


def _moment(day: date) -> str:
    """The beginning of a day here; nothing finer is known."""
    return f"{day.isoformat()}T00:00:00+08:00"
