"""The surveys desk: preview a survey, open and close it, see how many answers came in, and print its QR codes.

What is asked stays in the files; here is decided when. Nothing on these pages tells how anybody rated.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import cast

import segno
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import accounts, surveys_text
from portal.errors import log_store, retry_after
from portal.language import current
from portal.public import GRACE_DAYS, form_page
from portal.state import Portal, portal
from portal.text import BUSY
from surveys import audit, lock, openings
from surveys.definition import Definitions, Survey, Unit
from surveys.errors import OpeningError, StoreBusyError
from surveys.openings import Act, Decision, OpeningRow, State
from surveys.responses import next_period, period_of
from surveys.store import Connection
from surveys.store import openings as record

blueprint = Blueprint("surveys_desk", __name__, url_prefix="/staff/surveys")
_VERSION = "<key>/<int:version>"


@dataclass(frozen=True)
class Version:
    """One version as the desk shows it: its days, where it stands, and what can be done with it."""

    survey: Survey
    state: State
    asked: bool
    act: Act | None
    sequence: int
    digest: str

    @property
    def opened(self) -> str:
        """The first day, as it is shown."""
        return "" if self.state == "draft" else self.survey.opened.isoformat()

    @property
    def closed(self) -> str:
        """The last day, as it is shown."""
        return self.survey.closed.isoformat() if self.survey.closed else ""


@dataclass(frozen=True)
class Volumes:
    """How many answer sets count in a month, by unit and by the day they came in on; never what they say."""

    month: str
    units: Mapping[str, int]
    days: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.days.values())


def _versions(here: Portal, key: str) -> list[Version]:
    """All versions, the newest first; 404 if there is no such survey."""
    days = openings.effective(here.written, here.openings)
    return [_version(here, survey) for survey in reversed(days.versions(key))] or abort(404)


def _version(here: Portal, survey: Survey) -> Version:
    pair, today = (survey.key, survey.version), here.today()
    rows = openings.by_version(here.openings).get(pair, ())
    now = here.definitions.current(survey.key, today)
    return Version(
        survey,
        state=openings.state(here.definitions.surveys[pair], today),
        asked=now is not None and now.version == survey.version,
        act=None if here.faults else openings.possible(here.written.surveys[pair], rows, today),
        sequence=len(rows),
        digest=here.written.digest(here.written.surveys[pair]),
    )


def _one_version(here: Portal, key: str, version: int) -> Version:
    return next((one for one in _versions(here, key) if one.survey.version == version), None) or abort(404)


def _page(template: str, here: Portal, **shown: object) -> str:
    return render_template(
        template,
        today=here.today(),
        definitions=here.definitions,
        state_texts=surveys_text.STATES,
        act_texts=surveys_text.ACTS,
        faults=[str(problem) for problem in here.faults],
        **shown,
    )


@blueprint.get("")
def overview() -> ResponseReturnValue:
    """Every survey with its versions, what can be done with each, and how much came in this month."""
    here = portal()
    month = period_of(here.today())
    keys = dict.fromkeys(key for key, _ in sorted(here.written.surveys))
    counted = here.store.read(lambda connection: {key: record.received(connection, key, month) for key in keys})
    listed = {key: _versions(here, key) for key in keys}
    shown = {"month": month, "folder": here.config.definitions / "surveys", "warnings": _warnings(here)}
    return _page("staff/surveys.html", here, surveys=listed, counted=counted, **shown)


def _warnings(here: Portal) -> list[str]:
    folder, rules = here.config.definitions, here.written
    found = [*lock.problems(folder, rules, here.today()), *openings.problems(folder, rules, here.openings)]
    return [str(problem) for problem in found]


@blueprint.get("/<key>")
def one(key: str) -> ResponseReturnValue:
    """One survey: its versions, its volumes in a month, and its links."""
    here = portal()
    versions = _versions(here, key)
    months = _months(here, key)
    asked = request.args.get("month")
    volumes = _volumes(here, key, asked if asked in months else months[0])
    units = _linked(here, versions)
    return _page(
        "staff/surveys_one.html", here, key=key, versions=versions, months=months, volumes=volumes, units=units
    )


def _months(here: Portal, key: str) -> list[str]:
    """The months since the first answer, the present one first."""
    now = period_of(here.today())
    month = min(here.store.read(lambda connection: record.first_period(connection, key)) or now, now)
    found = [month]
    while month < now:
        month = next_period(month)
        found.append(month)
    return found[::-1]


def _volumes(here: Portal, key: str, month: str) -> Volumes:
    units: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for unit, day, n in here.store.read(lambda connection: record.volumes(connection, key, month)):
        units[unit] += n
        days[day] += n
    return Volumes(month, dict(sorted(units.items())), dict(sorted(days.items())))


def _linked(here: Portal, versions: Iterable[Version]) -> tuple[Unit, ...]:
    """The units that a link can name: those of the version that is asked, else of the newest one."""
    listed = list(versions)
    shown = next((version for version in listed if version.asked), listed[0])
    return here.definitions.units_for(shown.survey, here.today())


@blueprint.get(f"/{_VERSION}/preview")
def preview(key: str, version: int) -> ResponseReturnValue:
    """The form as residents see it, without anything that could send it."""
    here = portal()
    shown = _one_version(here, key, version).survey
    units = here.definitions.units_for(shown, here.today())
    name = units[0].name[current()] if units else "–"
    return form_page(here, shown, "", name, "", preview=True)


@blueprint.get("/<key>/sheets")
def sheets(key: str) -> ResponseReturnValue:
    """A sheet to print and hang up for each unit, or for one."""
    here = portal()
    versions = _versions(here, key)
    wanted = request.args.get("unit")
    units = [unit for unit in _linked(here, versions) if wanted in (None, "", unit.code)] or abort(404)
    shown = next((version for version in versions if version.asked), versions[0]).survey
    links = {unit.code: link_of(here, key, unit.code) for unit in units}
    pictures = {code: _drawn(link) for code, link in links.items() if here.config.site_url}
    return _page("staff/surveys_sheets.html", here, survey=shown, units=units, links=links, pictures=pictures)


@blueprint.get("/<key>/qr/<unit>.svg")
def picture(key: str, unit: str) -> ResponseReturnValue:
    """The QR code of a unit's link as a file for a printer; 404 while the public address is not set."""
    here = portal()
    if here.config.site_url is None or unit not in {one.code for one in _linked(here, _versions(here, key))}:
        abort(404)
    drawn = BytesIO()
    segno.make_qr(link_of(here, key, unit), error="m").save(drawn, kind="svg", scale=8, light="#fff")
    name = f"attachment; filename={key}-{unit}.svg"
    return Response(drawn.getvalue(), mimetype="image/svg+xml", headers={"Content-Disposition": name})


