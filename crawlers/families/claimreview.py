"""Sites of fact-checkers: a sitemap or feed names the articles, each article carries ClaimReview as JSON-LD."""

from __future__ import annotations

from datetime import datetime, timedelta

from lxml import etree  # type: ignore[import-untyped]  # no stubs

from crawlers.families.base import Family, count_param, load_html, load_json, read_each, same_site, show_json
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading, Reject
from crawlers.reviews import as_post, blocks_of, nodes_of, review_of_jsonld
from crawlers.times import parse_time
from crawlers.xml import child_text, load_xml, local_name
from pipeline.errors import UsageError
from pipeline.records import Precision


class ClaimReview(Family):
    """``url`` is a sitemap (an index too), an RSS, Atom or JSON feed; ``path`` keeps addresses that hold it."""

    name = "claimreview"
    params = frozenset({"path", "articles"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """The list's own address."""
        path = context.params.get("path", "")
        if not isinstance(path, str):
            raise UsageError(
                f'source {context.source}: path = {path!r}; write a part of an address such as "/check/"'
            )
        return [Fetch(url, "index", "reviews")]

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """A list gives addresses to follow; an article gives its reviews."""
        if fetch.kind == "detail":
            return parse_article(answer, context)
        reading = Reading()
        listed = _listed(answer)
        floor = context.floor(fetch.chain)
        for kind, address, shown in listed:
            url = same_site(address, answer.url)
            if url is None:
                reading.rejects.append(Reject("address on another site", address))
            elif _is_due(shown, floor, context) and (
                kind == "index" or context.params.get("path", "") in url
            ):
                reading.follow.append(Fetch(url, kind, fetch.chain, essential=False))
        most = count_param(context.params, "articles", 500, 100_000)
        if len(reading.follow) > most:
            reading.rejects.append(
                Reject(f"{len(reading.follow)} articles listed, the newest {most} read", answer.url)
            )
            reading.follow = reading.follow[:most]
        reading.ended = (fetch.chain,)
        return reading


def _is_due(shown: str | None, floor: datetime, context: Context) -> bool:
    """Whether an entry may have changed since ``floor``; a day without a clock lasts to its end."""
    changed, precision = parse_time(shown, context.now, context.zone)
    return changed is None or changed + timedelta(days=precision is Precision.DAY) >= floor


def _listed(answer: Answer) -> list[tuple[str, str, str | None]]:
    """Kind, address and time of each entry, newest first where times are given. Raises ``PageChanged``."""
    if answer.body.lstrip()[:1] == b"{":
        items = load_json(answer, dict).get("items")
        if not isinstance(items, list):
            raise PageChanged(f"{answer.url}: JSON without items is not a JSON Feed")
        found = [_json_entry(item) for item in items if isinstance(item, dict)]
    else:
        root = load_xml(answer)
        if local_name(root) not in {"urlset", "sitemapindex", "rss", "feed", "RDF"}:
            raise PageChanged(f"{answer.url}: neither sitemap nor feed but {local_name(root)}")
        found = [_entry(node) for node in root.iter("{*}url", "{*}sitemap", "{*}item", "{*}entry")]
    listed = [(kind, address, shown) for kind, address, shown in found if address]
    if not listed:
        raise PageChanged(f"{answer.url}: a list without addresses")
    return sorted(
        listed, key=lambda one: one[2] or "", reverse=all((one[2] or "")[:4].isdigit() for one in listed)
    )


def _json_entry(item: dict[str, object]) -> tuple[str, str | None, str | None]:
    shown = item.get("date_modified") or item.get("date_published")
    return "detail", str(item["url"]) if item.get("url") else None, str(shown) if shown else None


def _entry(node: etree._Element) -> tuple[str, str | None, str | None]:
    shown = next(
        (t for n in ("lastmod", "updated", "pubDate", "published", "date") if (t := child_text(node, n))),
        None,
    )
    address = child_text(node, "loc") or child_text(node, "link") or _atom_link(node)
    return "index" if local_name(node) == "sitemap" else "detail", address, shown


def _atom_link(node: etree._Element) -> str | None:
    links = [one for one in node if local_name(one) == "link" and one.get("rel", "alternate") == "alternate"]
    return links[0].get("href") if links else None


def parse_article(answer: Answer, context: Context) -> Reading:
    """Reviews of one article; one without any holds no entry, a block that cannot be read is a reject."""
    reading = Reading()
    for block in blocks_of(load_html(answer)):
        if isinstance(block, ValueError):
            reading.items += 1
            reading.rejects.append(Reject(str(block), answer.url))
            continue
        read_each(
            nodes_of(block),
            lambda node: as_post(review_of_jsonld(node, answer.url, context.now, context.zone), context),
            reading,
            show_json,
        )
    return reading
