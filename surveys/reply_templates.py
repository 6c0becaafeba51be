"""Templates for replies: what an office says often, written once, and always looked over before it is sent.

They hold nothing of a resident. Each change names the revision that it was made from, so that two people who
mend one template do not undo each other's work.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from surveys import audit, duties
from surveys.case_events import ANSWER_LIMIT
from surveys.definition import LANGUAGES
from surveys.duties import Account
from surveys.errors import StaffError, TemplateConflictError, TemplateError
from surveys.responses import clean_text, has_words, printable
from surveys.store import Connection, Store, wording

TITLE_LIMIT = 60
FieldName = Literal["title", "language", "text"]


@dataclass(frozen=True)
class Draft:
    """What is written: a title by which staff find it, the language of the text, the text."""

    title: str
    language: str
    text: str

    def faults(self) -> dict[FieldName, str]:
        """What cannot be stored, by field; empty for a good draft."""
        found: dict[FieldName, str] = {}
        if not has_words(self.title) or len(_title(self.title)) > TITLE_LIMIT:
            found["title"] = f"give the template a title of 1 to {TITLE_LIMIT} characters"
        if self.language not in LANGUAGES:
            found["language"] = f"choose one of {', '.join(LANGUAGES)}"
        if not has_words(self.text) or len(clean_text(self.text)) > ANSWER_LIMIT:
            found["text"] = f"write the text, at most {ANSWER_LIMIT} characters"
        return found


@dataclass(frozen=True)
class Template:
    """A template as it stands: its draft, how often it was written, and the day of the last time."""

    id: str
    draft: Draft
    revision: int
    day: date


def listing(store: Store, language: str | None = None) -> tuple[Template, ...]:
    """Every template by title, those in `language` first."""
    found = [_template(row) for row in store.read(wording.templates)]
    return tuple(sorted(found, key=lambda one: language is not None and one.draft.language != language))


def find(store: Store, template_id: str) -> Template | None:
    """The template with that id, or None."""
    row = store.read(lambda connection: wording.template(connection, template_id))
    return _template(row) if row else None


def add(store: Store, by: Account, template_id: str, draft: Draft, day: date, now: datetime) -> None:
    """Store a new template under an id of 16 characters, once: the same id sent again changes nothing."""
    _require(by, draft)

    def work(connection: Connection) -> None:
        if wording.add_template(connection, _row(template_id, draft, 1, day)):
            _record(connection, by, "template_add", template_id, 1, now)

    store.write(work)


def change(store: Store, by: Account, template: Template, draft: Draft, day: date, now: datetime) -> None:
    """Write a template anew; TemplateConflictError if somebody wrote or removed it since it was read."""
    _require(by, draft)
    row = _row(template.id, draft, template.revision + 1, day)

    def work(connection: Connection) -> None:
        if not wording.change_template(connection, row):
            raise TemplateConflictError(f"somebody else wrote template {template.id} meanwhile: look at it again")
        _record(connection, by, "template_change", template.id, row.revision, now)

    store.write(work)


def remove(store: Store, by: Account, template: Template, now: datetime) -> None:
    """Take a template away; TemplateConflictError if somebody wrote or removed it since it was read."""
    _require(by, template.draft)

    def work(connection: Connection) -> None:
        if not wording.remove_template(connection, template.id, template.revision):
            raise TemplateConflictError(f"somebody else wrote template {template.id} meanwhile: look at it again")
        _record(connection, by, "template_remove", template.id, template.revision, now)

    store.write(work)


def _require(by: Account, draft: Draft) -> None:
    if not duties.writes_templates(by.roles):
        raise StaffError("templates are written by intake, reviewers and publishers: ask one of them")
    if faults := draft.faults():
        raise TemplateError("; ".join(faults.values()))


def _row(template_id: str, draft: Draft, revision: int, day: date) -> wording.TemplateRow:
    title, text = _title(draft.title), clean_text(draft.text)
    return wording.TemplateRow(template_id, title, draft.language, text, revision, day.isoformat())


def _title(typed: str) -> str:
    return " ".join(printable(typed).split())


def _template(row: wording.TemplateRow) -> Template:
    draft = Draft(row.title, row.language, row.text)
    return Template(row.id, draft, row.revision, date.fromisoformat(row.day))


def _record(
    connection: Connection, by: Account, act: audit.Act, template_id: str, revision: int, now: datetime
) -> None:
    role = next(role for role in duties.TEMPLATE_ROLES if role in by.roles)
    audit.record(connection, audit.Entry(by.id, role, act, template_id, {"revision": revision}), now)
