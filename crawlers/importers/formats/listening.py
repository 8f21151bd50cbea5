"""CSV of the two large listening services, Meltwater and Brandwatch. Reach is an estimate, no count of views."""

from __future__ import annotations

import re

from crawlers.importers.formats.base import Format, has
from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row

MELTWATER = Mapping(
    "meltwater",
    {
        "id": ("URL", "Document ID"),
        "title": ("Headline", "Title"),
        "text": ("Full Text", "words"),
        "author": ("Author ID", "Author Handle", "Influencer", "Author Name", "Source", "Source Name"),
        "platform": ("URL", "Source", "Source Name"),
        "published_at": ("moment",),
        "likes": ("Likes",),
        "replies": ("Comments", "Replies"),
        "reposts": ("Shares", "Reposts", "Retweets"),
        "views": ("Views",),
        "url": ("URL",),
        "query": ("Input Name",),
    },
    "web",
    makes_ids=True,
)
BRANDWATCH = Mapping(
    "brandwatch",
    {
        "id": ("Url", "Resource Id"),
        "title": ("Title",),
        "text": ("Full Text", "Snippet"),
        "author": ("X Author ID", "Twitter Author ID", "Bluesky Author Id", "Author"),
        "platform": ("Url", "Domain"),
        "published_at": ("Date",),
        "likes": ("Likes", "X Likes", "Facebook Likes", "Instagram Likes"),
        "replies": ("Comments", "X Replies", "Twitter Replies", "Facebook Comments", "Instagram Comments"),
        "reposts": ("Shares", "X Reposts", "Twitter Retweets", "Facebook Shares"),
        "url": ("Url",),
        "query": ("Query Name",),
    },
    "web",
    makes_ids=True,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH = re.compile(
    r"(\d{1,2})[-\s]([A-Za-z]{3})[a-z]*[-\s](\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?"
)


def english_time(shown: str) -> str:
    """``13-Mar-2026 05:46AM`` as ``2026-03-13 05:46``; anything else as it is."""
    found = _ENGLISH.fullmatch(shown.strip())
    if found is None or found[2].lower() not in _MONTHS:
        return shown
    month = _MONTHS.index(found[2].lower()) + 1
    day = f"{found[3]}-{month:02}-{int(found[1]):02}"
    if found[4] is None:
        return day
    hour = int(found[4]) % 12 + 12 * (found[7].lower() == "pm") if found[7] else int(found[4])
    return f"{day} {hour:02}:{found[5]}" + (f":{found[6]}" if found[6] else "")


def _meltwater(row: Row) -> Row:
    """Date and time may stand apart; the sentence that hit is often the opening text again, or a part of it."""
    date, clock = str(row.get("Date") or ""), str(row.get("Time") or "")
    opening, hit = str(row.get("Opening Text") or "").strip(), str(row.get("Hit Sentence") or "").strip()
    words = max(opening, hit, key=len) if opening in hit or hit in opening else f"{opening}\n{hit}"
    return {**row, "moment": english_time(f"{date} {clock}".strip()), "words": words}


def _brandwatch(row: Row) -> Row:
    """The service writes ``2026-03-13 05:46:00.0``."""
    return {**row, "Date": str(row.get("Date") or "").removesuffix(".0")}


FORMATS = (
    Format(MELTWATER, has("Hit Sentence", "Opening Text", "Date"), "meltwater", prepare=_meltwater),
    Format(BRANDWATCH, has("Query Id", "Query Name", "Date", "Url"), "brandwatch", prepare=_brandwatch),
)
