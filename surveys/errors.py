"""The errors that a user can act on, under one base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


class HuiyinError(Exception):
    """Something the user can mend; its text says what happened and what to do next."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault at a place in a file; line and column count from 1, 0 means the whole file."""

    path: Path
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else str(self.path)
        return f"{place}: {self.message}"


class DefinitionError(HuiyinError):
    """The definitions folder does not hold together; every problem found is listed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class AnswerError(HuiyinError):
    """An answer set does not fit its survey; `faults` maps question code to `responses.Fault`."""

    def __init__(self, faults: Mapping[str, Any]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{code}: {fault.code}" for code, fault in faults.items()))


class StoreBusyError(HuiyinError):
    """The store could not take a write within its deadline; nothing was stored, try again."""


class StoreUnreachableError(StoreBusyError):
    """The server with the database was not found or did not answer; nothing was stored, try again."""


class OutcomeUnknownError(StoreBusyError):
    """The server was lost while it committed; what was sent may be stored, and sent again it counts once."""


class StoreError(HuiyinError):
    """The store is missing, of another version, or damaged."""


class BackupError(HuiyinError):
    """A backup cannot be made, read or put back; nothing was changed."""


class SealedError(HuiyinError):
    """The month has not ended, so its ratings may not be split yet."""


class DisclosureError(HuiyinError):
    """What is published would tell on someone, whatever is hidden; the text names the cells."""


class CaseError(HuiyinError):
    """The act is not possible on this case as it stands."""


class ConflictError(CaseError):
    """Somebody else acted on the case since it was read; nothing was stored, look at it anew."""


class CardError(HuiyinError):
    """A card cannot be used for an answer; nothing was stored.

    `reason` is unknown (no such card, another secret, or used already: which of them is never said), void, or
    elsewhere, then with the survey and unit that its batch is for, whatever the secret.
    """

    def __init__(self, reason: Literal["unknown", "void", "elsewhere"], survey: str = "", unit: str = "") -> None:
        self.reason = reason
        self.survey = survey
        self.unit = unit
        super().__init__(f"the card cannot be used ({reason}): compare its digits, or answer without it")


class ExclusionError(HuiyinError):
    """These answers cannot be excluded, or not by this account; nothing was stored."""


class PaperError(HuiyinError):
    """The act on a batch of paper sheets is not possible, for the reason that `reason` names; nothing was changed."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class CallError(HuiyinError):
    """The call cannot be taken down, for the reason that `reason` names; nothing was stored."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class ThemeError(HuiyinError):
    """These texts cannot be read or coded now, or not by this account; nothing was stored."""


class StaleError(HuiyinError):
    """Somebody else acted on the same answers since they were read; nothing was stored, look at them anew."""


class PhotosFullError(CaseError):
    """The case would hold more photos than it may; nothing was stored."""


class PictureError(HuiyinError):
    """What was sent cannot be kept as a picture; `reason` is no-picture or too-large."""

    def __init__(self, reason: Literal["no-picture", "too-large"]) -> None:
        self.reason = reason
        advice = {"no-picture": "send a JPEG, PNG or WebP", "too-large": "send a smaller one"}
        super().__init__(f"the picture cannot be used ({reason}): {advice[reason]}")


class FeedError(CaseError):
    """The feed was switched on or off elsewhere meanwhile; nothing was changed."""


class StaffError(HuiyinError):
    """The act on an account is not possible; nothing was changed."""


class SignInError(StaffError):
    """Name, password or code do not fit; which of them is never said."""


class ThrottledError(SignInError):
    """Too many tries; `seconds` from now on the next one is taken."""

    def __init__(self, message: str, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(message)


class TemplateError(HuiyinError):
    """The template lacks something; nothing was stored."""


class TemplateConflictError(TemplateError):
    """Somebody else wrote the template since it was read; nothing was stored, look at it anew."""


class OpeningError(HuiyinError):
    """A version of a survey cannot be opened or closed so; nothing was stored."""


class AuditError(HuiyinError):
    """The audit's chain is broken; `row` is the number of the first row that does not hold, 0 for none."""

    def __init__(self, message: str, row: int = 0) -> None:
        self.row = row
        super().__init__(f"audit: {message}" if row else message)
