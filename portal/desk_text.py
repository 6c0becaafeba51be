"""Every sentence and label of the desk that code chooses."""

from flask_babel import gettext, lazy_gettext

SIGN_IN_REFUSED = lazy_gettext(
    "Name, password or code do not fit, or the account is shut. Try again with the next code, or ask an administrator."
)
SESSION_ENDED = lazy_gettext("Your session has ended and nothing was stored. Sign in, then do it once more.")
NOT_YOUR_ROLE = lazy_gettext("This page is for another role. Go back to your desk, or ask an administrator.")
PASSWORDS_DIFFER = lazy_gettext("The two new passwords differ: type both once more.")
OLD_PASSWORD_WRONG = lazy_gettext("The present password does not fit: type it once more, or ask an administrator.")
PASSWORD_WEAK = lazy_gettext(
    "Take another password: 12 to 200 characters, at least 5 of them different, without your name, "
    "not the present one, not made of easy words or rows of keys, and none that many people took."
)


def throttled(seconds: int) -> str:
    """How long to wait after too many tries."""
    return str(gettext("Too many tries: wait %(minutes)s minutes, or ask an administrator.", minutes=-(-seconds // 60)))


ROLES = {
    "intake": lazy_gettext("Intake"),
    "handler": lazy_gettext("Handler"),
    "reviewer": lazy_gettext("Reviewer"),
    "publisher": lazy_gettext("Publisher"),
    "auditor": lazy_gettext("Auditor"),
    "admin": lazy_gettext("Administrator"),
    "resident": lazy_gettext("Resident"),
    "system": lazy_gettext("System"),
}
LISTS = {
    "triage": lazy_gettext("To triage"),
    "assign": lazy_gettext("To assign"),
    "appeals": lazy_gettext("Refusals contested"),
    "unit": lazy_gettext("With your unit"),
    "callbacks": lazy_gettext("Callbacks due"),
    "close": lazy_gettext("To close"),
    "unreached": lazy_gettext("Not reached for 15 days"),
    "disputes": lazy_gettext("Disputed"),
    "due_today": lazy_gettext("Due today"),
    "overdue": lazy_gettext("Overdue"),
}
LIST_PURPOSES = {
    "triage": lazy_gettext("New cases. Each is looked at within a working day: accept it, pass it on or decline it."),
    "assign": lazy_gettext(
        "Accepted cases that no unit has yet, and cases that residents say are not settled: "
        "give each to the unit that can settle it."
    ),
    "appeals": lazy_gettext("Residents who do not agree that their case was declined: decide anew, with the grounds."),
    "unit": lazy_gettext("Cases given to your unit: reply first, then settle the matter and propose the outcome."),
    "callbacks": lazy_gettext(
        "The resident left a contact and an outcome is proposed: call and ask whether it is settled."
    ),
    "close": lazy_gettext("The resident said that it is settled: look at it once more and close it."),
    "unreached": lazy_gettext(
        "Three calls in vain and fifteen days without a word: these may be closed as unconfirmed."
    ),
    "disputes": lazy_gettext("Residents or units who do not agree: a case that starts again, or came back to intake."),
    "due_today": lazy_gettext("Cases whose limit ends today, whatever the step."),
    "overdue": lazy_gettext(
        "Cases whose limit is past. They stand on the public list of overdue cases until they are answered."
    ),
}
DESKS = (
    (
        "contacts.listing",
        lazy_gettext("Contacts"),
        lazy_gettext("Hand a contact over to the unit that the resident allowed to have it."),
    ),
    (
        "surveys_desk.overview",
        lazy_gettext("Surveys"),
        lazy_gettext("How many answers came in, and QR codes to print."),
    ),
    (
        "exclusions.listing",
        lazy_gettext("Exclusions"),
        lazy_gettext("Answers that should not count: one person proposes, another decides."),
    ),
    (
        "themes.listing",
        lazy_gettext("Themes"),
        lazy_gettext("Sort what residents wrote with a rating, before the month is published."),
    ),
    (
        "pages_desk.listing",
        lazy_gettext("Helpful pages"),
        lazy_gettext("Which pages of the site helped readers least."),
    ),
)
"""The desks besides cases: endpoint, name, what it is for."""
STATES = {
    "received": lazy_gettext("received"),
    "accepted": lazy_gettext("accepted"),
    "declined": lazy_gettext("declined"),
    "merged": lazy_gettext("joined to another case"),
    "transferred": lazy_gettext("passed on"),
    "assigned": lazy_gettext("assigned"),
    "replied": lazy_gettext("replied"),
    "outcome": lazy_gettext("outcome proposed"),
    "callback": lazy_gettext("called back"),
    "closed": lazy_gettext("closed"),
    "reopened": lazy_gettext("reopened"),
    "withdrawn": lazy_gettext("withdrawn"),
}
NOW = {
    "triage": lazy_gettext("Intake is to act: triage it."),
    "appeal": lazy_gettext("The supervising unit is to act: decide on the refusal."),
    "assign": lazy_gettext("Intake is to act: assign it to a unit."),
    "unit": lazy_gettext("The unit is to act: answer and settle it."),
    "callback": lazy_gettext("A reviewer is to act: call the resident."),
    "close": lazy_gettext("A reviewer is to act: close it."),
    "wait": lazy_gettext("The resident's word is waited for."),
}
"""Who must act now, by the desk that a case lies on."""
ASSIGN_ANEW = lazy_gettext(
    "Intake is to act: nobody has it since the resident said that it is not settled. It is assigned to somebody "
    "of the unit who has not handled it, or to another unit."
)
LIMITS = {
    "triage": lazy_gettext("triage"),
    "appeal": lazy_gettext("decision on the contested refusal"),
    "first_reply": lazy_gettext("first reply"),
    "outcome": lazy_gettext("outcome"),
    "plan": lazy_gettext("promised day"),
    "callback": lazy_gettext("callback"),
    "return": lazy_gettext("return to intake, at the latest"),
    "unconfirmed": lazy_gettext("closes as unconfirmed"),
    "not_reached": lazy_gettext("may be closed as not reached"),
    "reopen": lazy_gettext("resident may reopen"),
    "contest": lazy_gettext("resident may contest"),
    "purge_contact": lazy_gettext("contact is deleted"),
    "purge_texts": lazy_gettext("texts are deleted"),
    "none": lazy_gettext("no limit runs"),
}
NUMBER_MISTYPED = lazy_gettext("This number has a mistyped digit: compare its 10 digits, then search once more.")
NO_LINK = lazy_gettext("Give the full address of the page, beginning with https://.")
EVENTS = {
    "received": lazy_gettext("Received"),
    "categorised": lazy_gettext("Put in another category"),
    "accepted": lazy_gettext("Accepted"),
    "declined": lazy_gettext("Declined"),
    "contested": lazy_gettext("Refusal contested"),
    "upheld": lazy_gettext("Refusal upheld"),
    "taken_up": lazy_gettext("Taken up after all"),
    "merged": lazy_gettext("Joined to another case"),
    "unmerged": lazy_gettext("Parted from the other case"),
    "transferred": lazy_gettext("Passed on to another authority"),
    "assigned": lazy_gettext("Assigned"),
    "returned": lazy_gettext("Returned to intake"),
    "replied": lazy_gettext("Replied"),
    "planned": lazy_gettext("Promised a day"),
    "extended": lazy_gettext("Extended"),
    "outcome": lazy_gettext("Outcome proposed"),
    "confirmed": lazy_gettext("Confirmed as settled"),
    "disputed": lazy_gettext("Not settled"),
    "not_reached": lazy_gettext("Called, not reached"),
    "closed": lazy_gettext("Closed"),
    "reopened": lazy_gettext("Reopened"),
    "withdrawn": lazy_gettext("Withdrawn"),
    "message": lazy_gettext("Message"),
    "photo": lazy_gettext("Photo added"),
    "released": lazy_gettext("Contact released to the unit"),
    "withheld": lazy_gettext("Contact withheld again"),
    "summarised": lazy_gettext("Summary for the public proposed"),
    "consented": lazy_gettext("Agreed to the summary"),
    "refused": lazy_gettext("Refused the summary"),
    "adopted": lazy_gettext("Suggestion adopted"),
    "purged": lazy_gettext("Deleted after its time"),
    "erased": lazy_gettext("Taken back by the resident"),
}
ACTS = {
    "categorised": lazy_gettext("Correct the category"),
    "accepted": lazy_gettext("Accept"),
    "declined": lazy_gettext("Decline"),
    "merged": lazy_gettext("Join to another case"),
    "unmerged": lazy_gettext("Part from the other case"),
    "transferred": lazy_gettext("Pass on to another authority"),
    "assigned": lazy_gettext("Assign to a unit"),
    "replied": lazy_gettext("Reply"),
    "planned": lazy_gettext("Promise a day"),
    "extended": lazy_gettext("Extend the limit"),
    "outcome": lazy_gettext("Propose the outcome"),
    "returned": lazy_gettext("Return to intake"),
    "upheld": lazy_gettext("Uphold the refusal"),
    "taken_up": lazy_gettext("Take it up after all"),
    "confirmed": lazy_gettext("Called: it is settled"),
    "disputed": lazy_gettext("Called: it is not settled"),
    "not_reached": lazy_gettext("Called: not reached"),
    "closed": lazy_gettext("Close the case"),
    "summarised": lazy_gettext("Propose a summary for the public"),
    "adopted": lazy_gettext("Record that the suggestion was adopted"),
}
VALUES = {
    "yes": lazy_gettext("Yes"),
    "no": lazy_gettext("No"),
    "other-office": lazy_gettext("another office is in charge"),
    "emergency": lazy_gettext("an emergency, belongs to 110, 119 or 120"),
    "discipline": lazy_gettext("misconduct of an officer, belongs to 12389"),
    "court": lazy_gettext("belongs to a court or to arbitration"),
    "answered-before": lazy_gettext("answered before, nothing new"),
    "no-request": lazy_gettext("holds no request"),
    "unclear": lazy_gettext("cannot be understood"),
    "other-unit": lazy_gettext("another unit is in charge"),
    "inquiry": lazy_gettext("what happened is still being looked into"),
    "others": lazy_gettext("another office has to answer first"),
    "expert": lazy_gettext("an expert's finding or a test is awaited"),
    "supplies": lazy_gettext("parts or material are awaited"),
    "works": lazy_gettext("work on site takes longer, or the weather stops it"),
    "funds": lazy_gettext("the money has to be granted first"),
    "presence": lazy_gettext("somebody who must be there cannot come yet"),
    "other": lazy_gettext("another reason, which the words say"),
    "on-the-spot": lazy_gettext("settled on the spot"),
    "by-date": lazy_gettext("settled by a day"),
    "explained": lazy_gettext("explained, with its ground"),
    "law": lazy_gettext("law"),
    "rules": lazy_gettext("rules of procedure"),
    "facts": lazy_gettext("facts"),
    "competence": lazy_gettext("competence"),
    "means": lazy_gettext("means available"),
    "confirmed": lazy_gettext("confirmed"),
    "unconfirmed": lazy_gettext("unconfirmed"),
    "contact": lazy_gettext("contact"),
    "texts": lazy_gettext("texts"),
}
FIELDS = {
    "text": lazy_gettext("Words to the resident"),
    "note": lazy_gettext("What was said (the resident reads it)"),
    "inside": lazy_gettext("Words to intake (the resident does not see them)"),
    "summary": lazy_gettext("The summary, as the resident and the public would read it"),
    "complex": lazy_gettext("Complex, 15 working days"),
    "urgent": lazy_gettext("Danger to life"),
    "about": lazy_gettext("Complains of this unit"),
    "no_unit": lazy_gettext("Complains of no unit"),
    "reason": lazy_gettext("Reason"),
    "into": lazy_gettext("Number of the case it is joined to"),
    "unit": lazy_gettext("Unit"),
    "by": lazy_gettext("Promised day"),
    "category": lazy_gettext("Category"),
    "workdays": lazy_gettext("Further working days, 1 to 15"),
    "outcome": lazy_gettext("Outcome"),
    "date": lazy_gettext("Settled by (for “settled by a day” only)"),
    "ground": lazy_gettext("Ground (for “explained” only)"),
    "satisfied": lazy_gettext("Satisfied"),
    "on": lazy_gettext("Adopted on"),
    "link": lazy_gettext("Address of the page that shows it"),
}
EVENT_FIELDS = {
    **{name: FIELDS[name] for name in ("about", "no_unit", "reason", "unit", "by", "outcome", "satisfied")},
    "date": lazy_gettext("Settled by"),
    "ground": lazy_gettext("Ground"),
    **{name: FIELDS[name] for name in ("on", "link", "category")},
    "complex": lazy_gettext("Complex"),
    "urgent": lazy_gettext("Danger to life"),
    "into": lazy_gettext("Joined to"),
    "workdays": lazy_gettext("Further working days"),
    "outcome_days": lazy_gettext("Working days for the outcome"),
    "result": lazy_gettext("Result"),
    "part": lazy_gettext("What was deleted"),
    "parts": lazy_gettext("What was deleted"),
    "released": lazy_gettext("Contact released to"),
}
CHANNELS = {
    "web": lazy_gettext("web"),
    "kiosk": lazy_gettext("counter"),
    "paper": lazy_gettext("paper"),
    "telephone": lazy_gettext("telephone"),
    "other": lazy_gettext("other"),
}
LANGUAGES = {"zh": "中文", "en": "English"}
CONFLICT = lazy_gettext(
    "Somebody else acted on this case meanwhile. Nothing was stored and what you typed is kept: read what is new, "
    "then decide."
)
NOT_POSSIBLE = lazy_gettext("This act is not possible now. Nothing was stored: look at the case, then decide.")
LOOK_FIRST = lazy_gettext(
    "Show the contact first, then call: nothing was stored, for nobody could have called without it."
)
NOT_YOURS = lazy_gettext("This case is not with you, so nothing was stored. What you wrote stands here, to copy.")
WRITE = lazy_gettext("Write what is asked here")
NO_WORDS = lazy_gettext("Nobody could see a word of this: write what is asked here")
CHOOSE = lazy_gettext("Choose an entry")
NO_OPEN_CASE = lazy_gettext("Give the number of an open case that this one can be joined to")
NO_UNIT = lazy_gettext("No unit: it is about something else")
WHOM = lazy_gettext("Choose the unit that it complains of, or that it is none")
OTHER_UNIT = lazy_gettext("Choose a unit that may be given this case")
NO_CONTACT_KEY = lazy_gettext(
    "This session does not open contacts. Let the key be shared with you, then sign in again."
)
CONTACT_NOT_NOW = lazy_gettext("The contact of this case is not yours to see now, or there is none.")


def fill_in(blank: str) -> str:
    """Which blank of a template is still open."""
    return str(gettext("Fill in the blank in “%(blank)s” first", blank=blank))


def personal_found(kinds: str) -> str:
    """What a summary for the public seems to hold."""
    return str(
        gettext(
            "The summary seems to hold %(kinds)s, marked below. Nothing was sent: leave it out, or send it as it is.",
            kinds=kinds,
        )
    )


def same_unit(name: str) -> str:
    """The unit that a case comes back to, as it is offered."""
    return str(gettext("%(unit)s, somebody who has not handled it", unit=name))


def day_between(first: str, last: str) -> str:
    """Which days can be promised."""
    return str(gettext("Give a day from %(first)s to %(last)s", first=first, last=last))


def too_long(limit: int) -> str:
    """What to do about a text beyond its limit."""
    return str(gettext("Shorten this to %(limit)s characters at most", limit=limit))
