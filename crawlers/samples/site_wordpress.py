"""The sample WordPress site: REST posts, comments, users and categories with paging headers and its error bodies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode
from zlib import crc32

from crawlers.samples.records import SamplePost
from crawlers.samples.web import (
    PACIFIC,
    Reply,
    Request,
    World,
    escape,
    has_words,
    json_reply,
    not_found,
    page,
    paragraphs,
    whole,
)

_API = "/wp-json/wp/v2/"
_CATEGORIES = [{"id": 3, "name": "華埠", "slug": "chinatown", "count": 0}]
Show = Callable[[Request, SamplePost], dict[str, object]]


def respond(request: Request, world: World) -> Reply:
    """Answer ``/wp-json/wp/v2/*``, ``/?p=ID`` and the comment addresses."""
    if request.path in ("", "/") and "p" in request.query:
        return _article_page(request, world)
    if not request.path.startswith(_API):
        return not_found(request.path)
    kind, _, native_id = request.path.removeprefix(_API).strip("/").partition("/")
    if kind == "users":
        return _users(world, native_id)
    if kind in ("posts", "comments") and native_id:
        return _single(request, world, kind, native_id)
    return _collection(request, world, kind)


def _collection(request: Request, world: World, kind: str) -> Reply:
    if kind == "posts":
        return _listed(request, _posts(request, world), _post)
    if kind == "comments":
        return _listed(request, _comments(request, world), _comment)
    if kind == "categories":
        return json_reply(_CATEGORIES, headers=_totals(1, 1))
    return _error("rest_no_route", "No route was found matching the URL and request method.", 404)


def _single(request: Request, world: World, kind: str, native_id: str) -> Reply:
    post = world.store.get("wordpress", native_id)
    if post is None or (post.parent_native_id is None) != (kind == "posts"):
        return _error(f"rest_{kind[:-1]}_invalid_id", f"Invalid {kind[:-1]} ID.", 404)
    return json_reply(_fields(request, (_post if kind == "posts" else _comment)(request, post)))


def _posts(request: Request, world: World) -> list[SamplePost]:
    wanted = {part for part in request.query.get("categories", "").split(",") if part}
    if wanted and str(_CATEGORIES[0]["id"]) not in wanted:
        return []
    return [post for post in world.store.newest_first("wordpress") if post.parent_native_id is None]


def _comments(request: Request, world: World) -> list[SamplePost]:
    found = [post for post in world.store.newest_first("wordpress") if post.parent_native_id is not None]
    if "post" in request.query:
        found = [post for post in found if post.thread_native_id in request.query["post"].split(",")]
    if "parent" in request.query:
        found = [post for post in found if str(_parent_comment(post)) in request.query["parent"].split(",")]
    return found


def _listed(request: Request, found: list[SamplePost], show: Show) -> Reply:
    for name in ("after", "before"):
        if name in request.query and _local_time(request.query[name]) is None:
            return _error("rest_invalid_param", f"Invalid parameter(s): {name}", 400)
    per_page = whole(request.query.get("per_page", "10"), 0)
    if not 1 <= per_page <= 100:
        return _error("rest_invalid_param", "Invalid parameter(s): per_page", 400)
    found = [
        post for post in found if _inside(request, post) and has_words(post, request.query.get("search", ""))
    ]
    if request.query.get("order", "desc") == "asc":
        found = found[::-1]
    return _paged(request, found, per_page, show)


def _inside(request: Request, post: SamplePost) -> bool:
    after = _local_time(request.query.get("after", "1970-01-01"))
    before = _local_time(request.query.get("before", "2999-01-01"))
    return after is not None and before is not None and after < post.at < before


def _local_time(value: str) -> datetime | None:
    """Read a time as WordPress does: without an offset it is the site's own (Pacific) time."""
    try:
        moment = datetime.fromisoformat(value.replace(" ", "+"))  # a bare "+" in a query arrives as a blank
    except ValueError:
        return None
    return moment.replace(tzinfo=PACIFIC) if moment.tzinfo is None else moment.astimezone(UTC)


def _paged(request: Request, found: list[SamplePost], size: int, show: Show) -> Reply:
    number = request.number("page", 1, 1, 1_000_000)
    pages = -(-len(found) // size)
    if number > max(pages, 1):
        kind = "post" if show is _post else "comment"
        return _error(
            f"rest_{kind}_invalid_page_number",
            "The page number requested is larger than the number of pages available.",
            400,
        )
    shown = found[(number - 1) * size : number * size]
    links = [
        f'<{request.base}/wp{request.path}?{urlencode({**request.query, "page": other})}>; rel="{rel}"'
        for other, rel in ((number - 1, "prev"), (number + 1, "next"))
        if 1 <= other <= pages
    ]
    headers = _totals(len(found), pages) | ({"Link": ", ".join(links)} if links else {})
    return json_reply([_fields(request, show(request, post)) for post in shown], headers=headers)


def _totals(total: int, pages: int) -> dict[str, str]:
    return {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}


def _fields(request: Request, shown: dict[str, object]) -> dict[str, object]:
    """Keep the fields named in ``_fields``; a nested name (``title.rendered``) keeps its whole field."""
    wanted = {
        name.strip().split(".")[0] for name in request.query.get("_fields", "").split(",") if name.strip()
    }
    return {name: value for name, value in shown.items() if name in wanted} if wanted else shown


def _times(post: SamplePost) -> dict[str, object]:
    return {
        "date": post.at.astimezone(PACIFIC).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_gmt": post.at.strftime("%Y-%m-%dT%H:%M:%S"),
    }


def _post(request: Request, post: SamplePost) -> dict[str, object]:
    author = _user(post.author)
    shown: dict[str, object] = {
        "id": int(post.native_id),
        **_times(post),
        "guid": {"rendered": escape(request.base + post.link)},
        "slug": f"post-{post.native_id}",
        "status": "publish",
        "type": "post",
        "link": request.base + post.link,
        "title": {"rendered": escape(post.title or "")},
        "content": {"rendered": paragraphs(post.text) + "\n", "protected": False},
        "excerpt": {"rendered": f"<p>{escape(post.text[:90])}&hellip;</p>\n", "protected": False},
        "author": author["id"],
        "comment_status": "open",
        "categories": [_CATEGORIES[0]["id"]],
        "tags": [],
    }
    return {**shown, "_embedded": {"author": [author]}} if "_embed" in request.query else shown


def _parent_comment(post: SamplePost) -> int:
    return 0 if post.parent_native_id == post.thread_native_id else int(post.parent_native_id or 0)


def _comment(request: Request, post: SamplePost) -> dict[str, object]:
    return {
        "id": int(post.native_id),
        "post": int(post.thread_native_id or 0),
        "parent": _parent_comment(post),
        "author": 0,
        "author_name": post.author,
        "author_url": "",
        **_times(post),
        "content": {"rendered": paragraphs(post.text) + "\n"},
        "link": request.base + post.link,
        "status": "approved",
        "type": "comment",
    }


def _user(name: str) -> dict[str, object]:
    return {
        "id": 2 + crc32(name.encode()) % 9_000,
        "name": name,
        "slug": f"writer-{crc32(name.encode()) % 9_000}",
    }


def _users(world: World, wanted: str) -> Reply:
    names = sorted(
        {post.author for post in world.store.by_site["wordpress"] if post.parent_native_id is None}
    )
    users = [_user(name) for name in names]
    if not wanted:
        return json_reply(users, headers=_totals(len(users), 1))
    found = [user for user in users if str(user["id"]) == wanted]
    return json_reply(found[0]) if found else _error("rest_user_invalid_id", "Invalid user ID.", 404)


def _error(code: str, message: str, status: int) -> Reply:
    return json_reply({"code": code, "message": message, "data": {"status": status}}, status)


def _article_page(request: Request, world: World) -> Reply:
    post = world.store.get("wordpress", request.query["p"])
    if post is None or post.title is None:
        return not_found(request.path)
    comments = [
        f'<li id="comment-{one.native_id}"><cite>{escape(one.author)}</cite>{paragraphs(one.text)}</li>'
        for one in world.store.by_site["wordpress"]
        if one.thread_native_id == post.native_id and one is not post
    ]
    body = f"<h1>{escape(post.title)}</h1>{paragraphs(post.text)}<ol>{''.join(comments)}</ol>"
    return page(post.title, body)
