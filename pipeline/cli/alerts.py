"""``chengqing alerts``: what was raised, who is told, what did not leave."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.paths import DataDir

_LANGUAGES = ("en", "zh-Hans", "zh-Hant")


@click.group()
def alerts() -> None:
    """Alerts: list them, check data/alerts.toml, look and send now.

    The worker looks and sends by itself; see data/samples/alerts.toml for rules and people.

    \b
    Examples:
      chengqing alerts list harbor-fire --language zh-Hant
      chengqing alerts check
      chengqing alerts now harbor-fire
    """


@alerts.command("list")
@click.argument("incident", required=False)
@click.option(
    "--language",
    type=click.Choice(_LANGUAGES),
    default="en",
    show_default=True,
    help="Language of the words.",
)
@click.option(
    "-n", "--most", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Lines at most."
)
@json_option
def list_(incident: str | None, language: str, most: int, as_json: bool) -> None:
    """List the last alerts, the latest first, and what became of their messages."""
    from pipeline.alerts import AlertBook, alert_file
    from pipeline.alerts.text import sentence

    shown = AlertBook(alert_file(DataDir.from_environment()), read_only=True).alerts(incident, most)
    rows: list[dict[str, Any]] = [
        {
            "raised_at": one.alert.raised_at,
            "incident": one.alert.incident,
            "kind": one.alert.kind,
            "urgent": one.alert.urgent,
            "waiting": one.waiting,
            "sent": one.sent,
            "failed": one.failed,
            "alert": sentence(one.alert, language),
        }
        for one in shown
    ]
    if as_json:
        show_json(rows)
    else:
        show_rows(rows, cut="alert")


@alerts.command("check")
@json_option
def check(as_json: bool) -> None:
    """Check data/alerts.toml, and say what failed to leave."""
    from pipeline.alerts import AlertBook, alert_file, load_config

    data = DataDir.from_environment()
    config = load_config(data)
    failed = [
        m for m in AlertBook(alert_file(data), read_only=True).messages() if m.error and m.state != "sent"
    ]
    if as_json:
        people = [person.id for person in config.people]
        errors = [
            {"person": m.person, "channel": m.channel, "error": m.error, "state": m.state} for m in failed
        ]
        show_json({"rules": [rule.name for rule in config.rules], "people": people, "not_sent": errors})
        return
    click.echo(f"{len(config.rules)} rules, {len(config.people)} people")
    for message in failed:
        click.echo(f"{message.person} by {message.channel}: {message.state}: {message.error}")


@alerts.command("now")
@click.argument("incident")
@json_option
def now_(incident: str, as_json: bool) -> None:
    """Look at INCIDENT now and send what waits, without a worker."""
    from pipeline.alerts import Alerts, load_config
    from pipeline.incident import find_incident

    data = DataDir.from_environment()
    config, made, now = load_config(data), Alerts(data), datetime.now(UTC)
    raised = made.look(find_incident(data, incident), config, now)
    sent = made.send(config, now)
    if as_json:
        show_json({"raised": raised, "sent": sent})
    else:
        click.echo(f"{raised} new alerts, {sent} messages sent")
