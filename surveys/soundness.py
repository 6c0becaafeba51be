"""Whether a database may be served: it is there where its keys are, and its pages hold together."""

from pathlib import Path

from surveys.errors import StoreError
from surveys.keys import key_paths
from surveys.store import Store, copies
from surveys.store.place import address_of, bytes_at, holds_data

LARGEST = 100 * 1024 * 1024
"""Bytes up to which every page is looked at before serving, in some two seconds; backups look at all of them."""
_RESTORE = "put back the newest backup with `.venv/bin/python -m scripts.restore`"


def require_sound(database: Path) -> None:
    """StoreError if the file is gone and its keys are not, or if it is damaged; nothing is changed."""
    if address_of(database):  # a server looks after its own files
        return
    length = bytes_at(database)
    if not length and key_paths(database)[0].exists():
        what = "is empty" if database.exists() else "is gone"
        raise StoreError(
            f"{database} {what}, and its keys are still there: {_RESTORE}. To begin anew without what it held, move "
            f"{key_paths(database)[0]} and the files beside it away"
        )
    if 0 < length <= LARGEST:
        _require_whole(database)


def require_kept(database: Path) -> None:
    """StoreError if the file that the server began with is gone: a worker that comes later must not make another."""
    if address_of(database) is None and not holds_data(database):
        raise StoreError(f"{database} was removed while in use: stop the server, put the file back, start again")


def _require_whole(database: Path) -> None:
    with Store(database) as store:
        try:
            found = store.read(lambda connection: copies.faults(connection, quick=True))
        except StoreError as error:
            raise StoreError(f"{error}. Keep the file, and {_RESTORE}") from error
    if found:
        raise StoreError(f"{database} is damaged ({found[0]}): keep the file, and {_RESTORE}")
