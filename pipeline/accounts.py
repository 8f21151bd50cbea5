"""Accounts and sessions: a SQLite file of their own beside the ledger, every change an event in its chain."""

from __future__ import annotations

import ipaddress
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from pipeline.errors import SignInRefused, UnknownName, UsageError
from pipeline.ledger.store import Store
from pipeline.paths import checked_name
from pipeline.people import ALLOWED, NEEDS_PARTNER, AccountRole, Act, Person, may
from pipeline.secrets import hashed_password, hashed_token, new_token, password_fits
from pipeline.statements import statement

__all__ = ["ALLOWED", "NEEDS_PARTNER", "Account", "AccountRole", "Accounts", "Act", "Person", "may"]

IDLE_SECONDS = 60 * 60
"""A session ends an hour after the person last did something."""
OPEN_SECONDS = 12 * 60 * 60
"""A session ends half a day after sign-in: a long shift."""
TOUCH_SECONDS = 60
"""How often a session in use is written: reading a page must not wait for a disk."""

FREE_FAILURES = 4
"""Wrong passwords without a wait; from then on each doubles it, from two seconds to a quarter of an hour."""
FREE_FROM_ADDRESS = 20
"""The same for whoever tries many names from one address: an office behind one address must not lock itself out."""
LONGEST_WAIT = 15 * 60
FORGET_SECONDS = 24 * 60 * 60
MAX_NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its keepers see it; whether there is a password, never what."""

    person: Person
    email: str | None
    disabled: bool
    sample: bool
    has_password: bool
    created_at: datetime


class Accounts(Store):
    """Reads and changes; ``by`` is who changes, an id or ``cli`` for whoever commands the machine."""

    SCHEMAS: ClassVar[tuple[str, ...]] = ("ledger/schema", "accounts/schema")

    def __init__(
        self, path: Path, *, read_only: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        self.clock = clock
        super().__init__(path, read_only=read_only)
        if not read_only:
            path.chmod(0o600)

    def exist(self) -> bool:
        """Whether there is an account, even a disabled one: then sign-in is required."""
        with self.connect() as connection:
            return bool(connection.execute(statement("accounts/count")).fetchone()[0])

    def everybody(self) -> list[Account]:
        """Every account by id."""
        with self.connect() as connection:
            return [_account(row) for row in _rows(connection)]

    def account(self, user_id: str) -> Account:
        """One account; raises ``UnknownName``."""
        with self.connect() as connection:
            return _account(self._row(connection, user_id))

    def add(
        self,
        person: Person,
        *,
        by: str,
        password: str | None = None,
        email: str | None = None,
        sample: bool = False,
    ) -> Account:
        """A new account; without a password only the coalition's sign-in service (OIDC, by e-mail) opens it."""
        _check(person, email)
        values = _values(person) | {
            "email": email.lower() if email else None,
            "sample": int(sample),
            "created_at": datetime.now(UTC).isoformat(),
        }
        secret = hashed_password(password) if password is not None else None
        with self.writing() as connection:
            if not connection.execute(
                statement("accounts/insert"), {**values, "password": secret}
            ).fetchone():
                raise UsageError(f"account {person.user_id}: the id or the e-mail address is taken")
            self._tell(connection, "account_added", values, by)
        return self.account(person.user_id)

    def set_password(self, user_id: str, password: str, *, by: str) -> None:
        """A new password; every session of the account ends."""
        self._change(user_id, "password_set", by, password=hashed_password(password))

    def set_role(self, user_id: str, role: AccountRole, partner: str | None, *, by: str) -> None:
        """Another role or partner; every session of the account ends."""
        _check(Person(user_id, "x", role, partner), None)
        self._change(user_id, "role_set", by, role=role.value, partner=partner)

    def disable(self, user_id: str, *, by: str, disabled: bool = True) -> None:
        """Shut an account out, or let it in again. It is never deleted: the ledger names it."""
        self._change(
            user_id, "account_disabled" if disabled else "account_enabled", by, disabled=int(disabled)
        )

    def sign_in(self, name: str, password: str, address: str = "") -> str:
        """A session token for the right password, else ``SignInRefused`` with the seconds to wait.

        The attempt is counted, by name and by the network ``address`` it came from, before the password is looked at,
        so that many at once gain nothing; unknown names wait and take as long as known ones.
        """
        name = name.strip().lower()[:MAX_NAME_CHARS]
        network = network_of(address)
        if network:
            self._count(network, FREE_FROM_ADDRESS)
        self._count(name)
        with self.connect() as connection:
            row = next(iter(_rows(connection, user_id=name)), None)
        if not password_fits(password, row[5] if row else None) or row is None or row[6]:
            raise SignInRefused("no account with this name and password", wait=0)
        with self.writing() as connection:
            connection.execute(statement("accounts/clear_attempts"), {"name_hash": hashed_token(name)})
            if network:  # the right password of one account forgives nobody's guesses at others
                connection.execute(
                    statement("accounts/uncount_attempt"), {"name_hash": hashed_token(network)}
                )
        return self.open_session(name, how="password")

    def open_session(self, user_id: str, *, how: str) -> str:
        """A session for somebody whom ``how`` has shown to be this person; gives the token."""
        now, token = self.clock(), new_token()
        with self.writing() as connection:
            if self._row(connection, user_id)[6]:
                raise SignInRefused("this account is disabled", wait=0)
            connection.execute(statement("accounts/sweep_sessions"), _limits(now))
            session = {"token_hash": hashed_token(token), "user_id": user_id, "now": now}
            connection.execute(statement("accounts/insert_session"), session)
            self._tell(connection, "signed_in", {"user_id": user_id, "how": how}, user_id)
        return token

    def person_of(self, token: str | None, *, touch: bool = False) -> Person | None:
        """Whose session this is, None when it ended; ``touch`` says that the person did something."""
        if not token:
            return None
        now = self.clock()
        values = {"token_hash": hashed_token(token), **_limits(now)}
        with self.connect() as connection:
            row = connection.execute(statement("accounts/person_of"), values).fetchone()
        if row is None:
            return None
        if touch and now - row[4] > TOUCH_SECONDS:
            writer = Accounts(self.path, clock=self.clock) if self.read_only else self
            with writer.writing() as connection:
                told = {"token_hash": values["token_hash"], "now": now}
                connection.execute(statement("accounts/touch_session"), told)
        return _person(row)

    def sign_out(self, token: str) -> None:
        """End the session; nothing happens when it has ended already."""
        with self.writing() as connection:
            row = connection.execute(
                statement("accounts/close_session"), {"token_hash": hashed_token(token)}
            ).fetchone()
            if row:
                self._tell(connection, "signed_out", {"user_id": row[0]}, row[0])

    def by_email(self, email: str) -> Account | None:
        """The account that belongs to this e-mail address."""
        with self.connect() as connection:
            return next((_account(row) for row in _rows(connection, email=email.lower())), None)

    def _count(self, name: str, free: int = FREE_FAILURES) -> None:
        """Count an attempt, or refuse it while this name or network has to wait."""
        key, now = hashed_token(name), self.clock()
        with self.writing() as connection:
            connection.execute(statement("accounts/sweep_attempts"), {"before": now - FORGET_SECONDS})
            row = connection.execute(statement("accounts/attempt_of"), {"name_hash": key}).fetchone()
            wait = _wait(row[0], now - row[1], free) if row else 0
            if not wait:
                values = {"name_hash": key, "now": now}
                failures = connection.execute(statement("accounts/count_attempt"), values).fetchone()[0]
                if failures > free:
                    self._tell(connection, "sign_in_slowed", {"user_id": name, "attempts": failures}, "")
        if wait:
            raise SignInRefused(f"too many attempts: wait {wait} seconds", wait=wait)

    def _change(self, user_id: str, kind: str, by: str, **changed: Any) -> None:  # noqa: ANN401  column values
        with self.writing() as connection:
            row = self._row(connection, user_id)
            names = ("user_id", "name", "role", "partner", "email", "password", "disabled")
            values = dict(zip(names, row[:7], strict=True)) | changed
            connection.execute(statement("accounts/update"), values)
            connection.execute(statement("accounts/close_sessions"), {"user_id": user_id})
            connection.execute(statement("accounts/clear_attempts"), {"name_hash": hashed_token(user_id)})
            told = {k: v for k, v in changed.items() if k != "password"}
            self._tell(connection, kind, {"user_id": user_id, **told}, by)

    def _row(self, connection: sqlite3.Connection, user_id: str) -> tuple[Any, ...]:
        found = _rows(connection, user_id=user_id)
        if not found:
            raise UnknownName(f"no account {user_id!r}; see: chengqing user list")
        return found[0]

    def _tell(self, connection: sqlite3.Connection, kind: str, values: dict[str, Any], by: str) -> None:
        self.append(connection, kind, {"incident": "", **values}, by, datetime.now(UTC))


