"""Backups: what is in one, what is not, what is noticed about it, and an office that stands up again from it."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from scripts import backup, check, restore, retention, tally
from scripts import keys as rotation
from surveys import backup as rules
from surveys import backup_file, backup_rotation, cards, keys
from surveys.audit import verify
from surveys.backup_file import Manifest, Member
from surveys.errors import CardError, HuiyinError
from surveys.responses import save, today
from surveys.sealed_file import OpeningReader, read_private, read_public
from surveys.store import HEAD, Store, people
from surveys.store.cards import BatchRow
from tests.conftest import TINY
from tests.scripts.conftest import EXAMPLE, run
from tests.surveys.case_office import Desk
from tests.surveys.test_migrations import made_at
from tests.surveys.test_responses import DAY, response, rows_in


@dataclass
class Office:
    """An office with answers, a case with a contact, cards and an account's session; and how to back it up."""

    folder: Path
    store: Store
    keys: keys.Keys
    cards: tuple[cards.Card, ...]

    @property
    def target(self) -> Path:
        return self.folder / "backups"

    @property
    def private(self) -> Path:
        return self.folder / "keys/huiyin-backup-private.key"

    def back_up(self, *more: object) -> Result:
        key = self.folder / "keys/huiyin-backup-public.key"
        places = ("--database", self.store.path, "--definitions", TINY, "--content", self.folder / "content")
        return run(backup.main, "--to", self.target, "--key", key, *places, *more)

    def restore(self, name: str = "again", source: Path | None = None, *more: object) -> Result:
        source = source or backup_rotation.backups_in(self.target)[-1].path
        return run(restore.main, source, "--private-key", self.private, "--to", self.folder / name, *more)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[cards.Card, ...]]:
    """The office's folder, made once and copied for each test, with one backup in `first` beside it."""
    folder = tmp_path_factory.mktemp("made") / "office"
    path = folder / "huiyin.db"
    secrets = keys.load_keys(path, create=True)
    reports = folder / "content/zh/reports/2026-10"
    reports.mkdir(parents=True)
    (reports / "ratings.csv").write_text("period\n", encoding="utf-8")
    assert run(backup.main, "keygen", "--out", folder / "keys").exit_code == 0
    with Store.open(path, create=True) as store:
        drawn = filled(store, secrets)
        office = Office(folder, store, secrets, drawn)
        assert office.back_up().exit_code == 0
    (folder / "backups").rename(folder.parent / "first")
    return folder, drawn


def filled(store: Store, secrets: keys.Keys) -> tuple[cards.Card, ...]:
    """A case, answers with texts, six cards with one used, a session; returns the cards."""
    Desk(store, secrets, today()).proposed(text="路灯不亮。", contact="139 0000 0000")
    for one in range(40):
        save(store, response(texts={"comment": f"第{one}条"}))
    batch, drawn = cards.prepare(store, secrets, 6)
    cards.issue(store, BatchRow(batch, "shown", "hall", DAY.isoformat(), 6))
    cards.answer(store, secrets, response(basis="card"), drawn[0])
    at = 1_700_000_000
    store.write(lambda connection: people.add_session(connection, people.SessionRow(b"s" * 32, "0" * 16, at, at, None)))
    return drawn


@pytest.fixture
def office(tmp_path: Path, made: tuple[Path, tuple[cards.Card, ...]]) -> Iterator[Office]:
    folder = Path(shutil.copytree(made[0], tmp_path / "office"))
    (folder / "backups").mkdir()
    with Store.open(folder / "huiyin.db") as store:
        yield Office(folder, store, keys.load_keys(store.path, create=False), made[1])


@pytest.fixture
def backed(office: Office, made: tuple[Path, tuple[cards.Card, ...]]) -> Office:
    shutil.copytree(made[0].parent / "first", office.target, dirs_exist_ok=True)
    return office


def everything(path: Path, *left_out: str) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            for name in names
            if name not in left_out and name != "alembic_version"
        }


NOT_KEPT = ("cards", "staff_sessions", "staff_tries")


