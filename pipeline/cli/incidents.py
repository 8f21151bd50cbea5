"""``chengqing incident``: an incident is a TOML file; these commands make it, check it and move it along."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.errors import IncidentError, UsageError
from pipeline.incident import Incident, find_incident, list_incidents, load_incident
from pipeline.opening import as_open, close_incident, new_incident, open_incident
from pipeline.paths import DataDir
from pipeline.runs import RunRegistry


@click.group()
def incident() -> None:
    """Make, open, list and close incidents."""


@incident.command("new")
@click.argument("name")
@click.option("--title", required=True, help="Title in English.")
@click.option("--title-hans", default="", help="Title in Simplified Chinese.")
@click.option("--title-hant", default="", help="Title in Traditional Chinese.")
@click.option("--watch", required=True, help="The partner on watch.")
@json_option
def new(name: str, title: str, title_hans: str, title_hant: str, watch: str, as_json: bool) -> None:
    """Write the file of a new incident, to be filled in.

    \b
    Example:
      chengqing incident new harbor-fire --title "Fire on Harbor Lane" --watch partner-a
    """
    titles = {"en": title, "zh-Hans": title_hans, "zh-Hant": title_hant}
    made, path = new_incident(DataDir.from_environment(), name, titles, watch)
    _say(made, path, f"made {path}; add queries and sources, then: chengqing incident open {name}", as_json)


@incident.command("open")
@click.argument("name_or_file")
@click.option(
    "--replace", is_flag=True, help="Let a file from elsewhere replace a different one of the same name."
)
@json_option
def open_(name_or_file: str, replace: bool, as_json: bool) -> None:
    """Check an incident and open it; a file from elsewhere is copied into data/incidents first.

    \b
    Examples:
      chengqing incident open harbor-fire
      chengqing incident open ./harbor-fire.toml
    """
    data = DataDir.from_environment()
    source = Path(name_or_file)
    if name_or_file.endswith(".toml"):
        if not source.exists():
            raise UsageError(f"{source}: no such file")
        path = data.incident_file(source.stem)
    else:
        source = path = data.incident_file(name_or_file)
        find_incident(data, name_or_file)
    load_incident(source)
    text = as_open(source.read_text(encoding="utf-8"))
    if source != path and not replace and path.exists() and path.read_text(encoding="utf-8") != text:
        raise UsageError(
            f"{path} exists and differs, perhaps by aliases that staff approved: compare, or add --replace"
        )
    opened = open_incident(data, path, text, actor="cli")
    _say(opened, path, f"{opened.id} is open; next: chengqing crawl {opened.id}", as_json)


@incident.command("close")
@click.argument("name")
@json_option
def close(name: str, as_json: bool) -> None:
    """Close an incident: its decisions stay, and nothing more is collected."""
    data = DataDir.from_environment()
    closed, path = close_incident(data, name), data.incident_file(name)
    _say(closed, path, f"{name} is closed", as_json)


@incident.command("aliases")
@click.argument("name")
@click.option(
    "--approve",
    "approved",
    multiple=True,
    metavar="SEEN=MEANT",
    help="Write this alias into the incident's file; the next run reads it so.",
)
@click.option("--most", default=30, show_default=True, help="How many proposals to show.")
@json_option
def aliases(name: str, approved: tuple[str, ...], most: int, as_json: bool) -> None:
    """Show spellings that may stand for other words, and approve those that do.

    What the machine folds on its own is in: chengqing sql NAME -q foldings.

    \b
    Examples:
      chengqing incident aliases harbor-fire
      chengqing incident aliases harbor-fire --approve 霉国=美国
    """
    from pipeline.aliases import approve, propose, spoken

    data = DataDir.from_environment()
    standing = find_incident(data, name)
    path = data.incident_file(name)
    for pair in approved:
        seen, equals, meant = pair.partition("=")
        if not equals:
            raise UsageError(f"--approve {pair}: write it as seen=meant, such as 霉国=美国")
        standing = approve(path, seen.strip(), meant.strip())
    if approved:
        _say(standing, path, f"{len(approved)} approved in {path}; next: chengqing run {name}", as_json)
        return
    proposals = propose(spoken(data.published(name)), standing.user_words, standing.aliases)[:most]
    rows = [asdict(proposal) for proposal in proposals]
    if as_json:
        show_json(rows)
    elif rows:
        show_rows([row | {"examples": " / ".join(row["examples"])} for row in rows], cut="examples")
    else:
        click.echo(
            "nothing to propose: no spelling comes near a word of the incident or a target of the lexicon"
        )


@incident.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the incidents, newest first, with their last run."""
    data = DataDir.from_environment()
    problems: list[IncidentError] = []
    registry = RunRegistry(data.runs)
    rows = [_row(found, registry, data) for found in list_incidents(data, problems.append)]
    if as_json:
        show_json(rows)
    else:
        show_rows(rows)
    for problem in problems:
        click.echo(f"chengqing: {problem}", err=True)


def _row(found: Incident, registry: RunRegistry, data: DataDir) -> dict[str, object]:
    last = registry.published(found.id, data.published(found.id))
    return {
        "id": found.id,
        "title": found.title("en"),
        "state": "closed" if found.closed_at else "open",
        "opened_at": found.opened_at,
        "watch": found.watch,
        "sources": len(found.sources),
        "last_published": last.finished_at if last else None,
    }


def _say(found: Incident, path: Path, sentence: str, as_json: bool) -> None:
    if as_json:
        show_json({"id": found.id, "file": str(path), "closed_at": found.closed_at})
    else:
        click.echo(sentence)
