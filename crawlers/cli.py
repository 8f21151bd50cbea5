"""``chengqing crawl``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from crawlers.uses import parse_bases, picked, plain_use, with_base
from pipeline.cli.output import Row, show_json, show_rows
from pipeline.errors import CrawlError
from pipeline.incident import find_incident
from pipeline.paths import DataDir
from pipeline.progress import bar

if TYPE_CHECKING:
    from crawlers.launch import Outcome


@click.command(short_help="Collect public posts from an incident's sources.")
@click.argument("incident")
@click.option(
    "--source", "names", multiple=True, metavar="NAME", help="Only this source; may be given again."
)
@click.option(
    "--base",
    "bases",
    multiple=True,
    metavar="NAME=URL",
    help="What {NAME} at the start of a source's url stands for.",
)
@click.option("--allow-loopback", is_flag=True, help="Let sources on this machine be read (demo and tests).")
@click.option(
    "--parallel", default=4, show_default=True, type=click.IntRange(1, 32), help="Sources at a time."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def crawl(
    incident: str,
    names: tuple[str, ...],
    bases: tuple[str, ...],
    allow_loopback: bool,
    parallel: int,
    as_json: bool,
) -> None:
    """Collect public posts from the sources that INCIDENT names, each in its own process.

    A source that refuses, changed its pages or cannot be reached is named and makes the command fail with exit code 3;
    the others are kept. A stopped crawl (Ctrl-C, kill) goes on with the same command.

    \b
    Examples:
      chengqing crawl sf-harbor-lane-fire
      chengqing crawl sf-harbor-lane-fire --source city-forum --json
      chengqing crawl sf-harbor-lane-fire --allow-loopback --base sample=http://127.0.0.1:8700
    """
    from crawlers.launch import crawl_sources
    from crawlers.run import Job, make_plan

    data = DataDir.from_environment()
    found = find_incident(data, incident)
    uses = [with_base(use, parse_bases(bases)) for use in picked(found, names)]
    for use in uses:
        make_plan(data, found, use, allow_loopback=allow_loopback)  # say what is wrong before anything runs
    _make_key(data)
    jobs = [Job(str(data.root), found.id, plain_use(use), allow_loopback) for use in uses]
    kept: Counter[str] = Counter()
    with bar(f"crawling {len(jobs)} sources", "posts") as tick:

        def on_event(name: str, event: dict[str, Any]) -> None:
            kept[name] += int(event.get("kept", 0))
            tick(kept.total(), 0)

        outcomes: list[Outcome] = crawl_sources(jobs, on_event, parallel)
    if as_json:
        shown = {"incident": found.id, "sources": [outcome.to_json() for outcome in outcomes]}
        show_json(shown)
    else:
        _print(outcomes)
    bad = [outcome for outcome in outcomes if not outcome.good]
    if bad:
        named = "; ".join(f"{o.source}: {o.why}: {o.message or o.summary.get('detail') or ''}" for o in bad)
        raise CrawlError(f"{len(bad)} of {len(outcomes)} sources need a look: {named}")


def _make_key(data: DataDir) -> None:
    """The desk's key, made once, before several processes want it."""
    from crawlers.identity import Identity

    Identity.of_desk(data)


def _print(outcomes: list[Outcome]) -> None:
    show_rows([_row(outcome) for outcome in outcomes], cut="source")


def _row(outcome: Outcome) -> Row:
    s = outcome.summary
    new = (s.get("extra") or {}).get("new")
    counts = {name: s.get(name) for name in ("pages", "rejects", "refusals", "seconds")}
    return {"source": outcome.source, "ended": outcome.why, "posts": s.get("posts"), "new": new, **counts}