def test_a_restored_office_holds_what_was_there_with_its_secrets(backed: Office) -> None:
    before = everything(backed.store.path, *NOT_KEPT, "audit")
    told = backed.restore()
    assert told.exit_code == 0, told.stderr
    again = backed.folder / "again"
    assert everything(again / "huiyin.db", *NOT_KEPT, "audit") == before
    assert keys.load_keys(again / "huiyin.db", create=False) == backed.keys
    assert not keys.key_paths(again / "huiyin.db")[2].exists()
    assert (again / "definitions/units.yaml").read_bytes() == (TINY / "units.yaml").read_bytes()
    assert (again / "reports/zh/2026-10/ratings.csv").read_text(encoding="utf-8") == "period\n"
    assert f"HUIYIN_DATABASE={again}/huiyin.db" in told.stdout
    with Store.open(again / "huiyin.db") as store:
        assert verify(store).count == len(rows_in(backed.store, "SELECT 1 FROM audit")) - 1  # the backup's own
        save(store, response())
    assert {path.stat().st_mode & 0o077 for path in again.iterdir() if path.is_file()} == {0}


def test_the_copy_is_in_the_audit_by_the_digest_that_lies_beside_it(backed: Office) -> None:
    path = backup_rotation.backups_in(backed.target)[0].path
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert backup_rotation.checksum_path(path).read_text() == f"{digest}  {path.name}\n"
    assert rows_in(backed.store, "SELECT object FROM audit WHERE act = 'backup'") == [(digest,)]


def test_two_copies_show_how_many_cards_were_used_and_not_which(backed: Office) -> None:
    answered = response(basis="card")
    cards.answer(backed.store, backed.keys, answered, backed.cards[3])
    [first] = backup_rotation.backups_in(backed.target)
    assert backed.restore("one").exit_code == 0
    assert backed.back_up().exit_code == 0
    assert [one.turn for one in backup_rotation.backups_in(backed.target)] == [2]  # of each day the newest stays
    assert not first.path.exists()
    found = []
    for name in ("one", "two"):
        assert name == "one" or backed.restore(name).exit_code == 0
        data = (backed.folder / name / "huiyin.db").read_bytes()
        assert not [card.number for card in backed.cards if card.number.encode() in data]
        found.append(everything(backed.folder / name / "huiyin.db"))
    numbers = [[row[0] for row in one["cards"]] for one in found]
    assert numbers == [[f"00001r{place:04}" for place in range(5)], [f"00001r{place:04}" for place in range(4)]]
    assert [one["card_uses"][0][2] for one in found] == [1, 2]


def test_cards_of_a_restored_office_answer_once_and_go_void_together(backed: Office) -> None:
    assert backed.restore().exit_code == 0
    first, last = backed.cards[0].number, backed.cards[-1].number
    with Store.open(backed.folder / "again/huiyin.db") as store:
        cards.answer(store, backed.keys, response(basis="card"), backed.cards[2])
        for used in (backed.cards[0], backed.cards[2], replace(backed.cards[4], secret=backed.cards[5].secret)):
            with pytest.raises(CardError, match="unknown"):
                cards.answer(store, backed.keys, response(basis="card"), used)
        with pytest.raises(HuiyinError, match=f"no numbers of cards: make all of it void, from {first} to {last}"):
            cards.void(store, first, backed.cards[3].number, "lost", today())
        assert cards.void(store, first, last, "lost", today()) == 4
        with pytest.raises(CardError, match="void"):
            cards.answer(store, backed.keys, response(basis="card"), backed.cards[5])
        counted = {count.figure: count.n for count in cards.counts(store, "2099-12")}
    assert counted == {"issued": 6, "used": 2, "void": 4}


def test_nothing_readable_and_no_session_is_in_what_lies_on_the_disk(backed: Office) -> None:
    words = [b"SQLite format", "路灯不亮".encode(), "第1条".encode(), backed.keys.master, b"chengdong"]
    for path in backed.target.iterdir():
        assert not [word for word in words if word in path.read_bytes()], path
        assert not path.stat().st_mode & 0o077
    assert not list(backed.folder.glob(".huiyin.db.backup*"))
    assert backed.restore().exit_code == 0
    found = everything(backed.folder / "again/huiyin.db")
    assert (found["staff_sessions"], found["staff_tries"]) == ([], [])


def test_the_answers_alone_hold_no_secret(backed: Office) -> None:
    private = read_private(backed.private.read_text(encoding="utf-8"))
    kept = backup_rotation.backups_in(backed.target)[0].path
    unpacked = backed.folder / "unpacked"
    unpacked.mkdir()
    with kept.open("rb") as source:
        manifest = backup_file.read(source, private, unpacked, lambda _: None)
    assert [name for name in manifest.members if "key" in name or "contact" in name] == []
    held = b"".join(path.read_bytes() for path in unpacked.rglob("*") if path.is_file())
    assert backed.keys.master not in held
    assert keys.key_paths(backed.store.path)[2].read_bytes() not in held
    with kept.open("rb") as source:
        assert b"huiyin.db" not in OpeningReader(source, private).read(200)  # compressed


