"""Fixtures that several tests share: an empty data folder, and the sample incident already run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from pipeline.batch import run_incident
from pipeline.incident import Incident, find_incident, save_incident_text
from pipeline.paths import CHECKOUT, DataDir
from pipeline.raw import CrawlSummary, RawWriter, new_crawl_id
from pipeline.records import Post

settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")
"""No example fails for being slow: the machine that runs them may be busy."""

SAMPLE = "sf-harbor-lane-fire"
SAMPLE_FOLDER = CHECKOUT / "data" / "samples" / SAMPLE
SEEN_AT = datetime(2026, 3, 16, 5, 40, tzinfo=UTC)

INCIDENT = """\
id = "{name}"
opened_at = 2026-03-13T05:40:00Z
watch = "partner-a"

[title]
en = "A test incident"
"""


def sample_posts(crawl_id: str = "crawl") -> list[Post]:
    """The sample incident's posts as its spiders would hand them over."""

    def key(row: dict[str, str | None], name: str) -> str | None:
        return f"{row['site']}:{row[name]}" if row.get(name) else None

    lines = (SAMPLE_FOLDER / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Post(
            post_id=f"{row['site']}:{row['native_id']}",
            source=f"sample-{row['site']}",
            platform=row["site"],
            text=row["text"],
            title=row["title"],
            collected_at=SEEN_AT,
            crawl_id=crawl_id,
            collector="test",
            author_key=f"key-of-{row['author']}",
            published_at=datetime.fromisoformat(row["published_at"]).astimezone(UTC),
            likes=row["likes"],
            reposts=row["reposts"],
            replies=row["replies"],
            views=row["views"],
            parent_id=key(row, "parent_native_id"),
            thread_id=key(row, "thread_native_id"),
            repost_of=key(row, "repost_of_native_id"),
            quoted_id=key(row, "quoted_native_id"),
        )
        for row in map(json.loads, lines)
    ]


def make_incident(data: DataDir, name: str, extra: str = "") -> Incident:
    """An incident file in ``data``; ``extra`` is more TOML (tables last)."""
    return save_incident_text(data.incident_file(name), INCIDENT.format(name=name) + extra)


def store_posts(data: DataDir, incident: str, posts: list[Post], source: str = "test") -> CrawlSummary:
    """One finished crawl with these posts."""
    now = datetime.now(UTC)
    summary = CrawlSummary(new_crawl_id(now, source), source, "test", now)
    writer = RawWriter(data, incident, summary)
    writer.write(posts)
    return writer.finish()


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    """An empty data folder."""
    return DataDir(tmp_path / "data")


@pytest.fixture(scope="session")
def sample_template(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """The sample incident, stored and run once; tests get copies of its raw layer, or read it."""
    data = DataDir(tmp_path_factory.mktemp("sample") / "data")
    text = (SAMPLE_FOLDER / f"{SAMPLE}.toml").read_text(encoding="utf-8")
    save_incident_text(data.incident_file(SAMPLE), text)
    store_posts(data, SAMPLE, sample_posts())
    run_incident(data, find_incident(data, SAMPLE))
    return data


@pytest.fixture
def sample(sample_template: DataDir, tmp_path: Path) -> Iterator[DataDir]:
    """A private copy of the sample incident with its lake and registry, published anew at the next run."""
    root = tmp_path / "sample"
    shutil.copytree(sample_template.root, root, symlinks=True)
    yield DataDir(root)
