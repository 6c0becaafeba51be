"""Further languages of an office: which there are, and how far its texts are written in them.

Every text stands in Chinese and English. What is missing in a further language is shown in Chinese.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from surveys.errors import Problem
from surveys.yaml_reading import LANGUAGES, NOWHERE, TAG_PATTERN, Place, Text

FILE = "languages.yaml"


@dataclass(frozen=True)
class Language:
    """A language by its tag, as `ug` or `zh-Hans-x-easy`, and its own name for itself."""

    tag: str
    name: str
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class LanguagesFile:
    """The shape of languages.yaml."""

    languages: tuple[Language, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags, in the order of the file."""
        return tuple(one.tag for one in self.languages)

    def problems(self) -> Iterator[Problem]:
        """Tags that are none, that stand twice, or that every office has anyway."""
        seen = set(LANGUAGES)
        for one in self.languages:
            if not re.fullmatch(TAG_PATTERN, one.tag):
                yield one.place.problem(f"'{one.tag}' is no language tag: write it as ug or zh-Hans-x-easy", "tag")
            if one.tag in seen:
                yield one.place.problem(f"language '{one.tag}' stands twice: zh and en are always there", "tag")
            seen.add(one.tag)


def texts_of(value: Any) -> Iterator[Text]:
    """Every text in a definition, or in what holds definitions."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from texts_of(member)
    elif isinstance(value, tuple):
        for member in value:
            yield from texts_of(member)
    elif is_dataclass(value):
        for item in fields(value):
            yield from texts_of(getattr(value, item.name))


def missing(value: Any, languages: tuple[Language, ...]) -> Mapping[str, tuple[int, int]]:
    """By tag, how many texts are not written in a further language, and how many there are."""
    found: Counter[str] = Counter()
    every = {id(text): text for text in texts_of(value)}.values()  # units stand in the tree and by code
    for text in every:
        found.update(one.tag for one in languages if one.tag not in text)
    return {one.tag: (found[one.tag], len(every)) for one in languages}
