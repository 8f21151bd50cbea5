"""``chengqing rank``: the list that the dashboard shows, in a terminal."""

from __future__ import annotations

from typing import Any

import click

from pipeline.cli.output import json_option, moment, show_json, show_rows
from pipeline.paths import DataDir
from pipeline.rank.reasons import LANGUAGES, explain

_SHOWN = ("rank", "score", "claim_id", "posts", "sites", "recent", "asks", "first", "claim")
_CHARS = 200


class _Rank(click.Group):
    """``rank INCIDENT`` means ``rank show INCIDENT``: nobody types the word for the usual thing."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``show`` before anything that is neither a command of the group nor its help."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Rank)
def rank() -> None:
    """Show the ranked claims of an incident; learn their weights from triage.

    \b
    Examples:
      chengqing rank harbor-fire
      chengqing rank harbor-fire -n 5 --why
      chengqing rank harbor-fire --json | jq '.[0].claim_id'
      chengqing rank tune
    """


@rank.command("show")
@click.argument("incident")
@click.option(
    "-n", "--most", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many claims."
)
@click.option(
    "--as-of", metavar="TIME", help="Of the list as it stood then (after: chengqing run --as-of TIME)."
)
@click.option("--why", is_flag=True, help="Say why in words, and show what each signal adds to the score.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", help="Of the words of --why.")
@json_option
def show(incident: str, most: int, as_of: str | None, why: bool, language: str, as_json: bool) -> None:
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
        for row, plain in zip(rows, shown, strict=True):
            added = [(name.removesuffix("_points"), row[name]) for name in points if row[name]]
            click.echo(f"{row['rank']:>3}. {plain['claim']}\n     {explain(language, row)}")
            told = " + ".join(f"{name} {value:.3f}" for name, value in sorted(added, key=lambda one: -one[1]))
            click.echo(f"     {row['score']:.3f} = {told or '0'}\n")
    else:
        show_rows(shown, _SHOWN, cut="claim")


@rank.command("tune")
@json_option
def tune(as_json: bool) -> None:
    """Learn the signals' weights from what staff took up and put aside, if that helps.

    Each incident is left out in turn; weights are written (rank.json in the data folder, and beside it what reactions
    to claims sound like) only when incidents left out are ranked better with what the others taught. Delete rank.json
    to go back to the plain ranking.
    """
    from pipeline.rank.learned import save_weights
    from pipeline.rank.learned import tune as learn
    from pipeline.rank.triaged import judged

    data = DataDir.from_environment()
    claims, reactions = judged(data)
    result = learn(claims)
    path = str(save_weights(data, result, reactions)) if result.accepted else None
    rows: list[dict[str, object]] = [
        {"incident left out": name, "plain": result.before[name], "learned": after}
        for name, after in result.after.items()
    ]
    if as_json:
        show_json({"accepted": result.accepted, "reason": result.reason, "file": path, "scores": rows})
        return
    show_rows(rows, title="area under the ROC curve of left-out incidents")
    click.echo(
        f"written to {path}: the next run ranks with it" if path else f"nothing written: {result.reason}"
    )


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
