"""Sealed backups: a copy of the running office that only the holder of a private key can read, and their rotation."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import click

from scripts.options import LOCK_SECONDS, Command, database, definitions, open_store, refuse
from surveys import backup, backup_file
from surveys.audit import by_system, record
from surveys.backup_file import Manifest
from surveys.backup_rotation import backups_in, checksum_path, claim, next_path, outdated, remove, require_own
from surveys.errors import BackupError
from surveys.keys import key_paths
from surveys.responses import today
from surveys.sealed_file import generate, name_of, read_public
from surveys.store import Store

DAYS, MONTHS = 14, 3
_folder = click.Path(file_okay=False, path_type=Path)
_file = click.Path(dir_okay=False, path_type=Path)
_REPORTS = ("zh", "en")
Files = Callable[[], Mapping[str, Path]]


class Group(Command, click.Group):
    """A group whose refusals, and those of its subcommands, are one message and exit status 1."""


def _say(words: str) -> None:
    click.echo(words, err=True)


class _Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)


def _seal(path: Path, public: bytes, manifest: Manifest, files: Mapping[str, Path]) -> str:
    """Write a sealed file, read it back, and put its digest beside it; returns the digest."""
    manifest = replace(manifest, members=backup.described(files))
    backup.require_room(path.parent, backup.bytes_of(files.values()))
    length = backup.bytes_of(files.values())
    with backup_file.writing(path) as file, click.progressbar(length=length, label=f"sealing {path.name}") as bar:
        hashed = _Hashed(file)
        backup_file.write(cast(BinaryIO, hashed), public, manifest, files, bar.update)
    written = backup_file.describe(path).sha256
    if written != hashed.digest.hexdigest():
        path.unlink()
        raise BackupError(f"{path} is not on the disk as it was written: use another disk")
    with backup_file.writing(checksum_path(path)) as file:
        file.write(f"{written}  {path.name}\n".encode())
    return written


@contextmanager
def _work(database: Path) -> Iterator[Path]:
    """Where the copy lies before it is sealed: beside the database, never on the disk of the backups."""
    with backup_file.alone(database.with_name(f".{database.name}.backup")) as folder:
        yield folder


def _copied(store: Store, work: Path, files: Files) -> tuple[Manifest, dict[str, Path]]:
    """A checked copy with what it says of itself, and copies of all that goes with it."""
    keys = backup.name_of_keys(store.path)
    backup.require_room(work, 2 * backup.bytes_of([store.path, store.path.with_name(f"{store.path.name}-wal")]))
    copy = backup.make_copy(store, work, _say)
    held = backup.held_copies(files(), work)
    facts = backup.check(copy, _say)
    backup.require_keys(copy, store.path, keys)
    manifest = Manifest("answers", today().isoformat(), keys, **facts)  # type: ignore[arg-type]
    return manifest, {backup_file.DATABASE: copy, **held}


def _kept_files(definitions: Path, content: Path) -> dict[str, Path]:
    """What belongs to an office beside its database: what is asked, and what was published."""
    found = backup.folder_members(definitions, "definitions")
    for language in _REPORTS:
        found |= backup.folder_members(content / language / "reports", f"reports/{language}")
    return found


def _save_keys(database: Path, work: Path, folder: Path, public: bytes, manifest: Manifest) -> Path:
    """Seal the secrets of a copy once, in a file of their own; one that is there already holds the same."""
    path = folder / f"huiyin-keys-{manifest.keys}-{name_of(public)}.sealed"
    if not path.exists():
        held = backup.held_copies(backup.secrets_of(database), work)
        backup.require_keys(work / backup_file.DATABASE, database, manifest.keys)
        _seal(path, public, Manifest("keys", manifest.day, manifest.keys), held)
    return path


def run(database: Path, folder: Path, keys_folder: Path, public: bytes, files: Files) -> Path:
    """Make one backup of a database, with the files that are there once it is copied, and note it in its audit.

    Returns its file. BackupError if the folder holds the backups of another office.
    """
    with open_store(database) as store, _work(database) as work:
        office = backup.name_of_office(database)
        require_own(folder, office)
        for part in folder.glob(".huiyin-*.part"):
            part.unlink()
        manifest, members = _copied(store, work, files)
        keys = _save_keys(database, work, keys_folder, public, manifest)
        claim(folder, office)
        path = next_path(folder, today())
        digest = _seal(path, public, manifest, members)
        store.write(lambda connection: record(connection, by_system("backup", digest)), deadline=LOCK_SECONDS)
    sizes = ", ".join(f"{n:,} {name}" for name, n in manifest.sizes.items())
    click.echo(f"{path}: {path.stat().st_size:,} bytes, schema {manifest.schema}, {sizes}\nsecrets: {keys}")
    return path


def rotate(folder: Path, days: int, months: int) -> int:
    """Delete the backups that have had their time; returns how many."""
    gone = outdated(backups_in(folder), today(), days, months)
    for one in gone:
        remove(one)
    return len(gone)


def _public(named: Path | None) -> bytes:
    if named is None:
        raise BackupError("no key: make a pair with `scripts.backup keygen`, and name its public key with --key")
    if not named.is_file():  # asked here, for keygen is run while the file that is set is still to be made
        raise click.UsageError(f"--key or HUIYIN_BACKUP_KEY: there is no file {named}")
    return read_public(named.read_text(encoding="utf-8"))


@click.group(cls=Group, invoke_without_command=True)
@click.option("--to", "folder", type=_folder, envvar="HUIYIN_BACKUPS", show_envvar=True, help="The folder for backups.")
@click.option("--key", type=_file, envvar="HUIYIN_BACKUP_KEY", show_envvar=True, help="The file with the public key.")
@click.option("--keys-to", type=_folder, help="Another folder for the sealed secrets.  [default: the same]")
@click.option("--days", type=click.IntRange(1, 92), default=DAYS, show_default=True, help="How many days are kept.")
@click.option("--months", type=click.IntRange(0, 3), default=MONTHS, show_default=True, help="How many months.")
@click.option("--content", type=_folder, default="content", show_default=True, help="The folder with the reports.")
@database()
@definitions()
def main(folder: Path | None, key: Path | None, keys_to: Path | None, days: int, months: int,
         content: Path, database: Path, definitions: Path) -> None:  # fmt: skip
    """Back the office up while it is running, sealed for a key whose private half is kept elsewhere.

    The copy is checked row by row before it is sealed, and read back afterwards. Then the newest backup of each of the
    last days and months stays, and older ones are deleted. `keygen` makes the pair of keys, once.
    """
    if click.get_current_context().invoked_subcommand:
        return
    if folder is None:
        raise click.UsageError("where to? Name a folder with --to")
    public = _public(key)
    keys_folder = keys_to or folder
    for one in (folder, keys_folder):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    run(database, folder, keys_folder, public, lambda: _kept_files(definitions, content))
    if gone := rotate(folder, days, months):
        click.echo(f"older backups deleted: {gone}")
    if (private := key_paths(database)[2]).exists():
        _say(f"note: {private} is in no backup: keep a copy of it locked away, apart from the backups")


@main.command()
@click.option("--out", type=_folder, required=True, help="Where the two files go, at best a stick that is taken away.")
def keygen(out: Path) -> None:
    """Make the pair of keys for backups: the public one for the machine, the private one for a safe."""
    paths = out / "huiyin-backup-private.key", out / "huiyin-backup-public.key"
    if there := [path for path in paths if path.exists()]:
        refuse(f"{there[0]} is there already: name another folder, for backups sealed for it need it")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, text in zip(paths, generate(), strict=True):
        with backup_file.writing(path) as file:
            file.write(f"{text}\n".encode())
    click.echo(f"{paths[0]}: take it off the machine, and keep two copies in two places; without it no backup opens")
    click.echo(f"{paths[1]}: name it with --key, or in HUIYIN_BACKUP_KEY")


if __name__ == "__main__":
    main()
