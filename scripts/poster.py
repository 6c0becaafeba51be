"""Print a poster for the wall of a unit: what people can say here, a large QR code, and its last published month."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

import click

from scripts.build_site import content_option
from scripts.cards import Site
from scripts.options import Command, definitions, definitions_in
from scripts.paper import survey_of
from scripts.poster_month import WORDS as MONTH_WORDS
from scripts.poster_month import month_of
from scripts.typesetting import qr_svg, typeset
from surveys.definition import LANGUAGES, Definitions, Survey, Unit
from surveys.errors import HuiyinError
from surveys.responses import today

SIZES = ("A4", "A3")
MOST_QUESTIONS = 5
"""As many as stand beside the code."""
WORDS: Mapping[str, Mapping[str, str]] = {
    "office": {"zh": "回音", "en": "回音 Huiyin"},
    "suggest": {"zh": "有话，请告诉我们", "en": "Tell us"},
    "what": {"zh": "您可以说", "en": "You can tell us about"},
    "asked": {"zh": "我们想问", "en": "We ask"},
    "anonymous": {
        "zh": "不用登录，不留姓名。您会得到一个编号，能查到办到哪一步。",
        "en": "No account, no name. You get a number, so that you can see what becomes of it.",
    },
    "ratings": {
        "zh": "不用登录，不留姓名，没人能查到是谁填的。每个月公布结果。",
        "en": "No account, no name, and nobody can find out who answered. The results are published every month.",
    },
    "besides": {
        "zh": "有建议、投诉或请求，请到 {place}",
        "en": "Suggestions, complaints and requests: {place}",
    },
    "scan": {"zh": "扫码填写", "en": "Scan to begin"},
    "open": {"zh": "或在浏览器打开", "en": "or open in a browser"},
    "code": {"zh": "单位代码", "en": "Unit code"},
    "danger": {"zh": "有危险，马上打", "en": "In danger, call"},
    **MONTH_WORDS,
}


def unit_of(known: Definitions, code: str) -> Unit:
    """The unit that the poster is for; HuiyinError if there is none, or it takes no answers today."""
    unit = known.units.get(code)
    if unit is None or not unit.is_open(today()):
        there = ", ".join(one.code for one in known.units.values() if one.is_open(today()))
        raise HuiyinError(f"'{code}' is no unit that takes answers today: choose one of {there}")
    return unit


def survey_for(known: Definitions, key: str, unit: Unit) -> Survey:
    """The survey that the code leads to; HuiyinError if it is not asked today, or not about the unit."""
    survey = survey_of(known, key, None)
    if known.current(key, today()) is None:
        raise HuiyinError(f"'{key}' is not open today, so a poster would lead nowhere: open it first")
    if unit.code not in {one.code for one in known.units_for(survey, today())}:
        raise HuiyinError(f"'{unit.code}' takes no answers to '{key}': name another survey or leave --survey out")
    return survey


def address(site: str, unit: Unit, survey: Survey | None, language: str) -> str:
    """Where the code leads: to the survey's form for the unit, else to the form for suggestions."""
    place = f"s/{quote(survey.key)}" if survey else "suggest"
    asked = {"unit": unit.code} | ({"lang": language} if language != LANGUAGES[0] else {})
    return f"{site}/portal/{place}?{urlencode(asked)}"


def poster(
    known: Definitions, content: Path, site: str, unit: Unit, survey: Survey | None, language: str, size: str
) -> bytes:
    """The PDF, one page: the same bytes for the same definitions and published figures."""
    link = address(site, unit, survey, language)
    data = {
        "title": f"{WORDS['office'][language]} {unit.name[language]}",
        "language": language,
        "paper": size.lower(),
        "unit": unit.name[language],
        "code": unit.code,
        "qr": qr_svg(link),
        "address": link.partition("://")[2],
        "month": month_of(known, content, unit, survey, language),
        "words": {key: text[language] for key, text in WORDS.items()},
        **(_of_survey(survey, site, language) if survey else _of_suggestions(known, language)),
    }
    return typeset("poster", data)


def _of_survey(survey: Survey, site: str, language: str) -> Mapping[str, object]:
    asked = [question.text[language] for question in survey.questions if question.kind == "scale"]
    place = f"{site.partition('://')[2]}/portal/suggest"
    return {
        "heading": survey.title[language],
        "lead": WORDS["asked"][language],
        "topics": asked[:MOST_QUESTIONS],
        "promise": WORDS["ratings"][language],
        "besides": WORDS["besides"][language].format(place=place),
    }


def _of_suggestions(known: Definitions, language: str) -> Mapping[str, object]:
    return {
        "heading": WORDS["suggest"][language],
        "lead": WORDS["what"][language],
        "topics": [category.text[language] for category in known.categories.values()],
        "promise": WORDS["anonymous"][language],
        "besides": "",
    }


@click.command(cls=Command)
@click.option("--unit", required=True, metavar="CODE", help="The unit on whose wall it hangs.")
@click.option("--survey", metavar="KEY", help="The survey to lead to.  [default: the form for suggestions]")
@click.option("--size", type=click.Choice(SIZES), default=SIZES[0], show_default=True, help="Of the paper.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True, help="In which language."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path),
    help="The PDF to write.  [default: the unit's code in the present folder]",
)  # fmt: skip
@click.option(
    "--site-url", type=Site(), envvar="HUIYIN_SITE_URL", show_envvar=True, help="The site's public address, for the QR."
)
@content_option
@definitions()
def main(
    unit: str, survey: str | None, size: str, language: str, out: Path | None, site_url: str | None, content: Path,
    definitions: Path,
) -> None:  # fmt: skip
    """Print a poster for a unit: what people can say, a QR code, and its last published month.

    Figures stand on it only as far as the month's report shows them for this unit. The same files give the same
    bytes each time.
    """
    if site_url is None:
        raise HuiyinError(
            "a poster carries a QR code that leads to the site, and the site's address is not known: "
            "set HUIYIN_SITE_URL or --site-url, as in https://huiyin.example/"
        )
    known = definitions_in(definitions)
    found = unit_of(known, unit)
    asked = survey_for(known, survey, found) if survey else None
    target = out or Path(f"{unit}.{language}.{size}.pdf")
    target.write_bytes(poster(known, content, site_url, found, asked, language, size))
    click.echo(f"wrote {target}")


if __name__ == "__main__":
    main()
