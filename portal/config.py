"""What an operator can set, from the environment, frozen once read."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from surveys.errors import HuiyinError, StoreError
from surveys.store import locate

_LEAST = {"HUIYIN_THREADS": 1}


class ConfigError(HuiyinError):
    """A setting in the environment cannot be used."""


@dataclass(frozen=True)
class Config:
    """Every setting with its default; the environment variable is HUIYIN_ and the upper-case name.

    `answers_per_minute` is the most that one address may send, a hall or a counter behind it included.
    `host` and `port` are also taken from HOST and PORT. `proxies` is how many reverse proxies in front
    may name the visitor's address. `threads` are many, because one that waits for a slow connection does
    nothing else; three quarters of them may wait so. `today` pins the calendar for a rehearsal; leave it
    unset to serve.
    """

    database: Path = Path("var/huiyin.db")
    definitions: Path = Path("surveys/definitions")
    public: Path = Path("build/public")
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 64
    proxies: int = 0
    minimum_seconds: int = 2
    answers_per_minute: int = 300
    today: date | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Config":
        """Read the settings; ConfigError names the variable and what it must be."""
        values: dict[str, Any] = {}
        for item in fields(cls):
            names = [f"HUIYIN_{item.name.upper()}"] + ([item.name.upper()] if item.name in ("host", "port") else [])
            found = next((name for name in names if environment.get(name)), None)
            if found:
                read = _parse if item.name != "database" else _database
                values[item.name] = read(found, environment[found], item.default)
        return cls(**values)


def _parse(name: str, text: str, default: object) -> object:
    least = _LEAST.get(name, 0)
    try:
        if isinstance(default, Path):
            return Path(text)
        if isinstance(default, int):
            return _whole(text, least)
        return date.fromisoformat(text) if default is None else text
    except ValueError:
        wanted = f"a whole number from {least} to 65535" if isinstance(default, int) else "a date as 2026-11-01"
        raise ConfigError(f"{name} is '{text}', must be {wanted}") from None


def _database(name: str, text: str, _default: object) -> Path:
    try:
        return locate(text)
    except StoreError as error:
        raise ConfigError(f"{name}: {error}") from None


def _whole(text: str, least: int) -> int:
    number = int(text)
    if not least <= number <= 65535:
        raise ValueError(text)
    return number
