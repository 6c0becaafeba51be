"""What a resident may have deleted of her case before its time: how it is named, what goes with it, what stays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext, lazy_gettext

from surveys.backup_rotation import LONGEST_DAYS
from surveys.case_acts import Case
from surveys.case_events import PHOTO_LIMIT, SURELY_WORDY, Event
from surveys.case_limits import TEXT_DAYS
from surveys.case_standing import Standing

PHOTOS = {f"photo-{position}": position for position in range(1, PHOTO_LIMIT + 1)}
PARTS = ("contact", *PHOTOS, "words", "summary")
CHOOSE = lazy_gettext("Tick what is to be deleted, or leave this page as it is")
BACK = lazy_gettext("You had its content deleted.")
_SUMMARY = lazy_gettext("the summary for the public")
_TO_STAFF = {
    "contact": lazy_gettext("contact"),
    "words": lazy_gettext("what the resident wrote"),
    "summary": _SUMMARY,
}
_TO_HER = {"contact": lazy_gettext("your contact"), "words": lazy_gettext("what you wrote"), "summary": _SUMMARY}
_TICKS = {
    "contact": lazy_gettext("My contact"),
    "words": lazy_gettext("Everything that I wrote in this case"),
    "summary": lazy_gettext("The summary for the public, and my agreement to it"),
}


@dataclass(frozen=True)
class Told:
    """What she is told before it is done: what goes, what follows from that, and what stays."""

    goes: tuple[str, ...]
    stays: tuple[str, ...]


def part_text(part: str) -> str:
    """A part as she ticks it."""
    return _photo(part) if part in PHOTOS else str(_TICKS[part])


def parts_for_staff(parts: str) -> str:
    """The parts of an event, as the desk names them."""
    return _listed(parts, _TO_STAFF)


def parts_for_her(event: Event) -> str:
    """The parts of an event, as its resident reads them; one without parts names none."""
    return _listed(event.data["parts"], _TO_HER) if "parts" in event.data else "–"


def _listed(parts: str, names: Mapping[str, object]) -> str:
    named = (_photo(part) if part in PHOTOS else str(names[part]) for part in parts.split(","))
    return str(gettext(", ")).join(named)


def _photo(part: str) -> str:
    return str(gettext("Photo %(position)s", position=PHOTOS[part]))


def is_back(case: Case, sequence: int) -> bool:
    """Whether the words or the photo of an event were taken back by the resident."""
    event = case.events[sequence - 1]
    if event.kind == "photo":
        return case.standing.pictures.get(int(event.data["position"])) != sequence
    return event.kind in SURELY_WORDY and sequence < case.standing.words_back


def told(case: Case, parts: Sequence[str]) -> Told:
    """What goes with these parts, and what stays, in whole sentences."""
    goes = tuple(_goes(case.standing, part) for part in parts)
    return Told(goes, tuple(_stays(case.standing)))


def _goes(standing: Standing, part: str) -> str:
    if part in PHOTOS:
        public = PHOTOS[part] in standing.published_photos
        what = gettext("%(photo)s. By tomorrow it is gone from the public page, too.", photo=_photo(part))
        return str(what if public else gettext("%(photo)s.", photo=_photo(part)))
    if part == "summary":
        what = gettext("The summary, and your agreement. By tomorrow it is gone from the public page with its photos.")
        return str(what if standing.consented else gettext("The summary for the public."))
    return _contact(standing) if part == "contact" else _words(standing)


def _contact(standing: Standing) -> str:
    if not standing.is_open:
        return str(gettext("Your contact."))
    return str(
        gettext(
            "Your contact. Nobody can call you any more: when an outcome is proposed, it waits on this page "
            "for your word, and closes as not confirmed after 15 days without it."
        )
    )


def _words(standing: Standing) -> str:
    if not standing.is_open:
        return str(gettext("Everything that you wrote in this case."))
    return str(
        gettext(
            "Everything that you wrote in this case. Whoever works on it can then no longer read what it is about. "
            "If you want no answer any more, withdraw the case first."
        )
    )


def _stays(standing: Standing) -> Iterator[str]:
    yield str(gettext("Number, category and unit, each step with its day, and that you had something deleted."))
    yield str(gettext("The counts of the months: your case is still one among them, and nobody can tell which."))
    yield _answers(standing.ended)
    yield str(
        gettext(
            "Sealed backups, for %(days)s days at most. If the database ever has to be put back from one, what you "
            "had deleted since is there again: then delete it once more.",
            days=LONGEST_DAYS,
        )
    )
    if standing.published_summary:
        yield str(gettext("Copies that others made of what was public: we cannot fetch them back."))


def _answers(ended: date | None) -> str:
    if ended is None:
        return str(gettext("What the office answered you, until %(days)s days after the case ends.", days=TEXT_DAYS))
    last = ended + timedelta(days=TEXT_DAYS)
    return str(gettext("What the office answered you, until %(day)s.", day=last.isoformat()))
