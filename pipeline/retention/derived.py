"""What a run made of the posts: made again without those that went, or deleted with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline import remembered
from pipeline import tables as t
from pipeline.batch import run_incident
from pipeline.files import sha256_of, write_parquet
from pipeline.group.cache import FOLDER as GROUPING
from pipeline.identity import Identity
from pipeline.incident import find_incident
from pipeline.moments.keep import Lists
from pipeline.paths import DataDir
from pipeline.retention.blind import blinded
from pipeline.retention.rows import Cut, parts, remove
from pipeline.runs import WAREHOUSE, Run


def rebuild(data: DataDir, incident: str) -> list[Cut]:
    """Run on what is left and publish it, then delete every older file; without posts left, delete all."""
    if not any(pq.read_metadata(part).num_rows for part in parts(data, incident)):
        return drop(data, incident)
    lake = data.lake(incident)
    gone = [
        remove(data, file) for file in [*sorted((lake / GROUPING).glob("*.npz")), *remembered.files(lake)]
    ]
    run = run_incident(data, find_incident(data, incident))
    return [*gone, *_sweep(data, incident, run), *_vectors(data, incident, run)]


def drop(data: DataDir, incident: str) -> list[Cut]:
    """Delete every derived file of an incident: lake, warehouses and replays."""
    lake = [p for p in sorted(data.lake(incident).rglob("*")) if p.is_file() and not p.name.endswith(".lock")]
    Lists(data, incident).seal(lake)
    gone = [remove(data, file) for file in [*lake, *warehouses(data, incident)]]
    _unlink_dangling(data, incident)
    Lists(data, incident).end()
    return gone


def warehouses(data: DataDir, incident: str) -> list[Path]:
    """Published files of an incident, replays of a moment too."""
    name = re.compile(rf"{re.escape(incident)}(@\w+)?-\d+\.duckdb")
    return sorted(p for p in data.warehouse.glob("*.duckdb") if name.fullmatch(p.name) and not p.is_symlink())


def _unlink_dangling(data: DataDir, incident: str) -> None:
    for link in data.warehouse.glob(f"{incident}*.duckdb"):
        if link.is_symlink() and not link.exists():
            link.unlink()


def _files(run: Run) -> Mapping[str, str]:
    return {name: file for stage in run.stages for name, file in stage.files.items() if name != WAREHOUSE}


def _sweep(data: DataDir, incident: str, run: Run) -> list[Cut]:
    """Delete lake files and warehouses of earlier runs: they still hold what went."""
    lake, kept = data.lake(incident), set(_files(run).values())
    old = [
        file
        for table in t.DERIVED
        for file in sorted((lake / table.name).glob("*.parquet"))
        if str(file.relative_to(lake)) not in kept
    ]
    shown = data.published(incident).resolve()
    old += [file for file in warehouses(data, incident) if file.resolve() != shown]
    Lists(data, incident).seal(old)
    gone = [remove(data, file) for file in old]
    _unlink_dangling(data, incident)
    return gone


def _vectors(data: DataDir, incident: str, run: Run) -> list[Cut]:
    """Take vectors of texts that nobody says any more out of the cache, whatever encoder made them."""
    lake = data.lake(incident)
    said = pq.read_table(lake / _files(run)[t.TEXTS.name], columns=["text_key"]).column("text_key")
    made = []
    for file in sorted((lake / t.VECTORS.name).glob("*/*.parquet")):
        table = pq.read_table(file, schema=t.VECTORS.schema)
        kept = table.filter(pc.is_in(table.column("text_key"), value_set=said.combine_chunks()))
        if kept.num_rows < table.num_rows:
            before = sha256_of(file)
            write_parquet(file, kept)  # under its name, for the published file lists it
            name = str(file.relative_to(data.root))
            made.append(Cut(name, table.num_rows - kept.num_rows, before, sha256_of(file)))
    return made


def blind_memory(data: DataDir, incident: str, posts: frozenset[str] | None) -> int:
    """Put keyed hashes for ``posts`` (all without) in the memory of claim ids and in kept lists; returns how many.

    The ids stay, so that none is ever given to another claim.
    """
    named = Lists(data, incident).blind(posts)
    path = data.memory(incident)
    if not path.exists():
        return named
    table, count = blinded(
        pq.read_table(path, schema=t.CLAIM_MEMORY.schema), "post_id", posts, Identity.of_desk(data)
    )
    write_parquet(path, table)
    return count + named
