"""Two offices in one: what is published of them together is what one office would have published, to the byte."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from os import urandom
from pathlib import Path
from types import MappingProxyType

import pytest
from click.testing import Result

from scripts import merge
from scripts.account_tables import account_texts
from scripts.counts import explained, open_tally
from scripts.handed_down import digests_of, read_told, told_text
from scripts.open_data import files_of, write_files
from scripts.publish import Office, correct, pages_of, settle
from surveys import cards
from surveys.definition import Definitions
from surveys.errors import HuiyinError
from surveys.responses import Response
from surveys.store import Connection, Store, calls
from surveys.store.calls import CallRow
from surveys.store.cards import BatchRow
from tests.conftest import ROOT
from tests.scripts.conftest import run
from tests.scripts.golden_office import BEFORE, MONTH, OFFICE, SHOWN, GoldenOffice

EAST = ("chengdong", "chengdong-hukou")
WEST = ("chengxi", "chengxi-hukou")
BY_UNIT = ("responses", "declared", "card_batches", "phone_calls", "exclusion_batches")
NOW = date(2026, 11, 3)


@dataclass(frozen=True)
class Offices:
    """The folders of one office, of its two halves, and of the two merged."""

    whole: Path
    east: Path
    west: Path
    merged: Path


def office_in(folder: Path, known: Definitions = OFFICE) -> Office:
    return Office(folder / "huiyin.db", folder / "tally.db", known, folder / "content", folder / "public")


def give_cards_and_call(office: GoldenOffice) -> None:
    """A batch of reply cards in each half, some used, and calls that were refused."""
    with Store.open(office.database) as store:
        for turn, unit in enumerate(("chengdong", "chengxi")):
            batch, drawn = cards.prepare(store, office.keys, 40)
            cards.issue(store, BatchRow(batch, "anti-fraud-talk", unit, f"{MONTH}-02", 40))
            for number, card in enumerate(drawn[: 12 + turn * 9]):
                given = Response(
                    bytes([turn, number] * 8), "anti-fraud-talk", 1, unit, "web", "card", "zh",
                    date(2026, 10, 8), {"overall": "54321"[number % 5]}, {},
                )  # fmt: skip
                cards.answer(store, office.keys, given, card)
            store.write(lambda connection, unit=unit: call(connection, unit))  # type: ignore[misc]


def call(connection: Connection, unit: str) -> None:
    for outcome in ("refused", "refused", "not-reached"):
        calls.add(connection, CallRow(urandom(16), SHOWN, unit, MONTH, outcome))


def split(whole: Path, half: Path, units: Sequence[str], *, rest: bool) -> None:
    """Copy what belongs to some units into an office of its own; cases that no unit has go with `rest`."""
    half.mkdir()
    shutil.copy(whole / "huiyin.key", half)
    Store.open(half / "huiyin.db", create=True).close()
    marks = ", ".join(f"'{unit}'" for unit in units)
    mine = " OR ".join(f"data LIKE '%\"{unit}\"%'" for unit in units)
    others = " AND ".join(f"data NOT LIKE '%\"{unit}\"%'" for unit in (*EAST, *WEST))
    own = f"number IN (SELECT number FROM whole.case_events WHERE {mine})"
    if rest:
        own += f" OR number NOT IN (SELECT number FROM whole.case_events WHERE NOT ({others}))"
    rules = dict.fromkeys(BY_UNIT, f"unit IN ({marks})")
    rules |= dict.fromkeys(("cases", "case_events", "case_texts", "case_contacts", "case_board"), own)
    rules |= dict.fromkeys(
        ("card_uses", "card_voids", "cards"), f"batch IN (SELECT batch FROM whole.card_batches WHERE unit IN ({marks}))"
    )
    rules |= dict.fromkeys(
        ("exclusion_members", "exclusion_decisions"),
        f"batch IN (SELECT id FROM whole.exclusion_batches WHERE unit IN ({marks}))",
    )
    with closing(sqlite3.connect(half / "huiyin.db")) as database:
        database.execute("ATTACH ? AS whole", (str(whole / "huiyin.db"),))
        with database:
            for table, rule in rules.items():
                database.execute(f"INSERT INTO {table} SELECT * FROM whole.{table} WHERE {rule}")


def published(folder: Path, month: str, known: Definitions = OFFICE) -> dict[str, bytes]:
    """Publish a month without building the site; gives its tables and pages."""
    office = office_in(folder, known)
    with Store.open(office.database, create=True) as store:
        account = settle(office, store, month, NOW, False)
        files = files_of(account.months, None, account_texts(account))
        for language in ("zh", "en"):
            write_files(folder / "content" / language / "reports" / month, files)
        return files | {
            f"{name}.md": told.encode() for name, told in pages_of(office, replace(account, head=None)).items()
        }


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    folder = tmp_path_factory.mktemp("offices")
    found = Offices(folder / "whole", folder / "east", folder / "west", folder / "merged")
    golden = GoldenOffice(found.whole)
    golden.fill()
    give_cards_and_call(golden)
    shutil.rmtree(golden.content)
    golden.folder.joinpath("tally.db").unlink()
    split(found.whole, found.east, EAST, rest=True)
    split(found.whole, found.west, WEST, rest=False)
    for month in (BEFORE, MONTH):
        for half in (found.east, found.west):
            published(half, month)
    yield found


def merged(*parts: Path, out: Path) -> Result:
    return run(merge.main, *(part / "tally.db" for part in parts), "--out", out / "tally.db")


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    names = ("counts", "exclusions", "themes", "cards", "calls", "surges", "final_months", "definitions")
    with closing(sqlite3.connect(path / "tally.db")) as database:
        return {name: sorted(database.execute(f"SELECT * FROM {name}")) for name in names}


def test_two_halves_are_published_as_the_one_office_that_they_are(offices: Offices) -> None:
    result = merged(offices.east, offices.west, out=offices.merged)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"{offices.merged}/tally.db: 2 months merged, {BEFORE} to {MONTH}\n"
    for month in (BEFORE, MONTH):
        one, together = published(offices.whole, month), published(offices.merged, month)
        assert together.keys() == one.keys()
        for name, text in one.items():
            assert together[name] == text, name
    assert rows(offices.whole) == rows(offices.merged)
    names = {name for name, found in rows(offices.merged).items() if found}
    assert names - {"surges"} == {"counts", "exclusions", "cards", "calls", "final_months", "definitions"}
    tables = {name: text for name, text in one.items() if name.endswith(".csv")}
    assert all(text.count(b"\n") > 2 for name, text in tables.items() if name != "calls.csv" and "bom" not in name)
    assert b",merged\n" in b"".join(tables.values()) or b",hidden\n" in b"".join(tables.values())


def test_what_a_month_tells_besides_comes_back_from_its_text(offices: Offices) -> None:
    with open_tally(offices.east / "tally.db") as counts:
        text = counts.told(MONTH)
    told = read_told(text)
    assert told_text(told) == text
    assert told.cases is not None
    assert told.units == frozenset({*EAST, "chengqu"} & told.units)


def test_an_office_named_twice_or_units_of_both_are_refused(offices: Offices, tmp_path: Path) -> None:
    assert merged(offices.east, offices.east, out=tmp_path).exit_code == 2
    copy = tmp_path / "copy"
    shutil.copytree(offices.east, copy)
    result = merged(offices.east, copy, out=tmp_path)
    assert result.exit_code == 1
    assert f"{', '.join(EAST)}: counted in {offices.east}/tally.db and in {copy}/tally.db" in result.stderr
    assert not (tmp_path / "tally.db").exists()


def test_surveys_that_differ_are_named(offices: Offices, tmp_path: Path) -> None:
    other = tmp_path / "west"
    shutil.copytree(offices.west, other)
    survey = OFFICE.surveys[SHOWN, 1]
    changed = replace(survey, minutes=survey.minutes + 1)
    known = replace(OFFICE, surveys=MappingProxyType({**OFFICE.surveys, (SHOWN, 1): changed}))
    with open_tally(other / "tally.db") as counts:
        counts.hand_down(MONTH, counts.told(MONTH), digests_of(known))
    result = merged(offices.east, other, out=tmp_path)
    assert result.exit_code == 1
    assert f"survey {SHOWN}.v1 is not the same in {offices.east}/tally.db and {other}/tally.db" in result.stderr


def test_a_month_that_one_has_not_published_waits(offices: Offices, tmp_path: Path) -> None:
    other = tmp_path / "west"
    shutil.copytree(offices.west, other)
    with closing(sqlite3.connect(other / "tally.db")) as database, database:
        database.execute("DELETE FROM final_months WHERE month = ?", (MONTH,))
    result = merged(offices.east, other, out=tmp_path)
    assert result.stdout.splitlines()[1] == f"not yet published by everyone, so left out: {MONTH}"
    with pytest.raises(HuiyinError, match=f"{MONTH} is not among the merged months"):
        published(tmp_path, MONTH)


def test_merged_counts_are_never_counted_from_a_store_nor_over_an_office(offices: Offices, tmp_path: Path) -> None:
    assert merged(offices.east, offices.west, out=tmp_path).exit_code == 0
    published(tmp_path, BEFORE)
    with pytest.raises(HuiyinError, match="came by a merge: correct it where its answers are"):
        correct(office_in(tmp_path), BEFORE, "wrong", NOW)
    assert "is merged already" in merged(tmp_path, offices.west, out=tmp_path / "more").stderr
    assert "holds the counts of an office of its own" in merged(offices.east, offices.west, out=offices.whole).stderr


@pytest.mark.parametrize(
    ("content", "words"), [(None, "no counts at"), (b"nothing", "holds no counts that can be merged")]
)
def test_what_holds_no_counts_is_named(offices: Offices, tmp_path: Path, content: bytes | None, words: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    if content:
        (other / "tally.db").write_bytes(content * 100)
    assert words in merged(offices.east, other, out=tmp_path).stderr


def test_a_disk_without_room_is_told_and_nothing_of_the_counts_is_left(offices: Offices, tmp_path: Path) -> None:
    with open_tally(tmp_path / "empty.db"):
        pass
    room = (tmp_path / "empty.db").stat().st_size // 1024 + 4
    (tmp_path / "out").mkdir()
    parts = [str(folder / "tally.db") for folder in (offices.east, offices.west)]
    command = ["bash", "-c", f'ulimit -f {room}; exec "$@"', "bash", sys.executable, "-m", "scripts.merge", *parts]
    command += ["--out", str(tmp_path / "out/tally.db")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be written now" in done.stderr
    assert done.stderr.endswith(": make room on its disk\n")
    assert not list((tmp_path / "out").iterdir())


def test_a_full_database_of_counts_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tally.db"
    with open_tally(path):
        pass
    told = pytest.raises(HuiyinError, match="make room on its disk")
    with told, explained(path), closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA max_page_count = 1")
        database.execute("CREATE TABLE more AS SELECT zeroblob(1000000) AS one")
