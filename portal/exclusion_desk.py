"""The exclusion desk: what stands out in the months that are not published, proposing to leave it out, and deciding.

Its pages hold counts and days only. Sizes of groups go from the largest down, so that not even their order tells.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import accounts, answers_text, desk_text
from portal.errors import log_store, retry_after
from portal.state import Portal, portal
from portal.text import BUSY
from portal.unit_names import choice_name
from surveys import audit, exclusions, surges
from surveys.duties import Role
from surveys.errors import ExclusionError, StaleError, StoreBusyError
from surveys.exclusions import DECISIONS, LATE_REASONS, REASONS, Proposal
from surveys.store import Connection
from surveys.store.exclusion_batches import Batch, Cell

blueprint = Blueprint("exclusions", __name__, url_prefix="/staff/exclusions")
_ID = "<string(length=16):batch_id>"


@dataclass(frozen=True)
class Asked:
    """A survey, a unit and a day to look at; None where the address names none."""

    survey: str
    unit: str
    day: date | None

    @property
    def iso(self) -> str:
        """The day as a field of a form holds it."""
        return self.day.isoformat() if self.day else ""


def _also(role: Role, act: audit.Act) -> exclusions.Also:
    """What writes the audit's row in the same transaction."""
    by = accounts.session().account.id

    def also(connection: Connection, batch: Batch) -> None:
        told = {name: getattr(batch, name) for name in (*Cell._fields, "reason", "n")}
        audit.record(connection, audit.Entry(by, role, act, batch.id, told), accounts.now())

    return also


def _page(template: str, here: Portal, status: int = 200, **shown: object) -> ResponseReturnValue:
    page = render_template(
        template,
        definitions=here.definitions,
        titles={key: here.definitions.versions(key)[-1].title for key, _ in here.definitions.surveys},
        reason_texts=answers_text.REASONS,
        takes_texts=answers_text.TAKES,
        basis_texts=answers_text.BASES,
        decision_texts=answers_text.DECISIONS,
        channel_texts=desk_text.CHANNELS,
        usual=answers_text.usual,
        sizes=lambda groups: [answers_text.size(n) for n in groups],
        choice_name=lambda unit: choice_name(unit, here.today()),
        **shown,
    )
    return page, status, retry_after(status)


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """What waits, what stands out and what was decided in one month; of a published one what waits and was decided."""
    here = portal()
    open_periods = exclusions.open_periods(here.store, here.today())
    late = exclusions.late_periods(here.store, here.today())
    first = exclusions.first_period(here.store, here.definitions, here.today())
    recent = {one for one in (*open_periods, *late) if one >= first}
    periods = sorted({*recent, *exclusions.months_with_proposals(here.store)}, reverse=True)
    asked = request.args.get("period", "")
    period = asked if asked in periods else exclusions.due_period(here.store, here.definitions, here.today())
    batches = exclusions.proposals(here.store, period)
    return _page(
        "staff/exclusions.html",
        here,
        period=period,
        periods=periods,
        waiting=[batch for batch in batches if batch.decision is None],
        decided=[batch for batch in batches if batch.decision],
        is_open=period in open_periods,
        is_late=period in late,
        found=exclusions.standing_out(here.store, here.definitions, period, here.today()),
        by_staff=surges.by_staff(here.store, period),
        today=here.today(),
    )


@blueprint.get("/day")
def day() -> ResponseReturnValue:
    """All ways in which answers of one survey came for one unit on one day."""
    return _day(portal(), _asked(request.args.get("survey", ""), request.args.get("unit", "")))


def _asked(survey: str, unit: str) -> Asked:
    text = request.values.get("day", "")
    try:
        found = date.fromisoformat(text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII) else "")
    except ValueError:
        found = None
    return Asked(survey, unit, found)


def _day(here: Portal, asked: Asked, message: str = "", status: int = 200) -> ResponseReturnValue:
    if asked.day is None or not here.definitions.versions(asked.survey) or asked.unit not in here.definitions.units:
        abort(404)
    by = accounts.session().account
    return _page(
        "staff/exclusions_day.html",
        here,
        status,
        asked=asked,
        looked=[
            exclusions.look(here.store, here.definitions, here.keys, one, here.today()) for one in _cells(here, asked)
        ],
        may_propose=exclusions.may_propose(here.definitions, by, asked.unit),
        is_over=asked.day < here.today(),
        message=message,
    )


