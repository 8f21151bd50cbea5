"""Who is told what, how, and when not: ``data/alerts.toml``; every problem names file and fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.addresses import why_refused
from pipeline.errors import UsageError
from pipeline.paths import DataDir, checked_name
from pipeline.toml_files import read_toml

LANGUAGES = ("en", "zh-Hans", "zh-Hant")

NUMBERS: Mapping[str, tuple[str, ...]] = {
    "rank": ("top",),
    "growth": ("times", "voices"),
    "harm": ("weight",),
    "variant": (),
    "crawl": (),
    "silent": ("hours",),
    "statement": (),
    "run": ("failures",),
}
"""Kinds of rules and the numbers that each needs."""

SECURITY = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alert is raised; ``urgent`` ones wait neither for quiet hours nor for others."""

    name: str
    kind: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours without messages, on a person's own clock; may pass midnight."""

    start: time
    end: time
    zone: ZoneInfo

    def holds(self, now: datetime) -> bool:
        """Whether ``now`` lies in them."""
        local = now.astimezone(self.zone).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told. Empty ``rules`` and ``incidents`` mean all."""

    id: str
    language: str = "en"
    partner: str | None = None
    """Reminders of statements go to those of the partners that have not answered; without one, all of them."""
    email: str | None = None
    webhook: str | None = None
    rules: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    quiet: Quiet | None = None
    most_per_hour: int = 6

    @property
    def channels(self) -> tuple[str, ...]:
        """How the person is told; the desk and the feeds tell everybody."""
        return tuple(name for name in ("email", "webhook") if getattr(self, name))

    def wants(self, rule: str, incident: str, partner: str | None) -> bool:
        """Whether an alert of this rule concerns the person."""
        return (
            (not self.rules or rule in self.rules)
            and (not self.incidents or incident in self.incidents)
            and (partner is None or self.partner in (None, partner))
        )


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server that takes our mail; its password is the secret ``smtp_password``."""

    host: str
    port: int
    sender: str
    security: str = "starttls"
    """``starttls`` (587), ``tls`` (465) or, on this machine or a trusted network, ``none``."""
    user: str | None = None
    ca_file: str | None = None
    """PEM file of the authority that signed the server's certificate; this machine's authorities without."""


USUAL = (
    Rule("top", "rank", {"top": 5}),
    Rule("growth", "growth", {"times": 3, "voices": 8}),
    Rule("harm", "harm", {"weight": 0.7}, urgent=True),
    Rule("variant", "variant"),
    Rule("collection", "crawl"),
    Rule("silence", "silent", {"hours": 12}),
    Rule("statement", "statement", urgent=True),
    Rule("run", "run", {"failures": 3}),
)
"""What the desk and the feeds tell where nobody has written a file."""


@dataclass(frozen=True, slots=True)
class AlertConfig:
    """Rules, people, and how messages leave."""

    rules: tuple[Rule, ...] = USUAL
    people: tuple[Recipient, ...] = ()
    smtp: Smtp | None = None
    group: timedelta = timedelta(minutes=10)
    """After a message, what comes next waits this long for company."""
    desk: str | None = None
    """Address of the desk, for links."""
    allowed_hosts: frozenset[str] = frozenset()
    """Hosts inside private networks that webhooks may reach all the same."""


def alerts_file(data: DataDir) -> Path:
    """Where a desk writes its rules and people."""
    return data.root / "alerts.toml"


def load_config(data: DataDir) -> AlertConfig:
    """The desk's alerts; the usual rules and nobody to write to where there is no file."""
    path = alerts_file(data)
    if not path.exists():
        return AlertConfig()
    told = read_toml(path)
    try:
        return _config(told)
    except UsageError as error:
        raise UsageError(f"{path}: {error}; see data/samples/alerts.toml") from error


def _config(told: Mapping[str, Any]) -> AlertConfig:
    _known(told, "the file", ("rules", "people", "smtp", "group_minutes", "desk", "allowed_hosts"))
    rules = tuple(_rule(row) for row in _rows(told, "rules")) if "rules" in told else USUAL
    _unique([rule.name for rule in rules], "rule")
    names = {rule.name for rule in rules}
    allowed = frozenset(_words(told, "the file", "allowed_hosts"))
    people = tuple(_person(row, names, allowed) for row in _rows(told, "people"))
    _unique([person.id for person in people], "person")
    smtp = _smtp(told["smtp"]) if "smtp" in told else None
    if smtp is None and any(person.email for person in people):
        raise UsageError("somebody has an e-mail address but there is no [smtp] block with host and sender")
    group = timedelta(minutes=_number(told, "the file", "group_minutes", 10, 0, 1440))
    desk = _text(told, "the file", "desk")
    if desk and not desk.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise UsageError(f"desk is {desk!r}: write its address as https://…/")
    return AlertConfig(rules, people, smtp, group, desk and desk.rstrip("/") + "/", allowed)


