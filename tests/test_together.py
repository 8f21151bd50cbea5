"""Dashboard, analyst and batch at once, as real processes: none waits on another for more than a second."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from conftest import SAMPLE
from pipeline.ledger import Ledger
from pipeline.paths import DataDir
from pipeline.questions import ask

CYCLES = 2
LONGEST_WAIT = 1.0

PREAMBLE = """
import json, sys, time
from dataclasses import replace
from pathlib import Path
from pipeline.paths import DataDir
data, incident, done = DataDir(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3])
waits = []
def timed(action):
    started = time.perf_counter()
    result = action()
    waits.append(time.perf_counter() - started)
    return result
"""

DESK = (
    PREAMBLE
    + """
from pipeline.ledger import Ledger
from pipeline.records import Triage
ledger, standing = Ledger(data.ledger), Triage(incident, "c-aaaaaaaa")
while not done.exists():
    standing = timed(lambda: ledger.decide(replace(standing, note=str(len(waits))), actor="mei"))
    time.sleep(0.02)
print(json.dumps({"waits": waits, "last": standing.note}))
"""
)

ANALYST = (
    PREAMBLE
    + """
from pipeline.duck import connect_published
connection = connect_published(data.published(incident))
first = connection.execute("select count(*) from claim_posts").fetchone()[0]
while not done.exists():
    now = timed(lambda: connection.cursor().execute("select count(*) from claim_posts").fetchone()[0])
    assert now == first, "an open session changed under the analyst"
    timed(lambda: connection.cursor().execute("select max(length(text)) from posts").fetchone())
    time.sleep(0.02)
print(json.dumps({"waits": waits}))
"""
)

BATCH = (
    PREAMBLE
    + f"""
from pipeline.batch import republish, run_incident
from pipeline.incident import find_incident
try:
    for _ in range({CYCLES}):
        run_incident(data, find_incident(data, incident))
        republish(data, incident)
finally:
    done.touch()
print(json.dumps({{"waits": []}}))
"""
)


@pytest.mark.slow
def test_nobody_waits_for_anybody(sample: DataDir) -> None:
    processes = {
        name: subprocess.Popen(
            [sys.executable, "-c", script, str(sample.root), SAMPLE, str(sample.root / "batch-done")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, script in {"desk": DESK, "analyst": ANALYST, "batch": BATCH}.items()
    }
    told = {}
    for name, process in processes.items():
        out, err = process.communicate(timeout=180)
        assert process.returncode == 0, f"{name}: {err}"
        told[name] = json.loads(out.splitlines()[-1])
    for name in ("desk", "analyst"):
        assert len(told[name]["waits"]) > 20
        assert max(told[name]["waits"]) < LONGEST_WAIT, name
    assert Ledger(sample.ledger).triage(SAMPLE)["c-aaaaaaaa"].note == told["desk"]["last"]
    assert ask(sample, SAMPLE, "select count(*) as n from triage_events", {})[0]["n"] > 0
