"""The photos of a case: who adds and sees them, what is public, and that the purge takes them."""

import hashlib
from datetime import date, timedelta

import pytest

from scripts import check
from surveys import case_upkeep, cases, photos
from surveys.errors import CaseError, PhotosFullError
from surveys.keys import Keys
from surveys.store import Store
from tests.cluster import spelled
from tests.conftest import drop_triggers
from tests.scripts.conftest import run
from tests.surveys.case_office import ADMIN, AUDITOR, EAST, INTAKE, OFFICE, PUBLISHER, REVIEWER, WEST, Desk
from tests.surveys.test_responses import rows_in

A, B, C, D = (f"picture {name}".encode() for name in "ABCD")


@pytest.fixture
def desk(store: Store, office_keys: Keys) -> Desk:
    return Desk(store, office_keys, date(2026, 11, 2))


def add(desk: Desk, number: str, *images: bytes) -> int:
    return photos.add(desk.store, number, cases.resident(number), images, desk.day)


def published(desk: Desk, number: str) -> tuple[bytes, ...]:
    return photos.published(desk.store, number)


def summarised(desk: Desk, *images: bytes) -> str:
    number = desk.opened().number
    add(desk, number, *images)
    desk.do(desk.brought(number, "closed"), PUBLISHER, "summarised", "灯修好了。")
    return number


def agree(desk: Desk, number: str, photos: str = "") -> None:
    summary = str(desk.whole(number).standing.summary)
    desk.do(number, cases.resident(number), "consented", summary=summary, **({"photos": photos} if photos else {}))


def refuse(desk: Desk, number: str) -> None:
    desk.do(number, cases.resident(number), "refused", summary=str(desk.whole(number).standing.summary))


def test_each_photo_is_an_event_with_its_place_and_a_salted_digest(desk: Desk) -> None:
    number = desk.opened().number
    assert add(desk, number, A, B) == 2
    events = desk.whole(number).events[1:]
    salts = [row[0] for row in rows_in(desk.store, "SELECT salt FROM case_photos ORDER BY position")]
    assert [(event.kind, event.role, event.text) for event in events] == [("photo", "resident", None)] * 2
    assert [dict(event.data) for event in events] == [
        {"position": str(place), "digest": hashlib.sha256(salt + image).hexdigest()}
        for place, salt, image in zip((1, 2), salts, (A, B), strict=True)
    ]
    assert len(set(salts)) == 2


def test_the_same_photo_again_is_stored_once_even_in_a_full_case_or_a_closed_one(desk: Desk) -> None:
    number = desk.opened().number
    assert [add(desk, number, A, A, B), add(desk, number, B, C), add(desk, number, A, B, C)] == [2, 1, 0]
    desk.do(number, cases.resident(number), "withdrawn")
    assert add(desk, number, A) == 0
    assert desk.whole(number).standing.photos == (1, 2, 3)


def test_a_fourth_is_refused_and_with_it_all_that_came_along(desk: Desk) -> None:
    number = desk.opened().number
    add(desk, number, A, B)
    with pytest.raises(PhotosFullError):
        add(desk, number, C, D)
    assert desk.whole(number).standing.photos == (1, 2)


def test_nobody_else_adds_one_and_nobody_to_a_case_that_is_over(desk: Desk) -> None:
    number = desk.assigned()
    for actor in (INTAKE, EAST, REVIEWER, cases.resident("0000000000")):
        with pytest.raises(CaseError):
            photos.add(desk.store, number, actor, [A], desk.day)
    closed = desk.closed()
    with pytest.raises(CaseError):
        add(desk, closed, A)
    assert rows_in(desk.store, "SELECT count(*) FROM case_photos")[0][0] == 0


def test_an_event_without_a_picture_cannot_be_made(desk: Desk) -> None:
    number = desk.opened().number
    with pytest.raises(CaseError):
        cases.act(
            desk.store, OFFICE, number, cases.resident(number), cases.Act("photo"), desk.day,
            expected=desk.whole(number).standing.sequence,
        )  # fmt: skip


def test_who_reads_the_words_sees_the_photos(desk: Desk) -> None:
    number = desk.opened().number
    add(desk, number, A)
    desk.brought(number, "assigned")
    seen = {
        str(actor.staff): photos.image(desk.store, number, 1, actor)
        for actor in (INTAKE, EAST, WEST, REVIEWER, PUBLISHER, AUDITOR, ADMIN)
    }
    assert {name for name, image in seen.items() if image == A} == {INTAKE.staff, EAST.staff, REVIEWER.staff}
    assert photos.image(desk.store, number, 1, cases.resident(number)) == A
    assert photos.image(desk.store, number, 1, cases.resident("0000000000")) is None
    assert photos.image(desk.store, number, 2, cases.resident(number)) is None
    assert photos.image(desk.store, "0000000000", 1, cases.resident("0000000000")) is None


