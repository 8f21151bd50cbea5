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
    title = escape(world.sites["telegram"]["channels"][channel])
    messages = "".join(
        f'<div class="tgme_widget_message_wrap js-widget_message_wrap">{_message(post, request, world)}</div>\n'
        for post in shown
    )
    more = ""
    if shown and shown[0] is not posts[0]:
        more = f'<a href="/telegram/s/{channel}?before={_number(shown[0])}" class="tme_messages_more js-messages_more" data-before="{_number(shown[0])}"></a>'
    body = (
        f'<header class="tgme_header"><div class="tgme_channel_info"><div class="tgme_channel_info_header_title">'
        f'<span dir="auto">{title}</span></div><div class="tgme_channel_info_header_username"><a>@{channel}</a></div></div>'
        f'</header><main class="tgme_main"><section class="tgme_channel_history js-message_history">{more}\n{messages}'
        "</section></main>"
    )
    return page(world.sites["telegram"]["channels"][channel], body)


def _message(post: SamplePost, request: Request, world: World) -> str:
    channels = world.sites["telegram"]["channels"]
    link = f"{request.base}{post.link}"
    text = escape(post.text).replace("\n", "<br/>")
    return (
        f'<div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="{post.native_id}">'
        f'<div class="tgme_widget_message_bubble"><div class="tgme_widget_message_author accent_color">'
        f'<a class="tgme_widget_message_owner_name" href="{request.base}/telegram/s/{post.author}"><span dir="auto">'
        f"{escape(channels[post.author])}</span></a></div>{_forwarded(post, request, world)}{_reply(post, request, world)}"
        f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>{_reactions(post)}'
        f'<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info '
        f'short js-message_info"><span class="tgme_widget_message_views">{short_count(post.views or 0)}</span>'
        f'<span class="tgme_widget_message_meta"><a class="tgme_widget_message_date" href="{link}">'
        f'<time datetime="{post.at.strftime("%Y-%m-%dT%H:%M:%S+00:00")}" class="time">{post.at:%H:%M}</time></a></span>'
        "</div></div></div></div>"
    )


def _forwarded(post: SamplePost, request: Request, world: World) -> str:
    source = world.store.get("telegram", post.repost_of_native_id)
    if source is None:
        return ""
    return (
        f'<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from '
        f'<a class="tgme_widget_message_forwarded_from_name" href="{request.base}{source.link}"><span dir="auto">'
        f"{escape(world.sites['telegram']['channels'][source.author])}</span></a></div>"
    )


def _reply(post: SamplePost, request: Request, world: World) -> str:
    parent = world.store.get("telegram", post.parent_native_id)
    if parent is None:
        return ""
    return (
        f'<a class="tgme_widget_message_reply user-color-8" href="{request.base}{parent.link}">'
        f'<div class="tgme_widget_message_author accent_color"><span class="tgme_widget_message_author_name" dir="auto">'
        f"{escape(world.sites['telegram']['channels'][parent.author])}</span></div>"
        f'<div class="tgme_widget_message_metatext js-message_reply_text" dir="auto">{escape(parent.text[:80])}</div></a>'
    )


def _reactions(post: SamplePost) -> str:
    if not post.likes:
        return ""
    parts = [("🙏", post.likes - post.likes // 3), ("😢", post.likes // 3)]
    shown = "".join(
        f'<span class="tgme_reaction"><i class="emoji"><b>{e}</b></i>{short_count(n)}</span>'
        for e, n in parts
        if n
    )
    return f'<div class="tgme_widget_message_reactions js-message_reactions">{shown}</div>'


def short_count(count: int) -> str:
    """Write a count as the preview does: 987, 1.67K, 12.3K, 1.2M."""
    for size, letter in ((1_000_000, "M"), (1_000, "K")):
        if count >= size:
            digits = 2 if count < 10 * size else 1
            cut = int(count / size * 10**digits) / 10**digits
            return f"{cut:.{digits}f}".rstrip("0").rstrip(".") + letter
    return str(count)
