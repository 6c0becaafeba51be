"""Who may do what: the roles of the desk and what keeps them apart. Pure, so that no page can forget it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, TypeGuard, get_args

from surveys.errors import StaffError

Role = Literal["intake", "handler", "reviewer", "publisher", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
CASE_ROLES: frozenset[Role] = frozenset({"intake", "handler", "reviewer"})
UNIT_ROLES: frozenset[Role] = frozenset({"handler", "reviewer"})
TEMPLATE_ROLES: tuple[Role, ...] = ("publisher", "reviewer", "intake")
"""Who writes the templates for replies."""


@dataclass(frozen=True)
class Post:
    """The roles of an account and the unit that a handler or reviewer belongs to; StaffError if they clash."""

    roles: frozenset[Role]
    unit: str | None = None

    def __post_init__(self) -> None:
        if not self.roles:
            raise StaffError(f"an account needs a role: one or more of {', '.join(ROLES)}")
        if "auditor" in self.roles and len(self.roles) > 1:
            raise StaffError("an auditor reads and does nothing else: give the other roles to another account")
        if "admin" in self.roles and self.roles & CASE_ROLES:
            raise StaffError("an admin does not work on cases: give intake, handler, reviewer to another account")
        if self.unit is None and (needy := sorted(self.roles & UNIT_ROLES)):
            raise StaffError(f"a {needy[0]} belongs to a unit: name it with --unit CODE")


@dataclass(frozen=True)
class Account:
    """Who someone is at the desk: a random id that says nothing, a login name, and what residents are shown."""

    id: str
    name: str
    title: str
    post: Post
    disabled: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        """What the account may do; nothing once it is disabled."""
        return frozenset() if self.disabled else self.post.roles


def is_role(word: str) -> TypeGuard[Role]:
    """Whether there is such a role."""
    return word in ROLES


def post_of(roles: Iterable[str], unit: str | None, units: Collection[str]) -> Post:
    """A post from what was typed; StaffError for an unknown role or unit."""
    given = tuple(roles)
    known = frozenset(role for role in given if is_role(role))
    if unknown := [role for role in given if not is_role(role)]:
        raise StaffError(f"there is no role '{unknown[0]}': take one or more of {', '.join(ROLES)}")
    if unit is not None and unit not in units:
        raise StaffError(f"there is no unit '{unit}': see .venv/bin/python -m scripts.check --units")
    return Post(known, unit)


def works_on_cases(roles: Collection[Role]) -> bool:
    """Whether someone with these roles may act on cases at all; an admin and an auditor never do."""
    return bool(CASE_ROLES.intersection(roles)) and not {"admin", "auditor"}.intersection(roles)


def reads_only(roles: Collection[Role]) -> bool:
    """Whether someone with these roles sees but changes nothing."""
    return not roles or "auditor" in roles


def reads_audit(roles: Collection[Role]) -> bool:
    """Whether someone with these roles may read the audit."""
    return "auditor" in roles


def writes_templates(roles: Collection[Role]) -> bool:
    """Whether someone with these roles may write, change and remove templates for replies."""
    return not reads_only(roles) and bool(set(TEMPLATE_ROLES).intersection(roles))


def manages_accounts(roles: Collection[Role]) -> bool:
    """Whether someone with these roles may add, disable and reset accounts."""
    return "admin" in roles


def opens_contacts(roles: Collection[Role]) -> bool:
    """Whether someone with these roles holds the key to contacts; what may be seen of a case is decided there."""
    return "reviewer" in roles


def has_locker(roles: Collection[Role]) -> bool:
    """Whether someone with these roles has a pair of keys: a reviewer, and a handler for contacts handed to him."""
    return bool({"reviewer", "handler"}.intersection(roles))


def may_set_roles(by: Account | None, of: str) -> bool:
    """Whether `by` may change the roles of the account with the id `of`: never one's own; None is the machine."""
    return by is None or (manages_accounts(by.roles) and by.id != of)


def may_share_contacts(by: Account | None, to: Account) -> bool:
    """Whether `by` may hand the key to contacts on: a reviewer, to another reviewer; None is who holds the file."""
    return opens_contacts(to.post.roles) and (by is None or (opens_contacts(by.roles) and by.id != to.id))


def keeps_an_admin(accounts: Iterable[Account]) -> bool:
    """Whether at least one of the accounts can still manage accounts."""
    return any(manages_accounts(account.roles) for account in accounts)
