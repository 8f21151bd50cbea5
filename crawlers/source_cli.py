"""``chengqing source``: the cards, how their crawls ended, and a look at a source without storing anything."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from crawlers.cards import SourceCard, all_cards, card_named
from crawlers.health import SourceHealth, health_of
from crawlers.show import print_posts
from crawlers.uses import parse_bases, picked, plain_use, with_base
from pipeline.cli.output import Row, show_json, show_rows
from pipeline.errors import CrawlError, UsageError
from pipeline.escape import for_terminal
from pipeline.incident import Incident, find_incident
from pipeline.paths import DataDir

if TYPE_CHECKING:
    from crawlers.launch import Outcome


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
        show_json(
            {"cards": [_shown(card) for card in cards.values()], "health": [one.to_json() for one in health]}
        )
        return
    if not incident:
        show_rows([_card_row(card) for card in cards.values()], cut="title")
    if not health:
        click.echo("No source was crawled yet: chengqing crawl INCIDENT")
        return
    show_rows([_health_row(one) for one in health], cut="source")
    for one in health:
        if one.alarm:
            click.echo(for_terminal(f"{one.incident}/{one.source}: {one.alarm}"))


def _card_row(card: SourceCard) -> Row:
    return {
        "name": card.name,
        "family": card.family,
        "on": card.enabled,
        "checked": str(card.checked or "never"),
        "robots": card.robots,
        "title": card.title["en"],
    }


def _health_row(one: SourceHealth) -> Row:
    ended = (one.stopped_because or "–") + (" (another waits to go on)" if one.unfinished else "")
    return {
        "incident": one.incident,
        "source": one.source,
        "ended": ended,
        "last crawl": one.finished_at,
        "posts": one.posts,
        "new": one.new,
        "refusals": one.refusals,
        "pages": one.pages,
    }


@source.command("show")
@click.argument("name")
def show_card(name: str) -> None:
    """One source card as JSON.

    \b
    Example:
      chengqing source show family-discuz
    """
    show_json(_shown(card_named(name, DataDir.from_environment())))


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

    Posts are shown even where they lie outside the incident's window, which is said: a crawl would leave them out.

    \b
    Example:
      chengqing source try sf-harbor-lane-fire city-forum
    """
    posts, outcome = _first_pages(incident, name, bases, allow_loopback)
    if as_json:
        show_json(posts[:5])
    else:
        print_posts(posts[:5])
        click.echo(_told(posts, outcome, find_incident(DataDir.from_environment(), incident)))
    _complain(name, outcome, allow_loopback)


def _told(posts: list[dict[str, Any]], outcome: Outcome, incident: Incident) -> str:
    """What the first pages held."""
    times = [post["published_at"] for post in posts if post["published_at"]]
    outside = sum(at < incident.start or (incident.end is not None and at > incident.end) for at in times)
    counted = outcome.summary.get("extra") or {}
    read = f"{counted.get('items', 0):,} entries on {outcome.summary.get('pages', 0)} page(s), {len(posts):,} posts"
    unread = f", {counted['unread']:,} could not be read" if counted.get("unread") else ""
    return (
        f"{read}{unread}, {outside:,} outside the incident's window (from {incident.start:%Y-%m-%d %H:%M}Z)"
    )


def _complain(name: str, outcome: Outcome, allow_loopback: bool) -> None:
    """Raise ``CrawlError`` where the first pages ended badly."""
    if outcome.good:
        return
    why = f"{name}: {outcome.why}: {outcome.message or outcome.summary.get('detail') or ''}"
    here = "private network" in why and not allow_loopback
    raise CrawlError(f"{why}; to read a source on this machine: --allow-loopback" if here else why)


@source.command("record")
@_look
@click.option(
    "--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of cases."
)
def record_source(
    incident: str, name: str, bases: tuple[str, ...], allow_loopback: bool, folder: Path
) -> None:
    """Save the first pages of a source as test cases: request, response, and what was read in them.

    Look at each posts.json before you commit it: it is what the tests will hold the parser to. The empty case that
    "source new" wrote is taken away once a page with posts stands beside it.

    \b
    Example:
      chengqing source record sf-harbor-lane-fire city-forum --to tests/pages/discuz
    """
    from crawlers.pages import case_told
    from crawlers.scaffold import drop_empty_case

    before = set(folder.iterdir()) if folder.is_dir() else set()
    _, outcome = _first_pages(incident, name, bases, allow_loopback, record=folder)
    cases = sorted(set(folder.iterdir()) - before) if folder.is_dir() else []
    for case in cases:
        click.echo(f"{case}: {for_terminal(case_told(case))}")
    if dropped := drop_empty_case(folder, name, cases):
        click.echo(f"taken away: {dropped}, for a page stands beside it")
    _complain(name, outcome, allow_loopback)


@source.command("new")
@click.argument("name")
@click.argument("url")
@click.option("--family", help="Kind of site software; see: chengqing source list.")
@click.option(
    "--new-family", help="Name for site software that no family reads yet: its spider is written, too."
)
@click.option(
    "--pages",
    "pages",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of test cases; that of the checkout unless given.",
)
def new_source(name: str, url: str, family: str | None, new_family: str | None, pages: Path | None) -> None:
    """Write a source card to fill in, a test that fails until a page is recorded, and show the incident's lines.

    A site of known software needs no code of its own: its spider is its family, with the address and parameters that
    the incident names. For other software --new-family writes a spider to fit to the site's pages.

    \b
    Examples:
      chengqing source new city-forum https://bbs.city.example --family discuz
      chengqing source new town-board https://town.example/board --new-family townboard
    """
    from crawlers.families import family_named
    from crawlers.scaffold import check_case, check_source, incident_lines, write_card, write_case
    from crawlers.scaffold_family import check_family, write_family

    if (family is None) == (new_family is None):
        raise UsageError(
            "name the site's software: --family NAME, or --new-family NAME where no family reads it"
        )
    data = DataDir.from_environment()
    check_source(data, name, url)
    if new_family:
        check_family(new_family)
    family = new_family or family_named(str(family)).name
    check_case(name, family, pages)
    for written in write_family(family, urlsplit(url).hostname or name) if new_family else ():
        click.echo(f"written: {written}")
    card = write_card(data, name, family, url)
    click.echo(
        f"written: {card}\nfill it in, then add to the incident's file:\n\n{incident_lines(name, family, url)}"
    )
    case = write_case(name, family, url, pages)
    if case:
        click.echo(f"written: {case}, a test that fails until a page stands there:")
    to = case.parent if case else "FOLDER"
    click.echo(f"  chengqing source try INCIDENT {name}\n  chengqing source record INCIDENT {name} --to {to}")


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
        to = str(record.resolve()) if record else None
        job = Job(folder, incident, plain, allow_loopback, record=to, trial=True)
        outcome = crawl_sources([job], lambda *_: None)[0]
        return read_observations(finished_crawls(trial, incident)).to_pylist(), outcome
