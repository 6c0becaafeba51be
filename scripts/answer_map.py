"""A map: which column of a file becomes which answer, and what its values mean.

The dataclasses are the grammar of the YAML file. A map is checked against the survey before any row
is read, so that a fault is told once, with its place, and not once a row.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from surveys.definition import CHANNELS, Definitions, Question, Survey
from surveys.errors import DefinitionError, Problem
from surveys.yaml_reading import MOST_BYTES, NOWHERE, Code, Place, Scalar, read

Values = Mapping[str, Scalar | None]
_NONE: Mapping[Code, Values] = MappingProxyType({})
_KEY = re.compile(r"""^[\ufeff \t{"']*(survey|answers|unit|channel)["']?[ \t]*:""", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """Where one thing is found: in a column, the same for all rows, or for `multiple` in a column per option.

    `values` turns what stands in a cell into a code (null: no answer), inline or by the name of a table
    in `codes`. `format` says how a day is written (%d.%m.%Y), `separator` what parts several choices in a cell.
    """

    column: str | None = None
    value: Scalar | None = None
    values: Code | Values | None = None
    format: str | None = None
    separator: str | None = None
    columns: Mapping[str, Code] | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def names(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return tuple(self.columns) if self.columns else (self.column,) if self.column else ()


@dataclass(frozen=True)
class AnswerMap:
    """The shape of a map file."""

    survey: Code
    unit: Source
    channel: Source
    answers: Mapping[Code, Source]
    version: int | None = None
    batch: str | None = None
    source_id: Source | None = None
    day: Source | None = None
    language: Source | None = None
    codes: Mapping[Code, Values] = field(default_factory=lambda: _NONE)
    ignore: tuple[str, ...] = ()
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def sources(self) -> Iterator[tuple[str, Source]]:
        """Every source with what it is for."""
        for name in ("source_id", "day", "language", "unit", "channel"):
            if source := getattr(self, name):
                yield name, source
        yield from self.answers.items()

    def values_of(self, source: Source) -> Values | None:
        """The source's own table of values, or the one that it names."""
        return self.codes.get(Code(source.values)) if isinstance(source.values, str) else source.values


def read_map(path: Path, definitions: Definitions, key: str) -> AnswerMap:
    """Read a map and check it against the survey; DefinitionError lists every fault."""
    try:
        found = read(path, AnswerMap)
    except DefinitionError as error:
        if _is_map(path):
            raise
        told = "this is no map, which begins with 'survey:' and says what each column is; is it the file of answers?"
        raise DefinitionError([Problem(path, 1, 1, told)]) from error
    problems = list(_problems(found, definitions, key))
    if problems:
        raise DefinitionError(problems)
    return found


def _is_map(path: Path) -> bool:
    """Whether any of the keys stands in the file that every map has; what is not read whole may be one."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    return len(data) > MOST_BYTES or bool(_KEY.search(data.decode(errors="replace")))


def versions_of(found: AnswerMap, definitions: Definitions) -> tuple[Survey, ...]:
    """The versions that rows may belong to, newest last: the one the map names, or all of them."""
    return tuple(s for s in definitions.versions(found.survey) if found.version in (None, s.version))


def _problems(found: AnswerMap, definitions: Definitions, key: str) -> Iterator[Problem]:
    if found.survey != key:
        yield found.place.problem(f"the map is for '{found.survey}', the command says --survey {key}", "survey")
        return
    versions = versions_of(found, definitions)
    if not versions:
        what = f"no version {found.version} of" if definitions.versions(key) else "no survey"
        yield found.place.problem(f"the definitions have {what} '{key}'", "version" if found.version else "survey")
        return
    for name, source in found.sources():
        yield from _source_problems(found, name, source)
    yield from _fixed_problems(found, definitions)
    for code, source in found.answers.items():
        asked = [survey.by_code[code] for survey in versions if code in survey.by_code]
        yield from _question_problems(found, code, source, asked, versions)
    for code in (q.code for q in versions[-1].questions if q.required and q.code not in found.answers):
        yield found.place.problem(f"everybody is asked '{code}', and the map has no column for it: add it", "answers")
    yield from _ignored_but_used(found)


def _source_problems(found: AnswerMap, name: str, source: Source) -> Iterator[Problem]:
    given = [key for key in ("column", "value", "columns") if getattr(source, key) is not None]
    if len(given) != 1:
        yield source.place.problem(f"'{name}' needs one of 'column', 'value' or 'columns', has {len(given)} of them")
    if name == "source_id" and given != ["column"]:
        yield source.place.problem("'source_id' must be a column: it tells one row from another")
    if isinstance(source.values, str) and source.values not in found.codes:
        known = ", ".join(found.codes) or "none"
        yield source.place.problem(f"no table '{source.values}' in 'codes', there are: {known}", "values")
    if source.values is not None and "value" in given:
        yield source.place.problem("'values' belongs to a column, not to a fixed 'value'", "values")
    if source.format and name != "day":
        yield source.place.problem("'format' belongs to 'day' only", "format")


def _fixed_problems(found: AnswerMap, definitions: Definitions) -> Iterator[Problem]:
    yield from _targets(found, found.channel, CHANNELS, "channel")
    yield from _targets(found, found.unit, definitions.units, "unit")
    for name in ("source_id", "day", "language", "unit", "channel"):
        source = getattr(found, name)
        if source and (source.columns or source.separator):
            yield source.place.problem("'columns' and 'separator' belong to questions with several choices")


def _targets(found: AnswerMap, source: Source, allowed: Iterable[str], what: str) -> Iterator[Problem]:
    known = list(allowed)
    values = found.values_of(source) or {}
    for code in dict.fromkeys((*values.values(), source.value)):
        if code is not None and code not in known:
            key = "value" if code == source.value else "values"
            yield source.place.problem(f"'{code}' is no {what}{closest(code, known)}", key)


def closest(word: str, known: Iterable[str], listed: Iterable[str] | None = None) -> str:
    """The known words, or those that are to be `listed`, or the one probably meant, as the end of a message."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f", did you mean '{close[0]}'?" if close else f": there are {', '.join(names if listed is None else listed)}"


def _question_problems(
    found: AnswerMap, code: str, source: Source, asked: list[Question], versions: tuple[Survey, ...]
) -> Iterator[Problem]:
    if not asked or asked[-1].kind == "statement":
        known = [q.code for q in versions[-1].questions if q.kind != "statement"]
        yield source.place.problem(f"the survey has no question '{code}'{closest(code, known)}")
        return
    question = asked[-1]
    if question.kind != "multiple" and (source.columns or source.separator):
        yield source.place.problem(f"'columns' and 'separator' need several choices; '{code}' is {question.kind}")
    if source.columns and source.values is None:
        yield source.place.problem("'columns' needs 'values': what a ticked cell holds, and null for the rest")
    options = {option for one in asked for option in one.codes()}
    if not options:
        return
    if source.columns:
        for option in source.columns.values():
            if option not in options:
                yield source.place.problem(f"'{option}' is no answer to '{code}'{closest(option, options)}", "columns")
    else:
        yield from _targets(found, source, sorted(options), f"answer to '{code}'")


def _ignored_but_used(found: AnswerMap) -> Iterator[Problem]:
    for target, source in found.sources():
        for name in source.names():
            if name in found.ignore:
                yield source.place.problem(f"column '{name}' is used for '{target}' and stands in 'ignore': keep one")


def check_header(found: AnswerMap, path: Path, header: Iterable[str]) -> list[Problem]:
    """Columns that the map names but the file lacks, and columns that the map says nothing of."""
    names = [name for name in header if name]
    wanted = [name for _, source in found.sources() for name in source.names()]
    missing = [name for name in wanted if name not in names]
    unknown = [name for name in names if name not in wanted and name not in found.ignore]
    problems = [Problem(path, 1, 1, f"column '{name}' is missing{closest(name, unknown or names)}") for name in missing]
    problems += [
        Problem(path, 1, names.index(name) + 1, f"column '{name}' is not in the map: map it, or add it to 'ignore'")
        for name in unknown
    ]
    return problems
