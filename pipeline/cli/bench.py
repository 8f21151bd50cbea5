"""``chengqing bench``: figures from a command that anyone can run."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipeline.bench import Metric, bench_names, report, run_bench
from pipeline.cli.output import show_rows
from pipeline.files import write_text
from pipeline.paths import CHECKOUT


@click.command()
@click.argument("name")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), help="Folder laid out as the shared data."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the figures here.",
)
@click.option("--size", type=click.IntRange(min=1_000), help="Posts, where the bench lets one choose.")
def bench(name: str, data: Path | None, json_file: Path | None, size: int | None) -> None:
    """Measure one bench, or all of them, beside peers in the same run.

    A goal that is not met is printed as such and does not fail the command.

    \b
    Examples:
      chengqing bench store
      chengqing bench group --data ../shared/data --json group.json
      chengqing bench incremental --size 1000000
    """
    folder = data or CHECKOUT.parent / "shared" / "data"
    reports = []
    for one in bench_names() if name == "all" else [name]:
        metrics = run_bench(one, folder, lambda text: click.echo(text, err=True), size)
        show_rows([_row(metric) for metric in metrics], title=f"bench {one}")
        reports.append(report(one, folder, metrics))
    if json_file:
        whole = reports[0] if name != "all" else {"benches": reports}
        write_text(json_file, json.dumps(whole, ensure_ascii=False, indent=1) + "\n")


def _row(metric: Metric) -> dict[str, object]:
    return {
        "metric": metric.name,
        "ours": metric.ours,
        "peer": metric.peer,
        "peer_name": metric.peer_name,
        "unit": metric.unit,
        "goal": metric.goal,
        "met": metric.met,
    }
