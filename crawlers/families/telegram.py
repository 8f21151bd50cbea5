"""Public Telegram channels by their web preview, twenty messages a page, newest first.

The preview's own search finds few posts and no parts of words, so channels are read by window.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from crawlers.families.base import Family, load_html, read_each, with_query
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import html_to_text, links_of, node_text, parse_count
from crawlers.times import parse_time
from pipeline.errors import UsageError
from pipeline.records import Post, Precision

_NAME = re.compile(r"\w{4,64}")
_IMAGE = re.compile(r"url\(['\"]?(https?://[^'\")\s]+)")


class Telegram(Family):
    """``url`` is the preview's root (such as ``https://t.me``), ``channels`` the list of names to read."""

    name = "telegram"
    version = "2"
    params = frozenset({"channels"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """One chain per channel."""
        channels = context.params.get("channels")
        if not isinstance(channels, list) or not channels:
            raise UsageError(f'source {context.source}: write channels = ["name", "…"]')
        bad = [name for name in channels if not isinstance(name, str) or not _NAME.fullmatch(name)]
        if bad:
            raise UsageError(f"source {context.source}: {bad[0]!r} is not a channel name")
        essential = len(channels) == 1
        return [Fetch(f"{url.rstrip('/')}/s/{name}", chain=name, essential=essential) for name in channels]

    def is_refusal(self, answer: Answer) -> str | None:
        """A channel without preview sends readers elsewhere."""
        if answer.status == 200 and "/s/" not in urlsplit(answer.url).path:
            return "the channel has no public preview"
        return super().is_refusal(answer)

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of messages and the address of older ones."""
        reading = parse(answer, context)
        if not reading.items and "before" not in fetch.carry:
            raise PageChanged(f"{answer.url}: a channel without messages: emptied, or not shown to us")
        numbers = [n for n in (_number(post.post_id) for post in reading.posts) if n is not None]
        older = context.all_older(fetch.chain, [post.published_at for post in reading.posts])
        if not numbers or min(numbers) <= 1 or older or str(min(numbers)) == fetch.carry.get("before"):
            reading.ended = (fetch.chain,)
        else:
            before = str(min(numbers))
            url = with_query(fetch.url, before=before)
            reading.follow.append(
                Fetch(url, chain=fetch.chain, essential=fetch.essential, carry={"before": before})
            )
        return reading


def _number(post_id: str) -> int | None:
    last = post_id.rsplit("/", 1)[-1]
    return int(last) if last.isdigit() else None


def parse(answer: Answer, context: Context) -> Reading:
    """Messages of a preview page. Raises ``PageChanged`` where the page is none."""
    tree = load_html(answer)
    history = tree.css_first(".tgme_channel_history, .tgme_main")
    if history is None:
        raise PageChanged(f"{answer.url}: no channel history on the page")
    reading = Reading()
    messages = tree.css("div.tgme_widget_message[data-post]")
    read_each(messages, lambda node: _post(node, context), reading, lambda node: node.html or "")
    return reading


def _post(node: LexborNode, context: Context) -> Post | None:
    native = node.attributes.get("data-post") or ""
    channel, _, number = native.partition("/")
    if not _NAME.fullmatch(channel) or not number.isdigit():
        raise ValueError(f"data-post {native!r}")
    if "service_message" in (node.attributes.get("class") or ""):
        return None
    words = node.css_first(".js-message_text:not(.js-message_reply_text)") or node.css_first(
        ".tgme_widget_message_text:not(.js-message_reply_text)"
    )
    inner = (words.html or "") if words is not None else ""
    when = node.css_first(".tgme_widget_message_date time[datetime]") or node.css_first("time[datetime]")
    at, precision = parse_time(when.attributes.get("datetime") if when is not None else None, context.now)
    views, rounded = parse_count(_words(node, ".tgme_widget_message_views"))
    likes, likes_rounded = _reactions(node)
    return context.post(
        "telegram",
        native,
        html_to_text(inner) or _words(node, ".link_preview_title") or "",
        url=_href(node, "a.tgme_widget_message_date") or f"https://t.me/{native}",
        author_key=context.author("telegram", channel.lower()),
        published_at=at,
        published_precision=precision,
        likes=likes,
        views=views,
        counts_precision=Precision.ROUNDED if rounded or likes_rounded else Precision.EXACT,
        parent_id=_message_of(_href(node, "a.tgme_widget_message_reply")),
        repost_of=_message_of(_href(node, "a.tgme_widget_message_forwarded_from_name")),
        links=_links(node, inner),
        media=_media(node),
    )


def _words(node: LexborNode, selector: str) -> str | None:
    found = node.css_first(selector)
    return node_text(found) if found is not None else None


def _href(node: LexborNode, selector: str) -> str | None:
    found = node.css_first(selector)
    return found.attributes.get("href") if found is not None else None


def _message_of(link: str | None) -> str | None:
    """post_id of the message behind a link to one, ``None`` for a link to a whole channel."""
    parts = urlsplit(link).path.strip("/").split("/") if link else []
    named = len(parts) >= 2 and parts[-1].isdigit() and _NAME.fullmatch(parts[-2])
    return f"telegram:{parts[-2]}/{parts[-1]}" if named else None


def _reactions(node: LexborNode) -> tuple[int | None, bool]:
    """Reactions of every kind together; paid ones are stars, not opinions."""
    counts = [
        parse_count(re.sub(r"[^\d.,KkMm]", "", one.text(deep=False) or ""))
        for one in node.css(".tgme_reaction:not(.tgme_reaction_paid)")
    ]
    known = [number for number, _ in counts if number is not None]
    return (sum(known), any(rounded for _, rounded in counts)) if known else (None, False)


def _links(node: LexborNode, inner: str) -> tuple[str, ...]:
    """Links in the words, and the one that the card below them shows."""
    card = _href(node, "a.tgme_widget_message_link_preview") or ""
    return tuple(
        dict.fromkeys([*links_of(inner), *([card] if card.startswith(("http://", "https://")) else [])])
    )


def _media(node: LexborNode) -> tuple[str, ...]:
    styles = [one.attributes.get("style") or "" for one in node.css(".tgme_widget_message_photo_wrap")]
    return tuple(url for style in styles for url in _IMAGE.findall(style))[:20]
