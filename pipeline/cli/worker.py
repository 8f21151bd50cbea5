"""``chengqing worker``: crawl and run every open incident on its cadence, and send alerts."""

from __future__ import annotations

import getpass
import signal
from dataclasses import asdict
from datetime import UTC, datetime

import click

from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.errors import UsageError
from pipeline.incident import find_incident
from pipeline.paths import DataDir
from pipeline.worker import WorkerBook, load_cadence, worker_file
from pipeline.worker.loop import Worker

PORT = 8502


@click.group(invoke_without_command=True)
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="Of /healthz on 127.0.0.1."
)
@click.pass_context
def worker(ctx: click.Context, port: int) -> None:
    """Crawl and run every open incident at once and then on the cadence of its phase, until stopped.

    An incident that is opened, or a file dropped into data/incidents/, is noticed within a second or two. Every ten
    minutes for six hours, hourly for three days, then daily until closed; data/cadence.toml says otherwise.

    \b
    Examples:
      chengqing worker
      chengqing worker status
      chengqing worker pause harbor-fire
      chengqing worker resume harbor-fire
      curl http://127.0.0.1:8502/healthz
    """
    if ctx.invoked_subcommand is None:
        _work(DataDir.from_environment(), port)


def _work(data: DataDir, port: int) -> None:
    from pipeline.alerts import Alerts, load_config
    from pipeline.worker.health import answering

    load_config(data)  # say what is wrong before anything runs
    made = Worker(data, load_cadence(data), watch=Alerts(data).watch)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: made.stop())
    try:
        with answering(made, port) as taken:
            made.address = f"http://127.0.0.1:{taken}"
            click.echo(f"working on {data.root}; health: {made.address}/healthz  (stop with Ctrl+C)")
            made.run()
    except OSError as error:
        raise UsageError(f"port {port}: {error.strerror}; is a worker running there? use --port 0") from error


@worker.command("status")
@json_option
def status(as_json: bool) -> None:
    """Show the worker's last sign of life and the last turns."""
    book = WorkerBook(worker_file(DataDir.from_environment()), read_only=True)
    beat, turns = book.beat(), book.turns(most=20)
    if as_json:
        rows = [asdict(row) for row in book.schedules().values()]
        shown = {"beat": asdict(beat) if beat else None, "incidents": rows}
        show_json(shown | {"turns": [asdict(turn) for turn in turns]})
        return
    if beat is None:
        click.echo("no worker has been here yet; start it with: chengqing worker")
        return
    age = (datetime.now(UTC) - beat.beat_at).total_seconds()
    click.echo(f"last sign of life {age:,.0f} s ago, process {beat.pid}; {beat.problem or 'no problem'}")
    paused = [row.incident for row in book.schedules().values() if row.paused_by]
    if paused:
        click.echo(f"paused: {', '.join(paused)}")
    show_rows([asdict(turn) for turn in turns], cut="detail")


@worker.command("pause")
@click.argument("incident")
def pause(incident: str) -> None:
    """Make no more turns for INCIDENT until it is resumed; one at work goes on to its end."""
    _set(incident, on=True)
    click.echo(f"{incident} is paused; go on with: chengqing worker resume {incident}")


@worker.command("resume")
@click.argument("incident")
def resume(incident: str) -> None:
    """Go on with INCIDENT; what was missed is caught up once."""
    _set(incident, on=False)
    click.echo(f"{incident} goes on")


def _set(incident: str, *, on: bool) -> None:
    data = DataDir.from_environment()
    find_incident(data, incident)
    WorkerBook(worker_file(data)).pause(incident, getpass.getuser(), datetime.now(UTC), on=on)
