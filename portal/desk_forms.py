"""The form of each act at a case: what it asks, what may be chosen, and what is wrong with what was sent."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from portal import desk_text, replies
from portal.language import current
from portal.unit_names import choice_name
from surveys import codes
from surveys.blanks import unfilled
from surveys.case_acts import day_of
from surveys.case_events import ANSWER_LIMIT, EXTENSION_REASONS, GROUNDS, OUTCOMES, REASONS, RETURN_REASONS, Kind
from surveys.case_fields import FILLED, MAX_EXTENSION, assignable, is_link, lacks_unit
from surveys.case_limits import outcome_limit
from surveys.cases import Act, Case
from surveys.definition import Definitions
from surveys.responses import clean_text, has_words

NO_UNIT = "-"
"""What stands in place of a unit's code where a complaint is about none."""
FieldKind = Literal["text", "choice", "day", "number", "link"]


@dataclass(frozen=True)
class Setting:
    """What the forms of a case depend on; `abouts` are the units complained of here and in joined cases.

    `has_another` tells that somebody of the case's unit has not handled it.
    """

    case: Case
    definitions: Definitions
    today: date
    abouts: frozenset[str] = frozenset()
    has_another: bool = False


@dataclass(frozen=True)
class Field:
    """One thing that an act asks; `options` maps codes to labels, `days` is the span that a day must lie in."""

    name: str
    kind: FieldKind
    label: str
    required: bool = True
    options: Mapping[str, str] = field(default_factory=dict)
    days: tuple[date, date] | None = None

    @property
    def hint(self) -> str:
        """What may be given, for days."""
        return desk_text.day_between(str(self.days[0]), str(self.days[1])) if self.days else ""


