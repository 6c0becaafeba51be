"""Names of pages that sound like what was typed: pinyin, its initials, or characters that sound the same.

The rules are those of site/assets/search-near.js; the table of sounds comes with the site (scripts/site_sounds.py).
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HAN_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_LETTERS = re.compile(r"[a-z]+")
_LEAST = 2
_LONGEST = 6
_VALUE = 40


@dataclass(frozen=True, slots=True)
class Sounds:
    """The sound of each character, and of the names that sound otherwise."""

    signs: Mapping[str, str]
    names: Mapping[str, str]

    def of(self, run: str) -> str:
        """The syllables of a run of Chinese, a space between them; an unknown character stands for itself."""
        return self.names.get(run) or " ".join(self.signs.get(sign, sign) for sign in run)


def load_sounds(path: Path) -> Sounds | None:
    """Read the table that the site's build wrote (`search/sounds.json`); None if there is none."""
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    signs = {sign: sound for sound, written in found["signs"].items() for sign in written}
    return Sounds(signs, found["names"])


def sound_scores(pages: Sequence[Sequence[str]], query: str, sounds: Sounds) -> list[int]:
    """What each page gains by names that sound like the folded query; `pages` are their folded titles and tags."""
    runs = [_alike(sounds.of(run)) for run in HAN_RUN.findall(query) if len(run) >= _LEAST]
    letters = "" if runs else "".join(_LETTERS.findall(query))
    heard = [
        {_alike(name): length for name in _names(page, sounds) if (length := _length(name, runs, letters))}
        for page in pages
    ]
    pages_with = Counter(name for page in heard for name in page)
    return [sum(_VALUE * n * n * (1 + len(pages) // (1 + pages_with[name])) for name, n in p.items()) for p in heard]


def _names(page: Sequence[str], sounds: Sounds) -> dict[str, None]:
    runs = (run for name in page for run in HAN_RUN.findall(name) if len(run) >= _LEAST)
    return dict.fromkeys(sounds.of(run) for run in runs)


def _alike(sound: str) -> str:
    """As it sounds to many: no difference of zh and z, ch and c, sh and s, nor of -ng and -n."""
    return re.sub(r"([zcs])h", r"\1", sound).replace("ng", "n")


def _length(name: str, runs: Sequence[str], letters: str) -> int:
    """How many syllables of the name were typed: as characters that sound alike, or as letters."""
    if letters:
        return _spelt(name.split(" "), letters)
    heard = f" {_alike(name)} "
    found = [_shorter(run, heard) for run in runs if heard in f" {run} " or f" {run} " in heard]
    return min(max(found, default=0), _LONGEST)


def _shorter(run: str, heard: str) -> int:
    return min(run.count(" ") + 1, heard.count(" ") - 1)


def _spelt(syllables: Sequence[str], letters: str) -> int:
    initials = "".join(syllable[0] for syllable in syllables)
    typed, whole = _alike(letters), _alike("".join(syllables))
    if letters == initials or typed == whole or (len(whole) >= _LONGEST and whole in typed):
        return min(len(syllables) + 1, _LONGEST)
    ends = (_alike("".join(syllables[at:])) for at in range(len(syllables)))
    begun = len(typed) >= 4 and any(end.startswith(typed) for end in ends)
    return _LEAST if begun or (len(letters) > _LEAST and letters in initials) else 0
