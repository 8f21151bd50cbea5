"""Settings and words in TOML: read in one way, refused in one way."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError


def read_toml(
    path: Path, wrong: type[UsageError] = UsageError, mend: str = "mend the file"
) -> dict[str, Any]:
    """What a TOML file says; raises ``wrong`` with the file, what is the matter with it and how to ``mend`` it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise wrong(f"{path}: {error}; {mend}") from error


@cache
def words_of(path: Path, language: str) -> Mapping[str, Any]:
    """The table of one language in a file of words that ships with us; ``UsageError`` names the languages there are."""
    told = read_toml(path)
    if language not in told:
        raise UsageError(f"no words in {language!r}; there are: {', '.join(told)}")
    table: Mapping[str, Any] = told[language]
    return table
