"""What the page of a case shows its resident: where it stands, what is next and by when, and what she can do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from flask_babel import gettext
from markupsafe import Markup

from portal import case_erasing, case_text, replies
from portal.case_text import Offer, UnitName
from portal.language import current
from surveys import cases
from surveys.case_events import PHOTO_LIMIT, RESIDENTS_KINDS, Event
from surveys.case_limits import OWED, LimitKind
from surveys.case_standing import Standing
from surveys.definition import Definitions
from surveys.workdays import Deadline

_NO_REPLY = Markup()


@dataclass(frozen=True)
class Step:
    """One thing that happened: its day, a sentence, her words as text, staff's as HTML, the link to a photo."""

    day: date
    sentence: str
    words: str = ""
    reply: Markup = _NO_REPLY
    photo: str = ""


@dataclass(frozen=True)
class Limit:
    """What is next: its last day, a sentence, the days counted, and how many days late the office is."""

    day: date
    sentence: str
    counted: str
    late: str
    estimated: bool


@dataclass(frozen=True)
class CasePage:
    """All that the page of a case shows."""

    case: cases.Case
    category: str
    unit: str
    stands: str
    steps: tuple[Step, ...]
    limits: tuple[Limit, ...]
    offers: tuple[Offer, ...]
    photos: Mapping[int, str]
    room: int
    release_to: str
    summary: Markup
    joined: cases.Case | None
    joined_steps: tuple[Step, ...]
    joined_limits: tuple[Limit, ...]


def case_page(
    definitions: Definitions, case: cases.Case, joined: cases.Case | None, today: date, photos: Mapping[int, str]
) -> CasePage:
    """The page of a case as its resident may see it.

    `joined` is the one that it was joined to, `photos` are links to its photos by their position.
    """
    name = _unit_names(definitions)
    standing, category = case.standing, definitions.categories.get(case.category)
    unit = standing.unit or case.unit
    return CasePage(
        case=case,
        category=category.text[current()] if category else case.category,
        unit=name(unit) if unit else "",
        stands=case_text.standing_text(standing),
        steps=tuple(_steps(case, name, photos)),
        limits=tuple(_limits(case, today)),
        offers=_offers(case, today),
        photos=photos,
        room=PHOTO_LIMIT - len(standing.photos) if standing.is_open else 0,
        release_to=name(standing.unit),
        summary=_summary(case),
        joined=joined,
        joined_steps=tuple(_step(event, str(case_text.JOINED[event.kind])) for event in joined.events)
        if joined
        else (),
        joined_limits=tuple(_limits(joined, today, joined=True)) if joined else (),
    )


def _steps(case: cases.Case, name: UnitName, photos: Mapping[int, str]) -> Iterator[Step]:
    """What happened; an answer after the first one is told as such."""
    answered = False
    for place, event in enumerate(case.events, 1):
        again = answered and event.kind == "replied"
        answered = answered or event.kind in ("replied", "planned")
        sentence = case_text.answered_again(name(event.unit)) if again else case_text.event_text(event, name)
        yield _taken_back(event, sentence) if case_erasing.is_back(case, place) else _step(event, sentence, photos)


def _taken_back(event: Event, sentence: str) -> Step:
    return Step(event.day, f"{sentence} {case_erasing.BACK}")


def _unit_names(definitions: Definitions) -> UnitName:
    def name(code: str | None) -> str:
        found = definitions.units.get(code or "")
        return found.name[current()] if found else code or str(gettext("The unit"))

    return name


def _step(event: Event, sentence: str, photos: Mapping[int, str] = MappingProxyType({})) -> Step:
    if event.kind == "photo":
        return Step(event.day, sentence, photo=photos.get(int(event.data["position"]), ""))
    if not event.text:
        return Step(event.day, sentence)
    if event.kind in RESIDENTS_KINDS:
        return Step(event.day, sentence, words=event.text)
    return Step(event.day, sentence, reply=replies.render(event.text))


_OTHERS: frozenset[LimitKind] = frozenset(("callback", "unconfirmed", "not_reached", "reopen", "contest"))
"""Limits that concern the other resident alone where two cases were joined."""


def _limits(case: cases.Case, today: date, *, joined: bool = False) -> Iterator[Limit]:
    found = sorted(cases.limits(case.standing).items(), key=lambda item: item[1].day)
    for kind, limit in found:
        hidden = kind.startswith("purge") and (joined or (kind == "purge_contact" and not case.standing.contact))
        if kind in case_text.NEXT and not hidden and not (joined and kind in _OTHERS):
            yield _limit(kind, limit, today)


def _limit(kind: LimitKind, limit: Deadline, today: date) -> Limit:
    late = (today - limit.day).days if kind in OWED else 0
    return Limit(
        day=limit.day,
        sentence=str(case_text.NEXT[kind]),
        counted=case_text.counted_text(limit) if limit.counted else "",
        late=case_text.late_text(late) if late > 0 else "",
        estimated=limit.estimated,
    )


def next_limits(standing: Standing) -> Iterator[tuple[date, str]]:
    """What is next after the case stood so, with the last day of each; deletion at the far end left out."""
    for kind, limit in sorted(cases.limits(standing).items(), key=lambda item: item[1].day):
        if kind in case_text.NEXT and not kind.startswith("purge"):
            yield limit.day, str(case_text.NEXT[kind])


def _offers(case: cases.Case, today: date) -> tuple[Offer, ...]:
    """What the ledger lets her do now, without the answer about the summary that she has given already."""
    possible = set(cases.acts(case, cases.resident(case.number), today))
    answers = [event.kind for event in case.events[case.standing.summary or 0 :] if event.kind == "refused"]
    if answers and not case.standing.consented:
        possible.discard("refused")
    return tuple(offer for offer in case_text.OFFERS if offer.kind in possible)


def _summary(case: cases.Case) -> Markup:
    sequence = case.standing.summary
    written = case.events[sequence - 1].text if sequence else None
    return replies.render(written) if written else Markup()
