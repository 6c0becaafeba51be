"""Bring in answers that waited on a device and were handed over as a file, on a stick or by any other way."""

import hashlib
import time
from collections import Counter
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
from surveys.offline import OfflineError, Submission
from surveys.responses import Response, period_of, today
from surveys.store import Connection, Store
from surveys.store.answers import is_closed, stored_response

MOST_BYTES = 64 * 1024 * 1024
MOST_OF_A_DAY = 600
"""How many answers of one kiosk and day are taken without a question."""
SLICE = 300
"""How many answers are stored in one transaction."""
_PAUSE_SECONDS = 0.2
Entry = tuple[Submission, Response] | OfflineError


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

    def add(self, more: "Brought") -> None:
        """Count what another slice of the same file brought."""
        self.new += more.new
        self.known += more.known
        self.late += more.late
        self.refused += more.refused


@dataclass(frozen=True)
class Queue:
    """The answers of one file, each checked: what to store, or why it cannot be taken."""

    path: Path
    digest: str
    entries: Sequence[Entry]

    def sources(self) -> Counter[str]:
        """How many answers that can be taken came from forms on the web and from each kiosk, by its name."""
        grants = (entry[0].grant for entry in self.entries if not isinstance(entry, OfflineError))
        return Counter(f"kiosk {grant.kiosk}" if grant.kiosk else grant.channel for grant in grants)


def open_queue(path: Path, keys: Keys, known: Definitions, day: date) -> Queue:
    """Open a file and check what it holds; HuiyinError names it and says what is wrong with it."""
    if not path.is_file():
        raise HuiyinError(f"{path} is no file: name the one that came from the device")
    if path.stat().st_size > MOST_BYTES:
        raise HuiyinError(f"{path} is larger than {MOST_BYTES // 1024**2} MB and cannot have come from a device")
    data = path.read_bytes()
    try:
        answers = queue_file.open_file(keys, data)
    except HuiyinError as error:
        raise HuiyinError(f"{path} {error}; nothing was stored") from error
    return Queue(path, hashlib.sha256(data).hexdigest(), [_checked(keys, known, body, day) for body in answers])


def _checked(keys: Keys, known: Definitions, body: object, day: date) -> Entry:
    try:
        sent = offline.read(keys, body)
        return sent, offline.response_of(known, sent, day)
    except OfflineError as error:
        return error


def require_plausible(queues: Sequence[Queue]) -> None:
    """HuiyinError if one kiosk has more answers of one day in the files than a counter takes."""
    taken = (entry for queue in queues for entry in queue.entries if not isinstance(entry, OfflineError))
    ids = {(sent.grant.kiosk, response.day, sent.id) for sent, response in taken if sent.grant.kiosk}
    for (kiosk, day), number in Counter((kiosk, day) for kiosk, day, _ in ids).most_common(1):
        if number > MOST_OF_A_DAY:
            raise HuiyinError(
                f"kiosk {kiosk} has {number:,} answers of {day} in these files, more than {MOST_OF_A_DAY}: nothing was "
                "stored; ask at its counter, and if so many were there, run this again with --yes; if not, end the "
                "kiosk's address with 'kiosks_since'"
            )


def bring_in(store: Store, keys: Keys, queue: Queue) -> Brought:
    """Store what can be taken of a file, in slices; what is there already is not stored again."""
    done = Brought()
    for first in range(0, max(len(queue.entries), 1), SLICE):
        if first:
            time.sleep(_PAUSE_SECONDS)  # the portal's turn to write
        done.add(_bring_slice(store, keys, queue, first))
    return done


def _bring_slice(store: Store, keys: Keys, queue: Queue, first: int) -> Brought:
    def work(connection: Connection) -> Brought:
        done = Brought()
        for place, entry in enumerate(queue.entries[first : first + SLICE], first + 1):
            try:
                _take(connection, keys, entry, done)
            except (OfflineError, CardError) as error:
                done.refused.append(f"answer {place}: {error}")
        counts = {"new": done.new, "known": done.known, "refused": len(done.refused)}
        record(connection, by_system("answers_import", queue.digest, **counts))
        return done

    return store.write(work, deadline=LOCK_SECONDS)


def _take(connection: Connection, keys: Keys, entry: Entry, done: Brought) -> None:
    if isinstance(entry, OfflineError):
        raise entry
    sent, response = entry
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


def _found(queue: Queue) -> str:
    told = [f"{number:,} {source}" for source, number in sorted(queue.sources().items())]
    return f"{queue.path}: holds {', '.join(told) or 'nothing that can be taken'}"


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help=f"Take more than {MOST_OF_A_DAY} answers of one kiosk and day.")
@database()
@definitions()
def main(files: tuple[Path, ...], yes: bool, database: Path, definitions: Path) -> None:
    """Bring in the answers of FILES, which people saved on their devices where there was no network.

    First it says how many came from forms on the web and from each kiosk. If one of the files cannot be opened, or
    one kiosk has more answers of a day than a counter takes, nothing at all is stored. An answer in a file that
    cannot be taken is named with the reason, and the others are stored. The same file again adds nothing, and an
    answer that the device sends later as well counts once. If it is interrupted, run it again.
    """
    with open_store(database) as store:
        keys = load_keys(database, create=False)
        known, day = definitions_in(definitions, database), today()
        queues = [open_queue(path, keys, known, day) for path in files]
        for queue in queues:
            click.echo(_found(queue))
        if not yes:
            require_plausible(queues)
        for queue in queues:
            done = bring_in(store, keys, queue)
            for note in _notes(queue, done):
                click.echo(note, err=True)
            click.echo(f"{queue.path}: {done}")


if __name__ == "__main__":
    main()
