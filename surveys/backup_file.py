"""The file of a backup: a sealed, compressed archive whose first member says what the others are.

`manifest.json` comes first, then the members that it names, each with its length and SHA-256. Whoever reads it gets
every member checked, and nothing that is not named.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal, cast

from surveys import locking
from surveys.errors import BackupError
from surveys.sealed_file import OpeningReader, SealingWriter

FORMAT = "huiyin-backup"
VERSION = 1
DATABASE = "huiyin.db"
Kind = Literal["answers", "keys"]
Progress = Callable[[int], None]
_MANIFEST = "manifest.json"
_BLOCK = 1024 * 1024
_LONGEST_MANIFEST = 64 * _BLOCK


@dataclass(frozen=True)
class Member:
    """One file of a backup: its length in bytes and its SHA-256 in hexadecimal digits."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    `schema` is the database's migration, `day` the day of the copy, `keys` tells the secrets that belong to it from
    others, `audit` is the head of its chain as count:hash, `sizes` are numbers of rows by table.
    """

    kind: Kind
    day: str
    keys: str
    schema: str = ""
    audit: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    format: str = FORMAT
    version: int = VERSION

    @classmethod
    def read(cls, data: bytes) -> "Manifest":
        """Read what `asdict` gave as JSON; BackupError for a newer one, or something else."""
        try:
            found = json.loads(data)
            if found["format"] == FORMAT and found["version"] > VERSION:
                raise BackupError(f"was written by a newer Huiyin (backup {found['version']}): update this one")
            members = {name: Member(**member) for name, member in found.pop("members").items()}
            return cls(**found, members=members)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BackupError("holds no list of what is in it: take another copy of it") from error


def describe(path: Path) -> Member:
    """Length and digest of a file."""
    digest, length = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            length += len(block)
    return Member(length, digest.hexdigest())


def write(target: BinaryIO, public: bytes, manifest: Manifest, files: Mapping[str, Path], tell: Progress) -> None:
    """Seal the files under their names; `manifest` describes each of them."""
    sealing = SealingWriter(target, public)
    packing = gzip.GzipFile(fileobj=cast(BinaryIO, sealing), mode="wb", compresslevel=1, mtime=0, filename="")
    with packing as packed, tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        said = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
        archive.addfile(_entry(_MANIFEST, len(said)), io.BytesIO(said))
        for name, path in files.items():
            with path.open("rb") as file:
                archive.addfile(_entry(name, manifest.members[name].bytes), cast(BinaryIO, _Told(file, tell)))
    sealing.close()


def _entry(name: str, length: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = length, 0o600
    return entry


class _Told:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, tell: Progress) -> None:
        self._file, self._tell = file, tell

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._tell(len(data))
        return data


def read(source: BinaryIO, private: bytes, folder: Path, accept: Callable[[Manifest], None]) -> Manifest:
    """Unpack into an empty folder, every member checked; BackupError says what is wrong, and leaves parts behind.

    `accept` may refuse the manifest before anything else is read.
    """
    try:
        with gzip.GzipFile(fileobj=cast(BinaryIO, OpeningReader(source, private)), mode="rb") as packed:
            with tarfile.open(fileobj=packed, mode="r|") as archive:
                manifest = _manifest(archive)
                accept(manifest)
                for name, member in manifest.members.items():
                    _unpack(archive, name, member, folder)
            while packed.read(_BLOCK):  # to the end, for only there the last part is proven
                pass
    except (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise BackupError("is damaged or was cut off: take another copy of it") from error
    return manifest


def _manifest(archive: tarfile.TarFile) -> Manifest:
    entry = archive.next()
    file = archive.extractfile(entry) if entry and entry.name == _MANIFEST else None
    if entry is None or file is None or entry.size > _LONGEST_MANIFEST:
        raise BackupError("does not begin with what is in it: take another copy of it")
    return Manifest.read(file.read())


def _unpack(archive: tarfile.TarFile, name: str, member: Member, folder: Path) -> None:
    entry = archive.next()
    file = archive.extractfile(entry) if entry and entry.name == name else None
    if file is None or not _is_inside(name):
        raise BackupError(f"lacks {name}: take another copy of it")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with _new_file(path, os.O_EXCL) as target:
        while block := file.read(_BLOCK):
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    if describe(path) != member:
        raise BackupError(f"holds a damaged {name}: take another copy of it")


def _is_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\0" not in name


def _new_file(path: Path, flag: int) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600), "wb")


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A new file, whole and on the disk when the block ends, or not there at all; BackupError if it exists."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with _new_file(draft, os.O_TRUNC) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            raise BackupError(f"{path} is there already: name another place")
        draft.rename(path)  # a hard link would refuse more safely, and sticks and shares know none
        sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def alone(folder: Path) -> Iterator[Path]:
    """A private working folder for one run at a time, emptied before and after; BackupError while another run has it.

    What a run left behind that was ended by force is gone after the next one.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    refusal = BackupError("another backup of this database is being made: wait until it is done")
    with locking.alone(folder, refusal):
        _empty(folder)
        try:
            yield folder
        finally:
            _empty(folder)
            with suppress(OSError):
                folder.rmdir()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
