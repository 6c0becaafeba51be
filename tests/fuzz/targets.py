"""What the fuzzers call: each target takes any bytes, and whatever it raises is a fault that was found.

A target says what may be refused, and by which error, and holds what was taken against what nobody may get through.
"""

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask

from portal import create_app
from portal.config import Config
from portal.limits import Limiter
from portal.replies import render
from portal.state import Portal
from scripts import sheet_worker
from scripts.answer_files import read_table
from scripts.answer_map import AnswerMap
from scripts.answer_sheets import BEGINNINGS
from scripts.answer_table import AnswerFileError
from surveys import grants, offline, queue_file
from surveys.definition import Survey
from surveys.errors import DefinitionError, HuiyinError
from surveys.grants import Grant
from surveys.json_schema import FILES
from surveys.keys import Keys, load_keys
from surveys.offline import OfflineError
from surveys.yaml_reading import read
from tests.adversary.books import book_of, sheet_of

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 20)
KINDS = (Survey, AnswerMap, *(kind for name, kind in FILES.items() if name != "survey"))


@contextmanager
def file_of(data: bytes) -> Iterator[Path]:
    """A file of these bytes that lies on no disk."""
    number = os.memfd_create("fuzz")
    try:
        os.write(number, data)
        yield Path(f"/proc/self/fd/{number}")
    finally:
        os.close(number)


def definitions(data: bytes) -> None:
    """A file of definitions or a map, of the kind that the first byte names: taken, or refused with lines."""
    with file_of(data[1:]) as path:
        try:
            read(path, KINDS[data[0] % len(KINDS)] if data else Survey)
        except DefinitionError as error:
            assert error.problems
            assert all(problem.line > 0 and problem.column > 0 for problem in error.problems), error


def csv(data: bytes) -> None:
    """A file of answers: a table whose rows are as wide as its header, or refused."""
    if data.startswith(BEGINNINGS):
        return
    with file_of(data) as path, suppress(AnswerFileError):
        table = read_table(path)
        lines = [line for line, _ in table.rows]
        assert lines == sorted(set(lines))
        assert all(len(cells) == len(table.header) for _, cells in table.rows)
        assert not any("\0" in cell for _, cells in table.rows for cell in cells)


def spreadsheet(data: bytes) -> None:
    """The XML of a sheet: what unfolds of it is no more than what was counted before."""
    whole = book_of(data if data.startswith(b"<") else sheet_of(data.decode("utf-8", "replace")))
    try:
        counted = sheet_worker.surveyed(whole, 0)
        told = [message for message in sheet_worker.read(whole, None) if message[0] == "row"]
    except Exception:  # the process tells each of them as a refusal
        return
    assert counted is not None
    assert all(line <= counted.rows and len(cells) <= counted.columns for _, line, cells in told), "uncounted"


def markdown(data: bytes) -> None:
    """A reply: nothing in what is shown runs, loads or leads away."""
    shown = str(render(data.decode("utf-8", "replace")))
    for tag, attributes in re.findall(r"<\s*/?([^\s>/]*)([^>]*)>", shown):
        assert tag in ALLOWED, tag
        if attributes.strip(" /"):
            link = re.fullmatch(r' href="([^"]*)"', attributes)
            assert tag == "a"
            assert link, attributes
            assert re.match(r"(/(?![/\\])|tel:\+?[0-9])", link[1]), link[1]


ALLOWED = {"a", "blockquote", "br", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "strong", "ul"}


def queue(data: bytes) -> None:
    """A file of waiting answers, from outside or, behind one byte, what was sealed in it: judged, or refused."""
    with suppress(HuiyinError):
        if data[:1] in (b"", b"{", b"["):
            queue_file.open_file(keys(), data)
            return
        for body in queue_file.answers_in(data[1:]):
            with suppress(OfflineError):
                sent = offline.read(keys(), with_grant(body))
                offline.response_of(portal().definitions, sent, TODAY)


def with_grant(body: Any) -> Any:
    """What a device sends, with a grant of this office where it says so."""
    if isinstance(body, dict) and body.get("grant") == "GRANT":
        return body | {"grant": grants.sign(keys(), Grant("visit", 1, "chengdong", TODAY))}
    return body


FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
POSTS = (
    ("/s/visit?unit=chengdong", FORM, "visit"),
    ("/s/visit?unit=chengdong", PARTS, "visit"),
    ("/suggest", FORM, "suggest"),
    ("/suggest", PARTS, "suggest"),
    ("/case", FORM, ""),
    ("/case/photos", PARTS, ""),
    ("/check", FORM, ""),
    ("/helpful", FORM, ""),
    ("/api/answers", "application/json", ""),
    ("/open311/v2/requests.json", FORM, ""),
)
"""Where bodies are sent, of what type, and whose token stands in them for the word TOKEN."""


def form(data: bytes) -> None:
    """The body of a post to the address that the first byte names: answered, never with a fault of ours."""
    path, kind, subject = POSTS[data[0] % len(POSTS) if data else 0]
    body = data[1:]
    if subject and b"TOKEN" in body:
        body = body.replace(b"TOKEN", portal().signer.new(subject, 1).encode(), 1)
    answer = app().test_client().post(path, data=body, content_type=kind)
    assert answer.status_code < 500, (path, answer.status_code)


@cache
def app() -> Flask:
    """A portal in a folder of its own, without limits."""
    folder = Path(tempfile.mkdtemp(prefix="huiyin-fuzz-"))
    config = Config(
        database=folder / "huiyin.db",
        definitions=ROOT / "surveys/definitions",
        public=folder / "public",
        minimum_seconds=0,
        today=TODAY,
    )
    made = create_app(config)
    found: Portal = made.extensions["portal"]
    limits: dict[str, Any] = {name: Limiter(10**9, 10**9) for name in vars(found) if name.endswith("_limit")}
    made.extensions["portal"] = replace(found, **limits)
    atexit.register(shutil.rmtree, folder)
    atexit.register(found.store.close)
    return made


def portal() -> Portal:
    """Its rules, store and keys."""
    found: Portal = app().extensions["portal"]
    return found


@cache
def keys() -> Keys:
    """The keys of its office."""
    return load_keys(portal().config.database, create=False)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "definitions": definitions,
    "csv": csv,
    "spreadsheet": spreadsheet,
    "markdown": markdown,
    "queue": queue,
    "form": form,
}


def every(data: bytes) -> None:
    """One of the targets, by the first byte."""
    if data:
        list(TARGETS.values())[data[0] % len(TARGETS)](data[1:])
