"""Words that are misspelt by a letter or two, put right by the words of titles and tags.

The rules are those of site/assets/search-near.js.
"""

import re
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[a-z\u00c0-\u024f]+")
_LEAST = 4
_LONG = 8


def put_right(names: Iterable[Sequence[str]], terms: Sequence[str], unknown: Sequence[str]) -> list[str]:
    """The folded terms, those that are unknown as the nearest word of the names, if one is near."""
    words = list(dict.fromkeys(word for page in names for name in page for word in _WORD.findall(name)))
    return [_nearest(words, term) if term in unknown and _is_word(term) else term for term in terms]


def _is_word(term: str) -> bool:
    return len(term) >= _LEAST and _WORD.fullmatch(term) is not None


def _nearest(words: Sequence[str], term: str) -> str:
    most = 1 + (len(term) >= _LONG)
    near = [(distance(term, word), at) for at, word in enumerate(words) if abs(len(word) - len(term)) <= most]
    best, at = min(near, default=(most + 1, 0))
    return words[at] if best <= most else term


def distance(one: str, other: str) -> int:
    """How many letters must be put in, left out or changed to make one word of the other."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row[0] = row[0], number
        for at, sign in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != sign))
    return row[-1]
