"""Accounts, sign-in and sessions, on a real store and with real argon2 (cheap only where a test says so)."""

import base64
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from argon2 import extract_parameters

from surveys import devices, passwords, second_factor
from surveys.accounts import Guard, Standing, find, standings
from surveys.audit import verify
from surveys.duties import Account, Post
from surveys.errors import SignInError, StaffError, StoreError, ThrottledError
from surveys.keys import Keys, key_paths
from surveys.passwords import COST, Cost
from surveys.second_factor import STEP_SECONDS
from surveys.sessions import (
    IDLE,
    LONGEST,
    TRIES_PER_NAME,
    Brought,
    Session,
    change_password,
    open_since,
    resume,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from surveys.staff import (
    ONE_TIME_LASTS,
    PARTS,
    Issued,
    add,
    add_first_admin,
    disable,
    enable,
    reset,
    set_post,
    share_contact_key,
)
from surveys.store import Store, people, trail
from tests.surveys.test_responses import rows_in

CHEAP = Cost(memory=8, passes=1, lanes=1)
NOW = datetime(2026, 11, 20, 9, 0, 10, tzinfo=UTC)
OWN = "湖边的石头桥 很旧 但结实得很"
STEP = timedelta(seconds=STEP_SECONDS)


@pytest.fixture
def guard(store: Store, office_keys: Keys) -> Guard:
    return Guard(store, office_keys, CHEAP)


@pytest.fixture
def contact(database: Path, office_keys: Keys) -> bytes:
    """The office's contact key, as its file holds it."""
    assert office_keys.contact
    return key_paths(database)[2].read_bytes()


def post(*roles: str, unit: str | None = None) -> Post:
    return Post(frozenset(roles), unit)  # type: ignore[arg-type]


def made(
    guard: Guard, name: str = "受理岗", *roles: str, contact: bytes | None = None, unit: str | None = None
) -> Issued:
    return add(guard, None, name, name, post(*(roles or ("intake",)), unit=unit), NOW, contact)


def reviewer(guard: Guard, name: str = "review", contact: bytes | None = None) -> Issued:
    return made(guard, name, "reviewer", contact=contact, unit="bureau")


def code(issued: Issued, at: datetime) -> str:
    assert issued.url is not None
    maker = pyotp.parse_uri(issued.url)
    assert isinstance(maker, pyotp.TOTP)
    return maker.at(at)


def enter(guard: Guard, issued: Issued, at: datetime = NOW, password: str | None = None) -> Session:
    return sign_in(guard, issued.account.name, password or str(issued.password), code(issued, at), at)


def settled(guard: Guard, issued: Issued, at: datetime = NOW) -> Session:
    """A session after the one-time password was changed to `OWN`."""
    return change_password(guard, enter(guard, issued, at), str(issued.password), OWN, at)


def acts(store: Store) -> list[tuple[str, str, str, str]]:
    rows = store.read(lambda connection: list(trail.all_rows(connection)))
    return [(row.actor, row.role, row.act, row.details) for row in rows]


def together(works: list[Callable[[], object]]) -> list[object]:
    """What each work gives or raises, all started at once."""
    outcomes: list[object] = [None] * len(works)
    start = threading.Barrier(len(works))

    def one(place: int) -> None:
        start.wait()
        try:
            outcomes[place] = works[place]()
        except Exception as error:
            outcomes[place] = error

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


class TestPasswords:
    def test_what_is_stored_is_argon2id_at_the_cost_that_the_docs_name(self, office_keys: Keys) -> None:
        stored = passwords.hash_password(office_keys, "a", OWN)
        found = extract_parameters(stored)
        assert (found.type.name, found.memory_cost, found.time_cost, found.parallelism) == ("ID", 65_536, 3, 4)
        assert passwords.password_fits(office_keys, "a", stored, OWN)
        assert not passwords.password_fits(office_keys, "a", stored, OWN + " ")
        assert not passwords.is_outdated(stored, COST)

    def test_a_hash_fits_its_account_and_master_key_only(self, office_keys: Keys) -> None:
        stored = passwords.hash_password(office_keys, "a", OWN, CHEAP)
        assert not passwords.password_fits(office_keys, "b", stored, OWN)
        assert not passwords.password_fits(Keys(bytes(32), office_keys.contact), "a", stored, OWN)
        assert not passwords.password_fits(office_keys, "a", "no hash at all", OWN)

    def test_the_same_letters_fit_however_they_were_typed(self, office_keys: Keys) -> None:
        stored = passwords.hash_password(office_keys, "a", "café au lait ２０２６", CHEAP)
        assert passwords.password_fits(office_keys, "a", stored, "cafe\u0301 au lait 2026")

    @pytest.mark.parametrize("password", ["", "short", "a" * 11, "abababababababab", "x" * 201, "my desk-one password"])
    def test_what_is_easily_guessed_is_refused(self, password: str) -> None:
        with pytest.raises(StaffError, match="take a sentence"):
            passwords.check_new_password(password, "Desk-One")

    @pytest.mark.parametrize(
        "password",
        ["password12345", "Huiyin-2026!", "qwertyasdfgh", "abcdefghijklmnop", "987654321012345", "1q2w3e4r-1qaz2wsx",
         "派出所密码社区管理员居民一二三", "PASSWORDpassword1", "woaini5201314", "aaaabbbbccccddddeeee"],
    )  # fmt: skip
    def test_easy_words_and_rows_of_keys_count_for_nothing(self, password: str) -> None:
        with pytest.raises(StaffError, match="guessed first: take a sentence"):
            passwords.check_new_password(password, "mei")

    @pytest.mark.parametrize(
        "password",
        [
            "JustinBieber",
            "justinbieber-2026!",
            "charlottecharlotte",
            "zaq1xsw2cde3",
            "liu13632523350",
            "ＪｕｓｔｉｎＢｉｅｂｅｒ",
        ],
    )
    def test_what_many_people_took_is_refused_with_what_was_put_around_it(self, password: str) -> None:
        with pytest.raises(StaffError, match="tried first: take a sentence"):
            passwords.check_new_password(password, "mei")

    def test_the_list_of_them_is_whole(self) -> None:
        lines = [line for line in passwords.COMMON.read_text().splitlines() if not line.startswith("#")]
        assert len(lines) > 6000
        assert lines == sorted(set(lines))
        assert {len(line) for line in lines} == {8}
        assert not passwords.is_common("a sentence about bridges")

    @pytest.mark.parametrize(
        "words", ["the police came at noon", "社区门口有三棵桂花树 很香", "my 12345 green bottles"]
    )
    def test_a_sentence_may_hold_an_easy_word(self, words: str) -> None:
        passwords.check_new_password(words, "mei")

    def test_length_counts_and_kinds_of_characters_do_not(self) -> None:
        passwords.check_new_password("the bridge by the lake", "desk")
        passwords.check_new_password(OWN, "desk")

    def test_one_time_passwords_differ_and_are_long(self) -> None:
        found = {passwords.one_time_password() for _ in range(100)}
        assert len(found) == 100
        for password in found:
            passwords.check_new_password(password, "desk")

    def test_a_hash_of_another_cost_is_made_anew_at_sign_in(self, guard: Guard) -> None:
        issued = made(guard)
        dearer = replace(guard, cost=Cost(16, 1, 1))
        enter(dearer, issued)
        stored = guard.store.read(lambda connection: people.account(connection, issued.account.id))
        assert stored is not None
        assert "$m=16,t=1,p=1$" in stored.password
        enter(dearer, issued, NOW + STEP)


class TestSignIn:
    def test_a_one_time_password_opens_nothing_but_its_own_change(self, guard: Guard) -> None:
        issued = made(guard)
        session = enter(guard, issued)
        assert session.must_change
        assert session.roles == frozenset()
        changed = change_password(guard, session, str(issued.password), OWN, NOW)
        assert not changed.must_change
        assert changed.roles == {"intake"}
        assert enter(guard, issued, NOW + STEP, OWN).roles == {"intake"}
        with pytest.raises(SignInError):
            enter(guard, issued, NOW + 2 * STEP)

    def test_the_real_cost_signs_in(self, store: Store, office_keys: Keys, contact: bytes) -> None:
        guard = Guard(store, office_keys)
        session = enter(guard, reviewer(guard, contact=contact))
        assert session.must_change

    @pytest.mark.parametrize("name", ["受理岗", " 受理岗 ", "ＤＥＳＫ", "desk", "DESK"])
    def test_names_are_found_however_they_are_typed(self, guard: Guard, name: str) -> None:
        issued = made(guard, "受理岗" if "受" in name else "Desk")
        sign_in(guard, name, str(issued.password), code(issued, NOW), NOW)

    def test_every_refusal_says_the_same(self, guard: Guard) -> None:
        issued, shut = made(guard), made(guard, "shut")
        disable(guard, None, shut.account.id, NOW)
        right, at = str(issued.password), code(issued, NOW)
        tries = [
            ("nobody", right, at),
            ("\udcff\x00", right, at),
            ("受理岗", "wrong", at),
            ("受理岗", right + "\udcff", "000000" if at != "000000" else "111111"),
            ("受理岗", right, "\udcff"),
            ("受理岗", right, ""),
            ("shut", str(shut.password), code(shut, NOW)),
        ]
        told = set()
        for name, password, second in tries:
            with pytest.raises(SignInError) as caught:
                sign_in(guard, name, password, second, NOW)
            told.add((type(caught.value), str(caught.value)))
        assert len(told) == 1
        assert rows_in(guard.store, "SELECT count(*) FROM staff_sessions") == [(0,)]

    def test_an_unknown_name_takes_as_long_as_a_wrong_password(self, store: Store, office_keys: Keys) -> None:
        guard = Guard(store, office_keys, Cost(16_384, 2, 1))
        for number in range(9):
            made(guard, f"desk{number}")
        spent: dict[str, list[float]] = {"desk": [], "none": []}
        for number in range(9):
            for kind, times in spent.items():
                begun = time.thread_time()
                with pytest.raises(SignInError):
                    sign_in(guard, f"{kind}{number}", "wrong password", "123456", NOW)
                times.append(time.thread_time() - begun)
        ratio = statistics.median(spent["none"]) / statistics.median(spent["desk"])
        assert 0.7 < ratio < 1.4

    def test_a_code_of_the_clock_is_good_once(self, guard: Guard) -> None:
        issued = made(guard)
        enter(guard, issued)
        for at in (NOW, NOW + STEP, NOW - STEP):
            with pytest.raises(SignInError):
                sign_in(guard, "受理岗", str(issued.password), code(issued, NOW), at)
        with pytest.raises(SignInError):
            enter(guard, issued, NOW - STEP)
        enter(guard, issued, NOW + STEP)

    @pytest.mark.parametrize(("late", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_a_clock_may_be_one_step_off(self, guard: Guard, late: int, taken: bool) -> None:
        issued = made(guard)
        given = code(issued, NOW + late * STEP)
        if taken:
            sign_in(guard, "受理岗", str(issued.password), given, NOW)
        else:
            with pytest.raises(SignInError):
                sign_in(guard, "受理岗", str(issued.password), given, NOW)

    def test_codes_are_those_of_the_standard(self) -> None:
        """RFC 6238, appendix B, the last six digits of its SHA-1 values."""
        secret = base64.b32encode(b"12345678901234567890").decode()
        for at, digits in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
            now = datetime.fromtimestamp(at, UTC)
            assert second_factor.matching_step(secret, digits, now, 0) == at // 30
            assert second_factor.matching_step(secret, digits, now, at // 30) is None

    def test_the_same_code_at_once_lets_one_in(self, guard: Guard) -> None:
        issued = made(guard)
        found = together([lambda: enter(guard, issued)] * TRIES_PER_NAME)
        assert sum(isinstance(one, Session) for one in found) == 1
        assert sum(isinstance(one, SignInError) for one in found) == TRIES_PER_NAME - 1

    def test_many_sign_in_at_once(self, guard: Guard) -> None:
        desks = [made(guard, f"desk{number}") for number in range(12)]
        found = together([lambda one=one: enter(guard, one) for one in desks])  # type: ignore[misc]
        sessions = [one for one in found if isinstance(one, Session)]
        assert [one.account for one in sessions] == [one.account for one in desks]
        assert len({one.token for one in sessions}) == 12
        for one in sessions:
            assert resume(guard, one.token, NOW) == one

    def test_a_one_time_password_lapses(self, guard: Guard) -> None:
        issued = made(guard)
        with pytest.raises(SignInError):
            enter(guard, issued, NOW + ONE_TIME_LASTS + STEP)
        enter(guard, issued, NOW + ONE_TIME_LASTS - STEP)

    def test_a_wrong_master_key_is_told(self, guard: Guard) -> None:
        issued = made(guard)
        other = replace(guard, keys=Keys(bytes(32), guard.keys.contact))
        with pytest.raises(StoreError, match="put back the keys"):
            enter(other, issued)


class TestRecoveryCodes:
    def test_ten_codes_open_once_each(self, guard: Guard) -> None:
        issued = made(guard)
        assert len(set(issued.recovery)) == 10
        for number, one in enumerate(issued.recovery):
            spaced = f"{one[:4]} {one[4:8]}-{one[8:12]} {one[12:]}"
            sign_in(guard, "受理岗", str(issued.password), spaced, NOW)
            with pytest.raises(SignInError):
                sign_in(guard, "受理岗", str(issued.password), one, NOW)
            assert standings(guard.store)[0].recovery_left == 9 - number
            enable(guard, None, issued.account.id, NOW)

    def test_one_code_used_at_once_lets_one_in(self, guard: Guard) -> None:
        issued = made(guard)
        work = [lambda: sign_in(guard, "受理岗", str(issued.password), issued.recovery[0], NOW)]
        found = together(list[Callable[[], object]](work * TRIES_PER_NAME))
        assert sum(isinstance(one, Session) for one in found) == 1

    def test_codes_of_another_account_do_not_open(self, guard: Guard) -> None:
        issued, other = made(guard), made(guard, "other")
        with pytest.raises(SignInError):
            sign_in(guard, "受理岗", str(issued.password), other.recovery[0], NOW)

    def test_a_code_needs_the_password_too(self, guard: Guard) -> None:
        issued = made(guard)
        with pytest.raises(SignInError):
            sign_in(guard, "受理岗", "wrong password", issued.recovery[0], NOW)
        assert standings(guard.store)[0].recovery_left == 10


class TestThrottle:
    def fail(self, guard: Guard, name: str, at: datetime = NOW) -> type[Exception]:
        with pytest.raises(SignInError) as caught:
            sign_in(guard, name, "wrong password", "123456", at)
        return type(caught.value)

    def test_a_name_has_five_tries_in_a_period(self, guard: Guard) -> None:
        issued = made(guard)
        assert [self.fail(guard, "受理岗") for _ in range(5)] == [SignInError] * 5
        with pytest.raises(ThrottledError, match="wait 15 minutes") as caught:
            enter(guard, issued)
        again = NOW + timedelta(seconds=caught.value.seconds)
        assert self.fail(guard, "受理岗", again - timedelta(seconds=2)) is ThrottledError
        enter(guard, issued, again)

    def test_an_unknown_name_is_throttled_alike(self, guard: Guard) -> None:
        made(guard)
        told = {name: [self.fail(guard, name) for _ in range(7)] for name in ("受理岗", "nobody")}
        assert told["受理岗"] == told["nobody"] == [SignInError] * 5 + [ThrottledError] * 2

    def test_other_names_are_not_held_up(self, guard: Guard) -> None:
        made(guard)
        other = made(guard, "other")
        for _ in range(9):
            self.fail(guard, "受理岗")
        enter(guard, other)

    def test_success_clears_the_count_and_tells_how_many_failed(self, guard: Guard) -> None:
        issued = made(guard)
        for turn in range(3):
            for _ in range(4):
                self.fail(guard, "受理岗", NOW + turn * STEP)
            enter(guard, issued, NOW + turn * STEP)
        assert acts(guard.store)[-1] == (issued.account.id, "self", "sign_in", '{"by":"totp","failed":4}')

    def test_no_number_of_tries_of_other_names_shuts_the_desk(self, guard: Guard) -> None:
        issued = made(guard)
        for number in range(250):
            assert self.fail(guard, f"name{number}") is SignInError
        enter(guard, issued)

    def test_strangers_do_not_hold_up_a_device_that_is_known(self, guard: Guard) -> None:
        issued = made(guard)
        other = made(guard, "other")
        known = Brought(device=devices.new_mark(guard.keys, issued.account.name))
        for _ in range(9):
            self.fail(guard, "受理岗")
        for device in (None, "", "x.é", devices.new_mark(guard.keys, other.account.name)):
            with pytest.raises(ThrottledError):
                sign_in(guard, "受理岗", issued.password or "", issued.recovery[0], NOW, Brought(device=device))
        sign_in(guard, "受理岗", issued.password or "", issued.recovery[0], NOW, known)

    def test_a_known_device_has_no_tries_without_end(self, guard: Guard) -> None:
        issued = made(guard)
        known = Brought(device=devices.new_mark(guard.keys, issued.account.name))
        found: list[type[Exception]] = []
        for _ in range(12):
            with pytest.raises(SignInError) as caught:
                sign_in(guard, "受理岗", "wrong password", "123456", NOW, known)
            found.append(type(caught.value))
        assert found == [SignInError] * 10 + [ThrottledError] * 2
        enable(guard, None, issued.account.id, NOW)
        sign_in(guard, "受理岗", issued.password or "", issued.recovery[0], NOW, known)

    def test_tries_at_once_are_no_more_than_one_after_the_other(self, guard: Guard) -> None:
        made(guard)
        found = together([lambda: sign_in(guard, "受理岗", "wrong password", "123456", NOW)] * 20)
        assert sorted(type(one).__name__ for one in found) == ["SignInError"] * 5 + ["ThrottledError"] * 15

    def test_being_throttled_is_audited_once_a_period(self, guard: Guard) -> None:
        issued = made(guard)
        for _ in range(9):
            self.fail(guard, "受理岗")
            self.fail(guard, "nobody")
        rows = guard.store.read(lambda connection: list(trail.all_rows(connection)))
        assert [row.object for row in rows if row.act == "sign_in_throttled"] == [issued.account.id, "unknown"]

    def test_an_administrator_lets_a_throttled_name_in(self, guard: Guard) -> None:
        issued = made(guard)
        for _ in range(9):
            self.fail(guard, "受理岗")
        enable(guard, None, issued.account.id, NOW)
        enter(guard, issued)

    def test_what_was_typed_as_a_name_is_not_stored(self, guard: Guard) -> None:
        for _ in range(9):
            self.fail(guard, "my secret password")
        assert b"my secret password" not in everything(guard.store)

    def test_the_old_password_cannot_be_guessed_from_a_session(self, guard: Guard) -> None:
        session = settled(guard, made(guard))
        for _ in range(5):
            with pytest.raises(SignInError, match="the present password does not fit"):
                change_password(guard, session, "wrong password", OWN + "!", NOW)
        with pytest.raises(ThrottledError):
            change_password(guard, session, OWN, OWN + "!", NOW)


class TestSessions:
    def test_the_present_password_ends_every_session_of_ones_own_and_no_other(self, guard: Guard) -> None:
        issued, other = made(guard), made(guard, "other")
        first = settled(guard, issued)
        stranger = settled(guard, other)
        second = enter(guard, issued, NOW + 4 * STEP, password=OWN)
        assert len(open_since(guard, first, NOW)) == 2
        with pytest.raises(SignInError, match="does not fit"):
            sign_out_everywhere(guard, first, "wrong password", NOW)
        assert resume(guard, second.token, NOW) is not None
        assert sign_out_everywhere(guard, first, OWN, NOW) == 2
        assert [resume(guard, one.token, NOW) for one in (first, second)] == [None, None]
        assert resume(guard, stranger.token, NOW) is not None
        newest = guard.store.read(trail.last)
        assert newest
        assert (newest.act, newest.role, newest.object) == ("sessions_end", "self", issued.account.id)

    def test_a_session_cannot_be_used_to_guess_the_password_that_ends_the_others(self, guard: Guard) -> None:
        session = settled(guard, made(guard))
        for _ in range(TRIES_PER_NAME):
            with pytest.raises(SignInError):
                sign_out_everywhere(guard, session, "wrong password", NOW)
        with pytest.raises(ThrottledError):
            sign_out_everywhere(guard, session, OWN, NOW)

    def test_a_session_ends_unused_after_30_minutes(self, guard: Guard) -> None:
        session = settled(guard, made(guard))
        at = NOW
        for _ in range(5):
            at += IDLE - timedelta(minutes=1)
            assert resume(guard, session.token, at) is not None
        assert resume(guard, session.token, at + IDLE) is None

    def test_a_session_ends_after_12_hours_however_busy(self, guard: Guard) -> None:
        session = settled(guard, made(guard))
        at = NOW
        while at + timedelta(minutes=20) < NOW + LONGEST:
            at += timedelta(minutes=20)
            assert resume(guard, session.token, at) is not None
        assert resume(guard, session.token, NOW + LONGEST) is None

    def test_a_clock_set_back_lengthens_no_session(self, guard: Guard) -> None:
        session = settled(guard, made(guard))
        assert resume(guard, session.token, NOW - timedelta(minutes=5)) is not None
        assert resume(guard, session.token, NOW - IDLE) is None

    def test_most_requests_write_nothing(self, guard: Guard) -> None:
        session = settled(guard, made(guard))
        seen = "SELECT seen FROM staff_sessions"
        before = rows_in(guard.store, seen)
        resume(guard, session.token, NOW + timedelta(seconds=59))
        assert rows_in(guard.store, seen) == before
        resume(guard, session.token, NOW + timedelta(seconds=60))
        assert rows_in(guard.store, seen) != before

    def test_signing_in_gives_a_new_token_and_ends_the_one_before(self, guard: Guard) -> None:
        issued = made(guard)
        first = settled(guard, issued)
        at = NOW + STEP
        second = sign_in(guard, "受理岗", OWN, code(issued, at), at, brought=Brought(previous=first.token))
        assert second.token != first.token
        assert resume(guard, first.token, at) is None
        assert resume(guard, second.token, at) is not None

    def test_two_desks_may_be_signed_in_and_one_signs_out(self, guard: Guard) -> None:
        issued = made(guard)
        first = settled(guard, issued)
        second = enter(guard, issued, NOW + STEP, OWN)
        sign_out(guard, first, NOW + STEP)
        assert resume(guard, first.token, NOW + STEP) is None
        assert resume(guard, second.token, NOW + STEP) == second

    @pytest.mark.parametrize("parts", [PARTS, ("password",), ("totp",), ("recovery",)])
    def test_a_reset_ends_every_session(self, guard: Guard, parts: tuple[str, ...]) -> None:
        issued = made(guard)
        session = settled(guard, issued)
        reset(guard, None, issued.account.id, parts, NOW)  # type: ignore[arg-type]
        assert resume(guard, session.token, NOW) is None

    def test_disabling_and_new_roles_end_every_session(self, guard: Guard) -> None:
        issued = made(guard)
        session = settled(guard, issued)
        disable(guard, None, issued.account.id, NOW)
        assert resume(guard, session.token, NOW) is None
        enable(guard, None, issued.account.id, NOW)
        assert resume(guard, session.token, NOW) is None
        again = enter(guard, issued, NOW + STEP, OWN)
        set_post(guard, None, issued.account.id, post("publisher"), NOW)
        assert resume(guard, again.token, NOW + STEP) is None

    def test_a_new_password_ends_every_other_session(self, guard: Guard) -> None:
        issued = made(guard)
        first = settled(guard, issued)
        second = enter(guard, issued, NOW + STEP, OWN)
        third = change_password(guard, second, OWN, OWN + "!", NOW + STEP)
        assert [resume(guard, one.token, NOW + STEP) for one in (first, second)] == [None, None]
        assert resume(guard, third.token, NOW + STEP) == third

    def test_an_ended_session_changes_no_password(self, guard: Guard) -> None:
        session = settled(guard, made(guard))
        sign_out(guard, session, NOW)
        with pytest.raises(SignInError, match="sign in again"):
            change_password(guard, session, OWN, OWN + "!", NOW)

    def test_the_new_password_is_another_one(self, guard: Guard) -> None:
        session = settled(guard, made(guard))
        with pytest.raises(StaffError, match="take another"):
            change_password(guard, session, OWN, OWN, NOW)

    @pytest.mark.parametrize("token", ["", "x", "\udcff", "a" * 43])
    def test_a_made_up_token_opens_nothing(self, guard: Guard, token: str) -> None:
        settled(guard, made(guard))
        assert resume(guard, token, NOW) is None

    def test_ended_sessions_do_not_pile_up(self, guard: Guard) -> None:
        issued = made(guard)
        settled(guard, issued)
        for turn in range(1, 4):
            enter(guard, issued, NOW + turn * LONGEST, OWN)
        assert rows_in(guard.store, "SELECT count(*) FROM staff_sessions") == [(1,)]


class TestAccounts:
    def test_the_first_administrator_is_made_once(self, guard: Guard) -> None:
        issued = add_first_admin(guard, "admin", "管理岗", NOW)
        assert issued.account.roles == {"admin"}
        with pytest.raises(StaffError, match="there is an administrator, admin"):
            add_first_admin(guard, "second", "管理岗", NOW)

    def test_two_first_administrators_at_once_are_one(self, guard: Guard) -> None:
        works = [lambda n=n: add_first_admin(guard, f"admin{n}", "管理岗", NOW) for n in range(6)]
        found = together(list[Callable[[], object]](works))
        assert sum(isinstance(one, Issued) for one in found) == 1
        assert sum(isinstance(one, StaffError) for one in found) == 5

    def test_names_are_taken_once(self, guard: Guard) -> None:
        made(guard, "Desk")
        with pytest.raises(StaffError, match="is taken"):
            made(guard, "ｄｅｓｋ")

    @pytest.mark.parametrize("name", ["", "a", "two words", "x" * 41, "a/b", "a\nb", "<b>", "\udcff\udcff"])
    def test_names_that_are_none_are_refused(self, guard: Guard, name: str) -> None:
        with pytest.raises(StaffError, match="is no name"):
            made(guard, name)

    @pytest.mark.parametrize("title", ["", "   ", "长" * 41, "a\u202eb"])
    def test_titles_that_cannot_be_shown_are_refused(self, guard: Guard, title: str) -> None:
        with pytest.raises(StaffError, match="cannot be shown"):
            add(guard, None, "desk", title, post("intake"), NOW)

    def test_accounts_are_found_and_listed(self, guard: Guard) -> None:
        issued = reviewer(guard)
        made(guard, "desk")
        assert find(guard, "REVIEW") == issued.account
        with pytest.raises(StaffError, match="no account 'nobody'"):
            find(guard, "nobody")
        assert [one.account.name for one in standings(guard.store)] == ["desk", "review"]
        assert standings(guard.store)[1] == Standing(issued.account, True, 10, False)

    def test_ids_say_nothing_of_the_name(self, guard: Guard) -> None:
        assert made(guard, "one").account.id != made(guard, "two").account.id
        assert len(find(guard, "one").id) == 16

    def test_the_last_administrator_stays(self, guard: Guard) -> None:
        first = add_first_admin(guard, "admin", "管理岗", NOW).account
        with pytest.raises(StaffError, match="is the last administrator"):
            disable(guard, first, first.id, NOW)
        second = add(guard, first, "second", "管理岗", post("admin"), NOW).account
        with pytest.raises(StaffError, match="nobody changes his own roles"):
            set_post(guard, first, first.id, post("publisher"), NOW)
        disable(guard, first, first.id, NOW)
        with pytest.raises(StaffError, match="is the last administrator"):
            set_post(guard, None, second.id, post("publisher"), NOW)

    def test_two_administrators_who_shut_each_other_at_once_leave_one(self, guard: Guard) -> None:
        one = add_first_admin(guard, "admin", "管理岗", NOW).account
        two = add(guard, one, "second", "管理岗", post("admin"), NOW).account
        found = together([lambda: disable(guard, one, two.id, NOW), lambda: disable(guard, two, one.id, NOW)] * 3)
        assert any(isinstance(outcome, StaffError) for outcome in found)
        assert sum(not standing.account.disabled for standing in standings(guard.store)) == 1

    @pytest.mark.parametrize("role", ["intake", "publisher", "auditor"])
    def test_only_administrators_manage_accounts(self, guard: Guard, role: str) -> None:
        by, other = made(guard, "desk", role).account, made(guard, "other").account
        works: list[Callable[[], object]] = [
            lambda: add(guard, by, "third", "third", post("intake"), NOW),
            lambda: disable(guard, by, other.id, NOW),
            lambda: enable(guard, by, other.id, NOW),
            lambda: reset(guard, by, other.id, PARTS, NOW),
            lambda: set_post(guard, by, other.id, post("publisher"), NOW),
            lambda: set_post(guard, by, by.id, post("admin"), NOW),
        ]
        before = rows_in(guard.store, "SELECT * FROM staff"), acts(guard.store)
        for work in works:
            with pytest.raises(StaffError):
                work()
        assert (rows_in(guard.store, "SELECT * FROM staff"), acts(guard.store)) == before

    def test_a_disabled_administrator_manages_nothing(self, guard: Guard) -> None:
        one = add_first_admin(guard, "admin", "管理岗", NOW).account
        two = add(guard, one, "second", "管理岗", post("admin"), NOW).account
        shut = disable(guard, two, one.id, NOW)
        assert shut.roles == frozenset()
        with pytest.raises(StaffError, match="only an administrator"):
            enable(guard, shut, one.id, NOW)

    def test_an_id_that_nobody_has_is_told(self, guard: Guard) -> None:
        for work in (disable, enable):
            with pytest.raises(StaffError, match="no such account"):
                work(guard, None, "0" * 16, NOW)
        with pytest.raises(StaffError, match="no such account"):
            reset(guard, None, "0" * 16, PARTS, NOW)

    def test_a_reset_of_one_part_leaves_the_others(self, guard: Guard) -> None:
        issued = made(guard)
        settled(guard, issued)
        codes = reset(guard, None, issued.account.id, ["recovery"], NOW)
        assert (codes.password, codes.url) == (None, None)
        enter(guard, issued, NOW + STEP, OWN)
        with pytest.raises(SignInError):
            sign_in(guard, "受理岗", OWN, issued.recovery[0], NOW)
        sign_in(guard, "受理岗", OWN, codes.recovery[0], NOW)
        phone = reset(guard, None, issued.account.id, ["totp"], NOW)
        assert (phone.password, phone.recovery) == (None, ())
        with pytest.raises(SignInError):
            enter(guard, issued, NOW + 2 * STEP, OWN)
        enter(guard, phone, NOW + STEP, OWN)

    def test_every_act_has_its_row(self, guard: Guard, contact: bytes) -> None:
        admin = add_first_admin(guard, "admin", "管理岗", NOW)
        by = settled(guard, admin).account
        other = add(guard, by, "review", "复核岗", post("reviewer", unit="bureau"), NOW).account
        share_contact_key(guard, None, other.id, contact, NOW)
        reset(guard, by, other.id, ["totp"], NOW)
        set_post(guard, by, other.id, post("publisher"), NOW)
        disable(guard, by, other.id, NOW)
        enable(guard, by, other.id, NOW)
        sign_out(guard, enter(guard, admin, NOW + STEP, OWN), NOW)
        assert acts(guard.store) == [
            ("system", "system", "account_add", '{"roles":"admin"}'),
            (by.id, "self", "sign_in", '{"by":"totp","failed":0}'),
            (by.id, "self", "password_change", "{}"),
            (by.id, "admin", "account_add", '{"roles":"reviewer"}'),
            ("system", "system", "contact_share", "{}"),
            (by.id, "admin", "account_reset", '{"parts":"totp"}'),
            (by.id, "admin", "account_roles", '{"roles":"publisher"}'),
            (by.id, "admin", "account_disable", "{}"),
            (by.id, "admin", "account_enable", "{}"),
            (by.id, "self", "sign_in", '{"by":"totp","failed":0}'),
            (by.id, "self", "sign_out", "{}"),
        ]
        assert verify(guard.store).count == 11


def everything(store: Store) -> bytes:
    """All bytes of the database, its write-ahead log included."""
    return b"".join(path.read_bytes() for path in store.path.parent.glob(f"{store.path.name}*"))


class TestContactKey:
    def test_a_reviewers_session_opens_contacts(self, guard: Guard, contact: bytes) -> None:
        issued = reviewer(guard, contact=contact)
        first = enter(guard, issued)
        with pytest.raises(StaffError, match="only a reviewer's session"):
            first.contact_key()
        session = change_password(guard, first, str(issued.password), OWN, NOW)
        assert session.contact_key() == contact
        assert enter(guard, issued, NOW + STEP, OWN).contact_key() == contact
        resumed = resume(guard, session.token, NOW + STEP)
        assert resumed is not None
        assert resumed.contact_key() == contact

    def test_the_key_stays_through_changes_of_the_password(self, guard: Guard, contact: bytes) -> None:
        issued = reviewer(guard, contact=contact)
        session = settled(guard, issued)
        for turn in range(3):
            session = change_password(guard, session, OWN + "!" * turn, OWN + "!" * (turn + 1), NOW)
        assert enter(guard, issued, NOW + STEP, OWN + "!!!").contact_key() == contact

    def test_without_the_file_another_reviewer_shares_the_key(self, guard: Guard, contact: bytes) -> None:
        one = settled(guard, reviewer(guard, "one", contact))
        two = reviewer(guard, "two")
        session = settled(guard, two)
        with pytest.raises(StaffError, match="ask another reviewer to share"):
            session.contact_key()
        share_contact_key(guard, one.account, two.account.id, one.contact_key(), NOW)
        assert enter(guard, two, NOW + STEP, OWN).contact_key() == contact
        assert standings(guard.store)[1].opens_contacts

    def test_a_reset_takes_the_key_away_until_it_is_shared_again(self, guard: Guard, contact: bytes) -> None:
        issued = reviewer(guard, contact=contact)
        settled(guard, issued)
        again = reset(guard, None, issued.account.id, PARTS, NOW)
        with pytest.raises(StaffError, match="ask another reviewer"):
            settled(guard, again).contact_key()
        with_file = reset(guard, None, issued.account.id, PARTS, NOW, contact)
        assert settled(guard, with_file).contact_key() == contact

    def test_a_reset_of_the_telephone_leaves_the_key(self, guard: Guard, contact: bytes) -> None:
        issued = reviewer(guard, contact=contact)
        settled(guard, issued)
        phone = reset(guard, None, issued.account.id, ["totp", "recovery"], NOW)
        assert enter(guard, phone, NOW + STEP, OWN).contact_key() == contact

    def test_an_administrator_who_resets_a_reviewer_does_not_come_by_the_key(
        self, guard: Guard, contact: bytes
    ) -> None:
        admin = add_first_admin(guard, "admin", "管理岗", NOW).account
        issued = reviewer(guard, contact=contact)
        settled(guard, issued)
        taken = settled(guard, reset(guard, admin, issued.account.id, PARTS, NOW))
        with pytest.raises(StaffError, match="ask another reviewer"):
            taken.contact_key()
        with pytest.raises(StaffError, match="from a reviewer to another"):
            share_contact_key(guard, admin, issued.account.id, contact, NOW)

    def test_the_key_goes_to_reviewers_only(self, guard: Guard, contact: bytes) -> None:
        one = settled(guard, reviewer(guard, "one", contact)).account
        for other in (made(guard).account, one):
            with pytest.raises(StaffError, match="from a reviewer to another"):
                share_contact_key(guard, one, other.id, contact, NOW)

    def test_a_reviewer_who_becomes_something_else_loses_it(self, guard: Guard, contact: bytes) -> None:
        issued = reviewer(guard, contact=contact)
        settled(guard, issued)
        set_post(guard, None, issued.account.id, post("intake"), NOW)
        with pytest.raises(StaffError, match="only a reviewer's session"):
            enter(guard, issued, NOW + STEP, OWN).contact_key()
        assert rows_in(guard.store, "SELECT count(*) FROM staff_lockers") == [(0,)]

    def test_who_becomes_a_reviewer_gets_a_locker_at_the_next_sign_in(self, guard: Guard, contact: bytes) -> None:
        issued = made(guard)
        settled(guard, issued)
        set_post(guard, None, issued.account.id, post("reviewer", unit="bureau"), NOW)
        with pytest.raises(StaffError, match="let him sign in once"):
            share_contact_key(guard, None, issued.account.id, contact, NOW)
        enter(guard, issued, NOW + STEP, OWN)
        share_contact_key(guard, None, issued.account.id, contact, NOW)
        assert enter(guard, issued, NOW + 2 * STEP, OWN).contact_key() == contact

    def test_a_key_of_another_office_is_refused(self, guard: Guard) -> None:
        issued = reviewer(guard)
        for wrong, words in ((bytes([7]) * 32, "does not belong to this office"), (b"short", "no contact key")):
            with pytest.raises(StoreError, match=words):
                share_contact_key(guard, None, issued.account.id, wrong, NOW)

    def test_the_database_alone_opens_nothing(self, guard: Guard, contact: bytes) -> None:
        issued = reviewer(guard, contact=contact)
        session = settled(guard, issued)
        found = everything(guard.store)
        secret = issued.url.split("secret=")[1].split("&")[0] if issued.url else ""
        token = base64.urlsafe_b64decode(session.token + "=")
        secrets = [contact, guard.keys.master, token, base64.b32decode(secret)]
        words = [str(issued.password), OWN, secret, session.token, *issued.recovery]
        told = [*secrets, *(one.hex().encode() for one in secrets), *(base64.b64encode(one) for one in secrets)]
        assert [one for one in [*told, *(word.encode() for word in words)] if one in found] == []

    def test_database_and_password_open_nothing_without_the_master_key(self, guard: Guard, contact: bytes) -> None:
        from surveys.contact_key import Locker, open_for_session, open_locker

        issued = reviewer(guard, contact=contact)
        session = settled(guard, issued)
        row = guard.store.read(lambda connection: people.locker(connection, issued.account.id))
        assert row is not None
        locker = Locker(*row)
        thief = Keys(bytes(32), guard.keys.contact)
        assert open_locker(guard.keys, issued.account.id, locker, OWN).contact == contact
        for keys, staff, password in (
            (thief, issued.account.id, OWN),
            (guard.keys, issued.account.id, OWN + "!"),
            (guard.keys, "0" * 16, OWN),
        ):
            with pytest.raises(StoreError, match="does not open"):
                open_locker(keys, staff, locker, password)
        with pytest.raises(StaffError, match="do not open: sign in again"):
            open_for_session("a" * 43, issued.account.id, session.shut_keys)

    def test_secrets_are_not_printed(self, guard: Guard, contact: bytes) -> None:
        session = settled(guard, reviewer(guard, contact=contact))
        assert session.token not in repr(session)
        assert repr(session.shut_keys) not in repr(session)


def test_accounts_are_plain_values() -> None:
    account = Account("0" * 16, "desk", "受理岗", post("intake"))
    assert replace(account, disabled=True).roles == frozenset()
