"""Whether a page of the site helped: one vote, and thanks for it."""

import re
from pathlib import Path

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.state import Portal, portal
from surveys import responses
from surveys.store import answers

blueprint = Blueprint("helpful", __name__)
# Without empty names and dots, and short enough for any file system.
_ADDRESS = re.compile(r"/(?:[^/.\0][^/\0]{0,62}/){0,12}")


@blueprint.post("/helpful")
def vote() -> ResponseReturnValue:
    """Count whether a page of the site helped; the page must be one that is published."""
    here = portal()
    page, said = request.form.get("page", ""), request.form.get("answer", "")
    if said not in ("yes", "no") or not _is_published(here, page):
        abort(400)
    if not here.votes_limit.allows(request.remote_addr):
        abort(429)
    period = responses.period_of(here.today())
    here.store.write(lambda connection: answers.add_page_vote(connection, page, period, said == "yes"))
    return redirect(url_for(".thanks", page=page), 303)


def _is_published(here: Portal, page: str) -> bool:
    """Whether a page is published under exactly this address; other spellings of it would be counted apart."""
    return _ADDRESS.fullmatch(page) is not None and Path(f"{here.config.public}{page}index.html").is_file()


@blueprint.get("/thanks")
def thanks() -> ResponseReturnValue:
    """Thanks for a vote, and the way back to the page."""
    here = portal()
    page = request.args.get("page", "/")
    return render_template("thanks.html", page=page if _is_published(here, page) else "/")
