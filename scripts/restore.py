"""Put an office back from a sealed backup, into a new folder."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from scripts.options import Command
from surveys import backup, backup_file, locking
from surveys.backup_file import Manifest
from surveys.errors import BackupError, HuiyinError
from surveys.sealed_file import read_private

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEXT = """\
{folder}: {sizes}, as of {day}; audit {audit}
What came in after that copy is not in it. Start the portal on it:
  HUIYIN_DATABASE={folder}/huiyin.db HUIYIN_DEFINITIONS={folder}/definitions make run
Where the program runs as a service, the handbook's page on backups says how the office gets back into var."""
_REPORTS = "The published reports lie in {folder}/reports: copy them to content/zh/reports and content/en/reports."


def _say(words: str) -> None:
    click.echo(words, err=True)


@contextmanager
def _new(folder: Path) -> Iterator[Path]:
    """A draft that becomes the folder if all goes well, and is gone otherwise; BackupError while another run has it."""
    _require_new(folder)
    draft = folder.with_name(f".{folder.name}.part")
    draft.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locking.alone(draft, BackupError(f"another run puts an office back into {draft}: wait until it is done")):
        try:
            _require_new(folder)
            _empty(draft)
            yield draft
            backup_file.sync_folder(draft)
            draft.rename(folder)
            backup_file.sync_folder(folder.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _require_new(folder: Path) -> None:
    if folder.exists():
        raise BackupError(f"{folder} is there already: name a new folder, so that nothing is overwritten")


def _empty(draft: Path) -> None:
    """Take away what a run left behind that was ended by force."""
    for path in draft.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _unpack(path: Path, private: bytes, folder: Path, kind: str) -> Manifest:
    """Unpack one file; BackupError says which one, what is wrong, and what to do."""

    def accept(manifest: Manifest) -> None:
        backup.require_readable(manifest, kind)
        backup.require_room(folder, sum(member.bytes for member in manifest.members.values()))

    try:
        with path.open("rb") as source:
            return backup_file.read(source, private, folder, accept)
    except HuiyinError as error:
        raise backup.with_path(path, error) from error


def _keys_for(named: Path | None, source: Path, manifest: Manifest) -> Path:
    """The sealed secrets that belong to a backup: those that were named, or those beside it."""
    found = [named] if named else sorted(source.parent.glob(f"huiyin-keys-{manifest.keys}-*.sealed"))
    if not found:
        raise BackupError(
            f"there is no huiyin-keys-{manifest.keys}-….sealed beside {source}: name the file with the sealed secrets "
            "with --keys"
        )
    return found[0]


def run(source: Path, keys: Path | None, private: bytes, folder: Path) -> Manifest:
    """Put a backup into a new folder, checked; BackupError says what is wrong, and no folder is there then."""
    with _new(folder) as draft:
        _say(f"opening {source}")
        manifest = _unpack(source, private, draft, "answers")
        _unpack(_keys_for(keys, source, manifest), private, draft, "keys")
        backup.check_restored(draft, manifest, _say)
        for left in draft.glob("huiyin.db-*"):
            left.unlink()
        os.sync()
    return manifest


@click.command(cls=Command)
@click.argument("source", type=_file, metavar="BACKUP")
@click.option("--private-key", type=_file, required=True, help="The file with the private key.")
@click.option("--keys", type=_file, help="The file with the sealed secrets.  [default: the one beside the backup]")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="A new folder for the office.")
def main(source: Path, private_key: Path, keys: Path | None, folder: Path) -> None:
    """Put an office back from a backup into a new folder: database, secrets, definitions and reports.

    Every file is checked against its digest, every answer and text against its own, the audit along its chain. A
    damaged or truncated backup, another key, a folder that is there or a newer database is refused; nothing is left
    then. An older database is brought up to date.
    """
    private = read_private(private_key.read_text(encoding="utf-8"))
    manifest = run(source, keys, private, folder)
    sizes = ", ".join(f"{n:,} {name}" for name, n in manifest.sizes.items())
    click.echo(_NEXT.format(folder=folder, **vars(manifest) | {"sizes": sizes}))
    if (folder / "reports").exists():
        click.echo(_REPORTS.format(folder=folder))


if __name__ == "__main__":
    main()
