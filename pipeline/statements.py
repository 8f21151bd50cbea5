"""SQL lives in files; this finds them by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "sql"


@cache
def statement(name: str) -> str:
    """Text of ``sql/<name>.sql``."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def statement_names(folder: str) -> list[str]:
    """Names of the files in ``sql/<folder>/``, without ending, sorted."""
    return sorted(path.stem for path in (FOLDER / folder).glob("*.sql"))
