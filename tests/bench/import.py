"""``chengqing bench import``: rows per CPU-second and memory of imports, each in a child process of its own.

What is timed is the whole import: reading, SHA-256 of the file, decoding, keyed authors, checks for rejects and
repeats, Parquet. Modules are imported before the clock starts, ours and the peers'.

- *Lean* rows hold what a mapping reads and little else (600 to 1,200 bytes): a million of Douyin's, for memory, and
  each module's row of our saved export over and over. CED's reposts are read where the data folder has them.
- *Whole* rows are shaped as the sites send them, of two to forty kilobytes: ``zeeschuimer/<module>.ndjson`` holds rows
  with the fields, nesting and address lengths of these interfaces, and marks for what differs from row to row (id,
  text, author, time, counts). All values are made up. Their peer is ``json.loads`` and nothing else.

The peer of lean rows is the least that one would write by hand: ``json.loads`` a line, the same fields by ``get``,
Parquet in parts of as many rows. It hashes no author, checks no id and loses the file at its first bad row.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipeline.bench import Metric

SMALL, LARGE = 100_000, 1_000_000
GOAL = 100_000.0
REPOSTS = 674_513
GROWTH_MB = 150.0
EXPORTS = Path(__file__).parents[1] / "imports"
WHOLE = Path(__file__).parent / "zeeschuimer"
WHOLE_BYTES = 500_000_000
KINDS = {
    "douyin": "aweme_id",
    "xiaohongshu": "id",
    "xiaohongshu-comments": "id",
    "twitter": "rest_id",
    "threads": "code",
    "tiktok": "id",
    "tiktok-comments": "cid",
    "instagram": "code",
}
"""Zeeschuimer's modules, each with the name of its posts' id."""
KIND_ROWS = 300_000
INCIDENT = 'id = "bench"\nopened_at = 2010-01-01T00:00:00Z\nwatch = "bench"\n[title]\nen = "bench"\n'
PEER = """
import gzip, json, resource, sys, time
import pyarrow as pa, pyarrow.parquet as pq
warm = time.process_time()
ced = sys.argv[1].endswith(".gz")
def douyin(row):
    data = row["data"]; counts = data["statistics"]
    return {"id": data.get("aweme_id"), "text": data.get("desc"), "time": data.get("create_time"),
            "author": data["author"].get("sec_uid"), "likes": counts.get("digg_count"),
            "replies": counts.get("comment_count"), "reposts": counts.get("share_count"),
            "views": counts.get("play_count"), "collected": row.get("timestamp_collected")}
def repost(row):
    return {n: row.get(n) for n in ("id", "text", "author", "time", "post_id", "parent")}
pick, rows, part = (repost if ced else douyin), [], 0
def write():
    global part
    part += 1
    pq.write_table(pa.Table.from_pylist(rows), f"{sys.argv[2]}/part-{part}.parquet", compression="zstd")
    rows.clear()
with (gzip.open if ced else open)(sys.argv[1], "rt", encoding="utf-8") as stream:
    for line in stream:
        rows.append(pick(json.loads(line)))
        if len(rows) == 20_000:
            write()
