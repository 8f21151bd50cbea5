"""A tip: one message that a member of the community passes on, with their consent and without their name.

Chats paste a name and a time before each message. Those lines are taken off; the words themselves stay verbatim, so
whoever enters a tip looks at it first (``--dry-run``): names inside the words are theirs to judge.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

from crawlers.importers.run import stamp_of
from crawlers.store import source_lock
from crawlers.text import clean
from crawlers.times import parse_time
from pipeline.errors import UsageError
from pipeline.paths import DataDir, checked_name
from pipeline.raw import CrawlSummary, RawWriter, new_crawl_id
from pipeline.records import Post, Precision

PLATFORM = "tip"
MAX_TIP = 20_000
"""Characters of a tip; more than one message's worth is a file to import."""
_CLOCK = r"(?:上午|下午|AM|PM|am|pm)?\s*\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\s*(?:AM|PM|am|pm)?"
_DAY = r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?"
# What the common messengers put before a copied message: WhatsApp, Telegram, LINE, WeChat.
_SENDERS = (
    re.compile(rf"^\[{_DAY},?\s+{_CLOCK}\]\s*[^:\n]{{1,60}}:\s*"),
    re.compile(rf"^{_DAY},?\s+{_CLOCK}\s+-\s+[^:\n]{{1,60}}:\s*"),
    re.compile(rf"^[^\n\[\]]{{1,60}},\s*\[{_DAY},?\s+{_CLOCK}\]:?\s*\n?"),
    re.compile(rf"^{_CLOCK}\t[^\t\n]{{1,60}}\t"),
    re.compile(rf"^[^\n:\uff1a]{{1,40}}[:\uff1a]?\s+(?:{_DAY}\s+)?{_CLOCK}\s*\n"),
    re.compile(r"^(?:Forwarded from|转发自|轉發自|轉寄自)[:\uff1a]?\s*[^\n]{1,60}\n", re.IGNORECASE),
    re.compile(r"^(?:From|发件人|寄件人|发送人|來自|来自)[:\uff1a]\s*[^\n]{1,60}\n", re.IGNORECASE),
)


def without_sender(text: str) -> str:
    """A pasted message without the lines in which messengers name who sent it."""
    kept = text.replace("\r\n", "\n").strip()
    for _ in range(4):  # a forwarded message may carry several such lines
        shorter = next((kept[m.end() :].strip() for one in _SENDERS if (m := one.match(kept))), kept)
        if shorter == kept or not shorter:
            break
        kept = shorter
    return kept


def make_tip(
    text: str, channel: str, received_at: str | None, data: DataDir, crawl_id: str = "dry-run"
) -> Post:
    """The post that a tip becomes. Raises ``UsageError`` where a tip says too little or too much.

    Equal words from one channel are one post, so a rumor that five members pass on is one post seen five times.
    """
    words = clean(without_sender(text))
    if not words:
        raise UsageError("a tip needs its words: give a text file, or pass the message on standard input")
    if len(words) > MAX_TIP:
        raise UsageError(
            f"a tip of {len(words):,} characters; at most {MAX_TIP:,}: import it as a file instead"
        )
    source = checked_name(f"tip-{checked_name(channel, 'channel')}", "source")
    stamp = stamp_of("tip", source, data, crawl_id)
    digest = hashlib.blake2b(f"{channel}\0{words}".encode(), digest_size=12).hexdigest()
    return Post(
        post_id=f"{PLATFORM}:{digest}",
        source=source,
        platform=PLATFORM,
        text=words,
        collected_at=_received(received_at, stamp.now),
        crawl_id=crawl_id,
        collector=stamp.collector,
        published_precision=Precision.UNKNOWN,
    )


def _received(shown: str | None, now: datetime) -> datetime:
    if shown is None:
        return now
    moment, _ = parse_time(shown, now)
    if moment is None or moment > now:
        raise UsageError(
            f"--received-at {shown!r}: write a past time with its zone, such as 2026-03-13T09:30-07:00"
        )
    return moment


def store_tip(
    text: str, channel: str, received_at: str | None, consent: str, data: DataDir, incident: str
) -> CrawlSummary:
    """Store a tip as an import of its own. ``consent`` says how the member agreed; it must not name them."""
    if len(consent.strip()) < 3:
        raise UsageError('--consent: say how the member agreed, without their name, such as "asked by phone"')
    now = datetime.now(UTC)
    crawl_id = new_crawl_id(now, "tip")
    post = make_tip(text, channel, received_at, data, crawl_id)
    with source_lock(data, incident, post.source):
        writer = RawWriter(data, incident, CrawlSummary(crawl_id, post.source, post.collector, now))
        writer.write([post])
        writer.summary.pages = 1
        writer.summary.extra = noted(channel, consent, post)
        return writer.finish()


def noted(channel: str, consent: str, post: Post) -> dict[str, Any]:
    """What the manifest keeps of how a tip came."""
    return {
        "channel": channel,
        "consent": consent.strip()[:500],
        "received_at": post.collected_at.isoformat(),
    }
