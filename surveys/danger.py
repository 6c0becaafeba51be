"""Text that tells of danger to life: found by a list of words, so that a person looks at it first."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from surveys.yaml_reading import read

WORDS = Path(__file__).with_name("danger.yaml")


@dataclass(frozen=True)
class DangerFile:
    """The shape of danger.yaml."""

    zh: tuple[str, ...]
    en: tuple[str, ...]


def tells_of_danger(text: str) -> bool:
    """Whether the text holds a word of danger.yaml, in whatever language it is written."""
    return _pattern().search(text) is not None


@cache
def _pattern(path: Path = WORDS) -> re.Pattern[str]:
    words = read(path, DangerFile)
    anywhere = "|".join(re.escape(word) for word in words.zh)
    whole = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words.en)
    return re.compile(rf"{anywhere}|(?<![a-z])(?:{whole})(?![a-z])", re.IGNORECASE)
