"""What stands in the way of publishing a month: what lies in the content folder already, or a mistyped month."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import zip_longest
from pathlib import Path

from scripts.account import Account
from surveys.definition import LANGUAGES
from surveys.errors import HuiyinError
from surveys.store import Store, address_of
from surveys.store.answers import waiting_periods

Files = Mapping[str, bytes]


def move_away(content: Path, month: str) -> str:
    """What to do so that a month's report is written anew from this database."""
    first, *others = (content / language / "reports" for language in LANGUAGES)
    beside = "".join(f", and both of {folder}" for folder in others)
    return f"move {first / month} and {month}.md away{beside}, and publish {month} once more"


def require_own(content: Path, month: str, database: Path, files: Files) -> None:
    """HuiyinError if the report of a month that this database never published is there, and has other tables."""
    for folder in (content / language / "reports" for language in LANGUAGES):
        published = {path.name: path.read_bytes() for path in _tables_in(folder / month)}
        is_there = published or (folder / f"{month}.md").exists()
        if is_there and not (published and published.items() <= files.items()):
            raise HuiyinError(
                f"{folder / month}: there lies what another office published of {month}, or a newer state of this one; "
                f"{address_of(database) or database} never published it, and nothing was changed. "
                "Look at --database and --content (HUIYIN_DATABASE may name another office); to replace the report, "
                f"{move_away(content, month)}"
            )


def _tables_in(folder: Path) -> Iterator[Path]:
    return folder.glob("[!.]*.csv") if folder.is_dir() else iter(())


def require_meant(store: Store, account: Account, now: date) -> None:
    """HuiyinError for a month of which nothing is known while another one that has ended waits with answers.

    Such a month was most likely mistyped, and publishing closes it for good.
    """
    if account.received or account.cases or account.declared:
        return
    if waiting := store.read(lambda connection: waiting_periods(connection, now.isoformat()[:7])):
        month, found = account.period, " and ".join(waiting)
        raise HuiyinError(
            f"{month} has no answers and no cases, while answers of {found} wait to be published: did you mean "
            f"{' or '.join(waiting)}? What is published is closed for good; to publish the silent month, add --silent "
            f"(make report PERIOD={month} SILENT=1)"
        )


def require_unchanged(content: Path, month: str, files: Files) -> None:
    """HuiyinError if a table of a closed month would differ from the one that was published."""
    names = [name for name in files if name.endswith(".csv") and not name.endswith("-bom.csv")]
    for language, name in ((language, name) for language in LANGUAGES for name in names):
        path = content / language / "reports" / month / name
        published = path.read_bytes() if path.is_file() else files[name]
        if differs := _first_difference(published.decode(errors="replace"), files[name].decode()):
            raise HuiyinError(
                f"{path}:{differs}. {month} is closed and its tables stay as they were published: undo the change of "
                "units, surveys or the calendar, or put the file back; if what was published is wrong, correct it "
                f"with --correct {month} --reason; if the files are not this office's, {move_away(content, month)}"
            )


def _first_difference(published: str, now: str) -> str:
    """The line where two tables part, and what each holds there; '' if they do not."""
    lines = zip_longest(published.splitlines(), now.splitlines(), fillvalue="")
    parted = ((line, old, new) for line, (old, new) in enumerate(lines, 1) if old != new)
    return next((f"{line}: published was '{old}', now it would be '{new}'" for line, old, new in parted), "")
