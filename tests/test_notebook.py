"""The analysts' notebook runs from its first cell to its last, and its figures are the desk's."""

from __future__ import annotations

import ast
import asyncio
import json
import shutil
from pathlib import Path
from threading import Thread
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from conftest import SAMPLE
from dashboard import queries
from pipeline.batch import republish
from pipeline.ledger import Ledger
from pipeline.mask import personal
from pipeline.paths import CHECKOUT, DataDir
from pipeline.records import Status, Triage

NOTEBOOK = CHECKOUT / "data" / "notebooks" / "analyst.ipynb"
SECONDS_PER_CELL = 120


@pytest.fixture
def decided(sample_template: DataDir, tmp_path: Path) -> DataDir:
    """The sample incident with two decisions, published from a folder of its own."""
    shutil.copytree(sample_template.root, tmp_path / "data", symlinks=True)
    data = DataDir(tmp_path / "data")
    claims = queries.chosen(str(sample_template.published(SAMPLE).resolve()))
    for claim, status in zip(claims, (Status.WATCHING, Status.ANSWERED), strict=False):
        Ledger(data.ledger).decide(Triage(SAMPLE, claim, status=status), actor="mei")
    republish(data, SAMPLE)
    return data


def executed(data: DataDir, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The notebook with what its cells said; in a thread, for the main one's event loop may be the browser's."""
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    monkeypatch.setenv("CHENGQING_INCIDENT", SAMPLE)
    book = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(book, timeout=SECONDS_PER_CELL, kernel_name="python3", resources=resources)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(client.async_execute())
        except BaseException as error:  # noqa: BLE001  told below, in the test's own thread
            failures.append(error)

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert not failures, failures
    return book


@pytest.mark.slow
def test_its_figures_are_the_desks(decided: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = executed(decided, tmp_path, monkeypatch)
    told = json.loads(ast.literal_eval(book.cells[-1].outputs[0].data["text/plain"]))
    file = str(decided.published(SAMPLE).resolve())
    overview, ids = queries.overview(file), queries.chosen(file)
    assert (told["claims"], told["posts"]) == (overview.claims, overview.posts)
    assert overview.as_of is not None and told["as_of"] == overview.as_of.isoformat()
    cards = queries.cards(file, ids[:25])
    assert told["top"] == [[c.claim_id, c.rank, c.score, c.post_count] for c in cards]
    assert told["hours"] == sum(hour.posts for hour in queries.hours(file, ids[:1])[ids[0]])
    standing = Ledger(decided.ledger).triage(SAMPLE)
    lanes = {status.value: sum(t.status is status for t in standing.values()) for status in Status}
    lanes["new"] = overview.claims - len(standing)
    assert told["lanes"] == {status: count for status, count in lanes.items() if count}
    said = json.dumps([cell.get("outputs", []) for cell in book.cells], ensure_ascii=False)
    texts = [c.exemplar_text for c in cards if c.exemplar_text and personal(c.exemplar_text)]
    assert not [text for text in texts if text[:60] in said], "texts are shown masked only"


def test_it_is_kept_without_what_it_said() -> None:
    book = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert code and all(not cell.outputs and cell.execution_count is None for cell in code)
