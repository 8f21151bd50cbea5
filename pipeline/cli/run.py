"""``chengqing run`` and ``chengqing publish``."""

from __future__ import annotations

import click

from pipeline.cli.output import cell, json_option, moment, show_json
from pipeline.errors import UsageError
from pipeline.incident import find_incident
from pipeline.paths import DataDir
from pipeline.runs import Run, StageRun


@click.command()
@click.argument("incident")
@click.option("--from", "first", metavar="STAGE", help="Compute anew from this stage on.")
@click.option(
    "--only", metavar="STAGE", help="Compute anew this stage alone, on what stands; nothing is published."
)
@click.option(
    "--as-of",
    metavar="TIME",
    help="The list as it stood at this moment (2026-01-31T08:00:00Z), beside the one of now.",
)
@click.option("--encoder", help="A registered name, a path, or a hub id; else data/encoder.toml, else ours.")
@json_option
def run(
    incident: str, first: str | None, only: str | None, as_of: str | None, encoder: str | None, as_json: bool
) -> None:
    """Run the pipeline on what was collected, and publish the result.

    Stages: collect, normalize, segment, encode, group, claims, rank, publish. Whatever stands for the present
    input is reused; a stopped run goes on where it stopped; a failed one leaves the last published list in place.

    \b
    Examples:
      chengqing run harbor-fire
      chengqing run harbor-fire --from group
      chengqing run harbor-fire --as-of 2026-03-13T09:00:00Z
    """
    from pipeline.batch import Wish, run_incident

    if first and only:
        raise UsageError("--from and --only exclude each other: choose one")
    data = DataDir.from_environment()
    wish = Wish(first=first, only=only, as_of=moment(as_of), encoder=encoder)
    done = run_incident(data, find_incident(data, incident), wish, None if as_json else _say)
    if as_json:
        show_json(_row(done))
    elif done.status == "done":
        click.echo(f"published as of {cell(done.as_of)}; see: chengqing rank {incident}")
    elif done.status == "replayed":
        click.echo(f"the list as it stood; see: chengqing rank {incident} --as-of {as_of}")


def _say(stage: StageRun) -> None:
    """One line per stage: counts in and out, seconds, memory, and what was left out."""
    seconds = "" if stage.seconds is None else f"{stage.seconds:8.2f} s"
    counts = f"{cell(stage.rows_in):>11} in {cell(stage.rows_out):>11} out"
    memory = "" if stage.peak_mb is None else f"{stage.peak_mb:7,.0f} MB"
    click.echo(f"{stage.stage:<10} {stage.status:<7} {counts} {seconds:>10} {memory:>10}")
    for reason, count in stage.rejects.items():
        click.echo(f"{'':<10} {count:,} × {reason}")


def _row(done: Run) -> dict[str, object]:
    stages = [
        {
            "stage": s.stage,
            "status": s.status,
            "rows_in": s.rows_in,
            "rows_out": s.rows_out,
            "rejects": s.rejects,
            "seconds": s.seconds,
            "peak_mb": s.peak_mb,
        }
        for s in done.stages
    ]
    return {
        "run_id": done.run_id,
        "status": done.status,
        "as_of": done.as_of,
        "encoder": done.encoder,
        "stages": stages,
    }


@click.command()
@click.argument("incident")
@json_option
def publish(incident: str, as_json: bool) -> None:
    """Publish the last run again, with what people have decided since."""
    from pipeline.batch import republish

    data = DataDir.from_environment()
    find_incident(data, incident)
    path = republish(data, incident)
    if as_json:
        show_json({"warehouse": str(path)})
    else:
        click.echo(f"published {path.name}")
