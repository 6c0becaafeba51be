"""The night: what it does it tells, once; what it would do it tells without doing it; each act is in the audit."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from scripts import retention, said_and_done
from surveys import cards, case_upkeep, workdays
from surveys import retention as rules
from surveys.audit import verify
from surveys.cases import resident
from surveys.definition import Definitions
from surveys.errors import CardError
from surveys.keys import Keys
from surveys.responses import Response, save, today
from surveys.retention import Night
from surveys.store import Connection, Store, ledger, paper, people, trail
from surveys.store.cards import BatchRow as CardBatch
from surveys.store.paper import BatchRow
from tests.conftest import TINY
from tests.scripts.conftest import run
from tests.site_building import copy_some
from tests.surveys.case_office import INTAKE, PUBLISHER, Desk
from tests.surveys.test_responses import response, rows_in

TEXT = "我叫张三，路灯不亮。"


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    """Cases of two years ago, of two months ago and of today, with texts, a session and tries long over."""
    made = Desk(store, office_keys, today() - timedelta(days=800))
    old = made.closed(text=TEXT)
    case = made.do(old, PUBLISHER, "summarised", "路灯修好了。")
    made.do(old, resident(old), "consented", summary=str(case.standing.summary))
    joined = made.opened(text=TEXT).number
    made.do(joined, INTAKE, "merged", into=made.assigned(text=TEXT))
    made.day = today() - timedelta(days=60)
    made.closed(text=TEXT)
    made.proposed(text=TEXT, contact="")
    made.day = today()
    made.proposed(text=TEXT, contact="")
    at = int(datetime.now(UTC).timestamp())
    for number, age in enumerate((0, 100_000)):
        row = people.SessionRow(bytes([number]) * 32, "0" * 16, at - age, at - age, None)
        store.write(lambda connection, one=row: people.add_session(connection, one))  # type: ignore[misc]
    store.write(lambda connection: people.add_tries(connection, b"b" * 32, at // 900 - 1, 3))
    for name, age in ((b"x", 800), (b"y", 3)):
        day = today() - timedelta(days=age)
        save(store, Response(name * 16, "text", 1, "hall", "web", "open", "zh", day, {}, {"more": TEXT}))
    left = BatchRow("P0001", "text", 1, "hall", "zh", "2026-01-05", 3, "0" * 16, f"{today() - timedelta(days=91)}")
    store.write(lambda connection: paper.add_batch(connection, left))
    store.write(lambda connection: paper.put_sheet(connection, "P0001", paper.SheetRow(1, 1, TEXT)))
    return made


EXPECTED = Night(board=0, closed=1, purged=3, free_texts=1, sessions=1, tries=1, batches=1)


def acts(store: Store) -> list[tuple[str, str, str, str]]:
    def work(connection: Connection) -> list[tuple[str, str, str, str]]:
        return [(row.actor, row.act, row.object, row.details) for row in trail.all_rows(connection)]

    return store.read(work)


def test_what_is_due_is_done_once_and_was_foretold(desk: Desk) -> None:
    now = datetime.now(UTC)
    assert rules.planned(desk.store, now) == EXPECTED
    assert acts(desk.store) == []
    assert rules.run(desk.store, now) == EXPECTED
    assert rules.planned(desk.store, now) == rules.run(desk.store, now) == Night()


def test_contacts_texts_and_sessions_are_gone_and_what_was_agreed_to_stays(desk: Desk) -> None:
    rules.run(desk.store, datetime.now(UTC))
    texts = [row[0] for row in rows_in(desk.store, "SELECT text FROM case_texts")]
    assert "路灯修好了。" in texts
    assert len(rows_in(desk.store, "SELECT 1 FROM response_texts")) == 1
    assert len(rows_in(desk.store, "SELECT 1 FROM staff_sessions")) == 1
    assert rows_in(desk.store, "SELECT 1 FROM staff_tries") == []
    assert rows_in(desk.store, "SELECT 1 FROM paper_sheets") == []
    assert case_upkeep.broken_texts(desk.store) == ()


def test_each_act_is_a_row_of_the_systems_in_the_audit(desk: Desk) -> None:
    rules.run(desk.store, datetime.now(UTC))
    found = acts(desk.store)
    assert {actor for actor, *_ in found} == {"system"}
    kinds = Counter((act, json.loads(details).get("part", "")) for _, act, _, details in found)
    assert kinds == {
        ("case_act", ""): 1, ("purge", "contact"): 2, ("purge", "texts"): 1, ("purge", ""): 1, ("paper_discard", ""): 1,
    }  # fmt: skip
    assert verify(desk.store).count == len(found)


def test_a_changed_calendar_is_followed_before_anything_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workdays, "is_workday", lambda day: day.weekday() == 0)
    planned = rules.planned(desk.store, datetime.now(UTC))
    assert planned.board > 0
    assert rules.run(desk.store, datetime.now(UTC)).board == planned.board
    assert rules.planned(desk.store, datetime.now(UTC)).board == 0


def test_an_interruption_leaves_whole_steps_and_the_next_night_finishes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ledger, "purge_contact", stop)
        rules.run(desk.store, datetime.now(UTC))
    assert [act for _, act, _, _ in acts(desk.store)] == ["case_act"]
    assert rules.run(desk.store, datetime.now(UTC)) == Night(purged=3, free_texts=1, sessions=1, tries=1, batches=1)
    verify(desk.store)


def test_the_command_tells_counts_and_renews_the_pages(desk: Desk, database: Path, tmp_path: Path) -> None:
    content, output = copy_some(tmp_path / "content"), tmp_path / "public"
    places = ("--database", database, "--definitions", TINY, "--content", content, "--output", output)
    told = run(retention.main, "--dry-run", *places)
    assert told.stdout.startswith("would be done now:\n     0  rows of the desk's lists derived anew\n     1  cases")
    assert not output.exists()
    done = run(retention.main, "--no-site", *places)
    assert done.stdout == told.stdout.partition("\n")[2]
    assert not output.exists()
    again = run(retention.main, *places)
    assert "     0  deletions at cases" in again.stdout
    assert again.stdout.endswith("; the site shows release 1\n")
    assert "summaries: 1, overdue: " in again.stdout
    assert run(said_and_done.main, *places).stdout == again.stdout.splitlines()[-1] + "\n"
    assert TEXT not in again.stdout + (content / "zh/said-and-done/overdue.md").read_text(encoding="utf-8")


def test_without_a_database_it_is_refused(tmp_path: Path) -> None:
    told = run(retention.main, "--database", tmp_path / "none.db", "--definitions", TINY)
    assert (told.exit_code, "no database at" in told.stderr) == (1, True)


def test_what_was_deleted_is_in_no_file_of_the_database(desk: Desk, store: Store, database: Path) -> None:
    """Also while the portal has the database open: the log beside it is emptied too."""
    secret = "请打这个座机六五四三二一零八".encode()
    old = Desk(store, desk.keys, today() - timedelta(days=800))
    old.closed(text=secret.decode())
    files = [database, database.with_name(f"{database.name}-wal")]
    assert any(secret in path.read_bytes() for path in files)
    done = run(retention.main, "--no-site", "--database", database, "--definitions", TINY)
    assert (done.exit_code, done.stderr) == (0, "")
    assert not any(secret in path.read_bytes() for path in files)


def test_a_reader_that_stands_in_the_way_is_told(desk: Desk, store: Store) -> None:
    rules.run(store, datetime.now(UTC))

    def reading(connection: Connection) -> bool:
        connection.exec_driver_sql("SELECT count(*) FROM cases").all()
        store.write(lambda other: people.add_tries(other, b"c" * 32, 1, 1))
        return store.settle(deadline=0.05)

    assert not store.read(reading)
    assert store.settle()


def test_cards_of_a_survey_that_is_over_go_and_what_was_counted_of_them_stays(
    store: Store, office_keys: Keys, tiny: Definitions
) -> None:
    batch, drawn = cards.prepare(store, office_keys, 4)
    cards.issue(store, CardBatch(batch, "shown", "hall", "2026-01-05", 4))
    cards.answer(store, office_keys, response(basis="card"), drawn[0])
    last = tiny.versions("shown")[-1]
    for days, left in ((90, 3), (91, 0)):
        closed = replace(last, closed=today() - timedelta(days=days))
        known = replace(tiny, surveys=MappingProxyType({("shown", last.version): closed}))
        planned = rules.planned(store, datetime.now(UTC), known).cards
        assert (planned, rules.run(store, datetime.now(UTC), known).cards) == (3 - left, 3 - left)
        assert len(rows_in(store, "SELECT 1 FROM cards")) == left
        assert {one.figure: one.n for one in cards.counts(store, "2099-12")} == {"issued": 4, "used": 1}
    assert json.loads(acts(store)[-1][3]) == {"n": 3, "part": "cards"}
    with pytest.raises(CardError, match="unknown"):
        cards.answer(store, office_keys, response(basis="card"), drawn[1])
