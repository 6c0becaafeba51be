"""The sentences and labels of the surveys desk that code chooses."""

from collections.abc import Mapping

from flask_babel import lazy_gettext

from surveys.openings import Act, State

STATES: Mapping[State, object] = {
    "draft": lazy_gettext("draft"),
    "scheduled": lazy_gettext("opens by itself"),
    "open": lazy_gettext("takes answers"),
    "closed": lazy_gettext("takes no more answers"),
}
ACTS: Mapping[Act, object] = {"open": lazy_gettext("Open it"), "close": lazy_gettext("Close it")}
NOT_NOW = lazy_gettext("This cannot be done with this version now: look at its days and where it stands.")
CHANGED = lazy_gettext(
    "The file or the state of this version changed while you looked at it, or its words differ from those that were "
    "open before. Nothing was done: look at the preview again, then decide."
)
