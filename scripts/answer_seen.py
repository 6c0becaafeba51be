"""What a whole file repeats: cells that a row was taken with before, which no later row of them has to prove again."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from scripts.answer_cells import Reader, Ticks
from scripts.answer_table import Cells
from surveys.definition import Survey
from surveys.responses import Answer, Frame, answers_text

LIMIT = 10_000
"""Of how many different cells a column is remembered."""
LONGEST = 4_000
"""Characters of a row up to which it is."""
TOGETHER = 4
"""How many parts that stand side by side are looked up as one: of five levels each they come in 2,401 ways."""
_GENERAL = ("unit", "channel", "language", "day")


class Parts(NamedTuple):
    """Questions that show or hide one another: their cells in a row, and the members of the JSON that these make."""

    codes: tuple[str, ...]
    cells_of: Callable[[Cells], Hashable]
    known: dict[Hashable, list[str]]


class Run(NamedTuple):
    """Neighbouring parts: their cells in a row, and the JSON of all of them, made of what the parts know."""

    parts: tuple[Parts, ...]
    cells_of: Callable[[Cells], Hashable]
    known: dict[Hashable, str]

    def made_of(self, cells: Cells) -> str | None:
        """The members of the JSON in their order, None if one of the cells is new."""
        members: list[str] = []
        for _, cells_of, known in self.parts:
            found = known.get(cells_of(cells))
            if found is None:
                return None
            members += found
        text = ",".join(sorted(members))
        if len(self.known) < LIMIT:
            self.known[self.cells_of(cells)] = text
        return text


class Setting(NamedTuple):
    """What unit, channel, language and day of a row came to."""

    frame: Frame
    runs: tuple[Run, ...]


class Seen:
    """Answers by the cells that they were read from, for each version of a survey.

    What becomes of a cell depends on nothing but itself, the cells of the questions that show its question, and the
    version. Free texts are never remembered: rows that hold one are read anew.
    """

    def __init__(self, general: Mapping[str, Reader], questions: Mapping[str, Reader]) -> None:
        self.questions = questions
        self.general_cells = _cells_of(general[name] for name in _GENERAL)
        self.settings: dict[Hashable, Setting] = {}
        self.versions: dict[int, tuple[Run, ...]] = {}

    def find(self, cells: Cells) -> tuple[Frame, str] | None:
        """The row's frame and its answers as JSON, if rows were taken with each of its cells before."""
        setting = self.settings.get(self.general_cells(cells))
        if setting is None:
            return None
        texts: list[str] = []
        for run in setting.runs:
            text = run.known.get(run.cells_of(cells))
            if text is None and (text := run.made_of(cells)) is None:
                return None
            if text:
                texts.append(text)
        return (setting.frame, f"{{{','.join(texts)}}}") if texts else None

    def note(self, cells: Cells, survey: Survey, frame: Frame, kept: Mapping[str, Answer]) -> None:
        """Remember a row that was taken whole: no text in it, and no answer left out; a very long one is not."""
        if sum(map(len, cells)) > LONGEST:
            return
        if survey.version not in self.versions:
            self.versions[survey.version] = tuple(self._runs(survey))
        runs = self.versions[survey.version]
        if len(self.settings) < LIMIT:
            self.settings[self.general_cells(cells)] = Setting(frame, runs)
        for codes, cells_of, known in (part for run in runs for part in run.parts):
            if len(known) < LIMIT:
                known[cells_of(cells)] = [answers_text({code: kept[code]})[1:-1] for code in codes if code in kept]

    def _runs(self, survey: Survey) -> Iterator[Run]:
        for groups in neighbours(_groups(survey)):
            yield self._run(groups)
        # A version may lack a question that the map has: what stands there has to be nothing.
        other = [reader for code, reader in self.questions.items() if code not in survey.by_code]
        yield Run((Parts((), _cells_of(other), {}),), _cells_of(other), {})

    def _run(self, groups: Sequence[Sequence[str]]) -> Run:
        readers = [[self.questions[code] for code in group if code in self.questions] for group in groups]
        parts = (Parts(tuple(group), _cells_of(own), {}) for group, own in zip(groups, readers, strict=True))
        return Run(tuple(parts), _cells_of([one for own in readers for one in own]), {})


def neighbours(groups: Sequence[Sequence[str]]) -> list[list[Sequence[str]]]:
    """Sorted groups in runs of which each ends before the next begins, so that their members stay in order."""
    runs: list[list[Sequence[str]]] = []
    end = ""
    for group in groups:
        if runs and (group[0] < end or len(runs[-1]) < TOGETHER):
            runs[-1].append(group)
        else:
            runs.append([group])
        end = max(end, group[-1])
    return runs


def _groups(survey: Survey) -> list[list[str]]:
    """The questions by code, those together that depend on each other, directly or by way of others."""
    group: dict[str, set[str]] = {question.code: {question.code} for question in survey.questions}
    for question in survey.questions:
        for asked in question.show_if:
            joined = group[question.code] | group[asked]
            group.update(dict.fromkeys(joined, joined))
    return sorted({frozenset(codes): sorted(codes) for codes in group.values()}.values())


def _cells_of(readers: Iterator[Reader] | Sequence[Reader]) -> Callable[[Cells], Hashable]:
    """What to call to get a row's cells that the readers read, for a key."""
    each = (reader.readers.values() if isinstance(reader, Ticks) else (reader,) for reader in readers)
    places = sorted({one.place for several in each for one in several if one.place >= 0})
    return itemgetter(*places) if places else lambda _: ""
