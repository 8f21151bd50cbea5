"""Who uses the desk and what each may do: one table, asked on every page and before every action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AccountRole(StrEnum):
    """What somebody is on the desk; one per account."""

    VIEWER = "viewer"
    MONITOR = "monitor"
    LEAD = "lead"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Act(StrEnum):
    """What can be done on the desk."""

    READ = "read"
    TRIAGE = "triage"
    """Take, assign, release, rate, move between lanes."""
    RULE = "rule"
    """Say that two posts carry one claim, or do not."""
    NOTE = "note"
    """Write notes and comments, add evidence."""
    REVEAL = "reveal"
    """See the personal data that a post spells out; each look is an event."""
    EXPORT = "export"
    DRAFT = "draft"
    """Write corrections and statements."""
    APPROVE_DRAFT = "approve_draft"
    """Approve what somebody else drafted."""
    SIGN = "sign"
    """Answer for one's partner organization: consent, reservations, stand aside, block."""
    RELEASE = "release"
    OPEN_INCIDENT = "open_incident"
    """Open and close incidents."""
    CONFIGURE = "configure"
    """Edit the partner's bright lines, the coalition's rule and thresholds."""
    PROTOCOL = "protocol"
    """Tick tasks of one's role, write down outreach, say one's hours, keep one's partner's entries in the directory."""
    WATCH = "watch"
    """Offer the watch, and take it, for one's partner."""
    PURGE = "purge"
    """Delete collected data."""
    ADMINISTER = "administer"
    """Accounts."""


_MONITOR = {
    *(Act.READ, Act.TRIAGE, Act.RULE, Act.NOTE, Act.REVEAL, Act.EXPORT, Act.DRAFT, Act.APPROVE_DRAFT),
    *(Act.PROTOCOL, Act.WATCH),
}

ALLOWED: dict[AccountRole, frozenset[Act]] = {
    AccountRole.VIEWER: frozenset({Act.READ}),
    AccountRole.MONITOR: frozenset(_MONITOR),
    AccountRole.LEAD: frozenset(_MONITOR | {Act.RELEASE, Act.OPEN_INCIDENT, Act.CONFIGURE}),
    AccountRole.REVIEWER: frozenset({Act.READ, Act.NOTE, Act.SIGN, Act.CONFIGURE, Act.PROTOCOL}),
    AccountRole.ADMIN: frozenset(
        {Act.READ, Act.OPEN_INCIDENT, Act.CONFIGURE, Act.PROTOCOL, Act.PURGE, Act.ADMINISTER}
    ),
}
"""Whoever keeps the accounts neither rates nor signs: no account can be made to speak by the one who made it
without that person's name standing in the ledger."""

NEEDS_PARTNER = frozenset({Act.SIGN})
"""Acts that are done for an organization: an account without one may not do them, whatever its role."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in. ``user_id`` stands in the ledger; ``partner`` is an id of the coalition's file."""

    user_id: str
    name: str
    role: AccountRole
    partner: str | None = None


def may(person: Person | None, act: Act) -> bool:
    """Whether this person may do this; nobody may do nothing."""
    if person is None or act not in ALLOWED[person.role]:
        return False
    return act not in NEEDS_PARTNER or bool(person.partner)
