"""Published reviews that a purge reaches: imported ones at the address, and what other incidents' lakes took over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.files import sha256_of, write_parquet, write_text
from pipeline.paths import DataDir
from pipeline.retention.rows import Cut, remove
from pipeline.reviews.records import SIDECAR
from pipeline.suppression import Suppression
from pipeline.tables import KNOWN_REVIEWS

LIBRARY = "review-library"
"""Stands where the id of an incident stands, for what belongs to none."""

Hit = Callable[[pa.Table], pa.Array]
"""Says of each row of reviews whether it goes."""


def suppressed(listed: Suppression) -> Hit:
    """Reviews that nobody may bring back: of what stands at a listed address, or by a listed publisher."""

    def hit(table: pa.Table) -> pa.Array:
        rows = table.select(["url", "site", "publisher"]).to_pylist()
        gone = [listed.holds_review(row["url"], row["site"] or row["publisher"]) for row in rows]
        return pa.array(gone, pa.bool_())

    return hit


def of_crawls(data: DataDir, incident: str) -> Hit:
    """Reviews that an incident's crawls brought."""
    crawls = {f"{folder.parent.name}/{folder.name}" for folder in data.raw(incident).glob("*/*")}

    def hit(table: pa.Table) -> pa.Array:
        origins = table.column("origin").to_pylist()
        return pa.array([origin in crawls for origin in origins], pa.bool_())

    return hit


def _hits(file: Path, hit: Hit) -> tuple[pa.Table, pa.Array, int]:
    table = pq.read_table(file)
    mask = hit(table)
    return table, mask, int(pc.sum(mask).as_py() or 0)


def count_imported(data: DataDir, hit: Hit) -> int:
    """How many imported reviews would go."""
    return sum(_hits(file, hit)[2] for file in _imported(data))


def cut_imported(data: DataDir, hit: Hit) -> list[Cut]:
    """Take imported reviews out; a file that keeps none goes whole."""
    made = []
    for file in _imported(data):
        table, mask, rows = _hits(file, hit)
        if rows == table.num_rows and rows:
            made.append(remove(data, file, rows))
        elif rows:
            before = sha256_of(file)
            write_parquet(file, table.filter(pc.invert(mask)))
            made.append(Cut(str(file.relative_to(data.root)), rows, before, sha256_of(file)))
    return made


def _imported(data: DataDir) -> list[Path]:
    return sorted((data.root / "reviews").glob("*.parquet"))


def echoes(data: DataDir, hit: Hit, but: Iterable[str] = ()) -> dict[str, int]:
    """Incidents (others than ``but``) whose lake took such reviews over, with how many rows: to be run again."""
    found: dict[str, int] = {}
    for file in sorted((data.root / "lake").glob(f"*/{KNOWN_REVIEWS.name}/*.parquet")):
        incident = file.parent.parent.name
        rows = 0 if incident in but else _hits(file, hit)[2]
        if rows:
            found[incident] = found.get(incident, 0) + rows
    return found


def cut_sidecars(data: DataDir, incident: str, posts: frozenset[str]) -> list[Cut]:
    """Take what crawls noted beside review posts out for ``posts``; a broken line of a killed crawl goes too."""
    made = []
    for path in sorted(data.raw(incident).glob(f"*/*/{SIDECAR}")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        kept = [line for line in lines if (name := _post_of(line)) is not None and name not in posts]
        if len(kept) < len(lines):
            before = sha256_of(path)
            write_text(path, "".join(kept))
            made.append(
                Cut(str(path.relative_to(data.root)), len(lines) - len(kept), before, sha256_of(path))
            )
    return made


def _post_of(line: str) -> str | None:
    try:
        return str(json.loads(line)["post_id"])
    except (ValueError, KeyError, TypeError):
        return None