@pytest.fixture
def spoiled(backed: Office) -> Iterator[Office]:
    """Whatever goes wrong, no folder is left."""
    yield backed
    assert not (backed.folder / "again").exists()
    assert not list(backed.folder.glob(".again*"))


@pytest.mark.parametrize("part", ["cut", "flipped", "longer", "empty"])
def test_a_damaged_file_is_refused_by_its_name(spoiled: Office, part: str) -> None:
    path = backup_rotation.backups_in(spoiled.target)[0].path
    data = bytearray(path.read_bytes())
    if part == "flipped":
        data[len(data) // 2] ^= 1
    changed = {"cut": data[:-1], "flipped": data, "longer": data + b"x", "empty": bytearray()}[part]
    path.write_bytes(changed)
    told = spoiled.restore()
    assert told.exit_code == 1
    assert str(path) in told.stderr
    assert ("damaged or was cut off: take another copy" in told.stderr) == (part != "empty")


def test_another_key_is_refused(spoiled: Office) -> None:
    run(backup.main, "keygen", "--out", spoiled.folder / "others")
    path = backup_rotation.backups_in(spoiled.target)[0].path
    other = spoiled.folder / "others/huiyin-backup-private.key"
    told = run(restore.main, path, "--private-key", other, "--to", spoiled.folder / "again")
    assert (told.exit_code, "name the private key that belongs to it" in told.stderr) == (1, True)
    public = spoiled.folder / "others/huiyin-backup-public.key"
    told = run(restore.main, path, "--private-key", public, "--to", spoiled.folder / "again")
    assert (told.exit_code, "no backup private key" in told.stderr) == (1, True)


def test_secrets_of_another_office_or_none_are_refused(spoiled: Office, tmp_path: Path) -> None:
    [kept] = spoiled.target.glob("*.sealed")
    moved = kept.rename(tmp_path / "elsewhere.sealed")
    told = spoiled.restore()
    assert (told.exit_code, "name the file with the sealed secrets with --keys" in told.stderr) == (1, True)
    other = tmp_path / "other/huiyin.db"
    keys.load_keys(other, create=True)
    shutil.copy(spoiled.store.path, other)
    key = read_public((spoiled.folder / "keys/huiyin-backup-public.key").read_text(encoding="utf-8"))
    backup.run(other, other.parent, other.parent, key, dict)
    [others] = other.parent.glob("*.sealed")
    told = spoiled.restore("again", None, "--keys", others)
    assert (told.exit_code, "these secrets belong to another database" in told.stderr) == (1, True)
    told = spoiled.restore("again", None, "--keys", backup_rotation.backups_in(spoiled.target)[0].path)
    assert (told.exit_code, "holds answers, and keys are wanted" in told.stderr) == (1, True)
    assert spoiled.restore("right", None, "--keys", moved).exit_code == 0


def test_after_a_rotation_the_new_secrets_go_along_and_the_old_stay_for_older_backups(backed: Office) -> None:
    before = backed.folder / "before"
    shutil.copytree(backed.target, before)
    assert run(rotation.main, "rotate", "--database", backed.store.path).exit_code == 0
    rotated = keys.load_keys(backed.store.path, create=False)
    assert backed.back_up().exit_code == 0
    assert len(list(backed.target.glob("*.sealed"))) == 2
    assert backed.restore().exit_code == 0
    assert keys.load_keys(backed.folder / "again/huiyin.db", create=False) == rotated
    shutil.copytree(before, backed.target, dirs_exist_ok=True)
    assert backed.restore("earlier", backup_rotation.backups_in(before)[0].path).exit_code == 0
    assert keys.load_keys(backed.folder / "earlier/huiyin.db", create=False) == backed.keys


def test_a_folder_that_is_there_is_never_touched(backed: Office) -> None:
    (backed.folder / "again").mkdir()
    told = backed.restore()
    assert (told.exit_code, "is there already: name a new folder" in told.stderr) == (1, True)
    assert list((backed.folder / "again").iterdir()) == []


def sealed_by_hand(office: Office, manifest: Manifest, files: dict[str, Path]) -> Path:
    key = read_public((office.folder / "keys/huiyin-backup-public.key").read_text(encoding="utf-8"))
    path = office.folder / "by-hand.backup"
    with path.open("wb") as target:
        backup_file.write(target, key, manifest, files, lambda _: None)
    return path


def test_a_newer_database_is_refused_before_it_is_unpacked(spoiled: Office) -> None:
    newer = f"{int(HEAD) + 1:04}"
    path = sealed_by_hand(spoiled, Manifest("answers", "2026-11-01", "0" * 16, schema=newer), {})
    told = spoiled.restore("again", path)
    assert told.exit_code == 1
    assert f"holds a database of schema {newer}, and this program knows {HEAD}: update the program first" in told.stderr
    path = sealed_by_hand(spoiled, Manifest("answers", "2026-11-01", "0" * 16, version=2), {})
    assert "was written by a newer Huiyin (backup 2)" in spoiled.restore("again", path).stderr


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "definitions/../../outside"])
def test_no_name_leads_out_of_the_folder(spoiled: Office, name: str) -> None:
    member = backup_file.describe(TINY / "units.yaml")
    manifest = Manifest("answers", "2026-11-01", "0" * 16, schema=HEAD, members={name: member})
    told = spoiled.restore("again", sealed_by_hand(spoiled, manifest, {name: TINY / "units.yaml"}))
    assert (told.exit_code, f"lacks {name}" in told.stderr) == (1, True)


