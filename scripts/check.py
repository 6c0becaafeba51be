"""Check what an office edits, and the audit: definitions, lock, pages, words, calendar; the chain of what was done."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import click

from scripts import undefined_codes
from scripts.answer_map import closest
from scripts.catalogue_lint import catalogue_faults
from scripts.content_lint import lint
from scripts.options import Command, database, definitions, definitions_in, open_store, tally, tally_beside
from scripts.standing import check_release
from surveys import audit, case_upkeep, languages, lock, openings, photos
from surveys.definition import DONT_KNOW, LANGUAGES, NEVER, Definitions, Question, Survey, Text
from surveys.errors import DefinitionError, HuiyinError, Problem
from surveys.json_schema import write_schemas
from surveys.responses import today
from surveys.store import address_of
from surveys.store.answers import count_everything
from surveys.store.openings import every
from surveys.workdays import CALENDAR, calendar

NOTICE = timedelta(days=31)
PORTAL = Path("portal")


def unit_lines(known: Definitions, now: date) -> Iterator[str]:
    """The units that take answers on the day: code, then the name in each language, parted by tabs."""
    for unit in known.units.values():
        if unit.is_open(now):
            yield "\t".join([unit.code, *(unit.name[language] for language in LANGUAGES)])


def question_lines(known: Definitions, key: str, now: date) -> Iterator[str]:
    """What a map needs of a survey, parted by tabs: the version asked on the day, or the newest one.

    A line for each question (code, kind, nothing, its text in each language), and one for each answer
    to choose from with its code in the third place. A version that is still to open follows below a line
    with its name and first day. HuiyinError if there is no such survey.
    """
    versions = known.versions(key)
    if not versions:
        raise HuiyinError(f"no survey '{key}'{closest(key, dict.fromkeys(name for name, _ in known.surveys))}")
    first = known.current(key, now) or versions[-1]
    yield from _code_lines(known, first)
    for coming in versions:
        if coming is not first and coming.opened > now:
            day = "a draft" if coming.opened == NEVER else f"opens {coming.opened}"
            yield f"\n# {coming.file_name}, {day}"
            yield from _code_lines(known, coming)


def _code_lines(known: Definitions, survey: Survey) -> Iterator[str]:
    for question in survey.questions:
        if question.kind != "statement":
            yield _tabbed(question.code, question.kind, "", question.text)
            yield from (_tabbed(question.code, question.kind, *answer) for answer in _answers(known, question))


def _answers(known: Definitions, question: Question) -> Iterator[tuple[str, Text]]:
    if question.kind == "scale":
        scale = known.scale_of(question)
        yield from ((str(level.value), level.text) for level in scale.levels)
        yield DONT_KNOW, scale.dont_know
    yield from ((option.code, option.text) for option in question.options)


def _tabbed(question: str, kind: str, answer: str, text: Text) -> str:
    return "\t".join([question, kind, answer, *(" ".join(text[language].split()) for language in LANGUAGES)])


def calendar_warnings(now: date) -> Iterator[str]:
    """A warning for each year, this one or one that begins within a month, whose holidays are not known."""
    for year in sorted({now.year, (now + NOTICE).year}):
        if year not in calendar():
            yield f"{CALENDAR}: no holidays of {year}: limits are counted by weekends alone until they are added"


def raise_if_any(problems: list[Problem]) -> None:
    """DefinitionError with all the problems, if there are any."""
    if problems:
        raise DefinitionError(problems)


def check_pages(content: Path, now: date) -> list[Problem]:
    """Faults of the pages; HuiyinError if there are no pages."""
    if not content.is_dir():
        raise HuiyinError(f"no pages at {content}: run this in the project's folder")
    return lint(content, now)


def check_guides(known: Definitions, content: Path) -> list[Problem]:
    """Guides that the self-check names and that are no pages."""
    named = known.scam_check.guides if known.scam_check else ()
    return [
        one.place.problem(f"there is no page {page}: write the guide, or take its name out", "guide")
        for one in named
        if not (page := content / LANGUAGES[0] / "guides" / f"{one.guide}.md").is_file()
    ]


def check_codes(folder: Path, known: Definitions, database: Path) -> list[Problem]:
    """What has answers in the database and is not defined; nothing where there is no database yet."""
    if not database.exists():
        return []
    with open_store(database) as store:
        return store.read(lambda connection: undefined_codes.problems(folder, known, count_everything(connection)))


def check_openings(folder: Path, known: Definitions, database: Path) -> list[Problem]:
    """Versions that were opened at the desk of the database and have changed since."""
    if not database.exists():
        return []
    with open_store(database) as store:
        return list(openings.problems(folder, known, store.read(every)))


def check_all(folder: Path, content: Path, database: Path, now: date) -> None:
    """Definitions, lock, pages, the portal's words, and the codes of stored answers; DefinitionError lists faults."""
    known = definitions_in(folder)
    faults = [*lock.problems(folder, known, now), *check_pages(content, now), *check_guides(known, content)]
    faults += catalogue_faults(PORTAL)
    raise_if_any([*faults, *check_openings(folder, known, database), *check_codes(folder, known, database)])
    click.echo(f"{folder}: {surveys_told(known)}, {len(known.units)} units: in order")
    click.echo(f"{content}: in order")
    for tag, (lacking, all_texts) in languages.missing(known, known.languages).items():
        click.echo(f"{folder}: {tag}: {lacking} of {all_texts} texts are missing, Chinese stands in their place")
    for warning in calendar_warnings(now):
        click.echo(f"warning: {warning}", err=True)


