"""``chengqing rank``: the list that the dashboard shows, in a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from pipeline.cli.output import json_option, moment, show_csv, show_json, show_rows
from pipeline.cli.privacy import Rows, reveal_options, seen
from pipeline.errors import UsageError
from pipeline.paths import DataDir
from pipeline.rank.reasons import LANGUAGES, explain

_SHOWN = ("rank", "score", "claim_id", "posts", "sites", "recent", "asks", "first", "claim")
_STOOD = ("rank", "score", "claim_id", "posts", "status", "rating", "assignee", "statement", "now", "claim")
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
@click.option(
    "--at",
    "at_time",
    metavar="TIME",
    help="As the desk showed it then: that run's list, that moment's decisions.",
)
@click.option("--why", is_flag=True, help="Say why in words, and show what each signal adds to the score.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", help="Of the words of --why.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values on standard output.")
@reveal_options
@json_option
def show(
    incident: str,
    most: int,
    as_of: str | None,
    at_time: str | None,
    why: bool,
    language: str,
    as_csv: bool,
    reveal: str | None,
    actor: str | None,
    as_json: bool,
) -> None:
    """Show the ranked claims of an incident, as last published or as they stood at a moment.

    --at shows what people saw: the list of the run that was published then, with the decisions made by then, and where
    each claim stands now. --as-of shows what the ranking of today makes of the posts known then.

    \b
    Examples:
      chengqing rank harbor-fire
      chengqing rank harbor-fire -n 5 --why
      chengqing rank harbor-fire --at 2026-03-13T09:00:00-07:00
      chengqing rank harbor-fire --json | jq '.[0].claim_id'
    """
    if sum([as_csv, as_json, why]) > 1 or (at_time and as_of):
        raise UsageError("choose one of --csv, --json and --why, and one of --at and --as-of")
    data, then = DataDir.from_environment(), moment(as_of)
    at = moment(at_time)
    rows = _stood(data, incident, at, most) if at else _published(data, incident, then, most)
    what = f"rank {incident}" + (f" --at {at_time}" if at else "")
    leaves = as_csv or as_json
    rows = seen(data, incident, rows, what, reveal=reveal, actor=actor, leaves=leaves, as_of=then)
    if as_json:
        show_json(rows)
    elif as_csv:
        show_csv(rows, list(rows[0]) if rows else [])
    elif why:
        _explain(rows, language)
    else:
        show_rows([_row(row) for row in rows], _STOOD if at else _SHOWN, cut="claim")


def _published(data: DataDir, incident: str, as_of: datetime | None, most: int) -> Rows:
    from pipeline.questions import ask, question

    return ask(data, incident, question("top_claims").text, {"most": most}, as_of)


def _stood(data: DataDir, incident: str, at: datetime, most: int) -> Rows:
    """The list at a moment; raises ``UsageError`` when none was shown then."""
    from pipeline.incident import find_incident
    from pipeline.moments.lists import first_shown, told

    find_incident(data, incident)
    first = first_shown(data, incident)
    if first is None or at < first:
        since = (
            f"the first one that is kept was shown {first:%Y-%m-%dT%H:%M:%SZ}" if first else "none is kept"
        )
        raise UsageError(f"{incident}: no list was shown at {at:%Y-%m-%dT%H:%M:%SZ}; {since}")
    return told(data, incident, at, most)


def _explain(rows: Rows, language: str) -> None:
    """Each claim with why it is ranked there in words, and what each signal adds to its score."""
    points = [name for name in (rows[0] if rows else {}) if name.endswith("_points")]
    for row in rows:
        added = [(name.removesuffix("_points"), row[name]) for name in points if row[name]]
        click.echo(f"{row['rank']:>3}. {_cut(str(row['claim']))}\n     {explain(language, row)}")
        told = " + ".join(f"{name} {value:.3f}" for name, value in sorted(added, key=lambda one: -one[1]))
        click.echo(f"     {row['score']:.3f} = {told or '0'}\n")


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
    asks, first = row["asks"], row["first_at"]
    return row | {
        "sites": len(row["platforms"] or ()),
        "asks": None if asks is None else f"{asks:.0%}",
        "first": first and f"{first:%y-%m-%d %H:%M}",
        "now": row.get("became") or row.get("now_rank") or "gone",
        "claim": _mark(row) + ("(text purged)" if row["claim"] is None else _cut(str(row["claim"]))),
    }


def _mark(row: dict[str, Any]) -> str:
    """In front of a claim whose confirmed review has another verdict now or is gone; --why says it in words."""
    if row.get("verdict_changed"):
        return "(verdict changed) "
    return "(review gone) " if row.get("review_gone") else ""


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _CHARS else flat[: _CHARS - 1] + "…"
