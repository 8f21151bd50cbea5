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


def _first_pages(
    incident: str, name: str, bases: tuple[str, ...], allow_loopback: bool
) -> tuple[list[dict[str, Any]], Any]:
    """Crawl three pages into a folder that is thrown away."""
    import shutil
    import tempfile

    from crawlers.cli import _plain, parse_bases, picked, with_base
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
        plain = _plain(use)
        plain["params"] = {**plain["params"], "max_pages": 3}
        outcome = crawl_sources([Job(folder, incident, plain, allow_loopback)], lambda *_: None)[0]
        return read_observations(finished_crawls(trial, incident)).to_pylist(), outcome


def print_posts(posts: list[dict[str, Any]]) -> None:
    """Show posts as they are stored, column by column; nothing in them can act on the terminal."""
    console = Console()
    for post in posts:
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        for column, value in post.items():
            if value not in (None, []):
                table.add_row(column, _one_line(value))
        console.print(table, "")
    console.print(f"{len(posts)} posts shown")


def _one_line(value: object) -> Any:  # noqa: ANN401  rich's own type
    """Text without markup or control characters: posts are written by strangers."""
    from rich.text import Text

    shown = "".join(c if c.isprintable() else " " for c in str(value))
    return Text(shown if len(shown) <= 300 else shown[:300] + "…")
