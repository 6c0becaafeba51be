"""Small offices in which there is something to do: answers to import, a night's work, a month to publish."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scripts.build_site import build_site
from scripts.import_answers import main as import_answers
from scripts.publish import close
from surveys import retention as rules
from surveys.keys import load_keys
from surveys.responses import Response, save, today
from surveys.store import Store, people
from tests.chaos.commands import rows
from tests.conftest import ROOT
from tests.site_building import copy_some
from tests.surveys.case_office import PUBLISHER, Desk

EXAMPLE = ROOT / "surveys/examples/kcmo-resident-survey"
ANSWERS = EXAMPLE / "kcmo-resident-survey-2021-08.csv"
ROWS = 1033
MONTH = "2021-08"
TABLES = ("responses", "response_texts", "cases", "case_events", "case_texts", "case_contacts", "audit")


def nightly(folder: Path) -> dict[str, int]:
    """An office with much that has had its time; returns how many rows a night leaves in each table."""
    path = folder / "huiyin.db"
    keys = load_keys(path, create=True)
    with Store.open(path, create=True) as store:
        desk = Desk(store, keys, today() - timedelta(days=800))
        for _ in range(4):
            desk.do(desk.closed(text="路灯不亮。"), PUBLISHER, "summarised", "路灯修好了。")
        desk.day = today() - timedelta(days=60)
        for _ in range(4):
            desk.closed(text="路灯不亮。")
            desk.proposed(text="路灯不亮。", contact="")
        for _ in range(20):
            day = today() - timedelta(days=800)
            save(store, Response(os.urandom(16), "text", 1, "hall", "web", "open", "zh", day, {}, {"more": "路灯"}))
        row = people.SessionRow(b"s" * 32, "0" * 16, 1_700_000_000, 1_700_000_000, None)
        store.write(lambda connection: people.add_session(connection, row))
    after = Path(shutil.copytree(folder, folder.with_name(f"{folder.name}-after")))
    with Store.open(after / "huiyin.db") as store:
        rules.run(store, datetime.now(UTC))
    return {table: rows(after, table) for table in TABLES}


def empty(folder: Path) -> None:
    """An office that has its keys and its schema."""
    path = folder / "huiyin.db"
    load_keys(path, create=True)
    Store.open(path, create=True).close()


def counted(folder: Path) -> None:
    """An office with the answers of one month."""
    empty(folder)
    places = ["--definitions", str(EXAMPLE), "--database", str(folder / "huiyin.db")]
    survey = ["--survey", "kcmo-resident", "--map", str(EXAMPLE / "map.yaml")]
    import_answers.main([str(ANSWERS), *survey, *places], standalone_mode=False)


def published(folder: Path) -> None:
    """The same with pages and a site in which the month, which is closed, is not published yet.

    It is closed once for all, because a report names the audit's head of that moment, and that holds the time.
    """
    counted(folder)
    with Store.open(folder / "huiyin.db") as store:
        close(store, MONTH, today())
    copy_some(folder / "content")
    build_site(folder / "content", folder / "public")
