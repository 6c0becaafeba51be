"""Blanks of a template that nobody filled in: found before they reach a resident."""

import re

_BLANK = re.compile(r"[_＿]{3,}|…{2,}(?=[^\s…”’」』）)。！？!?，,；;])")
_AROUND = 6


def unfilled(text: str) -> str | None:
    """The first blank with a few characters on either side of it, None where there is none.

    A blank is a run of three underscores or more, or an ellipsis with a word right behind it; one that ends a
    sentence is writing, not a blank.
    """
    found = _BLANK.search(text)
    if found is None:
        return None
    line_start = text.rfind("\n", 0, found.start()) + 1
    line_end = text.find("\n", found.end())
    start = max(line_start, found.start() - _AROUND)
    end = min(len(text) if line_end < 0 else line_end, found.end() + _AROUND)
    return text[start:end].strip()
