"""One statement in the words of two engines: JSON taken apart, and texts joined in the order of their key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, TextClause, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


@dataclass(frozen=True)
class Words:
    """Parts of a statement; `{}` stands for what is taken apart or joined.

    `each` gives rows `question` of key and value, `is_array` and `plain` tell of such a value, `joined` is texts with
    their questions, parted by the characters 31 and 30, `listed` names parted by commas.
    """

    each: str
    is_array: str
    plain: str
    joined: str
    listed: str


_WORDS = {
    "sqlite": Words(
        each="json_each({}) AS question",
        is_array="question.type = 'array'",
        plain="CAST(question.value AS TEXT)",
        joined="group_concat(question || char(31) || text, char(30))",
        listed="group_concat({})",
    ),
    "postgresql": Words(
        each="json_each(CAST({} AS json)) AS question(key, value)",
        is_array="json_typeof(question.value) = 'array'",
        plain="question.value #>> '{}'",
        joined="string_agg(question || chr(31) || text, chr(30) ORDER BY question)",
        listed="string_agg({0}, ',' ORDER BY {0})",
    ),
}


class Wording:
    """A statement that is worded for the engine it runs on."""

    def __init__(self, build: Callable[[Words], str]) -> None:
        self._made = {name: text(build(words)) for name, words in _WORDS.items()}

    def on(self, connection: Connection) -> TextClause:
        """The statement in the words of the connection's engine."""
        return self._made[connection.dialect.name]


class released_in(FunctionElement[str]):
    """What an event's data say under `released`; NULL for nothing."""

    inherit_cache = True
    type = Text()

    def __init__(self, data: ColumnElement[str]) -> None:
        super().__init__(data)


@compiles(released_in)  # type: ignore[no-untyped-call,untyped-decorator,unused-ignore]
def _in_sqlite(element: released_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **options)}, '$.released')"


@compiles(released_in, "postgresql")  # type: ignore[no-untyped-call,untyped-decorator,unused-ignore]
def _in_postgresql(element: released_in, compiler: SQLCompiler, **options: Any) -> str:
    return f"(CAST({compiler.process(element.clauses, **options)} AS json) ->> 'released')"
