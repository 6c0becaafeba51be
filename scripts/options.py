"""What all commands share: where things lie, how a month is written, and how a refusal reaches the user."""

import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from surveys.definition import Definitions, load
from surveys.errors import HuiyinError, SealedError, StoreError
from surveys.keys import Keys, load_keys
from surveys.openings import effective
from surveys.responses import next_period
from surveys.store import Store, address_of, holds_data, locate, require_folder
from surveys.store.openings import every

DATABASE = Path("var/huiyin.db")
DEFINITIONS = Path("surveys/definitions")
_OWN = Path(__file__).parents[1]
LOCK_SECONDS = 60
"""How long a command waits for another one that writes; a visitor's page waits a second."""
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class Command(click.Command):
    """A command whose refusals are one message on standard error and exit status 1, never a traceback.

    That holds for faults of ours too: a traceback can show what residents wrote.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; HuiyinError, refused file access and what nobody foresaw end it with status 1."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except HuiyinError as error:
            refuse(str(error))
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)
        except OSError as error:
            refuse(_of_file(error))
        except Exception as error:  # told by its kind and place alone
            refuse(_unforeseen(error))


def _of_file(error: OSError) -> str:
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else None
    if path and isinstance(error, FileNotFoundError) and not path.parent.is_dir():
        return f"{path}: there is no folder {path.parent}: make it, or correct the path"
    return f"{path or 'a file'}: {error.strerror or error}"


def _unforeseen(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = ([frame for frame in frames if _is_own(Path(frame.filename))] or frames)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    is_memory = isinstance(error, MemoryError)
    advice = "free some memory, or split the file" if is_memory else "if it stays, report this line"
    return f"stopped by {type(error).__name__} at {place}, which nobody foresaw: run it once more; {advice}"


def refuse(message: str) -> None:
    """Say why on standard error and end with status 1; what a file holds gives no orders to the terminal."""
    click.echo(re.sub(r"[^\n]", lambda found: _visible(found[0]), message), err=True)
    click.get_current_context().exit(1)


def _visible(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode()


def _is_own(path: Path) -> bool:
    return path.is_relative_to(_OWN) and "site-packages" not in path.parts


class Month(click.ParamType[str]):
    """A calendar month as YYYY-MM."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The month as it was written, or a usage error."""
        if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", str(value)):
            self.fail(f"{value!r} is not a month: write it as 2026-10", param, ctx)
        return str(value)


class Day(click.ParamType[date]):
    """A day as YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a usage error."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value if len(value) == 10 else "")
        except ValueError:
            self.fail(f"{value!r} is not a day: write it as 2026-10-31", param, ctx)


class Database(click.ParamType[Path]):
    """A path, or a URL of a kind that is served."""

    name = "PATH|URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The file, or a usage error."""
        try:
            return value if isinstance(value, Path) else locate(value)
        except StoreError as error:
            self.fail(str(error), param, ctx)


def _path(
    name: str, default: Path | None, variable: str | None, text: str, kind: click.ParamType[Path] | None = None
) -> Callable[[F], F]:
    return click.option(
        name,
        type=kind or click.Path(path_type=Path),
        default=default,
        envvar=variable,
        show_default=default is not None,
        show_envvar=variable is not None,
        help=text,
    )


def database(default: Path | None = None) -> Callable[[F], F]:
    """The option --database; with a default of the command's own, the environment does not count."""
    variable = None if default else "HUIYIN_DATABASE"
    text = "The database with the answers: a path, or a URL of sqlite:// or postgresql://."
    return _path("--database", default or DATABASE, variable, text, Database())


def definitions(default: Path | None = None) -> Callable[[F], F]:
    """The option --definitions, likewise; pass its value to `definitions_in`."""
    variable = None if default else "HUIYIN_DEFINITIONS"
    return _path("--definitions", default or DEFINITIONS, variable, "The folder that says what is asked.")


tally = _path("--tally", None, None, "The file with the counts.  [default: tally.db beside the database]")
period = click.option("--period", type=Month(), required=True, help="The month, as 2026-10.")


def definitions_in(folder: Path, database: Path | None = None) -> Definitions:
    """Load a definitions folder; HuiyinError if there is none or it has faults.

    With a database that exists, the first and last days are those that follow from what was opened and closed
    at its desk.
    """
    if not folder.is_dir():
        raise HuiyinError(f"no definitions folder at {folder}: name the right one with --definitions")
    written = load(folder)
    if database is None or not database.exists():
        return written
    with Store.open(database) as store:
        return effective(written, store.read(every))


def open_store(path: Path) -> Store:
    """Open a database that must exist."""
    return Store.open(path)


@contextmanager
def open_or_make(path: Path) -> Iterator[tuple[Store, Keys]]:
    """An office's database and its keys, made if there are none yet, which is told.

    StoreError, with nothing made, if more than the last folder is missing.
    """
    is_new = not holds_data(path)
    require_folder(path, "--database")
    keys = load_keys(path, create=True)
    with Store.open(path, create=True) as store:
        if is_new:
            where = f"{address_of(path) or path}, with keys of its own"
            click.echo(f"made a new database at {where}: if the office has one already, look at --database", err=True)
        yield store, keys


def tally_beside(path: Path, named: Path | None) -> Path:
    """Where the counts of the database at `path` lie."""
    return named or path.with_name("tally.db")


def require_ended(month: str, today: date) -> None:
    """SealedError unless the month is over: before that nobody may split its ratings."""
    after = f"{next_period(month)}-01"
    if today.isoformat() < after:
        raise SealedError(
            f"{month} has not ended: it can be counted from {after} on. Nobody sees before how its ratings split; the "
            "desk shows volumes"
        )


def with_progress(items: Iterable[T], label: str, length: int) -> Iterator[T]:
    """The items, with a progress bar on a terminal."""
    with click.progressbar(items, length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        yield from shown
