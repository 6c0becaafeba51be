"""What every request needs, made once when the app starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import cast

from flask import current_app

from portal import forms, security
from portal.config import Config, ConfigError
from portal.pages import FormPages
from surveys import definition, keys, responses
from surveys.definition import Definitions
from surveys.store import Store


@dataclass(frozen=True)
class Portal:
    """All that a request needs, made once: settings, rules, store, keys, and the limits in memory."""

    config: Config
    definitions: Definitions
    store: Store
    keys: keys.Keys
    signer: security.TokenSigner
    pages: FormPages
    today: Callable[[], date]
    answers_limit: security.Limiter
    cases_limit: security.Limiter
    guesses_limit: security.Limiter
    votes_limit: security.Limiter


def open_portal(config: Config) -> Portal:
    """Load the rules and open the store; errors name what is wrong and stop the start."""
    _check_folder(config)
    rules = definition.load(config.definitions)
    forms.check_kinds(tuple(rules.surveys.values()))
    fresh = not config.database.exists()
    office_keys = keys.load_keys(config.database, create=fresh)
    return Portal(
        config=config,
        definitions=rules,
        store=Store.open(config.database, create=True),
        keys=office_keys,
        signer=security.TokenSigner(office_keys),
        pages=FormPages(),
        today=lambda: config.today or responses.today(),
        answers_limit=security.Limiter(config.answers_per_minute, config.answers_per_minute * 20),
        cases_limit=security.Limiter(per_minute=30, per_hour=300),
        guesses_limit=security.Limiter(per_minute=10, per_hour=40),
        votes_limit=security.Limiter(per_minute=30, per_hour=300),
    )


def _check_folder(config: Config) -> None:
    """One new folder for the database is meant, such as var/; more are a mistyped path."""
    above = config.database.absolute().parent.parent
    if not above.is_dir():
        raise ConfigError(
            f"HUIYIN_DATABASE is '{config.database}', and there is no folder {above}: make it, or correct the path"
        )


def portal() -> Portal:
    """The portal of the current request's app."""
    return cast(Portal, current_app.extensions["portal"])