def _check(person: Person, email: str | None) -> None:
    checked_name(person.user_id, "account")
    if person.partner is not None:
        checked_name(person.partner, "partner")
    if not person.name.strip() or len(person.name) > MAX_NAME_CHARS:
        raise UsageError(f"account {person.user_id}: a name has 1 to {MAX_NAME_CHARS} characters")
    if person.role is AccountRole.REVIEWER and not person.partner:
        raise UsageError(f"account {person.user_id}: a reviewer answers for a partner: add --partner ID")
    if email is not None and ("@" not in email or len(email) > 254):
        raise UsageError(f"account {person.user_id}: {email!r} is no e-mail address")


def network_of(address: str) -> str:
    """Whose attempts are counted together: an IPv4 address, or the /64 that one household or server has; empty for
    this machine, where a proxy may stand that does not say for whom it asks."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if ip.is_loopback:
        return ""
    return str(ip if ip.version == 4 else ipaddress.ip_network((ip, 64), strict=False))


def _wait(failures: int, passed: float, free: int) -> int:
    """Seconds still to wait after so many failures, the last one ``passed`` seconds ago."""
    if failures < free:
        return 0
    whole = min(LONGEST_WAIT, 2 ** min(30, failures - free + 1))
    return max(0, -int(-(whole - passed) // 1))


def _limits(now: float) -> dict[str, float]:
    return {"idle_since": now - IDLE_SECONDS, "open_since": now - OPEN_SECONDS}


def _rows(
    connection: sqlite3.Connection, user_id: str | None = None, email: str | None = None
) -> list[tuple[Any, ...]]:
    return connection.execute(statement("accounts/accounts"), {"user_id": user_id, "email": email}).fetchall()


def _values(person: Person) -> dict[str, Any]:
    return asdict(replace(person, name=person.name.strip())) | {"role": person.role.value}


def _person(row: tuple[Any, ...]) -> Person:
    return Person(row[0], row[1], AccountRole(row[2]), row[3])


def _account(row: tuple[Any, ...]) -> Account:
    return Account(
        person=_person(row),
        email=row[4],
        has_password=row[5] is not None,
        disabled=bool(row[6]),
        sample=bool(row[7]),
        created_at=datetime.fromisoformat(row[8]),
    )
