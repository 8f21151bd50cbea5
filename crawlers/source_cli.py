"""``chengqing source``: the cards, and a look at a source without storing anything."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from crawlers.cards import SourceCard, all_cards, card_named
from crawlers.show import print_posts
from pipeline.errors import CrawlError
from pipeline.incident import find_incident
from pipeline.paths import DataDir


@click.group(short_help="Source cards: list, show, try, record.")
def source() -> None:
    """What the desk knows about its sources."""


def _shown(card: SourceCard) -> dict[str, Any]:
    values = {k: v for k, v in asdict(card).items() if k != "path"}
    plain: dict[str, Any] = json.loads(json.dumps(values, ensure_ascii=False, default=str))
    return plain | {"file": card.path and card.path.name}


@source.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_cards(as_json: bool) -> None:
    """Every source card, with the day a person last checked the site.

    \b
    Example:
      chengqing source list
    """
    cards = all_cards(DataDir.from_environment())
    if as_json:
        click.echo(json.dumps([_shown(card) for card in cards.values()], ensure_ascii=False, indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "family", "robots", "checked", "on", "title"):
        table.add_column(title)
    for card in cards.values():
        checked = str(card.checked or "never")
        table.add_row(
            card.name, card.family, card.robots, checked, "yes" if card.enabled else "no", card.title["en"]
        )
    Console().print(table)


@source.command("show")
@click.argument("name")
def show_card(name: str) -> None:
    """One source card as JSON.

    \b
    Example:
      chengqing source show family-discuz
    """
    click.echo(json.dumps(_shown(card_named(name, DataDir.from_environment())), ensure_ascii=False, indent=1))


_LOOK = [
    click.argument("incident"),
    click.argument("name"),
    click.option("--base", "bases", multiple=True, metavar="NAME=URL", help="As in: chengqing crawl."),
    click.option("--allow-loopback", is_flag=True, help="Let a source on this machine be read."),
]


def _look(function: Any) -> Any:  # noqa: ANN401  a decorator
    for decorate in reversed(_LOOK):
        function = decorate(function)
    return function


@source.command("try")
@_look
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def try_source(incident: str, name: str, bases: tuple[str, ...], allow_loopback: bool, as_json: bool) -> None:
    """Read the first pages of a source and show five posts as they would be stored. Stores nothing.

    \b
    Example:
      chengqing source try sf-harbor-lane-fire city-forum
    """
    posts, outcome = _first_pages(incident, name, bases, allow_loopback)
    if as_json:
        click.echo(json.dumps(posts[:5], ensure_ascii=False, indent=1, default=str))
    else:
        print_posts(posts[:5])
    if not outcome.good:
        raise CrawlError(f"{name}: {outcome.why}: {outcome.message or outcome.summary.get('detail') or ''}")


@source.command("record")
@_look
@click.option(
    "--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of cases."
)
def record_source(
    incident: str, name: str, bases: tuple[str, ...], allow_loopback: bool, folder: Path
) -> None:
    """Save the first pages of a source as test cases: request, response, and what was read in them.

    Look at each posts.json before you commit it: it is what the tests will hold the parser to.

    \b
    Example:
      chengqing source record sf-harbor-lane-fire city-forum --to tests/pages/discuz
    """
    _, outcome = _first_pages(incident, name, bases, allow_loopback, record=folder)
    for case in sorted(folder.iterdir()):
        click.echo(str(case))
    if not outcome.good:
        raise CrawlError(f"{name}: {outcome.why}: {outcome.message or outcome.summary.get('detail') or ''}")


_NEW_CARD = """\
name = "{name}"
family = "{family}"
title = {{ en = "{name}" }}
owner = ""      # who runs the site
language = []   # such as ["zh-Hans", "yue"]
lineage = ""    # where its words come from: own reporting, members, other outlets, a government
robots = "obeyed"
checked = ""    # the day a person read robots.txt and terms, such as 2026-01-31
terms = ""      # address of the terms, and what they say about reading by machine
delay = 2.0
enabled = true

[expected]
min = 1         # fewer entries than this is an alarm
"""


@source.command("new")
@click.argument("name")
@click.option("--family", required=True, help="Kind of site software; see: chengqing source list.")
def new_card(name: str, family: str) -> None:
    """Write a source card to fill in, and show what to put into the incident.

    \b
    Example:
      chengqing source new city-forum --family discuz
    """
    from crawlers.families import family_named
    from pipeline.errors import UsageError
    from pipeline.files import write_text
    from pipeline.paths import checked_name

    path = DataDir.from_environment().root / "sources" / f"{checked_name(name, 'source')}.toml"
    if path.exists():
        raise UsageError(f"{path} is there already; edit it, or choose another name")
    write_text(path, _NEW_CARD.format(name=name, family=family_named(family).name))
    click.echo(f"written: {path}\nfill it in, then add to the incident's file:\n")
    click.echo(f'[[sources]]\nname = "{name}"\nfamily = "{family}"\nurl = "https://…"')


def _first_pages(
    incident: str, name: str, bases: tuple[str, ...], allow_loopback: bool, record: Path | None = None
) -> tuple[list[dict[str, Any]], Any]:
    """Crawl three pages into a folder that is thrown away."""
    import shutil
    import tempfile

    from crawlers.cli import parse_bases, picked, plain_use, with_base
    from crawlers.launch import crawl_sources
    from crawlers.run import Job
    from pipeline.raw import finished_crawls, read_observations

    data = DataDir.from_environment()
    use = with_base(picked(find_incident(data, incident), (name,))[0], parse_bases(bases))
    with tempfile.TemporaryDirectory(prefix="chengqing-try-") as folder:
        trial = DataDir(Path(folder))
        trial.incidents.mkdir(parents=True)
        shutil.copy(data.incident_file(incident), trial.incident_file(incident))
        if (data.root / "sources").exists():
            shutil.copytree(data.root / "sources", trial.root / "sources")
        plain = plain_use(use)
        plain["params"] = {**plain["params"], "max_pages": 3}
        job = Job(folder, incident, plain, allow_loopback, record=str(record.resolve()) if record else None)
        outcome = crawl_sources([job], lambda *_: None)[0]
        return read_observations(finished_crawls(trial, incident)).to_pylist(), outcome
