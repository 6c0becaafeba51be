"""Every sentence that code chooses on the pages for templates, several at once, the audit, contacts, accounts."""

from collections.abc import Mapping

from flask_babel import gettext, lazy_gettext

Sentence = object
"""Words that are put into the language of the page when they are shown."""

TEMPLATE_FAULTS: Mapping[str, Sentence] = {
    "title": lazy_gettext("Give the template a title of 1 to 60 characters"),
    "language": lazy_gettext("Choose the language of the text"),
    "text": lazy_gettext("Write the text, at most 8000 characters"),
}
TEMPLATE_MOVED = lazy_gettext(
    "Somebody else changed or removed this template meanwhile. Nothing was stored and what you typed is kept: "
    "compare, then decide."
)
RESULTS: Mapping[str, Sentence] = {
    "already": lazy_gettext("done before, nothing twice"),
    "moved": lazy_gettext("somebody else acted on it meanwhile: look at it again"),
    "unit": lazy_gettext("may not be given to this unit: it complains of it, or is there already"),
    "whom": lazy_gettext("it does not say whom it complains of: open it, choose the unit or none, and accept it there"),
    "impossible": lazy_gettext("this act is not possible as the case stands"),
    "unknown": lazy_gettext("there is no such case for you"),
    "busy": lazy_gettext("not stored, the database was busy: send it once more"),
}
NOTHING_TICKED = lazy_gettext("Tick the cases first, then press the button once more.")
CHOOSE_UNIT = lazy_gettext("Choose the unit that the cases are given to; your ticks are kept.")
AUDIT_ACTS: Mapping[str, Sentence] = {
    "sign_in": lazy_gettext("signed in"),
    "sign_in_throttled": lazy_gettext("sign-in slowed down"),
    "sign_out": lazy_gettext("signed out"),
    "password_change": lazy_gettext("changed the password"),
    "account_add": lazy_gettext("added an account"),
    "account_disable": lazy_gettext("shut an account"),
    "account_enable": lazy_gettext("opened an account again"),
    "account_reset": lazy_gettext("reset an account"),
    "account_roles": lazy_gettext("changed the roles of an account"),
    "sessions_end": lazy_gettext("signed an account out everywhere"),
    "contact_share": lazy_gettext("shared the key to contacts"),
    "contact_view": lazy_gettext("looked at a contact"),
    "contact_hand": lazy_gettext("handed a contact over"),
    "case_act": lazy_gettext("acted on a case"),
    "case_view": lazy_gettext("looked at a case"),
    "template_add": lazy_gettext("wrote a template"),
    "template_change": lazy_gettext("changed a template"),
    "template_remove": lazy_gettext("removed a template"),
    "export": lazy_gettext("took an export"),
    "answers_import": lazy_gettext("imported answers"),
    "answers_export": lazy_gettext("gave out answers of a month"),
    "declared_import": lazy_gettext("imported declared figures"),
    "cards_issue": lazy_gettext("issued reply cards"),
    "kiosk_issue": lazy_gettext("gave out the address of a kiosk"),
    "keys_rotate": lazy_gettext("changed the key that signs"),
    "cards_void": lazy_gettext("made reply cards void"),
    "month_count": lazy_gettext("counted a month"),
    "month_close": lazy_gettext("closed a month"),
    "month_publish": lazy_gettext("published a month"),
    "month_correct": lazy_gettext("corrected a published month"),
    "month_archive": lazy_gettext("archived a month"),
    "demo_build": lazy_gettext("built the demonstration"),
    "exclusion_propose": lazy_gettext("proposed an exclusion"),
    "exclusion_confirm": lazy_gettext("confirmed an exclusion"),
    "exclusion_refuse": lazy_gettext("refused an exclusion"),
    "theme_code": lazy_gettext("set a theme"),
    "survey_open": lazy_gettext("opened a survey"),
    "survey_close": lazy_gettext("closed a survey"),
    "paper_open": lazy_gettext("opened a batch of sheets"),
    "paper_key": lazy_gettext("finished keying a batch"),
    "paper_settle": lazy_gettext("looked up what differs in a batch"),
    "paper_store": lazy_gettext("stored a batch of sheets"),
    "paper_discard": lazy_gettext("gave up a batch of sheets"),
    "phone_call": lazy_gettext("took down a call"),
    "purge": lazy_gettext("deleted what was due"),
    "backup": lazy_gettext("made a copy"),
}
NAME_WRONG = lazy_gettext("Take a name of 2 to 40 letters, digits, dots and dashes, without blanks")
NAME_TAKEN = lazy_gettext("This name is taken: choose another")
TITLE_WRONG = lazy_gettext("Write the name of the desk, 1 to 40 characters")
AUDITOR_ALONE = lazy_gettext("An auditor has no other role: untick the others, or untick this one")
ADMIN_WITHOUT_CASES = lazy_gettext("An administrator works on no cases: give one of these roles to another account")
UNIT_MISSING = lazy_gettext("Choose the unit: a handler or reviewer needs one")
UNIT_UNKNOWN = lazy_gettext("Choose one of the units shown")
ROLE_MISSING = lazy_gettext("Tick at least one role")
ACCOUNT_REFUSED = lazy_gettext(
    "This was not done: nobody changes his own roles, and one administrator must stay. Ask another administrator, "
    "or add one first."
)
CHOOSE_PARTS = lazy_gettext("Tick what is to be made anew")
NOT_SHARED = lazy_gettext(
    "The key was not shared. Your session must hold it, and the other reviewer must have signed in once."
)
NOT_HANDED = lazy_gettext(
    "These contacts were not handed over: the release was taken back, the case left the unit, or no handler of it "
    "has signed in yet."
)
NOT_HANDED_YET = lazy_gettext(
    "The resident released her contact to your unit, and it was not handed to you yet. A reviewer does that; ask one."
)
HANDED_KEY_LOST = lazy_gettext(
    "This session does not open what was handed to you. Sign out and in again; if it stays so, ask a reviewer to "
    "hand it over once more."
)
TOO_MANY_WRONG = lazy_gettext("Too many wrong tries from this network. Wait some minutes, or ask an administrator.")


KEY_STATES: Mapping[str, Sentence] = {
    "held": "",
    "shared": lazy_gettext(
        "The key to contacts was shared with you after you signed in. Sign out and sign in again; then contacts open."
    ),
    "none": lazy_gettext(
        "You have no key to contacts yet. A reviewer who has it shares it with you under “Contacts”, or it is shared "
        "on the machine: .venv/bin/python -m scripts.staff share NAME. Then sign in again."
    ),
}
"""What a reviewer does whose session opens no contacts."""
ADMIN_KEY = lazy_gettext(
    "A reviewer who was added here has no key to contacts. A reviewer who has it shares it under “Contacts”, or it is "
    "shared on the machine: .venv/bin/python -m scripts.staff share NAME."
)


def done_count(count: int) -> str:
    """How many cases an act was done at."""
    return str(gettext("Cases where it is done: %(count)s.", count=count))


def handed_count(count: int) -> str:
    """How many contacts were handed over."""
    return str(gettext("Contacts handed over: %(count)s.", count=count))


def chain_broken(row: int) -> str:
    """Where the chain does not hold."""
    return str(gettext("The chain does not hold from row %(row)s on: keep a copy and find out what happened.", row=row))
