"""The alerts as Atom feeds, one per language: files that appear whole, served by the worker on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from feedgen.feed import FeedGenerator

from pipeline.alerts.book import Alert
from pipeline.alerts.config import LANGUAGES
from pipeline.alerts.text import link, sentence, word
from pipeline.files import replacing
from pipeline.paths import DataDir

MOST = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def feed_file(data: DataDir, language: str) -> Path:
    """Where the feed of a language lies."""
    return data.root / "alerts" / f"{language}.atom"


def atom(alerts: Sequence[Alert], language: str, desk: str | None) -> bytes:
    """The feed in one language, the latest first."""
    feed = FeedGenerator()
    feed.id(f"urn:chengqing:alerts:{language}")
    feed.title(word(language, "feed"))
    feed.subtitle(word(language, "foot"))
    feed.language(language)
    feed.generator("Chengqing")
    feed.author({"name": "Chengqing"})
    feed.updated(max((alert.raised_at for alert in alerts), default=_EPOCH))
    for alert in alerts[:MOST]:
        entry = feed.add_entry(order="append")
        entry.id(f"urn:chengqing:alert:{alert.alert_id}")
        entry.title(f"{alert.incident}: {sentence(alert, language)}")
        entry.published(alert.raised_at)
        entry.updated(alert.raised_at)
        entry.category(term=alert.kind)
        entry.content(sentence(alert, language), type="text")
        if address := link(alert, desk):
            entry.link(href=address)
    made: bytes = feed.atom_str(pretty=True)
    return made


def write_feeds(data: DataDir, alerts: Sequence[Alert], desk: str | None) -> None:
    """Put every language's feed in place."""
    for language in LANGUAGES:
        made = atom(alerts, language, desk)
        with replacing(feed_file(data, language)) as temporary:
            temporary.write_bytes(made)
