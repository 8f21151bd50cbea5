"""Every list that was shown is kept beside the ledger, for it cannot be made again: posts, rulings and code move on.

A list is written before the swap that shows it, under a name that says it waits; after the swap it is named by its
number and the moment of the swap. A kill in between is put right by whoever publishes next, from the link itself:
a list that waits for the file which is shown was shown when the link was made, any other one never was.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline import tables as t
from pipeline.duck import run_statement
from pipeline.files import locked, write_parquet
from pipeline.folding import ruled_posts
from pipeline.identity import Identity
from pipeline.ledger import Ledger
from pipeline.paths import DataDir
from pipeline.retention.blind import blinded
from pipeline.warehouse import turn_lock

_SHOWN = re.compile(r"(\d{6})-(\d{8}T\d{12}Z)\.parquet")
_WAITING = re.compile(r"(\d{6})\.waiting\.parquet")
_STAMP = "%Y%m%dT%H%M%S%fZ"
_READ = {
    "ranked_claims": None,
    "claims": [name for name in t.CLAIMS.schema.names if name in t.SHOWN_LIST.schema.names],
    "posts": ["post_id", "crawl_id", "collected_at"],
}
"""Columns of a run's files that a list is made of: no text."""


@dataclass(frozen=True, slots=True)
class ShownList:
    """One list, and since when it was shown; after a purge of everything, an empty one."""

    number: int
    shown_at: datetime
    path: Path

    def read(self) -> tuple[pa.Table, Mapping[str, str]]:
        """``SHOWN_LIST``, and what was noted with it: ``run_id``, ``as_of``, ``claim_posts``.

        What a list of an earlier version did not keep is null.
        """
        table = pq.read_table(self.path)
        noted = _texts(table.schema.metadata)
        for column in t.SHOWN_LIST.columns:
            if column.name not in table.column_names:
                table = table.append_column(column.name, pa.nulls(table.num_rows, column.type))
        return table.select(t.SHOWN_LIST.schema.names), noted

    def told(self, name: str) -> str:
        """One thing that was noted with it; empty when it was not."""
        return _noted(self.path).get(name, "")

    @property
    def places(self) -> Path:
        """Where the posts that people ruled on stood in it; written when the run's own files go."""
        return self.path.with_name(f"{self.number:06d}.places.parquet")


def _noted(path: Path) -> Mapping[str, str]:
    return _texts(pq.read_schema(path).metadata)


def _texts(metadata: Mapping[bytes, bytes] | None) -> Mapping[str, str]:
    return {key.decode(): value.decode() for key, value in (metadata or {}).items()}


