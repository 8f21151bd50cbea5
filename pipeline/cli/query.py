"""``chengqing sql``: analysts' questions, read-only, at any time."""

from __future__ import annotations

import re
import sys

import click

from pipeline.cli.output import moment, show_csv, show_json, show_rows
from pipeline.cli.privacy import reveal_options, seen
from pipeline.errors import UsageError
from pipeline.paths import DataDir


@click.command()
@click.argument("incident")
@click.argument("query", required=False)
@click.option("-q", "--question", "name", help="A saved question instead of a query; --questions lists them.")
@click.option(
    "-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Value of a $name parameter."
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How the rows come out.",
)
@click.option(
    "--as-of", metavar="TIME", help="Of the list as it stood then (after: chengqing run --as-of TIME)."
)
@reveal_options
@click.option("--questions", "list_them", is_flag=True, help="List the saved questions and their parameters.")
def sql(
    incident: str,
    query: str | None,
    name: str | None,
    params: tuple[str, ...],
    form: str,
    as_of: str | None,
    reveal: str | None,
    actor: str | None,
    list_them: bool,
) -> None:
    """Ask the published warehouse of an incident; nothing can be changed, and no run ever waits.

    Personal data that texts spell out is hidden, and CSV and JSON leave out counts of few authors. A guard against
    slips, not against an analyst: a query can take a text apart.

    \b
    Examples:
      chengqing sql harbor-fire "select platform, count(*) from posts group by all"
      chengqing sql harbor-fire -q top_claims -p most=5 -f csv
      echo "describe claims" | chengqing sql harbor-fire -
    """
    from pipeline.questions import ask, question, questions

    if list_them:
        show_rows(
            [{"question": q.name, "parameters": list(q.defaults), "what": q.summary} for q in questions()]
        )
        return
    if bool(query) == bool(name):
        raise UsageError("give either a query or --question NAME; see: chengqing sql --help")
    values: dict[str, object] = {}
    text = sys.stdin.read() if query == "-" else str(query)
    if name:
        saved = question(name)
        text, values = saved.text, dict(saved.defaults)
    values |= _given(params)
    data, then = DataDir.from_environment(), moment(as_of)
    rows = ask(data, incident, text, values, then)
    leaves = form != "table"
    rows = seen(data, incident, rows, text, reveal=reveal, actor=actor, leaves=leaves, as_of=then)
    if form == "json":
        show_json(rows)
    elif form == "csv":
        show_csv(rows, list(rows[0]) if rows else [])
    else:
        show_rows(rows)


def _given(params: tuple[str, ...]) -> dict[str, object]:
    values: dict[str, object] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals:
            raise UsageError(f"--param {param!r}: write NAME=VALUE")
        values[name] = int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else value
    return values
