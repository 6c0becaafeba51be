"""Errors as pages: what happened, and what to do next."""

import logging

from flask import Flask, render_template
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from portal import text
from surveys.errors import CaseError, StoreBusyError, StoreError

LOG = logging.getLogger("huiyin")


def install(app: Flask) -> None:
    """Turn every error into a page with a status; nobody sees a traceback."""
    app.register_error_handler(HTTPException, _http)
    for kind in (StoreBusyError, StoreError, CaseError):
        app.register_error_handler(kind, _store)
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> tuple[str, int]:
    known = {
        403: gettext("This form was sent from another site. Open the page here and send it again."),
        404: gettext("There is no such page. Perhaps the address was cut off, or the survey has closed."),
        405: gettext("This address takes only what its own form sends. Go to the form and start there."),
        413: gettext("That was too much at once. Shorten what you wrote and send it again."),
        429: str(text.TOO_MANY),
    }
    code = error.code or 500
    message = known.get(code, gettext("This request could not be read. Go back and try again."))
    return render_template("error.html", message=message, code=code), code


def _store(error: Exception) -> tuple[str, int, dict[str, str]]:
    LOG.error("store: %s", error)
    return render_template("error.html", message=str(text.BUSY), code=503), 503, {"Retry-After": "5"}


def _unexpected(error: Exception) -> tuple[str, int]:
    # Only the place of the fault is logged: a message or a frame could hold what a resident wrote.
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    LOG.error("unexpected %s at %s", type(error).__name__, place)
    message = gettext("Something went wrong here, and nothing was stored. Please go back and send it once more.")
    return render_template("error.html", message=message, code=500), 500
