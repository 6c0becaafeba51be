"""An office moves to a server and back, whole or not at all."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scripts import move
from surveys import moving, ring, rotation
from surveys.audit import by_system, record, verify
from surveys.keys import key_paths, load_keys
from surveys.responses import save, to_row
from surveys.store import Server, Store, answers
from surveys.store.transfer import sums
from tests.cluster import TestCluster, spelled
from tests.scripts.conftest import run
from tests.surveys.test_responses import add_case, response


@pytest.fixture
def office(database: Path) -> Path:
    """A file with answers, a case, a closed month and three acts."""
    load_keys(database, create=True)
    with Store.open(database, create=True) as store:
        made = [to_row(response(answers={"overall": "4"}), "2026-11") for _ in range(1500)]
        said = itertools.cycle(("谢谢 👍", "\\N", "a\\tb\t\\c\r\n\\.\nNULL", " ", "\x1f\x7f\u2028", "\\\\x41"))
        rows = [(row, {"comment": next(said)}) for row in made]
        store.write(lambda connection: answers.add_responses(connection, rows))
        add_case(store, 7)
        store.write(lambda connection: answers.close_period(connection, "2026-10", "2026-11-05"))
        for _ in range(3):
            store.write(lambda connection: record(connection, by_system("backup")))
    return database


@pytest.fixture
def server(cluster: TestCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An empty database on a server, its keys to lie in a folder of their own."""
    monkeypatch.setenv("HUIYIN_KEYS", str(tmp_path / "keys"))
    yield cluster.bare(tmp_path / "keys")


def taken(store: Store) -> object:
    return store.read(sums), verify(store), store.read(lambda c: sorted(answers.count_everything(c)))


def test_an_office_moves_to_a_server_and_back(office: Path, server: Server, tmp_path: Path) -> None:
    done = run(move.main, "--from", office, "--to", spelled(server))
    assert done.exit_code == 0, done.stderr
    assert "1,500  responses" in done.stdout
    assert "3 acts in the audit" in done.stdout
    with Store.open(office) as before, Store.open(server) as after:
        assert taken(after) == taken(before)
        save(after, response())
    assert load_keys(server, create=False) == load_keys(office, create=False)
    back = run(move.main, "--from", spelled(server), "--to", tmp_path / "back.db")
    assert back.exit_code == 0, back.stderr
    with Store.open(tmp_path / "back.db") as there, Store.open(server) as after:
        assert taken(there) == taken(after)


def test_a_database_with_rows_takes_no_office(office: Path, server: Server) -> None:
    with Store.open(server, create=True) as store:
        save(store, response())
        before = taken(store)
    refused = run(move.main, "--from", office, "--to", spelled(server))
    assert refused.exit_code == 1
    assert "holds an office already" in refused.stderr
    with Store.open(server) as store:
        assert taken(store) == before
    assert not list(Path(server).parent.glob("*")), "the keys of one office beside the answers of another"


def test_what_comes_in_before_the_copy_begins_goes_along(office: Path, tmp_path: Path) -> None:
    class Late(Store):
        def write(self, *given: Any, **named: Any) -> Any:
            with Store.open(office) as beside:
                beside.write(lambda connection: record(connection, by_system("backup")))
                assert rotation.rotate(beside, office, datetime.now(UTC)).name
            return super().write(*given, **named)

    with Late.open(office) as source, Store.open(tmp_path / "new.db", create=True) as target:
        moved = moving.move(source, target)
        assert moved.head == verify(target) == verify(source)
    assert load_keys(tmp_path / "new.db", create=False) == load_keys(office, create=False)


def test_an_office_that_lacks_a_key_of_its_own_does_not_move(office: Path, tmp_path: Path) -> None:
    with Store.open(office) as store:
        rotation.rotate(store, office, datetime.now(UTC))
    ring.path_of(office).unlink()
    refused = run(move.main, "--from", office, "--to", tmp_path / "new.db")
    assert (refused.exit_code, "lacks the key of the last rotation" in refused.stderr) == (1, True)
    assert not list(tmp_path.glob("new.*key")), "so that it can be put back first"


def test_other_keys_are_left_alone(office: Path, server: Server) -> None:
    load_keys(Path(server), create=True)
    kept = key_paths(server)[0].read_bytes()
    refused = run(move.main, "--from", office, "--to", spelled(server))
    assert refused.exit_code == 1
    assert "is another key" in refused.stderr
    assert key_paths(server)[0].read_bytes() == kept


def test_what_came_out_different_does_not_stand(office: Path, server: Server, cluster: TestCluster) -> None:
    Store.open(server, create=True).close()
    assert server.address
    spoil = "BEGIN NEW.text := 'other'; RETURN NEW; END"
    cluster.run(
        f"CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ {spoil} $$",
        "CREATE TRIGGER spoil BEFORE INSERT ON response_texts FOR EACH ROW EXECUTE FUNCTION spoil()",
        database=server.address.name,
    )
    refused = run(move.main, "--from", office, "--to", spelled(server))
    assert refused.exit_code == 1
    assert "response_texts came out different: nothing was moved" in refused.stderr
    with Store.open(server) as store:
        assert {one.rows for one in store.read(sums)} == {0}


def test_a_server_that_refuses_a_row_is_told_in_its_words_and_keeps_nothing(
    office: Path, server: Server, cluster: TestCluster
) -> None:
    Store.open(server, create=True).close()
    assert server.address
    full = "ALTER TABLE response_texts ADD CONSTRAINT short CHECK (length(text) < 3)"
    cluster.run(full, database=server.address.name)
    refused = run(move.main, "--from", office, "--to", spelled(server))
    assert refused.exit_code == 1
    assert 'violates check constraint "short"' in refused.stderr
    with Store.open(server) as store:
        assert {one.rows for one in store.read(sums)} == {0}


def test_a_missing_office_and_the_same_place_are_refused(office: Path, tmp_path: Path) -> None:
    assert "no database at" in run(move.main, "--from", tmp_path / "none.db", "--to", tmp_path / "new.db").stderr
    assert "the same place" in run(move.main, "--from", office, "--to", office).stderr
    other = office.parent / "." / ".." / office.parent.name / office.name
    assert "the same place" in run(move.main, "--from", office, "--to", other).stderr
    assert run(move.main, "--from", office).exit_code == 2


def test_a_server_whose_database_and_keys_are_called_like_the_file_is_another_place(
    office: Path, server: Server
) -> None:
    assert server.address
    named = office.with_name(f"{server.address.name}.db")
    for path in office.parent.glob(f"{office.stem}.*"):
        path.rename(path.with_name(path.name.replace(office.stem, named.stem, 1)))
    done = run(move.main, "--from", named, "--to", spelled(Server.at(server.address, office.parent)))
    assert done.exit_code == 0, done.stderr
    assert key_paths(named)[0].exists()