write()
used = time.process_time() - warm
print(json.dumps({"cpu": used, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), file=sys.stderr)
"""
DECODE = """
import json, resource, sys, time
warm = time.process_time()
with open(sys.argv[1], encoding="utf-8") as stream:
    for line in stream:
        json.loads(line)
used = time.process_time() - warm
print(json.dumps({"cpu": used, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), file=sys.stderr)
"""
CHILD = """
import json, resource, sys, time
import crawlers.importers.plan, crawlers.importers.run
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


def _measure(path: Path, code: str = CHILD) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of importing ``path``, or of what else ``code`` does with it."""
    with tempfile.TemporaryDirectory(prefix="chengqing-bench-") as folder:
        incidents = Path(folder) / "incidents"
        incidents.mkdir()
        (incidents / "bench.toml").write_text(INCIDENT, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, str(path), folder],
            env={**os.environ, "CHENGQING_DATA": folder},
            check=True,
            capture_output=True,
            text=True,
        )
    found = json.loads(done.stderr.strip().splitlines()[-1])
    return float(found["cpu"]), found["peak_kb"] / 1024


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Figures of both sizes, and of CED's reposts where they are, each beside the peer's."""
    reposts = data / "eval" / "ced" / "reposts.jsonl.gz"
    with tempfile.TemporaryDirectory(prefix="chengqing-bench-") as folder:
        made = {count: Path(folder) / f"zeeschuimer-{count}.ndjson" for count in (SMALL, LARGE)}
        for count, path in made.items():
            _rows(path, count)
        small = _measure(made[SMALL])
        metrics = [_speed("zeeschuimer", made[LARGE], LARGE, progress)]
        large = _measure(made[LARGE])
        metrics += [
            Metric("import.zeeschuimer.peak_mb_1m", large[1], unit="MB", higher_is_better=False),
            Metric(
                "import.zeeschuimer.growth_mb",
                large[1] - small[1],
                unit="MB",
                goal=GROWTH_MB,
                higher_is_better=False,
            ),
        ]
        metrics += _kinds(Path(folder), progress)
    if reposts.exists():
        metrics.append(_speed("ced_reposts", reposts, REPOSTS, progress))
    return metrics


def _kinds(folder: Path, progress: Callable[[str], None]) -> Iterator[Metric]:
    """Rows per CPU-second of each module, lean and whole."""
    for kind, key in KINDS.items():
        path = folder / f"{kind}.ndjson"
        _lean(kind, key, path)
        yield _kind(f"zeeschuimer_{kind}", path, progress)
        _whole(kind, path)
        yield _kind(f"zeeschuimer_{kind}_whole", path, progress)
        path.unlink()


def _kind(name: str, path: Path, progress: Callable[[str], None]) -> Metric:
    with path.open("rb") as stream:
        rows = sum(1 for _ in stream)
    speed = rows / min(_measure(path)[0] for _ in range(2))
    alone = rows / _measure(path, DECODE)[0]
    size = path.stat().st_size / rows
    progress(
        f"{name}: {speed:,.0f} rows per CPU-second, {size:,.0f} bytes a row, {speed * size / 1e6:,.0f} MB/s; "
        f"json.loads alone {alone:,.0f}"
    )
    metric = f"import.{name}.rows_per_cpu_second"
    return Metric(metric, speed, alone, "json.loads alone, nothing kept", "rows/CPU-s", GOAL)


def _lean(kind: str, key: str, path: Path) -> None:
    """The first row of our saved export over and over, with another id."""
    (export,) = (EXPORTS / f"zeeschuimer-{kind}").glob("*.ndjson")
    row = json.loads(export.read_text(encoding="utf-8").splitlines()[0])
    with path.open("w", encoding="utf-8") as stream:
        for number in range(KIND_ROWS):
            row["data"][key] = str(19 * 10**17 + number)
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _whole(kind: str, path: Path) -> None:
    """Rows as the site sends them, each with its own id, text, author, time and counts."""
    shapes = [
        re.split(r'"#(\w+)#"|@(\w+)@', line)
        for line in (WHOLE / f"{kind}.ndjson").read_text(encoding="utf-8").splitlines()
    ]
    size = number = 0
    with path.open("w", encoding="utf-8") as stream:
        while size < WHOLE_BYTES and number < KIND_ROWS:
            parts, marks = shapes[number % len(shapes)], _marks(number)
            kept = (p if n % 3 == 0 else marks[p] for n, p in enumerate(parts) if p is not None)
            size += stream.write("".join(kept) + "\n")
            number += 1


SENTENCES = (
    "唐人街海港巷昨晚发生火灾，消防车来了很多",
    "有人说三个人被困，还没有看到官方消息",
    "大家注意安全，不要靠近现场",
    "刚刚从那边回来，路已经封了，公交改道",
    "求证：学校明天停课是真的吗？",
    "Smoke everywhere near Harbor Lane, stay inside",
)


def _marks(number: int) -> dict[str, str]:
    """What differs from row to row: many authors, one to four sentences, few rows with many likes."""
    said = [SENTENCES[(number + n) % len(SENTENCES)] for n in range(1 + number % 4)]
    at, likes = 1_773_380_760 + number, number * 7919 % 100_000 // (1 + number % 97)
    shown = f"{likes / 10_000:.1f}万" if likes >= 10_000 else str(likes)
    return {
        "ID": str(19 * 10**17 + number),
        "PK": str(10**15 + number),
        "NOTE": str(10_000 + number % 4_000),
        "AUTHOR": str(10**9 + number * 7919 % 100_003),
        "TEXT": "，".join(said) + f" {number}",
        "TIME": str(at),
        "TIME_MS": f"{at}000",
        "TWITTER_TIME": f"{datetime.fromtimestamp(at, UTC):%a %b %d %H:%M:%S +0000 %Y}",
        "COLLECTED": f"{at + 86_400}123",
        "LIKES": str(likes),
        "LIKES_SHOWN": shown,
        "REPLIES": str(likes // 9),
        "REPOSTS": str(likes // 13),
        "VIEWS": str(likes * 31),
    }


def _speed(name: str, path: Path, rows: int, progress: Callable[[str], None]) -> Metric:
    """Rows per CPU-second, ours and the peer's in turn, the better of two each: the machine may be busy."""
    ours, peers = [], []
    for _ in range(2):
        ours.append(rows / _measure(path)[0])
        peers.append(rows / _measure(path, PEER)[0])
    progress(f"{name}: {max(ours):,.0f} rows per CPU-second, peer {max(peers):,.0f}")
    metric = f"import.{name}.rows_per_cpu_second"
    return Metric(metric, max(ours), max(peers), "json.loads and Parquet by hand", "rows/CPU-s", GOAL)