def test_a_member_that_is_not_what_was_described_is_refused(spoiled: Office) -> None:
    members = {"huiyin.db": Member((TINY / "units.yaml").stat().st_size, "0" * 64)}
    manifest = Manifest("answers", "2026-11-01", "0" * 16, schema=HEAD, members=members)
    told = spoiled.restore("again", sealed_by_hand(spoiled, manifest, {"huiyin.db": TINY / "units.yaml"}))
    assert (told.exit_code, "holds a damaged huiyin.db" in told.stderr) == (1, True)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE responses SET day = '2026-11-05' WHERE id = (SELECT id FROM responses LIMIT 1)",
            "1 answer sets",
        ),
        ("UPDATE responses SET answers = 'x' WHERE id = (SELECT id FROM responses LIMIT 1)", "1 answer sets"),
        ("UPDATE case_texts SET text = 'another'", " texts of cases are not what was stored"),
        ("UPDATE audit SET actor = 'somebody' WHERE id = 1", "audit: row 1 was changed"),
    ],
)
def test_a_row_that_is_not_what_was_stored_is_found_before_it_is_sealed(
    office: Office, statement: str, words: str
) -> None:
    table = statement.split()[1]
    with closing(sqlite3.connect(office.store.path)) as connection:
        connection.execute(f"DROP TRIGGER {table}_refuse_update")
        connection.execute(statement)
        connection.commit()
    told = office.back_up()
    assert (told.exit_code, words in told.stderr) == (1, True), told.stderr
    assert list(office.target.glob("*.backup")) == []
    assert not list(office.folder.glob(".huiyin.db.backup*"))


def test_a_damaged_page_is_found(office: Office) -> None:
    assert office.store.settle()
    with office.store.path.open("r+b") as file:
        file.seek(-4096, 2)
        file.write(b"\xff" * 4096)
    told = office.back_up()
    assert told.exit_code == 1
    assert "malformed" in told.stderr or "damaged" in told.stderr


