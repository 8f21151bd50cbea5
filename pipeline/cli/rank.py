"""``chengqing rank``: the list that the dashboard shows, in a terminal."""

from __future__ import annotations

from typing import Any

import click

from pipeline.cli.output import json_option, moment, show_json, show_rows
from pipeline.paths import DataDir

_SHOWN = ("rank", "score", "claim_id", "posts", "sites", "recent", "asks", "first", "claim")
_CHARS = 200


@click.command()
@click.argument("incident")
@click.option(
    "-n", "--most", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many claims."
)
@click.option(
    "--as-of", metavar="TIME", help="Of the list as it stood then (after: chengqing run --as-of TIME)."
)
@click.option("--why", is_flag=True, help="Show what each signal adds to the score.")
@json_option
def rank(incident: str, most: int, as_of: str | None, why: bool, as_json: bool) -> None:
    """Show the ranked claims of an incident, as last published.

    \b
    Examples:
      chengqing rank harbor-fire
      chengqing rank harbor-fire -n 5 --why
      chengqing rank harbor-fire --json | jq '.[0].claim_id'
    """
    from pipeline.questions import ask, question

    rows = ask(
        DataDir.from_environment(), incident, question("top_claims").text, {"most": most}, moment(as_of)
    )
    if as_json:
        show_json(rows)
        return
    shown = [_row(row) for row in rows]
    points = [name for name in (rows[0] if rows else {}) if name.endswith("_points")]
    if why:
        named = [{k.removesuffix("_points"): v for k, v in row.items()} for row in shown]
        show_rows(
            named, ["rank", "score", *(p.removesuffix("_points") for p in points), "claim"], cut="claim"
        )
    else:
        show_rows(shown, _SHOWN, cut="claim")


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """The row in the width of a terminal: sites counted, the share of enquiries in percent, a short time."""
    return row | {
        "sites": len(row["platforms"]),
        "asks": f"{row['asks']:.0%}",
        "first": f"{row['first_at']:%y-%m-%d %H:%M}",
        "claim": _cut(str(row["claim"])),
    }


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _CHARS else flat[: _CHARS - 1] + "…"
