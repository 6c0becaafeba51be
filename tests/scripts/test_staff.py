"""Accounts from the command line, and what commands leave in the audit."""

import hashlib
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
import segno
from click.testing import Result

from scripts import check, demo, import_answers, publish, staff, tally
from scripts.staff import qr_text
from surveys import audit
from surveys.accounts import Guard, find
from surveys.errors import SignInError, ThrottledError
from surveys.keys import key_paths, load_keys
from surveys.sessions import Session, change_password, sign_in
from surveys.store import Store, trail
from tests.conftest import TINY
from tests.scripts.conftest import ANSWERS, EXAMPLE, import_example, run
from tests.site_building import copy_some

OWN = "a stone bridge by the lake"


def command(database: Path, name: str, *arguments: object) -> Result:
    places = ("--definitions", TINY) if name in ("add", "roles") else ()
    return run(staff.main, name, *arguments, "--database", database, *places)


def done(database: Path, name: str, *arguments: object) -> str:
    result = command(database, name, *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refused(database: Path, name: str, *arguments: object) -> str:
    result = command(database, name, *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr


def enter(database: Path, name: str, told: str) -> Session:
    """Sign in with what a command printed, at once, and choose a password of one's own."""
    password = re.search(r"one-time password, .*: (\S+)$", told, re.M)
    url = re.search(r"otpauth://\S+", told)
    assert password
    assert url
    now = datetime.now(UTC)
    maker = pyotp.parse_uri(url[0])
    assert isinstance(maker, pyotp.TOTP)
    with Store.open(database) as store:
        guard = Guard(store, load_keys(database, create=False))
        session = sign_in(guard, name, password[1], maker.at(now), now)
        return change_password(guard, session, password[1], OWN, now)


def rows(database: Path) -> list[tuple[str, str, str, str]]:
    with Store.open(database) as store:
        found = store.read(lambda connection: list(trail.all_rows(connection)))
        assert audit.verify(store).count == len(found)
    assert {(row.actor, row.role) for row in found} <= {("system", "system")}
    return [(row.actor, row.act, row.object, row.details) for row in found]


class TestAccounts:
    def test_the_first_administrator_makes_the_database_and_can_sign_in(self, database: Path) -> None:
        told = done(database, "first-admin", "管理岗")
        assert len(re.findall(r"^  (\d{4} ){3}\d{4}$", told, re.M)) == 10
        assert "shown once" in told
        session = enter(database, "管理岗", told)
        assert session.roles == {"admin"}
        assert session.account.title == "管理岗"

    def test_there_is_one_first_administrator(self, database: Path) -> None:
        done(database, "first-admin", "admin")
        assert "there is an administrator, admin: add others with" in refused(database, "first-admin", "second")

    def test_a_reviewer_gets_the_key_to_contacts_from_beside_the_database(self, database: Path) -> None:
        told = done(database, "add", "review", "--role", "reviewer", "--unit", "hall", "--title", "复核岗")
        assert enter(database, "review", told).contact_key() == key_paths(database)[2].read_bytes()
        assert done(database, "list") == "review\t复核岗\treviewer of hall\topen, 10 recovery codes, opens contacts\n"

    def test_once_the_file_is_put_away_a_reviewer_is_told_how_to_come_by_the_key(
        self, database: Path, tmp_path: Path
    ) -> None:
        done(database, "first-admin", "admin")
        private = key_paths(database)[2]
        away = private.rename(tmp_path / "away.key")
        result = command(database, "add", "review", "--role", "reviewer", "--unit", "hall")
        assert result.exit_code == 0
        assert "python -m scripts.staff share review --contact-key FILE" in result.stderr
        assert "opens no contacts yet" in done(database, "list")
        assert "name the file with --contact-key" in refused(database, "share", "review")
        done(database, "share", "review", "--contact-key", away)
        assert enter(database, "review", result.stdout).contact_key() == away.read_bytes()
        assert "opens no contacts" not in done(database, "list")

    def test_a_key_of_another_office_is_refused(self, database: Path, tmp_path: Path) -> None:
        done(database, "first-admin", "admin")
        wrong = tmp_path / "wrong.key"
        wrong.write_bytes(bytes([7]) * 32)
        told = refused(database, "add", "review", "--role", "reviewer", "--unit", "hall", "--contact-key", wrong)
        assert "does not belong to this office" in told
        assert done(database, "list").count("\n") == 1

    def test_an_account_is_disabled_and_enabled(self, database: Path) -> None:
        told = done(database, "add", "desk", "--role", "intake", "--role", "publisher")
        assert done(database, "disable", "DESK") == "desk: disabled, and signed out everywhere\n"
        assert done(database, "list").startswith("desk\tdesk\tintake, publisher\tdisabled")
        with pytest.raises(SignInError):
            enter(database, "desk", told)
        assert done(database, "enable", "desk") == "desk: open\n"
        assert enter(database, "desk", told).roles == {"intake", "publisher"}

    def test_a_reset_gives_new_secrets_and_shuts_the_old_ones(self, database: Path) -> None:
        old = done(database, "add", "desk", "--role", "intake")
        new = done(database, "reset", "desk")
        with pytest.raises(SignInError):
            enter(database, "desk", old)
        assert enter(database, "desk", new).roles == {"intake"}

    @pytest.mark.parametrize(("part", "words"), [("password", "one-time"), ("totp", "otpauth:"), ("recovery", "codes")])
    def test_a_reset_of_one_part_prints_that_part(self, database: Path, part: str, words: str) -> None:
        done(database, "add", "desk", "--role", "intake")
        told = done(database, "reset", "desk", f"--{part}")
        assert [word for word in ("one-time", "otpauth:", "recovery codes") if word in told] == [
            word for word in ("one-time", "otpauth:", "recovery codes") if words in word
        ]

    def test_a_reset_lets_a_throttled_name_in(self, database: Path) -> None:
        told = done(database, "add", "desk", "--role", "intake")
        with Store.open(database) as store:
            guard = Guard(store, load_keys(database, create=False))
            for _ in range(5):
                with pytest.raises(SignInError):
                    sign_in(guard, "desk", "wrong password", "123456", datetime.now(UTC))
        with pytest.raises(ThrottledError):
            enter(database, "desk", told)
        assert enter(database, "desk", done(database, "reset", "desk")).roles == {"intake"}

    def test_roles_are_changed(self, database: Path) -> None:
        done(database, "add", "desk", "--role", "intake")
        assert done(database, "roles", "desk", "--role", "handler", "--unit", "hall") == "desk: handler of hall\n"

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("add", "desk", "--role", "chief"), "there is no role 'chief'"),
            (("add", "desk", "--role", "handler"), "a handler belongs to a unit"),
            (("add", "desk", "--role", "handler", "--unit", "moon"), "there is no unit 'moon'"),
            (("add", "desk", "--role", "admin", "--role", "reviewer", "--unit", "hall"), "does not work on cases"),
            (("add", "two words", "--role", "intake"), "is no name"),
            (("add", "admin", "--role", "intake"), "is taken"),
            (("disable", "admin"), "is the last administrator"),
            (("roles", "admin", "--role", "intake"), "is the last administrator"),
            (("disable", "nobody"), "there is no account 'nobody'"),
            (("reset", "nobody"), "there is no account 'nobody'"),
            (("share", "admin"), "from a reviewer to another reviewer"),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(
        self, database: Path, arguments: tuple[str, ...], words: str
    ) -> None:
        done(database, "first-admin", "admin")
        before = done(database, "list"), rows(database)
        assert words in refused(database, *arguments)
        assert (done(database, "list"), rows(database)) == before

    @pytest.mark.parametrize("name", ["list", "disable", "enable", "reset", "share", "roles"])
    def test_a_missing_database_is_not_made_in_passing(self, database: Path, name: str) -> None:
        arguments = () if name == "list" else ("desk", "--role", "intake") if name == "roles" else ("desk",)
        assert "no database at" in refused(database, name, *arguments)
        assert not database.exists()

    @pytest.mark.parametrize("arguments", [(), ("add",), ("add", "desk"), ("sing",), ("disable", "a", "b")])
    def test_wrong_usage_ends_with_2(self, arguments: tuple[str, ...]) -> None:
        assert run(staff.main, *arguments).exit_code == 2

    def test_every_act_has_its_row(self, database: Path) -> None:
        done(database, "first-admin", "admin")
        done(database, "add", "review", "--role", "reviewer", "--unit", "hall")
        for name in ("share", "reset", "disable", "enable"):
            done(database, name, "review")
        done(database, "roles", "review", "--role", "intake")
        acts = ["account_add", "account_add", "contact_share", "account_reset"]
        assert [row[1] for row in rows(database)] == [*acts, "account_disable", "account_enable", "account_roles"]
        with Store.open(database) as store:
            account = find(Guard(store, load_keys(database, create=False)), "review")
        assert {row[2] for row in rows(database)[1:]} == {account.id}


@pytest.mark.parametrize("name", ["a", "受理岗", "x" * 40])
def test_the_qr_code_as_text_holds_every_module(name: str) -> None:
    url = f"otpauth://totp/{name}?secret=SHGIWXL3MGHNBIQOGP3BFZ7H55IZMTPA"
    tops, bottoms = {"█": 1, "▀": 1, "▄": 0, " ": 0}, {"█": 1, "▀": 0, "▄": 1, " ": 0}
    light = [[part[one] for one in line] for line in qr_text(url).splitlines() for part in (tops, bottoms)]
    matrix = segno.make(url, error="l", micro=False).matrix
    inner = slice(3, 3 + len(matrix))
    assert [[1 - cell for cell in row[inner]] for row in light[inner]] == [list(row) for row in matrix]
    assert {cell for row in light[:3] for cell in row} == {1}


class TestAudit:
    def test_commands_write_a_row_each(self, real: Path, tmp_path: Path) -> None:
        places = ("--database", real, "--definitions", EXAMPLE, "--period", "2021-08")
        assert run(tally.main, *places, "--out", tmp_path / "out").exit_code == 0
        assert run(tally.main, *places, "--out", tmp_path / "in", "--internal").exit_code == 0
        copy_some(tmp_path / "content")
        content = ("--content", tmp_path / "content", "--output", tmp_path / "public")
        for _ in range(2):
            assert run(publish.main, *places, *content).exit_code == 0
        assert import_example(real).exit_code == 0
        system = "system"
        file = hashlib.sha256(ANSWERS.read_bytes()).hexdigest()
        assert rows(real) == [
            (system, "answers_import", file, '{"known":0,"new":1033,"survey":"kcmo-resident"}'),
            (system, "month_count", "2021-08", '{"internal":"no"}'),
            (system, "month_count", "2021-08", '{"internal":"yes"}'),
            (system, "month_close", "2021-08", "{}"),
            (system, "month_publish", "2021-08", '{"closed":"now"}'),
            (system, "month_publish", "2021-08", '{"closed":"before"}'),
            (system, "answers_import", file, '{"known":1033,"new":0,"survey":"kcmo-resident"}'),
        ]

    def test_a_refused_import_leaves_no_row(self, real: Path, tmp_path: Path) -> None:
        other = tmp_path / ANSWERS.name
        other.write_bytes(ANSWERS.read_bytes())
        before = rows(real)
        assert run(import_answers.main, other, "--survey", "kcmo-resident").exit_code == 2
        assert import_example(real, other, "--day", "2999-01-01").exit_code == 1
        assert rows(real) == before

    def test_the_demonstration_writes_its_rows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert run(demo.main).exit_code == 0
        acts = [row[1] for row in rows(tmp_path / "build/demo/huiyin.db")]
        assert acts == ["answers_import", "month_close", "month_publish", "demo_build"]

    def test_check_verifies_the_audit_and_prints_its_head(self, real: Path) -> None:
        result = run(check.main, "--audit", "--database", real)
        assert result.exit_code == 0
        assert "1 rows in order\nhead 1:" in result.stdout
        head = result.stdout.split("head ")[1].strip()
        assert import_example(real).exit_code == 0
        assert run(check.main, "--audit", "--head", head, "--database", real).exit_code == 0

    def test_check_names_the_first_broken_row(self, real: Path) -> None:
        for _ in range(3):
            assert import_example(real).exit_code == 0
        head = run(check.main, "--audit", "--database", real).stdout.split("head ")[1].strip()
        with closing(sqlite3.connect(real)) as connection, connection:
            connection.execute("DROP TRIGGER audit_refuse_delete")
            connection.execute("DELETE FROM audit WHERE id = 4")
        assert run(check.main, "--audit", "--database", real).exit_code == 0
        result = run(check.main, "--audit", "--head", head, "--database", real)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "row 4 and all after it are gone" in result.stderr
        with closing(sqlite3.connect(real)) as connection, connection:
            connection.execute("DELETE FROM audit WHERE id = 2")
        result = run(check.main, "--audit", "--database", real)
        assert (result.exit_code, result.stderr) == (1, "audit: row 2 is missing: the next one is 3\n")

    def test_a_mistyped_head_and_a_missing_database_are_told(self, real: Path) -> None:
        result = run(check.main, "--audit", "--head", "12", "--database", real)
        assert (result.exit_code, "write it as it was printed" in result.stderr) == (1, True)
        result = run(check.main, "--audit", "--database", real.with_name("none.db"))
        assert (result.exit_code, "no database at" in result.stderr) == (1, True)