def test_only_what_she_ticked_is_public_and_only_while_she_agrees(desk: Desk) -> None:
    number = summarised(desk, A, B, C)
    assert published(desk, number) == ()
    agree(desk, number)
    assert published(desk, number) == ()
    refuse(desk, number)
    agree(desk, number, "3,1")
    assert published(desk, number) == (A, C)
    refuse(desk, number)
    assert published(desk, number) == ()
    agree(desk, number, "2")
    desk.do(number, PUBLISHER, "summarised", "另一段话。")
    assert published(desk, number) == ()
    agree(desk, number, "2")
    desk.do(number, cases.resident(number), "reopened", "又坏了。")
    assert published(desk, number) == ()
    assert published(desk, "0000000000") == ()


@pytest.mark.parametrize("ticked", ["4", "0", "x", "1,4", ",", "1,,2"])
def test_a_tick_for_a_photo_that_there_is_not_is_refused(desk: Desk, ticked: str) -> None:
    number = summarised(desk, A, B)
    with pytest.raises(CaseError):
        agree(desk, number, ticked)
    assert published(desk, number) == ()


def purge(desk: Desk) -> None:
    for _ in range(2):
        desk.day += timedelta(days=400)
        case_upkeep.purge_due(desk.store, desk.day)


def test_the_purge_takes_all_but_what_is_public(desk: Desk) -> None:
    kept, gone = summarised(desk, A, B), summarised(desk, C)
    agree(desk, kept, "2")
    assert photos.broken(desk.store) == ()
    purge(desk)
    assert [(row[0], row[1]) for row in rows_in(desk.store, "SELECT number, image FROM case_photos")] == [(kept, B)]
    assert published(desk, kept) == (B,)
    assert photos.image(desk.store, kept, 1, cases.resident(kept)) is None
    assert (photos.broken(desk.store), case_upkeep.broken_texts(desk.store)) == ((), ())
    assert desk.whole(gone).standing.kept_photos == ()


def test_consent_taken_back_after_the_purge_takes_the_rest_too(desk: Desk) -> None:
    number = summarised(desk, A)
    agree(desk, number, "1")
    purge(desk)
    refuse(desk, number)
    for table in ("case_photos", "case_texts"):
        assert rows_in(desk.store, f"SELECT count(*) FROM {table}")[0][0] == 0
    assert (photos.broken(desk.store), case_upkeep.broken_texts(desk.store)) == ((), ())


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM case_photos WHERE position = 1",
        "INSERT INTO case_photos SELECT number, 3, salt, image FROM case_photos WHERE position = 1",
        "UPDATE case_photos SET image = salt WHERE position = 1",
    ],
)
def test_a_photo_lost_added_or_changed_behind_the_ledger_is_found(desk: Desk, damage: str) -> None:
    number = desk.opened().number
    add(desk, number, A, B)
    drop_triggers(desk.store, "case_photos", "update")
    desk.store.write(lambda connection: connection.exec_driver_sql(damage))
    assert photos.broken(desk.store) == ((number, 3 if "INSERT" in damage else 1),)


def test_the_check_of_the_audit_names_a_photo_that_is_not_what_its_event_says(desk: Desk) -> None:
    number = desk.opened().number
    add(desk, number, A, B)
    sound = run(check.main, "--audit", "--database", spelled(desk.store.path))
    assert (sound.exit_code, "texts and photos of cases: in order" in sound.stdout) == (0, True)
    desk.store.write(lambda connection: connection.exec_driver_sql("DELETE FROM case_photos WHERE position = 1"))
    found = run(check.main, "--audit", "--database", spelled(desk.store.path))
    assert (found.exit_code, f"{number} photo 1" in found.stderr) == (1, True)


def test_a_photo_cannot_be_changed(desk: Desk) -> None:
    number = desk.opened().number
    add(desk, number, A)
    with pytest.raises(Exception, match="append-only"):
        desk.store.write(lambda connection: connection.exec_driver_sql("UPDATE case_photos SET image = salt"))


def test_residents_of_joined_cases_see_nothing_of_each_others_photos(desk: Desk) -> None:
    master, other = desk.assigned(), desk.opened().number
    add(desk, master, A)
    desk.do(other, INTAKE, "merged", into=master)
    case = cases.find(desk.store, other, cases.resident(other))
    assert case is not None
    joined = cases.joined_to(desk.store, case)
    assert joined is not None
    assert "photo" not in [event.kind for event in joined.events]
