"""Feeds: RSS 0.9 to 2.0, Atom and JSON Feed; so also what an operator's own RSSHub or wechat2rss gives out."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]  # no stubs

from crawlers.families.base import (
    Family,
    count_param,
    load_json,
    query_value,
    read_each,
    show_json,
    with_query,
)
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import html_to_text, links_of, parse_count, tidy
from crawlers.times import parse_time
from pipeline.records import Post

CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
DC_DATE = "{http://purl.org/dc/elements/1.1/}date"
COMMENTS = "{http://purl.org/rss/1.0/modules/slash/}comments"
MEDIA = "{http://search.yahoo.com/mrss/}content"
ATOM = "{http://www.w3.org/2005/Atom}"
_MARKUP = re.compile(r"</?(?:b|i|em|strong|span|a|p|br|sub|sup|code)\b[^<>]*>", re.IGNORECASE)
_ROOTS = {"rss", "feed", "RDF"}


class Feed(Family):
    """Any feed. ``page_param`` (such as ``paged``) and ``pages`` walk back where the software pages its feeds."""

    name = "feed"
    conditional = True
    params = frozenset({"page_param", "pages"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """The feed's own address."""
        return [Fetch(url, chain="feed")]

    def is_end(self, answer: Answer, fetch: Fetch) -> bool:
        """Feeds that page answer 404 past their last page."""
        return answer.status in {400, 404, 410} and fetch.carry.get("page", 1) > 1

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of a feed."""
        reading = parse(answer, context)
        following = self._next(fetch, reading, context)
        if following:
            reading.follow.append(following)
        else:
            reading.ended = (fetch.chain,)
        return reading

    @staticmethod
    def _next(fetch: Fetch, reading: Reading, context: Context) -> Fetch | None:
        name = context.params.get("page_param")
        page = int(fetch.carry.get("page") or query_value(fetch.url, str(name)) or 1)
        older = context.all_older(fetch.chain, [post.published_at for post in reading.posts])
        if (
            not name
            or not reading.items
            or older
            or page >= count_param(context.params, "pages", 200, 10_000)
        ):
            return None
        return Fetch(
            with_query(fetch.url, **{str(name): page + 1}), chain=fetch.chain, carry={"page": page + 1}
        )


def parse(answer: Answer, context: Context) -> Reading:
    """Entries of a feed in any of its forms. Raises ``PageChanged`` for anything else."""
    reading = Reading()
    if answer.body.lstrip()[:1] == b"{":
        feed = load_json(answer, dict)
        if not isinstance(feed.get("items"), list):
            raise PageChanged(f"{answer.url}: JSON without items is not a JSON Feed")
        read_each(feed["items"], lambda item: _json_post(item, context, answer.url), reading, show_json)
        return reading
    entries = _entries(answer)
    read_each(entries, lambda node: _xml_post(node, context, answer.url), reading, _show)
    return reading


def _entries(answer: Answer) -> list[etree._Element]:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(answer.body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PageChanged(f"{answer.url}: not a feed ({error})") from error
    if root is None or etree.QName(root).localname not in _ROOTS:
        raise PageChanged(
            f"{answer.url}: not a feed but {'nothing' if root is None else etree.QName(root).localname}"
        )
    return [node for node in root.iter("{*}item", "{*}entry") if isinstance(node.tag, str)]


def _show(node: etree._Element) -> str:
    return str(etree.tostring(node, encoding="unicode"))


def _texts(node: etree._Element) -> dict[str, str]:
    """Text of the direct children by name; Atom's own and plain RSS names without namespace, first one wins."""
    found: dict[str, str] = {}
    for child in node:
        if isinstance(child.tag, str):
            name = child.tag.removeprefix(ATOM).removeprefix("{http://purl.org/rss/1.0/}")
            found.setdefault(name, _content(child))
    return found


def _content(node: etree._Element) -> str:
    if node.get("type") == "xhtml":
        return "".join(etree.tostring(child, encoding="unicode") for child in node)
    return "".join(node.itertext()).strip()


def _link(node: etree._Element, texts: dict[str, str]) -> str | None:
    if texts.get("link"):
        return texts["link"]
    links = [n for n in node.findall(f"{ATOM}link") if n.get("rel", "alternate") == "alternate"]
    return links[0].get("href") if links else None


def _author(node: etree._Element, texts: dict[str, str]) -> str | None:
    named = node.find(f"{ATOM}author/{ATOM}name")
    return texts.get(CREATOR) or (named.text if named is not None else None) or texts.get("author") or None


def _media(node: etree._Element) -> tuple[str, ...]:
    found = [n.get("url") for n in node.iter("enclosure", MEDIA)]
    found += [n.get("href") for n in node.findall(f"{ATOM}link") if n.get("rel") == "enclosure"]
    return tuple(dict.fromkeys(url for url in found if url))[:20]


def _xml_post(node: etree._Element, context: Context, base: str) -> Post:
    texts = _texts(node)
    body = (
        texts.get(CONTENT) or texts.get("content") or texts.get("description") or texts.get("summary") or ""
    )
    shown = texts.get("pubDate") or texts.get("published") or texts.get(DC_DATE) or texts.get("updated")
    link = _link(node, texts)
    return _post(
        context,
        native=texts.get("guid") or texts.get("id") or link,
        title=texts.get("title"),
        body=body,
        link=urljoin(base, link) if link else None,
        author=_author(node, texts),
        shown=shown,
        replies=texts.get(COMMENTS),
        media=_media(node),
    )


def _json_post(item: dict[str, Any], context: Context, base: str) -> Post:
    authors = item.get("authors") or [item.get("author") or {}]
    attached = [
        one["url"] for one in item.get("attachments") or [] if isinstance(one, dict) and one.get("url")
    ]
    link = item.get("url") or item.get("external_url")
    native = item.get("id")
    return _post(
        context,
        native=str(native) if native is not None else link,
        title=item.get("title"),
        body=item.get("content_html") or _escape(item.get("content_text")) or item.get("summary") or "",
        link=urljoin(base, link) if link else None,
        author=authors[0].get("name") or authors[0].get("url"),
        shown=item.get("date_published") or item.get("date_modified"),
        replies=None,
        media=tuple(attached[:20]),
    )


def _escape(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")


def _heading(title: str | None) -> str | None:
    """A title is plain text in RSS and HTML in some feeds: only well-known tags are taken for markup."""
    if not title:
        return None
    return (html_to_text(title) if _MARKUP.search(title) else tidy(html.unescape(title))) or None


def _post(
    context: Context,
    *,
    native: str | None,
    title: str | None,
    body: str,
    link: str | None,
    author: str | None,
    shown: str | None,
    replies: str | None,
    media: tuple[str, ...],
) -> Post:
    if not native:
        raise ValueError("neither guid nor link")
    text = html_to_text(body)
    heading = _heading(title)
    if not text and not heading:
        raise ValueError("neither title nor text")
    at, precision = parse_time(shown, context.now, context.zone)
    universal = native.startswith(("http://", "https://", "tag:", "urn:"))
    return context.post(
        "feed",
        native if universal else f"{context.site}/{native}",
        text or heading or "",
        url=link,
        title=heading,
        author_key=context.author("feed", context.site, author),
        published_at=at,
        published_precision=precision,
        replies=parse_count(replies)[0],
        links=links_of(body),
        media=media,
    )