def surveys_told(known: Definitions) -> str:
    """How many surveys there are, and in how many versions where one has several."""
    keys = {key for key, _ in known.surveys}
    versions = len(known.surveys)
    return f"{len(keys)} surveys in {versions} versions" if versions > len(keys) else f"{len(keys)} surveys"


def check_audit(database: Path, heads: Sequence[str]) -> None:
    """Verify the audit, and against heads that were written down earlier; AuditError names the first broken row.

    What cases hold beside their events must be what those say; HuiyinError names the texts and photos that are not.
    """
    expected = [audit.Head.parse(head) for head in heads]
    with open_store(database) as store:
        found = audit.verify(store, expected)
        torn = [f"{number} text {sequence}" for number, sequence in case_upkeep.broken_texts(store)]
        torn += [f"{number} photo {position}" for number, position in photos.broken(store)]
    if torn:
        advice = "compare them with a backup, and find out who can write to the database"
        raise HuiyinError(f"not what the events of their cases say: {', '.join(torn)}: {advice}")
    click.echo("texts and photos of cases: in order")
    click.echo(f"audit of {address_of(database) or database}: {found.count:,} rows in order")
    click.echo(f"head {found}")


@click.command(cls=Command)
@click.option("--units", "task", flag_value="units", help="List the units that take answers: code and names.")
@click.option("--questions", metavar="KEY", help="List a survey's codes for a map: question, kind, answer, texts.")
@click.option("--lock", "task", flag_value="lock", help="Add the versions that have opened to lock.json.")
@click.option("--content", "task", flag_value="content", help="Check the pages only.")
@click.option(
    "--release",
    "reports",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="REPORTS",
    help="Try to work out what the published tables hide, as content/zh/reports.",
)
@click.option("--schema", type=click.Path(file_okay=False, path_type=Path), help="Write the JSON Schemas to a folder.")
@click.option(
    "--audit",
    "task",
    flag_value="audit",
    help="Verify the audit, the texts and the photos of the database, and print the audit's head.",
)
@click.option(
    "--head", "heads", multiple=True, metavar="COUNT:HASH", help="With --audit: a head that was printed earlier."
)
@database()
@definitions()
@tally
def main(
    task: str | None,
    questions: str | None,
    reports: Path | None,
    schema: Path | None,
    heads: Sequence[str],
    database: Path,
    definitions: Path,
    tally: Path | None,
) -> None:
    """Check the definitions, the pages and the portal's words; with an option, do that one thing.

    Where there is a database, every code that has answers in it must be defined.
    """
    now = today()
    if task == "audit" or heads:
        check_audit(database, heads)
    elif task == "units":
        click.echo("\n".join(unit_lines(definitions_in(definitions), now)))
    elif questions:
        click.echo("\n".join(question_lines(definitions_in(definitions, database), questions, now)))
    elif reports:
        known = definitions_in(definitions, database)
        click.echo(check_release(database, tally_beside(database, tally), known, reports))
    elif task == "lock":
        added = lock.write_lock(definitions, definitions_in(definitions), now)
        click.echo(f"locked: {', '.join(added)}" if added else "nothing to lock: every opened version is locked")
    elif schema:
        click.echo("\n".join(f"wrote {path}" for path in write_schemas(schema)))
    elif task == "content":
        raise_if_any(check_pages(Path("content"), now))
        click.echo("content: in order")
    else:
        check_all(definitions, Path("content"), database, now)


if __name__ == "__main__":
    main()
