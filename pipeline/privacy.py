"""What may leave the desk: personal data that texts spell out is hidden, and groups of few authors are not told.

A number of authors below k is suppressed, after k-anonymity: Sweeney, "k-anonymity: a model for protecting privacy",
International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 10(5), 2002; generalization first, then
suppression, after Samarati and Sweeney (1998). Masking finds forms (numbers, addresses), not names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.mask import hide
from pipeline.paths import DataDir
from pipeline.toml_files import read_toml

SMALLEST_GROUP = 5
"""Authors that a group has at least before anything is counted out on it; ``smallest_group`` in data/privacy.toml."""

AUTHOR_COUNTS = frozenset(
    {
        "authors",
        "author_count",
        "voices",
        "recent_voices",
        "previous_voices",
        "enquirers",
        "recent_enquirers",
        "correctors",
        "volume",
    }
)
"""Columns that count authors, by name: in tables of the warehouse and in saved questions."""

_NATIVE = re.compile(r"[A-Za-z0-9._~/@:%+=-]{1,200}")


@dataclass(frozen=True, slots=True)
class Leaving:
    """Rows that may leave, how many stretches of personal data were hidden in them, and how many counts suppressed."""

    rows: list[dict[str, Any]]
    hidden: int
    suppressed: int


def privacy_file(data: DataDir) -> Path:
    """Where the coalition says otherwise."""
    return data.root / "privacy.toml"


def smallest_group(data: DataDir) -> int:
    """The k of this desk: 5, or what its file says (2 to 1,000); ``UsageError`` names file and fault."""
    path = privacy_file(data)
    if not path.exists():
        return SMALLEST_GROUP
    told = read_toml(path)
    k = told.get("smallest_group", SMALLEST_GROUP)
    if set(told) - {"smallest_group"} or not isinstance(k, int) or isinstance(k, bool) or not 2 <= k <= 1000:
        raise UsageError(f"{path}: it holds one line, such as: smallest_group = 5 (2 to 1000)")
    return k


class Mask:
    """Hides personal data in values of any shape; ``found`` counts the stretches.

    A value that is a post's id as a whole (a known platform, a colon, its native id) stays: it is a key.
    """

    def __init__(self, platforms: Collection[str] = ()) -> None:
        self.platforms, self.found = frozenset(platforms), 0

    def __call__(self, value: object) -> Any:  # noqa: ANN401  whatever a query returned
        """``value`` with each stretch replaced by its kind, such as [phone]."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list | tuple):
            return [self(one) for one in value]
        if isinstance(value, Mapping):
            return {self(key): self(one) for key, one in value.items()}
        return value

    def _text(self, text: str) -> str:
        platform, colon, native = text.partition(":")
        if colon and platform in self.platforms and _NATIVE.fullmatch(native):
            return text
        masked, count = hide(text, lambda kind: f"[{kind.value}]")
        self.found += count
        return masked


def leaving(rows: Sequence[Mapping[str, Any]], platforms: Collection[str], k: int | None) -> Leaving:
    """``rows`` as they may leave: masked and, with ``k``, without counts of 1 to k - 1 authors (null: not told)."""
    mask, suppressed, made = Mask(platforms), 0, []
    for row in rows:
        told = {name: mask(value) for name, value in row.items()}
        if k is not None:
            few = [name for name in told if name in AUTHOR_COUNTS and is_few(told[name], k)]
            suppressed += len(few)
            told |= dict.fromkeys(few)
        made.append(told)
    return Leaving(made, mask.found, suppressed)


def is_few(value: object, k: int) -> bool:
    """Whether a count is of somebody, but of fewer than ``k``."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < k
