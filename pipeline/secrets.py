"""Passwords and session tokens: what is stored of them cannot be turned back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from functools import cache

from pipeline.errors import UsageError

MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS = 15, 256
"""At least 15, for the password is the only factor (NIST SP 800-63B-4, 3.1.1.2); no rules on what is in it."""

COST, BLOCK, LANES = 2**15, 8, 3
"""scrypt with 32 MiB, the strength that OWASP's Password Storage Cheat Sheet asks for (N=2^15, r=8, p=3)."""

_MEMORY = 64 * 1024 * 1024


def hashed_password(password: str) -> str:
    """``scrypt$N$r$p$salt$hash`` of a password; raises ``UsageError`` when it is too short or too long."""
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise UsageError(
            f"a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters, this one {len(password)}: "
            "take a few words that nobody would put together",
            code="password_length",
            least=MIN_PASSWORD_CHARS,
            most=MAX_PASSWORD_CHARS,
            given=len(password),
        )
    salt = os.urandom(16)
    digest = _scrypt(password, salt, COST, BLOCK, LANES)
    return "$".join(("scrypt", str(COST), str(BLOCK), str(LANES), _text(salt), _text(digest)))


def password_fits(password: str, stored: str | None) -> bool:
    """Whether ``password`` is the one behind ``stored``; takes as long when there is none."""
    known = stored or _nobodys()
    _, cost, block, lanes, salt, digest = known.split("$")
    told = password[:MAX_PASSWORD_CHARS]
    found = _scrypt(told, base64.b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(found, base64.b64decode(digest)) and stored is not None


def new_token() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def hashed_token(token: str) -> str:
    """What is stored of a token or of a typed name; random tokens need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _nobodys() -> str:
    return hashed_password(secrets.token_urlsafe(32))


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    told = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(told, salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
