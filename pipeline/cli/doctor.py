"""``chengqing doctor``: is this installation sound, and is its data?"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.chosen_encoder import chosen_encoder
from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.errors import ChengqingError, IncidentError
from pipeline.incident import list_incidents
from pipeline.ledger import Ledger
from pipeline.paths import CHECKOUT, DataDir
from pipeline.runs import RunRegistry
from pipeline.versions import code_commit, code_version, lexicon_version

MIN_FREE_BYTES = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ok, warning or wrong, with what to do."""

    check: str
    state: str
    detail: str


def _python() -> Iterator[Finding]:
    fits = sys.version_info >= (3, 11)
    yield Finding(
        "python", "ok" if fits else "wrong", sys.version.split()[0] + ("" if fits else ": 3.11 is needed")
    )
    yield Finding("version", "ok", f"chengqing {code_version()}, commit {code_commit() or 'unknown'}")


def _imports() -> Iterator[Finding]:
    """A foreign package called ``models`` would win silently; ours must be the ones that are imported."""
    for name in ("crawlers", "pipeline", "models", "dashboard"):
        module = __import__(name)
        home = Path(str(module.__file__)).resolve().parent
        ours = home == CHECKOUT / name
        yield Finding(
            f"import {name}",
            "ok" if ours else "wrong",
            str(home)
            if ours
            else f"{home} is not ours: uninstall the package that shadows it, or start from {CHECKOUT}",
        )


def _model(data: DataDir) -> Iterator[Finding]:
    started = time.perf_counter()
    try:
        encoder = chosen_encoder(data)
        vector = encoder.encode(["唐人街市场起火"])
    except ChengqingError as error:
        yield Finding("encoder", "wrong", str(error))
        return
    seconds = time.perf_counter() - started
    yield Finding(
        "encoder", "ok", f"{encoder.name} {encoder.revision}, {vector.shape[1]} dimensions, {seconds:.1f} s"
    )
    yield Finding("lexicon", "ok", lexicon_version())


def _disk(data: DataDir) -> Iterator[Finding]:
    data.root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(data.root).free
    enough = free >= MIN_FREE_BYTES
    detail = f"{free / 2**30:.1f} GiB free at {data.root}"
    yield Finding(
        "disk", "ok" if enough else "warning", detail if enough else f"{detail}: make room, runs need 2 GiB"
    )
    writable = os.access(data.root, os.W_OK)
    yield Finding(
        "data folder", "ok" if writable else "wrong", "writable" if writable else f"{data.root}: not writable"
    )


def _clock(data: DataDir) -> Iterator[Finding]:
    """A clock behind the last run would make runs sort wrongly and rankings speak about the past."""
    now = datetime.now(UTC)
    latest = max(
        (run.started_at for found in _incidents(data) for run in RunRegistry(data.runs).runs(found)),
        default=now,
    )
    good = now >= latest
    detail = f"{now:%Y-%m-%d %H:%M:%S}Z"
    yield Finding(
        "clock",
        "ok" if good else "wrong",
        detail if good else f"{detail} is before the last run: set the clock",
    )


def _incidents(data: DataDir) -> list[str]:
    return [found.id for found in list_incidents(data, lambda problem: None)]


def _secrets(data: DataDir) -> Iterator[Finding]:
    path = data.root / "secrets.toml"
    if not path.exists():
        yield Finding(
            "secrets", "ok", "no secrets file; the first crawl or import makes one with the author key"
        )
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    good = mode & 0o077 == 0
    yield Finding(
        "secrets",
        "ok" if good else "wrong",
        f"{path} has mode {mode:04o}" + ("" if good else ": chmod 600 it"),
    )


def _store(data: DataDir) -> Iterator[Finding]:
    if data.ledger.exists():
        try:
            yield Finding("ledger", "ok", f"{Ledger(data.ledger).verify():,} events, chain unbroken")
        except ChengqingError as error:
            yield Finding("ledger", "wrong", str(error))
    problems: list[IncidentError] = []
    for found in list_incidents(data, problems.append):
        yield _published(data, found.id)
    for problem in problems:
        yield Finding("incident file", "wrong", str(problem))


def _published(data: DataDir, incident: str) -> Finding:
    from pipeline.duck import connect_published

    if not data.published(incident).exists():
        return Finding(incident, "warning", f"nothing published yet: chengqing run {incident}")
    try:
        connection = connect_published(data.published(incident))
        row = connection.execute("select count(*) from claims").fetchone()
        connection.close()
    except ChengqingError as error:
        return Finding(incident, "wrong", str(error))
    return Finding(
        incident, "ok", f"{data.published(incident).resolve().name}: {row[0] if row else 0:,} claims"
    )


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check environment, imports, model, disk, clock, secrets, ledger and warehouses.

    Ends with 1 when something is wrong; a warning is not wrong.
    """
    data = DataDir.from_environment()
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python,
        _imports,
        lambda: _model(data),
        lambda: _disk(data),
        lambda: _clock(data),
        lambda: _secrets(data),
        lambda: _store(data),
    ]
    findings = [finding for check in checks for finding in check()]
    rows: list[dict[str, object]] = [
        {"check": f.check, "state": f.state, "detail": f.detail} for f in findings
    ]
    if as_json:
        show_json(rows)
    else:
        show_rows(rows)
    if any(finding.state == "wrong" for finding in findings):
        sys.exit(1)
