"""Bench incremental: 1,000 new posts on an incident that holds many, from the raw layer to the published list.

Real titles, and real posts with their reposts, spread over thirty days in the order of the files. Each run is a process
of its own, as the worker starts them: seconds hold imports and loading. The same posts are then run afresh beside it,
with the same ids handed down, and every derived table must be the same, byte for byte. No peer does the whole of it.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline import tables as t
from pipeline.batch import run_incident
from pipeline.bench import Metric
from pipeline.files import sha256_of
from pipeline.incident import find_incident, save_incident_text
from pipeline.paths import CHECKOUT, DataDir
from pipeline.raw import CrawlSummary, RawWriter, new_crawl_id
from pipeline.records import Post
from pipeline.runs import StageRun

INCIDENT = "incremental"
SIZE = 200_000
NEW = 1_000
SPAN = timedelta(days=30)
BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
GOAL_SECONDS, GOAL_GROUP_SECONDS = 10.0, 5.0
"""Goals for 1,000,000 posts on two cores: the whole run, and grouping alone."""

_TOML = f"""\
id = "{INCIDENT}"
opened_at = {BEGUN:%Y-%m-%dT%H:%M:%SZ}
watch = "partner-a"

[title]
en = "Bench"
"""


def run(data: Path, progress: Callable[[str], None], size: int = SIZE) -> list[Metric]:
    """Run ``size`` posts, then 1,000 more; the figures of the second run, stage by stage."""
    with tempfile.TemporaryDirectory() as folder:
        joined, afresh = DataDir(Path(folder) / "joined"), DataDir(Path(folder) / "afresh")
        save_incident_text(joined.incident_file(INCIDENT), _TOML)
        posts = _posts(data, size + NEW)
        _store(joined, islice(posts, size))
        progress(f"incremental: first run on {size:,} posts")
        first = _run_alone(joined)
        _store(joined, posts)
        shutil.copytree(joined.root, afresh.root, ignore=shutil.ignore_patterns("lake"), symlinks=True)
        progress(f"incremental: {NEW:,} more")
        second = _run_alone(joined)
        progress("incremental: all of it afresh, to compare")
        again = _run_alone(afresh)
        differ = [name for name in second["files"] if second["files"][name] != again["files"][name]]
        if differ:
            progress(f"incremental: differ: {', '.join(differ)}")
    return _metrics(first, second, again, not differ)


def _metrics(first: Any, second: Any, again: Any, equal: bool) -> list[Metric]:
    def seconds(name: str, ours: float, peer: float, goal: float | None = None) -> Metric:
        peer_name = "the same run afresh"
        return Metric(f"incremental.{name}", round(ours, 2), round(peer, 2), peer_name, "s", goal, False)

    group = second["stages"]["group"]["wall"]
    metrics = [
        Metric("incremental.posts", first["posts"], unit="posts"),
        Metric("incremental.first_run_seconds", round(first["wall"], 1), unit="s"),
        seconds("run_seconds", second["wall"], again["wall"], GOAL_SECONDS),
        seconds("run_cpu_seconds", second["cpu"], again["cpu"]),
        seconds("group_seconds", group, again["stages"]["group"]["wall"], GOAL_GROUP_SECONDS),
        Metric(
            "incremental.peak_gb", round(second["peak_gb"], 2), round(again["peak_gb"], 2), "afresh", "GB"
        ),
        Metric("incremental.equal", float(equal), goal=1),
    ]
    return metrics + [
        seconds(f"{name}.{kind}", stage[kind], again["stages"][name][kind])
        for name, stage in second["stages"].items()
        for kind in ("wall", "cpu")
    ]


# -- posts -----------------------------------------------------------------------------------------------------------


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _said(ced: Path) -> Iterator[dict[str, Any]]:
    for name in ("posts", "reposts"):
        for row in _read(ced / f"{name}.jsonl.gz"):
            yield {"id": f"weibo:{row['id']}", "text": row["text"], "of": row.get("post_id")}


def _posts(data: Path, count: int) -> Iterator[Post]:
    """``count`` posts in the order in which they are met: titles among real posts, each before its reposts."""
    said = list(islice(_said(data / "eval" / "ced"), count // 3))
    titles = list(_read(data / "train" / "trending_titles_to_2024.jsonl.gz"))
    random.Random(5).shuffle(titles)
    rest = ({"id": f"trend:{n}", "text": row["text"], "of": None} for n, row in enumerate(titles))
    mixed = dict(zip(sorted(random.Random(6).sample(range(count), len(said))), said, strict=True))
    for place in range(count):
        row = mixed.get(place) or next(rest, None)
        if row is not None:
            yield _post(row, place, count)


def _post(row: dict[str, Any], place: int, count: int) -> Post:
    moment = BEGUN + SPAN * (place / count)
    draw = random.Random(place)
    return Post(
        post_id=row["id"],
        source=f"bench-{row['id'].split(':')[0]}",
        platform=row["id"].split(":")[0],
        text=row["text"],
        title=None,
        collected_at=moment + timedelta(minutes=20),
        crawl_id="bench",
        collector="bench",
        author_key=f"author-{draw.randrange(count // 3 + 1)}",
        published_at=moment,
        likes=int(draw.paretovariate(0.7)) - 1 if draw.random() < 0.8 else None,
        repost_of=f"weibo:{row['of']}" if row["of"] else None,
    )


def _store(data: DataDir, posts: Iterator[Post]) -> None:
    now = datetime.now(UTC)
    writer = RawWriter(data, INCIDENT, CrawlSummary(new_crawl_id(now, "bench"), "bench", "bench", now))
    while some := list(islice(posts, 20_000)):
        writer.write(some)
    writer.finish()


# -- a run in a process of its own -----------------------------------------------------------------------------------


def _run_alone(data: DataDir) -> Any:
    """What the child said of its run (``_child``), and how long all of it took."""
    begun = time.perf_counter()
    command = [sys.executable, "-P", __file__, str(data.root)]  # -P: beside us lies another ``pipeline``
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=CHECKOUT)
    return json.loads(done.stdout) | {"wall": time.perf_counter() - begun}


def _child(root: Path) -> dict[str, Any]:
    data, stages, last = DataDir(root), {}, [time.perf_counter(), time.process_time()]

    def told(stage: StageRun) -> None:
        now = [time.perf_counter(), time.process_time()]
        stages[stage.stage] = dict(
            zip(("wall", "cpu"), (b - a for a, b in zip(last, now, strict=True)), strict=True)
        )
        last[:] = now

    done = run_incident(data, find_incident(data, INCIDENT), told=told)
    derived = {table.name for table in t.DERIVED}
    files = {name: file for stage in done.stages for name, file in stage.files.items() if name in derived}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "posts": next(stage.rows_out for stage in done.stages if stage.stage == "collect"),
        "stages": stages,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_gb": usage.ru_maxrss / 1e6,
        "files": {name: sha256_of(data.lake(INCIDENT) / file) for name, file in files.items()},
    }


if __name__ == "__main__":
    print(json.dumps(_child(Path(sys.argv[1]))))
