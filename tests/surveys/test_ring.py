"""The keys that sign: what was signed before a rotation holds until its own end, and nothing after a leak."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.security import TokenSigner
from surveys import audit, devices, grants, kiosks, ring, rotation, sessions, signed
from surveys.accounts import Guard
from surveys.errors import StoreBusyError, StoreError
from surveys.keys import Keys, key_paths, load_keys
from surveys.store import Connection, Store, trail

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
TODAY = date(2026, 11, 22)
GRANT = grants.Grant("visit", 1, "chengdong", TODAY)


def now_keys(database: Path) -> Keys:
    return load_keys(database, create=False)


def rotations(store: Store) -> list[str]:
    rows = store.read(lambda connection: trail.page(connection, 100, act="keys_rotate"))
    return [row.details for row in rows]


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """A clock for reading keys: its first day is today."""
    told = [datetime.now(UTC).date()]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Clock":
            return cls(told[0].year, told[0].month, told[0].day, tzinfo=UTC)

    monkeypatch.setattr("surveys.keys.datetime", Clock)
    return told


def test_before_the_first_rotation_the_master_key_signs_as_it_always_did(office_keys: Keys) -> None:
    assert list(office_keys.proofs("offline grant", "x")) == [office_keys.code("offline grant", "x")]
    assert office_keys.signing == ()


def test_what_was_signed_before_is_honoured_and_what_is_signed_now_is_another(
    store: Store, office_keys: Keys, database: Path
) -> None:
    signer = TokenSigner(office_keys)
    token, receipt = signer.new("visit", 1), signer.sign_receipt("visit", "chengdong", "2026-11-22")
    grant, kiosk = grants.sign(office_keys, GRANT), kiosks.new_pass("visit", "chengdong", TODAY)
    passed = kiosks.sign(office_keys, kiosk)
    for _ in range(3):
        rotation.rotate(store, database, datetime.now(UTC))
        keys = now_keys(database)
        later = TokenSigner(keys)
        assert later.read(token, "visit") is not None
        assert later.read_receipt(receipt) == ["visit", "chengdong", "2026-11-22"]
        assert grants.read(keys, grant) == GRANT
        assert kiosks.read(keys, passed) == kiosk
        assert grants.sign(keys, GRANT) != grant
        assert TokenSigner(office_keys).read(later.new("visit", 1), "visit") is None
        assert grants.read(office_keys, grants.sign(keys, GRANT)) is None
    assert len(keys.signing) == 4


def test_at_once_nothing_of_before_is_taken_and_everybody_is_signed_out(
    store: Store, office_keys: Keys, database: Path
) -> None:
    rotation.rotate(store, database, datetime.now(UTC))
    before = now_keys(database)
    token, grant = TokenSigner(before).new("visit", 1), grants.sign(before, GRANT)
    done = rotation.rotate(store, database, datetime.now(UTC), at_once=True)
    keys = now_keys(database)
    assert (done.honoured, len(keys.signing)) == (0, 1)
    assert TokenSigner(keys).read(token, "visit") is None
    assert grants.read(keys, grant) is None
    assert office_keys.master not in keys.signing
    later = rotation.rotate(store, database, datetime.now(UTC))
    assert (later.honoured, TokenSigner(now_keys(database)).read(token, "visit")) == (1, None)


def test_what_is_stored_does_not_depend_on_the_keys_that_sign(store: Store, database: Path) -> None:
    before = now_keys(database)
    rotation.rotate(store, database, NOW, at_once=True)
    after = now_keys(database)
    assert after.code("case", "secret") == before.code("case", "secret")
    assert (after.master, after.contact) == (before.master, before.contact)


def test_a_known_device_stays_known(store: Store, office_keys: Keys, database: Path) -> None:
    device = devices.new_mark(office_keys, "mei")
    rotation.rotate(store, database, NOW)
    assert len(sessions._buckets(Guard(store, now_keys(database)), "mei", device)) == 2
    rotation.rotate(store, database, NOW, at_once=True)
    assert len(sessions._buckets(Guard(store, now_keys(database)), "mei", device)) == 1


def test_a_key_is_honoured_for_its_days_and_then_dropped(
    store: Store, office_keys: Keys, database: Path, days: list[date]
) -> None:
    grant = grants.sign(office_keys, GRANT)
    rotation.rotate(store, database, datetime.combine(days[0], datetime.min.time(), UTC))
    first = days[0]
    for after, held in ((ring.HONOURED.days, True), (ring.HONOURED.days + 1, False)):
        days[0] = first + timedelta(days=after)
        assert (grants.read(now_keys(database), grant) == GRANT) == held
    rotation.rotate(store, database, datetime.combine(days[0], datetime.min.time(), UTC))
    assert len(ring.read(ring.path_of(database))) == 2
    days[0] += timedelta(days=ring.HONOURED.days + 1)
    rotation.rotate(store, database, datetime.combine(days[0], datetime.min.time(), UTC))
    assert len(ring.read(ring.path_of(database))) == 2


def test_the_days_are_longer_than_anything_that_is_signed_is_good_for() -> None:
    from portal.accounts import DEVICE_DAYS
    from portal.security import TOKEN_DAYS

    longest = max(DEVICE_DAYS, TOKEN_DAYS, kiosks.PASS_DAYS + kiosks.DAYS_TO_SEND, grants.DAYS_AFTER_CLOSE)
    assert timedelta(days=longest) < ring.HONOURED


def test_only_the_owner_reads_the_file_and_the_audit_tells_no_key(store: Store, database: Path) -> None:
    done = rotation.rotate(store, database, NOW)
    path = ring.path_of(database)
    assert path.stat().st_mode & 0o777 == 0o600
    (key,) = now_keys(database).signing[:1]
    assert rotation.name_of(key) == done.name
    assert rotations(store) == [f'{{"honoured":1,"key":"{done.name}","sessions":0}}']
    assert key.hex() not in repr(now_keys(database))
    assert audit.verify(store).count == 1


def test_a_rotation_that_is_not_written_changes_nothing(store: Store, database: Path, tmp_path: Path) -> None:
    rotation.rotate(store, database, NOW)
    before = ring.path_of(database).read_bytes()

    def refuse(*_: object) -> None:
        raise StoreError("x")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(StoreError):
        patch.setattr("surveys.ring._sync_folder", refuse)
        rotation.rotate(store, database, NOW)
    assert ring.path_of(database).read_bytes() == before
    assert len(rotations(store)) == 1
    assert sorted(path.suffix for path in tmp_path.iterdir() if "signing" in path.name) == [".signing"]


class Undone(Exception):
    """What was done in a transaction shall not stand."""


class Repeating(Store):
    """A store that loses its first tries, as one on a server does, and then perhaps gives up."""

    gives_up = False

    def write(self, work: Callable[[Connection], Any], **named: Any) -> Any:
        def lost(connection: Connection) -> None:
            work(connection)
            raise Undone

        for _ in range(2):
            with suppress(Undone):
                super().write(lost, **named)
        if self.gives_up:
            raise StoreBusyError
        return super().write(work, **named)


@pytest.mark.parametrize("at_once", [False, True])
def test_tries_that_were_undone_leave_no_key_behind(store: Store, database: Path, at_once: bool) -> None:
    rotation.rotate(store, database, NOW)
    before = ring.path_of(database).read_bytes()
    with Repeating.open(database) as repeating:
        assert isinstance(repeating, Repeating)
        repeating.gives_up = True
        with pytest.raises(StoreBusyError):
            rotation.rotate(repeating, database, NOW, at_once=at_once)
        assert ring.path_of(database).read_bytes() == before
        repeating.gives_up = False
        done = rotation.rotate(repeating, database, NOW, at_once=at_once)
    found = ring.read(ring.path_of(database))
    assert [rotation.name_of(link.key) for link in found][-1] == done.name
    assert len(found) == (1 if at_once else 2)


def test_a_file_that_was_lost_or_is_older_than_the_last_rotation_stops_the_start(store: Store, database: Path) -> None:
    rotation.require_newest(store, database)
    rotation.rotate(store, database, NOW)
    older = ring.path_of(database).read_bytes()
    rotation.rotate(store, database, NOW)
    rotation.require_newest(store, database)
    ring.path_of(database).write_bytes(older)
    with pytest.raises(StoreError, match="lacks the key of the last rotation: put back"):
        rotation.require_newest(store, database)
    ring.path_of(database).unlink()
    with pytest.raises(StoreError, match="rotate --at-once"):
        rotation.require_newest(store, database)
    rotation.rotate(store, database, NOW, at_once=True)
    rotation.require_newest(store, database)


@pytest.mark.parametrize(
    "line", ["", "2026-11-22 keep ff", "2026-13-22 keep " + "0" * 64, "2026-11-22 maybe " + "0" * 64]
)
def test_a_damaged_file_is_named_with_its_line(store: Store, database: Path, line: str) -> None:
    rotation.rotate(store, database, NOW)
    path = ring.path_of(database)
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(StoreError, match=r"\.signing:2:1: .* put back the copy"):
        now_keys(database)


def test_nobody_signs_with_what_is_no_key_of_ours(store: Store, office_keys: Keys, database: Path) -> None:
    rotation.rotate(store, database, NOW)
    strange = Keys(bytes(32), bytes(32))
    assert signed.read(now_keys(database), "offline grant", grants.sign(strange, GRANT)) is None
    assert key_paths(database)[0].read_bytes() == office_keys.master


def test_what_root_writes_belongs_to_whom_the_office_does(tmp_path: Path) -> None:
    """The portal runs as a user of its own; an administrator may forget to become that user."""
    owner = 65534 if os.geteuid() == 0 else os.geteuid()
    os.chown(tmp_path, owner, -1)
    database = tmp_path / "huiyin.db"
    load_keys(database, create=True)
    ring.write(ring.path_of(database), [ring.Link(TODAY, False, b"k" * 32)])
    files = list(tmp_path.iterdir())
    assert len(files) == 4
    assert {file.stat().st_uid for file in files} == {owner}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
