"""``chengqing report``: what the work was good for, and what is not known of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli.output import json_option, moment, show_json, show_rows
from pipeline.errors import IncidentError, UsageError
from pipeline.incident import Incident, find_incident, list_incidents
from pipeline.paths import DataDir


@click.command()
@click.argument("incident", required=False)
@click.option("--from", "start", metavar="TIME", help="Only claims first posted from this time on.")
@click.option("--until", "end", metavar="TIME", help="Only claims first posted before this time.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="Folder to write HTML, PDF and CSV into."
)
@json_option
def report(
    incident: str | None, start: str | None, end: str | None, folder: Path | None, as_json: bool
) -> None:
    """Report on one incident, or on every published incident of a period; in three languages.

    \b
    Examples:
      chengqing report harbor-fire --to report
      chengqing report --from 2026-01-01T00:00:00Z --until 2026-04-01T00:00:00Z --to quarter
    """
    from pipeline.release.bundle import write
    from pipeline.report.figures import measure
    from pipeline.report.forms import files, left_out
    from pipeline.report.sheet import LANGUAGES, sheet

    data = DataDir.from_environment()
    told = [find_incident(data, incident)] if incident else _published(data)
    since, until = moment(start), moment(end)
    if since and until and until <= since:
        raise UsageError("--until is not after --from")
    figures = measure(data, [one.id for one in told], since, until)
    if folder:
        now = datetime.now(UTC)
        sheets = [sheet(figures, tuple(one.title(name) for one in told), name, now) for name in LANGUAGES]
        made = files(figures, sheets)
        write(folder, made)
        few, k = left_out(figures), figures.smallest_group
        click.echo(f"{len(made)} files in {folder}", err=as_json)
        click.echo(f"claims.csv leaves out {few:,} claims of fewer than {k} authors", err=as_json)
    rows = [
        {
            "section": f.section,
            "figure": f.key,
            "about": f.about,
            "value": f.estimate.value,
            "low": f.estimate.low,
        }
        | {"high": f.estimate.high, "n": f.estimate.n or None, "unit": f.unit}
        for f in figures.figures
    ]
    if as_json:
        show_json(rows)
    elif not folder:
        show_rows(rows)


def _published(data: DataDir) -> list[Incident]:
    broken: list[IncidentError] = []
    found = [one for one in list_incidents(data, broken.append) if data.published(one.id).exists()]
    if broken:
        raise broken[0]
    if not found:
        raise UsageError("no incident is published yet; run: chengqing run NAME")
    return found
