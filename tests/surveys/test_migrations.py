"""Migrations: the same schema by every road, whole or not at all, and nothing lost on the way."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from surveys.audit import by_system, record, verify
from surveys.errors import StoreError
from surveys.responses import digest, save, to_row
from surveys.store import HEAD, Store, answers
from surveys.store import migrations as package
from surveys.store.migrations import upgrade
from surveys.store.schema import METADATA
from tests.surveys.test_responses import add_case, response, rows_in

SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"


def schema_of(path: Path) -> set[tuple[str, ...]]:
    """Tables, indexes and triggers, with blanks and quotes made even."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(SCHEMA).fetchall()
    return {(kind, name, table, re.sub(r"[\s\"]+", "", sql).upper()) for kind, name, table, sql in rows}


def made_at(path: Path, revision: str) -> Path:
    """A database as an older Huiyin left it."""
    path.touch()
    with Store(path) as store:
        store.write(lambda connection: upgrade(connection, revision))
        assert store.version() == revision
    return path


def test_the_newest_migration_is_the_one_the_store_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(package.__file__).parent))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [HEAD]
    assert [revision.revision for revision in script.walk_revisions()] == [
        f"{number:04}" for number in range(int(HEAD), 0, -1)
    ]


@pytest.mark.parametrize(
    "revision", ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", HEAD]
)
def test_every_road_leads_to_the_same_schema(tmp_path: Path, revision: str) -> None:
    path = made_at(tmp_path / "old.db", revision)
    Store.open(path).close()
    Store.open(tmp_path / "new.db", create=True).close()
    assert schema_of(path) == schema_of(tmp_path / "new.db")


def test_no_migration_has_anything_to_do_in_a_new_file(tmp_path: Path) -> None:
    with Store.open(tmp_path / "new.db", create=True) as store:
        assert store.version() == HEAD
        before = store.read(lambda connection: inspect(connection).get_table_names())
        store.write(upgrade)
        assert store.read(lambda connection: inspect(connection).get_table_names()) == before
        assert rows_in(store, "SELECT version_num FROM alembic_version") == [(HEAD,)]


@pytest.mark.sqlite
def test_every_table_is_strict_and_keeps_no_order_of_arrival(store: Store) -> None:
    tables = rows_in(store, "SELECT name, strict, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    own = {name: (strict, wr) for name, strict, wr in tables if name not in ("sqlite_schema", "alembic_version")}
    assert set(own) == set(METADATA.tables)
    assert set(own.values()) == {(1, 1)}


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010"])
def test_an_old_store_keeps_its_answers_and_its_guards(tmp_path: Path, revision: str) -> None:
    path = made_at(tmp_path / "old.db", revision)
    made = [response(texts={"comment": "谢谢"}) for _ in range(30)]
    with Store(path) as old:
        for one in made:
            save(old, one)
        old.write(lambda connection: answers.close_period(connection, "2026-10", "2026-11-05"))
        if revision >= "0002":
            add_case(old, 7)
        before = rows_in(old, "SELECT * FROM responses"), rows_in(old, "SELECT * FROM response_texts")
    with Store.open(path) as store:
        assert store.version() == HEAD
        assert (rows_in(store, "SELECT * FROM responses"), rows_in(store, "SELECT * FROM response_texts")) == before
        assert {row[-1] for row in before[0]} == {digest(one) for one in made}
        assert rows_in(store, "SELECT period FROM closed_periods") == [("2026-10",)]
        assert rows_in(store, "SELECT count(*) FROM cases") == [(int(revision >= "0002"),)]
        if revision < "0004":
            assert rows_in(store, "SELECT number, queue, due_kind, due_day FROM case_board") == [
                ("0000000007", "triage", "triage", "2026-11-09")
            ] * int(revision >= "0002")
            assert rows_in(store, "SELECT data FROM case_events") == [('{"contact":"yes"}',)] * int(revision >= "0002")
        for statement in ("DELETE FROM responses", "UPDATE responses SET unit = 'x'", "DELETE FROM closed_periods"):
            with pytest.raises(IntegrityError, match="append-only"):
                store.write(lambda connection, statement=statement: connection.exec_driver_sql(statement))  # type: ignore[misc]
        save(store, response())
        add_case(store, 8)


def test_an_old_store_gets_an_audit_that_begins_empty_and_is_guarded(tmp_path: Path) -> None:
    path = made_at(tmp_path / "old.db", "0004")
    with Store.open(path) as store:
        assert verify(store).count == 0
        head = store.write(lambda connection: record(connection, by_system("backup")))
        assert verify(store) == head
        for statement in ("DELETE FROM audit", "UPDATE audit SET actor = 'x'"):
            with pytest.raises(IntegrityError, match="append-only"):
                store.write(lambda connection, statement=statement: connection.exec_driver_sql(statement))  # type: ignore[misc]
        store.write(upgrade)
        assert verify(store) == head


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = made_at(tmp_path / "old.db", "0001")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE page_votes (stands INTEGER)")
    before = schema_of(path)
    with pytest.raises(StoreError, match="table page_votes already exists"):
        Store.open(path)
    assert schema_of(path) == before
    with Store(path) as store:
        assert store.version() == "0001"


@pytest.mark.sqlite
def test_a_newer_store_is_refused_with_advice(store: Store) -> None:
    save(store, response())
    newer = f"{int(HEAD) + 1:04}"
    store.write(lambda connection: connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newer}'"))
    store.close()
    before = store.path.read_bytes()
    with pytest.raises(StoreError, match=rf"was written by a newer Huiyin \(schema {newer}\): update this one"):
        Store.open(store.path)
    assert store.path.read_bytes() == before


@pytest.mark.sqlite
def test_opening_a_current_store_writes_nothing(store: Store) -> None:
    save(store, response())
    store.close()
    before = store.path.read_bytes()
    Store.open(store.path).close()
    assert store.path.read_bytes() == before


@pytest.mark.sqlite
def test_a_repeated_upgrade_changes_nothing(store: Store) -> None:
    before = schema_of(store.path)
    store.write(upgrade)
    assert schema_of(store.path) == before


@pytest.mark.sqlite
def test_stores_of_every_age_give_the_same_copy(tmp_path: Path, new_store: Callable[[str], Store]) -> None:
    rows: list[tuple[dict[str, object], dict[str, str]]] = [(to_row(response(), "2026-11"), {}) for _ in range(50)]
    copies = []
    made_at(tmp_path / "old.db", "0001")
    for name in ("old.db", "new.db"):
        store = new_store(name)
        store.write(lambda connection: answers.add_responses(connection, rows))
        store.copy_to(tmp_path / f"{name}.copy")
        with Store(tmp_path / f"{name}.copy") as copy:
            copies.append(rows_in(copy, "SELECT * FROM responses"))
    assert copies[0] == copies[1]
    assert len(copies[0]) == 50
