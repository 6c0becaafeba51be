"""Counts for whoever watches the machine, in Prometheus' text form, and told to programs on the machine alone.

A count that goes up by one with every answer would tell when somebody answered, and so would the length of the log or
what is free on the disk. So what visitors ask for is told in whole hundreds, and bytes in large steps. Only refusals
that stored nothing, and say so to an alarm, are exact: too many requests, and faults.
"""

import ipaddress
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, request

from portal import health
from portal.state import Portal, portal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STEP = 100
"""Requests are told in whole steps of so many."""
PART = 1024 * 1024
"""Bytes in which the store is told, file and log apart: the log grows with each answer, by some thousand bytes."""
FREE_PART = 16 * PART
_COUNTS, _ROUTE = "huiyin.counts", "huiyin.route"
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
blueprint = Blueprint("metrics", __name__)


class Counts:
    """How many requests were answered since the start, by face and class of status, and which were turned away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: Counter[tuple[str, str]] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()

    def add(self, face: str, status: str, route: str) -> None:
        """Count one answer, `status` as three digits."""
        with self._lock:
            self._answered[face, f"{status[0]}xx"] += 1
            if status == "429" or status[0] == "5":
                self._refused[route, status] += 1

    def lines(self) -> Iterator[str]:
        """Both counts in Prometheus' text form."""
        with self._lock:
            answered, refused = sorted(self._answered.items()), sorted(self._refused.items())
        yield from _head("huiyin_requests_total", "counter", f"Requests by face and status, in steps of {STEP}.")
        for (face, status), n in answered:
            yield f'huiyin_requests_total{{face="{face}",status="{status}"}} {n // STEP * STEP}'
        yield from _head("huiyin_refusals_total", "counter", "Requests turned away or failed, by route and status.")
        for (route, status), n in refused:
            yield f'huiyin_refusals_total{{route="{route}",status="{status}"}} {n}'


class Counted:
    """Wraps the whole application and counts its answers by class, never by visitor."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
        self._counts = Counts()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Pass the request on, and count its answer when the status is known."""
        face = face_of(environ["PATH_INFO"])
        environ[_COUNTS] = self._counts

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            self._counts.add(face, status[:3], environ.get(_ROUTE) or face)
            return start_response(status, headers, *rest)

        return self._application(environ, start)


def face_of(path: str) -> str:
    """Which face of the house an address belongs to: site, portal or staff."""
    if not path.startswith("/portal/"):
        return "site"
    return "staff" if path.startswith("/portal/staff/") else "portal"


def install(app: Flask) -> None:
    """Let each request carry the name of its route, before anything may refuse it."""
    app.before_request(_name_route)
    app.register_blueprint(blueprint)


def _name_route() -> None:
    request.environ[_ROUTE] = request.endpoint


@blueprint.get("/metrics")
def metrics() -> Response:
    """What is counted; 404 for whoever does not ask from the machine itself, or through a proxy."""
    if not is_on_this_machine(request.environ):
        abort(404)
    counts = request.environ.get(_COUNTS) or Counts()
    text = "\n".join((*_gauges(portal()), *counts.lines(), ""))
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def is_on_this_machine(environ: "WSGIEnvironment") -> bool:
    """Whether the peer is a loopback address, and speaks for nobody else."""
    peer = environ.get("werkzeug.proxy_fix.orig", environ).get("REMOTE_ADDR")
    if any(name in environ for name in _FORWARDED):
        return False
    with suppress(ValueError):
        return ipaddress.ip_address(peer or "").is_loopback
    return False


def _gauges(here: Portal) -> Iterator[str]:
    database = here.config.database
    log = database.with_name(f"{database.name}-wal")
    yield from _gauge("huiyin_ready", "1 if answers can be stored.", int(health.state_of_store(here) == "ready"))
    yield from _gauge("huiyin_definition_faults", "Faults that keep changed definitions waiting.", len(here.faults))
    size = -(-_bytes(database) // PART) * PART + _bytes(log) // PART * PART
    yield from _gauge("huiyin_store_bytes", "The file with its log, in whole MiB; 0 where a server keeps it.", size)
    with suppress(OSError):
        free = health.free_bytes(here) // FREE_PART * FREE_PART
        yield from _gauge("huiyin_disk_free_bytes", "What is free on the database's disk, in steps of 16 MiB.", free)


def _bytes(path: Path) -> int:
    """The length of a file, 0 if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _gauge(name: str, words: str, value: int) -> Iterator[str]:
    yield from _head(name, "gauge", words)
    yield f"{name} {value}"


def _head(name: str, kind: str, words: str) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"
