"""Bring in answers that waited on a device and were handed over as a file, on a stick or by any other way."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import click

from scripts.options import LOCK_SECONDS, Command, database, definitions, definitions_in, open_store
from surveys import offline, queue_file
from surveys.audit import by_system, record
from surveys.definition import Definitions
from surveys.errors import CardError, HuiyinError
from surveys.keys import Keys, load_keys
from surveys.offline import OfflineError
from surveys.responses import period_of, today
from surveys.store import Connection, Store
from surveys.store.answers import is_closed, stored_response

MOST_BYTES = 64 * 1024 * 1024


@dataclass
class Brought:
    """What a file brought: how many were new, how many were there, how many of the new ones count in a later month.

    `refused` tells for each answer that could not be taken, by its place in the file, why.
    """

    new: int = 0
    known: int = 0
    late: int = 0
    refused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = [f"{self.new:,} new, {self.known:,} already there, {len(self.refused):,} not taken"]
        if self.late:
            told.append(f"{self.late:,} of the new ones are of a published month and count in the next open one")
        return "; ".join(told)


@dataclass(frozen=True)
class Queue:
    """The answers of one file, still unchecked."""

    path: Path
    digest: str
    answers: Sequence[object]


def open_queue(path: Path, keys: Keys) -> Queue:
    """Open a file; HuiyinError names it and says what is wrong with it."""
    if path.stat().st_size > MOST_BYTES:
        raise HuiyinError(f"{path} is larger than {MOST_BYTES // 1024**2} MB and cannot have come from a device")
    data = path.read_bytes()
    try:
        return Queue(path, hashlib.sha256(data).hexdigest(), queue_file.open_file(keys, data))
    except HuiyinError as error:
        raise HuiyinError(f"{path} {error}; nothing was stored") from error


def bring_in(store: Store, keys: Keys, known: Definitions, queue: Queue, day: date) -> Brought:
    """Store what can be taken of a file, in one transaction; what is there already is not stored again."""

    def work(connection: Connection) -> Brought:
        done = Brought()
        for place, body in enumerate(queue.answers, 1):
            try:
                _take(connection, keys, known, body, day, done)
            except (OfflineError, CardError) as error:
                done.refused.append(f"answer {place}: {error}")
        counts = {"new": done.new, "known": done.known, "refused": len(done.refused)}
        record(connection, by_system("answers_import", queue.digest, **counts))
        return done

    return store.write(work, deadline=LOCK_SECONDS)


def _take(connection: Connection, keys: Keys, known: Definitions, body: object, day: date, done: Brought) -> None:
    sent = offline.read(keys, body)
    response = offline.response_of(known, sent, day)
    if stored_response(connection, sent.id):
        done.known += 1
        return
    stored = offline.take_in(connection, keys, sent, response)
    done.new += 1
    done.late += is_closed(connection, period_of(date.fromisoformat(stored.day)))


def _notes(queue: Queue, done: Brought) -> Iterator[str]:
    for line in done.refused:
        yield f"{queue.path}: {line}"
    if done.refused:
        yield f"{queue.path}: keep the file until these are settled; bringing it in again adds nothing twice"


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@database()
@definitions()
def main(files: tuple[Path, ...], database: Path, definitions: Path) -> None:
    """Bring in the answers of FILES, which people saved on their devices where there was no network.

    If one of the files cannot be opened, nothing at all is stored. An answer in a file that cannot be taken is
    named with the reason, and the others are stored. The same file again adds nothing, and an answer that the
    device sends later as well counts once.
    """
    with open_store(database) as store:
        keys = load_keys(database, create=False)
        known = definitions_in(definitions, database)
        for queue in [open_queue(path, keys) for path in files]:
            done = bring_in(store, keys, known, queue, today())
            for note in _notes(queue, done):
                click.echo(note, err=True)
            click.echo(f"{queue.path}: {done}")


if __name__ == "__main__":
    main()
