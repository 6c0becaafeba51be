"""What a definition says in one fixed form, for its fingerprint."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from surveys.yaml_reading import LANGUAGES, Text


def plain(value: Any) -> Any:
    """The members of a definition, its place left out; texts in Chinese and English, for others may come later."""
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value) if item.name != "place"}
    if isinstance(value, Text):
        return {language: value[language] for language in LANGUAGES}
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, tuple):
        return [plain(member) for member in value]
    return value.isoformat() if isinstance(value, date) else value
