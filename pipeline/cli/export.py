"""``chengqing export``: a partner's snapshot."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.errors import UsageError
from pipeline.paths import DataDir


@click.command()
@click.argument("incident")
@click.option("--for", "partner", required=True, metavar="PARTNER", help="The partner that gets the file.")
@click.option("--by", "actor", required=True, metavar="NAME", help="Who hands it out; stands in the ledger.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file; in data/exports/ without."
)
@json_option
def export(incident: str, partner: str, actor: str, out: Path | None, as_json: bool) -> None:
    """Write what a partner's analysts may have: one DuckDB file, no personal columns, no small groups.

    Posts, texts and their ids stay on this machine; claims of fewer than five authors (smallest_group in
    data/privacy.toml) are left out, times of claims are told to the hour, and what was left out is counted.

    \b
    Examples:
      chengqing export harbor-fire --for partner-b --by mei
      duckdb -readonly data/exports/harbor-fire-for-partner-b-20260313T0900.duckdb "from snapshot"
    """
    from pipeline.coalition import load_coalition
    from pipeline.incident import find_incident
    from pipeline.privacy import smallest_group
    from pipeline.snapshot import make_snapshot

    data = DataDir.from_environment()
    find_incident(data, incident)
    load_coalition(data).partner(partner)
    if not actor.strip():
        raise UsageError("say who hands it out: --by NAME")
    usual = data.root / "exports" / f"{incident}-for-{partner}-{datetime.now(UTC):%Y%m%dT%H%M%S}.duckdb"
    made = make_snapshot(data, incident, partner, out or usual, k=smallest_group(data), actor=actor.strip())
    if as_json:
        show_json({"file": str(made.path), "rows": made.rows, **made.told})
        return
    show_rows([{"table": name, "rows": rows} for name, rows in made.rows.items()])
    told = made.told
    click.echo(
        f"left out, for fewer than {told['k']} authors: {told['claims_left_out']:,} claims, "
        f"{told['posts_left_out']:,} posts, {told['counts_left_out']:,} numbers; "
        f"hidden in texts: {told['hidden']:,} stretches of personal data"
    )
    click.echo(f"written: {made.path}")
