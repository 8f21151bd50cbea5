"""The words by which a coalition rates claims: five by default, its own by a file ``ratings.toml`` in the data folder.

::

    [[rating]]
    id = "out_of_context"
    en = "Out of context"
    zh-Hans = "断章取义"
    zh-Hant = "斷章取義"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.paths import DataDir
from pipeline.records import Rating
from pipeline.toml_files import read_toml

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
MOST_RATINGS = 20
MAX_CODE_CHARS = 40


@dataclass(frozen=True, slots=True)
class RatingWord:
    """One rating: the code that the ledger keeps and its name by language; no names for the default ones."""

    code: str
    names: Mapping[str, str]


DEFAULT = tuple(RatingWord(rating.value, {}) for rating in Rating)
"""不实、误导、部分属实、属实、暂无法核实; the desk has their words."""


def ratings(data: DataDir) -> tuple[RatingWord, ...]:
    """The ratings that people choose from, in order; raises ``UsageError`` naming file and fault."""
    path = data.root / "ratings.toml"
    return _read(path, path.stat().st_mtime_ns) if path.exists() else DEFAULT


@cache
def _read(path: Path, _changed: int) -> tuple[RatingWord, ...]:
    rows = read_toml(path).get("rating", [])
    known = {rating.value for rating in Rating}
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: ratings are [[rating]] tables")
    found = []
    for row in rows:
        code, names = str(row.get("id", "")), {key: str(row[key]) for key in LANGUAGES if row.get(key)}
        named = len(names) == len(LANGUAGES) or (not names and code in known)
        if not code.isidentifier() or not code.isascii() or len(code) > MAX_CODE_CHARS or not named:
            raise UsageError(
                f"{path}: rating {code!r} needs an id of letters, digits and _, and a name in {', '.join(LANGUAGES)}"
            )
        found.append(RatingWord(code, names))
    if not 0 < len(found) <= MOST_RATINGS or len({word.code for word in found}) < len(found):
        raise UsageError(f"{path}: needs 1 to {MOST_RATINGS} [[rating]] tables, each with an id of its own")
    return tuple(found)
