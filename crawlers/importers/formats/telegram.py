"""Messages of Telegram Desktop's export: the mapping; which chats may be read stands in ``telegram_export``."""

from __future__ import annotations

from typing import Any

from crawlers.importers.formats.base import Format, has
from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row

CHAT = "chengqing chat"
"""Name of the cell in which the reader puts each message's chat: ``{"id": …, "type": …}``."""

_NAMES = ("id", "text", "published_at", "author", "likes", "parent_id", "url", "links")
_COLUMNS: dict[str, tuple[str, ...]] = {name: (name,) for name in _NAMES}
TELEGRAM = Mapping("telegram-desktop", _COLUMNS, "telegram")


def _message(row: Row) -> Row | str:
    """A message in flat form. Its ``date`` is local time of whoever exported, so only the epoch counts."""
    if row.get("type") == "service":
        return "a service message (joined, pinned, renamed): no post"
    chat, number = row[CHAT], row.get("id")
    return {
        "id": f"{chat['id']}/{number}" if number is not None else None,
        "text": _words(row.get("text")) or _words(row.get("text_entities")),
        "published_at": row.get("date_unixtime"),
        "author": row.get("from_id") or chat["id"],
        "likes": _reactions(row.get("reactions")),
        "parent_id": f"{chat['id']}/{row['reply_to_message_id']}" if row.get("reply_to_message_id") else None,
        "url": f"https://t.me/c/{chat['id']}/{number}",
        "links": _links(row.get("text_entities")) or _links(row.get("text")),
    }


def _words(value: Any) -> str | None:  # noqa: ANN401  JSON
    """A text, or a list of texts and of objects that hold one."""
    if isinstance(value, str):
        return value or None
    if not isinstance(value, list):
        return None
    parts = [
        part if isinstance(part, str) else part.get("text") for part in value if isinstance(part, str | dict)
    ]
    return "".join(part for part in parts if isinstance(part, str)) or None


def _reactions(value: Any) -> int | None:  # noqa: ANN401  JSON
    """Reactions of every kind together; paid ones are stars, not opinions."""
    if not isinstance(value, list):
        return None
    counts = [one.get("count") for one in value if isinstance(one, dict) and one.get("type") != "paid"]
    return sum(n for n in counts if isinstance(n, int)) if counts else None


def _links(value: Any) -> list[str]:  # noqa: ANN401  JSON
    entities = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    shown = [
        one.get("href") or one.get("text") for one in entities if one.get("type") in {"link", "text_link"}
    ]
    return [one for one in shown if isinstance(one, str)]


FORMATS = (Format(TELEGRAM, has(CHAT), "telegram-desktop", prepare=_message),)
