"""The sample Mastodon server: public and tag timelines, status search, one status with its context.

Like an instance whose administrator lets replies and boosts into the public timelines, so that a client can reach
every post there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, unquote, urlencode
from zlib import crc32

from crawlers.samples.records import SamplePost
from crawlers.samples.web import (
    Reply,
    Request,
    World,
    escape,
    has_words,
    json_reply,
    not_found,
    page,
    paragraphs,
)

_TAG = re.compile(r"#(\w+)")
_LIMIT = (20, 40)


def respond(request: Request, world: World) -> Reply:
    """Answer the public part of the Mastodon API, version 1 and 2."""
    for pattern, show in _ROUTES:
        if found := re.fullmatch(pattern, request.path):
            return show(request, world, found)
    return json_reply({"error": "Record not found"}, 404)


def _public(request: Request, world: World, _: re.Match[str]) -> Reply:
    return _timeline(request, world, world.store.newest_first("mastodon"))


def _instance(_request: Request, world: World, _: re.Match[str]) -> Reply:
    about = world.sites["mastodon"]
    return json_reply({"domain": about["host"], "title": about["title"], "version": "4.5.0"})


def _closed(_request: Request, _world: World, _: re.Match[str]) -> Reply:
    return json_reply({"error": "This method requires an authenticated user"}, 422)


def _permalink(request: Request, world: World, found: re.Match[str]) -> Reply:
    post = world.store.get("mastodon", found[1])
    return page(f"@{post.author}", _content(request, post)) if post else not_found(request.path)


def _tag_timeline(request: Request, world: World, found: re.Match[str]) -> Reply:
    tag = unquote(found[1])
    wanted = {tag.lower()} | {value.lower() for name, value in request.query.items() if name == "any[]"}
    posts = [
        post
        for post in world.store.newest_first("mastodon")
        if wanted & {t.lower() for t in _TAG.findall(post.text)}
    ]
    return _timeline(request, world, posts)


def _timeline(request: Request, world: World, posts: list[SamplePost]) -> Reply:
    """Page by ids: ``max_id`` and ``since_id`` keep the newest, ``min_id`` the ones just above it."""
    limit = request.number("limit", *_clamp())
    shown = _window(request, posts, limit)
    headers = _rate() | ({"Link": _links(request, shown)} if shown else {})
    return json_reply([_status(request, world, post) for post in shown], headers=headers)


def _clamp() -> tuple[int, int, int]:
    return (_LIMIT[0], 1, _LIMIT[1])


def _window(request: Request, posts: list[SamplePost], limit: int) -> list[SamplePost]:
    below = request.number("max_id", 2**63, 0, 2**63)
    above = request.number("min_id", request.number("since_id", -1, 0, 2**63), 0, 2**63)
    fitting = [post for post in posts if above < int(post.native_id) < below]
    return fitting[-limit:] if "min_id" in request.query else fitting[:limit]


def _links(request: Request, shown: list[SamplePost]) -> str:
    def link(name: str, post: SamplePost, rel: str) -> str:
        kept = {
            key: value for key, value in request.query.items() if key not in ("max_id", "min_id", "since_id")
        }
        address = f"{request.base}/mastodon{request.path}?{urlencode({**kept, name: post.native_id})}"
        return f'<{address}>; rel="{rel}"'

    return ", ".join([link("max_id", shown[-1], "next"), link("min_id", shown[0], "prev")])


def _rate() -> dict[str, str]:
    return {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "299"}


def _search(request: Request, world: World, _: re.Match[str]) -> Reply:
    if "offset" in request.query or "resolve" in request.query:
        return json_reply({"error": "Search queries that resolve or page need a signed-in user"}, 401)
    words = request.query.get("q", "")
    found = [
        post
        for post in world.store.newest_first("mastodon")
        if words.strip() and post.repost_of_native_id is None and has_words(post, words)
    ]
    shown = _window(request, found, request.number("limit", *_clamp()))
    statuses = [_status(request, world, post) for post in shown]
    wanted = request.query.get("type", "statuses") == "statuses"
    return json_reply(
        {"accounts": [], "statuses": statuses if wanted else [], "hashtags": []}, headers=_rate()
    )


def _one(request: Request, world: World, found: re.Match[str]) -> Reply:
    native_id, context = found[1], bool(found[2])
    post = world.store.get("mastodon", native_id)
    if post is None:
        return json_reply({"error": "Record not found"}, 404)
    if not context:
        return json_reply(_status(request, world, post))
    thread = [
        one
        for one in world.store.by_site["mastodon"]
        if one.thread_native_id == post.thread_native_id
        and one.native_id != native_id
        and post.thread_native_id
    ]
    before = [_status(request, world, one) for one in thread if int(one.native_id) < int(native_id)]
    after = [_status(request, world, one) for one in thread if int(one.native_id) > int(native_id)]
    return json_reply({"ancestors": before, "descendants": after})


def _status(request: Request, world: World, post: SamplePost) -> dict[str, object]:
    original = world.store.get("mastodon", post.repost_of_native_id)
    parent = world.store.get("mastodon", post.parent_native_id)
    address = f"{request.base}/mastodon/users/{post.author}/statuses/{post.native_id}"
    return {
        "id": post.native_id,
        "created_at": post.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "in_reply_to_id": post.parent_native_id,
        "in_reply_to_account_id": _account_id(parent.author) if parent else None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "zh",
        "uri": address,
        "url": request.base + post.link,
        "replies_count": post.replies or 0,
        "reblogs_count": post.reposts or 0,
        "favourites_count": post.likes or 0,
        "quotes_count": 0,
        "edited_at": None,
        "content": "" if original else _content(request, post),
        "reblog": _status(request, world, original) if original else None,
        "account": _account(request, world, post.author),
        "media_attachments": [],
        "mentions": [],
        "tags": [
            {"name": tag, "url": f"{request.base}/mastodon/tags/{quote(tag)}"}
            for tag in _TAG.findall(post.text)
        ],
        "emojis": [],
        "card": None,
        "poll": None,
    }


def _content(request: Request, post: SamplePost) -> str:
    def link(match: re.Match[str]) -> str:
        address = f"{request.base}/mastodon/tags/{quote(match.group(1))}"
        return f'<a href="{address}" class="mention hashtag" rel="tag">#<span>{match.group(1)}</span></a>'

    return re.sub(r"(?<![&\w])#([^\W\d_]\w*)", link, paragraphs(post.text))


def _account_id(author: str) -> str:
    return str(109_000_000_000 + crc32(author.encode()))


def _account(request: Request, world: World, author: str) -> dict[str, object]:
    return {
        "id": _account_id(author),
        "username": author,
        "acct": author,
        "display_name": escape(author.replace("_", " ")),
        "locked": False,
        "bot": False,
        "url": f"{request.base}/mastodon/@{author}",
        "uri": f"{request.base}/mastodon/users/{author}",
        "note": "",
        "avatar": "",
        "fields": [],
        "emojis": [],
    }


_ROUTES: list[tuple[str, Callable[[Request, World, re.Match[str]], Reply]]] = [
    (r"/api/v1/timelines/public", _public),
    (r"/api/v1/timelines/tag/([^/]+)", _tag_timeline),
    (r"/api/v2/search", _search),
    (r"/api/v[12]/instance", _instance),
    (r"/api/v1/statuses/(\d+)(/context)?", _one),
    (r"/@\w+/(\d+)", _permalink),
    (r"/api/v1/(?:accounts|notifications|timelines/home).*", _closed),
]
