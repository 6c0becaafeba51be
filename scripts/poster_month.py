"""The last published month of a unit as a poster tells it: read from the published tables, and from nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scripts.charts import Caption, diverging_bar, reach
from scripts.history import Cells, History, Period, Rating
from surveys.definition import LANGUAGES, Definitions, Question, Survey, Unit
from surveys.indicators import percent

WORDS: Mapping[str, Mapping[str, str]] = {
    "month": {"zh": "{year} 年 {month} 月大家怎么说", "en": "What people said in {year}-{month:02}"},
    "rated": {"zh": "{n} 人评价", "en": "{n} ratings"},
    "satisfied": {"zh": "满意 {percent}", "en": "{percent} satisfied"},
    "few": {
        "zh": "这个月评价不多，本单位的数字没有单独公布。",
        "en": "There were few ratings this month, so the figures of this unit were not published by themselves.",
    },
    "none": {"zh": "这个月还没有人评价。您来做第一个。", "en": "Nobody rated this month. You could be the first."},
    "on_time": {
        "zh": "该答复的建议和投诉 {n} 件，按时答复 {k} 件。",
        "en": "Of {n} suggestions and complaints that were due an answer, {k} were answered on time.",
    },
}
_COLOURS = ("#a8480c", "#e09a4f", "#d8d5c8", "#6ba3c7", "#1f5f8b")
FIRST_REPLY = "first_reply_on_time"
Month = Mapping[str, object]


def month_of(known: Definitions, content: Path, unit: Unit, survey: Survey | None, language: str) -> Month | None:
    """What the newest published month shows of the unit; None where nothing was ever published."""
    months = History(content / LANGUAGES[0] / "reports").months
    if not months:
        return None
    last = months[-1]
    rated = next(_rated(known, last, unit, survey), None)
    year, number = int(last.name[:4]), int(last.name[5:])
    return {
        "title": WORDS["month"][language].format(year=year, month=number),
        "ratings": _ratings(known, *rated, language) if rated else {"said": WORDS["none"][language]},
        "answered": _answered(last.cases.get(unit.code, ()), language),
    }


def _rated(known: Definitions, month: Period, unit: Unit, survey: Survey | None) -> Iterator[tuple[Question, Rating]]:
    """The unit's row of the first question of the survey, or of the surveys in the report's order."""
    for key in month.surveys if survey is None else (survey.key,):
        row = month.headline(key, unit.code)
        asked = [one.by_code.get(month.headlines[key]) for one in reversed(known.versions(key))] if row else []
        question = next(filter(None, asked), None)
        if row and question and question.kind == "scale":
            yield question, row


def _ratings(known: Definitions, question: Question, row: Rating, language: str) -> Mapping[str, object]:
    rates = row.rates
    if row.status != "shown" or rates is None:
        return {"said": WORDS["few"][language]}
    if not rates.n or row.levels is None:
        return {"said": WORDS["none"][language]}
    scale = known.scale_of(question)
    share = percent(rates.satisfied_count, rates.n)
    told = [WORDS["rated"][language].format(n=f"{rates.n:,}")]
    if share:
        told.append(WORDS["satisfied"][language].format(percent=share))
    levels = sorted(scale.levels, key=lambda level: level.value)
    return {
        "question": question.text[language],
        "said": ("，" if language == "zh" else ", ").join(told),
        "chart": _chart(row.levels, halved=not scale.wide),
        "levels": [
            {"text": level.text[language], "n": f"{n:,}", "colour": colour}
            for level, n, colour in zip(levels, row.levels, _COLOURS, strict=True)
        ],
    }


def _chart(levels: tuple[int, ...], *, halved: bool) -> str:
    """The bar of the report, with its colours in it, for a sheet has no style sheet."""
    drawn = diverging_bar(levels, halved, reach([levels], halved), Caption("poster", "", ""))
    fills = "".join(f".level-{level}{{fill:{colour}}}" for level, colour in enumerate(_COLOURS, 1))
    style = f"<style>{fills}.axis{{stroke:#000;stroke-width:1;fill:none}}</style>"
    opening, _, rest = drawn.partition(">")
    return f'{opening} xmlns="http://www.w3.org/2000/svg">{style}{rest}'


def _answered(rows: Sequence[Cells], language: str) -> str:
    """How many were answered on time, where the report shows it for the unit; else nothing."""
    for row in rows:
        if row["figure"] == FIRST_REPLY and row["status"] == "shown" and row["part"] and row["whole"] not in ("", "0"):
            return WORDS["on_time"][language].format(k=row["part"], n=row["whole"])
    return ""