def test_a_full_disk_is_noticed_before_anything_is_written(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(office.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    told = office.back_up()
    assert told.exit_code == 1
    assert "has 1,000 bytes free, and " in told.stderr
    assert list(office.target.glob("*")) == []


def test_only_one_backup_at_a_time_and_what_a_killed_one_left_is_cleared(office: Office) -> None:
    work = office.store.path.with_name(".huiyin.db.backup")
    with backup_file.alone(work):
        told = office.back_up()
    assert (told.exit_code, "another backup of this database is being made" in told.stderr) == (1, True)
    work.mkdir()
    (work / "first.db").write_bytes(b"left behind")
    (office.target / ".huiyin-2026-11-01.backup.part").write_bytes(b"left behind")
    assert office.back_up().exit_code == 0
    assert not work.exists()
    assert not list(office.target.glob(".*"))


def test_files_that_change_while_a_backup_is_sealed_come_back_as_they_were(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = office.folder / "content/zh/reports/2026-10/ratings.csv"
    sealing, before = backup_file.write, report.read_bytes()

    def published_meanwhile(target: Any, public: bytes, manifest: Manifest, *given: Any) -> None:
        if manifest.kind == "answers":
            report.write_bytes(before.upper())
        sealing(target, public, manifest, *given)

    monkeypatch.setattr(backup_file, "write", published_meanwhile)
    assert office.back_up().exit_code == 0
    told = office.restore()
    assert told.exit_code == 0, told.stderr
    assert (office.folder / "again/reports/zh/2026-10/ratings.csv").read_bytes() == before


def test_a_name_in_another_encoding_is_told(office: Office) -> None:
    name = os.fsdecode("十月.csv".encode("gbk"))
    (office.folder / "content/zh/reports" / name).write_bytes(b"")
    told = office.back_up()
    assert (told.exit_code, "is not in UTF-8: rename the file" in told.stderr) == (1, True)
    assert list(office.target.iterdir()) == []


def test_two_offices_do_not_share_a_folder(backed: Office, tmp_path: Path) -> None:
    other = tmp_path / "other/huiyin.db"
    keys.load_keys(other, create=True)
    shutil.copy(backed.store.path, other)
    assert backed.back_up().exit_code == 0, "the folder was used before it said whose it is"
    before = sorted(backed.target.iterdir())
    told = backed.back_up("--database", other)
    assert (told.exit_code, "holds the backups of another office" in told.stderr) == (1, True)
    assert sorted(backed.target.iterdir()) == before
    assert run(rotation.main, "rotate", "--database", backed.store.path).exit_code == 0
    assert backed.back_up().exit_code == 0, "an office with new keys is the same one"


def test_keys_that_change_while_the_database_is_copied_are_noticed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    checking = rules.check

    def changed_meanwhile(*given: Any) -> object:
        found = checking(*given)
        assert run(rotation.main, "rotate-contact", "--database", office.store.path).exit_code == 0
        return found

    monkeypatch.setattr(rules, "check", changed_meanwhile)
    told = office.back_up()
    assert (told.exit_code, "a key was changed while" in told.stderr) == (1, True)
    assert list(office.target.iterdir()) == []


def test_no_backup_is_made_of_a_change_of_keys_that_was_interrupted(office: Office) -> None:
    public = keys.key_paths(office.store.path)[1]
    before = public.read_bytes()
    assert run(rotation.main, "rotate-contact", "--database", office.store.path).exit_code == 0
    public.write_bytes(before)
    told = office.back_up()
    assert (told.exit_code, "run .venv/bin/python -m scripts.keys rotate-contact again" in told.stderr) == (1, True)
    assert run(rotation.main, "rotate-contact", "--database", office.store.path).exit_code == 0
    assert office.back_up().exit_code == 0
    assert office.restore().exit_code == 0


def test_an_office_is_put_back_into_a_folder_by_one_run_at_a_time(backed: Office) -> None:
    with restore._new(backed.folder / "again") as draft:
        (draft / "huiyin.db").write_bytes(b"half of it")
        told = backed.restore()
        assert (told.exit_code, "another run puts an office back" in told.stderr) == (1, True)
        assert [path.name for path in draft.iterdir()] == ["huiyin.db"]
        (draft / "huiyin.db").unlink()
    assert list((backed.folder / "again").iterdir()) == []
    left = backed.folder / ".more.part/definitions"
    left.mkdir(parents=True)
    (left / "units.yaml").write_bytes(b"left behind")
    assert backed.restore("more").exit_code == 0


def test_older_backups_go_and_the_night_deletes_what_is_too_old(backed: Office) -> None:
    for age in (1, 2, 40, 91, 93):
        (backed.target / f"huiyin-{today() - timedelta(days=age)}.backup").touch()
    done = backed.back_up("--days", 2, "--months", 3)
    assert "older backups" in done.stdout
    ages = {(today() - one.day).days for one in backup_rotation.backups_in(backed.target)}
    assert ages <= {0, 1, 2, 40, 91}
    assert 93 not in ages
    old = backed.target / f"huiyin-{today() - timedelta(days=200)}.backup"
    old.touch()
    places: tuple[object, ...]
    places = ("--no-site", "--database", backed.store.path, "--definitions", TINY, "--backups", backed.target)
    assert "     1  backups deleted" in run(retention.main, "--dry-run", *places).stdout
    assert old.exists()
    told = run(retention.main, *places)
    assert ("     1  backups deleted" in told.stdout, told.stderr) == (True, "")
    assert not old.exists()
    for one in backup_rotation.backups_in(backed.target):
        backup_rotation.remove(one)
    old.touch()
    assert f"the newest backup in {backed.target} is of {old.name[7:17]}" in run(retention.main, *places).stderr
    assert old.exists()


@pytest.mark.parametrize("revision", ["0001", "0004", "0008", HEAD])
def test_a_backup_of_an_older_schema_is_brought_up_to_date(office: Office, revision: str) -> None:
    folder = office.folder / "old"
    folder.mkdir()
    path = made_at(folder / "huiyin.db", revision)
    secrets = {"huiyin.key": folder / "huiyin.key", "huiyin.contact.pub": folder / "huiyin.contact.pub"}
    for place in secrets.values():
        shutil.copy(office.folder / place.name, place)
    with Store(path) as store:
        for _ in range(7):
            save(store, response())
    name = rules.name_of_keys(path)
    facts = {"schema": revision, "sizes": {"responses": 7, "cases": 0, "audit": 0}, "audit": f"0:{bytes(32).hex()}"}
    described = rules.described({"huiyin.db": path})
    manifest = Manifest("answers", "2026-11-01", name, members=described, **facts)  # type: ignore[arg-type]
    source = sealed_by_hand(office, manifest, {"huiyin.db": path})
    key = read_public((office.folder / "keys/huiyin-backup-public.key").read_text(encoding="utf-8"))
    sealed_keys = office.folder / "old.sealed"
    with sealed_keys.open("wb") as target:
        manifest = Manifest("keys", "2026-11-01", name, members=rules.described(secrets))
        backup_file.write(target, key, manifest, secrets, lambda _: None)
    told = office.restore("again", source, "--keys", sealed_keys)
    assert told.exit_code == 0, told.stderr
    with Store.open(office.folder / "again/huiyin.db") as store:
        assert (store.version(), rows_in(store, "SELECT count(*) FROM responses")) == (HEAD, [(7,)])


def test_the_counts_of_a_restored_database_are_those_of_the_original(real: Path, tmp_path: Path) -> None:
    run(backup.main, "keygen", "--out", tmp_path / "keys")
    key = tmp_path / "keys/huiyin-backup-public.key"
    made = run(backup.main, "--to", tmp_path / "backups", "--key", key, "--database", real, "--definitions", EXAMPLE)
    assert made.exit_code == 0, made.stderr
    [kept] = backup_rotation.backups_in(tmp_path / "backups")
    private = tmp_path / "keys/huiyin-backup-private.key"
    assert run(restore.main, kept.path, "--private-key", private, "--to", tmp_path / "again").exit_code == 0
    tables: list[bytes] = []
    for path, asked in ((real, EXAMPLE), (tmp_path / "again/huiyin.db", tmp_path / "again/definitions")):
        out = tmp_path / f"out{len(tables)}"
        places = ("--database", path, "--definitions", asked, "--out", out)
        done = run(tally.main, "--period", "2021-08", "--internal", *places)
        assert done.exit_code == 0, done.stderr
        tables.append((out / "ratings.csv").read_bytes())
    assert tables[0] == tables[1]
    assert len(tables[0]) > 10_000
    assert "rows in order" in run(check.main, "--audit", "--database", tmp_path / "again/huiyin.db").stdout


def test_without_a_place_a_key_or_a_database_it_says_what_to_name(office: Office, tmp_path: Path) -> None:
    assert run(backup.main).exit_code == 2
    told = run(backup.main, "--to", tmp_path / "x")
    assert (told.exit_code, "scripts.backup keygen" in told.stderr) == (1, True)
    told = office.back_up("--database", tmp_path / "none.db")
    assert (told.exit_code, "no database at" in told.stderr) == (1, True)
    told = run(backup.main, "keygen", "--out", office.folder / "keys")
    assert (told.exit_code, "is there already: name another folder" in told.stderr) == (1, True)


def test_keys_can_be_made_while_the_file_that_is_set_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tmp_path / "keys/huiyin-backup-public.key"
    monkeypatch.setenv("HUIYIN_BACKUP_KEY", str(wanted))
    told = run(backup.main, "--to", tmp_path / "backups")
    assert (told.exit_code, f"there is no file {wanted}" in told.stderr) == (2, True)
    assert not (tmp_path / "backups").exists()
    assert run(backup.main, "keygen", "--out", tmp_path / "keys").exit_code == 0
    assert wanted.exists()
