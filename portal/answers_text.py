"""Sentences and labels of the two desks that look after answers: exclusions, and themes of free texts."""

from collections.abc import Mapping

from flask_babel import gettext, lazy_gettext

from surveys.definition import Basis
from surveys.exclusions import Decision, Reason

REASONS: Mapping[Reason, object] = {
    "flood": lazy_gettext("flood in one day"),
    "duplicate": lazy_gettext("duplicates, the same in words and choices"),
    "imported-twice": lazy_gettext("brought in twice"),
    "wrong-unit": lazy_gettext("entered for the wrong unit"),
    "test-entry": lazy_gettext("test entries"),
}
TAKES: Mapping[Reason, object] = {
    "flood": lazy_gettext("As many stay as the unit usually has; which ones is drawn by lot."),
    "duplicate": lazy_gettext("Of each group that is the same one stays."),
    "imported-twice": lazy_gettext("Half of each kind stays, so every share stays what it was."),
    "wrong-unit": lazy_gettext("All that staff entered in this way on this day goes."),
    "test-entry": lazy_gettext("All that staff entered in this way on this day goes."),
}
BASES: Mapping[Basis, object] = {
    "card": lazy_gettext("with a card"),
    "assisted": lazy_gettext("helped by staff"),
    "imported": lazy_gettext("brought in from a file"),
    "open": lazy_gettext("by anybody"),
}
DECISIONS: Mapping[Decision, object] = {
    "confirmed": lazy_gettext("confirmed: they count no longer"),
    "refused": lazy_gettext("refused: they count"),
}
EXCLUSION_STALE = lazy_gettext(
    "Meanwhile the numbers changed, or somebody else proposed or decided. Nothing was stored: look at it anew."
)
EXCLUSION_NOT_POSSIBLE = lazy_gettext(
    "This cannot be done: it is too late for this reason, nothing shows the reason, or another person must do it. "
    "Nothing was stored."
)
THEMES_SHUT = lazy_gettext("Texts open once their month has ended, and their themes stand once it is published.")
THEMES_NOTHING = lazy_gettext("Nothing was ticked: choose a theme for at least one text, or “none of these”.")
THEMES_NOT_TOGETHER = lazy_gettext("Choose either themes or “none of these”")
THEMES_STALE = lazy_gettext(
    "Somebody else coded one of these texts meanwhile. Nothing was stored and your ticks are kept: compare, then save."
)
THEMES_GONE = lazy_gettext("A text or a theme is no longer there. Nothing was stored: look at the page anew.")


_SIZES = (5, 10, 20, 50, 100)


def size(n: int) -> str:
    """The size of a group as a range, so that one more answer can hardly be seen."""
    least = max((one for one in _SIZES if one <= n), default=1)
    above = next((one for one in _SIZES if one > n), None)
    return f"{least}–{above - 1}" if above else str(gettext("%(least)s or more", least=least))


def usual(number: int | None, days: int) -> str:
    """What is usual on the other days, or that too few of them are there."""
    if number is None:
        return str(gettext("too few other days (%(days)s)", days=days))
    return str(gettext("%(number)s, the median of %(days)s other days", number=number, days=days))
