"""What Open311 clients may read: the services, and of requests what is public already, the same for everybody.

Without its secret code a case tells nothing, not even that it exists. So two kinds stand here: what is overdue, as the
public list has it, under its number; and summaries that residents agreed to, under the id that says nothing of one.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext

from portal import desk_text
from portal.language import current
from portal.spark import Value
from portal.state import Portal
from surveys import public_cases
from surveys.case_limits import OWED
from surveys.case_publication import Echo
from surveys.definition import Category
from surveys.store.board import BoardRow

MOST_DAYS = 90
KEPT_SECONDS = 60
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T[0-9:.]+(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
Fields = Mapping[str, Value]


class DatesError(ValueError):
    """A date of a filter cannot be read, or the two are too far apart."""


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for; nothing given is no condition, and ids go before all others."""

    ids: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    first: date = date.min
    last: date = date.max


@dataclass(frozen=True)
class Public:
    """What is public of cases at a moment."""

    late: tuple[BoardRow, ...]
    echoes: tuple[Echo, ...]


class Remembered:
    """What is public, looked up anew once a minute, so that reading it again and again costs the store nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: tuple[float, date, Public] | None = None

    def of(self, here: Portal) -> Public:
        """What is public today, at most a minute old."""
        with self._lock:
            day, now = here.today(), time.monotonic()
            if self._found is None or self._found[1] != day or now - self._found[0] >= KEPT_SECONDS:
                self._found = now, day, _public(here, day)
            return self._found[2]


def _public(here: Portal, day: date) -> Public:
    late = tuple(row for row in public_cases.overdue(here.store, day) if row.due_kind in OWED)
    found = sorted((echo for _, echo in public_cases.echoes(here.store, day)), key=lambda echo: echo.id)
    return Public(late, tuple(found))


def wanted(arguments: Mapping[str, str], today: date) -> Wanted:
    """The filters of a query; DatesError if its dates are none, or more than 90 days apart."""
    first, last = _day(arguments.get("start_date", "")), _day(arguments.get("end_date", ""))
    span = timedelta(days=MOST_DAYS)
    last = last or (first + span if first else today)
    first = first or last - span
    if last - first > span:
        raise DatesError
    return Wanted(
        ids=_several(arguments, "service_request_id"),
        services=_several(arguments, "service_code"),
        statuses=_several(arguments, "status"),
        first=first,
        last=last,
    )


def _several(arguments: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(filter(None, (one.strip() for one in arguments.get(name, "").split(","))))


def _day(text: str) -> date | None:
    """The day of a moment in the form of W3C; its time of day says nothing here, where only days are known."""
    if not text.strip():
        return None
    found = _DAY.fullmatch(text.strip().replace(" ", "+"))
    try:
        if found is None:
            raise DatesError
        day = date.fromisoformat(found[1])
        return min(max(day, date.min + timedelta(days=MOST_DAYS)), date.max - timedelta(days=MOST_DAYS))
    except ValueError:
        raise DatesError from None


def matching(here: Portal, public: Public, asked: Wanted) -> Iterator[Fields]:
    """The requests that a query asks for: overdue ones, the longest late first, then summaries, newest first.

    The service and the day of an overdue case are not public, so dates do not leave it out, and a service does.
    """
    if asked.ids:
        yield from (late(here, row) for row in public.late if row.number in asked.ids)
        yield from (told(here, echo) for echo in public.echoes if echo.id in asked.ids)
        return
    if "open" in (asked.statuses or {"open"}) and not asked.services:
        for row in sorted(public.late, key=lambda row: (row.due_day, row.number)):
            yield late(here, row)
    if "closed" in (asked.statuses or {"closed"}):
        for echo in sorted(public.echoes, key=lambda echo: echo.received, reverse=True):
            in_time = asked.first <= _first_day(echo.received) <= asked.last
            if in_time and echo.category in (asked.services or {echo.category}):
                yield told(here, echo)


def _request(number: str, status: str, **more: Value) -> Fields:
    """All fields of a request in the order of the standard; what is not told, is not known or is nobody's business."""
    names = (
        "status_notes service_name service_code description agency_responsible service_notice requested_datetime "
        "updated_datetime expected_datetime address address_id zipcode lat long media_url"
    )
    empty: dict[str, Value] = dict.fromkeys(names.split())
    return {"service_request_id": number, "status": status} | empty | more


def late(here: Portal, row: BoardRow) -> Fields:
    """A line of the overdue list: number, unit, which limit ran out and when, but not what it is about."""
    due = date.fromisoformat(row.due_day)
    note = gettext(
        "Overdue by %(days)s days: %(limit)s", days=(here.today() - due).days, limit=desk_text.LIMITS[row.due_kind]
    )
    return _request(
        row.number, "open", status_notes=note, agency_responsible=_unit(here, row.unit), expected_datetime=_moment(due)
    )


def told(here: Portal, echo: Echo) -> Fields:
    """A summary that its resident agreed to; where only months are public, a day is the first of its month."""
    category = here.definitions.categories.get(echo.category)
    return _request(
        echo.id,
        "closed",
        status_notes=str(desk_text.VALUES.get(echo.outcome, "")),
        service_name=category.text[current()] if category else echo.category,
        service_code=echo.category,
        description=echo.texts.get(current()) or next(iter(echo.texts.values())),
        agency_responsible=_unit(here, echo.unit),
        requested_datetime=_moment(_first_day(echo.received)),
        updated_datetime=_moment(_first_day(echo.closed)) if echo.closed else None,
    )


def _unit(here: Portal, code: str | None) -> str | None:
    unit = here.definitions.units.get(code or "")
    return unit.name[current()] if unit else code


def _first_day(told: str) -> date:
    return date.fromisoformat(told if len(told) > 7 else f"{told}-01")


def _moment(day: date) -> str:
    """The beginning of a day here; nothing finer is known."""
    return f"{day.isoformat()}T00:00:00+08:00"


def services(here: Portal) -> list[Value]:
    """What a case can be about, with the numbers to call where nobody can wait."""
    return [_service(category) for category in here.definitions.categories.values()]


def _service(category: Category) -> Fields:
    hint = category.hint[current()]
    emergency = gettext("Nobody reads this at once: in danger call 110 (police), 119 (fire) or 120 (ambulance).")
    return {
        "service_code": category.code,
        "service_name": category.text[current()],
        "description": f"{hint}\n{emergency}",
        "metadata": True,
        "type": "realtime",
        "keywords": None,
        "group": category.kind,
    }


def definition(here: Portal, category: Category) -> Fields:
    """What may be said of a request beyond its words: the unit that it is about."""
    open_units = [unit for unit in here.definitions.units.values() if unit.is_open(here.today())]
    values: Sequence[Value] = [{"key": unit.code, "name": unit.name[current()]} for unit in open_units]
    unit: Fields = {
        "variable": True,
        "code": "unit",
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": None,
        "order": 1,
        "description": gettext("Which station, window or post is it about? Leave it out if none or unknown."),
        "values": values,
    }
    return {"service_code": category.code, "attributes": [unit]}
