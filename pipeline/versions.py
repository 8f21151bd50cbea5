"""Which code, encoder and lexicon made a result: written into every run and manifest."""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache
from importlib.metadata import version

from pipeline.paths import CHECKOUT

LEXICON = CHECKOUT / "data" / "lexicon"


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
def lexicon_version() -> str:
    """Hash over the lexicon's files: another lexicon, other derived tables."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(LEXICON.rglob("*")):
        if path.is_file() and path.suffix != ".md":
            digest.update(path.relative_to(LEXICON).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
