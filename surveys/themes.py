"""What residents wrote with a rating, sorted by the office's own list of themes. No text is published.

A publisher codes: the role belongs to no unit and works on no case, so nobody sorts what was written about his own
work; one who is of a unit besides is not shown its texts. He sees a text without rating, unit, day and channel, its
personal numbers masked, in an order that a keyed digest gives. Texts are sealed until their month has ended, and
their themes stand once it is published: a published month is never counted anew. An excluded text stays in the list
and is not counted: one that vanishes would tell its unit and day to who knows what was excluded.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from surveys.definition import Definitions, Question
from surveys.duties import Account
from surveys.errors import StaleError, ThemeError
from surveys.keys import Keys
from surveys.office import NO_THEME, is_of
from surveys.personal import mask
from surveys.responses import next_period, period_of
from surveys.store import Connection, Store, exclusion_batches, text_themes
from surveys.store.answers import is_closed
from surveys.store.text_themes import CODED, WRITTEN, Written

KEEP_DAYS = 365
PAGE = 10
MONTHS_BACK = 12
_PURGED_AT_ONCE = 2000
Also = Callable[[Connection, int], None]


@dataclass(frozen=True)
class Source:
    """A text question of a survey in one month."""

    survey: str
    question: str
    period: str


@dataclass(frozen=True)
class Progress:
    """How many texts are listed, and how many of them are coded; what was excluded stays in both."""

    source: Source
    texts: int
    coded: int


@dataclass(frozen=True)
class ShownText:
    """A text as a coder sees it; `key` names it on the page and says nothing of the answer set."""

    key: str
    text: str
    themes: tuple[str, ...]


@dataclass(frozen=True)
class Coding:
    """What somebody ticked for one text, and the themes that it had when the page was read."""

    themes: tuple[str, ...]
    before: tuple[str, ...] = ()


def may_code(by: Account) -> bool:
    """Whether the account reads and codes texts at all."""
    return "publisher" in by.roles


def text_questions(definitions: Definitions, survey: str) -> dict[str, Question]:
    """The text questions of all versions of a survey by code, in the wording of the newest."""
    versions = reversed(definitions.versions(survey))
    found: dict[str, Question] = {}
    for question in (question for version in versions for question in version.questions):
        if question.kind == "text":
            found.setdefault(question.code, question)
    return found


def open_months(store: Store, today: date) -> tuple[str, ...]:
    """The months that have ended and are not published, newest first, a year back."""
    place = int(today.isoformat()[:4]) * 12 + today.month - 1
    ended = [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(place - MONTHS_BACK, place)]
    closed = store.read(lambda connection: exclusion_batches.closed_among(connection, ended))
    return tuple(sorted(set(ended) - closed, reverse=True))


def progress(store: Store, definitions: Definitions, today: date) -> tuple[Progress, ...]:
    """Every question with texts in the open months, newest month first."""
    return tuple(one for period in open_months(store, today) for one in progress_of(store, definitions, period))


def progress_of(store: Store, definitions: Definitions, period: str) -> tuple[Progress, ...]:
    """Every question with texts in one month."""
    found: list[Progress] = []
    for survey in dict.fromkeys(key for key, _ in sorted(definitions.surveys)):
        counted = _counted(store, survey, period)
        for question in text_questions(definitions, survey):
            if texts := counted.get((question, WRITTEN), 0):
                found.append(Progress(Source(survey, question, period), texts, counted.get((question, CODED), 0)))
    return tuple(found)


def _counted(store: Store, survey: str, period: str) -> Mapping[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for count in store.read(lambda connection: list(text_themes.count_themes(connection, survey, period, listed=True))):
        found[count.question, count.theme] = found.get((count.question, count.theme), 0) + count.n
    return found


def texts(
    store: Store, definitions: Definitions, keys: Keys, by: Account, source: Source, today: date
) -> tuple[ShownText, ...]:
    """The texts that the account may read, masked, in the order of their keys; ThemeError while they are sealed."""

    def work(connection: Connection) -> tuple[ShownText, ...]:
        require_readable(connection, definitions, by, source, today)
        found = _readable(connection, definitions, keys, by, source)
        return tuple(ShownText(key, mask(one.text), _themes(one)) for key, one in sorted(found.items()))

    return store.read(work)


def require_readable(
    connection: Connection, definitions: Definitions, by: Account, source: Source, today: date
) -> None:
    """ThemeError unless the account codes, the question asks for text, and the month is over and not published."""
    if not may_code(by):
        raise ThemeError("a publisher codes texts: ask one")
    if source.question not in text_questions(definitions, source.survey):
        raise ThemeError(f"'{source.survey}' asks for no text under '{source.question}'")
    if today.isoformat() < f"{next_period(source.period)}-01":
        raise ThemeError(f"{source.period} has not ended: its texts open on {next_period(source.period)}-01")
    if is_closed(connection, source.period):
        raise ThemeError(f"{source.period} is published, and its themes stand as they were counted")


def _readable(
    connection: Connection, definitions: Definitions, keys: Keys, by: Account, source: Source
) -> dict[str, Written]:
    found = text_themes.texts_of(connection, source.survey, source.period, source.question)
    mine = [one for one in found if not is_of(definitions.units, by.post.unit, one.unit)]
    return {keys.code("theme text", one.id, source.question).hex()[:32]: one for one in mine}


def _themes(written: Written) -> tuple[str, ...]:
    return tuple(sorted(written.themes.split(","))) if written.themes else ()


def code(
    store: Store,
    definitions: Definitions,
    keys: Keys,
    by: Account,
    source: Source,
    codings: Mapping[str, Coding],
    today: date,
    also: Also | None = None,
) -> int:
    """Store what was ticked for texts by their keys, all or nothing; returns how many were coded.

    ThemeError if texts are sealed or gone, or ticks do not go together; StaleError if somebody else coded one of
    them since it was read.
    """
    for coding in codings.values():
        require_themes(definitions, coding.themes)

    def work(connection: Connection) -> int:
        require_readable(connection, definitions, by, source, today)
        found = _readable(connection, definitions, keys, by, source)
        for key, coding in codings.items():
            if key not in found:
                raise ThemeError("a text is no longer there: load the page anew")
            if _themes(found[key]) not in (coding.before, coding.themes):
                raise StaleError("somebody else coded one of these texts: look at it anew")
            text_themes.put_themes(connection, found[key].id, source.question, coding.themes)
        if also:
            also(connection, len(codings))
        return len(codings)

    return store.write(work)


def require_themes(definitions: Definitions, themes: Sequence[str]) -> None:
    """ThemeError for a theme that is not in the list, and for 'none' beside another."""
    if unknown := [one for one in themes if one != NO_THEME and one not in definitions.themes]:
        raise ThemeError(f"there is no theme '{unknown[0]}': load the page anew")
    if NO_THEME in themes and len(themes) > 1:
        raise ThemeError("either themes or none of them: take one back")


def purge_texts(store: Store, day: date, also: Also | None = None) -> int:
    """Delete texts whose month ended more than a year before the day; returns how many. Their themes stay."""
    period = _kept_from(day)
    done = 0

    def batch(connection: Connection) -> int:
        gone = text_themes.purge_before(connection, period, _PURGED_AT_ONCE)
        if gone and also:
            also(connection, gone)
        return gone

    while gone := store.write(batch):
        done += gone
    return done


def due_texts(store: Store, day: date) -> int:
    """How many texts `purge_texts` would delete on the day."""
    return store.read(lambda connection: text_themes.count_before(connection, _kept_from(day)))


def _kept_from(day: date) -> str:
    """The first month whose texts are kept."""
    return period_of(day - timedelta(days=KEEP_DAYS))
