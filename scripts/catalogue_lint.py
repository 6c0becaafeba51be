"""Check the catalogues of the portal's words: each sentence of its pages has a translation that fits it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from surveys.errors import Problem

SHOWN = 60
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None}


def catalogue_faults(portal: Path) -> list[Problem]:
    """What the catalogues in `portal/translations` lack, or have too much of, in order; empty without a portal."""
    if not portal.is_dir():
        return []
    wanted = _sentences(portal)
    faults: list[Problem] = []
    for path in sorted(portal.glob("translations/*/LC_MESSAGES/messages.po")):
        with path.open("rb") as source:
            found = {_id(message.id): message for message in read_po(source) if message.id}
        faults += _missing(wanted, found, path)
        faults += (path_fault for message in found.values() for path_fault in _spoilt(message, wanted, path))
    return sorted(faults)


def _sentences(portal: Path) -> Mapping[str, tuple[Path, int]]:
    """Each sentence of the portal, and where it stands first."""
    with (portal / "babel.cfg").open(encoding="utf-8") as source:
        methods, options = parse_mapping_cfg(source)  # type: ignore[no-untyped-call]  # it has no types
    found: dict[str, tuple[Path, int]] = {}
    for name, line, words, _, _ in extract_from_dir(portal, methods, options, KEYWORDS):
        found.setdefault(_id(words), (portal / name, line))
    return found


def _id(words: str | tuple[str, ...] | list[str]) -> str:
    return words if isinstance(words, str) else words[0]


def _missing(wanted: Mapping[str, tuple[Path, int]], found: Mapping[str, Message], path: Path) -> Iterator[Problem]:
    for words, (source, line) in wanted.items():
        if words not in found:
            yield Problem(source, line, 1, f"{_shown(words)} has no translation: add it to the end of {path}")


def _spoilt(message: Message, wanted: Mapping[str, tuple[Path, int]], path: Path) -> Iterator[Problem]:
    line, words = message.lineno or 0, _shown(_id(message.id))
    if _id(message.id) not in wanted:
        yield Problem(path, line, 1, f"{words} stands nowhere in the portal: correct the msgid, or take it out")
    elif not message.string or message.fuzzy:
        yield Problem(path, line, 1, f"{words} has no translation: write it as msgstr, and take a 'fuzzy' mark out")
    else:
        for fault in message.check():
            yield Problem(path, line, 1, f"the translation of {words} does not fit: {fault}")


def _shown(words: str) -> str:
    return f"'{words if len(words) <= SHOWN else words[: SHOWN - 1] + '…'}'"
