"""Sentences that code chooses; case_text has those of a case's life, templates the rest. Errors say what to do next."""

from collections.abc import Callable

from flask_babel import gettext, lazy_gettext

from surveys.definition import Kind, Question
from surveys.responses import Fault

CHOOSE_CATEGORY = lazy_gettext("Choose what it is about")
CHOOSE_KNOWN = lazy_gettext("Choose one of the entries shown")
WRITE_TEXT = lazy_gettext("Write what you want to tell us")
WRITE_NUMBER = lazy_gettext("Write the 10 digits of your case number")
WRITE_SECRET = lazy_gettext("Write the 20 digits of your secret code")
DIGITS_ONLY = lazy_gettext("Write digits only, as they stand on your receipt")
NUMBER_MISTYPED = lazy_gettext("This number has a mistyped digit: compare its 10 digits with your receipt")
SECRET_MISTYPED = lazy_gettext("This code has a mistyped digit: compare its 20 digits with your receipt")
WRITE_CARD_NUMBER = lazy_gettext("Write the 10 digits of your card's number too, or leave both empty")
WRITE_CARD_SECRET = lazy_gettext("Write the 20 digits under the fold of your card too, or leave both empty")
CARD_DIGITS_ONLY = lazy_gettext("Write digits only, as they stand on your card")
CARD_NUMBER_MISTYPED = lazy_gettext("This number has a mistyped digit: compare its 10 digits with your card")
CARD_SECRET_MISTYPED = lazy_gettext("This secret has a mistyped digit: compare its 20 digits with your card")
CARD_UNKNOWN = lazy_gettext(
    "Number and secret do not fit together, or the card was used before: compare both, or send without the card"
)
CARD_VOID = lazy_gettext("The office has made this card void. You can send your answers without it.")
CARD_TRIES = lazy_gettext(
    "Too many wrong tries with cards from your network. Compare both once more, or send your answers without the card."
)
NO_SUCH_CASE = lazy_gettext("No case has this number and code together: compare both with your receipt")

PERSONAL = {
    "identity": lazy_gettext("an identity card number"),
    "card": lazy_gettext("a bank card number"),
    "phone": lazy_gettext("a telephone number (the box for it on this page is encrypted)"),
}

PERSONAL_HERE = {**PERSONAL, "phone": lazy_gettext("a telephone number")}
"""The same on pages that have no box for a telephone number."""

CHOOSE_PHOTO = lazy_gettext("Choose a photo first")
PHOTOS_KEPT = lazy_gettext("The photos are kept with your case.")
PHOTOS_TOO_LARGE = lazy_gettext(
    "These photos are too large together, and none was kept. Go back and choose fewer or smaller ones."
)

STATES = {
    "received": lazy_gettext("Received."),
    "accepted": lazy_gettext("Accepted."),
    "declined": lazy_gettext("Not taken on; the reason and the right place are given."),
    "merged": lazy_gettext("Joined with another case about the same matter."),
    "transferred": lazy_gettext("Passed on to another authority."),
    "assigned": lazy_gettext("Given to a unit to answer."),
    "replied": lazy_gettext("Answered."),
    "outcome": lazy_gettext("An outcome is proposed."),
    "callback": lazy_gettext("A reviewer asked whether it is settled."),
    "closed": lazy_gettext("Closed."),
    "reopened": lazy_gettext("Opened again."),
    "withdrawn": lazy_gettext("Withdrawn."),
}

STALE_FORM = lazy_gettext("This form was too old to be taken. Nothing you wrote is lost: please send it once more.")
TOO_FAST = lazy_gettext("That was very quick. Please look over your answers and send them once more.")
FIELD_FOR_MACHINES = lazy_gettext("Please leave the last field empty, it only catches machines. Then send once more.")
TOO_MANY = lazy_gettext("Many answers come from your network right now. Please wait a minute and send once more.")
TOO_MANY_TRIES = lazy_gettext("Too many wrong tries from your network. Please wait an hour, or ask at the counter.")
PRESS_AGAIN = lazy_gettext("This was not noted. Please press once more in a moment.")
BUSY = lazy_gettext("The server is busy and has not stored this yet. Please send it once more in a moment.")


def wrong_length(found: int, wanted: int) -> str:
    """What to do about a code with too few or too many digits."""
    sentence = gettext(
        "This has %(found)s digits instead of %(wanted)s: compare it with your receipt", found=found, wanted=wanted
    )
    return str(sentence)


def card_wrong_length(found: int, wanted: int) -> str:
    """The same of a card."""
    sentence = gettext(
        "This has %(found)s digits instead of %(wanted)s: compare it with your card", found=found, wanted=wanted
    )
    return str(sentence)


def card_elsewhere(survey: str, unit: str) -> str:
    """What to do with a card that is for another survey or unit."""
    sentence = gettext(
        "This card is for “%(survey)s”, about %(unit)s: use it there, or send this without it", survey=survey, unit=unit
    )
    return str(sentence)


def too_many_photos(limit: int) -> str:
    """What to do about more photos than a case holds."""
    return str(gettext("A case holds %(limit)s photos at most: choose fewer. None was kept.", limit=limit))


def picture_fault(reason: str, name: str) -> str:
    """What to do about a file that is no picture, or one too large."""
    if reason == "no-picture":
        return str(
            gettext("“%(name)s” cannot be read as a photo: choose a JPEG, PNG or WebP. None was kept.", name=name)
        )
    return str(gettext("“%(name)s” is too large: choose a photo below 10 MB. None was kept.", name=name))


def too_long(limit: int) -> str:
    """What to do about a text beyond its limit."""
    return str(gettext("Shorten this to %(limit)s characters at most", limit=limit))


def fault_text(question: Question, fault: Fault) -> str:
    """What the resident is asked to do about one answer."""
    if fault.code == "required":
        return needed(question.kind)
    sentences: dict[str, Callable[[], object]] = {
        "unknown_code": lambda: gettext("Choose one of the answers shown"),
        "too_many": lambda: gettext("Choose at most %(limit)s", limit=fault.limit),
        "too_long": lambda: too_long(fault.limit or 0),
        "not_number": lambda: gettext("Enter a whole number, such as 3"),
        "too_small": lambda: gettext("Enter %(limit)s or more", limit=fault.limit),
        "too_large": lambda: gettext("Enter %(limit)s or less", limit=fault.limit),
        "not_date": lambda: gettext("Enter the day as year-month-day, such as 2026-11-01"),
    }
    return str(sentences[fault.code]())


def needed(kind: Kind) -> str:
    """What to do about a question of the kind that must be answered."""
    if kind == "scale":
        return str(gettext("Choose how you see it, or “don't know”"))
    if kind in ("single", "multiple"):
        return str(gettext("Choose an answer"))
    return str(gettext("Fill this in"))
