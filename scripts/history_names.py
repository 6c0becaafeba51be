"""What units, surveys and questions are called, and where their pages stand."""

import json
from collections.abc import Iterable, Sequence

from scripts.history import History
from scripts.history_text import Words
from scripts.ratings import month_days
from surveys.definition import Definitions, Question, Survey, Unit
from surveys.released import ALL, OTHER

LIST = "index"


def page_name(code: str) -> str:
    """The name of a unit's or survey's page; one called `index` would stand where the list of all stands."""
    return code.upper() if code == LIST else code


def front_matter(title: str, summary: str, **more: object) -> str:
    """The head of a page."""
    lines = {"title": title, "summary": summary, **more}
    return "\n".join(
        ["---", *(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in lines.items()), "---\n"]
    )


def page_of(blocks: Iterable[str]) -> str:
    """Blocks as the text of a page."""
    return "\n\n".join(block for block in blocks if block) + "\n"


class Names:
    """What units, surveys and questions are called in one language, as the definitions have it now."""

    def __init__(self, language: str, history: History, known: Definitions) -> None:
        self.language = language
        self.words = Words(language)
        self.history = history
        self.known = known
        self.parents: dict[str, Unit] = {below.code: unit for unit in known.units.values() for below in unit.units}
        self.last = month_days(history.months[-1].name)[1]

    def unit(self, code: str) -> str:
        """A unit's name; its code where the register has it no longer."""
        if code in (ALL, OTHER):
            return self.words(code)
        unit = self.known.units.get(code)
        return unit.name[self.language] if unit else code

    def units(self) -> tuple[str, ...]:
        """All units that have a page: the register's, then those that it has no longer."""
        return (*self.known.units, *(code for code in self.history.units if code not in self.known.units))

    def versions(self, key: str) -> Sequence[Survey]:
        """The versions that had opened when the newest month ended, oldest first."""
        return [one for one in self.known.versions(key) if one.opened <= self.last]

    def surveys(self) -> tuple[str, ...]:
        """All surveys that have a page: those that had opened, and those that were answered."""
        opened = {key for key, _ in self.known.surveys if self.versions(key)}
        return tuple(sorted(opened | set(self.history.surveys)))

    def survey(self, key: str) -> str:
        """A survey's title."""
        versions = self.versions(key) or self.known.versions(key)
        return versions[-1].title[self.language] if versions else key

    def question(self, key: str, code: str) -> Question | None:
        """A question as the newest version that has it puts it."""
        found = (one.by_code[code] for one in reversed(self.known.versions(key)) if code in one.by_code)
        return next(found, None)

    def asked(self, key: str, code: str) -> str:
        """The words of a question."""
        question = self.question(key, code)
        return question.text[self.language] if question else code

    def levels(self, key: str, code: str) -> dict[int, str]:
        """The texts of a question's five levels."""
        question = self.question(key, code)
        if question is None or question.scale not in self.known.scales:
            return {}
        return {level.value: level.text[self.language] for level in self.known.scale_of(question).levels}

    def options(self, key: str, code: str) -> dict[str, str]:
        """The texts of a question's options, of every version that had them."""
        versions = [one.by_code[code] for one in self.known.versions(key) if code in one.by_code]
        return {option.code: option.text[self.language] for one in versions for option in one.options}

    def best(self, key: str, code: str) -> dict[str, str]:
        """What the two best levels are called, to be put into sentences."""
        levels = self.levels(key, code)
        return {"best": levels.get(5, "5"), "good": levels.get(4, "4")}
