"""Errors as pages: what happened, and what to do next."""

from flask import Flask, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal import bodies, spark, text
from portal.journal import LOG, kind_and_place
from surveys.errors import CaseError, StoreBusyError, StoreError

_SECRET = frozenset(("password", "code", "old", "new", "again"))
_RETRY_SECONDS = {429: "60", 503: "5"}


def install(app: Flask) -> None:
    """Turn every error into a page with a status; nobody sees a traceback."""
    app.register_error_handler(HTTPException, _http)
    for kind in (StoreBusyError, StoreError, CaseError):
        app.register_error_handler(kind, _store)
    app.register_error_handler(Exception, _unexpected)


def retry_after(status: int) -> dict[str, str]:
    """The header that says when to send again, for a status that passes by waiting."""
    return {"Retry-After": _RETRY_SECONDS[status]} if status in _RETRY_SECONDS else {}


def log_store(error: Exception) -> None:
    """Tell the operator why nothing was stored; the text of a store's error holds nothing of the visitor."""
    LOG.error("store: %s", error, extra={"status": 503})


def _http(error: HTTPException) -> tuple[str | bytes, int, dict[str, str]]:
    known = {
        403: gettext("This form was sent from another site. Open the page here and send it again."),
        404: gettext("There is no such page. Perhaps the address was cut off, or the survey has closed."),
        405: gettext("This address takes only what its own form sends. Go to the form and start there."),
        413: _too_much(),
        429: str(text.TOO_MANY),
        503: str(text.BUSY),
    }
    code = error.code or 500
    if code == 404 and f"{request.path}/".startswith("/staff/"):
        told = gettext("This is not here any more, or not open to your role. What you may open stands at your desk.")
        return render_template("staff/refused.html", message=told, heading=gettext("Not here")), code, {}
    message = known.get(code, gettext("This request could not be read. Go back and try again."))
    headers = retry_after(code)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if request.path.startswith(f"{spark.PREFIX}/"):
        return _to_program(code, headers)
    return render_template("error.html", message=message, code=code, kept=bodies.kept()), code, headers


def _to_program(code: int, headers: dict[str, str]) -> tuple[bytes, int, dict[str, str]]:
    """An address or a method that Open311 does not have, in the format that was asked for."""
    form = spark.form_of(request.path)
    told = {
        404: gettext("There is no such address here: discovery.xml and services.xml tell what there is."),
        405: gettext("This address does not take that method: read with GET, and send to requests with POST."),
    }
    sentence = told.get(code, gettext("This request could not be read."))
    return spark.error(form, code, sentence), code, headers | {"Content-Type": spark.CONTENT_TYPES[form]}


def _too_much() -> str:
    if (request.endpoint or "").startswith("case_photos"):
        return str(text.PHOTOS_TOO_LARGE)
    return str(gettext("That was too much at once. Shorten what you wrote and send it again."))


def _store(error: Exception) -> tuple[str, int, dict[str, str]]:
    log_store(error)
    again, action = _again(), f"{request.script_root}{request.full_path}"
    page = render_template("error.html", message=str(text.BUSY), code=503, again=again, action=action)
    return page, 503, retry_after(503)


def _again() -> list[tuple[str, str]]:
    """What was typed, to be sent once more from the page; a password or a code is typed anew."""
    if request.method != "POST" or request.files or _SECRET.intersection(request.form):
        return []
    return list(request.form.items(multi=True))


def log_unexpected(error: Exception) -> None:
    """Tell the operator the kind and the place of a fault, and no more."""
    LOG.error("unexpected %s", kind_and_place(error), extra={"status": 500})


def _unexpected(error: Exception) -> tuple[str, int]:
    log_unexpected(error)
    message = gettext("Something went wrong here, and nothing was stored. Please go back and send it once more.")
    return render_template("error.html", message=message, code=500), 500
