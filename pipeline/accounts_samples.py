"""Sample accounts for ``make demo``: clearly marked, one per role and partner, for this machine alone."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from pipeline.accounts import Accounts
from pipeline.coalition import load_coalition
from pipeline.paths import DataDir
from pipeline.people import AccountRole, Person


def sample_password(data: DataDir) -> str | None:
    """The one password of all sample accounts; None when there are none."""
    path = _file(data)
    return path.read_text(encoding="utf-8").strip() if path.exists() else None


def make_samples(data: DataDir) -> tuple[str, list[Person]]:
    """Make the sample accounts that are missing, and give their password and persons."""
    accounts = Accounts(data.accounts)
    standing = {account.person.user_id for account in accounts.everybody()}
    password = sample_password(data) or _new_password(data)
    people = list(_people(data))
    for person in people:
        if person.user_id not in standing:
            accounts.add(person, by="demo", password=password, sample=True)
    return password, people


def has_samples(data: DataDir) -> bool:
    """Whether a sample account stands that somebody could sign in with."""
    if not data.accounts.exists():
        return False
    everybody = Accounts(data.accounts, read_only=True).everybody()
    return any(account.sample and not account.disabled for account in everybody)


def _people(data: DataDir) -> Iterable[Person]:
    partners = [partner.id for partner in load_coalition(data).partners]
    watch = partners[0] if partners else None
    yield Person("sample-viewer", "Sample Viewer", AccountRole.VIEWER)
    yield Person("sample-monitor", "Sample Monitor", AccountRole.MONITOR, watch)
    yield Person("sample-lead", "Sample Lead", AccountRole.LEAD, watch)
    yield Person("sample-admin", "Sample Administrator", AccountRole.ADMIN)
    for partner in partners:
        yield Person(f"sample-{partner}"[:64].rstrip("-"), "Sample Reviewer", AccountRole.REVIEWER, partner)


def _new_password(data: DataDir) -> str:
    password = f"sample-{secrets.token_hex(5)}"
    path = _file(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(password, encoding="utf-8")
    return password


def _file(data: DataDir) -> Path:
    return data.accounts.with_name("sample-password.txt")
