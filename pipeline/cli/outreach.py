"""``chengqing protocol met|correct|outreach``: whom the coalition met or briefed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.errors import UnknownName
from pipeline.files import write_text
from pipeline.incident import find_incident
from pipeline.ledger.exports import Exports
from pipeline.ledger.outreach import STANCES, Contacted, Outreach
from pipeline.paths import DataDir
from pipeline.protocol.outreach import as_csv, row_of

BY = click.option("--by", "actor", required=True, help="Who: an account's id or a name.")
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("incident")
@click.argument("whom")
@click.option("--outcome", required=True, help="What came of it, even if nothing did.")
@click.option("--about", default="", help="What it was about.")
@click.option(
    "--stance",
    type=click.Choice(STANCES),
    default="unknown",
    show_default=True,
    help="How they stand to our work.",
)
@click.option("--on", "day", type=DAY, help="The day; today without.")
@BY
def met(
    incident: str, whom: str, outcome: str, about: str, stance: str, day: datetime | None, actor: str
) -> None:
    """Write down whom the coalition met or briefed, critics too."""
    data = DataDir.from_environment()
    find_incident(data, incident)
    on = (day or datetime.now(UTC)).date()
    Outreach(data.ledger).add(incident, whom, on=on, stance=stance, about=about, outcome=outcome, actor=actor)
    click.echo("kept")


@click.command()
@click.argument("incident")
@click.argument("entry", type=int)
@click.option("--whom", help="Whom, as it should read.")
@click.option("--outcome", help="What came of it, as it should read.")
@click.option("--about", help="What it was about, as it should read.")
@click.option("--stance", type=click.Choice(STANCES), help="How they stand to our work.")
@click.option("--on", "day", type=DAY, help="The day, as it should read.")
@BY
def correct(
    incident: str,
    entry: int,
    whom: str | None,
    outcome: str | None,
    about: str | None,
    stance: str | None,
    day: datetime | None,
    actor: str,
) -> None:
    """Correct an entry of the outreach log: what is not given stays, and the old wording is kept.

    \b
    Example:
      chengqing protocol correct harbor-fire 41 --outcome "will print a reply on Friday" --by mei
    """
    data = DataDir.from_environment()
    was = _entry(data, incident, entry)
    Outreach(data.ledger).correct(
        incident,
        entry,
        was.whom if whom is None else whom,
        on=day.date() if day else was.on,
        stance=stance or was.stance,
        about=was.about if about is None else about,
        outcome=was.outcome if outcome is None else outcome,
        actor=actor,
    )
    click.echo("corrected")


def _entry(data: DataDir, incident: str, entry: int) -> Contacted:
    find_incident(data, incident)
    found = {one.event_id: one for one in Outreach(data.ledger, read_only=True).all(incident)}
    if entry not in found:
        raise UnknownName(
            f"no entry {entry} in the outreach log of {incident}; see: chengqing protocol outreach {incident}"
        )
    return found[entry]


@click.command()
@click.argument("incident")
@click.option("--history", is_flag=True, help="Earlier wordings of corrected entries, too.")
@click.option("--to", "path", type=click.Path(path_type=Path, dir_okay=False), help="CSV file to write.")
@click.option("--by", "actor", default="", help="With --to: who takes the file; the ledger keeps it.")
@json_option
def outreach(incident: str, history: bool, path: Path | None, actor: str, as_json: bool) -> None:
    """Show whom the coalition met or briefed, and what came of it; --to writes a file for a spreadsheet."""
    data = DataDir.from_environment()
    find_incident(data, incident)
    room = Outreach(data.ledger, read_only=True)
    found = [one for now in room.all(incident) for one in (now, *(room.earlier(incident, now) * history))]
    if path:
        if not actor.strip():
            raise click.UsageError("--to needs --by: the ledger keeps who took the file")
        told = {"what": "outreach", "file": path.name, "rows": len(found)}
        Exports(data.ledger).record(incident, told, actor=actor)
        write_text(path, "\ufeff" + as_csv(found))
        click.echo(f"written: {path}", err=as_json)
    rows = [row_of(one) for one in found]
    if as_json:
        show_json(rows)
    elif not path:
        show_rows(rows)
