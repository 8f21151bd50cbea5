"""The sample channel previews: pages of at most 20 messages with the class names of Telegram's public preview."""

from __future__ import annotations

import re

from crawlers.samples.records import SamplePost
from crawlers.samples.web import Reply, Request, World, escape, not_found, page

_PER_PAGE = 20
_CHANNEL = re.compile(r"/s/(\w{4,32})")
_MESSAGE = re.compile(r"/(\w{4,32})/(\d+)")


def respond(request: Request, world: World) -> Reply:
    """Answer ``/s/<channel>`` with ``before`` or ``after``, ``/<channel>/<id>`` and ``/`` (a list of channels)."""
    channels: dict[str, str] = world.sites["telegram"]["channels"]
    if request.path in ("", "/"):
        links = "".join(
            f'<li><a href="/telegram/s/{name}">{escape(title)}</a></li>' for name, title in channels.items()
        )
        return page("channels", f"<ul>{links}</ul>")
    if (found := _CHANNEL.fullmatch(request.path)) and found.group(1) in channels:
        return _channel(request, world, found.group(1))
    if found := _MESSAGE.fullmatch(request.path):
        post = world.store.get("telegram", f"{found.group(1)}/{found.group(2)}")
        return (
            page(channels[post.author], _message(post, request, world)) if post else not_found(request.path)
        )
    if (name := request.path.strip("/")) in channels or request.path.startswith("/s/"):
        return Reply(
            b"", status=302, headers={"Location": f"{request.base}/telegram/?unknown={escape(name[:40])}"}
        )
    return not_found(request.path)


def _number(post: SamplePost) -> int:
    return int(post.native_id.rsplit("/", 1)[1])


def _channel(request: Request, world: World, channel: str) -> Reply:
    posts = [post for post in world.store.by_site["telegram"] if post.author == channel]
    posts.sort(key=_number)
    if words := request.query.get("q"):
        posts = [post for post in posts if words in post.text][-_PER_PAGE:]
    if "after" in request.query:
        after = request.number("after", 0, 0, 2**63)
        shown = [post for post in posts if _number(post) > after][:_PER_PAGE]
    else:
        before = request.number("before", 2**63, 0, 2**63)
        shown = [post for post in posts if _number(post) < before][-_PER_PAGE:]
    title: str = world.sites["telegram"]["channels"][channel]
    wrap = "tgme_widget_message_wrap js-widget_message_wrap"
    messages = "".join(_box(wrap, _message(post, request, world)) + "\n" for post in shown)
    older = _older(channel, shown[0]) if shown and shown[0] is not posts[0] else ""
    header = _box("tgme_channel_info_header_title", f'<span dir="auto">{escape(title)}</span>') + _box(
        "tgme_channel_info_header_username", f"<a>@{channel}</a>"
    )
    history = f'<section class="tgme_channel_history js-message_history">{older}\n{messages}</section>'
    info = _box("tgme_channel_info", header)
    return page(title, f'<header class="tgme_header">{info}</header><main class="tgme_main">{history}</main>')


def _older(channel: str, first: SamplePost) -> str:
    number = _number(first)
    return (
        f'<a href="/telegram/s/{channel}?before={number}" class="tme_messages_more js-messages_more" '
        f'data-before="{number}"></a>'
    )


def _box(classes: str, inner: str, name: str = "div", attributes: str = "") -> str:
    """Wrap trusted HTML in an element with these classes."""
    return f'<{name} class="{classes}"{attributes}>{inner}</{name}>'


def _channel_name(post: SamplePost, world: World) -> str:
    return f'<span dir="auto">{escape(world.sites["telegram"]["channels"][post.author])}</span>'


def _message(post: SamplePost, request: Request, world: World) -> str:
    home = f' href="{request.base}/telegram/s/{post.author}"'
    owner = _box("tgme_widget_message_owner_name", _channel_name(post, world), "a", home)
    text = escape(post.text).replace("\n", "<br/>")
    bubble = (
        _box("tgme_widget_message_author accent_color", owner)
        + _forwarded(post, request, world)
        + _reply(post, request, world)
        + _box("tgme_widget_message_text js-message_text", text, attributes=' dir="auto"')
        + _reactions(post)
        + _box("tgme_widget_message_footer compact js-message_footer", _info(post, request))
    )
    return _box(
        "tgme_widget_message text_not_supported_wrap js-widget_message",
        _box("tgme_widget_message_bubble", bubble),
        attributes=f' data-post="{post.native_id}"',
    )


def _info(post: SamplePost, request: Request) -> str:
    clock = f'<time datetime="{post.at:%Y-%m-%dT%H:%M:%S}+00:00" class="time">{post.at:%H:%M}</time>'
    date = _box("tgme_widget_message_date", clock, "a", f' href="{request.base}{post.link}"')
    views = _box("tgme_widget_message_views", short_count(post.views or 0), "span")
    meta = _box("tgme_widget_message_meta", date, "span")
    return _box("tgme_widget_message_info short js-message_info", views + meta)


def _forwarded(post: SamplePost, request: Request, world: World) -> str:
    source = world.store.get("telegram", post.repost_of_native_id)
    if source is None:
        return ""
    address = f' href="{request.base}{source.link}"'
    name = _box("tgme_widget_message_forwarded_from_name", _channel_name(source, world), "a", address)
    return _box("tgme_widget_message_forwarded_from accent_color", f"Forwarded from {name}")


def _reply(post: SamplePost, request: Request, world: World) -> str:
    """Show the start of the answered message; like Telegram, under the class of a message's own text."""
    parent = world.store.get("telegram", post.parent_native_id)
    if parent is None:
        return ""
    name = _box("tgme_widget_message_author_name", _channel_name(parent, world), "span")
    start = escape(parent.text[:80])
    inner = _box("tgme_widget_message_author accent_color", name) + _box(
        "tgme_widget_message_text js-message_reply_text", start, attributes=' dir="auto"'
    )
    return _box("tgme_widget_message_reply", inner, "a", f' href="{request.base}{parent.link}"')


def _reactions(post: SamplePost) -> str:
    if not post.likes:
        return ""
    few = post.likes // 3
    shown = "".join(
        _box("tgme_reaction", f'<i class="emoji"><b>{emoji}</b></i>{short_count(count)}', "span")
        for emoji, count in (("🙏", post.likes - few), ("😢", few))
        if count
    )
    return _box("tgme_widget_message_reactions js-message_reactions", shown)


def short_count(count: int) -> str:
    """Write a count as the preview does: 987, 1.67K, 12.3K, 1.2M."""
    for size, letter in ((1_000_000, "M"), (1_000, "K")):
        if count >= size:
            digits = 2 if count < 10 * size else 1
            cut = int(count / size * 10**digits) / 10**digits
            return f"{cut:.{digits}f}".rstrip("0").rstrip(".") + letter
    return str(count)
