"""The desk's lists: what is to do today, each list by itself, and all cases with filters that live in the address."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import accounts, desk_text
from portal.language import current
from portal.state import Portal, portal
from portal.unit_names import choice_name
from surveys import case_board, cases, codes, contact_handing
from surveys.case_acts import Case
from surveys.case_board import BoardRow, ListName, Mark
from surveys.case_fields import assignable
from surveys.duties import Role

blueprint = Blueprint("staff", __name__, url_prefix="/staff")
PAGE = 50
ON_FIRST_PAGE = 6
MOST = 1000
CONTACTS = 100
LISTS: dict[Role, tuple[ListName, ...]] = {
    "intake": ("triage", "assign", "due_today", "overdue", "disputes"),
    "handler": ("unit", "due_today", "overdue", "disputes"),
    "reviewer": ("callbacks", "appeals", "close", "unreached", "due_today", "overdue", "disputes"),
    "auditor": case_board.LISTS,
}


@dataclass(frozen=True)
class Section:
    """One list of the desk: how many there are, and some of them."""

    name: ListName
    count: int
    rows: Mapping[BoardRow, Case]
    more: str | None = None

    @property
    def counted(self) -> str:
        """The count as it is shown; a long list is not counted to its end."""
        return f"{self.count}+" if self.count >= MOST else str(self.count)


def lists_of(roles: Iterable[Role]) -> tuple[ListName, ...]:
    """The lists of all one's roles, in the desk's order."""
    mine = {name for role in roles for name in LISTS.get(role, ())}
    order: tuple[ListName, ...] = (
        *("triage", "unit", "due_today", "overdue", "callbacks", "disputes", "assign"),
        *("appeals", "close", "unreached"),
    )
    return tuple(name for name in order if name in mine)


def own_unit() -> str | None:
    """The unit to whose work somebody is kept who is a handler and nothing more at cases."""
    found = accounts.session()
    others = found.roles & {"intake", "reviewer", "auditor"}
    return found.account.post.unit if "handler" in found.roles and not others else None


def readable(here: Portal, rows: Sequence[BoardRow]) -> dict[BoardRow, Case]:
    """The rows of cases that one of the account's roles may read, each with its case."""
    actors = accounts.actors()
    seen = ((row, (cases.find(here.store, row.number, actor) for actor in actors)) for row in rows)
    return {row: case for row, views in seen if (case := next(filter(None, views), None))}


def _not_to_judge(name: ListName) -> frozenset[str]:
    """Of a reviewer's own lists, the units whose work is not for him: his own, and those above and below it."""
    by = next((actor for actor in accounts.actors() if actor.role == "reviewer"), None)
    return by.own if by and name in ("callbacks", "close", "unreached") else frozenset()


def section(here: Portal, name: ListName, size: int, unit: str | None = None, after: Mark | None = None) -> Section:
    """One page of a list, with the mark from which the next one starts."""
    mine = own_unit()
    chosen = {"unit": mine or unit, "at_work": mine is not None, "without": _not_to_judge(name)}
    today = here.today()
    rows = case_board.listing(here.store, name, today, after=after, limit=size, **chosen)  # type: ignore[arg-type]
    count = case_board.count(here.store, name, today, most=MOST, **chosen)  # type: ignore[arg-type]
    mark = case_board.mark_of(rows[-1]) if len(rows) == size else None
    more = f"{mark.calm}.{mark.due_day}.{mark.number}" if mark else None
    return Section(name, count, readable(here, rows), more)


def _page(template: str, here: Portal, **shown: object) -> str:
    return render_template(
        template,
        today=here.today(),
        definitions=here.definitions,
        list_texts=desk_text.LISTS,
        list_purposes=desk_text.LIST_PURPOSES,
        desks=desk_text.DESKS,
        state_texts=desk_text.STATES,
        due_texts=desk_text.LIMITS,
        grouped=codes.grouped,
        **shown,
    )


