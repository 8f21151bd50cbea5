"""The hand-made word lists in ``lists.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _lists() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("lists.toml").read_text(encoding="utf-8"))


def word_list(name: str) -> dict[str, str]:
    """Return one of the tables: ``cantonese_characters``, ``cantonese_words``, ``parts``, ``emoji``, ``opposites``."""
    return dict(_lists()[name])


def phrases(name: str) -> tuple[str, ...]:
    """Return one of the lists: ``prefixes``, ``suffixes``, ``places``."""
    return tuple(_lists()[name])
