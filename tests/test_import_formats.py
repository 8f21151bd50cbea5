"""Exports as the tools write them, made by hand after their documented columns: each folder's posts are approved.

``tests/imports/<case>/`` holds the export, ``posts.json`` with what must be read in it, and ``options.json`` where a
person has to say more. After a change that is meant: look at the difference, then write it with
``python tests/test_import_formats.py``.
"""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conftest import make_incident
from crawlers.importers.cli import import_posts
from crawlers.importers.formats import FORMATS
from pipeline.paths import CHECKOUT, DataDir
from pipeline.raw import finished_crawls, read_observations

CASES = sorted((CHECKOUT / "tests" / "imports").iterdir())
KEY = "a key for hand-made exports, known to all"
_SHARED = {"collector", "crawl_id", "source", "counts_precision"}


def read(case: Path, folder: Path) -> dict[str, Any]:
    """Import a case; what was stored, without what is empty or only of this run."""
    data = DataDir(folder)
    make_incident(data, "fire")
    export = next(p for p in case.iterdir() if p.name not in {"posts.json", "options.json"})
    options = json.loads((case / "options.json").read_text()) if (case / "options.json").exists() else []
    env = {"CHENGQING_DATA": str(folder), "CHENGQING_AUTHOR_KEY": KEY}
    done = CliRunner().invoke(import_posts, ["fire", str(export), *options], env=env, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    posts = read_observations(finished_crawls(data, "fire")).to_pylist()
    rejects = [p.read_text(encoding="utf-8") for p in data.raw("fire").rglob("rejects.jsonl")]
    bad = [json.loads(line) for text in rejects for line in text.splitlines()]
    return {
        "format": finished_crawls(data, "fire")[0].summary["extra"]["mapping"],
        "source": posts[0]["source"],
        "posts": [shown(post) for post in posts],
        "rejects": [f"{one['row']}: {one['reason']}" for one in bad],
    }


def shown(post: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in post.items() if k not in _SHARED and v not in (None, [])}
    if post["counts_precision"] != "exact":
        kept["counts_precision"] = post["counts_precision"]
    if kept["collected_at"].year != 2026 or kept["collected_at"].month != 3:
        del kept["collected_at"]  # the moment of this import
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in kept.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_export_is_read_as_approved(case: Path, tmp_path: Path) -> None:
    assert read(case, tmp_path) == json.loads((case / "posts.json").read_text(encoding="utf-8"))


def test_every_format_has_its_case() -> None:
    read_by = {json.loads((case / "posts.json").read_text(encoding="utf-8"))["format"] for case in CASES}
    tested_elsewhere = {"ced-posts", "ced-reposts", "claim-groups"}
    assert {one.mapping.name for one in FORMATS} - tested_elsewhere == read_by


def test_no_author_of_any_export_is_stored_in_clear() -> None:
    """But for Facebook, where CrowdTangle holds public pages only and their names are in their addresses."""
    handles = (
        "张三",
        "李四",
        "小红",
        "抖友",
        "someone",
        "SomeHandle",
        "t_user",
        "tk.user",
        "ig.user",
        "路人",
    )
    for case in CASES:
        approved = json.loads((case / "posts.json").read_text(encoding="utf-8"))
        for post in approved["posts"]:
            around = {k: v for k, v in post.items() if k not in {"text", "title"}}
            written = json.dumps(around, ensure_ascii=False)
            assert not [handle for handle in handles if handle in written], (case.name, written)
            assert len(post.get("author_key", "0" * 32)) == 32


if __name__ == "__main__":
    for one in CASES:
        with tempfile.TemporaryDirectory() as temporary:
            found = json.dumps(read(one, Path(temporary)), ensure_ascii=False, indent=1)
        (one / "posts.json").write_text(found + "\n", encoding="utf-8")
