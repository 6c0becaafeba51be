"""What an operator can set, from the environment, frozen once read."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from surveys import filings
from surveys.errors import HuiyinError, StoreError
from surveys.store import locate

_LEAST = {"HUIYIN_THREADS": 1}


class ConfigError(HuiyinError):
    """A setting in the environment cannot be used."""


def _means(words: str) -> dict[str, str]:
    return {"words": words}


@dataclass(frozen=True)
class Config:
    """Every setting with its default and its meaning; the environment variable is HUIYIN_ and the upper-case name.

    `host` and `port` are also taken from HOST and PORT. `threads` are many, because one that waits for a
    slow connection does nothing else; three quarters of them may wait so.
    """

    database: Path = field(
        default=Path("var/huiyin.db"), metadata=_means("the database: a file, or a URL of postgresql://")
    )
    definitions: Path = field(default=Path("surveys/definitions"), metadata=_means("the folder with units and surveys"))
    public: Path = field(default=Path("build/public"), metadata=_means("the built site"))
    site_url: str | None = field(
        default=None,
        metadata=_means("the public address of the site, for QR codes, receipts and feeds; no request can set it"),
    )
    icp: filings.Place | None = field(
        default=None, metadata=_means("the site's registration number, shown at the foot of every page")
    )
    police_filing: filings.Place | None = field(
        default=None, metadata=_means("the number of the registration with the police, shown there too")
    )
    host: str = field(default="127.0.0.1", metadata=_means("name or address to serve on"))
    port: int = field(default=8000, metadata=_means("port to serve on, 0 for any that is free"))
    threads: int = field(default=64, metadata=_means("how many requests are served at once"))
    proxies: int = field(default=0, metadata=_means("how many reverse proxies in front may name a visitor's address"))
    minimum_seconds: int = field(default=2, metadata=_means("a form sent faster than this is shown once more"))
    answers_per_minute: int = field(
        default=300, metadata=_means("how many answers a minute one address may send, a hall or a counter included")
    )
    today: date | None = field(default=None, metadata=_means("a fixed day for rehearsals; leave it unset to serve"))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Config":
        """Read the settings; ConfigError names the variable and what it must be."""
        values: dict[str, Any] = {}
        for item in fields(cls):
            found = next((name for name in _variables(item.name) if environment.get(name)), None)
            if found:
                read = _READERS.get(item.name, _parse)
                values[item.name] = read(found, environment[found], item.default)
        return cls(**values)

    @property
    def site_host(self) -> str:
        """Host and port of the public address as people type them, empty where it is not set."""
        return (self.site_url or "").partition("//")[2]


def settings() -> list[str]:
    """A line for each setting: its variables, what it means and its default."""
    return [
        f"  {', '.join(_variables(item.name)):<28} {item.metadata['words']}"
        + (f" (default {item.default})" if item.default is not None else "")
        for item in fields(Config)
    ]


def _variables(name: str) -> list[str]:
    short = [name.upper()] if name in ("host", "port") else []
    return [f"HUIYIN_{name.upper()}", *short]


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


def _address(name: str, text: str, _default: object) -> str:
    try:
        return filings.site_address(text)
    except filings.FilingError as error:
        raise ConfigError(f"{name} {error}") from None


def _filing(name: str, text: str, _default: object) -> object:
    try:
        return filings.READERS[name](text)
    except filings.FilingError as error:
        raise ConfigError(f"{name} {error}") from None


_READERS: Mapping[str, Callable[[str, str, object], object]] = {
    "database": _database,
    "site_url": _address,
    "icp": _filing,
    "police_filing": _filing,
}


def _whole(text: str, least: int) -> int:
    number = int(text)
    if not least <= number <= 65535:
        raise ValueError(text)
    return number