@blueprint.get("/")
def today() -> ResponseReturnValue:
    """What is to do today, the most pressing first."""
    here = portal()
    sections = [section(here, name, ON_FIRST_PAGE) for name in lists_of(accounts.session().roles)]
    return _page("staff/today.html", here, sections=sections, to_hand_over=_to_hand_over(here))


def _to_hand_over(here: Portal) -> str | None:
    """How many contacts wait to be handed over, as it is shown; None for who hands none over."""
    by = next((actor for actor in accounts.actors() if actor.role == "reviewer"), None)
    if by is None:
        return None
    count = len(contact_handing.waiting(here.store, here.definitions, by, CONTACTS))
    return f"{count}+" if count == CONTACTS else str(count)


@blueprint.get("/list/<name>")
def one_list(name: str) -> ResponseReturnValue:
    """One list page by page, of one unit if the address names it."""
    known = next((own for own in lists_of(accounts.session().roles) if own == name), None) or abort(404)
    return list_page(known)


def list_page(name: ListName, ticked: frozenset[str] = frozenset(), message: str = "") -> str:
    """A list as the address asks for it, with what was ticked for an act at several cases, and what is wrong."""
    here = portal()
    unit = _known(request.args.get("unit"), here.definitions.units)
    after = mark_in(request.args.get("after", ""))
    return _page(
        "staff/list.html",
        here,
        section=section(here, name, PAGE, unit, after),
        unit=unit,
        units=_units(here),
        after=request.args.get("after") if after else None,
        ticked=ticked,
        message=message,
        act_texts=desk_text.ACTS,
        several=name in ("triage", "assign") and "intake" in accounts.session().roles,
        assignable=_assignable(here),
    )


@blueprint.get("/cases")
def browse() -> ResponseReturnValue:
    """All cases, newest first, by state, unit and category."""
    here = portal()
    filters = {
        "state": _known(request.args.get("state"), cases.STATES),
        "unit": own_unit() or _known(request.args.get("unit"), here.definitions.units),
        "category": _known(request.args.get("category"), here.definitions.categories),
    }
    if not accounts.session().roles - {"publisher", "admin"}:
        filters["state"] = "closed"
    rows = case_board.browse(here.store, **filters, before=_before(request.args.get("before", "")), limit=PAGE)
    more = f"{rows[-1].received}.{rows[-1].number}" if len(rows) == PAGE else None
    shown = readable(here, rows)
    return _page("staff/cases.html", here, rows=shown, more=more, filters=filters, units=_units(here))


@blueprint.get("/find")
def find() -> ResponseReturnValue:
    """To the case with the number that was typed, or back to the search with what is wrong."""
    number = codes.typed(request.args.get("number", ""))
    if codes.is_valid(number, codes.NUMBER_LENGTH):
        return redirect(url_for("desk.case", number=number), 303)
    return render_template("staff/refused.html", message=str(desk_text.NUMBER_MISTYPED)), 422


def _units(here: Portal) -> dict[str, str]:
    """The units to choose from; a handler has his own only."""
    mine = own_unit()
    return {
        code: choice_name(unit, here.today()) for code, unit in here.definitions.units.items() if mine in (None, code)
    }


def _assignable(here: Portal) -> dict[str, str]:
    """The units that can be given a case today; whom a case complains of is looked at case by case."""
    units, language = here.definitions.units, current()
    return {code: units[code].name[language] for code in assignable(here.definitions, (), here.today())}


def _known(value: str | None, allowed: Iterable[str]) -> str | None:
    return value if value in set(allowed) else None


def mark_in(text: str) -> Mark | None:
    """The mark that an address carries, None for what is none."""
    found = re.fullmatch(r"([01])\.([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{10})", text, re.ASCII)
    return Mark(int(found[1]), found[2], found[3]) if found else None


def _before(text: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{10})", text, re.ASCII)
    return (found[1], found[2]) if found else None
