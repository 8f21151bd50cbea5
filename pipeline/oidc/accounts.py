"""Whom the identity provider lets in, and as whom.

The provider's own id of a person (issuer and ``sub``) is what is known again; an e-mail address only leads to it once,
when it is verified and stands at an account that belongs to nobody at this provider yet. An account that was made here
because of a grant follows the grants at each sign-in; one that a keeper made keeps the role that the keeper gave.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from pipeline.accounts import Account, Accounts
from pipeline.errors import NotAllowed
from pipeline.oidc.settings import Claims, Grant, Provider
from pipeline.people import Person
from pipeline.statements import statement

MAX_ID_CHARS = 40
HOW = "oidc"


@dataclass(frozen=True, slots=True)
class Known:
    """Which account belongs to somebody at the provider, and whether a grant made it."""

    user_id: str
    by_grant: bool


class ProvidedAccounts(Accounts):
    """Accounts, with who they are at the provider."""

    SCHEMAS = (*Accounts.SCHEMAS, "accounts/identities")

    def enter(self, provider: Provider, claims: Claims) -> str:
        """A session for whom the provider named; raises ``NotAllowed`` for somebody who has no place here,
        ``SignInRefused`` for an account that is disabled."""
        subject, grant = str(claims["sub"]), provider.granted(claims)
        known = self._known(provider.issuer, subject) or self._by_email(provider, claims, subject)
        if known is None:
            known = self._made(provider, claims, subject, grant)
        elif known.by_grant:
            self._follow(known.user_id, grant)
        return self.open_session(known.user_id, how=HOW)

    def _known(self, issuer: str, subject: str) -> Known | None:
        values = {"issuer": issuer, "subject": subject}
        with self.connect() as connection:
            row = connection.execute(statement("accounts/identity"), values).fetchone()
        return Known(row[0], bool(row[1])) if row else None

    def _by_email(self, provider: Provider, claims: Claims, subject: str) -> Known | None:
        """The account that waits for this verified address; it belongs to this person from now on."""
        account = self.by_email(_email(claims) or "\0")
        if account is None or not self._bind(provider, subject, account, by_grant=False):
            return None
        return Known(account.person.user_id, by_grant=False)

    def _made(self, provider: Provider, claims: Claims, subject: str, grant: Grant | None) -> Known:
        """A new account by a grant."""
        if grant is None:
            raise NotAllowed("the sign-in service knows you, and nobody has given you a place on this desk")
        email = _email(claims)
        taken = {account.person.user_id for account in self.everybody()}
        person = Person(_free_id(claims, taken), _name(claims), grant.role, grant.partner)
        account = self.add(person, by=HOW, email=None if email and self.by_email(email) else email)
        self._bind(provider, subject, account, by_grant=True)
        return Known(account.person.user_id, by_grant=True)

    def _follow(self, user_id: str, grant: Grant | None) -> None:
        """Role and partner as granted now; whose grants are gone has no place here any more."""
        if grant is None:
            raise NotAllowed("your place on this desk was taken back at the sign-in service")
        person = self.account(user_id).person
        if (person.role, person.partner) != (grant.role, grant.partner):
            self.set_role(user_id, grant.role, grant.partner, by=HOW)

    def _bind(self, provider: Provider, subject: str, account: Account, *, by_grant: bool) -> bool:
        """Whether the account belongs to this person now; not when it belongs to another one already."""
        values = {
            "issuer": provider.issuer,
            "subject": subject,
            "user_id": account.person.user_id,
            "by_grant": int(by_grant),
        }
        with self.writing() as connection:
            if not _insert(connection, values):
                return False
            self._tell(connection, "identity_bound", values, HOW)
        return True


def _insert(connection: sqlite3.Connection, values: dict[str, object]) -> bool:
    return connection.execute(statement("accounts/insert_identity"), values).fetchone() is not None


def _email(claims: Claims) -> str | None:
    """The address, where the provider has seen to it that it is the person's own."""
    email = claims.get("email")
    usable = isinstance(email, str) and "@" in email and len(email) <= 254
    return str(email).lower() if usable and claims.get("email_verified") is True else None


def _name(claims: Claims) -> str:
    told = next(
        (claims[key] for key in ("name", "preferred_username", "sub") if isinstance(claims.get(key), str)), ""
    )
    clean = " ".join("".join(c if c.isprintable() else " " for c in told).split())
    return clean[:60] or "?"


def _free_id(claims: Claims, taken: set[str]) -> str:
    """An id for the ledger that nobody has: from the name at the provider, with a number where that is taken."""
    told = str(claims.get("preferred_username") or claims.get("email") or claims.get("name") or "")
    base = (
        re.sub(r"[^a-z0-9]+", "-", told.partition("@")[0].lower()).strip("-")[:MAX_ID_CHARS].strip("-")
        or "person"
    )
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (base, *numbered) if each not in taken)
