"""What a batch of reply cards is on paper: the sheet for an office printer, and the list for a print shop.

The code on the front names the card's number alone: whoever scans it before the fold is opened cannot answer with
the card. The code under the fold carries the secret too. Both stand behind the `#` of the link, which a browser
sends to no server, so no log holds them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from scripts.csv_text import csv_text
from scripts.options import with_progress
from scripts.typesetting import qr_svg, typeset
from surveys import codes
from surveys.cards import Card
from surveys.definition import LANGUAGES, Survey, Unit
from surveys.store.cards import BatchRow

EACH = 5
"""Cards on one sheet."""
HEADER = "number,secret"
_NOISE_DIGITS = 14 * 24
_WORDS: Mapping[str, Mapping[str, str]] = {
    "card": {"zh": "回音卡", "en": "Reply card"},
    "once": {
        "zh": "扫码，或打开 {place}，填上卡号和密码。一张卡答一次。不记名：没人能从卡查到您答了什么。",
        "en": "Scan, or open {place}, and enter number and secret. Good for one answer. Anonymous: "
        "nobody can find your answer by the card.",
    },
    "scan": {"zh": "扫码填答", "en": "Scan to answer"},
    "number": {"zh": "卡号", "en": "No."},
    "secret": {"zh": "密码", "en": "Secret"},
    "inside": {
        "zh": "扫这个码，卡号和密码自动填好。用过以后，这张卡就没用了。",
        "en": "This code fills in number and secret. Once used, the card is worth nothing.",
    },
    "fold": {
        "zh": "裁开，沿①向里折，封住密码，再沿②向后折。",
        "en": "Cut, fold in at ① over the secret and seal, then fold back at ②.",
    },
}


@dataclass(frozen=True)
class Sheet:
    """A batch as it is printed: its cards, what they are for, the site's address, and in which languages."""

    batch: BatchRow
    cards: Sequence[Card]
    survey: Survey
    unit: Unit
    site: str
    languages: Sequence[str] = LANGUAGES

    def link(self, fragment: str) -> str:
        """The address of the survey's form for the unit, in one language if the card has but one."""
        asked = {"unit": self.batch.unit} | ({"lang": self.languages[0]} if len(self.languages) == 1 else {})
        return f"{self.site}/portal/s/{quote(self.batch.survey)}?{urlencode(asked)}#card={fragment}"

    def pdf(self) -> bytes:
        """The sheets of A4: the same bytes for the same cards."""
        return typeset("cards", self._data())

    def csv(self) -> str:
        """A header, then a line for each card: number, and secret in groups of four."""
        return csv_text(HEADER, ([card.number, codes.grouped(card.secret)] for card in self.cards))

    def _data(self) -> Mapping[str, object]:
        return {
            "title": f"{_WORDS['card'][self.languages[0]]} {self.batch.batch}",
            "language": self.languages[0],
            "batch": self.batch.batch,
            "sheets": -(-len(self.cards) // EACH),
            "noise": _noise(self.batch.batch),
            "words": self._words(),
            "cards": [self._card(card) for card in with_progress(self.cards, "drawing cards", len(self.cards))],
        }

    def _words(self) -> Mapping[str, Sequence[str]]:
        place = f"{self.site.partition('://')[2]}/portal/"
        own = {key: [text[one].format(place=place) for one in self.languages] for key, text in _WORDS.items()}
        titles = {"survey": self.survey.title, "unit": self.unit.name}
        return own | {key: [text[one] for one in self.languages] for key, text in titles.items()}

    def _card(self, card: Card) -> Mapping[str, object]:
        return {
            "shown": codes.grouped(card.number),
            "groups": codes.grouped(card.secret).split(),
            "link": qr_svg(self.link(card.number)),
            "filled": qr_svg(self.link(f"{card.number}.{card.secret}")),
        }


def _noise(batch: str) -> str:
    """Digits to print over the secret's back, the same for a batch each time."""
    drawn = hashlib.shake_256(batch.encode()).digest(_NOISE_DIGITS)
    return codes.grouped("".join(str(byte % 10) for byte in drawn))
