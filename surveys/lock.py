"""The lock of a definitions folder: the hash of each version that has opened, so that its wording stays.

Versions whose file leaves the first day to the desk are pinned there instead (see `surveys.openings`).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import cast

from surveys.definition import Definitions, Survey
from surveys.errors import DefinitionError, Problem

NAME = "lock.json"


def read_lock(directory: Path) -> dict[str, str]:
    """The locked hashes by file name without ending, such as counter-service.v1; empty if there is no lock yet."""
    path = directory / NAME
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DefinitionError([Problem(path, 0, 0, f"not JSON ({error}): put back the committed copy")]) from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise DefinitionError([Problem(path, 0, 0, "must map names to hashes: put back the committed copy")])
    return cast("dict[str, str]", found)


def opened(definitions: Definitions, today: date) -> dict[str, str]:
    """The hash of each version whose file had it open by the day."""
    dated = (survey for survey in definitions.surveys.values() if not survey.opens_at_desk)
    return {survey.file_name: definitions.digest(survey) for survey in dated if survey.opened <= today}


def following(definitions: Definitions, survey: Survey) -> str:
    """The name of the file in which a change of a survey belongs."""
    return f"{survey.key}.v{max(known.version for known in definitions.versions(survey.key)) + 1}.yaml"


def problems(directory: Path, definitions: Definitions, today: date) -> Iterator[Problem]:
    """Opened versions that are not locked or differ from their lock, and locked ones that are gone."""
    locked = read_lock(directory)
    by_name = {survey.file_name: survey for survey in definitions.surveys.values()}
    for name, digest in opened(definitions, today).items():
        if name not in locked:
            yield by_name[name].place.problem(
                "has opened and is not locked: run .venv/bin/python -m scripts.check --lock, and keep lock.json with "
                "the files",
                "opened",
            )
        elif locked[name] != digest:
            survey = by_name[name]
            change = "the wording of an opened version changed, here or in its scale"
            yield survey.place.problem(f"{change}: undo it, or copy the file to {following(definitions, survey)}")
    for name in locked:
        if name not in by_name:
            path = directory / "surveys" / f"{name}.yaml"
            yield Problem(path, 0, 0, "a version that has opened is gone: put the file back, its answers need it")
        elif by_name[name].opens_at_desk or by_name[name].opened > today:
            yield by_name[name].place.problem("'opened' was moved although the version had opened: undo it", "opened")


def additions(directory: Path, definitions: Definitions, today: date) -> Mapping[str, str]:
    """What the lock lacks: opened versions that are not in it."""
    locked = read_lock(directory)
    return {name: digest for name, digest in opened(definitions, today).items() if name not in locked}


def write_lock(directory: Path, definitions: Definitions, today: date) -> tuple[str, ...]:
    """Lock the versions that have opened since; gives their names. An entry that is there is never changed."""
    new = additions(directory, definitions, today)
    if new:
        text = json.dumps(read_lock(directory) | dict(new), indent=2, sort_keys=True)
        draft = directory / f".{NAME}"
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(directory / NAME)
    return tuple(sorted(new))
