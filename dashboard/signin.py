"""Who is visiting: the session cookie, looked up in our own table on every run of every page."""

from __future__ import annotations

import streamlit as st

from pipeline.accounts import Accounts
from pipeline.oidc.settings import provider_file
from pipeline.paths import DataDir
from pipeline.people import AccountRole, Person

COOKIE = "chengqing_session"
UNATTENDED = "unattended"
"""Set in the session state before a rerun that no person asked for: it does not keep the session open."""
MAX_NAME_CHARS = 40
ALONE = AccountRole.LEAD
"""On a machine without accounts one person works alone, under a name of their choice; the desk then answers on
loopback only."""


def token() -> str | None:
    """The session cookie that came with this visit's websocket."""
    return st.context.cookies.get(COOKIE)


def needed(data: DataDir) -> bool:
    """Whether everybody has to sign in: this desk has accounts, or an identity provider that makes them."""
    if provider_file(data).exists():
        return True
    return data.accounts.exists() and Accounts(data.accounts, read_only=True).exist()


def visitor(data: DataDir) -> Person | None:
    """Who acts in this run; None for nobody: not signed in, or alone on the machine without having given a name."""
    attended = not st.session_state.pop(UNATTENDED, False)
    if needed(data):
        return Accounts(data.accounts, read_only=True).person_of(token(), touch=attended)
    name = str(st.session_state.get("actor") or "").strip()[:MAX_NAME_CHARS]
    return Person(name, name, ALONE) if name else None


def still_here(data: DataDir, person: Person | None) -> bool:
    """Whether ``person`` is still signed in, in the same role: fragments ask, for they run without the page."""
    if not needed(data):
        return True
    return Accounts(data.accounts, read_only=True).person_of(token()) == person


def sign_out(data: DataDir) -> None:
    """End the session of this visit, in every tab that shares it."""
    if held := token():
        Accounts(data.accounts).sign_out(held)
