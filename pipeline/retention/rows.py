"""Taking rows out of the raw layer: the one thing that may change what a finished crawl stored.

Each part is replaced in one step and the manifest after it, so a kill in between leaves at worst a manifest with old
hashes, which the next purge puts right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import StoreError
from pipeline.files import sha256_of, write_parquet, write_text
from pipeline.paths import DataDir
from pipeline.tables import OBSERVATIONS

Hits = Callable[[pa.Table], pa.ChunkedArray]
"""Says of each row of an ``OBSERVATIONS`` table whether it goes."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One file that lost rows, or went whole (``sha256_after`` is None)."""

    file: str
    rows: int
    sha256_before: str
    sha256_after: str | None


def parts(data: DataDir, incident: str) -> list[Path]:
    """Every stored part of an incident, of stopped crawls too."""
    return sorted(data.raw(incident).glob("*/*/part-*.parquet"))


def observed(data: DataDir, incident: str) -> Iterator[pa.Table]:
    """The observations of each part."""
    for part in parts(data, incident):
        yield pq.read_table(part, schema=OBSERVATIONS.schema)


def count_hits(data: DataDir, incident: str, hits: Hits) -> int:
    """How many rows of the raw layer would go."""
    return sum(int(pc.sum(hits(table)).as_py() or 0) for table in observed(data, incident))


def cut(data: DataDir, incident: str, hits: Hits) -> list[Cut]:
    """Take the rows out and return what changed; parts keep their names, for others list them by name."""
    made = []
    for part in parts(data, incident):
        table = pq.read_table(part, schema=OBSERVATIONS.schema)
        kept = table.filter(pc.invert(hits(table)))
        if kept.num_rows < table.num_rows:
            before = sha256_of(part)
            write_parquet(part, kept)
            name = str(part.relative_to(data.root))
            made.append(Cut(name, table.num_rows - kept.num_rows, before, sha256_of(part)))
    for manifest in sorted(data.raw(incident).glob("*/*/manifest.json")):
        _put_right(manifest)
    return made


def _put_right(path: Path) -> None:
    """Hashes and count of a manifest as its parts are now."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        names = [str(entry["name"]) for entry in told["files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: not a crawl manifest ({error}); move the folder away to go on") from error
    files = [{"name": name, "sha256": sha256_of(path.parent / name)} for name in names]
    if files == told["files"]:
        return
    posts = sum(pq.read_metadata(path.parent / name).num_rows for name in names)
    purged = int((told.get("extra") or {}).get("purged", 0)) + int(told.get("posts") or 0) - posts
    told |= {"files": files, "posts": posts, "extra": {**(told.get("extra") or {}), "purged": purged}}
    write_text(path, json.dumps(told, ensure_ascii=False, indent=1) + "\n")


def cut_rejects(data: DataDir, incident: str, needles: frozenset[str]) -> list[Cut]:
    """Take out kept rows that could not be read and hold one of ``needles``; empty needles are passed over."""
    made = []
    for path in sorted(data.raw(incident).glob("*/*/rejects.jsonl")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        kept = [line for line in lines if not any(needle and needle in line for needle in needles)]
        if len(kept) < len(lines):
            before = sha256_of(path)
            write_text(path, "".join(kept))
            name = str(path.relative_to(data.root))
            made.append(Cut(name, len(lines) - len(kept), before, sha256_of(path)))
    return made


def remove(data: DataDir, path: Path, rows: int = 0) -> Cut:
    """Delete a file and say what it was."""
    gone = Cut(str(path.relative_to(data.root)), rows, sha256_of(path), None)
    path.unlink()
    return gone
