"""Separation of duties: what roles may not stand together, and who may do what."""

from itertools import combinations

import pytest

from surveys.duties import (
    CASE_ROLES,
    ROLES,
    Account,
    Post,
    Role,
    keeps_an_admin,
    manages_accounts,
    may_set_roles,
    may_share_contacts,
    opens_contacts,
    post_of,
    reads_audit,
    reads_only,
    works_on_cases,
)
from surveys.errors import StaffError

SETS = [frozenset(found) for size in range(1, 7) for found in combinations(ROLES, size)]


def allowed(roles: frozenset[Role]) -> bool:
    try:
        Post(roles, "bureau")
    except StaffError:
        return False
    return True


def account(name: str, *roles: Role, disabled: bool = False) -> Account:
    return Account(name * 16, name, name, Post(frozenset(roles), "bureau"), disabled)


@pytest.mark.parametrize("roles", SETS, ids=lambda roles: "+".join(sorted(roles)))
def test_no_post_mixes_what_must_stand_apart(roles: frozenset[Role]) -> None:
    wanted = not ("auditor" in roles and len(roles) > 1) and not ("admin" in roles and roles & CASE_ROLES)
    assert allowed(roles) == wanted
    if allowed(roles):
        assert not (manages_accounts(roles) and works_on_cases(roles))
        assert not (reads_audit(roles) and not reads_only(roles))
    assert works_on_cases(roles) == (bool(roles & CASE_ROLES) and not roles & {"admin", "auditor"})


def test_what_each_role_may_do() -> None:
    predicates = (works_on_cases, reads_only, reads_audit, manages_accounts, opens_contacts)
    assert {role: [may({role}) for may in predicates] for role in ROLES} == {
        "intake": [True, False, False, False, False],
        "handler": [True, False, False, False, False],
        "reviewer": [True, False, False, False, True],
        "publisher": [False, False, False, False, False],
        "auditor": [False, True, True, False, False],
        "admin": [False, False, False, True, False],
    }
    assert [may(frozenset()) for may in predicates] == [False, True, False, False, False]


@pytest.mark.parametrize(
    ("roles", "unit", "words"),
    [
        ([], None, "needs a role: one or more of intake, handler"),
        (["chief"], None, "there is no role 'chief'"),
        (["handler"], None, "a handler belongs to a unit: name it with --unit CODE"),
        (["intake", "reviewer"], None, "a reviewer belongs to a unit"),
        (["handler"], "moon", "there is no unit 'moon': see .venv/bin/python -m scripts.check --units"),
        (["admin", "intake"], None, "an admin does not work on cases"),
        (["auditor", "publisher"], None, "an auditor reads and does nothing else"),
    ],
)
def test_a_post_that_cannot_be_is_told(roles: list[str], unit: str | None, words: str) -> None:
    with pytest.raises(StaffError, match=words):
        post_of(roles, unit, {"bureau"})


def test_a_post_from_what_was_typed() -> None:
    assert post_of(["handler", "intake"], "bureau", {"bureau"}) == Post(frozenset({"handler", "intake"}), "bureau")


def test_nobody_gives_himself_a_role() -> None:
    admin, other = account("a", "admin"), account("b", "intake")
    assert may_set_roles(admin, other.id)
    assert may_set_roles(None, admin.id)
    assert not may_set_roles(admin, admin.id)
    assert not may_set_roles(other, other.id)
    assert not may_set_roles(other, admin.id)
    assert not may_set_roles(account("c", "admin", disabled=True), other.id)


def test_an_admin_must_stay() -> None:
    assert keeps_an_admin([account("a", "admin"), account("b", "intake")])
    assert not keeps_an_admin([account("a", "admin", disabled=True), account("b", "intake")])
    assert not keeps_an_admin([])


def test_the_key_to_contacts_goes_from_reviewer_to_reviewer() -> None:
    one, two, admin = account("a", "reviewer"), account("b", "reviewer"), account("c", "admin")
    assert may_share_contacts(one, two)
    assert may_share_contacts(None, two)
    assert not may_share_contacts(one, one)
    assert not may_share_contacts(admin, two)
    assert not may_share_contacts(None, admin)
    assert not may_share_contacts(account("d", "reviewer", disabled=True), two)
