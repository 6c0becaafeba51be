"""YAML 1.2 into frozen dataclasses, every fault with its line and column.

The dataclass is the grammar: its field names are the keys, its annotations the types. The same
annotations give the JSON Schema for editors (`surveys.json_schema`), so the two cannot differ.
"""

import difflib
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from dataclasses import is_dataclass as is_dataclass_type
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from surveys.errors import DefinitionError, Problem

LANGUAGES = ("zh", "en")
"""What every text is written in; an office may list further languages."""
TAG_PATTERN = r"[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}"
CODE_PATTERN = r"[a-z0-9][a-z0-9_-]{0,39}"
MAX_DEPTH = 50
MOST_BYTES = 4 * 1024 * 1024
"""Of one file; 10,000 units fit in."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

Code = NewType("Code", str)
"""A stable name that is stored and stands in links: lower case, digits, - and _."""
Scalar = NewType("Scalar", str)
"""A plain value of any kind, kept as it is written."""
T = TypeVar("T")


class Text(dict[str, str]):
    """One human text in every language of `LANGUAGES`, and in further ones; where one is missing, in Chinese."""

    def __missing__(self, language: str) -> str:
        return self[LANGUAGES[0]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mapping stands in its file, and where each of its keys does."""

    path: Path
    line: int
    column: int
    keys: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def problem(self, message: str, key: str | None = None) -> Problem:
        """A problem at the key, or at the mapping where no key is named."""
        line, column = self.keys.get(key or "", (self.line, self.column))
        return Problem(self.path, line, column, message)


NOWHERE = Place(Path(), 0, 0)
"""The place of what was made in code and not read from a file."""


class _Bad(Exception):
    """A value that cannot be built; its problem is already noted."""


def read(path: Path, kind: type[T], further: Sequence[str] = ()) -> T:
    """Read one YAML file as `kind`, its texts in further languages too; DefinitionError lists every fault in it."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig")  # some editors put a byte order mark in front
    except UnicodeDecodeError as error:
        good = error.object[: error.start].decode()
        place = _position(good, len(good))
        raise DefinitionError([Problem(path, *place, "not UTF-8 from here on: save the file as UTF-8")]) from error
    except OSError as error:
        raise DefinitionError([Problem(path, 0, 0, f"cannot be read: {error.strerror}")]) from error
    if len(data) > MOST_BYTES:
        raise DefinitionError([Problem(path, 0, 0, f"larger than {MOST_BYTES // 1024**2} MB: is it the right file?")])
    return parse(text.replace("\r\n", "\n").replace("\r", "\n"), path, kind, further)


def parse(text: str, path: Path, kind: type[T], further: Sequence[str] = ()) -> T:
    """Read YAML `text` as `kind`; faults are reported as of the file at `path`."""
    reader = _Reader(path, further)
    node = _compose(text, path)
    try:
        value = reader.build(kind, node, "")
    except _Bad:
        value = None
    if reader.problems:
        raise DefinitionError(reader.problems)
    return cast(T, value)


def _position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of the character at `index`."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _compose(text: str, path: Path) -> Node:
    if bad := _UNPRINTABLE.search(text):
        message = f"not YAML: the character U+{ord(bad[0]):04X} cannot stand in a text file, delete it"
        raise DefinitionError([Problem(path, *_position(text, bad.start()), message)])
    try:
        node = _nodes(text)
    except MaxDepthExceededError as error:
        place = Place(path, error.problem_mark.line + 1, error.problem_mark.column + 1)
        raise DefinitionError([place.problem(f"nested more than {MAX_DEPTH} deep: check the brackets")]) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise DefinitionError([Problem(path, line, column, f"not YAML: {error.problem or error.context}")]) from error
    except (YAMLError, ValueError) as error:
        raise DefinitionError([Problem(path, 0, 0, f"not YAML: {error}")]) from error
    if node is None:
        raise DefinitionError([Problem(path, 1, 1, "the file is empty")])
    if anchors := dict.fromkeys(_anchors(node)):
        advice = "anchors (& and *) are not used here: write it out each time"
        raise DefinitionError([_place(path, anchor).problem(advice) for anchor in anchors])
    return node


def _named(kind: type) -> str:
    """What a record is called in a message, such as 'an answer map' for AnswerMap."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}"  # a unit begins with another sound


