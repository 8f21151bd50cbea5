"""SIGKILL at random moments: the published warehouse and the ledger are never harmed, the next run completes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from conftest import make_incident, sample_posts, store_posts
from pipeline.ledger import Ledger
from pipeline.paths import DataDir
from pipeline.questions import ask
from pipeline.records import Triage
from pipeline.runs import RunRegistry

KILLS = 20
SEED = 20260313


def start(data: DataDir, *arguments: str) -> subprocess.Popen[str]:
    """The real command in a process of its own."""
    environment = os.environ | {"CHENGQING_DATA": str(data.root)}
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


@pytest.mark.slow
def test_twenty_kills_harm_nothing(data: DataDir) -> None:
    make_incident(data, "fire")
    posts = sample_posts()
    store_posts(data, "fire", posts[:400])
    started = time.perf_counter()
    finish(start(data, "run", "fire"))
    usual = time.perf_counter() - started
    # later runs are shorter (much is remembered by then): a kill that came too late moves the next ones forward
    ledger = Ledger(data.ledger)
    standing = ledger.decide(Triage("fire", "c-aaaaaaaa", note="0"), actor="mei")
    moments = random.Random(SEED)
    killed_at_work = 0
    for number in range(KILLS):
        store_posts(data, "fire", posts[400 + 20 * number : 420 + 20 * number], source=f"more-{number}")
        before = ask(data, "fire", "select count(*) as n from claim_posts", {})
        process = start(data, "run", "fire", "--from", "collect")
        time.sleep(moments.uniform(0.2, 1.0) * usual)
        was_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed_at_work += was_running
        usual *= 1.0 if was_running else 0.7
        after = ask(data, "fire", "select count(*) as n from claim_posts", {})
        assert after[0]["n"] >= before[0]["n"] > 0
        standing = ledger.decide(replace(standing, note=str(number)), actor="mei")
        assert ledger.verify() == number + 2
    assert killed_at_work >= KILLS // 2, "the kills came too late to prove anything"
    done = json.loads(finish(start(data, "run", "fire", "--json")))
    assert done["status"] == "done"
    assert ask(data, "fire", "select count(*) as n from posts", {})[0]["n"] == 400 + 20 * KILLS
    assert ask(data, "fire", "select note from triage", {}) == [{"note": str(KILLS - 1)}]
    statuses = {run.status for run in RunRegistry(data.runs).runs("fire")}
    assert "stopped" in statuses
    assert "running" not in statuses
    assert list(data.lake("fire").rglob("*.tmp")) == []


WRITER = """
import sys
from pathlib import Path
from pipeline.ledger import Ledger
from pipeline.records import Triage
ledger = Ledger(Path(sys.argv[1]))
for number in range(10_000):
    ledger.decide(Triage("fire", f"c-{number}", note=str(number)), actor="mei")
    print(number, flush=True)
"""


def test_a_decision_that_was_acknowledged_survives_a_kill(data: DataDir) -> None:
    command = [sys.executable, "-c", WRITER, str(data.ledger)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(50)]
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.communicate()
    acknowledged += [int(number) for number in rest]
    stored = Ledger(data.ledger).triage("fire")
    assert {f"c-{number}" for number in acknowledged} <= set(stored)
    assert Ledger(data.ledger).verify() == len(stored)
