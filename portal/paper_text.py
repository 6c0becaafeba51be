"""The sentences of the keying desk that code chooses."""

from collections.abc import Mapping
from typing import Literal

from flask_babel import gettext, lazy_gettext

from portal.text import fault_text
from surveys.definition import Question
from surveys.paper_keys import keys_of
from surveys.responses import Fault

State = Literal["stored", "discarded", "comparing", "keying", "waiting"]
REASONS: Mapping[str, object] = {
    "role": lazy_gettext("Your role does not key sheets in."),
    "unit": lazy_gettext("This unit took no answers to the survey on that day: correct the unit or the day."),
    "batch": lazy_gettext("The files have this version of the survey no more: ask a publisher to put it back."),
    "ended": lazy_gettext("This batch was stored or given up meanwhile. Nothing more can be done with it."),
    "own": lazy_gettext(
        "These sheets are about your own unit, and somebody of it keys them already, or this step is for others. "
        "Ask somebody of another unit."
    ),
    "full": lazy_gettext("Two people key this batch already."),
    "finished": lazy_gettext("You have said that this keying is finished, so its sheets stay as they are."),
    "count": lazy_gettext("The number of sheets does not fit: count the pile anew."),
    "unsettled": lazy_gettext("Finish both keyings and look up every difference, then store the batch."),
    "day": lazy_gettext("The survey was not open on that day, or the day is still to come: correct the day."),
}
STATES: Mapping[State, object] = {
    "stored": lazy_gettext("stored"),
    "discarded": lazy_gettext("given up"),
    "comparing": lazy_gettext("both keyings are finished: look up what differs"),
    "keying": lazy_gettext("being keyed"),
    "waiting": lazy_gettext("waits to be keyed"),
}
SEATS: Mapping[int, object] = {1: lazy_gettext("First keying"), 2: lazy_gettext("Second keying")}
CHOOSE_SURVEY = lazy_gettext("Choose a survey")
CHOOSE_UNIT = lazy_gettext("Choose a unit")
WRITE_DAY = lazy_gettext("Write the day on which the box was emptied")
WRITE_COUNT = lazy_gettext("Count the sheets and write the number, 1 to 500")
MEANWHILE = lazy_gettext("Another batch was opened meanwhile. Look whether it is this one; if not, open yours now.")
LOOK_UP = lazy_gettext("Choose what stands on the paper")
STALE = lazy_gettext("The batch changed while you looked at it. Nothing was done: look at it anew.")


def keyed_wrong(question: Question, fault: Fault) -> str:
    """What to key in place of what fits nothing."""
    if fault.code == "too_many":
        return str(gettext("More than %(limit)s were ticked: key - as for what cannot be read", limit=fault.limit))
    if question.codes():
        keys = str(gettext(", ")).join(keys_of(question))
        return str(gettext("Key %(keys)s, or - if it cannot be read, or leave it blank", keys=keys))
    if question.kind == "text" and fault.code == "unknown_code":
        return str(gettext("Key 1 if something is written, or leave it blank"))
    return fault_text(question, fault)


def counted(keyed: int, n: int) -> str:
    """What to do about a pile that was counted otherwise."""
    return str(
        gettext(
            "You have keyed %(keyed)s sheets, and %(n)s were counted when the batch was opened. "
            "Look for a sheet that was left out, keyed twice or numbered wrongly.",
            keyed=keyed,
            n=n,
        )
    )
