"""``chengqing source``: the cards, how their crawls ended, and a look at a source without storing anything."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from crawlers.cards import SourceCard, all_cards, card_named
from crawlers.health import SourceHealth, health_of
from crawlers.show import one_line, print_posts
from crawlers.uses import parse_bases, picked, plain_use, with_base
from pipeline.errors import CrawlError
from pipeline.incident import find_incident
from pipeline.paths import DataDir


@click.group(short_help="Source cards and crawl health: list, show, new, try, record.")
def source() -> None:
    """What the desk knows about its sources."""


def _shown(card: SourceCard) -> dict[str, Any]:
    values = {k: v for k, v in asdict(card).items() if k != "path"}
    plain: dict[str, Any] = json.loads(json.dumps(values, ensure_ascii=False, default=str))
    return plain | {"file": card.path and card.path.name}


@source.command("list")
@click.option("--incident", metavar="NAME", help="Health of this incident's sources only.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON: cards and health.")
def list_cards(incident: str | None, as_json: bool) -> None:
    """Every source card, with the day a person last checked the site; and how each source's last crawl ended.

    An alarm says what somebody should look at: a refusal, pages that changed, fewer entries than the card expects.

    \b
    Examples:
      chengqing source list
      chengqing source list --incident sf-harbor-lane-fire --json
    """
    data = DataDir.from_environment()
    cards = all_cards(data)
    health = health_of(data, [find_incident(data, incident).id] if incident else None)
    if as_json:
        shown = {
            "cards": [_shown(card) for card in cards.values()],
            "health": [one.to_json() for one in health],
        }
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    console = Console()
    if not incident:
        console.print(_cards_table(cards.values()), "")
    console.print(_health_table(health) if health else "No source was crawled yet: chengqing crawl INCIDENT")


def _cards_table(cards: Iterable[SourceCard]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("name", "family", "robots", "checked", "on", "title"):
        table.add_column(title)
    for card in cards:
        checked, on = str(card.checked or "never"), "yes" if card.enabled else "no"
        table.add_row(card.name, card.family, card.robots, checked, on, card.title["en"])
    return table


def _health_table(health: list[SourceHealth]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("incident", "source", "last crawl", "posts", "new", "pages", "refusals", "ended", "alarm"):
        table.add_column(title, justify="right" if title in {"posts", "new", "pages", "refusals"} else "left")
    for one in health:
        numbers = (one.posts, one.new, one.pages, one.refusals)
        table.add_row(
            one.incident,
            one.source,
            f"{one.finished_at:%Y-%m-%d %H:%M}" if one.finished_at else "–",
            *("–" if number is None else f"{number:,}" for number in numbers),
            (one.stopped_because or "–") + (" (another waits to go on)" if one.unfinished else ""),
            one_line(one.alarm or ""),
        )
    return table


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


@source.command("new")
@click.argument("name")
@click.argument("url")
@click.option("--family", required=True, help="Kind of site software; see: chengqing source list.")
@click.option(
    "--pages",
    "pages",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of test cases; that of the checkout unless given.",
)
def new_source(name: str, url: str, family: str, pages: Path | None) -> None:
    """Write a source card to fill in, a test that fails until a page is recorded, and show the incident's lines.

    A site needs no code of its own: its spider is its family with the address and parameters that the incident names.

    \b
    Example:
      chengqing source new city-forum https://bbs.city.example --family discuz
    """
    from crawlers.scaffold import incident_lines, write_card, write_case

    card = write_card(DataDir.from_environment(), name, family, url)
    click.echo(
        f"written: {card}\nfill it in, then add to the incident's file:\n\n{incident_lines(name, family, url)}"
    )
    case = write_case(name, family, url, pages)
    if case:
        click.echo(f"written: {case}, a test that fails until a page stands there:")
    click.echo(
        f"  chengqing source try INCIDENT {name}\n  chengqing source record INCIDENT {name} --to {case or 'FOLDER'}"
    )


def _first_pages(
    incident: str, name: str, bases: tuple[str, ...], allow_loopback: bool, record: Path | None = None
) -> tuple[list[dict[str, Any]], Any]:
    """Crawl three pages into a folder that is thrown away."""
    import shutil
    import tempfile

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
        if (secrets := data.root / "secrets.toml").exists():
            (trial.root / "secrets.toml").symlink_to(
                secrets
            )  # the source's own keys, which stay where they are
        plain = plain_use(use)
        plain["params"] = {**plain["params"], "max_pages": 3}
        job = Job(folder, incident, plain, allow_loopback, record=str(record.resolve()) if record else None)
        outcome = crawl_sources([job], lambda *_: None)[0]
        return read_observations(finished_crawls(trial, incident)).to_pylist(), outcome
