"""Answers from a stick: stored once whatever else the device sends, refused ones named, a foreign file told apart."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text

from scripts import import_queue
from surveys import definition, grants, offline, queue_file
from surveys.audit import verify
from surveys.grants import Grant
from surveys.keys import Keys, load_keys
from surveys.responses import today
from surveys.store import Store, answers
from tests.conftest import ROOT
from tests.scripts.conftest import run

DEFINITIONS = ROOT / "surveys/definitions"
ISSUED = date(2026, 10, 3)
VISIT = Grant("visit", 1, "chengdong", ISSUED)


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    load_keys(database, create=True)
    with Store.open(database, create=True) as store:
        yield store


def keys(database: Path) -> Keys:
    return load_keys(database, create=False)


def body(keys: Keys, number: int, grant: Grant = VISIT, **changes: object) -> dict[str, object]:
    sent = {"id": f"{number:032x}", "grant": grants.sign(keys, grant), "day": "2026-10-05", "language": "zh"}
    return {**sent, "answers": {"overall": ["4"]}, **changes}


def saved(path: Path, keys: Keys, *bodies: object) -> Path:
    path.write_bytes(queue_file.seal(queue_file.public_key(keys), bodies))
    return path


def bring(database: Path, *files: Path | str) -> Result:
    return run(import_queue.main, *files, "--database", database, "--definitions", DEFINITIONS)


def stored(store: Store) -> list[tuple[object, ...]]:
    statement = text("SELECT hex(id), day, period, channel, basis FROM responses ORDER BY id")
    return store.read(lambda connection: [tuple(row) for row in connection.execute(statement)])


def test_a_file_is_brought_in_once_and_what_the_device_sent_too_is_known(
    store: Store, database: Path, tmp_path: Path
) -> None:
    own = keys(database)
    store.write(lambda connection: answers.close_period(connection, "2026-10", "2026-11-02"))
    known = definition.load(DEFINITIONS)
    sent = offline.read(own, body(own, 1))
    offline.take(store, own, sent, offline.response_of(known, sent, today()))
    kiosk = Grant("counter-service", 1, "chengdong-hukou", ISSUED, "3f")
    file = saved(tmp_path / "a.huiyin", own, body(own, 1), body(own, 2), body(own, 3, kiosk))
    first, again = bring(database, file), bring(database, file)
    assert (first.exit_code, first.stderr, again.exit_code, again.stderr) == (0, "", 0, "")
    assert "2 new, 1 already there, 0 not taken; 2 of the new ones are of a published month" in first.stdout
    assert "0 new, 3 already there, 0 not taken\n" in again.stdout
    found = stored(store)
    assert [row[1:] for row in found[:2]] == [("2026-10-05", found[0][2], "web", "open")] * 2
    assert found[2][3:] == ("kiosk", "assisted")
    assert {row[2] for row in found} == {"2026-11"}
    assert verify(store).count == 2


def test_what_cannot_be_taken_is_named_and_the_rest_is_stored(store: Store, database: Path, tmp_path: Path) -> None:
    own = keys(database)
    card = {"number": "0000100000", "secret": "1" * 20}
    bad = [{}, body(own, 1, answers={}), body(own, 2, Grant("visit", 7, "chengdong", ISSUED)), body(own, 3, card=card)]
    result = bring(database, saved(tmp_path / "a.huiyin", own, *bad, body(own, 9)))
    assert (result.exit_code, "1 new, 0 already there, 4 not taken" in result.stdout) == (0, True)
    told = result.stderr.splitlines()
    assert [line.split(": ", 2)[1] for line in told[:4]] == [f"answer {place}" for place in (1, 2, 3, 4)]
    assert "[overall: required]" in told[1]
    assert "put the file of that version back" in told[2]
    assert "answer without it" in told[3]
    assert "keep the file" in told[4]
    assert len(stored(store)) == 1


def test_a_file_that_does_not_open_stops_all_before_anything_is_stored(
    store: Store, database: Path, tmp_path: Path
) -> None:
    own = keys(database)
    fine = saved(tmp_path / "a.huiyin", own, body(own, 1))
    foreign = saved(tmp_path / "b.huiyin", Keys(bytes(32), bytes(32)), body(own, 2))
    result = bring(database, fine, foreign)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{foreign} does not open with the key of this database")
    assert stored(store) == []
    nothing = bring(tmp_path / "other.db", fine)
    assert (nothing.exit_code, "no database at" in nothing.stderr) == (1, True)


def test_more_answers_of_a_kiosk_than_a_counter_takes_are_asked_about(
    store: Store, database: Path, tmp_path: Path
) -> None:
    own = keys(database)
    kiosk = Grant("counter-service", 1, "chengdong-hukou", ISSUED, "3f", ISSUED)
    many = [body(own, number, kiosk) for number in range(601)]
    files = (
        saved(tmp_path / "a.huiyin", own, *many[:400]),
        saved(tmp_path / "b.huiyin", own, *many[300:], body(own, 900)),
    )
    result = bring(database, *files)
    assert (result.exit_code, stored(store), verify(store).count) == (1, [], 0)
    assert result.stdout == f"{files[0]}: holds 400 kiosk 3f\n{files[1]}: holds 301 kiosk 3f, 1 web\n"
    assert "kiosk 3f has 601 answers of 2026-10-05 in these files" in result.stderr
    assert "run this again with --yes" in result.stderr
    assert bring(database, files[0]).exit_code == 0
    again = bring(database, *files, "--yes")
    assert again.exit_code == 0
    assert "202 new, 100 already there, 0 not taken" in again.stdout
    assert len(stored(store)) == 602


def test_an_import_that_was_interrupted_is_simply_run_again(store: Store, database: Path, tmp_path: Path) -> None:
    own = keys(database)
    file = saved(tmp_path / "a.huiyin", own, *(body(own, number) for number in range(import_queue.SLICE + 2)), {})
    queue = import_queue.open_queue(file, own, definition.load(DEFINITIONS), today())
    first = import_queue.Queue(file, queue.digest, queue.entries[: import_queue.SLICE])
    assert str(import_queue.bring_in(store, own, first)) == "300 new, 0 already there, 0 not taken"
    result = bring(database, file)
    assert "2 new, 300 already there, 1 not taken" in result.stdout
    assert f"{file}: answer 303: it is not in the form" in result.stderr
    assert "If it is interrupted, run it again" in " ".join(run(import_queue.main, "--help").stdout.split())
    assert verify(store).count == 3
