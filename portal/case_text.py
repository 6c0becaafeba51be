"""The life of a case in plain words for the resident: what happened, what is next and by when, what she can do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from flask_babel import gettext, lazy_gettext

from portal import case_erasing, text
from portal.case_reasons import EXTENSION_REASONS, GROUNDS, REASONS
from surveys.case_events import KINDS, Event, Kind
from surveys.case_limits import LimitKind
from surveys.case_standing import Standing
from surveys.workdays import Deadline

UnitName = Callable[[str | None], str]
Sentence: TypeAlias = object
"""Words that are put into the language of the page when they are shown."""
_DAY = timedelta(days=1)

DONE = lazy_gettext("Done, and noted on this page.")
FEED_ON = lazy_gettext("The feed is on. Its address stands below, this once.")
FEED_OFF = lazy_gettext("The feed is off. Its address leads nowhere now.")
MOVED_ON = lazy_gettext(
    "This case has moved on since you opened it, and nothing was sent. Look at it again below; what you wrote is kept."
)
NOT_NOW = lazy_gettext("This is no longer possible at this case, and nothing was sent. Below stands what is possible.")
WRITE_WORDS = lazy_gettext("Write in a sentence what it is about")
TICK = lazy_gettext("Tick the box if the unit may have it, or leave this page as it is")


def event_text(event: Event, unit_name: UnitName) -> str:
    """What happened, in one sentence to the resident."""
    data, unit = event.data, unit_name(event.unit)
    given = unit_name(data.get("unit"))
    hers = event.role == "resident"
    sentences: Mapping[Kind, Callable[[], object]] = {
        "received": lambda: _received(hers),
        "categorised": lambda: gettext("Put in another category; the days below are those of that category."),
        "accepted": lambda: _accepted(event),
        "declined": lambda: gettext("Not taken on: %(reason)s.", reason=REASONS.get(data.get("reason", ""), "–")),
        "contested": lambda: gettext("You asked for the refusal to be looked at again."),
        "upheld": lambda: gettext("The refusal was looked at again and stands."),
        "taken_up": lambda: gettext("The refusal was lifted: your case is taken on."),
        "merged": lambda: gettext("Joined with case %(number)s about the same matter.", number=data.get("into", "–")),
        "unmerged": lambda: gettext("Parted from the other case: yours is answered by itself."),
        "transferred": lambda: gettext("Passed on to another authority, which answers you."),
        "assigned": lambda: gettext("Given to %(unit)s to answer.", unit=given),
        "returned": lambda: gettext("%(unit)s gave it back; another place is being found.", unit=unit),
        "replied": lambda: gettext("%(unit)s answered.", unit=unit),
        "planned": lambda: gettext("%(unit)s plans to have it done by %(day)s.", unit=unit, day=data.get("by", "–")),
        "extended": lambda: _extended(event, unit),
        "outcome": lambda: _outcome(event, unit),
        "confirmed": lambda: _word(hers, SETTLED),
        "disputed": lambda: _word(hers, NOT_SETTLED),
        "not_reached": lambda: gettext("A reviewer called you and did not reach you."),
        "closed": lambda: _closed(event),
        "reopened": lambda: _reopened(event),
        "withdrawn": lambda: gettext("You withdrew the case."),
        "message": lambda: gettext("You added a message."),
        "photo": lambda: gettext("You added photo %(position)s.", position=data.get("position", "–")),
        "released": lambda: gettext("You let %(unit)s have your contact.", unit=given),
        "withheld": lambda: gettext("You took your contact back from the unit."),
        "summarised": lambda: gettext("A summary to be published was written. It stays unpublished unless you agree."),
        "consented": lambda: gettext("You agreed to the summary being published."),
        "refused": lambda: gettext("You did not agree to the summary being published."),
        "adopted": lambda: _adopted(event),
        "purged": lambda: _purged(event),
        "erased": lambda: gettext("You had this deleted: %(parts)s.", parts=case_erasing.parts_for_her(event)),
    }
    return str(sentences[event.kind]())


def answered_again(unit: str) -> str:
    """An answer that is not the first."""
    return str(gettext("%(unit)s answered once more.", unit=unit))


SETTLED = (lazy_gettext("You said that it is settled."), lazy_gettext("You told a reviewer that it is settled."))
NOT_SETTLED = (
    lazy_gettext("You said that it is not settled: somebody else takes it on."),
    lazy_gettext("You told a reviewer that it is not settled: somebody else takes it on."),
)


def _word(hers: bool, sentences: tuple[Sentence, Sentence]) -> Sentence:
    return sentences[0] if hers else sentences[1]


def _received(hers: bool) -> object:
    return gettext("Received.") if hers else gettext("Received; staff wrote it down for you.")


def _accepted(event: Event) -> object:
    if event.data.get("complex") == "yes":
        days = event.data.get("outcome_days", "–")
        return gettext("Accepted as a complex matter, for which %(days)s working days are allowed.", days=days)
    return gettext("Accepted.")


def _extended(event: Event, unit: str) -> object:
    days, reason = event.data.get("workdays", "–"), EXTENSION_REASONS.get(event.data.get("reason", ""))
    if reason is None:
        return gettext("%(unit)s takes up to %(days)s working days more.", unit=unit, days=days)
    return gettext("%(unit)s takes up to %(days)s working days more: %(reason)s.", unit=unit, days=days, reason=reason)


def _outcome(event: Event, unit: str) -> object:
    kind = event.data.get("outcome")
    if kind == "by-date":
        return gettext("%(unit)s settles it by %(day)s.", unit=unit, day=event.data.get("date", "–"))
    if kind == "explained":
        ground = GROUNDS.get(event.data.get("ground", ""), "–")
        return gettext("%(unit)s explains why it cannot be done. Ground: %(ground)s.", unit=unit, ground=ground)
    return gettext("%(unit)s settled it on the spot.", unit=unit)


def _closed(event: Event) -> object:
    if event.data.get("result") == "confirmed":
        return gettext("Closed, as you said that it is settled.")
    return gettext("Closed without your word; it is counted as not confirmed.")


def _adopted(event: Event) -> object:
    day, link = event.data.get("on", "–"), event.data.get("link", "–")
    return gettext("Your suggestion was adopted on %(day)s (%(link)s).", day=day, link=link)


def _reopened(event: Event) -> object:
    if event.data.get("unit"):
        return gettext("You opened the case again. Somebody who has not handled it takes it on.")
    return gettext("You opened the case again. A unit is being found for it.")


def _purged(event: Event) -> object:
    if event.data.get("part") == "contact":
        return gettext("Your contact was deleted.")
    return gettext("The words and photos of this case were deleted; days and steps stay.")


JOINED: Mapping[Kind, Sentence] = {
    **{kind: text.STATES[kind] for kind in KINDS if kind in text.STATES},
    "contested": lazy_gettext("The refusal was contested."),
    "upheld": lazy_gettext("The refusal was looked at again and stands."),
    "taken_up": lazy_gettext("The refusal was lifted."),
    "unmerged": lazy_gettext("Parted from another case."),
    "planned": lazy_gettext("Answered with a plan."),
    "extended": lazy_gettext("The time was extended."),
    "confirmed": lazy_gettext("Said to be settled."),
    "disputed": lazy_gettext("Said not to be settled: somebody else takes it on."),
}
"""What happened at the case that hers was joined to; of the other resident it says nothing."""


def standing_text(standing: Standing) -> str:
    """Where the case stands, in one sentence."""
    if standing.appeal_from:
        return str(gettext("Not taken on; a supervising unit is looking at the refusal again."))
    if standing.proposed and standing.confirmed:
        return str(gettext("You said that it is settled. A reviewer closes it."))
    if standing.proposed:
        return str(gettext("An outcome is proposed. Is it settled for you?"))
    if standing.triage_from and standing.state != "received":
        return str(gettext("Accepted; a unit to answer you is being found again."))
    if standing.queue == "assign" and standing.round > 1:
        return str(gettext("You said that it is not settled. We are finding somebody who has not handled it."))
    return str(text.STATES[standing.state])


NEXT: Mapping[LimitKind, Sentence] = {
    "triage": lazy_gettext("By this day we say who will answer you."),
    "appeal": lazy_gettext("By this day the supervising unit says whether the refusal stands."),
    "first_reply": lazy_gettext("By this day a person answers."),
    "outcome": lazy_gettext("By this day an outcome is proposed."),
    "plan": lazy_gettext("By this day the unit plans to have it done."),
    "callback": lazy_gettext("By this day a reviewer calls you. You can also say on this page whether it is settled."),
    "unconfirmed": lazy_gettext("If you say nothing until this day, the case closes as not confirmed."),
    "not_reached": lazy_gettext("We could not reach you. If you say nothing until this day, a reviewer closes it."),
    "reopen": lazy_gettext("Until this day you can open the case again."),
    "contest": lazy_gettext("Until this day you can ask for the refusal to be looked at again."),
    "purge_contact": lazy_gettext("After this day your contact is deleted, if you left one."),
    "purge_texts": lazy_gettext("After this day the words and photos of this case are deleted."),
}
"""What each limit means to the resident; one that only units have is not hers to watch."""


def late_text(days: int) -> str:
    """A limit that the office has not kept."""
    return str(
        gettext(
            "This day passed %(days)s days ago without it. The case is overdue. You need not do anything: "
            "late cases are counted in public.",
            days=days,
        )
    )


def counted_text(limit: Deadline) -> str:
    """The days that a limit counted: each of them, or the first and the last where none was left out."""
    days = limit.counted
    number = len(days)
    if number > 2 and days[-1] - days[0] == _DAY * (number - 1):
        return str(
            gettext("%(number)s days, each from %(first)s to %(last)s", number=number, first=days[0], last=days[-1])
        )
    return str(gettext("%(number)s days: %(days)s", number=number, days=", ".join(map(str, days))))


@dataclass(frozen=True)
class Offer:
    """An act of the resident on her page: its address, its kind in the ledger, its words, and what it asks for."""

    address: str
    kind: Kind
    title: Sentence
    hint: Sentence
    button: Sentence
    label: Sentence = ""
    words: Literal["none", "may", "must"] = "none"
    asks: Literal["", "satisfied", "tick", "summary", "sure", "parts"] = ""
    open: bool = False


OFFERS: tuple[Offer, ...] = (
    Offer(
        "solved",
        "confirmed",
        lazy_gettext("It is settled"),
        lazy_gettext("A reviewer then closes the case. You can open it again within 30 days."),
        lazy_gettext("Yes, it is settled"),
        lazy_gettext("Do you want to add something?"),
        words="may",
        asks="satisfied",
    ),
    Offer(
        "unsolved",
        "disputed",
        lazy_gettext("It is not settled"),
        lazy_gettext("Somebody else takes it on, with five new working days."),
        lazy_gettext("No, it is not settled"),
        lazy_gettext("What is still missing?"),
        words="must",
        asks="satisfied",
    ),
    Offer(
        "contest",
        "contested",
        lazy_gettext("Ask for the refusal to be looked at again"),
        lazy_gettext("A supervising unit decides. This is possible once."),
        lazy_gettext("Ask for it"),
        lazy_gettext("Why should it be taken on?"),
        words="must",
    ),
    Offer(
        "reopen",
        "reopened",
        lazy_gettext("Open the case again"),
        lazy_gettext("Somebody who has not handled it takes it on, with five new working days."),
        lazy_gettext("Open it again"),
        lazy_gettext("What is still missing?"),
        words="must",
    ),
    Offer(
        "consent",
        "consented",
        lazy_gettext("Agree to the summary being published"),
        lazy_gettext(
            "Only these words and the photos that you tick are published, with the outcome and the days."
            " Your own words never are."
        ),
        lazy_gettext("Yes, publish this summary"),
        asks="summary",
        open=True,
    ),
    Offer(
        "refuse",
        "refused",
        lazy_gettext("Keep the summary unpublished"),
        lazy_gettext("Nothing else changes for you. You can change your mind later."),
        lazy_gettext("No, do not publish it"),
        asks="summary",
        open=True,
    ),
    Offer(
        "separate",
        "unmerged",
        lazy_gettext("Mine is another matter"),
        lazy_gettext("Your case is then parted from the other one and answered by itself."),
        lazy_gettext("Answer mine by itself"),
        lazy_gettext("What is different?"),
        words="may",
    ),
    Offer(
        "message",
        "message",
        lazy_gettext("Add a message"),
        lazy_gettext("It stands in this case. Leave out names, identity and card numbers."),
        lazy_gettext("Send the message"),
        lazy_gettext("Your message"),
        words="must",
    ),
    Offer(
        "release",
        "released",
        lazy_gettext("Let the unit have your contact"),
        lazy_gettext("So that it can arrange a day with you. You can take it back."),
        lazy_gettext("Let the unit have it"),
        asks="tick",
    ),
    Offer(
        "withhold",
        "withheld",
        lazy_gettext("Take my contact back from the unit"),
        lazy_gettext("From now on the unit does not see it any more."),
        lazy_gettext("Take it back"),
    ),
    Offer(
        "withdraw",
        "withdrawn",
        lazy_gettext("Withdraw the case"),
        lazy_gettext("Nobody answers it then, and it cannot be opened again. You are asked once more."),
        lazy_gettext("Withdraw"),
        lazy_gettext("Do you want to say why?"),
        words="may",
        asks="sure",
    ),
    Offer(
        "erase",
        "erased",
        lazy_gettext("Have something deleted"),
        lazy_gettext("Before its time. You are told first what goes and what stays, and asked once more."),
        lazy_gettext("Show what goes and what stays"),
        asks="parts",
    ),
)
BY_ADDRESS: Mapping[str, Offer] = {offer.address: offer for offer in OFFERS}
