"""Print a survey on paper, for those who do not answer on a screen."""

from pathlib import Path

import click

from scripts.options import Command, database, definitions, definitions_in
from scripts.paper_form import PaperForm
from surveys.definition import LANGUAGES, Definitions, Survey, Unit
from surveys.errors import HuiyinError
from surveys.responses import today


def survey_of(known: Definitions, key: str, version: int | None) -> Survey:
    """The version that was named, else the one that is asked today, else the newest; HuiyinError if there is none."""
    versions = known.versions(key)
    if not versions:
        keys = sorted({key for key, _ in known.surveys})
        raise HuiyinError(f"there is no survey '{key}': choose one of {', '.join(keys)}")
    if version is None:
        return known.current(key, today()) or versions[-1]
    found = known.surveys.get((key, version))
    if found is None:
        there = ", ".join(str(one.version) for one in versions)
        raise HuiyinError(f"'{key}' has no version {version}: choose one of {there}")
    return found


def form_of(known: Definitions, survey: Survey, unit: str, language: str, hand_in: str | None = None) -> PaperForm:
    """The form for a unit; HuiyinError if the survey is not about it."""
    fitting: dict[str, Unit] = {one.code: one for one in known.units_for(survey, today())}
    if unit not in fitting:
        raise HuiyinError(f"'{unit}' takes no answers to '{survey.key}': choose one of {', '.join(fitting)}")
    return PaperForm(known, survey, fitting[unit], language, hand_in)


@click.command(cls=Command)
@click.option("--survey", required=True, metavar="KEY", help="The survey to print.")
@click.option("--version", type=int, help="Its version.  [default: the one that is asked today, else the newest]")
@click.option("--unit", required=True, metavar="CODE", help="The unit that it is about.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True, help="In which language."
)
@click.option("--hand-in", metavar="TEXT", help="Where to leave it, in a sentence, in place of the usual one.")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the PDF, made if it is not there.",
)  # fmt: skip
@database()
@definitions()
def main(
    survey: str, version: int | None, unit: str, language: str, hand_in: str | None, out: Path,
    database: Path, definitions: Path,
) -> None:  # fmt: skip
    """Print a survey for a unit as an A4 sheet to copy.

    What comes back is keyed in at the desk: each box shows its key and, small, the code that is stored.
    """
    known = definitions_in(definitions, database)
    form = form_of(known, survey_of(known, survey, version), unit, language, hand_in)
    made = form.pdf()
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{form.survey.file_name}.{unit}.{language}.pdf"
    path.write_bytes(made)
    click.echo(f"wrote {path}")


if __name__ == "__main__":
    main()
