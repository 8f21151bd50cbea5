"""Personal data on the command line: hidden unless somebody says why it must be seen, which is recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from pipeline.errors import UsageError
from pipeline.paths import DataDir

F = TypeVar("F", bound=Callable[..., Any])
Rows = list[dict[str, Any]]


def reveal_options(command: F) -> F:
    """``--reveal REASON`` and ``--by NAME``."""
    reveal = click.option(
        "--reveal",
        metavar="REASON",
        help="Show personal data and small groups; the ledger records who and why.",
    )
    by = click.option("--by", "actor", metavar="NAME", help="Who looks: needed with --reveal.")
    return reveal(by(command))


def seen(
    data: DataDir,
    incident: str,
    rows: Sequence[dict[str, Any]],
    what: str,
    *,
    reveal: str | None,
    actor: str | None,
    leaves: bool,
    as_of: datetime | None = None,
) -> Rows:
    """``rows`` as they may be shown. ``leaves``: as CSV or JSON, so that counts of few authors are left out too.

    What is held back is told on standard error. With a reason everything is shown, and ``what`` recorded first.
    """
    from pipeline.ledger.reveals import Reveals
    from pipeline.privacy import leaving, smallest_group

    if reveal is not None:
        if not reveal.strip() or not (actor or "").strip():
            raise UsageError("say why and who: --reveal REASON --by NAME; the ledger records both")
        Reveals(data.ledger).record_query(incident, what, reveal.strip(), actor=str(actor).strip())
        return list(rows)
    k = smallest_group(data)
    told = leaving(rows, platforms(data, incident, as_of), k if leaves else None)
    if told.hidden:
        _say(f"{told.hidden:,} stretches of personal data are hidden; to see them: --reveal REASON --by NAME")
    if told.suppressed:
        _say(
            f"{told.suppressed:,} counts of fewer than {k} authors are left out (smallest_group in privacy.toml)"
        )
    return told.rows


def platforms(data: DataDir, incident: str, as_of: datetime | None = None) -> Collection[str]:
    """Platforms of an incident's posts: what the ids of its posts begin with."""
    from pipeline.questions import ask

    rows = ask(data, incident, "select distinct platform from posts", {}, as_of)
    return [str(row["platform"]) for row in rows]


def _say(sentence: str) -> None:
    click.echo(f"chengqing: {sentence}", err=True)
