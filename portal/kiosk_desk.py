"""The admin's page of kiosks: an address for a tablet at a counter, and which were given out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal import accounts
from portal.language import current
from portal.state import Portal, portal
from surveys import audit, kiosks
from surveys.audit import AuditRow, Entry, Wanted

blueprint = Blueprint("kiosk_desk", __name__, url_prefix="/staff/kiosks")
SHOWN = 50


@dataclass(frozen=True)
class _Given:
    """An address that was given out: for which survey and unit, when, and its last day."""

    survey: str
    unit: str
    day: date
    last: date


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """The form for an address, and those that were given out, the newest first."""
    return _page(portal())


@blueprint.post("")
def give() -> ResponseReturnValue:
    """Give out one more address, which this page alone shows."""
    here, wanted = portal(), request.form.get("kiosk", "")
    if wanted not in _choices(here):
        return _page(here, error=str(gettext("Choose where the kiosk stands and what it asks")))
    unit, survey = wanted.split(" ")
    given = kiosks.new_pass(survey, unit, here.today())
    entry = Entry(accounts.session().account.id, "admin", "kiosk_issue", given.name, {"survey": survey, "unit": unit})
    here.store.write(lambda connection: audit.record(connection, entry, accounts.now()))
    site = here.config.site_url or request.host_url.rstrip("/")
    asked = url_for("kiosk.ask", unit=unit, k=kiosks.sign(here.keys, given), lang=None)
    return _page(here, address=f"{site}{asked}", given=wanted)


def _page(here: Portal, error: str = "", **shown: str) -> ResponseReturnValue:
    page = render_template(
        "staff/kiosks.html",
        choices=_choices(here),
        listed=list(_given_out(here)),
        definitions=here.definitions,
        titles={key: here.definitions.versions(key)[-1].title for key, _ in here.definitions.surveys},
        days=kiosks.PASS_DAYS,
        errors={"kiosk": error} if error else {},
        **shown,
    )
    return page, 422 if error else 200


def _choices(here: Portal) -> Mapping[str, str]:
    """Unit and survey of every kiosk that can be set up today, with their names."""
    pairs = kiosks.offered(here.definitions, here.today())
    return {
        f"{unit.code} {survey.key}": f"{unit.name[current()]} · {survey.title[current()]}" for unit, survey in pairs
    }


def _given_out(here: Portal) -> Iterator[_Given]:
    for row in audit.listing(here.store, Wanted(act="kiosk_issue"), None, SHOWN):
        yield _read(here, row)


def _read(here: Portal, row: AuditRow) -> _Given:
    told = json.loads(row.details)
    issued = date.fromisoformat(row.at[:10])
    last = issued + timedelta(days=kiosks.PASS_DAYS)
    unit = here.definitions.units.get(told["unit"])
    if unit and unit.kiosks_since and issued < unit.kiosks_since:
        last = min(last, unit.kiosks_since - timedelta(days=1))
    return _Given(told["survey"], told["unit"], issued, last)
