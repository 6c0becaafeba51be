"""The key to contacts is changed: whatever interrupts it, one key opens every contact, and running it again ends it."""

import os
import signal
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

from scripts import keys as command
from surveys import audit, contact_key, contact_rotation, duties, sessions, staff
from surveys.accounts import Guard
from surveys.errors import StoreBusyError, StoreError
from surveys.keys import key_paths, load_keys, public_half, read_key, unseal
from surveys.store import Store, ledger, people
from tests.scripts.conftest import run
from tests.surveys.case_office import OFFICE, Desk
from tests.surveys.test_staff import CHEAP

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
CONTACTS = ["张女士 13800138000", "李先生 13900139000"]
OWN = "窗外三棵桂花树 很香呀真的"


class Place:
    """A database in a file with two contacts and a reviewer who opens them."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.keys = load_keys(database, create=True)
        self.private = key_paths(database)[2]
        with Store.open(database, create=True) as store:
            desk = Desk(store, self.keys, date(2026, 11, 20))
            self.numbers = [desk.opened(contact=contact).number for contact in CONTACTS]
            guard = Guard(store, self.keys, CHEAP)
            post = duties.post_of(["reviewer"], "town", OFFICE.units)
            issued = staff.add(guard, None, "mei", "mei", post, NOW, self.private.read_bytes())
            assert issued.password
            begun = sessions.sign_in(guard, "mei", issued.password, issued.recovery[0], NOW)
            sessions.change_password(guard, begun, issued.password, OWN, NOW)
            self.reviewer = issued.account.id

    def rotate(self) -> contact_rotation.Rotated:
        with Store.open(self.database) as store:
            return contact_rotation.rotate(store, self.database, lambda: read_key(self.private), NOW)

    def opened_by(self, key: bytes) -> list[str]:
        """What a key opens of the contacts."""
        with Store.open(self.database) as store:
            sealed = dict(store.read(ledger.sealed_contacts))
        try:
            return [unseal(sealed[number], key, number) for number in self.numbers]
        except StoreError:
            return []

    def reviewers_key(self) -> bytes | None:
        """What the password of the reviewer opens."""
        with Store.open(self.database) as store:
            row = store.read(lambda connection: people.locker(connection, self.reviewer))
        assert row
        locker = contact_key.Locker(*row)
        return contact_key.open_locker(load_keys(self.database, create=False), self.reviewer, locker, OWN).contact

    def lying_about(self) -> list[bytes]:
        """Every private key beside the database, whatever it is called."""
        return [path.read_bytes() for path in self.database.parent.glob("*.contact.key*") if path.stat().st_size == 32]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "huiyin.db")


def require_new(place: Place) -> None:
    """Everything is sealed for the key whose files are in place, and the audit is whole."""
    key = place.private.read_bytes()
    assert place.opened_by(key) == CONTACTS
    assert place.reviewers_key() == key
    assert public_half(key) == load_keys(place.database, create=False).contact
    assert not contact_rotation.draft_of(place.database).exists()
    with Store.open(place.database) as store:
        contact_rotation.require_newest(store, place.database)
        audit.verify(store)


def test_all_contacts_are_sealed_anew_and_the_old_key_opens_nothing(place: Place) -> None:
    before = place.private.read_bytes()
    result = run(command.main, "rotate-contact", "--database", place.database)
    assert result.exit_code == 0, result.stderr
    assert ": contacts sealed for it 2, reviewers who hold it 1\n1 sessions of staff have ended\n" in result.stdout
    require_new(place)
    assert place.opened_by(before) == []
    assert before in place.lying_about(), "for backups of before"
    with Store.open(place.database) as store:
        assert "keys_rotate" in {row.act for row in audit.listing(store, audit.Wanted())}


def test_the_key_that_was_put_away_is_named_and_another_one_refused(place: Place, tmp_path: Path) -> None:
    away, other = tmp_path / "away", tmp_path / "other"
    away.write_bytes(place.private.read_bytes())
    other.write_bytes(bytes(range(32)))
    place.private.unlink()
    for more, told in (((), "cannot be read"), (("--private-key", other), "name the file that was put away")):
        result = run(command.main, "rotate-contact", "--database", place.database, *more)
        assert (result.exit_code, told in result.stderr) == (1, True)
    assert place.opened_by(away.read_bytes()) == CONTACTS
    assert not contact_rotation.draft_of(place.database).exists()
    assert run(command.main, "rotate-contact", "--database", place.database, "--private-key", away).exit_code == 0
    require_new(place)


def test_what_a_server_would_seal_for_the_key_of_before_is_not_stored(place: Place) -> None:
    place.rotate()
    with Store.open(place.database) as store:
        for keys, stored in ((place.keys, False), (load_keys(place.database, create=False), True)):
            desk = Desk(store, keys, date(2026, 11, 20))
            if stored:
                desk.opened()
            else:
                with pytest.raises(StoreBusyError):
                    desk.opened()
            assert desk.opened(contact="").number, "who leaves no contact is not held up"
        with pytest.raises(StoreError, match="rotate-contact again"):
            key_paths(place.database)[1].write_bytes(place.keys.contact)
            contact_rotation.require_newest(store, place.database)


class Interrupted(Store):
    """A store on whose first write something else happens before."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.first: list[Callable[[], object]] = []

    def write(self, *given: Any, **named: Any) -> Any:
        while self.first:
            self.first.pop()()
        return super().write(*given, **named)


def test_a_second_run_beside_the_first_leaves_the_key_of_the_first_in_place(place: Place) -> None:
    def ended() -> NoReturn:
        raise StoreBusyError("as when the first run holds the database")

    with Interrupted.open(place.database) as one, Interrupted.open(place.database) as two:
        assert isinstance(one, Interrupted)
        assert isinstance(two, Interrupted)

        def beside() -> None:
            with pytest.raises(StoreBusyError, match="being changed already"):
                contact_rotation.rotate(two, place.database, lambda: read_key(place.private), NOW)

        two.first.append(ended)
        one.first.append(beside)
        contact_rotation.rotate(one, place.database, lambda: read_key(place.private), NOW)
    require_new(place)


def dies_at(point: int, place: Place) -> bool:
    """Rotate in a process of its own that is killed at a step on the disk; False if it had fewer steps than that."""
    child = os.fork()
    if child == 0:
        _die_at(point)
        place.rotate()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _die_at(point: int) -> None:
    """Let the process end by force before the step on the disk of that number."""
    left = [point]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                _kill()
            return real(*given, **named)

        return step

    for holder, name in ((os, "replace"), (os, "fsync"), (os, "unlink"), (Store, "write"), (Store, "close")):
        setattr(holder, name, counted(getattr(holder, name)))


def _kill() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_killed_at_any_step_either_key_opens_everything_and_running_it_again_ends_it(tmp_path: Path) -> None:
    finished, point = 0, 0
    while True:
        point += 1
        place = Place(tmp_path / str(point) / "huiyin.db")
        killed = dies_at(point, place)
        opening = [key for key in set(place.lying_about()) if place.opened_by(key) == CONTACTS]
        assert len(opening) == 1, f"killed at step {point}"
        assert place.reviewers_key() == opening[0]
        if not killed:
            break
        finished += place.rotate().finished
        require_new(place)
    assert point > 8
    assert finished >= 4, "in some of them everything was sealed, and the files were to follow"
