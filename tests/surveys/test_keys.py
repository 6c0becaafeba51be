"""The office's keys: made once, private, and never replaced behind an office's back."""

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.errors import StoreError
from surveys.keys import Keys, key_paths, load_keys, unseal
from surveys.store import Store


def test_keys_are_made_once_and_only_their_owner_reads_them(database: Path) -> None:
    made = load_keys(database, create=True)
    assert load_keys(database, create=True) == made
    assert load_keys(database, create=False) == made
    assert [path.stat().st_mode & 0o777 for path in key_paths(database)] == [0o600] * 3
    assert {path.name for path in database.parent.iterdir()} == {path.name for path in key_paths(database)}


def test_the_master_key_is_not_printed(office_keys: Keys) -> None:
    assert office_keys.master.hex() not in repr(office_keys)
    assert repr(office_keys.master) not in repr(office_keys)


def test_threads_that_start_together_get_the_same_keys(database: Path) -> None:
    found: list[Keys] = []
    start = threading.Barrier(8)

    def load() -> None:
        start.wait()
        found.append(load_keys(database, create=True))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8


@pytest.mark.parametrize("lost", [0, 1])
@pytest.mark.parametrize("create", [True, False])
def test_a_database_that_lost_a_key_gets_no_new_one(store: Store, lost: int, create: bool) -> None:
    path = key_paths(store.path)[lost]
    path.unlink()
    with pytest.raises(StoreError, match=f"the key .*{path.name} cannot be read .*put back the copy you keep"):
        load_keys(store.path, create=create)
    assert not path.exists()


@pytest.mark.sqlite
def test_without_create_nothing_is_made(database: Path) -> None:
    with pytest.raises(StoreError, match="put back the copy"):
        load_keys(database, create=False)
    assert not list(database.parent.iterdir())


def test_the_private_half_may_be_kept_elsewhere(store: Store, office_keys: Keys) -> None:
    key_paths(store.path)[2].unlink()
    assert load_keys(store.path, create=True) == office_keys
    assert not key_paths(store.path)[2].exists()


@pytest.mark.sqlite
def test_a_lost_public_half_of_a_new_office_is_made_from_the_private_one(database: Path) -> None:
    made = load_keys(database, create=True)
    key_paths(database)[1].unlink()
    assert load_keys(database, create=True) == made


@pytest.mark.parametrize("data", [b"", b"short", bytes(33)])
def test_a_damaged_key_is_refused(store: Store, data: bytes) -> None:
    key_paths(store.path)[0].write_bytes(data)
    with pytest.raises(StoreError, match=f"is damaged \\({len(data)} bytes in place of 32\\)"):
        load_keys(store.path, create=False)


def test_a_folder_that_cannot_be_written_is_told() -> None:
    with pytest.raises(StoreError, match="name a folder that can be written"):
        load_keys(Path("/proc/none/huiyin.db"), create=True)


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_codes_keep_purposes_and_parts_apart(one: list[bytes], other: list[bytes]) -> None:
    keys = Keys(bytes(32), bytes(32))
    assert (keys.code("a", *one) == keys.code("a", *other)) == (one == other)
    assert keys.code("a", *one) != keys.code("b", *one)
    assert keys.code("a", *one) != Keys(bytes(31) + b"x", bytes(32)).code("a", *one)


@given(st.text(), st.binary(), st.text())
def test_a_coder_gives_what_code_gives(part: str, other: bytes, last: str) -> None:
    keys = Keys(b"m" * 32, b"c" * 32)
    code = keys.coder("import", part, other)
    assert [code(last), code("again")] == [keys.code("import", part, other, one) for one in (last, "again")]


def test_a_seal_opens_with_the_private_key_and_the_same_context_only(database: Path, office_keys: Keys) -> None:
    private = key_paths(database)[2].read_bytes()
    sealed = office_keys.seal("电话 13800000000", "1234567890")
    assert unseal(sealed, private, "1234567890") == "电话 13800000000"
    assert sealed != office_keys.seal("电话 13800000000", "1234567890")
    for key, context in ((private, "1234567891"), (bytes([7]) * 32, "1234567890")):
        with pytest.raises(StoreError, match="does not open"):
            unseal(sealed, key, context)
    for damaged in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:40], b""):
        with pytest.raises(StoreError, match="does not open"):
            unseal(damaged, private, "1234567890")
