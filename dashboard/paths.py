"""Addresses inside the desk: the only ones that anything may lead back to."""

from __future__ import annotations

import re

PAGES = (
    "/",
    "/claim",
    "/corrections",
    "/correction",
    "/statement",
    "/perspectives",
    "/incidents",
    "/health",
    "/protocol",
    "/people",
    "/outreach",
    "/capacity",
)
"""Pages whose theme is switched together."""
_LOCAL = re.compile(r"/(?:[a-z_]{1,40}(?:/[a-z_]{1,40})?)?")


def local_path(back: str | None) -> str:
    """Path and query to go back to: a page of ours, never another host, whatever was asked."""
    path, _, query = (back or "")[:4_000].partition("?")
    clean = re.sub(r"[^\x21-\x7e]", "", query)
    return (path if _LOCAL.fullmatch(path) else "/") + (f"?{clean}" if clean else "")
