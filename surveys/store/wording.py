"""Statements over the templates that staff write their replies from."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, CursorResult, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from surveys.store.schema import reply_templates

_T = reply_templates.c


class TemplateRow(NamedTuple):
    """A template as it is stored; `revision` rises with each change."""

    id: str
    title: str
    language: str
    text: str
    revision: int
    day: str


def templates(connection: Connection) -> tuple[TemplateRow, ...]:
    """Every template, by title."""
    rows = connection.execute(select(reply_templates).order_by(_T.title, _T.id))
    return tuple(TemplateRow(*row) for row in rows)


def template(connection: Connection, template_id: str) -> TemplateRow | None:
    """The template with that id, or None."""
    row = connection.execute(select(reply_templates).where(_T.id == template_id)).first()
    return TemplateRow(*row) if row else None


def add_template(connection: Connection, row: TemplateRow) -> bool:
    """Store a new template; False if its id is there already."""
    return _changed(connection.execute(insert(reply_templates).on_conflict_do_nothing(), row._asdict()))


def change_template(connection: Connection, row: TemplateRow) -> bool:
    """Put the row in place of the revision before it; False if that is no longer the newest."""
    before = (_T.id == row.id) & (_T.revision == row.revision - 1)
    return _changed(connection.execute(update(reply_templates).where(before).values(**row._asdict())))


def remove_template(connection: Connection, template_id: str, revision: int) -> bool:
    """Take a template away; False if the revision is not its newest."""
    newest = (_T.id == template_id) & (_T.revision == revision)
    return _changed(connection.execute(delete(reply_templates).where(newest)))


def _changed(result: CursorResult[Any]) -> bool:
    return result.rowcount == 1
