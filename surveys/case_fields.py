"""What each act must carry, and what the rules add to it before it becomes an event."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from surveys.blanks import unfilled
from surveys.case_acts import Case
from surveys.case_events import (
    ANSWER_LIMIT,
    EXTENSION_REASONS,
    GROUNDS,
    LINK_LIMIT,
    OUTCOMES,
    PHOTO_LIMIT,
    REASONS,
    RETURN_REASONS,
    TEXT_LIMIT,
    Act,
    Actor,
    Kind,
)
from surveys.case_limits import outcome_limit
from surveys.case_standing import COMPLEX_WORKDAYS, OUTCOME_WORKDAYS
from surveys.definition import Definitions, Unit
from surveys.errors import CaseError
from surveys.responses import clean_text, has_words

MAX_EXTENSION = 15
_LINK = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[^\s\"'<>\\^`{|}]*)?")
_NEEDS_TEXT: frozenset[Kind] = frozenset(
    (
        *("declined", "contested", "upheld", "transferred", "returned", "replied", "planned", "extended"),
        *("outcome", "disputed", "reopened", "message", "summarised"),
    )
)
FILLED: frozenset[Kind] = frozenset(("replied", "planned", "extended", "outcome", "declined", "upheld", "transferred"))
"""Acts whose words go to the resident and may begin with a template: no blank is left in them."""
_MAY_HAVE_TEXT: frozenset[Kind] = frozenset(("confirmed", "withdrawn", "unmerged", "taken_up"))
Data = dict[str, str]


@dataclass(frozen=True)
class Setting:
    """What an act is checked against; `abouts` are the units complained of here and in cases joined to this one."""

    definitions: Definitions
    case: Case
    actor: Actor
    day: date
    abouts: frozenset[str]


def above(definitions: Definitions, unit: str) -> tuple[str, ...]:
    """The unit and those above it, nearest first."""
    chain, current = [unit], _parent(definitions, unit)
    while current:
        chain.append(current.code)
        current = _parent(definitions, current.code)
    return tuple(chain)


def _parent(definitions: Definitions, code: str) -> Unit | None:
    units = definitions.units.values()
    return next((unit for unit in units if any(below.code == code for below in unit.units)), None)


def supervising(definitions: Definitions, unit: str, day: date) -> str | None:
    """The nearest unit above that exists on the day, None at the top."""
    return next((code for code in above(definitions, unit)[1:] if _exists(definitions, code, day)), None)


def assignable(definitions: Definitions, abouts: Iterable[str], day: date) -> tuple[str, ...]:
    """Units that may be given the case: those that exist, but never one complained of, nor one below it."""
    barred = frozenset(abouts)
    return tuple(
        code
        for code in definitions.units
        if _exists(definitions, code, day) and not barred & {*above(definitions, code)}
    )


def _exists(definitions: Definitions, code: str, day: date) -> bool:
    unit = definitions.units.get(code)
    return unit is not None and unit.opened <= day and (unit.closed is None or day <= unit.closed)


def completed(setting: Setting, act: Act) -> tuple[Data, str | None]:
    """The data and the text of the event that the act becomes; CaseError says what it lacks."""
    text = _checked_text(act, setting.actor)
    rule = _FIELDS.get(act.kind, _nothing)
    given = {key: value.strip() for key, value in act.data.items() if value.strip()}
    made = rule(setting, given)
    if unknown := set(given) - set(made):
        raise CaseError(f"'{act.kind}' takes no {', '.join(sorted(unknown))}: leave it out")
    if setting.actor.staff:
        made["staff"] = setting.actor.staff
    return made, text


def _checked_text(act: Act, actor: Actor) -> str | None:
    text = clean_text(act.text) if has_words(act.text) else ""
    if act.kind in _NEEDS_TEXT and not text:
        raise CaseError(f"'{act.kind}' needs words: write them")
    if text and act.kind not in _NEEDS_TEXT | _MAY_HAVE_TEXT:
        raise CaseError(f"'{act.kind}' takes no words: leave them out")
    if act.kind in FILLED and (blank := unfilled(text)):
        raise CaseError(f"a blank is left in the text, “{blank}”: fill it in")
    limit = TEXT_LIMIT if actor.role == "resident" else ANSWER_LIMIT
    if len(text) > limit:
        raise CaseError(f"the text has {len(text)} characters: shorten it to {limit}")
    return text or None


def _one_of(given: Mapping[str, str], key: str, allowed: Iterable[str]) -> str:
    known = tuple(allowed)
    if given.get(key) not in known:
        raise CaseError(f"'{key}' is {given.get(key)!r}: choose one of {', '.join(known)}")
    return given[key]


def _day(given: Mapping[str, str], key: str) -> date:
    try:
        return date.fromisoformat(given.get(key, ""))
    except ValueError:
        raise CaseError(f"'{key}' is {given.get(key)!r}: give a day as 2026-11-01") from None


def _promised(setting: Setting, given: Mapping[str, str], key: str) -> Data:
    """A day that the unit promises: not past, and within its limit unless that has run out already."""
    day, limit = _day(given, key), outcome_limit(setting.case.standing).day
    if not setting.day <= day <= max(limit, setting.day):
        raise CaseError(
            f"'{key}' is {day}: choose a day from {setting.day} to {max(limit, setting.day)}, or extend the limit first"
        )
    return {key: day.isoformat()}


def _nothing(_: Setting, __: Mapping[str, str]) -> Data:
    return {}


def _categorised(setting: Setting, given: Mapping[str, str]) -> Data:
    """The limits of another category; a complaint is about the unit that she named, unless it is said otherwise."""
    others = [code for code in setting.definitions.categories if code != setting.case.category]
    category = setting.definitions.categories[_one_of(given, "category", others)]
    is_complex = any(event.data.get("complex") == "yes" for event in setting.case.events)
    made = {"category": str(category.code), "kind": str(category.kind)}
    made["first_reply_days"] = str(category.first_reply_days)
    made["outcome_days"] = _outcome_days(category.outcome_days, is_complex)
    becomes = category.kind == "complaint"
    if becomes and setting.case.unit and not {"about", "no_unit"} & set(given) and not setting.case.standing.about:
        return made | {"about": setting.case.unit}
    return made | _whom(setting, given, must=becomes and setting.case.state == "accepted")


def _outcome_days(normal: int, is_complex: bool) -> str:
    return str(max(COMPLEX_WORKDAYS, normal) if is_complex else normal)


def _accepted(setting: Setting, given: Mapping[str, str]) -> Data:
    category = setting.definitions.categories.get(setting.case.category)
    is_complex = _one_of({"complex": "no", **given}, "complex", ("yes", "no")) == "yes"
    made = {"complex": "yes" if is_complex else "no"}
    made["outcome_days"] = _outcome_days(category.outcome_days if category else OUTCOME_WORKDAYS, is_complex)
    if "urgent" in given:
        made["urgent"] = _one_of(given, "urgent", ("yes", "no"))
    return made | _whom(setting, given, must=is_complaint(setting.definitions, setting.case))


def is_complaint(definitions: Definitions, case: Case) -> bool:
    """Whether the case is a complaint; an old receipt says nothing of it, so its category does."""
    category = definitions.categories.get(case.category)
    return (case.standing.kind or (category.kind if category else None)) == "complaint"


def lacks_unit(definitions: Definitions, case: Case) -> bool:
    """Whether intake has to say whom the case complains of, or that it is no unit, before it is accepted."""
    return is_complaint(definitions, case) and not case.standing.about


def _whom(setting: Setting, given: Mapping[str, str], *, must: bool) -> Data:
    """The unit that it complains of, or that it is none: without a word the very unit could be given it."""
    if "about" in given:
        return {"about": _about(setting, given)}
    if "no_unit" in given and not setting.case.standing.about:
        return {"no_unit": _one_of(given, "no_unit", ("yes",))}
    if must and not setting.case.standing.about:
        raise CaseError("it is not said whom it complains of: give 'about' a unit, or 'no_unit' yes if it is none")
    return {}


def _about(setting: Setting, given: Mapping[str, str]) -> str:
    if setting.case.standing.about:
        raise CaseError("the case names the unit that it complains of already: leave 'about' out")
    return _one_of(given, "about", setting.definitions.units)


def _contested(setting: Setting, _: Mapping[str, str]) -> Data:
    """To the unit above the one it concerns; where none is named, to the top if there is one top."""
    definitions = setting.definitions
    category = definitions.categories.get(setting.case.category)
    concerned = setting.case.standing.about or setting.case.unit or (category.default_unit if category else None)
    if concerned:
        found = supervising(definitions, concerned, setting.day)
    else:
        tops = [code for code in definitions.units if not _parent(definitions, code)]
        found = tops[0] if len(tops) == 1 else None
    return {"unit": found} if found else {}


def _merged(setting: Setting, given: Mapping[str, str]) -> Data:
    if given.get("into") in (None, setting.case.number):
        raise CaseError("'into' names the case that this one is joined to: give its number")
    return {"into": given["into"]}


def _assigned(setting: Setting, given: Mapping[str, str]) -> Data:
    unit = _one_of(given, "unit", assignable(setting.definitions, setting.abouts, setting.day))
    if unit == setting.case.standing.unit and not setting.case.standing.unassigned:
        raise CaseError(f"the case is with '{unit}' already: choose another unit")
    return {"unit": unit}


def _extended(_: Setting, given: Mapping[str, str]) -> Data:
    days = _one_of(given, "workdays", map(str, range(1, MAX_EXTENSION + 1)))
    return {"workdays": days, "reason": _one_of(given, "reason", EXTENSION_REASONS)}


def _outcome(setting: Setting, given: Mapping[str, str]) -> Data:
    made = {"outcome": _one_of(given, "outcome", OUTCOMES)}
    if made["outcome"] == "by-date":
        made |= _promised(setting, given, "date")
    if made["outcome"] == "explained":
        made["ground"] = _one_of(given, "ground", GROUNDS)
    return made


def _answered(setting: Setting, given: Mapping[str, str]) -> Data:
    """What she says on the telephone says too whether she is satisfied; on her page she may say it."""
    if setting.actor.role == "resident" and "satisfied" not in given:
        return {}
    return {"satisfied": _one_of(given, "satisfied", ("yes", "no"))}


def _closed(setting: Setting, _: Mapping[str, str]) -> Data:
    return {"result": "confirmed" if setting.case.standing.confirmed else "unconfirmed"}


def _reopened(setting: Setting, _: Mapping[str, str]) -> Data:
    """First to the unit, once intake says so, then to the one above; with neither, intake finds a unit."""
    standing = setting.case.standing
    if standing.unit is None:
        return {}
    stays = standing.reopenings == 0 and _exists(setting.definitions, standing.unit, setting.day)
    found = standing.unit if stays else supervising(setting.definitions, standing.unit, setting.day)
    return {"unit": found} if found in assignable(setting.definitions, setting.abouts, setting.day) else {}


def _released(setting: Setting, _: Mapping[str, str]) -> Data:
    return {"unit": setting.case.standing.unit or ""}


def _seen_summary(setting: Setting, given: Mapping[str, str]) -> Data:
    return {"summary": _one_of(given, "summary", _latest(setting))}


def _agreed(setting: Setting, given: Mapping[str, str]) -> Data:
    """The summary that she saw, and of the photos those that she ticked, each by itself."""
    made = _seen_summary(setting, given)
    ticked = given.get("photos", "").split(",") if "photos" in given else []
    there = [str(position) for position in setting.case.standing.kept_photos]
    if not set(ticked) <= set(there):
        raise CaseError(f"'photos' is {given['photos']!r}: choose of {', '.join(there) or 'none, there are no photos'}")
    return made | ({"photos": ",".join(sorted(set(ticked)))} if ticked else {})


def _photo(setting: Setting, given: Mapping[str, str]) -> Data:
    """Where the photo stands, and its salted digest."""
    if not re.fullmatch("[0-9a-f]{64}", given.get("digest", "")):
        raise CaseError("'photo' comes with the picture: add it by surveys.photos")
    free = next(place for place in range(1, PHOTO_LIMIT + 1) if place not in setting.case.standing.pictures)
    return {"position": str(free), "digest": given["digest"]}


def _latest(setting: Setting) -> Iterator[str]:
    yield str(setting.case.standing.summary)


def is_link(address: str) -> bool:
    """Whether the text is one full https address, short enough to be kept."""
    return len(address) <= LINK_LIMIT and _LINK.fullmatch(address) is not None


def _adopted(setting: Setting, given: Mapping[str, str]) -> Data:
    """What shows that the suggestion was taken up: where it can be seen, and since when."""
    day = _day(given, "on")
    if not setting.case.received <= day <= setting.day:
        raise CaseError(f"'on' is {day}: choose a day from {setting.case.received} to {setting.day}")
    if not is_link(given.get("link", "")):
        raise CaseError(f"'link' is {given.get('link')!r}: give the full https address of what shows it")
    return {"on": day.isoformat(), "link": given["link"]}


def _purged(_: Setting, given: Mapping[str, str]) -> Data:
    return {"part": _one_of(given, "part", ("contact", "texts"))}


def _erased(setting: Setting, given: Mapping[str, str]) -> Data:
    """What of hers is to go before its time: parts of what is there."""
    there, wanted = setting.case.standing.erasable, set(given.get("parts", "").split(","))
    if not wanted or not wanted <= set(there):
        raise CaseError(f"'parts' is {given.get('parts')!r}: choose of {', '.join(there)}")
    return {"parts": ",".join(part for part in there if part in wanted)}


_FIELDS: Mapping[Kind, Callable[[Setting, Mapping[str, str]], Data]] = {
    "categorised": _categorised,
    "accepted": _accepted,
    "taken_up": _accepted,
    "declined": lambda _, given: {"reason": _one_of(given, "reason", REASONS)},
    "contested": _contested,
    "merged": _merged,
    "assigned": _assigned,
    "returned": lambda _, given: {"reason": _one_of(given, "reason", RETURN_REASONS)},
    "planned": lambda setting, given: _promised(setting, given, "by"),
    "extended": _extended,
    "outcome": _outcome,
    "confirmed": _answered,
    "disputed": _answered,
    "closed": _closed,
    "reopened": _reopened,
    "released": _released,
    "consented": _agreed,
    "photo": _photo,
    "refused": _seen_summary,
    "adopted": _adopted,
    "purged": _purged,
    "erased": _erased,
}
