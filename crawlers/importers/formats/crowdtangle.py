"""CSV of CrowdTangle, which ended in 2024: archives of Facebook pages and groups, and of Instagram."""

from __future__ import annotations

import re

from crawlers.importers.formats.base import Format, has
from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row

FACEBOOK = Mapping(
    "crowdtangle-facebook",
    {
        "id": ("URL",),
        "text": ("words",),
        "author": ("Facebook Id", "User Name"),
        "published_at": ("moment",),
        "likes": ("Likes",),
        "replies": ("Comments",),
        "reposts": ("Shares",),
        "views": ("Post Views",),
        "url": ("URL",),
        "links": ("Final Link", "Link"),
    },
    "facebook",
)
INSTAGRAM = Mapping(
    "crowdtangle-instagram",
    {
        "id": ("URL",),
        "title": ("Title",),
        "text": ("Description",),
        "author": ("User Name", "Account"),
        "published_at": ("moment",),
        "likes": ("Likes",),
        "replies": ("Comments",),
        "views": ("Views",),
        "media": ("Photo",),
    },
    "instagram",
    url="https://www.instagram.com/p/{id}",
)
# The service stands in the United States: its CST is Chicago's, not Beijing's.
_OFFSETS = {
    "UTC": 0,
    "GMT": 0,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
_CREATED = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})(?: ([A-Z]{3,4}))?")


def _post(row: Row) -> Row:
    """Words on pictures and of what is linked are part of what a post says; they often repeat each other."""
    words = ""
    for name in ("Message", "Image Text", "Link Text", "Description"):
        said = str(row.get(name) or "").strip()
        if said and said not in words:
            words = f"{words}\n{said}" if words else said
    return {**_timed(row), "words": words}


def _timed(row: Row) -> Row:
    found = _CREATED.fullmatch(str(row.get("Post Created") or "").strip())
    if not found:
        return {**row, "moment": row.get("Post Created")}
    hours = _OFFSETS.get(found[2] or "")
    return {
        **row,
        "moment": found[1] if hours is None else f"{found[1]}{'+' if hours >= 0 else '-'}{abs(hours):02}:00",
    }


FORMATS = (
    Format(
        FACEBOOK,
        has("Page Name", "Post Created", "Total Interactions"),
        "crowdtangle-facebook",
        prepare=_post,
    ),
    Format(
        FACEBOOK,
        has("Group Name", "Post Created", "Total Interactions"),
        "crowdtangle-facebook",
        prepare=_post,
    ),
    Format(
        INSTAGRAM, has("Account", "User Name", "Post Created", "URL"), "crowdtangle-instagram", prepare=_timed
    ),
)