@dataclass(frozen=True)
class ActForm:
    """The form of one act, with what was typed into it."""

    kind: Kind
    fields: tuple[Field, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    open: bool = False

    def errors(self) -> dict[str, str]:
        """What to do about each field that cannot be taken, by act and field."""
        wanted = [item for item in self.fields if item.name in self.wanted()]
        found = {f"{self.kind}-{item.name}": self._fault(item) for item in wanted}
        return {name: fault for name, fault in found.items() if fault}

    def _fault(self, item: Field) -> str:
        value = self.values.get(item.name, "")
        blank = unfilled(value) if item.kind == "text" and self.kind in FILLED else None
        return _fault(item, value) or (desk_text.fill_in(blank) if blank else "")

    def wanted(self) -> frozenset[str]:
        """The fields that count: an outcome takes a day or a ground only where it is of that kind."""
        outcome = self.values.get("outcome")
        left_out = {name for name, of in (("date", "by-date"), ("ground", "explained")) if outcome != of}
        return frozenset(item.name for item in self.fields) - (left_out if self.kind == "outcome" else set())

    def act(self) -> Act:
        """What the form asks for, as the ledger takes it."""
        given = {name: value for name, value in self.values.items() if name in self.wanted() and value.strip()}
        text = given.pop("text", "")
        if "into" in given:
            given["into"] = codes.typed(given["into"])
        if given.get("about") == NO_UNIT:
            del given["about"]
            given["no_unit"] = "yes"
        return Act(self.kind, text, given)


def _fault(item: Field, value: str) -> str:
    if not value.strip():
        return _missing(item) if item.required else ""
    if item.kind == "choice" and value not in item.options:
        return str(desk_text.CHOOSE)
    if item.kind == "text":
        return _text_fault(value)
    if item.kind == "number" and not codes.is_valid(codes.typed(value), codes.NUMBER_LENGTH):
        return str(desk_text.NO_OPEN_CASE)
    if item.kind == "link":
        return "" if is_link(value.strip()) else str(desk_text.NO_LINK)
    return _missing(item) if item.kind == "day" and not _in_span(item, value) else ""


def _text_fault(value: str) -> str:
    if len(clean_text(value)) > ANSWER_LIMIT:
        return desk_text.too_long(ANSWER_LIMIT)
    seen = replies.render(value).striptags()  # a comment or a picture alone would be shown as nothing
    return "" if has_words(seen) else str(desk_text.NO_WORDS)


def _missing(item: Field) -> str:
    if item.days:
        return item.hint
    return str(desk_text.CHOOSE if item.kind == "choice" else desk_text.WRITE)


def _in_span(item: Field, value: str) -> bool:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return False
    return item.days is None or item.days[0] <= day <= item.days[1]


def form_of(kind: Kind, setting: Setting, values: Mapping[str, str] | None = None, open: bool = False) -> ActForm:
    """The form of an act at a case."""
    fields = tuple(_FIELDS.get(kind, _nothing)(setting))
    return ActForm(kind, fields, _proposed(kind, fields, setting) if values is None else values, open)


def _proposed(kind: Kind, fields: Iterable[Field], setting: Setting) -> Mapping[str, str]:
    """What stands in an empty form: the unit that works on it again, or the one that the resident named."""
    if kind != "assigned":
        return {}
    options = next(iter(fields)).options
    standing = setting.case.standing
    likely = (standing.unit if standing.unassigned else None, setting.case.unit)
    return {"unit": next((code for code in likely if code and code in options), "")}


def _nothing(_: Setting) -> Iterable[Field]:
    return ()


def _text(label: str = "text", required: bool = True) -> Field:
    return Field("text", "text", str(desk_text.FIELDS[label]), required)


def _choice(name: str, options: Iterable[str], required: bool = True) -> Field:
    labels = {code: str(desk_text.VALUES.get(code, code)) for code in options}
    return Field(name, "choice", str(desk_text.FIELDS[name]), required, labels)


def _units(name: str, setting: Setting, known: Iterable[str], required: bool = True) -> Field:
    labels = {code: choice_name(setting.definitions.units[code], setting.today) for code in known}
    return Field(name, "choice", str(desk_text.FIELDS[name]), required, labels)


def _accept(setting: Setting) -> Iterable[Field]:
    yield _choice("complex", ("yes",), required=False)
    yield _choice("urgent", ("yes", "no"), required=False)
    yield from _whom(setting, lacks_unit(setting.definitions, setting.case))


def _whom(setting: Setting, required: bool) -> Iterable[Field]:
    """Whom it complains of, where that is not said; a complaint may also be about no unit at all."""
    if not setting.case.standing.about:
        asked = _units("about", setting, setting.definitions.units, required)
        yield replace(asked, options={**asked.options, NO_UNIT: str(desk_text.NO_UNIT)})


def _categorise(setting: Setting) -> Iterable[Field]:
    others = {
        code: category.text[current()]
        for code, category in setting.definitions.categories.items()
        if code != setting.case.category
    }
    yield Field("category", "choice", str(desk_text.FIELDS["category"]), options=others)
    yield from _whom(setting, required=False)


def _take_up(setting: Setting) -> Iterable[Field]:
    yield from _accept(setting)
    yield _text(required=False)


def _assign(setting: Setting) -> Iterable[Field]:
    """Every unit that may have it; the one that has handled it only for somebody else there."""
    standing = setting.case.standing
    again = standing.unassigned and setting.has_another
    found = assignable(setting.definitions, setting.abouts, setting.today)
    asked = _units("unit", setting, (code for code in found if code != standing.unit or again))
    named = {code: desk_text.same_unit(name) if code == standing.unit else name for code, name in asked.options.items()}
    yield replace(asked, options=named)


def _promised(name: str, setting: Setting) -> Field:
    first = day_of(setting.case, setting.today)
    last = max(outcome_limit(setting.case.standing).day, first)
    return Field(name, "day", str(desk_text.FIELDS[name]), days=(first, last))


def _outcome(setting: Setting) -> Iterable[Field]:
    yield _choice("outcome", OUTCOMES)
    yield _promised("date", setting)
    yield _choice("ground", GROUNDS)
    yield _text()


def _extend(_: Setting) -> Iterable[Field]:
    days = {str(count): str(count) for count in range(1, MAX_EXTENSION + 1)}
    yield Field("workdays", "choice", str(desk_text.FIELDS["workdays"]), options=days)
    yield _choice("reason", EXTENSION_REASONS)
    yield _text()


def _adopt(setting: Setting) -> Iterable[Field]:
    days = (setting.case.received, day_of(setting.case, setting.today))
    yield Field("on", "day", str(desk_text.FIELDS["on"]), days=days)
    yield Field("link", "link", str(desk_text.FIELDS["link"]))


_FIELDS: Mapping[Kind, Callable[[Setting], Iterable[Field]]] = {
    "categorised": _categorise,
    "accepted": _accept,
    "taken_up": _take_up,
    "declined": lambda _: (_choice("reason", REASONS), _text()),
    "upheld": lambda _: (_text(),),
    "merged": lambda _: (Field("into", "number", str(desk_text.FIELDS["into"])),),
    "unmerged": lambda _: (_text(required=False),),
    "transferred": lambda _: (_text(),),
    "assigned": _assign,
    "returned": lambda _: (_choice("reason", RETURN_REASONS), _text("inside")),
    "replied": lambda _: (_text(),),
    "planned": lambda setting: (_promised("by", setting), _text()),
    "extended": _extend,
    "outcome": _outcome,
    "confirmed": lambda _: (_choice("satisfied", ("yes", "no")), _text("note", required=False)),
    "disputed": lambda _: (_choice("satisfied", ("yes", "no")), _text("note")),
    "summarised": lambda _: (_text("summary"),),
    "adopted": _adopt,
}
