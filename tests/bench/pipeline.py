"""Bench pipeline: the real CED posts and reposts from file to published list, through the real commands.

There is no peer that does the whole of it; the figures stand alone, with the seconds of every stage.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.bench import Metric

INCIDENT = "ced"


def _chengqing(root: Path, *arguments: str) -> tuple[Any, float]:
    """Run one command on its own data folder; gives its JSON and its seconds."""
    environment = os.environ | {"CHENGQING_DATA": str(root)}
    started = time.perf_counter()
    command = [sys.executable, "-m", "pipeline.cli", *arguments, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout), time.perf_counter() - started


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Import, run, run again on the same, publish again."""
    files = [str(data / "eval" / "ced" / f"{name}.jsonl.gz") for name in ("posts", "reposts")]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _chengqing(root, "incident", "new", INCIDENT, "--title", "CED", "--watch", "bench")
        progress("pipeline: importing")
        _, import_seconds = _chengqing(root, "import", INCIDENT, *files)
        progress("pipeline: running")
        told, run_seconds = _chengqing(root, "run", INCIDENT)
        _chengqing(root, "run", INCIDENT)  # ids are handed down from here on
        _, again_seconds = _chengqing(root, "run", INCIDENT)
        _, publish_seconds = _chengqing(root, "publish", INCIDENT)
    stages = {stage["stage"]: stage for stage in told["stages"]}
    posts = stages["collect"]["rows_out"]
    metrics = [
        Metric("pipeline.ced.posts", posts, unit="posts"),
        Metric("pipeline.ced.import_seconds", round(import_seconds, 1), unit="s"),
        Metric("pipeline.ced.run_seconds", round(run_seconds, 1), unit="s"),
        Metric("pipeline.ced.posts_per_second", round(posts / run_seconds), unit="posts/s"),
        Metric("pipeline.ced.rerun_seconds", round(again_seconds, 1), unit="s"),
        Metric("pipeline.ced.publish_seconds", round(publish_seconds, 1), unit="s"),
        Metric("pipeline.ced.peak_mb", max(stage["peak_mb"] or 0 for stage in told["stages"]), unit="MB"),
    ]
    return metrics + [
        Metric(f"pipeline.ced.{name}_seconds", stage["seconds"], unit="s") for name, stage in stages.items()
    ]
