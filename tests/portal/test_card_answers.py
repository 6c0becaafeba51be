"""Answering with a reply card: it is asked for where cards were issued, and nothing typed is lost when it fails."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.limits import Limiter
from portal.state import Portal, portal
from surveys import cards
from surveys.cards import Card
from surveys.codes import grouped
from surveys.store.cards import BatchRow
from tests.portal.conftest import TODAY, rows, token_in

FORM = "/s/counter-service?unit=chengdong-hukou&lang=en"
OTHER = "/s/counter-service?unit=chengdong&lang=en"
WORDS = "窗口中午没有人。"


def issued(here: Portal, count: int = 4, unit: str = "chengdong-hukou") -> Sequence[Card]:
    batch, drawn = cards.prepare(here.store, here.keys, count)
    cards.issue(here.store, BatchRow(batch, "counter-service", unit, TODAY.isoformat(), count))
    return drawn


@pytest.fixture
def drawn(app: Flask, here: Portal) -> Sequence[Card]:
    """Cards of a batch, as the portal knows them once it has looked."""
    made = issued(here)
    here.watch.look_again()
    with app.test_request_context():
        assert portal().carded == {"counter-service"}
    return made


def send(client: FlaskClient, card: Card | None, form: str = FORM, **more: str) -> TestResponse:
    typed = {"_card_number": card.number, "_card_secret": grouped(card.secret)} if card else {}
    data = {"_token": token_in(client.get(form).text), "overall": "2", "better": WORDS, **typed}
    return client.post(form, data=data | more)


def bases(here: Portal) -> list[str]:
    return sorted(basis for (basis,) in rows(here, "SELECT basis FROM responses"))


def left(here: Portal) -> int:
    return int(rows(here, "SELECT count(*) FROM cards")[0][0])


def refused(page: TestResponse, told: str) -> None:
    """The form once more with a reason, all that was typed, and a way to send without the card."""
    assert page.status_code in (422, 429)
    assert told in page.text
    assert re.search(r'name="overall" value="2" checked', page.text)
    assert WORDS in page.text
    assert 'name="_without_card" value="1">Send without the card' in page.text


def test_a_survey_without_cards_asks_for_none(client: FlaskClient) -> None:
    page = client.get(FORM).text
    assert "_card_number" not in page
    assert "card.js" not in page


def test_a_survey_with_cards_asks_for_one_and_takes_answers_without(
    client: FlaskClient, here: Portal, drawn: Sequence[Card]
) -> None:
    page = client.get(FORM).text
    assert "Number on the card (10 digits)" in page
    assert 'src="/static/card.js" defer' in page
    assert "_card_number" not in client.get("/s/visit?unit=chengdong").text
    assert send(client, None).status_code == 303
    assert (bases(here), left(here)) == (["open"], 4)


def test_an_answer_with_a_card_uses_it_up_once(client: FlaskClient, here: Portal, drawn: Sequence[Card]) -> None:
    assert send(client, drawn[0]).status_code == 303
    assert (bases(here), left(here)) == (["card"], 3)
    refused(send(client, drawn[0]), "or the card was used before")
    assert (bases(here), left(here)) == (["card"], 3)


def test_the_same_form_again_gives_the_same_receipt(client: FlaskClient, here: Portal, drawn: Sequence[Card]) -> None:
    token = token_in(client.get(FORM).text)
    sent = {"_token": token, "overall": "4", "_card_number": drawn[0].number, "_card_secret": drawn[0].secret}
    first = client.post(FORM, data=sent)
    assert client.post(FORM, data=sent).location == first.location
    assert (bases(here), left(here)) == (["card"], 3)


def test_the_receipt_says_where_the_rating_will_stand(client: FlaskClient, here: Portal, drawn: Sequence[Card]) -> None:
    told = {
        True: ("it is counted", "counts by your reply card"),
        False: ("it is received", "apart, under “Unverified”"),
    }
    for card in (drawn[0], None):
        page = client.get(send(client, card).location).text
        assert all(part in page for part in told[card is not None])
        assert not any(part in page for part in told[card is None])
    without = client.get(send(client, None).location.replace("lang=en", "lang=zh")).text
    assert "已经计入" not in without


def test_what_was_stored_first_decides_where_it_stands(
    client: FlaskClient, here: Portal, drawn: Sequence[Card]
) -> None:
    sent = {"_token": token_in(client.get(FORM).text), "overall": "4"}
    with_card = {"_card_number": drawn[0].number, "_card_secret": drawn[0].secret}
    for data in (sent | with_card, sent):
        assert "counts by your reply card" in client.get(client.post(FORM, data=data).location).text
    assert bases(here) == ["card"]


@pytest.mark.parametrize(
    ("number", "secret", "told"),
    [
        ("0000100008", None, "This number has a mistyped digit"),
        ("00001", None, "5 digits instead of 10: compare it with your card"),
        ("", None, "Write the 10 digits of your card&#39;s number too"),
        (None, "", "Write the 20 digits under the fold"),
        (None, "abcd", "Write digits only, as they stand on your card"),
    ],
)
def test_a_typing_mistake_is_told_and_costs_nothing(
    client: FlaskClient, here: Portal, drawn: Sequence[Card], number: str | None, secret: str | None, told: str
) -> None:
    card = Card(drawn[0].number if number is None else number, drawn[0].secret if secret is None else secret)
    page = send(client, None, _card_number=card.number, _card_secret=card.secret)
    refused(page, told)
    assert (bases(here), left(here)) == ([], 4)
    assert here.cards_limit.allows("127.0.0.1", count=False)


def test_used_and_unknown_cards_get_the_same_words(client: FlaskClient, drawn: Sequence[Card]) -> None:
    send(client, drawn[0])
    mixed = Card(drawn[1].number, drawn[2].secret)
    used, unknown = (send(client, card).text for card in (drawn[0], mixed))
    for said in (used, unknown):
        assert "Number and secret do not fit together, or the card was used before" in said


def test_void_cards_and_cards_for_elsewhere_are_told_apart(
    client: FlaskClient, here: Portal, drawn: Sequence[Card]
) -> None:
    cards.void(here.store, drawn[0].number, drawn[1].number, "lost", TODAY)
    refused(send(client, drawn[1]), "The office has made this card void")
    refused(send(client, drawn[2], OTHER), "This card is for “Your visit to the counter”, about East Police Station")
    assert (bases(here), left(here)) == ([], 2)


def test_a_form_that_failed_can_be_sent_without_the_card(
    client: FlaskClient, here: Portal, drawn: Sequence[Card]
) -> None:
    mixed = Card(drawn[1].number, drawn[2].secret)
    refused(send(client, mixed), "do not fit together")
    assert send(client, mixed, _without_card="1").status_code == 303
    assert (bases(here), left(here)) == (["open"], 4)


def test_a_fault_elsewhere_keeps_the_card(client: FlaskClient, here: Portal, drawn: Sequence[Card]) -> None:
    page = send(client, drawn[0], overall="")
    assert page.status_code == 422
    assert f'value="{drawn[0].number}"' in page.text
    assert f'value="{grouped(drawn[0].secret)}"' in page.text
    assert left(here) == 4


def test_guessing_is_slowed_down_and_right_cards_still_pass(
    app: Flask, client: FlaskClient, drawn: Sequence[Card]
) -> None:
    object.__setattr__(app.extensions["portal"], "cards_limit", Limiter(2, 2))
    mixed = Card(drawn[1].number, drawn[2].secret)
    assert [send(client, mixed).status_code for _ in range(3)] == [422, 422, 429]
    refused(send(client, mixed), "Too many wrong tries with cards")
    assert send(client, drawn[1]).status_code == 303


def test_many_who_send_the_same_cards_at_once_use_each_once(
    app: Flask, client: FlaskClient, here: Portal, drawn: Sequence[Card]
) -> None:
    forms = [
        {"_token": token_in(client.get(FORM).text), "overall": "4", "_card_number": c.number, "_card_secret": c.secret}
        for c in drawn
        for _ in range(5)
    ]
    object.__setattr__(app.extensions["portal"], "cards_limit", Limiter(1000, 1000))
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda data: app.test_client().post(FORM, data=data).status_code, forms))
    assert sorted(told) == [303] * 4 + [422] * 16
    assert (bases(here), left(here)) == (["card"] * 4, 0)
