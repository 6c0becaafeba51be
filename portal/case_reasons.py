"""The reasons and grounds that a unit or intake chooses from, in words that residents and staff read alike."""

from collections.abc import Mapping
from typing import TypeAlias

from flask_babel import lazy_gettext

Sentence: TypeAlias = object

REASONS: Mapping[str, Sentence] = {
    "other-office": lazy_gettext("another office is in charge"),
    "emergency": lazy_gettext("it is an emergency, for which a call is right"),
    "discipline": lazy_gettext("it is for the discipline inspection to look into"),
    "court": lazy_gettext("it is for a court to decide"),
    "answered-before": lazy_gettext("the same matter was answered before"),
    "no-request": lazy_gettext("it asks for nothing that could be done"),
    "unclear": lazy_gettext("it could not be understood what it is about"),
}
EXTENSION_REASONS: Mapping[str, Sentence] = {
    "inquiry": lazy_gettext("what happened is still being looked into"),
    "others": lazy_gettext("another office has to answer first"),
    "expert": lazy_gettext("an expert's finding or a test is awaited"),
    "supplies": lazy_gettext("parts or material are awaited"),
    "works": lazy_gettext("work on site takes longer, or the weather stops it"),
    "funds": lazy_gettext("the money has to be granted first"),
    "presence": lazy_gettext("somebody who must be there cannot come yet"),
}
"""Another reason stands in the words beside it."""
GROUNDS: Mapping[str, Sentence] = {
    "law": lazy_gettext("the law"),
    "rules": lazy_gettext("the rules of the service"),
    "facts": lazy_gettext("the facts as they were found"),
    "competence": lazy_gettext("what the unit may decide"),
    "means": lazy_gettext("the means at hand"),
}
