"""What every request needs, made when the app starts and made anew when what is asked changes.

A request takes one portal and keeps it: definitions and rendered forms in it belong together.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from flask import Flask, current_app

from portal import forms, limits, security
from portal.config import Config
from portal.journal import LOG
from portal.limits import Limiter
from portal.pages import FormPages
from portal.watch import Mark, Watch, mark_of
from surveys import contact_rotation, definition, keys, openings, responses, rotation
from surveys.definition import Definitions
from surveys.errors import DefinitionError, Problem, StoreBusyError, StoreError
from surveys.openings import OpeningRow
from surveys.store import Store, cards, require_folder
from surveys.store import openings as record

REPLY_SECONDS = 10.0
"""For so long a request waits for the next word of a database server that has gone silent."""


@dataclass(frozen=True)
class Portal:
    """All that a request needs: settings, rules, store, keys, and the limits in memory.

    `written` are the definitions as the files have them, `definitions` those in force after the desk's
    openings, `faults` what keeps a later change of the files from being in force. `carded` are the surveys that
    reply cards were issued for.
    """

    config: Config
    definitions: Definitions
    written: Definitions
    openings: tuple[OpeningRow, ...]
    carded: frozenset[str]
    faults: tuple[Problem, ...]
    mark: Mark
    watch: Watch
    store: Store
    keys: keys.Keys
    signer: security.TokenSigner
    pages: FormPages
    today: Callable[[], date]
    answers_limit: Limiter
    cases_limit: Limiter
    guesses_limit: Limiter
    cards_limit: Limiter
    feeds_limit: Limiter
    votes_limit: Limiter
    kiosks_limit: Limiter
    sign_in_limit: Limiter


def open_portal(config: Config) -> Portal:
    """Load the rules and open the store; errors name what is wrong and stop the start."""
    require_folder(config.database, "HUIYIN_DATABASE")
    mark = mark_of(config.definitions)
    written = _load(config)
    fresh = not config.database.exists()
    office_keys = keys.load_keys(config.database, create=fresh)
    store = Store.open(config.database, create=True, reply_seconds=REPLY_SECONDS)
    rotation.require_newest(store, config.database)
    contact_rotation.require_newest(store, config.database)
    rows = store.read(record.every)
    return Portal(
        config=config,
        definitions=openings.effective(written, rows, at_once=True),
        written=written,
        openings=rows,
        carded=store.read(cards.surveys_with_cards),
        faults=(),
        mark=mark,
        watch=Watch(),
        store=store,
        keys=office_keys,
        signer=security.TokenSigner(office_keys),
        pages=FormPages(),
        today=lambda: config.today or responses.today(),
        **_limits(config),
    )


def _limits(config: Config) -> dict[str, Limiter]:
    """How many a minute and an hour one address may send of each kind, counted by all workers together."""
    memory = limits.Memory.of()
    of_answers = (config.answers_per_minute, config.answers_per_minute * 20)
    wide, narrow = (30, 300), (10, 40)
    each = (of_answers, wide, narrow, narrow, narrow, wide, (30, 600), (10, 90))
    named = zip(limits.LIMITS, each, strict=True)
    return {f"{name.replace('-', '_')}_limit": Limiter(*numbers, memory, name) for name, numbers in named}


def _load(config: Config) -> Definitions:
    written = definition.load(config.definitions)
    forms.check_kinds(tuple(written.surveys.values()))
    return written


def portal() -> Portal:
    """The portal of the current request's app, brought up to date if that was not done within the last second."""
    return portal_of(current_app)


def portal_of(app: Flask) -> Portal:
    """The portal of an app, up to date likewise."""
    extensions = app.extensions
    here = cast(Portal, extensions["portal"])
    if here.watch.is_due() and here.watch.begin():
        try:
            here = cast(Portal, extensions["portal"])
            if (found := _looked(here)) is not here:
                extensions["portal"] = here = found
        finally:
            here.watch.end()
    return here


def _looked(here: Portal) -> Portal:
    """The portal after a look at files and record; the same one if nothing changed."""
    mark = mark_of(here.config.definitions)
    found = _with_keys(here if mark == here.mark else _reloaded(here, mark))
    rows, carded = _record(here)
    if found.written is here.written and (rows, carded) == (here.openings, here.carded):
        return found
    rules = openings.effective(found.written, rows, at_once=True)
    return replace(found, definitions=rules, openings=rows, carded=carded, pages=FormPages())


def _with_keys(here: Portal) -> Portal:
    """With the keys as they are now, which a command may have rotated; those before stay if they cannot be read."""
    try:
        found = keys.load_keys(here.config.database, create=False)
    except StoreError as error:
        LOG.error("the keys cannot be read, so those before stay in force: %s", error)
        return here
    return here if found == here.keys else replace(here, keys=found, signer=security.TokenSigner(found))


def _reloaded(here: Portal, mark: Mark) -> Portal:
    """With the files as they are now; where they have faults, the last good ones stay in force."""
    try:
        return replace(here, written=_load(here.config), faults=(), mark=mark)
    except DefinitionError as error:
        if error.problems != here.faults:
            LOG.error("the definitions have faults, so the ones before stay in force:\n%s", error)
        return replace(here, faults=error.problems, mark=mark)


def _record(here: Portal) -> tuple[tuple[OpeningRow, ...], frozenset[str]]:
    """The desk's openings, and the surveys that have cards."""
    try:
        return here.store.read(lambda connection: (record.every(connection), cards.surveys_with_cards(connection)))
    except (StoreBusyError, StoreError) as error:
        LOG.error("the record of openings cannot be read, so the last one stays in force: %s", error)
        return here.openings, here.carded
