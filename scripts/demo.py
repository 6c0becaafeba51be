"""Show a real survey from file to published report, in a place of its own."""

import shutil
from pathlib import Path

import click

from scripts.answer_files import read_table
from scripts.answer_map import read_map
from scripts.build_site import ROOT
from scripts.content_page import WRITTEN_BY_SCRIPTS
from scripts.import_answers import import_file
from scripts.options import Command, database, definitions, definitions_in, open_store, tally_beside
from scripts.publish import Office, publish
from surveys.audit import by_system, record
from surveys.responses import today

EXAMPLE = ROOT / "surveys/examples/kcmo-resident-survey"
DEMO = Path("build/demo")
SURVEY = "kcmo-resident"
PERIOD = "2021-08"


def copy_content(source: Path, target: Path) -> None:
    """Bring the pages of the site into the demonstration, without an office's own reports."""
    for language in ("zh", "en"):
        written = [path for name in WRITTEN_BY_SCRIPTS for path in (target / language / name).rglob("*")]
        kept = {path: path.read_bytes() for path in written if path.is_file()}
        shutil.rmtree(target / language, ignore_errors=True)
        shutil.copytree(source / language, target / language, ignore=shutil.ignore_patterns(*WRITTEN_BY_SCRIPTS))
        for path, data in kept.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


@click.command(cls=Command)
@database(DEMO / "huiyin.db")
@definitions(EXAMPLE)
def main(database: Path, definitions: Path) -> None:
    """Bring in the resident survey of Kansas City, count August 2021 and publish it under build/demo.

    An office's database, pages and site are not touched. A second run changes nothing.
    """
    DEMO.mkdir(parents=True, exist_ok=True)
    known = definitions_in(definitions)
    found = read_map(EXAMPLE / "map.yaml", known, SURVEY)
    imported = import_file(read_table(EXAMPLE / "kcmo-resident-survey-2021-08.csv"), found, known, database, None)
    click.echo(f"{SURVEY}: {imported}")
    copy_content(ROOT / "content", DEMO / "content")
    office = Office(database, tally_beside(database, None), known, DEMO / "content", DEMO / "public")
    click.echo(publish(office, PERIOD, today()))
    with open_store(database) as store:
        store.write(lambda connection: record(connection, by_system("demo_build", PERIOD, survey=SURVEY)))
    for language, folder in (("zh", ""), ("en", "en/")):
        click.echo(f"report ({language}): {DEMO / 'public' / f'{folder}reports/{PERIOD}/index.html'}")


if __name__ == "__main__":
    main()
