"""The sample feed: RSS 2.0 with content:encoded, dc:creator, slash:comments; paged by ``?paged=N``; ETag and 304."""

from __future__ import annotations

from email.utils import format_datetime

from crawlers.samples.records import SamplePost
from crawlers.samples.web import Reply, Request, World, escape, not_found, page, paragraphs, validated

_PER_PAGE = 40
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
  xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>{title}</title>
<atom:link href="{address}" rel="self" type="application/rss+xml" />
<link>{home}</link>
<description>{about}</description>
<lastBuildDate>{built}</lastBuildDate>
<language>zh</language>
"""


def respond(request: Request, world: World) -> Reply:
    """Answer ``/``, ``/rss.xml`` and ``/items/<guid>``."""
    if request.path in ("", "/", "/rss.xml", "/feed"):
        return _feed(request, world)
    guid = request.path.removeprefix("/items/")
    post = world.store.get("feed", guid)
    return _item_page(post) if post else not_found(request.path)


def _feed(request: Request, world: World) -> Reply:
    number = request.number("paged", 1, 1, 10_000)
    posts = world.store.newest_first("feed")
    shown = posts[(number - 1) * _PER_PAGE : number * _PER_PAGE]
    if number > 1 and not shown:
        return not_found(f"paged={number}")
    built = format_datetime((shown[0].at if shown else world.store.now), usegmt=True)
    about = world.sites["feed"]
    head = _HEAD.format(
        title=escape(about["title"]),
        about=escape(about["description"]),
        address=escape(f"{request.base}/feed/rss.xml"),
        home=escape(f"{request.base}/feed/"),
        built=built,
    )
    body = head + "".join(_item(post, request.base) for post in shown) + "</channel>\n</rss>\n"
    return validated(request, Reply(body.encode("utf-8"), "application/rss+xml; charset=UTF-8"), built)


def _item(post: SamplePost, base: str) -> str:
    content = paragraphs(post.text).replace("]]>", "]]]]><![CDATA[>")
    comments = "" if post.replies is None else f"<slash:comments>{post.replies}</slash:comments>\n"
    short = escape(post.text[:120] + ("…" if len(post.text) > 120 else ""))
    return (
        f"<item>\n<title>{escape(post.title or '')}</title>\n<link>{escape(base + post.link)}</link>\n"
        f"<dc:creator>{escape(post.author)}</dc:creator>\n"
        f"<pubDate>{format_datetime(post.at, usegmt=True)}</pubDate>\n"
        f'<guid isPermaLink="false">{escape(post.native_id)}</guid>\n'
        f"<description>{short}</description>\n<content:encoded><![CDATA[{content}]]></content:encoded>\n"
        f"{comments}</item>\n"
    )


def _item_page(post: SamplePost) -> Reply:
    title = post.title or post.native_id
    return page(title, f"<h1>{escape(title)}</h1><p>{escape(post.author)}</p>{paragraphs(post.text)}")
