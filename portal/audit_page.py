"""The auditor's page: who did what to what, the newest first, the chain verified on demand, a table to take away."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal import accounts, desk_text, office_text
from portal.state import Portal, portal
from surveys import audit
from surveys.accounts import standings
from surveys.audit import AuditRow, Head, Wanted
from surveys.errors import AuditError

blueprint = Blueprint("trail", __name__, url_prefix="/staff/audit")
PAGE = 50
HEADER = ("id", "at", "actor", "role", "act", "object", "details", "previous", "hash")
_CODE = re.compile(r"[A-Za-z0-9_.:+-]{1,100}", re.ASCII)


@blueprint.get("")
def listing() -> ResponseReturnValue:
    """One page of the audit; with `verify=1` every row of the chain is checked first."""
    here, wanted = portal(), _wanted(request.args)
    rows = audit.listing(here.store, wanted, _before(), PAGE)
    head, broken = _verified(here) if request.args.get("verify") == "1" else (None, 0)
    return render_template(
        "staff/audit.html",
        rows=rows,
        more=rows[-1].id if len(rows) == PAGE else None,
        filters={name: value for name, value in vars(wanted).items() if value},
        head=head,
        broken=office_text.chain_broken(broken) if broken else "",
        people={one.account.id: one.account.name for one in standings(here.store)},
        details=_details,
        act_texts=office_text.AUDIT_ACTS,
        role_texts=desk_text.ROLES,
    )


@blueprint.post("/export")
def export() -> ResponseReturnValue:
    """The rows that the filters leave, as CSV; taking them away is written into the audit first."""
    here = portal()
    rows = audit.export(here.store, accounts.session().account.id, _wanted(request.form), accounts.now())
    answer = Response(_csv(rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-{here.today()}.csv"'
    return answer


def _wanted(given: Mapping[str, str]) -> Wanted:
    """The filters of an address or a form; what is no code is no filter."""
    found = {name: value for name in ("actor", "act", "thing", "day") if (value := _code(given, name))}
    return Wanted(**found)


def _code(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "").strip()
    if name == "day":
        return value if _is_day(value) else ""
    return value if _CODE.fullmatch(value) else ""


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _before() -> int | None:
    text = request.args.get("before", "")
    return int(text) if re.fullmatch("[0-9]{1,15}", text, re.ASCII) else None


def _verified(here: Portal) -> tuple[Head | None, int]:
    """The head of a chain that holds, or the first row that does not."""
    try:
        return audit.verify(here.store), 0
    except AuditError as error:
        return None, error.row


def _details(row: AuditRow) -> str:
    """The codes of a row, the act at a case in words."""
    codes = json.loads(row.details)
    kind = codes.pop("kind", None) if row.act == "case_act" else None
    words = [str(desk_text.EVENTS.get(kind, kind))] if kind else []
    if "sequence" in codes:
        words.append(str(gettext("step %(number)s", number=codes.pop("sequence"))))
    return str(gettext(", ")).join(words + [f"{name}={value}" for name, value in codes.items()])


def _csv(rows: Iterable[AuditRow]) -> Iterator[str]:
    """The table line by line; hashes in hexadecimal, so that it can be checked without this program."""
    yield _line(HEADER)
    for row in rows:
        yield _line([*row[:-2], row.previous.hex(), row.hash.hex()])


def _line(cells: Iterable[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
