"""How much markup a text may hold before it is shown as plain words.

The Markdown library takes time by the square of its brackets, and goes as deep as markers are nested. Nobody
writes a hundred brackets in a reply, so such a text is shown as it stands, and costs nothing.
"""

import re

MOST_MARKS = 100
_MARK = re.compile(r"[\[<]")
_NESTED = re.compile(r"^[ \t]*(?:(?:[-+*]|[0-9]+[.)])[ \t]+|>[ \t]*){12,}", re.MULTILINE)


def is_moderate(text: str) -> bool:
    """Whether the text can be read as Markdown at little cost."""
    return len(_MARK.findall(text)) <= MOST_MARKS and not _NESTED.search(text)