def _cells(here: Portal, asked: Asked) -> Iterable[Cell]:
    now = here.today()
    periods = (*exclusions.open_periods(here.store, now), *exclusions.late_periods(here.store, now))
    day = asked.day or date.min
    return exclusions.cells_of_day(here.store, asked.survey, asked.unit, day, periods)


@blueprint.post("/propose")
def propose() -> ResponseReturnValue:
    """Propose to leave out what a reason takes of one cell; first it is told what that does, then it is done."""
    here, form = portal(), request.form
    asked = _asked(form.get("survey", ""), form.get("unit", ""))
    given = tuple(form.get(name, "") for name in Cell._fields)
    cell = next((one for one in _cells(here, asked) if tuple(one) == given), None) or abort(404)
    reason = next((one for one in REASONS if one == form.get("reason")), None) or abort(404)
    number = form.get("n", "")
    wanted = Proposal(cell, reason, int(number) if re.fullmatch(r"[0-9]{1,9}", number, re.ASCII) else 0)
    if form.get("sure") != "1":
        return _sure(here, asked, wanted)
    by, also = accounts.session().account, _also("publisher", "exclusion_propose")
    try:
        batch = exclusions.propose(here.store, here.definitions, here.keys, by, wanted, here.today(), also)
    except StaleError:
        return _day(here, asked, str(answers_text.EXCLUSION_STALE), 409)
    except ExclusionError:
        return _day(here, asked, str(answers_text.EXCLUSION_NOT_POSSIBLE), 409)
    except StoreBusyError as error:
        log_store(error)
        return _day(here, asked, str(BUSY), 503)
    return redirect(url_for("exclusions.one", batch_id=batch), 303)


def _sure(here: Portal, asked: Asked, wanted: Proposal) -> ResponseReturnValue:
    """What the proposal would do, to be confirmed; the day again where it is not as it was shown."""
    looked = exclusions.look(here.store, here.definitions, here.keys, wanted.cell, here.today())
    if not exclusions.may_propose(here.definitions, accounts.session().account, asked.unit):
        return _day(here, asked, str(answers_text.EXCLUSION_NOT_POSSIBLE), 409)
    if (n := looked.takes.get(wanted.reason)) != wanted.n:
        message = answers_text.EXCLUSION_STALE if n else answers_text.EXCLUSION_NOT_POSSIBLE
        return _day(here, asked, str(message), 409)
    return _page("staff/exclusions_confirm.html", here, asked=asked, wanted=wanted, all=looked.evidence.n)


@blueprint.get(f"/{_ID}")
def one(batch_id: str) -> ResponseReturnValue:
    """One proposal with its evidence, and the decision or the form for it."""
    return _one(portal(), batch_id)


def _one(here: Portal, batch_id: str, message: str = "", status: int = 200) -> ResponseReturnValue:
    batch = exclusions.find(here.store, batch_id) or abort(404)
    by = accounts.session().account
    return _page(
        "staff/exclusions_one.html",
        here,
        status,
        batch=batch,
        evidence=json.loads(batch.evidence),
        is_open=_is_open(here, batch),
        is_late=batch.period in exclusions.late_periods(here.store, here.today()),
        may_decide=exclusions.may_decide(here.definitions, by, batch),
        message=message,
    )


def _is_open(here: Portal, batch: Batch) -> bool:
    """Whether it can still be decided: always before the month is published, then for mistakes of staff alone."""
    now = here.today()
    late = batch.reason in LATE_REASONS and batch.period in exclusions.late_periods(here.store, now)
    return late or batch.period in exclusions.open_periods(here.store, now)


@blueprint.post(f"/{_ID}/decide")
def decide(batch_id: str) -> ResponseReturnValue:
    """Confirm or refuse a proposal."""
    here = portal()
    decision = next((one for one in DECISIONS if one == request.form.get("decision")), None) or abort(404)
    act: audit.Act = "exclusion_confirm" if decision == "confirmed" else "exclusion_refuse"
    by, also = accounts.session().account, _also("reviewer", act)
    try:
        exclusions.decide(here.store, here.definitions, batch_id, by, decision, here.today(), also)
    except StaleError:
        return _one(here, batch_id, str(answers_text.EXCLUSION_STALE), 409)
    except ExclusionError:
        return _one(here, batch_id, str(answers_text.EXCLUSION_NOT_POSSIBLE), 409)
    except StoreBusyError as error:
        log_store(error)
        return _one(here, batch_id, str(BUSY), 503)
    return redirect(url_for("exclusions.one", batch_id=batch_id), 303)
