"""The page for editors: which pages of the site helped readers least, by their own votes."""

from flask import Blueprint, render_template

from portal.public import titles
from portal.state import portal
from surveys import page_votes
from surveys.responses import months_back, period_of

blueprint = Blueprint("pages_desk", __name__, url_prefix="/staff/pages")
MONTHS = 6


@blueprint.get("")
def listing() -> str:
    """Every page with votes of the last months, least helpful first."""
    here = portal()
    first = months_back(period_of(here.today()), MONTHS - 1)
    votes = here.store.read(lambda connection: page_votes.since(connection, first))
    return render_template("staff/pages.html", votes=votes, first=first, months=MONTHS, titles=titles(here))
