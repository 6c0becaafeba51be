"""The two requests that come by the thousand, answered before Flask: an empty form, and one that was filled in well.

Flask takes every request that this file leaves alone, with its body as it came. Nothing is refused here: whatever
is not plain, and whatever a page would have to say something about, goes on, so that each rule keeps its one place.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

from flask import Flask
from flask.typing import ResponseReturnValue
from werkzeug.utils import redirect

from portal import public
from portal.bodies import WholeBodies
from portal.errors import log_unexpected
from portal.forms import CARD_FIELDS, HONEYPOT_FIELD, TOKEN_FIELD, WITHOUT_CARD, plain_answers
from portal.language import chosen
from portal.state import Portal, portal_of
from surveys import responses
from surveys.errors import AnswerError, StoreBusyError, StoreError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MOST = 64 * 1024
"""Bytes of a body that may be plain; a form filled to its limits stays below."""
_PATH = re.compile(r"/s/([a-z0-9_-]+)")
_QUERY = re.compile(r"(?:lang=([A-Za-z0-9-]+)&)?unit=([a-z0-9_-]+)(?:&lang=([A-Za-z0-9-]+))?(?:&sent=1)?")
_FORM = "application/x-www-form-urlencoded"
_OWN_SITES = ("same-origin", "none")
_MARK = "mark"
_REDIRECT = redirect(_MARK, 303).get_data(as_text=True).split(_MARK)
Headers = list[tuple[str, str]]
Answered = tuple[str, Headers, bytes]


class _Asked(NamedTuple):
    """What an address asks for, and the language in which."""

    survey: str
    unit: str
    language: str
    explicit: str | None


class LeanPath:
    """Stands before a Flask app; it gives the bytes that the app would give, or leaves the request to it."""

    def __init__(self, app: Flask, bodies: WholeBodies) -> None:
        self._app = app
        self._bodies = bodies
        self._onward = app.wsgi_app
        with app.test_request_context("/s/any"):
            self._form_headers = _finished(app, ("", public.FORM_HEADERS))
            self._sent_headers = _finished(app, redirect(_MARK, 303))

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer, or go on to Flask."""
        try:
            answered = self._answered(environ)
        except Exception as error:
            log_unexpected(error)
            answered = None
        if answered is None:
            return self._onward(environ, start_response)
        status, headers, body = answered
        start_response(status, headers)
        return [body]

    def _answered(self, environ: "WSGIEnvironment") -> Answered | None:
        path, query = _PATH.fullmatch(environ["PATH_INFO"]), _QUERY.fullmatch(environ.get("QUERY_STRING", ""))
        if path is None or query is None:
            return None
        here = portal_of(self._app)
        lang = query[1] or query[3]
        language, explicit = chosen(here.definitions.all_languages, lang, environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        asked = _Asked(path[1], query[2], language, explicit)
        if environ["REQUEST_METHOD"] == "GET":
            return self._form(here, asked)
        if environ["REQUEST_METHOD"] == "POST" and (length := _plain_length(environ)):
            body = self._bodies.read(environ, length)
            return self._stored(here, asked, environ, body) if body and len(body) == length else None
        return None

    def _form(self, here: Portal, asked: _Asked) -> Answered | None:
        survey = here.definitions.current(asked.survey, here.today())
        unit = public.unit_of(here, survey, asked.unit) if survey else None
        if survey is None or unit is None or public.page_key(survey, *asked[2:]) not in here.pages:
            return None
        page = public.filled_page(here, survey, unit, asked.language, asked.explicit)
        return "200 OK", _filled(self._form_headers, page), page

    def _stored(self, here: Portal, asked: _Asked, environ: "WSGIEnvironment", body: bytes) -> Answered | None:
        response = _response(here, asked, _fields(body))
        if response is None or not here.answers_limit.allows(environ.get("REMOTE_ADDR")):
            return None
        try:
            stored = responses.save(here.store, response)
        except (StoreBusyError, StoreError) as error:
            environ[public.FAILED] = error
            return None
        return self._sent(environ["SCRIPT_NAME"], public.receipt_of(here, stored, response), asked.explicit)

    def _sent(self, root: str, receipt: str, explicit: str | None) -> Answered:
        address = f"{root}/receipt?r={receipt}" + (f"&lang={explicit}" if explicit else "")
        page = address.replace("&", "&amp;").join(_REDIRECT).encode()
        return "303 SEE OTHER", _filled(self._sent_headers, page, Location=address), page


def _finished(app: Flask, answer: ResponseReturnValue) -> Headers:
    """The headers with which the answer of a view leaves the app."""
    return [*app.process_response(app.make_response(answer)).headers]


def _filled(headers: Headers, page: bytes, **own: str) -> Headers:
    own["Content-Length"] = str(len(page))
    return [(name, own.get(name, value)) for name, value in headers]


def _plain_length(environ: "WSGIEnvironment") -> int | None:
    """How long the body of a form is that one of our pages sent; None for any other."""
    length = environ.get("CONTENT_LENGTH") or ""
    site = environ.get("HTTP_SEC_FETCH_SITE")
    own = site in _OWN_SITES or (site is None and "HTTP_ORIGIN" not in environ)
    plain = environ.get("CONTENT_TYPE") == _FORM and "HTTP_TRANSFER_ENCODING" not in environ
    fits = length.isascii() and length.isdigit() and int(length) <= MOST
    return int(length) if own and plain and fits else None


def _fields(body: bytes) -> dict[str, list[str]]:
    """The fields of a form by name; none at all if anything in it is not as browsers send it."""
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        return {}


def _response(here: Portal, asked: _Asked, fields: Mapping[str, list[str]]) -> responses.Response | None:
    """What a form stores in which nothing is amiss, and to which no card belongs."""
    token = here.signer.read(fields.get(TOKEN_FIELD, [""])[0], asked.survey)
    if token is None or WITHOUT_CARD in fields or any(any(fields.get(name, ())) for name in _UNUSUAL):
        return None
    survey = public.version_asked(here, asked.survey, token)
    unit = public.unit_of(here, survey, asked.unit, public.GRACE_DAYS) if survey else None
    if survey is None or unit is None or public.is_hasty(here, token):
        return None
    try:
        answers, texts = responses.check_answers(survey, plain_answers(survey, fields))
    except AnswerError:
        return None
    basis = responses.basis_of(public.CHANNEL)
    return public.response_of(here, survey, unit, token, asked.language, answers, texts, basis)


_UNUSUAL = (*CARD_FIELDS, HONEYPOT_FIELD)
