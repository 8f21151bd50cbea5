"""``chengqing bench import``: rows per CPU-second and memory of imports, each in a child process of its own.

Zeeschuimer-like NDJSON is made here (two sizes, so that growth of memory shows); CED's reposts are read where the data
folder has them. There is no peer that does the same work; the goal is the one of the measures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipeline.bench import Metric

SMALL, LARGE = 100_000, 1_000_000
GOAL = 100_000.0
GROWTH_MB = 150.0
INCIDENT = 'id = "bench"\nopened_at = 2010-01-01T00:00:00Z\nwatch = "bench"\n[title]\nen = "bench"\n'
CHILD = """
import json, resource, sys, time
from crawlers.importers.cli import import_posts
warm = time.process_time()
import_posts(["bench", sys.argv[1]], standalone_mode=False)
used = time.process_time() - warm
print(json.dumps({"cpu": used, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), file=sys.stderr)
"""


def _rows(path: Path, count: int) -> None:
    """Douyin rows in Zeeschuimer's envelope."""
    text = "唐人街海港巷昨晚发生火灾，消防车来了很多，大家注意安全"
    with path.open("w", encoding="utf-8") as stream:
        for number in range(count):
            data = {
                "aweme_id": str(7 * 10**18 + number),
                "desc": f"{text} {number}",
                "create_time": 1773380760 + number % 86_400,
                "author": {"uid": str(number % 50_000), "nickname": "某人", "sec_uid": "x" * 40},
                "statistics": {
                    "digg_count": number % 1000,
                    "comment_count": 3,
                    "share_count": 2,
                    "play_count": 90,
                },
                "video": {
                    "duration": 15,
                    "cover": {"url_list": ["https://p.example/1.jpg", "https://p.example/2.jpg"]},
                },
            }
            row = {"nav_index": "1:1", "item_id": data["aweme_id"], "timestamp_collected": 1773400000000}
            row |= {
                "last_updated": 0,
                "source_platform": "douyin.com",
                "source_url": "https://d.example",
                "data": data,
            }
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _measure(path: Path) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of importing ``path``."""
    with tempfile.TemporaryDirectory(prefix="chengqing-bench-") as folder:
        incidents = Path(folder) / "incidents"
        incidents.mkdir()
        (incidents / "bench.toml").write_text(INCIDENT, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-P", "-c", CHILD, str(path)],
            env={**os.environ, "CHENGQING_DATA": folder},
            check=True,
            capture_output=True,
            text=True,
        )
    found = json.loads(done.stderr.strip().splitlines()[-1])
    return float(found["cpu"]), found["peak_kb"] / 1024


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Figures of both sizes, and of CED's reposts where they are."""
    with tempfile.TemporaryDirectory(prefix="chengqing-bench-") as folder:
        made = {count: Path(folder) / f"zeeschuimer-{count}.ndjson" for count in (SMALL, LARGE)}
        found: dict[int, tuple[float, float]] = {}
        for count, path in made.items():
            _rows(path, count)
            found[count] = _measure(path)
            progress(
                f"{count:,} rows: {count / found[count][0]:,.0f} rows per CPU-second, {found[count][1]:.0f} MB"
            )
    growth = found[LARGE][1] - found[SMALL][1]
    metrics = [
        Metric(
            "import.zeeschuimer.rows_per_cpu_second", LARGE / found[LARGE][0], unit="rows/CPU-s", goal=GOAL
        ),
        Metric("import.zeeschuimer.peak_mb_1m", found[LARGE][1], unit="MB"),
        Metric("import.zeeschuimer.growth_mb", growth, unit="MB", goal=GROWTH_MB, higher_is_better=False),
    ]
    reposts = data / "eval" / "ced" / "reposts.jsonl.gz"
    if reposts.exists():
        seconds, peak = _measure(reposts)
        metrics.append(
            Metric("import.ced_reposts.rows_per_cpu_second", 674_513 / seconds, unit="rows/CPU-s", goal=GOAL)
        )
        progress(f"CED reposts: {674_513 / seconds:,.0f} rows per CPU-second, {peak:.0f} MB")
    return metrics
