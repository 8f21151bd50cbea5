"""What tests of imports share: a desk with one incident, the command as a person types it, and what it left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from conftest import make_incident
from crawlers.importers.cli import import_posts
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls, read_observations

Import = Callable[..., Result]


def fire_desk(folder: Path) -> DataDir:
    """A data folder with the incident "fire"."""
    data = DataDir(folder / "data")
    make_incident(data, "fire")
    return data


def importer(desk: DataDir) -> Import:
    """``chengqing import fire …`` with ``text`` on standard input; raises what it raised unless ``ok`` is off."""

    def call(*arguments: str | Path, text: str | bytes | None = None, ok: bool = True) -> Result:
        done = CliRunner().invoke(
            import_posts,
            ["fire", *map(str, arguments)],
            input=text,
            env={"CHENGQING_DATA": str(desk.root)},
            standalone_mode=False,
        )
        if ok and done.exception is not None:
            raise done.exception
        return done

    return call


def stored(desk: DataDir) -> list[dict[str, Any]]:
    """Every observation that finished crawls hold."""
    return read_observations(finished_crawls(desk, "fire")).to_pylist()


def rejects(desk: DataDir) -> list[dict[str, Any]]:
    """Every row that was refused, with its reason."""
    found = sorted(desk.raw("fire").rglob("rejects.jsonl"))
    return [json.loads(line) for path in found for line in path.read_text(encoding="utf-8").splitlines()]
