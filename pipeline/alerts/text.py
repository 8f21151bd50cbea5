"""Alerts in words: one sentence each, one message for many; the same for every channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pipeline.alerts.book import Alert
from pipeline.escape import for_terminal
from pipeline.toml_files import words_of

MOST_LISTED = 30
MAX_SUBJECT_CHARS = 140


def sentence(alert: Alert, language: str) -> str:
    """What the alert says, on one line."""
    told = {key: for_terminal(str(value)) for key, value in alert.told.items()}
    return _words(language)[alert.kind].format(**told)


def word(language: str, key: str) -> str:
    """A word that stands around the alerts."""
    return _words(language)[key]


def link(alert: Alert, desk: str | None) -> str | None:
    """Where the desk shows it; ``None`` without the desk's address."""
    if desk is None:
        return None
    claim = alert.told.get("claim_id")
    more = {"claim": claim} if claim else {}
    page = "claim" if claim else "statement" if alert.kind == "statement" else "alerts"
    if page == "statement":
        more = {"statement": alert.told.get("statement")}
    return f"{desk}{page}?{urlencode({'incident': alert.incident, **more})}"


def content(alerts: Sequence[Alert], language: str, desk: str | None) -> dict[str, Any]:
    """Subject, text and data of a message about ``alerts``; kept as JSON and sent as it stands."""
    listed = alerts[:MOST_LISTED]
    lines = []
    for alert in listed:
        address = link(alert, desk)
        lines += [f"• {alert.incident}: {sentence(alert, language)}", *([f"  {address}"] if address else [])]
    if len(alerts) > len(listed):
        lines.append(_words(language)["more"].format(n=len(alerts) - len(listed)))
    return {
        "subject": _subject(alerts, language)[:MAX_SUBJECT_CHARS],
        "text": "\n".join([*lines, "", _words(language)["foot"], ""]),
        "language": language,
        "alerts": [_data(alert, language, desk) for alert in listed],
        "count": len(alerts),
    }


def _subject(alerts: Sequence[Alert], language: str) -> str:
    words = _words(language)
    if len(alerts) == 1:
        return words["subject_one"].format(incident=alerts[0].incident, text=sentence(alerts[0], language))
    incidents = ", ".join(sorted({alert.incident for alert in alerts}))
    return words["subject_many"].format(n=len(alerts), incidents=incidents)


def _data(alert: Alert, language: str, desk: str | None) -> Mapping[str, Any]:
    return {
        "id": alert.key,
        "incident": alert.incident,
        "kind": alert.kind,
        "rule": alert.rule,
        "urgent": alert.urgent,
        "raised_at": alert.raised_at.isoformat(),
        "text": sentence(alert, language),
        "link": link(alert, desk),
        "values": dict(alert.told),
    }


def _words(language: str) -> Mapping[str, str]:
    return words_of(Path(__file__).with_name("words.toml"), language)
