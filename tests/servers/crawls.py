"""Crawls of servers on this machine, as ``chengqing crawl`` starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from conftest import make_incident
from crawlers.launch import Outcome, crawl_sources
from crawlers.run import Job
from crawlers.uses import picked, plain_use
from pipeline.incident import Incident, find_incident
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls, read_observations

NAME = "servers"
SET_ASIDE = """\
name = "{name}"
family = "{family}"
title = {{ en = "a server on this machine" }}
robots = "set aside"

[robots_decision]
by = "the test"
on = 2026-11-22
reason = "the server is ours and runs on this machine"
"""


def sources(data: DataDir, *tables: dict[str, Any], queries: tuple[str, ...] = ()) -> Incident:
    """An incident with these sources, read without pauses and with short waits."""
    text = f"\n[queries]\nzh-Hans = {list(queries)!r}\n" if queries else ""
    for table in tables:
        values = {"delay": 0.0, "backoff": 0.1, "timeout": 20.0, **table}
        text += "\n[[sources]]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in values.items())
    return make_incident(data, NAME, text)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if not isinstance(value, str) else f'"{value}"'


def crawl(
    data: DataDir, name: str, on_page: Callable[[int], None] = lambda _: None, save_every: float = 20
) -> Outcome:
    """One crawl; ``on_page`` hears of each stored page. Ends with an alarm or not, never with an exception."""
    use = picked(find_incident(data, NAME), (name,))[0]

    def hear(_: str, event: dict[str, Any]) -> None:
        if event["event"] == "page":
            on_page(event["pages"])

    return crawl_sources([Job(str(data.root), NAME, plain_use(use), True, save_every)], hear)[0]


def crawl_all(data: DataDir, parallel: int = 3) -> dict[str, Outcome]:
    """Every source of the incident, side by side."""
    jobs = [Job(str(data.root), NAME, plain_use(use), True) for use in picked(find_incident(data, NAME), ())]
    return {outcome.source: outcome for outcome in crawl_sources(jobs, lambda *_: None, parallel)}


def killed_crawl(data: DataDir, name: str, pages: int) -> None:
    """A crawl whose process is killed after so many pages, with everything saved until then."""
    use = picked(find_incident(data, NAME), (name,))[0]
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "crawlers.run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(Job(str(data.root), NAME, plain_use(use), True, 0.0).to_line() + "\n")
    child.stdin.close()
    for _ in range(pages):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.wait(timeout=20)
    child.stdout.close()


def stored(data: DataDir, name: str | None = None) -> list[dict[str, Any]]:
    """Observations of the finished crawls (of one source)."""
    crawls = [c for c in finished_crawls(data, NAME) if name in {None, c.folder.parent.name}]
    return list(read_observations(crawls).to_pylist())
