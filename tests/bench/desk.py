"""How the desk feels with 100,000 claims: the first page's queries, reruns of the pages, decisions, ten at once.

Reruns go through Streamlit's own test runner: the whole script, without browser and websocket, so what ten real
sessions feel is more than this.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from desk_world import AS_OF, INCIDENT, build_world, claim_name
from pipeline.bench import Metric
from pipeline.ledger import Ledger
from pipeline.records import Status, Triage

CLAIMS = 100_000
REPEATS = 15
PEOPLE, DECISIONS = 10, 10


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Measure on a synthetic warehouse; ``data`` is not read."""
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        progress(f"publishing {CLAIMS:,} claims")
        world = build_world(Path(folder), claims=CLAIMS)
        os.environ["CHENGQING_DATA"] = str(world.root)
        metrics = [*_queries(world.root, progress), *_reruns(progress)]
        return [*metrics, *_decisions(world.ledger, progress)]


def _milliseconds(action: Callable[[], object], times: int = REPEATS) -> list[float]:
    waits = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        waits.append(1000 * (time.perf_counter() - begun))
    return waits


def _metrics(name: str, waits: list[float], goal: float) -> list[Metric]:
    p95 = quantiles(waits, n=20)[-1]
    return [
        Metric(f"desk.{name}_p50_ms", median(waits), unit="ms", higher_is_better=False),
        Metric(f"desk.{name}_p95_ms", p95, unit="ms", goal=goal, higher_is_better=False),
    ]


def _queries(root: Path, progress: Callable[[str], None]) -> list[Metric]:
    from dashboard import queries
    from pipeline.paths import DataDir

    progress("queries of the first page, without any cache")
    file = queries.published_file(DataDir(root), INCIDENT) or ""

    def first_page() -> None:
        ids = queries.chosen.__wrapped__(file, "", "", "")[:25]
        queries.cards.__wrapped__(file, ids)
        queries.hours.__wrapped__(file, ids, AS_OF)

    def search() -> None:
        queries.chosen.__wrapped__(file, "", "", "停水")

    first_page()
    search()
    return [
        *_metrics("first_page_query", _milliseconds(first_page), 100),
        *_metrics("search_query", _milliseconds(search), 300),
    ]


def _reruns(progress: Callable[[str], None]) -> list[Metric]:
    from streamlit.testing.v1 import AppTest

    from dashboard.render import HERE

    progress("reruns of the ranked list")
    app = AppTest.from_file(HERE / "app.py", default_timeout=60)
    app.run()
    pages = iter(range(1, 10_000))

    def turn() -> None:
        app.query_params["page"] = str(next(pages))
        app.run()
        if app.exception:
            raise RuntimeError(app.exception[0].message)

    return _metrics("list_rerun", _milliseconds(turn), 300)


def _decisions(path: Path, progress: Callable[[str], None]) -> list[Metric]:
    progress(f"{PEOPLE} people decide {DECISIONS} times each, at once")
    Ledger(path)

    def decide(person: int) -> list[float]:
        claims = iter(range(person * DECISIONS, (person + 1) * DECISIONS))

        def one() -> None:
            wanted = Triage(INCIDENT, claim_name(next(claims)), status=Status.IN_REVIEW)
            Ledger(path).decide(wanted, actor=f"person {person}")

        return _milliseconds(one, DECISIONS)

    with ThreadPoolExecutor(PEOPLE) as people:
        waits = [wait for told in people.map(decide, range(PEOPLE)) for wait in told]
    return _metrics("decision", waits, 300)
