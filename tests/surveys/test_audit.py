"""The audit's chain: every kind of tampering is found, and named by the first row that does not hold."""

import hashlib
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from surveys import audit
from surveys.audit import ACTS, Entry, Head, by_system, head, head_when, record, verify
from surveys.errors import AuditError, CaseError
from surveys.store import Connection, Store, trail
from surveys.store.schema import METADATA
from tests.conftest import drop_triggers

NOW = datetime(2026, 11, 21, 6, 30, 5, tzinfo=UTC)


def fill(store: Store, n: int) -> list[Head]:
    """Rows of one actor on n cases, each in a transaction of its own."""
    entries = [Entry("0123456789abcdef", "handler", "case_act", f"{number:010}", {"n": number}) for number in range(n)]
    return [store.write(lambda connection, one=one: record(connection, one, NOW)) for one in entries]  # type: ignore[misc]


def tamper(store: Store, *statements: str) -> None:
    """Change the rows past the rules, as someone with the machine in hand can."""
    drop_triggers(store, "audit", "update", "delete", "insert")
    for statement in statements:
        store.write(lambda connection, one=statement: connection.exec_driver_sql(one))  # type: ignore[misc]


def broken(store: Store, *expected: Head) -> int:
    with pytest.raises(AuditError) as caught:
        verify(store, expected)
    return caught.value.row


def test_an_empty_chain_is_in_order(store: Store) -> None:
    assert verify(store) == Head(0, bytes(32)) == store.read(head)


def test_a_chain_in_order_gives_its_head(store: Store) -> None:
    heads = store.write(
        lambda connection: [record(connection, by_system("backup", str(number)), NOW) for number in range(2500)]
    )
    assert verify(store) == heads[-1] == store.read(head)
    assert verify(store, heads[::100]) == heads[-1]
    assert heads[-1].count == 2500


def test_a_row_holds_who_what_when_and_codes(store: Store) -> None:
    fill(store, 1)
    row = store.read(trail.last)
    assert row is not None
    assert row[:7] == (1, "2026-11-21T14:30:05+08:00", "0123456789abcdef", "handler", "case_act", "0" * 10, '{"n":0}')
    assert row.previous == bytes(32)
    content = '[1,"2026-11-21T14:30:05+08:00","0123456789abcdef","handler","case_act","0000000000","{\\"n\\":0}","%s"]'
    assert row.hash == hashlib.sha256((content % ("00" * 32)).encode()).digest()


EDITS = {
    "at": "'2026-11-21T14:30:06+08:00'",
    "actor": "'fedcba9876543210'",
    "role": "'reviewer'",
    "act": "'contact_view'",
    "object": "'9999999999'",
    "details": "'{}'",
    "hash": "previous",
}


@pytest.mark.parametrize("column", EDITS)
def test_an_edited_row_is_named(store: Store, column: str) -> None:
    fill(store, 9)
    tamper(store, f"UPDATE audit SET {column} = {EDITS[column]} WHERE id = 5")
    assert broken(store) == 5


def test_an_edit_with_its_hash_made_anew_breaks_the_next_row(store: Store) -> None:
    fill(store, 9)
    row = next(row for row in store.read(lambda connection: list(trail.all_rows(connection))) if row.id == 5)
    changed = audit.hash_of(row._replace(actor="someone"))
    tamper(store, "UPDATE audit SET actor = 'someone' WHERE id = 5")
    edit = update(METADATA.tables["audit"]).where(text("id = 5")).values(hash=changed)
    store.write(lambda connection: connection.execute(edit))
    assert broken(store) == 6


@pytest.mark.parametrize("row", [1, 5, 8])
def test_a_removed_row_is_named(store: Store, row: int) -> None:
    fill(store, 9)
    tamper(store, f"DELETE FROM audit WHERE id = {row}")
    assert broken(store) == row


def test_rows_that_changed_places_are_named(store: Store) -> None:
    fill(store, 9)
    tamper(
        store,
        "UPDATE audit SET id = 99 WHERE id = 4",
        "UPDATE audit SET id = 4 WHERE id = 7",
        "UPDATE audit SET id = 7 WHERE id = 99",
    )
    assert broken(store) == 4


def test_removed_and_numbered_anew_is_named(store: Store) -> None:
    fill(store, 9)
    tamper(
        store,
        "DELETE FROM audit WHERE id = 4",
        *(f"UPDATE audit SET id = {n - 1} WHERE id = {n}" for n in range(5, 10)),
    )
    assert broken(store) == 4


def test_a_cut_tail_shows_against_a_head_that_was_written_down(store: Store) -> None:
    heads = fill(store, 9)
    tamper(store, "DELETE FROM audit WHERE id > 6")
    assert verify(store) == heads[5]
    assert verify(store, heads[:6]) == heads[5]
    assert broken(store, heads[-1]) == 7


