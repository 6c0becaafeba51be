"""Backups: a copy of the store that tells on nobody, checked before it is sealed, and whole offices put back from it.

Answers and secrets lie in two files, so that neither opens anything alone. Of the secrets the master key and the
public contact key are kept; the private contact key is in no backup.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path

from surveys import audit, case_upkeep, contact_rotation, keys, ring, rotation
from surveys.backup_file import DATABASE, Manifest, Member, describe
from surveys.errors import BackupError, HuiyinError
from surveys.responses import Response, digest
from surveys.store import HEAD, Connection, Store, copies

Tell = Callable[[str], None]
_ROOM = 64 * 1024 * 1024
"""Bytes that must stay free beside what is written."""


def make_copy(store: Store, folder: Path, tell: Tell) -> Path:
    """Write a consistent copy while others write, without what would tell on someone; returns its path."""
    first, last = folder / "first.db", folder / DATABASE
    tell("copying the database")
    store.copy_to(first)
    with Store(first) as copy:
        copy.write(copies.leave_out, deadline=60)
        tell("writing the copy anew, without what is left out")
        copy.copy_to(last)
    for path in folder.glob("first.db*"):
        path.unlink()
    return last


def check(path: Path, tell: Tell) -> dict[str, object]:
    """Verify a copy: its pages, every row of answers, every text of a case, the audit; BackupError names what is wrong.

    A copy of an older schema is brought to the newest one first. Returns what the manifest holds of it: schema, sizes
    and the audit's head.
    """
    tell("checking every page")
    with Store(path) as copy:
        if found := copy.read(copies.faults):
            raise BackupError(f"the copy is damaged: {found[0]}")
    with Store.open(path) as copy:
        tell("checking every answer, text and row of the audit")
        _check_rows(copy)
        return {"schema": HEAD, "sizes": copy.read(copies.sizes), "audit": str(audit.verify(copy))}


def _check_rows(copy: Store) -> None:
    if wrong := copy.read(_wrong_answers):
        raise BackupError(f"the copy is damaged: {wrong:,} answer sets are not what was stored")
    if broken := case_upkeep.broken_texts(copy):
        raise BackupError(f"the copy is damaged: {len(broken):,} texts of cases are not what was stored")


def _wrong_answers(connection: Connection) -> int:
    return sum(not is_whole(row) for row in copies.answers_with_digests(connection))


def is_whole(row: copies.Row) -> bool:
    """Whether an answer set as it is stored fits the digest beside it."""
    identity, survey, version, unit, channel, basis, language, day, answers, expected = row
    try:
        given = json.loads(answers)
        when = date.fromisoformat(day)
    except ValueError:
        return False
    known = Response(identity, survey, version, unit, channel, basis, language, when, given, {})  # type: ignore[arg-type]
    return digest(known) == expected


def name_of_keys(database: Path) -> str:
    """How the secrets beside a database are told from others, 16 characters; StoreError if one is missing.

    After a rotation they are others, and need a file of their own.
    """
    found = keys.load_keys(database, create=False)
    signing = ring.path_of(database)
    rotated = signing.read_bytes() if signing.exists() else b""
    return hashlib.sha256(b"huiyin keys" + found.master + found.contact + rotated).hexdigest()[:16]


def require_keys(copy: Path, database: Path, name: str) -> None:
    """BackupError or StoreError unless the secrets beside a database are still those, and the ones its copy goes by."""
    with Store.open(copy) as held:
        contact_rotation.require_newest(held, database)
        rotation.require_newest(held, database)
    if name_of_keys(database) != name:
        raise BackupError("a key was changed while the database was copied: make the backup once more")


def name_of_office(database: Path) -> str:
    """How an office is told from others, 16 characters; it stays through every rotation."""
    return hashlib.sha256(b"huiyin office" + keys.load_keys(database, create=False).master).hexdigest()[:16]


def held_copies(files: Mapping[str, Path], work: Path) -> dict[str, Path]:
    """Copies in a working folder, by the same names: what is described there is what is sealed, whoever writes on."""
    require_room(work, bytes_of(files.values()))
    return {name: Path(shutil.copyfile(path, work / f"held-{_short(name)}")) for name, path in files.items()}


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def secrets_of(database: Path) -> dict[str, Path]:
    """The secret files that a restored database needs, by their names in a backup."""
    found = {}
    for path, name in zip(_secret_paths(database), _secret_paths(Path(DATABASE)), strict=True):
        if path.exists():
            found[name.name] = path
    return found


def _secret_paths(database: Path) -> tuple[Path, ...]:
    return (*keys.key_paths(database)[:2], ring.path_of(database))


def folder_members(folder: Path, name: str) -> dict[str, Path]:
    """Every file of a folder by its name in a backup; none if there is no such folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    for path in paths:
        try:
            str(path).encode()
        except UnicodeEncodeError as error:
            raise BackupError(f"the name {str(path)!a} is not in UTF-8: rename the file, or take it away") from error
    return {f"{name}/{path.relative_to(folder).as_posix()}": path for path in paths}


def described(files: Mapping[str, Path]) -> dict[str, Member]:
    """What the manifest says of each file."""
    return {name: describe(path) for name, path in files.items()}


def require_room(folder: Path, wanted: int) -> None:
    """BackupError unless so many bytes, and some more, are free where the folder is."""
    free = shutil.disk_usage(folder).free
    if free < wanted + _ROOM:
        raise BackupError(
            f"{folder} has {free:,} bytes free, and {wanted + _ROOM:,} are needed: make room, or name another place"
        )


def bytes_of(paths: Iterable[Path]) -> int:
    """How long files are together; what is not there counts nothing."""
    return sum(path.stat().st_size for path in paths if path.is_file())


def check_restored(folder: Path, manifest: Manifest, tell: Tell) -> None:
    """Verify what was unpacked: the copy as when it was made, and secrets that belong to it."""
    found = check(folder / DATABASE, tell)
    for name in ("audit", "sizes"):
        if found[name] != getattr(manifest, name):
            raise BackupError(f"the copy is not the one that was described ({name}): take another backup")
    if name_of_keys(folder / DATABASE) != manifest.keys:
        raise BackupError("these secrets belong to another database: name the right file with --keys")


def require_readable(manifest: Manifest, kind: str) -> None:
    """BackupError for a backup of another kind, or of a newer schema than this program's."""
    if manifest.kind != kind:
        raise BackupError(f"holds {manifest.kind}, and {kind} are wanted: name the other file")
    if manifest.schema > HEAD:
        raise BackupError(
            f"holds a database of schema {manifest.schema}, and this program knows {HEAD}: update the program first"
        )


def with_path(path: Path, error: HuiyinError) -> BackupError:
    """The error with the file in front."""
    return BackupError(f"{path} {error}")
