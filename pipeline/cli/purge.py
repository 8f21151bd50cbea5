"""``chengqing purge``: delete what was collected, told first, certified afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.errors import UsageError
from pipeline.paths import DataDir
from pipeline.retention import schedule
from pipeline.retention.certificate import OUT_OF_REACH, certificates
from pipeline.retention.purge import Plan, due, plan_age, plan_incident, plan_subject
from pipeline.retention.purge import purge as carry_out_plan
from pipeline.retention.schedule import load_retention
from pipeline.retention.subject import PLATFORM_HELP, Request, authors_of

F = TypeVar("F", bound=Callable[..., Any])

DAYS = 90
"""How long posts of a closed incident are kept unless told otherwise."""


@click.group()
def purge() -> None:
    """Delete collected posts: first shown with a code, deleted when the code is given back, then certified.

    Decisions, statements and evidence stay. What no purge reaches stands at the foot of every certificate.
    """


def _confirmed(command: F) -> F:
    by = click.option(
        "--by", "actor", help="Who does it: an account's id or a name; stands in the certificate."
    )
    code = click.option("--confirm", "code", help="The code that the dry run showed.")
    return json_option(by(code(command)))


def _do(plan: Plan, code: str | None, actor: str | None, as_json: bool) -> None:
    data = DataDir.from_environment()
    if code is None:
        _show(plan, as_json)
        return
    if not (actor or "").strip():
        raise UsageError("say who does it: --by NAME")
    path = carry_out_plan(data, plan, code=code, actor=str(actor).strip())
    if as_json:
        show_json({"certificate": str(path), "code": code})
    else:
        click.echo(f"done; certificate: {path}")


def _show(plan: Plan, as_json: bool) -> None:
    told = {"rule": plan.rule, "counts": plan.counts, "code": plan.code}
    if as_json:
        show_json(told)
        return
    click.echo(f"Would delete: {plan.rule}. Nothing is deleted yet.")
    show_rows([{"incident": name, **counts} for name, counts in plan.counts.items()])
    click.echo("Out of reach: " + "; ".join(OUT_OF_REACH) + ".")
    click.echo(f"To delete exactly this, run the same command with: --confirm {plan.code} --by NAME")


@purge.command("incident")
@click.argument("name")
@_confirmed
def incident_(name: str, code: str | None, actor: str | None, as_json: bool) -> None:
    """Delete everything collected for a closed incident.

    \b
    Example:
      chengqing purge incident harbor-fire
      chengqing purge incident harbor-fire --confirm 1a2b3c4d --by mei
    """
    _do(plan_incident(DataDir.from_environment(), name), code, actor, as_json)


@purge.command()
@click.argument("name")
@click.option("--days", type=int, required=True, help="Observations collected earlier than this go.")
@_confirmed
def age(name: str, days: int, code: str | None, actor: str | None, as_json: bool) -> None:
    """Delete what an incident collected more than some days ago; it may be open."""
    _do(plan_age(DataDir.from_environment(), name, days), code, actor, as_json)


@purge.command("due")
@click.option(
    "--days",
    type=int,
    help=f"Days since the incident was closed; without, data/retention.toml's, else {DAYS}.",
)
@click.option("--carry-out", is_flag=True, help="Purge them, by the word of data/retention.toml.")
@click.option("--only", metavar="INCIDENT", help="With --carry-out: this one alone.")
@click.option("--at", type=click.DateTime(), hidden=True, help="The moment (UTC) by which they are due.")
@json_option
def due_(days: int | None, carry_out: bool, only: str | None, at: datetime | None, as_json: bool) -> None:
    """List closed incidents whose time is up and of which posts are still held.

    The worker purges them by itself where data/retention.toml says after how many days (an example is in
    data/samples); without that file nothing is ever deleted by itself.

    \b
    Examples:
      chengqing purge due
      chengqing purge due --carry-out
    """
    data, now = DataDir.from_environment(), (at or datetime.now(UTC)).replace(tzinfo=UTC)
    if not carry_out:
        retention = load_retention(data)
        wanted = days if days is not None else retention.closed_days if retention else DAYS
        found = due(data, _all(data), wanted, now)
        rows = [{"incident": name, "next": f"chengqing purge incident {name}"} for name in found]
        show_json(rows) if as_json else show_rows(rows)
        return
    if days is not None:
        raise UsageError("--carry-out goes by data/retention.toml: leave --days out")
    made = {name: schedule.carry_out(data, name, now) for name in ([only] if only else _all(data))}
    done = [{"incident": name, "certificate": str(path)} for name, path in made.items() if path]
    show_json(done) if as_json else show_rows(done)


def _all(data: DataDir) -> list[str]:
    return sorted(path.stem for path in data.incidents.glob("*.toml"))


@purge.command()
@click.option(
    "--handle", nargs=2, metavar="PLATFORM NAME", help=f"The platform ({PLATFORM_HELP}) and the name there."
)
@click.option("--of", "url", metavar="URL", help="Address of any post of the author; needs no name.")
@_confirmed
def author(
    handle: tuple[str, str] | None, url: str | None, code: str | None, actor: str | None, as_json: bool
) -> None:
    """Delete an author's posts and reposts of them in every incident, and never collect the author again.

    NAME is what the platform names an author by for good: on Mastodon name@host, on Weibo the number, on a forum
    host/number. With --of, the desk looks it up in a post that it holds.

    \b
    Examples:
      chengqing purge author --handle mastodon someone@example.org
      chengqing purge author --of https://example.org/thread/1
    """
    from pipeline.identity import Identity

    data = DataDir.from_environment()
    if (handle is None) == (url is None):
        raise UsageError("give one of --handle PLATFORM NAME and --of URL")
    if handle:
        request = Request(frozenset({Identity.of_desk(data).author(*handle)}), needles=frozenset({handle[1]}))
    else:
        request = Request(authors_of(data, _all(data), str(url)))
    _do(plan_subject(data, _all(data), request, _rule("author", request)), code, actor, as_json)


@purge.command()
@click.argument("url")
@_confirmed
def address(url: str, code: str | None, actor: str | None, as_json: bool) -> None:
    """Delete the post at an address, and reposts of it, in every incident, and never collect it again."""
    data = DataDir.from_environment()
    request = Request(addresses=frozenset({url}), needles=frozenset({url}))
    _do(plan_subject(data, _all(data), request, _rule("address", request)), code, actor, as_json)


def _rule(kind: str, request: Request) -> str:
    """The request by keyed hash: a certificate names nobody."""
    from pipeline.identity import Identity
    from pipeline.suppression import bare_address

    mark = Identity.of_desk(DataDir.from_environment()).mark
    keys = sorted(request.authors) or sorted(mark("address", bare_address(url)) for url in request.addresses)
    return f"posts of one {kind}, keyed hash {', '.join(keys)}, in every incident, by that person's wish"


@purge.command("certificates")
@json_option
def certificates_(as_json: bool) -> None:
    """List certificates, and whether each is exactly what the ledger recorded."""
    found = certificates(DataDir.from_environment())
    if as_json:
        show_json(found)
        return
    show_rows(
        [{name: one[name] for name in ("file", "purged_at", "purged_by", "rule", "genuine")} for one in found]
    )
