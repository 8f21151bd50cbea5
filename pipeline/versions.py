"""Which code, encoder and lexicon made a result: written into every run and manifest."""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache
from importlib.metadata import version

from pipeline.paths import CHECKOUT

LEXICON = CHECKOUT / "data" / "lexicon"

_DECIDING = (
    "duckdb",
    "jieba",
    "numba",
    "numpy",
    "opencc",
    "pyarrow",
    "pypinyin",
    "scikit-learn",
    "scipy",
)
"""Libraries whose version can change a derived table."""


@cache
def code_version() -> str:
    """Version of the installed distribution."""
    return version("chengqing")


@cache
def code_commit() -> str | None:
    """Short commit of the checkout, ``None`` outside of git."""
    command = ["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


@cache
def code_digest() -> str:
    """Hash over the code and libraries that decide derived tables: other code, other keys, so nothing stale is reused.

    The command line is left out, for it decides none.
    """
    digest = hashlib.blake2b(digest_size=8)
    for package in ("pipeline", "models"):
        for path in sorted((CHECKOUT / package).rglob("*")):
            if path.suffix in {".py", ".sql"} and "cli" not in path.parts:
                digest.update(path.relative_to(CHECKOUT).as_posix().encode() + b"\0" + path.read_bytes())
    for library in _DECIDING:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()


@cache
def lexicon_version() -> str:
    """Hash over the lexicon's files: another lexicon, other derived tables."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(LEXICON.rglob("*")):
        if path.is_file() and path.suffix != ".md":
            digest.update(path.relative_to(LEXICON).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
