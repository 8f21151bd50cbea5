"""Source cards: what the desk knows about a source besides its address, one TOML file each.

A source without a card of its own uses its family's (``family-<family>.toml``), whose ``checked`` is empty: somebody
must look at the site before its posts are relied on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from crawlers.families import FAMILIES
from pipeline.errors import UnknownName, UsageError
from pipeline.incident import SourceUse
from pipeline.paths import DataDir
from pipeline.toml_files import read_toml

SHIPPED = Path(__file__).parent / "sources"
SET_ASIDE = "set aside"
_ROBOTS = ("obeyed", "none published", "ask first", SET_ASIDE)
_DECISION = {"by", "on", "reason"}


@dataclass(frozen=True, slots=True)
class SourceCard:
    """One source: who stands behind it, what was agreed, and what a normal crawl looks like."""

    name: str
    family: str
    title: dict[str, str]
    owner: str = ""
    language: tuple[str, ...] = ()
    lineage: str = ""
    """Where its words come from: own reporting, members, other outlets, a government."""
    robots: str = "obeyed"
    """``obeyed``, ``none published``, ``ask first`` (off), or ``set aside`` by the decision below."""
    robots_decision: dict[str, Any] = field(default_factory=dict)
    """Who decided about this site's robots.txt (``by``), when (``on``, a date) and why (``reason``)."""
    checked: date | None = None
    """When a person last read the site's robots.txt and terms."""
    terms: str = ""
    delay: float = 1.5
    """Seconds between two requests."""
    enabled: bool = True
    secrets: tuple[str, ...] = ()
    """Names of the secrets that it needs, never their values."""
    timezone: str = ""
    expected_min: int = 0
    """Fewer entries than this on all pages together is an alarm: the site changed or stopped."""
    expected_max: int | None = None
    notes: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    path: Path | None = None


def card_folders(data: DataDir | None = None) -> list[Path]:
    """Where cards are looked for: the desk's own first, then those that ship."""
    return [*([data.root / "sources"] if data else []), SHIPPED]


def load_card(path: Path) -> SourceCard:
    """Read and check one card. Raises ``UsageError`` that names file and mistake."""
    found = read_toml(path, mend="so it is not a source card")
    expected = found.pop("expected", {})
    values = {**found, "expected_min": expected.get("min", 0), "expected_max": expected.get("max")}
    known = {f.name for f in fields(SourceCard)} - {"path"}
    if unknown := sorted(set(values) - known):
        raise UsageError(f"{path}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
    if values.get("checked") == "":
        values["checked"] = None
    card = SourceCard(**{**_lists(values), "path": path})
    _check(card, path)
    return card


def _lists(values: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


def _check(card: SourceCard, path: Path) -> None:
    wrong = [
        (card.name != path.stem, f"name is {card.name!r} but the file is {path.name}"),
        (card.family not in FAMILIES, f"no family {card.family!r}; there are: {', '.join(sorted(FAMILIES))}"),
        (card.robots not in _ROBOTS, f"robots must be one of {', '.join(_ROBOTS)}"),
        (card.enabled and card.robots == "ask first", 'robots = "ask first" goes with enabled = false'),
        (
            _undecided(card),
            "write [robots_decision] with by, on (a date) and reason: people decide this, in writing",
        ),
        (not isinstance(card.delay, int | float) or card.delay < 0, "delay must be a number of seconds"),
        (card.checked is not None and not isinstance(card.checked, date), "checked must be a date or empty"),
        (not isinstance(card.title, dict) or "en" not in card.title, "title.en is missing"),
    ]
    problems = [sentence for is_wrong, sentence in wrong if is_wrong]
    if problems:
        raise UsageError(f"{path}: {'; '.join(problems)}")


def _undecided(card: SourceCard) -> bool:
    """Whether a decision about robots.txt is needed and not written down in full."""
    family = FAMILIES.get(card.family)
    needed = card.robots == SET_ASIDE or (card.enabled and family is not None and family.needs_decision)
    given = card.robots_decision
    complete = set(given) == _DECISION and isinstance(given.get("on"), date) and all(given.values())
    return needed and not complete


def all_cards(data: DataDir | None = None) -> dict[str, SourceCard]:
    """Every card by name; the desk's own wins over the one that ships."""
    paths = [path for folder in reversed(card_folders(data)) for path in sorted(folder.glob("*.toml"))]
    return {path.stem: load_card(path) for path in paths}


def card_named(name: str, data: DataDir | None = None) -> SourceCard:
    """The card called ``name``, or ``UnknownName`` with those there are."""
    for folder in card_folders(data):
        if (folder / f"{name}.toml").exists():
            return load_card(folder / f"{name}.toml")
    raise UnknownName(f"no source card {name!r}; there are: {', '.join(sorted(all_cards(data)))}")


def card_of(use: SourceUse, data: DataDir | None = None) -> SourceCard:
    """The card of an incident's source: its own where there is one, else its family's.

    Raises ``UsageError`` where card and incident name different families.
    """
    if use.family not in FAMILIES:
        raise UnknownName(
            f"source {use.name}: no family {use.family!r}; there are: {', '.join(sorted(FAMILIES))}"
        )
    for name in (use.name, f"family-{use.family}"):
        for folder in card_folders(data):
            if (folder / f"{name}.toml").exists():
                card = load_card(folder / f"{name}.toml")
                if card.family != use.family:
                    raise UsageError(
                        f"source {use.name}: the incident says family {use.family}, the card {card.path} says "
                        f"{card.family}; make them equal"
                    )
                return card
    return SourceCard(use.name, use.family, {"en": use.name})
