"""Readers of the other families on recorded answers, on figures, and on hostile bodies."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawlers import reviews
from crawlers.families import FAMILIES, bluesky, family_named, weibo, wordpress
from crawlers.families.claimreview import parse_article
from crawlers.identity import Identity
from crawlers.items import Answer, Context, Fetch, PageChanged
from crawlers.xml import load_xml
from pipeline.errors import UsageError
from pipeline.paths import CHECKOUT
from pipeline.records import Precision

RECORDED = CHECKOUT.parent / "shared" / "fixtures"
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def _context(now: datetime = NOW, **values: Any) -> Context:
    return Context(
        "x",
        "site.example",
        "c",
        "t",
        now,
        datetime(2019, 6, 1, tzinfo=UTC),
        Identity("k" * 20).author,
        **values,
    )


def _recorded(path: str) -> Any:
    if not (RECORDED / path).exists():
        pytest.skip(f"recorded answer {path} is not on this machine")
    return json.loads((RECORDED / path).read_text(encoding="utf-8"))


def _answer(
    body: bytes, kind: str = "text/html; charset=utf-8", url: str = "https://site.example/x"
) -> Answer:
    return Answer(url, 200, {"content-type": kind}, body)


# Recorded answers of the real platforms


def test_recorded_weibo_cards_are_read_with_every_figure() -> None:
    page = _recorded("weibo_m/cards1.json")
    seen = _context(datetime(2019, 6, 16, tzinfo=UTC))
    entries = weibo.mblogs_of(_answer(json.dumps(page).encode(), "application/json"))
    found = [post for entry in entries for post in weibo.posts(entry, seen)]
    assert len(entries) == 10 and len(found) == 11
    first = found[0]
    assert first.post_id == "weibo:4383183661430868" and first.text.startswith(
        "搬完这块砖，就可以吃好吃的了[偷笑]"
    )
    assert (first.likes, first.reposts, first.replies) == (348872, 240492, 95535)
    assert first.published_at == datetime(2019, 6, 13, 16, tzinfo=UTC)
    assert first.published_precision is Precision.DAY and first.media[0].startswith(
        "https://wx3.sinaimg.cn/large/"
    )
    rounded = [post for post in found if post.counts_precision is Precision.ROUNDED]
    assert rounded and all(post.reposts == 1_000_000 for post in rounded)
    reposts = [post for post in found if post.repost_of]
    assert (
        sum("f.us.sinaimg.cn" in url for post in found for url in post.media) == 2
    )  # of two videos, one form each
    assert len(reposts) == 1 and reposts[0].repost_of in {post.post_id for post in found}
    assert not any("迪丽热巴" in str(post.author_key) or "1669879400" in repr(post) for post in found)


def test_a_video_or_a_shared_picture_is_kept_where_the_site_names_one() -> None:
    post = {"mid": "51", "text": "火", "page_info": {"urls": {"mp4_720p_mp4": "https://v.example/1.mp4"}}}
    assert weibo.posts(post, _context())[0].media == ("https://v.example/1.mp4",)
    odd = [
        {"page_info": page} for page in (None, [], {"urls": []}, {"urls": {"mp4": 5}}, {"urls": {"m": "x"}})
    ]
    assert all(weibo.posts(post | page, _context())[0].media == () for page in odd)
    shared = {"og_image": [{"url": "https://site.example/og.png"}, {"url": None}, 5]}
    entry = {"id": 1, "content": {"rendered": "火"}, "yoast_head_json": shared}
    assert wordpress.article(entry, _context()).media == ("https://site.example/og.png",)
    assert wordpress.article(entry | {"yoast_head_json": [1]}, _context()).media == ()


def test_recorded_weibo_repost_comes_after_the_long_post_that_it_repeats() -> None:
    original, repost = weibo.posts(_recorded("weibo_m/retweet01.json")["data"], _context())
    assert repost.repost_of == original.post_id == "weibo:4383404751066167" and repost.text == "转发微博"
    assert repost.published_at == datetime(2019, 6, 15, 3, 44, 46, tzinfo=UTC)
    assert "全文" not in original.text and len(original.text) > 1_000


def test_recorded_bluesky_post_is_read_with_what_it_quotes() -> None:
    thread = _recorded("bluesky/thread_view_post_with_embed_media.json")["thread"]
    reading = bluesky.parse([thread["post"]], _context())
    (post,) = reading.posts
    assert not reading.rejects and post.post_id.startswith("bluesky:at://did:plc:kvwvcn5iqfooopmyzvb4qzba/")
    assert post.published_at == datetime(2023, 9, 28, 12, 49, 36, 735000, tzinfo=UTC)
    assert str(post.quoted_id).endswith("/app.bsky.feed.post/3kahesw26il2z") and len(post.media) == 1
    assert post.author_key and "marshal" not in repr(post)


# Reviews: the rating is the publisher's, word for word


def _review(**values: Any) -> reviews.Review:
    node = {"@type": "ClaimReview", "claimReviewed": "说法", "url": "https://site.example/r"} | values
    return reviews.review_of_jsonld(node, "https://site.example/x", NOW)


def test_rating_is_kept_as_its_publisher_gives_it() -> None:
    rated = _review(
        reviewRating={"ratingValue": "2", "bestRating": 5, "worstRating": "1", "alternateName": "部分錯誤"}
    )
    assert (rated.rating, rated.rating_value, rated.rating_best, rated.rating_worst) == (
        "部分錯誤",
        2.0,
        5.0,
        1.0,
    )
    bare = _review()
    assert (bare.rating, bare.rating_value, bare.rating_best, bare.rating_worst) == (None, None, None, None)
    odd = _review(
        reviewRating=[{"ratingValue": "n/a", "bestRating": True, "worstRating": 1e300, "alternateName": ""}]
    )
    assert (odd.rating, odd.rating_value, odd.rating_best, odd.rating_worst) == (None, None, None, None)


def test_claimant_and_appearances_are_read_in_every_common_form() -> None:
    read = _review(
        itemReviewed=[
            {
                "author": "网传",
                "appearance": {"url": "https://a.example/1"},
                "datePublished": "2026-03-13T00:00:00Z",
            }
        ],
        author=[{"name": "查核中心", "url": "https://www.check.example/about"}],
    )
    assert read.claimant == "网传" and read.appearances == ("https://a.example/1",)
    assert read.publisher == "查核中心" and read.publisher_site == "check.example"
    assert read.claimed_at == (datetime(2026, 3, 13, tzinfo=UTC), Precision.EXACT)


def test_one_claim_has_one_id_whoever_hands_it_over() -> None:
    google = {"text": " 说法 ", "claimReview": [{"url": "https://site.example/r", "textualRating": "錯誤"}]}
    (same,) = reviews.reviews_of_google(google, NOW)
    assert same.native_id == _review().native_id != _review(claimReviewed="另一说法").native_id


def test_a_page_cannot_speak_for_another_site() -> None:
    assert _review(url="https://other.example/r").url == "https://site.example/x"


def test_reviews_are_found_at_any_depth_and_broken_blocks_are_named() -> None:
    inner: Any = {"@type": "ClaimReview", "claimReviewed": "x"}
    for _ in range(200):
        inner = {"a": [inner]}
    script = "<script type='application/ld+json'>{}</script>"
    page = script.format(json.dumps(inner)) + script.format("{")
    blocks = list(reviews.blocks_of(LexborHTMLParser(page)))
    assert len(reviews.nodes_of(blocks[0])) == 1 and isinstance(blocks[1], ValueError)
    assert len(parse_article(_answer(page.encode()), _context()).rejects) == 1


def test_several_tags_can_be_one_walk_through_all_its_pages() -> None:
    family = family_named("mastodon")
    context = _context(params={"read": ["tags"], "tags": ["停水", "fire", "a&b"], "any_tag": True})
    (first,) = family.start("https://site.example", context)
    assert first.url.startswith("https://site.example/api/v1/timelines/tag/%E5%81%9C%E6%B0%B4?")
    assert parse_qs(urlsplit(first.url).query)["any[]"] == ["fire", "a&b"]
    status = {"id": "7", "uri": "https://site.example/7", "content": "停水", "created_at": NOW.isoformat()}
    (following,) = family.read(
        _answer(json.dumps([status]).encode(), "application/json"), first, context
    ).follow
    asked = parse_qs(urlsplit(following.url).query)
    assert asked["any[]"] == ["fire", "a&b"] and asked["max_id"] == ["7"]
    context = _context(params={"read": ["tags"], "tags": ["停水", "fire"]})
    assert len(family.start("https://site.example", context)) == 2


# Bluesky's windows


def _searched(posts: list[dict[str, Any]], since: str, until: str, **params: Any) -> Any:
    family = family_named("bluesky")
    context = Context(
        "x",
        "s",
        "c",
        "t",
        NOW,
        datetime(2026, 3, 1, tzinfo=UTC),
        Identity("k" * 20).author,
        params,
        ("停水",),
    )
    (first,) = family.start("https://service.example", context)
    fetch = Fetch(first.url, "search", first.chain, True, {"query": "停水", "since": since, "until": until})
    body = json.dumps({"posts": posts, "cursor": "100"}).encode()
    return family.read(_answer(body, "application/json"), fetch, context)


def _post(number: int, minute: int) -> dict[str, Any]:
    at = f"2026-03-15T11:{minute:02}:00.000Z"
    uri = f"at://did:plc:{'a' * 24}/app.bsky.feed.post/{number}"
    return {
        "uri": uri,
        "author": {"did": "did:plc:a"},
        "record": {"text": "停水", "createdAt": at},
        "indexedAt": at,
    }


def test_a_full_page_is_asked_again_from_its_oldest_post_without_a_cursor() -> None:
    reading = _searched(
        [_post(n, 59 - n // 2) for n in range(100)], "2026-03-14T12:00:00+00:00", "2026-03-15T12:00:00+00:00"
    )
    (following,) = reading.follow
    assert "cursor" not in following.url and following.carry["until"] == "2026-03-15T11:10:00.001000+00:00"
    assert not reading.ended


def test_the_last_window_ends_the_chain() -> None:
    reading = _searched([_post(1, 5)], "2026-03-01T00:00:00+00:00", "2026-03-02T00:00:00+00:00")
    assert reading.follow == [] and reading.ended == ("search 停水",)


# Hostile bodies


BODIES = {
    "empty": b"",
    "nothing": b"null",
    "list": b"[]",
    "number": b"1e999",
    "deep": b"[" * 200_000,
    "deep-object": b'{"a":' * 200_000,
    "deep-page": b"<html><body>" + b"<div>" * 100_000,
    "deep-xml": b"<?xml version='1.0'?>" + b"<a>" * 100_000,
    "binary": bytes(range(256)) * 400,
    "wrong-kinds": b'{"posts":{"a":1},"feed":7,"items":"x","threads":{},"claims":3,"data":[],"ok":1}',
    "odd-entries": b'{"posts":[null,1,"x",[],{}],"items":[null,{"id":{}},[]],"threads":[null,{}],"claims":[null,{}],'
    b'"feed":{"openSearch$totalResults":{},"entry":[null,1,{}]},"data":{"cards":[null,{"mblog":null},{"mblog":[]}]},"ok":1}',
    "page": "<html><head><title>新站</title></head><body>你好</body></html>".encode(),
    "bomb": gzip.compress(b"<urlset>" + b" " * 60_000_000),
}
STARTS: dict[str, dict[str, Any]] = {
    "reddit": {"subreddits": ["harbor"]},
    "wenxuecity": {"boards": ["harbor"]},
    "sixpark": {"boards": ["chan1"]},
}
OTHERS = sorted(set(FAMILIES) - {"discuz", "feed", "mastodon", "telegram", "wordpress"})


@pytest.mark.parametrize("family", OTHERS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_hostile_body_is_refused_or_named_in_good_time(family: str, body: bytes) -> None:
    reader, context = family_named(family), _context(params=STARTS.get(family, {}), queries=("停水",))
    (fetch,) = reader.start("https://site.example", context)
    began = time.process_time()
    for kind in ("application/json", "text/html"):
        answer = _answer(body, kind, fetch.url)
        if reader.is_end(answer, fetch) or reader.is_refusal(answer):
            continue
        try:
            reading = reader.read(answer, fetch, context)
        except PageChanged as error:
            assert len(str(error)) < 1_000
            continue
        assert reading.posts == [] and reading.items == len(reading.rejects), "entries that vanish unseen"
    assert time.process_time() - began < 5


def test_a_sitemap_that_unpacks_beyond_measure_is_refused() -> None:
    with pytest.raises(PageChanged, match="unpacked"):
        load_xml(_answer(BODIES["bomb"]))
    assert load_xml(_answer(gzip.compress(b"<urlset><url/></urlset>"))).tag == "urlset"


@pytest.mark.parametrize("family", OTHERS)
def test_a_source_without_what_it_needs_says_what_to_write(family: str) -> None:
    if family in {"blogger", "claimreview", "misago", "onepoint3acres"}:
        assert family_named(family).start("https://site.example", _context()), "needs an address only"
        return
    with pytest.raises(UsageError, match=r"x: (?:give|write) "):
        family_named(family).start("https://site.example", _context())


@pytest.mark.parametrize(("name", "board"), [("wenxuecity", "../x"), ("sixpark", "a?b"), ("wenxuecity", "")])
def test_a_board_name_cannot_leave_its_place_in_the_address(name: str, board: str) -> None:
    with pytest.raises(UsageError, match="boards"):
        family_named(name).start("https://site.example", _context(params={"boards": [board]}))
