"""WordPress sites by their REST interface: articles and the comments below them."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from crawlers.families.base import Family, load_json, query_value, read_each, show_json, with_query
from crawlers.items import Answer, Context, Fetch, Reading
from crawlers.text import html_to_text, images_of, links_of
from crawlers.times import parse_time
from pipeline.errors import UsageError
from pipeline.records import Post

_PER_PAGE = 100
_POST_FIELDS = "id,date_gmt,link,title,content,author,jetpack_featured_media_url,yoast_head_json.og_image"
_COMMENT_FIELDS = "id,post,parent,author,author_name,date_gmt,link,content"


class WordPress(Family):
    """``url`` is the site's home. ``comments = false`` leaves comments out; ``search = true`` asks per query."""

    name = "wordpress"
    params = frozenset({"comments", "search", "categories"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """Articles (per query with ``search``) and comments, newest first, each as one chain."""
        api = url.rstrip("/") + "/wp-json/wp/v2/"
        words: list[str | None] = [*context.queries] if context.params.get("search") else [None]
        if not words:
            raise UsageError(f"source {context.source}: search = true needs queries in the incident")
        fetches = [_fetch(api + "posts", "posts", word, context) for word in words]
        if context.params.get("comments", True):
            fetches.append(_fetch(api + "comments", "comments", None, context))
        return fetches

    def is_refusal(self, answer: Answer) -> str | None:
        """Sites that close their interface answer 401 or 403 with a code that says so, or 404 where it is off."""
        if answer.status == 404 and b"rest_no_route" in answer.body:
            return "answered 404: the site switched its REST interface off"
        if answer.status in {401, 403} and b'"code"' in answer.body:
            return f"answered {answer.status}: the site closed its REST interface to strangers"
        return super().is_refusal(answer)

    def is_end(self, answer: Answer, fetch: Fetch) -> bool:
        """A page number past the last one is an error with a name of its own."""
        return answer.status == 400 and b"invalid_page_number" in answer.body

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of articles or comments."""
        entries = load_json(answer, list)
        reading = Reading()
        read = article if fetch.kind == "posts" else comment
        read_each(entries, lambda entry: read(entry, context, fetch.carry.get("query")), reading, show_json)
        page = int(query_value(fetch.url, "page") or 1)
        pages = answer.headers.get("x-wp-totalpages", "")
        more = page < int(pages) if pages.isdigit() else len(entries) == _PER_PAGE
        if more and entries:
            following = with_query(fetch.url, page=page + 1)
            reading.follow.append(Fetch(following, fetch.kind, fetch.chain, fetch.essential, fetch.carry))
        else:
            reading.ended = (fetch.chain,)
        return reading


def _fetch(address: str, kind: str, query: str | None, context: Context) -> Fetch:
    chain = f"{kind} {query}" if query else kind
    values = {
        "per_page": _PER_PAGE,
        "page": 1,
        "orderby": "date_gmt" if kind == "comments" else "date",
        "order": "desc",
        "after": context.floor(chain).astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "search": query,
        "categories": context.params.get("categories") if kind == "posts" else None,
        "_fields": _POST_FIELDS if kind == "posts" else _COMMENT_FIELDS,
    }
    return Fetch(
        with_query(address, **values), kind, chain, essential=kind == "posts", carry={"query": query}
    )


def _rendered(value: Any) -> str:  # noqa: ANN401  JSON
    return str(value["rendered"] if isinstance(value, dict) else value or "")


def article(entry: dict[str, Any], context: Context, query: str | None = None) -> Post:
    """One article."""
    content = _rendered(entry["content"])
    title = html_to_text(_rendered(entry.get("title"))) or None
    at, precision = parse_time(entry.get("date_gmt"), context.now, UTC)
    author = entry.get("author")
    images = _pictures(entry)
    return context.post(
        "wordpress",
        f"{context.site}/{_number(entry['id'])}",
        html_to_text(content) or title or "",
        url=entry.get("link"),
        title=title,
        author_key=context.author("wordpress", context.site, f"user {author}") if author else None,
        published_at=at,
        published_precision=precision,
        links=links_of(content),
        media=tuple(dict.fromkeys([*images, *images_of(content)]))[:20],
        query=query,
    )


def _pictures(entry: dict[str, Any]) -> list[str]:
    """The picture on top of an article, as the site's own add-ons name it."""
    head = entry.get("yoast_head_json")
    shared = head.get("og_image") if isinstance(head, dict) else None
    found = [one.get("url") for one in shared if isinstance(one, dict)] if isinstance(shared, list) else []
    named = [entry.get("jetpack_featured_media_url"), *found]
    return [one for one in named if isinstance(one, str) and one.startswith(("http://", "https://"))]


def comment(entry: dict[str, Any], context: Context, query: str | None = None) -> Post:
    """One comment: its parent is the comment that it answers, else the article."""
    content = _rendered(entry["content"])
    at, precision = parse_time(entry.get("date_gmt"), context.now, UTC)
    root = f"wordpress:{context.site}/{_number(entry['post'])}"
    parent = entry.get("parent") or 0
    author = f"user {entry['author']}" if entry.get("author") else entry.get("author_name")
    return context.post(
        "wordpress",
        f"{context.site}/c{_number(entry['id'])}",
        html_to_text(content),
        url=entry.get("link"),
        author_key=context.author("wordpress", context.site, author),
        published_at=at,
        published_precision=precision,
        thread_id=root,
        parent_id=f"wordpress:{context.site}/c{_number(parent)}" if parent else root,
        links=links_of(content),
        query=query,
    )


def _number(value: object) -> int:
    """An id; WordPress ids are whole numbers. Raises ``ValueError`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"id {value!r}")
    return int(value)
