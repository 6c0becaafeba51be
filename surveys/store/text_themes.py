"""Statements over what residents wrote with a rating: reading it without the rating, its themes, and deleting it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, text
from sqlalchemy.dialects.postgresql import insert

from surveys.store.exclusion_batches import CONFIRMED, NOW
from surveys.store.schema import text_themes
from surveys.store.wordings import Wording

WRITTEN = ""
CODED = "+"
"""What stands in place of a theme where texts are counted: all that were written, and those that were coded."""
_TEXTS = Wording(
    lambda words: (
        f"""
    SELECT written.id, response.unit, written.text, {words.listed.format("theme.theme")} AS themes
      FROM responses AS response
      JOIN response_texts AS written ON written.id = response.id AND written.question = :question
      LEFT JOIN text_themes AS theme ON theme.response = written.id AND theme.question = written.question
     WHERE response.survey = :survey AND response.period = :period
     GROUP BY written.id, response.unit, written.text
    """  # noqa: S608
    )
)
# A text that was deleted after its time still counts where it was coded.
_COUNT = text(
    f"""
    WITH asked AS MATERIALIZED (
        SELECT id, basis FROM responses
         WHERE survey = :survey AND period = :period AND (:listed OR id NOT IN ({CONFIRMED}))
    ), coded AS MATERIALIZED (
        SELECT asked.id, basis, question, theme FROM asked JOIN text_themes ON text_themes.response = asked.id
    )
    SELECT basis, question, theme, count(*) FROM coded GROUP BY 1, 2, 3
    UNION ALL
    SELECT basis, question, :coded, count(DISTINCT id) FROM coded GROUP BY 1, 2
    UNION ALL
    SELECT basis, question, :written, count(*)
      FROM (SELECT asked.id, basis, question FROM asked JOIN response_texts ON response_texts.id = asked.id
            UNION SELECT id, basis, question FROM coded) AS held
     GROUP BY 1, 2
    """  # noqa: S608  (a statement of this module only)
)
_OF_TEXT = (text_themes.c.response == bindparam("id")) & (text_themes.c.question == bindparam("of"))
_COUNT_BEFORE = text(
    "SELECT count(*) FROM response_texts AS written JOIN responses AS response ON response.id = written.id"
    " WHERE response.period < :period"
)
_PURGE = text(
    "DELETE FROM response_texts WHERE id IN (SELECT written.id FROM response_texts AS written"
    " JOIN responses AS response ON response.id = written.id WHERE response.period < :period LIMIT :most)"
)


class Written(NamedTuple):
    """One text with its unit, which is not shown, and its themes, parted by commas; None while it is not coded."""

    id: bytes
    unit: str
    text: str
    themes: str | None


class ThemeCount(NamedTuple):
    """How many texts of a month share basis, question and theme; WRITTEN and CODED stand for all of them."""

    survey: str
    month: str
    basis: str
    question: str
    theme: str
    n: int


def texts_of(connection: Connection, survey: str, period: str, question: str) -> list[Written]:
    """The texts of one question in a month; those of excluded answer sets stay, for one that vanishes would tell."""
    values = {"survey": survey, "period": period, "question": question}
    return [Written(*row) for row in connection.execute(_TEXTS.on(connection), values)]


def count_themes(connection: Connection, survey: str, period: str, *, listed: bool = False) -> Iterator[ThemeCount]:
    """Count the themes of one month of one survey without excluded answer sets, or of all that are listed to code."""
    codes = {"coded": CODED, "written": WRITTEN}
    values = {"survey": survey, "period": period, **codes, "listed": listed, "corrected_on": "", "known_on": NOW}
    for row in connection.execute(_COUNT, values):
        yield ThemeCount(survey, period, *row)


def put_themes(connection: Connection, response: bytes, question: str, themes: Sequence[str]) -> None:
    """Put themes in place of those that a text had; none take them back."""
    connection.execute(delete(text_themes).where(_OF_TEXT), {"id": response, "of": question})
    if themes:
        rows = [{"response": response, "question": question, "theme": one} for one in themes]
        connection.execute(insert(text_themes), rows)


def purge_before(connection: Connection, period: str, most: int) -> int:
    """Delete the texts of up to `most` answer sets of months before one; returns how many texts went."""
    return connection.execute(_PURGE, {"period": period, "most": most}).rowcount


def count_before(connection: Connection, period: str) -> int:
    """How many texts of months before one there are."""
    return int(connection.execute(_COUNT_BEFORE, {"period": period}).scalar_one())