def link_of(here: Portal, key: str, unit: str) -> str:
    """The link to a survey for a unit; a path alone where the public address is not set, which no visitor can set."""
    return (here.config.site_url or "") + url_for("public.survey", key=key, unit=unit, lang=None)


def _drawn(link: str) -> Markup:
    picture = segno.make_qr(link, error="m").svg_inline(omitsize=True, light="#fff", svgclass=None, lineclass=None)
    return Markup(picture)  # noqa: S704  (drawn from an address of our own)


@blueprint.get(f"/{_VERSION}/<any(open, close):act>")
def ask(key: str, version: int, act: str) -> ResponseReturnValue:
    """What opening or closing a version would do, to be confirmed."""
    here = portal()
    return _confirm(here, _one_version(here, key, version), cast(Act, act))


def _confirm(here: Portal, version: Version, act: Act, message: str = "", status: int = 200) -> ResponseReturnValue:
    if version.act != act and not message:
        message, status = str(surveys_text.NOT_NOW), 409
    after = _after(here, version, act).current(version.survey.key, here.today())
    page = _page(
        "staff/surveys_confirm.html",
        here,
        version=version,
        act=act,
        possible=version.act == act,
        after=after,
        units=here.definitions.units_for(version.survey, here.today()),
        grace_days=GRACE_DAYS,
        message=message,
    )
    return page, status, retry_after(status)


def _after(here: Portal, version: Version, act: Act) -> Definitions:
    """The definitions in force once it was done."""
    survey = version.survey
    today = here.today().isoformat()
    row = OpeningRow(survey.key, survey.version, version.sequence + 1, act, today, version.digest)
    return openings.effective(here.written, [*here.openings, row], at_once=True)


@blueprint.post(f"/{_VERSION}/<any(open, close):act>")
def decide(key: str, version: int, act: str) -> ResponseReturnValue:
    """Open or close a version, if it is still the one that was looked at."""
    here = portal()
    found, wanted = _one_version(here, key, version), cast(Act, act)
    if found.act != wanted:
        return _confirm(here, found, wanted)
    given = request.form.get("expected", "")
    sequence = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else -1
    decision = Decision(key, version, wanted, request.form.get("digest", ""), sequence)
    try:
        openings.perform(here.store, here.written, decision, here.today(), _recorded)
    except OpeningError:
        here.watch.look_again()
        here = portal()
        return _confirm(here, _one_version(here, key, version), wanted, str(surveys_text.CHANGED), 409)
    except StoreBusyError as error:
        log_store(error)
        return _confirm(here, found, wanted, str(BUSY), 503)
    here.watch.look_again()
    return redirect(url_for(".one", key=key), 303)


def _recorded(connection: Connection, row: OpeningRow) -> None:
    """Write the audit's row in the transaction of the act."""
    act: audit.Act = "survey_open" if row.act == "open" else "survey_close"
    told: dict[str, str | int] = {"sequence": row.sequence, "digest": row.digest}
    entry = audit.Entry(accounts.session().account.id, "publisher", act, f"{row.survey}.v{row.version}", told)
    audit.record(connection, entry, accounts.now())
