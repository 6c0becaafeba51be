"""Write the assessment of impact on personal information that the law asks for, from the settings in force."""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import click

from scripts.holdings import BACKUP_DAYS, HOLDINGS
from scripts.impact_text import LAWFUL, RISKS, WORDS
from scripts.open_data import write_file
from scripts.options import Command, database, definitions, definitions_in
from surveys import filings
from surveys.definition import CHANNELS, LANGUAGES, Definitions
from surveys.errors import HuiyinError
from surveys.responses import today

OUT = Path("build/impact")
CHANNEL_WORDS = {
    "zh": {"web": "网页", "kiosk": "窗口平板", "paper": "纸面", "telephone": "电话", "other": "其他途径"},
    "en": {"web": "web", "kiosk": "counter tablet", "paper": "paper", "telephone": "telephone", "other": "other ways"},
}
_COMMAS = {"zh": "", "en": ", "}
"""Between names in quotes; Chinese ones stand side by side."""


@click.command(cls=Command)
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True, help="The folder to write to.")
@database()
@definitions()
def main(out: Path, database: Path, definitions: Path) -> None:
    """Write the assessment as Markdown, one file for each language.

    What the settings know is filled in: surveys, kinds of case, units, periods of retention, contact and
    registration. What only the office knows is left blank; a file that is there is never written over.
    """
    known = definitions_in(definitions, database)
    settings = {name: _shown(name) for name in filings.READERS}
    pages = {out / f"impact.{one}.md": _page(parts(known, settings, one, today())) for one in LANGUAGES}
    for path, page in pages.items():
        if path.exists() and path.read_bytes() != page:
            raise HuiyinError(f"{path} is there already, and may be filled in: name another folder with --out")
    for path, page in pages.items():
        write_file(path, page)
    click.echo(f"{out}: {', '.join(f'impact.{language}.md' for language in LANGUAGES)}")


def _page(blocks: Iterator[str]) -> bytes:
    return ("\n\n".join(blocks) + "\n").encode()


def _shown(setting: str) -> str:
    try:
        text = os.environ.get(setting)
        return ", ".join(one.text for one in filings.places(setting, text)) if text else ""
    except filings.FilingError as error:
        raise HuiyinError(f"{setting} {error}") from None


def parts(known: Definitions, settings: dict[str, str], language: str, day: date) -> Iterator[str]:
    """The assessment, block by block."""
    words = WORDS[language]
    registered = [settings[name] for name in ("HUIYIN_ICP", "HUIYIN_POLICE_FILING") if settings[name]]
    listed = ", ".join(registered) or words["none"]
    yield f"# {words['title']}"
    yield words["made"].format(day=day.isoformat())
    yield words["who"].format(contact=settings["HUIYIN_CONTACT"] or words["none"], filings=listed)
    yield from _purpose(known, language, day)
    yield from _held(language)
    yield f"## {words['lawful_head']}"
    yield "\n".join(f"- {one}" for one in LAWFUL[language])
    yield f"## {words['risk_head']}"
    yield _table(words["risk_columns"], RISKS[language])
    for name in ("minor", "rights", "duty", "end"):
        yield f"## {words[f'{name}_head']}"
        yield words[name]


def _purpose(known: Definitions, language: str, day: date) -> Iterator[str]:
    words, comma = WORDS[language], _COMMAS[language]
    asked = [survey for survey in known.surveys.values() if survey.is_open_between(day, day)]
    yield f"## {words['purpose_head']}"
    yield words["purpose"].format(
        units=sum(unit.answers for unit in known.units.values()),
        surveys=comma.join(_quoted(survey.title[language]) for survey in asked),
        categories=comma.join(_quoted(one.text[language]) for one in known.categories.values()),
        channels=(comma or "、").join(CHANNEL_WORDS[language][channel] for channel in CHANNELS),
    )
    wordy = sum(any(question.kind == "text" for question in survey.questions) for survey in asked)
    yield words["words"].format(n=wordy)


def _quoted(name: str) -> str:
    return f"“{name}”"


def _held(language: str) -> Iterator[str]:
    words = WORDS[language]
    rows = [
        (*(text[language] for text in (one.what, one.why, one.kept, one.seen)), words["yes" if one.personal else "no"])
        for one in HOLDINGS
    ]
    yield f"## {words['held_head']}"
    yield _table(words["held_columns"], rows)
    yield words["backups"].format(days=BACKUP_DAYS)


def _table(columns: str, rows: Iterable[Sequence[str]]) -> str:
    heads = columns.split("|")
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