_hints = lru_cache(maxsize=None)(get_type_hints)


@lru_cache(maxsize=64)
def _nodes(text: str) -> Node | None:
    """The nodes of YAML `text`, which nobody changes: reading the same files again costs a hundredth."""
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAX_DEPTH
    return cast(Node | None, yaml.compose(text))


def _anchors(root: Node) -> Iterator[Node]:
    """Nodes with an anchor; an alias may lead back up, so what has one is not entered."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.anchor is not None:
            yield node
        elif isinstance(node, MappingNode):
            waiting += [member for pair in node.value for member in pair]
        elif isinstance(node, SequenceNode):
            waiting += node.value


class _Reader:
    def __init__(self, path: Path, further: Sequence[str]) -> None:
        self.path = path
        self.languages = (*LANGUAGES, *further)
        self.problems: list[Problem] = []

    def fail(self, node: Node, message: str) -> _Bad:
        self.problems.append(Problem(self.path, node.start_mark.line + 1, node.start_mark.column + 1, message))
        return _Bad()

    def build(self, kind: Any, node: Node, key: str) -> Any:
        origin = get_origin(kind)
        if kind is Text:
            return self.text(node)
        if isinstance(kind, type) and is_dataclass_type(kind):
            return self.record(kind, node)
        if origin is tuple:
            return self.sequence(get_args(kind)[0], node, key)
        if origin in (dict, Mapping):
            return self.mapping(get_args(kind)[1], node, key)
        if origin in (Union, types.UnionType):
            return self.union(get_args(kind), node, key)
        return self.scalar(kind, node, key)

    def union(self, arms: tuple[Any, ...], node: Node, key: str) -> Any:
        if Scalar in arms and str(node.tag).endswith(":null"):
            return None
        fitting = [arm for arm in arms if (get_origin(arm) is Mapping) == isinstance(node, MappingNode)]
        return self.build(next(arm for arm in (*fitting, *arms) if arm is not type(None)), node, key)

    def pairs(self, node: Node, what: str) -> dict[str, tuple[Node, Node]]:
        if not isinstance(node, MappingNode):
            raise self.fail(node, f"{what} must be a mapping of keys to values")
        found: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise self.fail(key, "a key must be a plain word")
            if key.value in found:
                first = found[key.value][0].start_mark.line + 1
                raise self.fail(key, f"key '{key.value}' stands twice (first in line {first}): keep one")
            found[key.value] = (key, value)
        return found

    def text(self, node: Node) -> Text:
        pairs = self.pairs(node, "a text")
        for name, (key, _) in pairs.items():
            if name not in self.languages:
                self.fail(key, f"unknown language '{name}': write {' and '.join(self.languages)}")
        missing = [language for language in LANGUAGES if language not in pairs]
        if missing:
            raise self.fail(node, f"text in '{missing[0]}' is missing: write every text in {' and '.join(LANGUAGES)}")
        written = (name for name in self.languages if name in pairs)
        return Text({name: self.build(str, pairs[name][1], name).strip() for name in written})

    def record(self, kind: type, node: Node) -> Any:
        pairs = self.pairs(node, _named(kind))
        hints = _hints(kind)
        known = {item.name: item for item in fields(kind) if item.name != "place"}
        self.unknown_keys(pairs, known)
        values: dict[str, Any] = {}
        before = len(self.problems)
        for name, item in known.items():
            self.member(node, pairs, item, hints[name], values)
        if len(self.problems) > before:
            raise _Bad
        if "place" in hints:
            values["place"] = _place(self.path, node, pairs)
        return kind(**values)

    def member(
        self,
        node: Node,
        pairs: dict[str, tuple[Node, Node]],
        item: "Field[Any]",
        hint: Any,
        values: dict[str, Any],
    ) -> None:
        if item.name in pairs:
            try:
                values[item.name] = self.build(hint, pairs[item.name][1], item.name)
            except _Bad:
                return
        elif item.default is MISSING and item.default_factory is MISSING:
            self.fail(node, f"key '{item.name}' is missing")

    def unknown_keys(self, pairs: dict[str, tuple[Node, Node]], known: Mapping[str, object]) -> None:
        for name, (key, _) in pairs.items():
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                advice = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(known)}"
                self.fail(key, f"unknown key '{name}', {advice}")

    def sequence(self, kind: Any, node: Node, key: str) -> tuple[Any, ...]:
        if not isinstance(node, SequenceNode):
            raise self.fail(node, f"'{key}' must be a list")
        return tuple(self.each(kind, item, key) for item in node.value)

    def each(self, kind: Any, node: Node, key: str) -> Any:
        try:
            return self.build(kind, node, key)
        except _Bad:
            return None

    def mapping(self, kind: Any, node: Node, key: str) -> dict[str, Any]:
        return {name: self.each(kind, value, name) for name, (_, value) in self.pairs(node, f"'{key}'").items()}

    def scalar(self, kind: Any, node: Node, key: str) -> Any:
        if not isinstance(node, ScalarNode):
            raise self.fail(node, f"'{key}' must be one value, not a list or mapping")
        if get_origin(kind) is Literal:
            return self.choice(get_args(kind), node, key)
        return _SCALARS[kind](self, node, key)

    def choice(self, allowed: tuple[str, ...], node: ScalarNode, key: str) -> str:
        if node.value in allowed:
            return cast(str, node.value)
        close = difflib.get_close_matches(node.value, allowed, n=1)
        advice = f", did you mean '{close[0]}'?" if close else ""
        raise self.fail(node, f"'{key}' is '{node.value}', must be one of {', '.join(allowed)}{advice}")

    def string(self, node: ScalarNode, key: str) -> str:
        if not str(node.tag).endswith(":str"):
            raise self.fail(node, f"'{key}' must be text: put quotes around {node.value}")
        if not node.value.strip():
            raise self.fail(node, f"'{key}' is empty")
        if bad := _UNPRINTABLE.search(node.value):
            raise self.fail(node, f"'{key}' holds the character U+{ord(bad[0]):04X}, which no screen shows: delete it")
        return cast(str, node.value)

    def code(self, node: ScalarNode, key: str) -> str:
        if not re.fullmatch(CODE_PATTERN, node.value):
            raise self.fail(
                node,
                f"'{key}' is '{node.value}': a code has lower-case letters, digits, - and _, at most 40, no spaces",
            )
        return cast(str, node.value)

    def integer(self, node: ScalarNode, key: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", node.value) or node.style:
            raise self.fail(node, f"'{key}' is '{node.value}', must be a whole number")
        return int(node.value)

    def boolean(self, node: ScalarNode, key: str) -> bool:
        if node.style or node.value not in ("true", "false"):
            raise self.fail(node, f"'{key}' is '{node.value}', must be true or false")
        return bool(node.value == "true")

    def day(self, node: ScalarNode, key: str) -> date:
        try:
            return date.fromisoformat(node.value if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", node.value) else "")
        except ValueError:
            raise self.fail(node, f"'{key}' is '{node.value}', must be a date as 2026-11-01") from None

    def plain(self, node: ScalarNode, key: str) -> str:
        return cast(str, node.value)


_SCALARS: Mapping[Any, Any] = {
    str: _Reader.string,
    Code: _Reader.code,
    int: _Reader.integer,
    bool: _Reader.boolean,
    date: _Reader.day,
    Scalar: _Reader.plain,
}


def _place(path: Path, node: Node, pairs: Mapping[str, tuple[Node, Node]] = types.MappingProxyType({})) -> Place:
    keys = {name: (value.start_mark.line + 1, value.start_mark.column + 1) for name, (_, value) in pairs.items()}
    return Place(path, node.start_mark.line + 1, node.start_mark.column + 1, keys)
