"""Several cases at once: intake ticks them in a list, and accepts them or gives them to one unit."""

import re
from collections.abc import Iterator
from typing import Literal

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import accounts, desk_text, office_text
from portal.desk import recorded
from portal.staff import PAGE, list_page
from portal.state import portal
from surveys import case_several, codes
from surveys.case_several import Marked, Several
from surveys.cases import Act

blueprint = Blueprint("several", __name__, url_prefix="/staff/several")
RECEIPT = "several"
ListName = Literal["triage", "assign"]
LISTS: tuple[ListName, ...] = ("triage", "assign")
_TICK = re.compile(r"([0-9]{10})\.([0-9]{1,6})", re.ASCII)


@blueprint.post("/<name>")
def act(name: str) -> ResponseReturnValue:
    """Accept or assign all that are ticked, each by itself, and go on to what came of it."""
    here = portal()
    known = next((own for own in LISTS if own == name), None) or abort(404)
    ticked, kind = request.form.getlist("case")[:PAGE], request.form.get("act")
    wanted = _wanted(kind, request.form.get("unit", ""))
    if wanted is None or not (marked := tuple(_marked(ticked))):
        message = office_text.CHOOSE_UNIT if wanted is None else office_text.NOTHING_TICKED
        return list_page(known, frozenset(ticked), str(message)), 422
    by = next(actor for actor in accounts.actors() if actor.role == "intake")
    several = Several(by, wanted, here.today(), recorded(by, "case_act", kind=wanted.kind))
    done = case_several.act_on(here.store, here.definitions, marked, several)
    told = here.signer.sign_receipt(RECEIPT, known, wanted.kind, *(f"{number}.{result}" for number, result in done))
    return redirect(url_for("several.outcome", r=told), 303)


@blueprint.get("")
def outcome() -> ResponseReturnValue:
    """How many were done, and which were not, with the reason of each."""
    read = portal().signer.read_receipt(request.args.get("r", "")) or []
    if len(read) < 3 or read[0] != RECEIPT:
        return redirect(url_for("staff.today"), 303)
    results = [one.split(".") for one in read[3:]]
    return render_template(
        "staff/several.html",
        done=office_text.done_count(sum(result == "done" for _, result in results)),
        left=[(number, office_text.RESULTS[result]) for number, result in results if result != "done"],
        back=read[1],
        act=desk_text.ACTS[read[2]],
        list_texts=desk_text.LISTS,
        grouped=codes.grouped,
    )


def _wanted(kind: str | None, unit: str) -> Act | None:
    """What is to be done; None where no unit was chosen."""
    if kind == "accepted":
        return Act("accepted")
    return Act("assigned", data={"unit": unit}) if unit in portal().definitions.units else None


def _marked(ticked: list[str]) -> Iterator[Marked]:
    for one in ticked:
        if found := _TICK.fullmatch(one):
            yield Marked(found[1], int(found[2]))