def test_a_chain_made_anew_shows_against_a_head_that_was_written_down(
    store: Store, new_store: Callable[[str], Store]
) -> None:
    old = fill(store, 9)
    other = new_store("other.db")
    other.write(lambda connection: record(connection, by_system("backup"), NOW))
    fill(other, 8)
    assert verify(other).count == 9
    assert broken(other, old[3]) == 4


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "INSERT INTO audit SELECT 9, at, actor, role, act, object, details, previous, hash FROM audit WHERE id = 1",
    ],
)
def test_the_store_refuses_to_change_the_audit(store: Store, statement: str) -> None:
    heads = fill(store, 3)
    with pytest.raises(IntegrityError, match="append-only"):
        store.write(lambda connection: connection.exec_driver_sql(statement))
    assert verify(store) == heads[-1]


@pytest.mark.sqlite
def test_no_row_of_the_audit_is_replaced(store: Store) -> None:
    heads = fill(store, 3)
    replace = "INSERT OR REPLACE INTO audit SELECT 1, at, 'x', role, act, object, details, previous, hash FROM audit"
    with pytest.raises(IntegrityError, match="append-only"):
        store.write(lambda connection: connection.exec_driver_sql(replace))
    assert verify(store) == heads[-1]


def test_a_row_stands_or_falls_with_its_act(store: Store) -> None:
    heads = fill(store, 2)

    def fails(connection: Connection) -> None:
        record(connection, by_system("purge"), NOW)
        raise CaseError("not possible")

    with pytest.raises(CaseError):
        store.write(fails)
    assert verify(store) == heads[-1]


def test_rows_written_at_the_same_time_make_one_chain(store: Store) -> None:
    threads = [threading.Thread(target=fill, args=(store, 25)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(store).count == 200


def test_two_processes_make_one_chain(store: Store) -> None:
    with Store.open(store.path) as other:
        for _ in range(20):
            fill(store, 1)
            fill(other, 1)
    assert verify(store).count == 40


def test_the_head_of_an_act_stays_as_the_chain_grows(store: Store) -> None:
    assert store.read(lambda connection: head_when(connection, "month_close", "2026-10")) is None
    fill(store, 3)
    closed = store.write(lambda connection: record(connection, by_system("month_close", "2026-10"), NOW))
    fill(store, 3)
    store.write(lambda connection: record(connection, by_system("month_close", "2026-11"), NOW))
    assert store.read(lambda connection: head_when(connection, "month_close", "2026-10")) == closed
    assert verify(store, [closed]).count == 8


def test_the_auditor_pages_from_the_newest_to_the_oldest(store: Store) -> None:
    fill(store, 25)
    store.write(lambda connection: record(connection, by_system("backup"), NOW))
    first = store.read(lambda connection: trail.page(connection, 10))
    second = store.read(lambda connection: trail.page(connection, 10, first[-1].id))
    assert [row.id for row in (*first, *second)] == list(range(26, 6, -1))
    one = store.read(lambda connection: trail.page(connection, 10, thing="0000000003"))
    assert [(row.id, row.object) for row in one] == [(4, "0000000003")]
    assert [row.act for row in store.read(lambda connection: trail.page(connection, 10, actor="system"))] == ["backup"]


@pytest.mark.parametrize("text", ["the resident said", "张三", "a\nb", "x" * 101])
def test_no_text_gets_into_the_audit(store: Store, text: str) -> None:
    for entry in (
        Entry(text, "handler", "case_act"),
        Entry("a", text, "case_act"),
        Entry("a", "handler", "case_act", text),
        Entry("a", "handler", "case_act", "", {"reason": text}),
        Entry("a", "handler", "case_act", "", {text: 1}),
    ):
        with pytest.raises(ValueError, match="codes only"):
            store.write(lambda connection, entry=entry: record(connection, entry, NOW))  # type: ignore[misc]
    assert verify(store).count == 0


def test_an_unknown_act_is_a_mistake_of_the_program(store: Store) -> None:
    with pytest.raises(ValueError, match="unknown act 'sing'"):
        store.write(lambda connection: record(connection, Entry("a", "admin", "sing"), NOW))  # type: ignore[arg-type]
    assert all(re.fullmatch("[a-z_]+", act) for act in ACTS)


@given(st.integers(0, 10**15 - 1), st.binary(min_size=32, max_size=32))
def test_a_head_is_read_back_as_it_was_printed(count: int, digest: bytes) -> None:
    assert Head.parse(str(Head(count, digest))) == Head(count, digest)


@pytest.mark.parametrize("text", ["", "3", "3:ab", "x:" + "0" * 64, "-1:" + "0" * 64])
def test_a_head_that_was_mistyped_is_refused(text: str) -> None:
    with pytest.raises(AuditError, match="write it as it was printed"):
        Head.parse(text)


def test_a_chain_made_by_an_older_copy_goes_on(store: Store, tmp_path: Path) -> None:
    heads = fill(store, 4)
    store.copy_to(tmp_path / "copy.db")
    with Store.open(tmp_path / "copy.db") as copy:
        assert verify(copy, heads) == heads[-1]
        fill(copy, 2)
        assert verify(copy, heads).count == 6
