"""The keys that sign what others carry: the newest one signs, those before it are honoured for a while.

Forms, receipts, devices and kiosks carry words of the office with its proof. The file beside the database holds a
line for each key, oldest first: the day from which it signs, whether the keys before it are still honoured (`keep`) or
not (`alone`), and the key in hexadecimal digits. Until the first rotation there is no file, and the master key signs.
"""

import os
import re
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from surveys.errors import StoreError

HONOURED = timedelta(days=500)
"""How long a key is honoured after the next one came: longer than anything that it signed is good for."""
_LINE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) (keep|alone) ([0-9a-f]{64})")


@dataclass(frozen=True)
class Link:
    """One key (32 bytes), the day from which it signs, and whether it stands alone from then on."""

    since: date
    alone: bool
    key: bytes = field(repr=False)


def path_of(database: Path) -> Path:
    """Where the keys that sign for a database lie."""
    return database.with_suffix(".signing")


def read(path: Path) -> tuple[Link, ...]:
    """The keys of a file, oldest first, none if there is no file; StoreError if it is damaged."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, 0) from error
    return tuple(_link(path, number, line) for number, line in enumerate(lines, 1))


def _link(path: Path, number: int, line: str) -> Link:
    found = _LINE.fullmatch(line)
    try:
        if found:
            return Link(date.fromisoformat(found[1]), found[2] == "alone", bytes.fromhex(found[3]))
    except ValueError:
        pass
    raise _unreadable(path, number)


def _unreadable(path: Path, line: int) -> StoreError:
    place = f"{path}:{line}:1" if line else str(path)
    return StoreError(f"{place}: the signing keys cannot be read: put back the copy you keep")


def honoured(master: bytes, links: Sequence[Link], today: date) -> tuple[bytes, ...]:
    """The keys whose signatures are taken today, newest first; the newest one signs."""
    found = []
    for link in reversed(links):
        found.append(link.key)
        if link.alone or link.since + HONOURED < today:
            return tuple(found)
    return (*found, master)


def in_force(links: Sequence[Link], today: date) -> tuple[Link, ...]:
    """The links without those that nothing is taken from any more."""
    count = len(honoured(b"", links, today))
    return tuple(links[-count:])


def write(path: Path, links: Iterable[Link]) -> None:
    """Write the keys for their owner alone, whole or not at all."""
    lines = (f"{one.since.isoformat()} {'alone' if one.alone else 'keep'} {one.key.hex()}\n" for one in links)
    replace(path, "".join(lines).encode())


def replace(path: Path, content: bytes) -> None:
    """Put content for its owner's eyes alone in the place of a file, in one step that survives a power cut."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(handle, "wb") as file:
            hand_over(handle, path)
            file.write(content)
            file.flush()
            os.fsync(handle)
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}): nothing has changed") from error
    finally:
        with suppress(OSError):
            draft.unlink()


def hand_over(handle: int, path: Path) -> None:
    """Give what root writes for `path` to whom that file belongs, or its folder: the portal runs as somebody else."""
    if os.geteuid() == 0:
        owner = (path if path.exists() else path.parent).stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