class Lists:
    """The lists of one incident. Writers hold the lock of publishing."""

    def __init__(self, data: DataDir, incident: str) -> None:
        self.data, self.incident = data, incident
        self.folder, self.link = data.lists(incident), data.published(incident)

    def shown(self) -> list[ShownList]:
        """In the order in which they were shown."""
        found = [
            ShownList(int(name[1]), datetime.strptime(name[2], _STAMP).replace(tzinfo=UTC), path)
            for path in self.folder.glob("*.parquet")
            if (name := _SHOWN.fullmatch(path.name))
        ]
        if (waiting := self._waiting()) and (since := self._shown_since(waiting)):
            found.append(ShownList(int(waiting.name[:6]), since, waiting))
        return sorted(found, key=lambda one: one.number)

    def at(self, moment: datetime) -> ShownList | None:
        """The list that was shown at ``moment``; None before the first one."""
        return next((one for one in reversed(self.shown()) if one.shown_at <= moment), None)

    def _waiting(self) -> Path | None:
        return next((p for p in self.folder.glob("*.parquet") if _WAITING.fullmatch(p.name)), None)

    def _shown_since(self, waiting: Path) -> datetime | None:
        """When the link began to point to the file that ``waiting`` belongs to; None when it does not."""
        try:
            if self.link.readlink().name != _noted(waiting).get("warehouse"):
                return None
            return datetime.fromtimestamp(self.link.lstat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def wait(self, warehouse: str, files: Mapping[str, Path], **told: str) -> None:
        """Write the list that the swap to ``warehouse`` will show, from a run's ``files`` by table."""
        inputs = {name: pq.read_table(files[name], columns=names) for name, names in _READ.items()}
        table = t.SHOWN_LIST.conform(run_statement("moments/shown_list", inputs))
        claim_posts = str(files["claim_posts"].relative_to(self.data.lake(self.incident)))
        self._write(table, {"warehouse": warehouse, "claim_posts": claim_posts, **told})

    def _write(self, table: pa.Table, told: Mapping[str, str]) -> Path:
        number = max((one.number for one in self.shown()), default=0) + 1
        path = self.folder / f"{number:06d}.waiting.parquet"
        write_parquet(path, table.replace_schema_metadata(dict(told)))
        return path

    def settle(self) -> None:
        """Name the list that waits by the moment it was shown; delete it when it never was."""
        waiting = self._waiting()
        if waiting is None:
            return
        if since := self._shown_since(waiting):
            waiting.rename(waiting.with_name(f"{waiting.name[:6]}-{since:{_STAMP}}.parquet"))
        else:
            waiting.unlink()

    def end(self) -> None:
        """From now on nothing is shown: everything published was purged."""
        with locked(turn_lock(self.link), wait=True):
            self.settle()
            shown = self.shown()
            if shown and pq.read_metadata(shown[-1].path).num_rows:
                path = self._write(t.SHOWN_LIST.schema.empty_table(), {})
                path.rename(path.with_name(f"{path.name[:6]}-{datetime.now(UTC):{_STAMP}}.parquet"))

    def seal(self, going: Iterable[Path]) -> None:
        """Before files of the lake go: keep where posts that people ruled on stood in the lists made of them.

        Call while holding the run lock. Rulings made while a list was shown are all in the ledger by now: a run's
        files outlive the next runs.
        """
        lake = self.data.lake(self.incident)
        names = {str(file.relative_to(lake)): file for file in going if file.is_relative_to(lake)}
        with locked(turn_lock(self.link), wait=True):
            self.settle()
        unsealed = [
            one for one in self.shown() if one.told("claim_posts") in names and not one.places.exists()
        ]
        if not unsealed:
            return
        rulings = [
            ruling for ruling, _ in Ledger(self.data.ledger, read_only=True).all_rulings(self.incident)
        ]
        for one in unsealed:
            write_parquet(one.places, self._places(names[one.told("claim_posts")], ruled_posts(rulings)))

    def _places(self, claim_posts: Path, posts: list[str]) -> pa.Table:
        rows = claims_of(claim_posts, posts).items() if posts else ()
        mark = Identity.of_desk(self.data).mark
        told: list[dict[str, object]] = [{"post_mark": mark("post", p), "claim_id": c} for p, c in rows]
        return t.LIST_PLACES.from_rows(told)

    def blind(self, posts: Collection[str] | None) -> int:
        """Put keyed hashes for ``posts`` (all without) where lists name them; returns how many were."""
        identity, total = Identity.of_desk(self.data), 0
        with locked(turn_lock(self.link), wait=True):
            self.settle()
            for one in self.shown():
                table, count = blinded(pq.read_table(one.path), "exemplar_post_id", posts, identity)
                if count:
                    write_parquet(one.path, table)
                total += count
        return total


def claims_of(claim_posts: Path, posts: list[str]) -> dict[str, str]:
    """The claim of each of these posts in a run's ``claim_posts`` file; unknown posts are left out."""
    wanted = pc.is_in(pc.field("post_id"), value_set=pa.array(posts, pa.string()))
    rows = pq.read_table(claim_posts, columns=["post_id", "claim_id"], filters=wanted)
    return dict(zip(rows.column("post_id").to_pylist(), rows.column("claim_id").to_pylist(), strict=True))
