"""What may be served: a whole database, or a new one where nothing was before."""

import random
from pathlib import Path

import pytest

from surveys.errors import StoreError
from surveys.keys import Keys, key_paths
from surveys.responses import save
from surveys.soundness import require_sound
from surveys.store import Store
from tests.surveys.test_responses import response

pytestmark = pytest.mark.sqlite


def test_a_new_place_and_a_whole_database_may_be_served(store: Store, tmp_path: Path) -> None:
    require_sound(tmp_path / "new/huiyin.db")
    save(store, response())
    before = store.path.read_bytes()
    require_sound(store.path)
    assert store.path.read_bytes() == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("fate", ["gone", "empty"])
def test_keys_without_their_database_are_no_new_office(database: Path, office_keys: Keys, fate: str) -> None:
    if fate == "empty":
        database.touch()
    with pytest.raises(StoreError, match=rf"is {fate}, and its keys are still there: put back the newest backup with"):
        require_sound(database)
    for path in key_paths(database):
        path.unlink()
    require_sound(database)


def test_a_damaged_page_is_told_with_the_way_out(store: Store) -> None:
    for _ in range(300):
        save(store, response())
    store.close()
    data = store.path.read_bytes()
    drawn = random.Random(5)
    for _ in range(12):
        page = drawn.randrange(1, len(data) // 4096)
        spoiled = bytearray(data)
        spoiled[page * 4096 : page * 4096 + 4096] = b"\xa5" * 4096
        store.path.write_bytes(spoiled)
        with pytest.raises(StoreError, match=r"[Kk]eep the file, and put back the newest backup"):
            require_sound(store.path)
    store.path.write_bytes(b"no database at all" * 999)
    with pytest.raises(StoreError, match="Keep the file, and put back the newest backup"):
        require_sound(store.path)
