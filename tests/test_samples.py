"""The sample incident: reproducible, varied, labeled apart from the posts, and served as five sites over real HTTP."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import unicodedata
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from selectolax.lexbor import LexborNode as Node

from crawlers.samples.generate import GOLD, POSTS, generate, summary
from crawlers.samples.material import REGISTERS, load
from crawlers.samples.records import (
    DEFAULT_INCIDENT,
    SITES,
    SamplePost,
    incident_folder,
    parse_time,
    read_posts,
)
from crawlers.samples.server import SampleServer, answer, open_world
from crawlers.samples.site_telegram import short_count
from crawlers.samples.web import Request
from pipeline.errors import UnknownName, UsageError

ROOT = Path(__file__).resolve().parents[1]
FOLDER = incident_folder(DEFAULT_INCIDENT)
OPENED = datetime(2026, 3, 13, 5, 40, tzinfo=UTC)
FEED_NAMES = {"content": "http://purl.org/rss/1.0/modules/content/", "dc": "http://purl.org/dc/elements/1.1/"}


@pytest.fixture(scope="module")
def posts() -> list[SamplePost]:
    return read_posts(FOLDER)


@pytest.fixture(scope="module")
def gold() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / GOLD).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with SampleServer(open_world(FOLDER)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.base
        server.shutdown()


def get(address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(address, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def get_json(address: str) -> Any:
    return json.loads(get(address)[2])


def ids(posts: list[SamplePost], site: str, *, comments: bool | None = None) -> list[str]:
    """Native ids of a site, newest first; ``comments`` picks WordPress comments or articles."""
    return [
        post.native_id
        for post in reversed(posts)
        if post.site == site and (comments is None or (post.parent_native_id is not None) == comments)
    ]


# --- the data -------------------------------------------------------------------------------------------------


def test_files_are_what_the_script_makes_of_the_material() -> None:
    assert {name: (FOLDER / name).read_bytes() for name in (POSTS, GOLD)} == generate(FOLDER)
    assert sum((FOLDER / name).stat().st_size for name in (POSTS, GOLD)) <= 2_500_000


def test_size_sites_authors_and_window(posts: list[SamplePost]) -> None:
    assert 1_600 <= len(posts) <= 2_500
    assert {post.site for post in posts} == set(SITES)
    assert len({post.author for post in posts}) >= 300
    assert all(OPENED <= post.at < OPENED + timedelta(hours=72) for post in posts)
    assert posts[-1].at - posts[0].at > timedelta(hours=71)
    assert len({(post.site, post.native_id) for post in posts}) == len(posts)


def test_authors_and_counts_are_heavy_tailed(posts: list[SamplePost]) -> None:
    by_author = sorted(Counter(post.author for post in posts).values(), reverse=True)
    tenth = len(by_author) // 10
    assert sum(by_author[:tenth]) > 3 * sum(by_author[-tenth:])
    likes = sorted(post.likes for post in posts if post.site == "mastodon" and post.likes is not None)
    assert likes[-1] > 20 * max(1, likes[len(likes) // 2])


def test_sites_are_silent_about_counts_they_do_not_show(posts: list[SamplePost]) -> None:
    for post in posts:
        if post.site == "wordpress":
            assert (post.likes, post.reposts, post.replies, post.views) == (None, None, None, None)
        if post.site == "forum" and post.parent_native_id is not None:
            assert post.views is None


def test_scripts_and_registers_are_present(posts: list[SamplePost]) -> None:
    marks = {
        "simplified": "[这吗说华转]",
        "traditional": "[這說嗎華轉]",
        "cantonese": "[嘅咗喺嚟冇咁]",
        "mixed": "[a-z]{4}.*[一-鿿]",
    }
    found = {name: sum(bool(re.search(mark, post.text)) for post in posts) for name, mark in marks.items()}
    assert min(found.values()) >= 60, found


def test_disguises_and_mutations_are_there(posts: list[SamplePost]) -> None:
    texts = "\n".join(post.text for post in posts)
    for mark in ("\u200b", "//@", "转发", "截图", "<b>", "&", "移.民", "zf", "火乍", "🙏"):
        assert mark in texts, mark
    assert min(len(post.text) for post in posts) <= 3
    assert max(len(post.text) for post in posts) >= 250


def test_text_is_varied_and_its_characters_can_be_shown(posts: list[SamplePost]) -> None:
    own = [post.text for post in posts if post.repost_of_native_id is None]
    assert len(set(own)) >= 0.7 * len(own)
    assert not [text for text in own if "{" in text or "| " in text], "an unfilled slot"
    assert not [
        text for text in own for sign in text if unicodedata.category(sign) in ("Cc", "Cs") and sign != "\n"
    ]


def test_nothing_points_at_a_real_host_or_telephone(posts: list[SamplePost]) -> None:
    hosts = re.findall(r"https?://([\w.-]+)", "\n".join(post.text for post in posts))
    assert hosts and all(host.endswith(".invalid") for host in hosts)
    assert not [post.text for post in posts if re.search(r"\d{3}[-. ]?\d{3}[-. ]\d{4}", post.text)]


def test_links_between_posts_lead_to_earlier_posts_of_the_same_site(posts: list[SamplePost]) -> None:
    known = {(post.site, post.native_id): post for post in posts}
    for post in posts:
        for other in (post.parent_native_id, post.repost_of_native_id, post.quoted_native_id):
            if other is not None:
                assert known[(post.site, other)].published_at <= post.published_at
    kinds = Counter((post.site, post.parent_native_id is not None) for post in posts)
    assert all(kinds[(site, True)] >= 50 for site in ("mastodon", "wordpress", "forum", "telegram"))


# --- the labels -----------------------------------------------------------------------------------------------


def test_gold_covers_every_post_once(posts: list[SamplePost], gold: list[dict[str, Any]]) -> None:
    labels = {(row["site"], row["native_id"]) for row in gold}
    assert len(labels) == len(gold)
    assert labels == {(post.site, post.native_id) for post in posts}
    assert {row["role"] for row in gold} == {"rumor", "news", "enquiry", "correction", "spam", "chatter"}
    assert all((row["claim"] is None) == (row["family"] is None) for row in gold)


def test_core_claims_are_written_by_hand_in_every_register() -> None:
    families = [family for family in load(FOLDER / "material").families if family.role == "rumor"]
    for family in families:
        for register in REGISTERS:
            assert len(set(family.claims[0].phrases[register])) >= 6, (family.id, register)


def test_the_readme_tells_what_the_generator_prints() -> None:
    assert summary(generate(FOLDER)) in (FOLDER.parent / "README.md").read_text(encoding="utf-8")


def test_ten_rumor_families_mutate_and_are_asked_about_and_corrected(gold: list[dict[str, Any]]) -> None:
    claims: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in gold:
        claims[(row["role"], row["family"])].add(row["claim"])
    families = sorted(family for role, family in claims if role == "rumor")
    assert families == [f"r{number:02d}" for number in range(1, 11)]
    for family in families:
        assert len(claims[("rumor", family)]) >= 2, family
        assert claims[("enquiry", family)], family
        assert not claims[("correction", family)] & claims[("rumor", family)], family
    assert len([family for role, family in claims if role == "news"]) >= 12


def test_families_rise_and_fall_and_three_are_fresh_at_the_end(
    posts: list[SamplePost], gold: list[dict[str, Any]]
) -> None:
    role = {(row["site"], row["native_id"]): (row["role"], row["family"]) for row in gold}
    hours: dict[str, list[float]] = defaultdict(list)
    for post in posts:
        kind, family = role[(post.site, post.native_id)]
        if kind == "rumor" and post.repost_of_native_id is None:
            hours[family].append((post.at - OPENED).total_seconds() / 3600)
    assert len([1 for times in hours.values() if min(times) >= 65.5]) >= 3
    assert len([1 for times in hours.values() if max(times) <= 40]) >= 2


def test_rumors_move_from_site_to_site(posts: list[SamplePost], gold: list[dict[str, Any]]) -> None:
    claim = {(row["site"], row["native_id"]): row["claim"] for row in gold if row["role"] == "rumor"}
    sites: dict[str, set[str]] = defaultdict(set)
    for post in posts:
        if (post.site, post.native_id) in claim:
            sites[claim[(post.site, post.native_id)]].add(post.site)
    assert len([name for name, where in sites.items() if len(where) >= 3]) >= 20


def test_questions_and_corrections_come_after_their_claim(
    posts: list[SamplePost], gold: list[dict[str, Any]]
) -> None:
    first: dict[str, str] = {}
    for post, row in zip(posts, gold, strict=True):
        assert (post.site, post.native_id) == (row["site"], row["native_id"])
        about = (row["claim"] or "").removesuffix("-correction")
        if row["role"] == "rumor":
            first.setdefault(row["claim"], post.published_at)
        elif row["role"] in ("enquiry", "correction") and about.startswith("r"):
            assert first.get(about, "9999") <= post.published_at, (about, post.text)


def test_only_the_generator_names_the_gold_labels() -> None:
    modules = [
        path
        for name in ("pipeline", "models", "dashboard", "crawlers")
        for path in (ROOT / name).rglob("*.py")
    ]
    naming = {
        path.relative_to(ROOT).as_posix()
        for path in modules
        if "gold.jsonl" in path.read_text(encoding="utf-8")
    }
    assert naming == {"crawlers/samples/generate.py"}


def test_unknown_incident_and_bad_time_are_named() -> None:
    with pytest.raises(UnknownName, match="sf-harbor-lane-fire"):
        incident_folder("../secrets")
    with pytest.raises(UsageError, match="ISO 8601"):
        parse_time("yesterday")


# --- the server -----------------------------------------------------------------------------------------------


def test_server_listens_on_loopback_only_and_hides_gold(base: str) -> None:
    assert base.startswith("http://127.0.0.1:")
    for path in (
        "/gold.jsonl",
        "/feed/../gold.jsonl",
        "/feed/items/..%2F..%2Fgold.jsonl",
        f"/{DEFAULT_INCIDENT}/gold.jsonl",
    ):
        status, _, body = get(base + path)
        assert status == 404 and b"stands_alone" not in body
    assert get(base + "/robots.txt")[2].startswith(b"User-agent: *")


def test_feed_pages_hold_every_item_once(base: str, posts: list[SamplePost]) -> None:
    texts = {post.native_id: post for post in posts if post.site == "feed"}
    seen: list[str] = []
    for number in range(1, 100):
        status, headers, body = get(f"{base}/feed/rss.xml?paged={number}")
        if status == 404:
            break
        assert headers["content-type"].startswith("application/rss+xml")
        for item in ET.fromstring(body).iter("item"):
            post = texts[item.findtext("guid") or ""]
            content = HTMLParser(item.findtext("content:encoded", "", FEED_NAMES)).text()
            assert "".join(content.split()) == "".join(post.text.split())
            assert item.findtext("dc:creator", "", FEED_NAMES) == post.author
            seen.append(post.native_id)
    assert seen == ids(posts, "feed")


def test_feed_answers_304_to_a_current_copy(base: str) -> None:
    _, headers, _ = get(f"{base}/feed/rss.xml")
    assert get(f"{base}/feed/rss.xml", If_None_Match=headers["etag"])[0] == 304
    assert get(f"{base}/feed/rss.xml", If_Modified_Since=headers["last-modified"])[0] == 304
    assert (
        get(f"{base}/feed/rss.xml", If_None_Match='"other"', If_Modified_Since=headers["last-modified"])[0]
        == 200
    )


def test_mastodon_timeline_pages_by_link_header(base: str, posts: list[SamplePost]) -> None:
    texts = {post.native_id: post for post in posts if post.site == "mastodon"}
    address, seen = f"{base}/mastodon/api/v1/timelines/public?local=true&limit=40", []
    while address:
        _, headers, body = get(address)
        statuses = json.loads(body)
        assert len(statuses) <= 40
        for status in statuses:
            post = texts[status["id"]]
            shown = status["reblog"] or status
            assert plain(shown["content"]) == "".join(post.text.split())
            assert (status["reblog"] or {}).get("id") == post.repost_of_native_id
            assert status["in_reply_to_id"] == post.parent_native_id
            assert status["account"]["acct"] == post.author
        seen += [status["id"] for status in statuses]
        found = re.search(r'<([^>]+)>; rel="next"', headers.get("link", ""))
        address = found.group(1) if found else ""
    assert seen == ids(posts, "mastodon")


def plain(html: str) -> str:
    return "".join(HTMLParser(html).text().split())


def test_mastodon_min_id_walks_forward_and_limit_is_capped(base: str, posts: list[SamplePost]) -> None:
    order = ids(posts, "mastodon")[::-1]
    forward = get_json(f"{base}/mastodon/api/v1/timelines/public?min_id={order[9]}&limit=5")
    assert [status["id"] for status in forward] == order[10:15][::-1]
    assert len(get_json(f"{base}/mastodon/api/v1/timelines/public?limit=4000")) == 40


def test_mastodon_tags_search_and_context(base: str) -> None:
    tagged = get_json(f"{base}/mastodon/api/v1/timelines/tag/{quote('海港巷')}?limit=40")
    assert tagged and all("海港巷" in [tag["name"] for tag in (s["reblog"] or s)["tags"]] for s in tagged)
    address = f"{base}/mastodon/api/v1/timelines/tag/{quote('海港巷')}?limit=7"
    older = re.search(r'<([^>]+)>; rel="next"', get(address)[1]["link"])
    assert older is not None and [s["id"] for s in get_json(older.group(1))] == [
        s["id"] for s in tagged[7:14]
    ]
    found = get_json(f"{base}/mastodon/api/v2/search?" + urlencode({"type": "statuses", "q": "喜鹊楼"}))[
        "statuses"
    ]
    assert found and all("喜鹊楼" in HTMLParser(status["content"]).text() for status in found)
    assert get(f"{base}/mastodon/api/v2/search?q=x&offset=20")[0] == 401
    reply = next(
        status
        for status in get_json(f"{base}/mastodon/api/v1/timelines/public?limit=40")
        if status["in_reply_to_id"]
    )
    context = get_json(f"{base}/mastodon/api/v1/statuses/{reply['id']}/context")
    assert reply["in_reply_to_id"] in [status["id"] for status in context["ancestors"]]


@pytest.mark.parametrize(("kind", "comments"), [("posts", False), ("comments", True)])
def test_wordpress_lists_page_to_the_end(
    base: str, posts: list[SamplePost], kind: str, comments: bool
) -> None:
    texts = {post.native_id: post for post in posts if post.site == "wordpress"}
    address, seen = f"{base}/wp/wp-json/wp/v2/{kind}?per_page=50", []
    while address:
        _, headers, body = get(address)
        for one in json.loads(body):
            post = texts[str(one["id"])]
            assert plain(one["content"]["rendered"]) == "".join(post.text.split())
            assert parse_time(one["date_gmt"]) == post.at
            seen.append(post.native_id)
        found = re.search(r'<([^>]+)>; rel="next"', headers.get("link", ""))
        address = found.group(1) if found else ""
    assert seen == ids(posts, "wordpress", comments=comments)
    assert int(headers["x-wp-total"]) == len(seen)
    past = get(f"{base}/wp/wp-json/wp/v2/{kind}?per_page=50&page={int(headers['x-wp-totalpages']) + 1}")
    assert past[0] == 400 and json.loads(past[2])["code"].endswith("_invalid_page_number")


def test_wordpress_filters(base: str) -> None:
    api = f"{base}/wp/wp-json/wp/v2"
    found = get_json(f"{api}/posts?" + urlencode({"search": "喜鵲樓", "_fields": "id,title,content"}))
    assert found and all(set(one) == {"id", "title", "content"} and "喜鵲樓" in str(one) for one in found)
    late = get_json(f"{api}/posts?" + urlencode({"after": "2026-03-15T00:00:00Z", "per_page": 100}))
    assert late and all(one["date_gmt"] > "2026-03-15T00:00:00" for one in late)
    naive = get_json(
        f"{api}/posts?after=2026-03-15T00:00:00&per_page=100"
    )  # the site's own time, seven hours later
    assert all(one["date_gmt"] > "2026-03-15T07:00:00" for one in naive) and len(naive) < len(late)
    assert get(f"{api}/posts?per_page=101")[0] == 400
    assert get(f"{api}/posts?after=soon")[0] == 400
    one = get_json(f"{api}/comments?per_page=100&post={found[0]['id']}")
    assert all(comment["post"] == found[0]["id"] for comment in one)


def test_forum_boards_and_threads_in_gbk_hold_every_post_once(base: str, posts: list[SamplePost]) -> None:
    texts = {post.native_id: post for post in posts if post.site == "forum"}
    threads: list[str] = []
    for page in walk(base, "forum.php?mod=forumdisplay&fid=2&orderby=dateline"):
        for body in page.css("tbody[id^=normalthread_]"):
            threads.append((body.attributes["id"] or "").removeprefix("normalthread_"))
            first = texts[
                next(post.native_id for post in texts.values() if post.thread_native_id == threads[-1])
            ]
            assert text_of(body, "a.xst") == " ".join((first.title or "").split())
            assert text_of(body, "td.num em") == str(first.views)
    assert len(threads) == len(set(threads)) == len({post.thread_native_id for post in texts.values()})
    seen: list[str] = []
    for tid in threads:
        for page in walk(base, f"forum.php?mod=viewthread&tid={tid}"):
            seen.extend(check_forum_post(block, texts) for block in page.css("div[id^=post_]"))
    assert sorted(seen) == sorted(texts)


def check_forum_post(block: Node, texts: dict[str, SamplePost]) -> str:
    pid = (block.attributes["id"] or "").removeprefix("post_")
    post, body = texts[pid], block.css_first("td.t_f")
    assert body is not None
    quoted = body.css_first("div.quote")
    assert (quoted is not None) == (post.quoted_native_id is not None)
    if quoted is not None:
        assert f"pid={post.quoted_native_id}" in (quoted.html or "")
        quoted.decompose()
    assert "".join(body.text().split()) == "".join(post.text.split())
    shown = block.css_first("em[id^=authorposton] span")
    assert shown is not None
    local = datetime.strptime(shown.attributes["title"] or "", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  the page has no zone
    assert local.replace(tzinfo=UTC) + timedelta(hours=7) == post.at
    return pid


def walk(base: str, address: str) -> Iterator[HTMLParser]:
    while address:
        status, headers, body = get(f"{base}/forum/{address}")
        assert (status, headers["content-type"]) == (200, "text/html; charset=gbk")
        page = HTMLParser(body.decode("gbk"))
        yield page
        following = page.css_first("a.nxt")
        address = (following.attributes["href"] or "") if following else ""


def text_of(node: Node, selector: str) -> str:
    found = node.css_first(selector)
    assert found is not None, selector
    return " ".join(found.text().split())


def test_forum_says_so_when_a_thread_is_missing(base: str) -> None:
    status, _, body = get(f"{base}/forum/forum.php?mod=viewthread&tid=1")
    assert status == 200 and "主题不存在" in body.decode("gbk")


def test_telegram_previews_reach_every_message_backward_and_forward(
    base: str, posts: list[SamplePost]
) -> None:
    texts = {post.native_id: post for post in posts if post.site == "telegram"}
    channels = sorted({post.author for post in texts.values()})
    seen = [native for channel in channels for native in read_channel(base, channel, texts)]
    assert sorted(seen) == sorted(texts)
    numbers = sorted(int(native.split("/")[1]) for native in texts if native.startswith(channels[0]))
    assert numbers != list(range(numbers[0], numbers[-1] + 1)), "ids have gaps"
    _, _, body = get(f"{base}/telegram/s/{channels[0]}?after={numbers[4]}")
    shown = [node.attributes["data-post"] for node in HTMLParser(body).css("div.tgme_widget_message")]
    assert shown == [f"{channels[0]}/{number}" for number in numbers[5:25]]


def read_channel(base: str, channel: str, texts: dict[str, SamplePost]) -> Iterator[str]:
    before: int | None = None
    while True:
        suffix = f"?before={before}" if before else ""
        nodes = HTMLParser(get(f"{base}/telegram/s/{channel}{suffix}")[2]).css("div.tgme_widget_message")
        assert len(nodes) <= 20
        if not nodes:
            return
        for node in nodes:
            post = texts[node.attributes["data-post"] or ""]
            body = node.css_first(".js-message_text")
            clock = node.css_first("time")
            assert body is not None and clock is not None
            assert "".join(body.text().split()) == "".join(post.text.split())
            assert parse_time(clock.attributes["datetime"] or "") == post.at
            assert text_of(node, ".tgme_widget_message_views") == short_count(post.views or 0)
            assert bool(node.css(".tgme_widget_message_reply")) == (post.parent_native_id is not None)
            assert bool(node.css(".tgme_widget_message_forwarded_from")) == (
                post.repost_of_native_id is not None
            )
            yield post.native_id
        before = int((nodes[0].attributes["data-post"] or "").split("/")[1])


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (987, "987"), (1_000, "1K"), (1_679, "1.67K"), (12_345, "12.3K"), (1_200_000, "1.2M")],
)
def test_telegram_counts_are_abbreviated(count: int, shown: str) -> None:
    assert short_count(count) == shown


def test_until_hides_the_future_and_shrinks_counts(posts: list[SamplePost]) -> None:
    moment = OPENED + timedelta(hours=20)
    world = open_world(FOLDER, moment.isoformat())
    shown = {(post.site, post.native_id): post for site in SITES for post in world.store.by_site[site]}
    assert set(shown) == {(post.site, post.native_id) for post in posts if post.at <= moment}
    for post in posts:
        then = shown.get((post.site, post.native_id))
        if then is not None and post.views is not None:
            assert then.views is not None and then.views <= post.views
    newest = json.loads(answer(Request("/mastodon/api/v1/timelines/public", {}, {}, "http://x"), world).body)[
        0
    ]
    assert parse_time(newest["created_at"]) <= moment


@pytest.mark.parametrize(
    "path",
    [
        "/mastodon/api/v1/timelines/public?limit=" + "9" * 5_000,
        "/wp/wp-json/wp/v2/posts?per_page=" + "9" * 5_000,
        "/forum/forum.php?mod=viewthread&tid=%00&page=-1",
        "/telegram/s/%2e%2e?before=x",
        "/feed/rss.xml?paged=x",
        "//",
    ],
)
def test_odd_requests_get_an_answer(base: str, path: str) -> None:
    assert get(base + path)[0] in (200, 302, 400, 404)


def test_the_command_prints_one_line_with_its_address() -> None:
    command = [sys.executable, "-m", "crawlers.samples.server", "--until", "2026-03-13T12:00:00Z"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert told["posts"] > 0
            assert get(told["base"] + "/feed/rss.xml")[0] == 200
        finally:
            process.terminate()
