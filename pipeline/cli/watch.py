"""``chengqing protocol offer|accept|decline``: the watch goes from hand to hand, and nobody has it unasked."""

from __future__ import annotations

import click

from pipeline.cli.outreach import BY
from pipeline.coalition import load_coalition
from pipeline.errors import UsageError
from pipeline.incident import find_incident
from pipeline.ledger.watch import Offer, Offers
from pipeline.paths import DataDir
from pipeline.protocol.checklist import board


@click.command()
@click.argument("incident")
@click.argument("partner")
@click.option("--note", required=True, help="What is open, what was promised, whom to call.")
@BY
def offer(incident: str, partner: str, note: str, actor: str) -> None:
    """Offer the watch to another partner; it stays where it is until they accept.

    \b
    Example:
      chengqing protocol offer harbor-fire partner-b --note "two drafts wait; call the hospital at nine" --by mei
    """
    data = DataDir.from_environment()
    told = board(data, find_incident(data, incident))
    load_coalition(data).partner(partner)
    Offers(data.ledger).offer(incident, partner, holder=told.on_watch, note=note, seen=told.seen, actor=actor)
    click.echo(f"offered to {partner}; {told.on_watch} has the watch until it is accepted")


@click.command()
@click.argument("incident")
@click.option("--note", default="", help="A word with it.")
@BY
def accept(incident: str, note: str, actor: str) -> None:
    """Take the watch that was offered."""
    data = DataDir.from_environment()
    watch = Offers(data.ledger).accept(incident, _waiting(data, incident), actor=actor, note=note)
    click.echo(f"{watch.partner} has the watch")


@click.command()
@click.argument("incident")
@click.option("--note", default="", help="Why.")
@BY
def decline(incident: str, note: str, actor: str) -> None:
    """Decline the watch that was offered, or withdraw the offer: it stays where it is."""
    data = DataDir.from_environment()
    made = _waiting(data, incident)
    Offers(data.ledger).end(incident, made, actor=actor, note=note)
    click.echo(f"the offer has ended; {made.before} has the watch")


def _waiting(data: DataDir, incident: str) -> Offer:
    find_incident(data, incident)
    made = Offers(data.ledger, read_only=True).standing(incident)
    if made is None:
        raise UsageError(f"nobody offers the watch of {incident}; see: chengqing protocol show {incident}")
    return made
