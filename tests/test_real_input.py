"""The real Weibo data: imported whole, run to the end, labels never inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from conftest import make_incident
from pipeline.paths import CHECKOUT, DataDir
from pipeline.questions import ask
from pipeline.raw import finished_crawls, read_observations

SHARED = CHECKOUT.parent / "shared" / "data" / "eval"
CED_POSTS, CED_REPOSTS = 1_766, 674_513
CLAIM_GROUP_ROWS = 5_212

pytestmark = pytest.mark.skipif(
    not SHARED.exists(), reason="the shared evaluation data is not beside the checkout"
)


def chengqing(data: DataDir, *arguments: str) -> str:
    environment = os.environ | {"CHENGQING_DATA": str(data.root)}
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rejected(data: DataDir, incident: str) -> list[dict[str, object]]:
    files = data.raw(incident).glob("*/*/rejects.jsonl")
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
def test_the_whole_of_ced_runs_and_every_row_is_accounted_for(data: DataDir) -> None:
    make_incident(data, "ced")
    chengqing(
        data,
        "import",
        "ced",
        str(SHARED / "ced" / "posts.jsonl.gz"),
        str(SHARED / "ced" / "reposts.jsonl.gz"),
    )
    stored = read_observations(finished_crawls(data, "ced")).num_rows
    refused = rejected(data, "ced")
    assert stored + len(refused) == CED_POSTS + CED_REPOSTS
    assert len(refused) < 1_000
    assert all(row["row"] and row["reason"] for row in refused)
    stages = {s["stage"]: s for s in json.loads(chengqing(data, "run", "ced", "--json"))["stages"]}
    assert stages["publish"]["status"] == "done"
    assert stages["collect"]["rows_out"] <= stored
    rows = json.loads(chengqing(data, "rank", "ced", "--json"))
    assert [row["rank"] for row in rows] == list(range(1, 21))
    reactions = "select count(*) filter (where post_id <> root_id) as n, count(*) as posts from posts"
    counted = ask(data, "ced", reactions, {})[0]
    assert counted["n"] / counted["posts"] > 0.99


def test_claim_groups_import_without_their_labels(data: DataDir) -> None:
    make_incident(data, "weibo")
    chengqing(data, "import", "weibo", str(SHARED / "claim_groups.jsonl.gz"))
    assert json.loads(chengqing(data, "run", "weibo", "--json"))["status"] == "done"
    stored = read_observations(finished_crawls(data, "weibo"))
    assert stored.num_rows + len(rejected(data, "weibo")) == CLAIM_GROUP_ROWS
    reviews = {
        "known_reviews",
        "claim_reviews",
    }  # what fact-checkers said has a claim, and is no label of a post
    for file in (f for f in data.root.rglob("*.parquet") if not reviews & set(f.parts)):
        names = set(pq.read_schema(file).names)
        assert not names & {"label", "group", "claim", "dup_of", "verified", "location"}


def test_a_dry_run_stores_nothing(data: DataDir) -> None:
    make_incident(data, "weibo")
    shown = chengqing(data, "import", "weibo", str(SHARED / "claim_groups.jsonl.gz"), "--dry-run")
    assert "weibo" in shown
    assert finished_crawls(data, "weibo") == []
    assert not list(Path(data.root).rglob("*.parquet"))
