"""Every error that Chengqing raises on purpose, in one tree.

ChengqingError
├── UsageError          the command or file given cannot be used; exit code 2
│   ├── IncidentError   an incident file is wrong; names file, line and fix
│   ├── CoalitionError  the coalition file is wrong, or knows no such partner
│   ├── DraftError      a draft or statement cannot be changed this way
│   ├── MappingError    an import's column mapping does not fit the file
│   ├── UnknownName     no such incident, stage, source, question or bench
│   ├── SignInRefused   wrong name or password, or too many attempts: carries the seconds to wait
│   └── NotAllowed      the person's role does not allow it
├── CrawlError          a source refused, changed or could not be reached; exit code 3
│   └── ProviderFailed  the identity provider cannot be reached, or what it said does not hold
├── StageError          a pipeline stage could not finish; exit code 4
├── StoreError          lake, warehouse or ledger is missing, damaged or from another version; exit code 5
│   └── StaleVersion    somebody else decided first: carries both versions
└── ModelError          an encoder is missing, damaged or does not fit; exit code 6

Each message says what happened, where, and what to do, in English; ``code`` and ``values`` let the desk say it in the
reader's language (``dashboard/strings/*/errors.toml``).
"""

from __future__ import annotations

from models.errors import ChengqingError, ModelError

__all__ = [
    "ChengqingError",
    "CoalitionError",
    "CrawlError",
    "DraftError",
    "IncidentError",
    "MappingError",
    "ModelError",
    "NotAllowed",
    "ProviderFailed",
    "SignInRefused",
    "StageError",
    "StaleVersion",
    "StoreError",
    "UnknownName",
    "UsageError",
]


class UsageError(ChengqingError):
    """The command, file or name given cannot be used as it is."""

    exit_code = 2
    code = "unusable"


class IncidentError(UsageError):
    """An incident file is wrong; the message names file, line and fix."""

    code = "incident_file"


class CoalitionError(UsageError):
    """The coalition file is wrong, or knows no such partner."""

    code = "coalition_file"


class DraftError(UsageError):
    """A draft or statement cannot be changed this way; nothing was stored."""

    code = "draft"


class MappingError(UsageError):
    """An import's column mapping does not fit the file."""


class UnknownName(UsageError):  # noqa: N818  reads as a sentence where it is raised
    """No incident, stage, source, saved question or bench has this name."""

    code = "unknown_name"


class SignInRefused(UsageError):  # noqa: N818  it names what happened
    """Nobody was signed in; ``wait`` is the seconds until the next attempt is looked at, 0 for none."""

    code = "sign_in"

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(message, seconds=wait)
        self.wait = wait


class NotAllowed(UsageError):  # noqa: N818  it names what happened
    """The person's role does not allow this act."""

    code = "not_allowed"


class CrawlError(ChengqingError):
    """A source refused us, changed its pages or could not be reached."""

    exit_code = 3
    code = "source"


class ProviderFailed(CrawlError):  # noqa: N818  it names what happened
    """The identity provider cannot be reached, or what it said does not hold: for the log, not for strangers."""

    code = "provider"


class StageError(ChengqingError):
    """A pipeline stage could not finish; the last good warehouse still stands."""

    exit_code = 4
    code = "stage"


class StoreError(ChengqingError):
    """The lake, warehouse or ledger is missing, damaged or of another version."""

    exit_code = 5
    code = "store"


class StaleVersion(StoreError):  # noqa: N818  it names what happened
    """Somebody else decided first; ``mine`` was refused and ``theirs`` stands, neither is lost."""

    code = "others_first"

    def __init__(
        self,
        message: str,
        *,
        mine: dict[str, object],
        theirs: dict[str, object],
        code: str | None = None,
        **values: object,
    ) -> None:
        super().__init__(message, code=code, **values)
        self.mine = mine
        self.theirs = theirs
