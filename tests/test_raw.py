"""The raw layer: a crawl counts when its manifest stands, and never changes after."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from conftest import store_posts
from pipeline.errors import StageError, StoreError
from pipeline.paths import DataDir
from pipeline.raw import (
    CrawlSummary,
    RawWriter,
    crawls_table,
    finished_crawls,
    new_crawl_id,
    observations,
    read_observations,
    unfinished_crawls,
)
from pipeline.records import Post
from pipeline.tables import OBSERVATIONS

NOW = datetime(2026, 3, 13, 6, tzinfo=UTC)


def post(number: int = 1) -> Post:
    return Post(f"feed:{number}", "blog", "feed", f"text {number}", NOW, "crawl", "test")


def summary(name: str = "blog") -> CrawlSummary:
    return CrawlSummary(new_crawl_id(NOW, name), name, "test", NOW)


def test_the_post_type_and_the_table_say_the_same() -> None:
    assert [field.name for field in fields(Post)] != []
    assert {field.name for field in fields(Post)} == set(OBSERVATIONS.schema.names)


def test_unknown_counts_stay_unknown() -> None:
    row = observations([replace(post(), likes=0)]).to_pylist()[0]
    assert row["likes"] == 0
    assert row["views"] is None


def test_a_crawl_counts_only_with_its_manifest(data: DataDir) -> None:
    writer = RawWriter(data, "fire", summary())
    writer.write([post(1)])
    writer.flush()
    assert finished_crawls(data, "fire") == []
    assert len(list(unfinished_crawls(data, "fire"))) == 1
    writer.finish("refused", "403")
    crawl = finished_crawls(data, "fire")[0]
    assert crawls_table([crawl]).to_pylist()[0]["stopped_because"] == "refused"
    assert read_observations([crawl]).num_rows == 1


def test_a_stopped_crawl_goes_on_where_it_was(data: DataDir) -> None:
    stopped = RawWriter(data, "fire", summary())
    stopped.write([post(1)])
    stopped.flush()
    resumed = RawWriter(data, "fire", summary())
    resumed.write([post(2)])
    assert resumed.finish().posts == 2
    ids = read_observations(finished_crawls(data, "fire")).column("post_id").to_pylist()
    assert sorted(ids) == ["feed:1", "feed:2"]


def test_a_finished_crawl_is_immutable(data: DataDir) -> None:
    RawWriter(data, "fire", summary()).finish()
    with pytest.raises(StoreError, match="immutable"):
        RawWriter(data, "fire", summary())


def test_rejects_keep_row_reason_and_text(data: DataDir) -> None:
    writer = RawWriter(data, "fire", summary())
    writer.reject(7, "no text", '{"id": 1, "x": "\ud800"}')
    assert writer.finish().rejects == 1
    line = json.loads((writer.folder / "rejects.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert (line["row"], line["reason"]) == (7, "no text")


def test_a_missing_part_is_named(data: DataDir) -> None:
    store_posts(data, "fire", [post()])
    next(data.raw("fire").glob("*/*/part-*.parquet")).unlink()
    with pytest.raises(StoreError, match=r"part-00001\.parquet, which is gone"):
        finished_crawls(data, "fire")


def test_a_damaged_manifest_is_named(data: DataDir) -> None:
    store_posts(data, "fire", [post()])
    next(data.raw("fire").glob("*/*/manifest.json")).write_text("{")
    with pytest.raises(StoreError, match="not a crawl manifest"):
        finished_crawls(data, "fire")


def test_a_table_that_does_not_fit_is_refused(data: DataDir) -> None:
    writer = RawWriter(data, "fire", summary())
    with pytest.raises(StageError, match="did not make column source"):
        writer.write(pa.table({"post_id": ["a"]}))
    nulls = observations([post()]).set_column(0, "post_id", pa.array([None], pa.string()))
    with pytest.raises(StageError, match="post_id has nulls"):
        writer.write(nulls)
