"""Sentences whose words follow a number: `{n:case was|cases were}` takes the first for 1, else the second."""

from collections.abc import Mapping
from string import Formatter
from typing import Any


class _Choosing(Formatter):
    def format_field(self, value: Any, format_spec: str) -> Any:
        one, bar, more = format_spec.partition("|")
        if not bar:
            return super().format_field(value, format_spec)
        return one if str(value) == "1" else more


_FORMAT = _Choosing()


def filled(sentence: str, values: Mapping[str, object]) -> str:
    """The sentence with the values put in, and words chosen by them; KeyError if a value is missing."""
    return _FORMAT.vformat(sentence, (), values)
