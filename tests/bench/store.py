"""Bench store: how long a triage write takes while a batch publishes and an analyst reads.

Peer: everything in one shared DuckDB file, each write opening it, as a first design would. Both get the same work
in the same run: five writers, a batch that adds 5,000 posts every 0.2 s, an analyst who keeps asking.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.bench import Metric
from pipeline.duck import connect_published
from pipeline.files import write_parquet
from pipeline.ledger import Ledger
from pipeline.paths import DataDir
from pipeline.records import Triage
from pipeline.tables import POSTS
from pipeline.warehouse import Contents, decided_tables, publish

SECONDS = 12.0
WRITERS = 5
POSTS_HELD = 200_000
APPENDED = 5_000
PAUSE = 0.2
INCIDENT = "bench"


def posts(start: int, count: int) -> pa.Table:
    """Synthetic posts: only their number matters here."""
    ids = pa.array([f"feed:{number}" for number in range(start, start + count)])
    columns = []
    for column in POSTS.columns:
        if column.name in ("post_id", "root_id"):
            columns.append(ids)
        elif column.nullable:
            columns.append(pa.nulls(count, column.type))
        elif pa.types.is_string(column.type):
            columns.append(pa.array(["x"] * count))
        else:
            columns.append(
                pa.array(np.full(count, 1_773_380_000_000_000)).cast(pa.timestamp("us")).cast(column.type)
            )
    return pa.Table.from_arrays(columns, schema=POSTS.schema)


def _timed(waits: list[float], action: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = action()
    waits.append(time.perf_counter() - started)
    return result


def our_writer(root: Path, number: int) -> list[float]:
    """Decide on one claim again and again, as the dashboard does."""
    ledger, waits = Ledger(DataDir(root).ledger), list[float]()
    standing, end = Triage(INCIDENT, f"c-{number}"), time.monotonic() + SECONDS
    while time.monotonic() < end:
        seen = standing
        standing = _timed(waits, lambda seen=seen: ledger.decide(replace(seen, note="x"), actor="mei"))  # type: ignore[misc]
        time.sleep(0.1)
    return waits


def our_batch(root: Path, number: int) -> list[float]:
    """Write a Parquet part and publish anew, with the decisions of now."""
    data, files, waits = DataDir(root), sorted(root.glob("part-*.parquet")), list[float]()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        part = root / f"part-{len(files):05}.parquet"
        write_parquet(part, posts(POSTS_HELD + APPENDED * len(files), APPENDED))
        files.append(part)
        decided = decided_tables(Ledger(data.ledger, read_only=True), INCIDENT)
        contents = Contents({POSTS.name: list(files)}, decided, 1)
        _timed(waits, lambda contents=contents: publish(data.published(INCIDENT), lambda: contents))  # type: ignore[misc]
        time.sleep(PAUSE)
    return waits


def our_analyst(root: Path, number: int) -> list[float]:
    """Hold one session open and keep asking."""
    connection, waits, end = (
        connect_published(DataDir(root).published(INCIDENT)),
        list[float](),
        time.monotonic() + SECONDS,
    )
    while time.monotonic() < end:
        _timed(waits, lambda: connection.cursor().execute("select count(*), max(text) from posts").fetchall())
        time.sleep(0.05)
    return waits


def _in_shared_file(
    root: Path, end: float, action: Callable[[duckdb.DuckDBPyConnection], Any], *, read_only: bool
) -> None:
    """Do something in the one shared file; wait while somebody else has it or leaves it unreadable."""
    while time.monotonic() < end + SECONDS:
        try:
            with duckdb.connect(str(root / "shared.duckdb"), read_only=read_only) as connection:
                action(connection)
            return
        except duckdb.Error:
            time.sleep(0.005)


def peer_writer(root: Path, number: int) -> list[float]:
    """The same decision in the shared file."""
    waits, end = list[float](), time.monotonic() + SECONDS
    update = "update triage set version = version + 1 where claim_id = $claim"

    def write(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(update, {"claim": f"c-{number}"})

    while time.monotonic() < end:
        _timed(waits, lambda: _in_shared_file(root, end, write, read_only=False))
        time.sleep(0.1)
    return waits


def peer_batch(root: Path, number: int) -> list[float]:
    """The same posts into the shared file."""
    waits, end, start = list[float](), time.monotonic() + SECONDS, POSTS_HELD
    while time.monotonic() < end:
        incoming = posts(start, APPENDED)

        def append(connection: duckdb.DuckDBPyConnection, incoming: pa.Table = incoming) -> None:
            connection.register("incoming", incoming)
            connection.execute("insert into posts select * from incoming")

        _timed(waits, lambda append=append: _in_shared_file(root, end, append, read_only=False))  # type: ignore[misc]
        start += APPENDED
        time.sleep(PAUSE)
    return waits


def peer_analyst(root: Path, number: int) -> list[float]:
    """A session of the same length, opened anew only when it is done asking."""
    waits, end = list[float](), time.monotonic() + SECONDS

    def ask(connection: duckdb.DuckDBPyConnection) -> None:
        for _ in range(20):
            _timed(waits, lambda: connection.execute("select count(*), max(text) from posts").fetchall())
            time.sleep(0.05)

    while time.monotonic() < end:
        _in_shared_file(root, end, ask, read_only=True)
    return waits


ROLES: dict[str, Callable[[Path, int], list[float]]] = {
    "our_writer": our_writer,
    "our_batch": our_batch,
    "our_analyst": our_analyst,
    "peer_writer": peer_writer,
    "peer_batch": peer_batch,
    "peer_analyst": peer_analyst,
}


def together(root: Path, side: str) -> dict[str, list[float]]:
    """All roles of a side at once, each in a process of its own; waits by role, in seconds."""
    jobs = [("writer", number) for number in range(WRITERS)] + [("batch", 0), ("analyst", 0)]
    processes = [
        (
            role,
            subprocess.Popen(
                [sys.executable, "-P", __file__, f"{side}_{role}", str(root), str(n)], stdout=subprocess.PIPE
            ),
        )
        for role, n in jobs
    ]
    waits: dict[str, list[float]] = {"writer": [], "batch": [], "analyst": []}
    for role, process in processes:
        out, _ = process.communicate(timeout=SECONDS * 20)
        waits[role] += json.loads(out)
    return waits


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Measure ours, then the peer; milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        progress(
            f"store: {POSTS_HELD:,} posts, {WRITERS} writers, batch and analyst, {SECONDS:.0f} s each side"
        )
        write_parquet(root / "part-00000.parquet", posts(0, POSTS_HELD))
        ledger = Ledger(DataDir(root).ledger)
        contents = Contents({POSTS.name: [root / "part-00000.parquet"]}, decided_tables(ledger, INCIDENT), 1)
        publish(DataDir(root).published(INCIDENT), lambda: contents)
        ours = together(root, "our")
        with duckdb.connect(str(root / "shared.duckdb")) as connection:
            connection.register("incoming", posts(0, POSTS_HELD))
            connection.execute("create table posts as select * from incoming")
            connection.execute(
                "create table triage as select 'c-' || range as claim_id, 0 as version from range(5)"
            )
        peer = together(root, "peer")
    name = "one shared DuckDB file"
    goals = {50: 10.0, 95: 50.0, 100: 1000.0}
    metrics = [
        Metric(
            f"store.triage_write_p{p}_ms",
            _ms(ours["writer"], p),
            _ms(peer["writer"], p),
            name,
            "ms",
            goal,
            False,
        )
        for p, goal in goals.items()
    ]
    metrics.append(Metric("store.writes", len(ours["writer"]), len(peer["writer"]), name, "in the same time"))
    metrics.append(Metric("store.publish_p50_ms", _ms(ours["batch"], 50), _ms(peer["batch"], 50), name, "ms"))
    metrics.append(
        Metric("store.analyst_query_p95_ms", _ms(ours["analyst"], 95), _ms(peer["analyst"], 95), name, "ms")
    )
    return metrics


def _ms(waits: list[float], percent: int) -> float | None:
    return round(float(np.percentile(waits, percent)) * 1000, 1) if waits else None


if __name__ == "__main__":
    print(json.dumps(ROLES[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
