"""Bodies of requests: taken whole or not at all, and waited for by some of the threads, never by all."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import IO, TYPE_CHECKING, NoReturn
from urllib.parse import unquote_plus

import flask
from flask import Flask, abort, request

from portal.limits import network_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PATIENCE = 0.5
"""Seconds in which a place comes free when bodies are only many, and not stalled."""
_HEARD_OUT = 4
"""How many times too long a large body may be, and still be read to its end and thrown away."""
_PIECE = 256 * 1024
_HELD = "huiyin.large_place"
_KEPT = "huiyin.kept_texts"
_SECRET = ("password", "old", "new", "again", "secret", "code", "_token", "_grant")
_MOST_FIELDS, _LONG, _SHOWN = 200, 60, 20_000
MOST_LARGE = 8
"""How many large bodies are held at once, so that they do not fill the memory."""


_SHARE = 6
"""Which part of the places one visitor's bodies may take: a stalling one then leaves room for everybody else."""


class Places:
    """How many bodies are waited for at once, in all and of one visitor; names are forgotten with the last body."""

    def __init__(self, most: int) -> None:
        self._free, self._each = most, max(2, most // _SHARE)
        self._held: Counter[str] = Counter()
        self._change = threading.Condition()

    def take(self, visitor: str, patience: float = 0) -> bool:
        """Whether a place was had within `patience` seconds; give it back with `give`."""
        with self._change:
            if not self._change.wait_for(lambda: self._free and self._held[visitor] < self._each, patience):
                return False
            self._free -= 1
            self._held[visitor] += 1
            return True

    def give(self, visitor: str) -> None:
        """Give a place back."""
        with self._change:
            self._free += 1
            self._held[visitor] -= 1
            if not self._held[visitor]:
                del self._held[visitor]
            self._change.notify_all()


class Request(flask.Request):
    """A request whose files stay in memory: a photo as it was sent is never written to a disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


class WholeBodies:
    """Reads the body of a post before anything acts on it.

    The server hands over what a broken connection left behind as if it were all, and waits without end for
    one that stalls. So the length must be said beforehand and kept, and at most `most` bodies are waited for.
    Addresses in `larger` take bodies up to so many bytes, few at a time and never with the places of the others.
    """

    def __init__(self, most: int, larger: Mapping[str, int]) -> None:
        self._places = Places(most)
        self._large_places = Places(min(MOST_LARGE, max(1, most // 4)))
        self._larger = larger

    def install(self, app: Flask) -> None:
        """Stand before each request of the app, and clear up after it."""
        app.before_request(self.take)
        app.teardown_request(self.release)

    def take(self) -> None:
        """Before each request: 411 without a length, 400 if less came, 413 if too much, 503 if too many wait."""
        # Without this mark the body must be as long as was said; a shorter one is a client that went away.
        request.environ.pop("wsgi.input_terminated", None)
        if request.method != "POST" or request.url_rule is None:
            return
        if request.content_length is None:
            abort(411)
        most = self._larger.get(request.endpoint or "")
        if most is not None:
            self._take_large(request.content_length, most)
            return
        visitor = _visitor(request.environ)
        if not self._places.take(visitor, PATIENCE):
            abort(503)
        try:
            if request.content_length > (request.max_content_length or request.content_length):
                _give_back(request.content_length, request.max_content_length or 0)
            request.get_data()
        finally:
            self._places.give(visitor)

    def read(self, environ: "WSGIEnvironment", length: int) -> bytes | None:
        """A body as far as it came, None if too many are waited for; whoever reads it again finds the same."""
        visitor = _visitor(environ)
        if not self._places.take(visitor):
            return None
        try:
            body = b"".join(_pieces(environ["wsgi.input"], length))
        finally:
            self._places.give(visitor)
        environ["wsgi.input"] = BytesIO(body)
        return body

    def _take_large(self, length: int, most: int) -> None:
        visitor = _visitor(request.environ)
        if not self._large_places.take(visitor, PATIENCE):
            abort(503)
        request.environ[_HELD] = visitor
        if length > most:
            _refuse_when_sent(length, most)
        request.max_content_length = most
        request.get_data()

    def release(self, _: BaseException | None = None) -> None:
        """After each request: a large body was in memory until now."""
        visitor = request.environ.pop(_HELD, None)
        if visitor is not None:
            self._large_places.give(visitor)


def kept() -> list[str]:
    """The long texts of a form that was too large, as far as a page can show them, to be copied."""
    found: list[str] = request.environ.get(_KEPT, [])
    return found


def _give_back(length: int, most: int) -> NoReturn:
    """413, with the texts that came: whoever wrote that much shall not lose it."""
    if length <= _HEARD_OUT * most and request.mimetype == "application/x-www-form-urlencoded":
        body = b"".join(_pieces(request.environ["wsgi.input"], length)).decode("utf-8", "replace")
        fields = [part.partition("=") for part in body.split("&", _MOST_FIELDS)[:_MOST_FIELDS]]
        texts = [unquote_plus(value).strip() for name, _, value in fields if name not in _SECRET]
        request.environ[_KEPT] = [text[:_SHOWN] for text in texts if len(text) >= _LONG]
    abort(413)


def _pieces(stream: IO[bytes], length: int) -> Iterator[bytes]:
    while length > 0 and (piece := stream.read(min(length, _PIECE))):
        length -= len(piece)
        yield piece


def _refuse_when_sent(length: int, most: int) -> NoReturn:
    """413, but not before a browser has sent what it began: one that is cut off shows no page at all."""
    left = length if length <= _HEARD_OUT * most else 0
    for _ in _pieces(request.environ["wsgi.input"], left):
        pass
    abort(413)


def _visitor(environ: "WSGIEnvironment") -> str:
    return network_of(environ.get("REMOTE_ADDR"))