def _rule(row: Mapping[str, Any]) -> Rule:
    name = checked_name(str(row.get("name", "")), "rule")
    what = f"rule {name}"
    kind = str(row.get("when"))
    if kind not in NUMBERS:
        raise UsageError(f"{what}: when is {kind!r}; known: {', '.join(NUMBERS)}")
    _known(row, what, ("name", "when", "urgent", *NUMBERS[kind]))
    numbers = {key: _number(row, what, key, None, 0, 1_000_000) for key in NUMBERS[kind]}
    return Rule(name, kind, numbers, _switch(row, what, "urgent"))


def _person(row: Mapping[str, Any], rules: set[str], allowed: frozenset[str]) -> Recipient:
    name = checked_name(str(row.get("id", "")), "person")
    what = f"person {name}"
    _known(row, what, tuple(Recipient.__dataclass_fields__))
    language = row.get("language", "en")
    if language not in LANGUAGES:
        raise UsageError(f"{what}: language is {language!r}; use one of {', '.join(LANGUAGES)}")
    email, webhook = _text(row, what, "email"), _text(row, what, "webhook")
    if email is not None and not _is_mailbox(email):
        raise UsageError(f"{what}: email is {email!r}: write one plain address")
    why = webhook and why_refused(webhook, allowed)
    if why:
        raise UsageError(f"{what}: webhook: {why}; a host of your own network goes into allowed_hosts")
    wanted = _words(row, what, "rules")
    if unknown := sorted(set(wanted) - rules):
        raise UsageError(f"{what}: no rule {', '.join(unknown)}; there are: {', '.join(sorted(rules))}")
    return Recipient(
        name,
        language,
        _text(row, what, "partner"),
        email,
        webhook,
        wanted,
        _words(row, what, "incidents"),
        _quiet(row["quiet"], what) if "quiet" in row else None,
        int(_number(row, what, "most_per_hour", 6, 1, 1000)),
    )


def _quiet(row: Any, what: str) -> Quiet:  # noqa: ANN401  TOML values are of any type until checked
    try:
        return Quiet(time.fromisoformat(row["from"]), time.fromisoformat(row["to"]), ZoneInfo(row["zone"]))
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise UsageError(
            f'{what}: quiet is written {{ from = "22:00", to = "07:00", zone = "America/Los_Angeles" }} ({error})'
        ) from error


def _smtp(row: Any) -> Smtp:  # noqa: ANN401
    if not isinstance(row, dict):
        raise UsageError("[smtp] is a block with host and sender")
    _known(row, "[smtp]", tuple(Smtp.__dataclass_fields__))
    host, sender = _text(row, "[smtp]", "host"), _text(row, "[smtp]", "sender")
    if not host or not sender or not _is_mailbox(sender):
        raise UsageError('[smtp] needs host = "…" and sender = "desk@…"')
    security = row.get("security", "starttls")
    if security not in SECURITY:
        raise UsageError(f"[smtp]: security is {security!r}; use one of {', '.join(SECURITY)}")
    user = _text(row, "[smtp]", "user")
    if user and security == "none":
        raise UsageError(
            "[smtp]: with security = none the password of user would go in the clear; use starttls or tls"
        )
    port = int(_number(row, "[smtp]", "port", 465 if security == "tls" else 587, 1, 65535))
    return Smtp(host, port, sender, security, user, _text(row, "[smtp]", "ca_file"))


def _is_mailbox(text: str) -> bool:
    name, at, host = text.partition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' ,;:<>()[]"\\')
    return bool(
        plain and name and at and "." in host.strip(".") + "." and "@" not in host and len(text) <= 254
    )


def _known(row: Mapping[str, Any], what: str, known: tuple[str, ...]) -> None:
    if unknown := sorted(set(row) - set(known)):
        raise UsageError(f"{what}: unknown {', '.join(unknown)}; known: {', '.join(known)}")


def _unique(names: list[str], what: str) -> None:
    if twice := {name for name in names if names.count(name) > 1}:
        raise UsageError(f"{what} {', '.join(sorted(twice))} stands there twice; keep one")


def _rows(told: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    rows = told.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"write one [[{key}]] block for each")
    return rows


def _text(row: Mapping[str, Any], what: str, key: str) -> str | None:
    value = row.get(key)
    if value is not None and not (isinstance(value, str) and value.strip() and value.isprintable()):
        raise UsageError(f"{what}: {key} is {value!r}: write one line of text")
    return value


def _words(row: Mapping[str, Any], what: str, key: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise UsageError(f'{what}: {key} is a list of words: {key} = ["…"]')
    return tuple(value)


def _number(
    row: Mapping[str, Any], what: str, key: str, usual: float | None, least: float, most: float
) -> float:
    value = row.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise UsageError(f"{what}: {key} is {value!r}: write a number from {least} to {most}")
    return float(value)


def _switch(row: Mapping[str, Any], what: str, key: str) -> bool:
    value = row.get(key, False)
    if not isinstance(value, bool):
        raise UsageError(f"{what}: {key} is true or false")
    return value
