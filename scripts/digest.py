"""Print the morning digest of the desk: what waits, what is overdue, whom to call, which pages help least.

No text of residents is in it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import click

from scripts.options import Command, database, definitions, definitions_in, open_store
from surveys import audit, case_board, page_votes
from surveys.case_board import BoardRow, ListName
from surveys.codes import grouped
from surveys.definition import Definitions
from surveys.page_votes import PageVotes
from surveys.responses import period_of, today
from surveys.store import Store

Language = Literal["zh", "en"]
PAGE = 500
LEAST_HELPFUL = 3
EVERY = 10_000_000
"""More cases than any office has: the digest counts its lists to their end."""
LISTS: Mapping[ListName, Mapping[Language, str]] = {
    "triage": {"zh": "待受理", "en": "to triage"},
    "assign": {"zh": "待交办", "en": "to assign"},
    "unit": {"zh": "在承办单位", "en": "with their unit"},
    "due_today": {"zh": "今天到期", "en": "due today"},
    "overdue": {"zh": "已超期", "en": "overdue"},
    "callbacks": {"zh": "待回访", "en": "callbacks due"},
    "disputes": {"zh": "有争议", "en": "disputed"},
    "appeals": {"zh": "对不予受理的异议", "en": "refusals contested"},
    "close": {"zh": "待销号", "en": "to close"},
    "unreached": {"zh": "15 天未联系上", "en": "not reached for 15 days"},
}
WORDS: Mapping[str, Mapping[Language, str]] = {
    "head": {"zh": "{day} 工作台晨报", "en": "The desk on {day}"},
    "overdue": {"zh": "超期事项", "en": "Overdue"},
    "callbacks": {"zh": "待回访事项", "en": "Callbacks due"},
    "late": {"zh": "{number}  超期 {days} 天  {unit}", "en": "{number}  {days} days late  {unit}"},
    "due": {"zh": "{number}  最晚 {due}  {unit}", "en": "{number}  by {due}  {unit}"},
    "urgent": {"zh": "  危及生命", "en": "  danger to life"},
    "votes": {
        "zh": "本月读者说页面有帮助 {yes} 次，没有帮助 {no} 次",
        "en": "Readers this month: a page was helpful {yes} times, not helpful {no} times",
    },
    "page": {"zh": "{page}  有帮助 {yes}，没有帮助 {no}", "en": "{page}  helpful {yes}, not helpful {no}"},
    "none": {"zh": "未指定单位", "en": "no unit yet"},
    "audit": {"zh": "审计链：{audit}", "en": "Head of the audit: {audit}"},
}


@dataclass(frozen=True)
class Item:
    """A case in the digest: its number, who has it, which limit runs out when, and how many days late that is."""

    number: str
    unit: str | None
    limit: str
    due: str
    days_late: int
    urgent: bool


@dataclass(frozen=True)
class Digest:
    """The desk on a day: how long each list is, the cases of two of them, and the audit's head as count:hash.

    `pages` are the month's votes on whether a page was helpful, least helpful first.
    """

    day: str
    counts: Mapping[ListName, int]
    overdue: tuple[Item, ...]
    callbacks: tuple[Item, ...]
    pages: tuple[PageVotes, ...]
    audit: str


def digest_of(store: Store, day: date) -> Digest:
    """The desk as it stands in the morning of the day."""
    return Digest(
        day=day.isoformat(),
        counts={name: case_board.count(store, name, day, most=EVERY) for name in LISTS},
        overdue=tuple(_item(row, day) for row in _all(store, "overdue", day)),
        callbacks=tuple(_item(row, day) for row in _all(store, "callbacks", day)),
        pages=tuple(store.read(lambda connection: page_votes.since(connection, period_of(day)))),
        audit=str(store.read(audit.head)),
    )


def _all(store: Store, name: ListName, day: date) -> Iterator[BoardRow]:
    rows = case_board.listing(store, name, day, limit=PAGE)
    while rows:
        yield from rows
        rows = case_board.listing(store, name, day, after=case_board.mark_of(rows[-1]), limit=PAGE)


def _item(row: BoardRow, day: date) -> Item:
    late = max(0, (day - date.fromisoformat(row.due_day)).days)
    return Item(row.number, row.unit, row.due_kind, row.due_day, late, urgent=not row.calm)


def lines_of(digest: Digest, known: Definitions, language: Language) -> Iterator[str]:
    """The digest as a mail reads."""
    yield WORDS["head"][language].format(day=digest.day)
    yield ""
    yield from (f"{count:>6}  {LISTS[name][language]}" for name, count in digest.counts.items())
    for title, form, items in (("overdue", "late", digest.overdue), ("callbacks", "due", digest.callbacks)):
        yield from _part(title, form, items, known, language)
    yield from _pages(digest.pages, language)
    yield ""
    yield WORDS["audit"][language].format(audit=digest.audit)


def _part(title: str, form: str, items: Sequence[Item], known: Definitions, language: Language) -> Iterator[str]:
    if not items:
        return
    yield ""
    yield WORDS[title][language]
    for item in items:
        unit = known.units.get(item.unit or "")
        name = unit.name[language] if unit else item.unit or WORDS["none"][language]
        told = {"number": grouped(item.number, 5), "days": item.days_late, "due": item.due, "unit": name}
        yield "  " + WORDS[form][language].format(**told) + (WORDS["urgent"][language] if item.urgent else "")


def _pages(pages: Sequence[PageVotes], language: Language) -> Iterator[str]:
    if not pages:
        return
    yield ""
    yield WORDS["votes"][language].format(yes=sum(one.yes for one in pages), no=sum(one.no for one in pages))
    for one in [one for one in pages if one.no][:LEAST_HELPFUL]:
        yield "  " + WORDS["page"][language].format(page=one.page, yes=one.yes, no=one.no)


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="One JSON object in place of the text, for programs.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the text.")
@database()
@definitions()
def main(as_json: bool, language: Language, database: Path, definitions: Path) -> None:
    """Print how much waits at the desk, what is overdue and whom to call today.

    Numbers, units and days only, so that it may go out by mail. Nothing is changed.
    """
    known = definitions_in(definitions)
    with open_store(database) as store:
        digest = digest_of(store, today())
    told = json.dumps(asdict(digest), ensure_ascii=False) if as_json else "\n".join(lines_of(digest, known, language))
    click.echo(told)


if __name__ == "__main__":
    main()
