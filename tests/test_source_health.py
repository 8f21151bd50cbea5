"""What ``chengqing source`` tells and writes: crawl health with its alarms, a new source, pages without people."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result

from conftest import make_incident
from crawlers import scaffold_family
from crawlers.families import FAMILIES, family_named
from crawlers.health import changed_shape, health_of
from crawlers.identity import Identity
from crawlers.items import Answer, Context, Fetch, PageChanged, Stop
from crawlers.launch import crawl_sources
from crawlers.pages import read_case, save_case
from crawlers.run import Job
from crawlers.source_cli import source
from crawlers.store import CrawlStore, marks_of, new_summary, previous_crawls
from crawlers.uses import picked, plain_use
from dashboard.words import LANGUAGES, sentences
from pipeline.errors import CrawlError, UsageError
from pipeline.paths import CHECKOUT, DataDir
from pipeline.raw import GOOD_ENDS, finished_crawls, read_observations
from servers import misbehaving as bad

NOW = datetime(2026, 3, 15, tzinfo=UTC)


def call(data: DataDir, *arguments: str) -> Result:
    return CliRunner().invoke(
        source, list(arguments), env={"CHENGQING_DATA": str(data.root)}, standalone_mode=False
    )


def crawl(data: DataDir, name: str, url: str, more: str = "") -> Any:
    text = f'\n[[sources]]\nname = "{name}"\nfamily = "feed"\nurl = "{url}"\nbackoff = 0.05\n{more}'
    incident = make_incident(data, "watch", text)
    use = plain_use(picked(incident, (name,))[0])
    return crawl_sources([Job(str(data.root), "watch", use, True)], lambda *_: None)[0]


def entry(number: int, text: str, when: str = "<pubDate>Fri, 13 Mar 2026 06:00:00 GMT</pubDate>") -> str:
    return f"<item><guid>{number}</guid><title>t</title><description>{text}</description>{when}</item>"


def feed(*items: str) -> bytes:
    return bad.FEED.format(items="".join(items)).encode()


@pytest.fixture
def server() -> Any:
    running = bad.Misbehaving(bad.fine)
    yield running
    running.close()


def test_alarms_of_changed_thin_and_refused_sources_are_listed(
    data: DataDir, server: bad.Misbehaving
) -> None:
    (data.root / "sources").mkdir(parents=True)
    card = 'name = "{}"\nfamily = "feed"\ntitle = {{ en = "x" }}\n[expected]\nmin = 5\n'
    (data.root / "sources" / "thin.toml").write_text(card.format("thin"))
    assert crawl(data, "thin", f"{server.url}/feed").why == "too few"
    server.respond = bad.page("<html>new design</html>")
    assert crawl(data, "changed", f"{server.url}/feed").why == "changed"
    server.respond = bad.page("no", 403)
    assert crawl(data, "closed", f"{server.url}/feed").why == "refused"
    server.respond = bad.fine
    assert crawl(data, "good", f"{server.url}/feed").why == "finished"
    (data.raw("watch") / "killed" / "20260101T000000Z-crawl").mkdir(parents=True)
    shown = {one["source"]: one for one in json.loads(call(data, "list", "--json").stdout)["health"]}
    assert "expects 5 or more" in shown["thin"]["alarm"] and shown["thin"]["posts"] == 3
    assert "not a feed" in shown["changed"]["alarm"] and "403" in shown["closed"]["alarm"]
    assert shown["good"]["alarm"] is None and shown["good"]["new"] == 3 and shown["good"]["finished_at"]
    assert shown["killed"]["unfinished"] and shown["killed"]["alarm"]
    table = call(data, "list", "--incident", "watch").stdout
    assert "too few" in table and "refused" in table and "family-discuz" not in table


def test_a_field_that_went_missing_is_an_alarm_though_every_page_was_read(
    data: DataDir, server: bad.Misbehaving
) -> None:
    first, later = range(12), range(12, 24)
    server.respond = lambda handler: handler.answer(feed(*(entry(n, f"第{n}条") for n in first)))
    assert crawl(data, "feed", f"{server.url}/feed").why == "finished"
    server.respond = lambda handler: handler.answer(feed(*(entry(n, f"第{n}条", "") for n in later)))
    outcome = crawl(data, "feed", f"{server.url}/feed")
    assert outcome.why == "changed" and "published_at is missing in 100%" in outcome.summary["detail"]
    assert outcome.summary["extra"]["marks"] == {} and outcome.summary["posts"] == 12  # kept, and read again


def test_entries_that_nobody_could_read_are_an_alarm(data: DataDir, server: bad.Misbehaving) -> None:
    empty = "<item><guid>{}</guid></item>"
    server.respond = lambda handler: handler.answer(feed(*(empty.format(n) for n in range(11))))
    outcome = crawl(data, "feed", f"{server.url}/feed")
    assert outcome.why == "changed" and "11 of 11 entries" in outcome.summary["detail"]
    assert [one.alarm is not None for one in health_of(data)] == [True]


def test_few_posts_and_first_crawls_prove_no_change() -> None:
    gone = {"items": 9, "missing_published_at": 9}
    good = [{"stopped_because": "finished", "posts": 50, "extra": {}}]
    assert changed_shape(gone, 9, good) is None
    assert changed_shape({"missing_published_at": 50}, 50, []) is None
    assert changed_shape({"missing_published_at": 50}, 50, good) is not None
    assert (
        changed_shape({"missing_published_at": 50}, 50, [{**good[0], "stopped_because": "changed"}]) is None
    )


def test_counts_are_observed_again_within_the_overlap_and_every_observation_stays(
    data: DataDir, server: bad.Misbehaving
) -> None:
    slash = ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'

    def with_replies(*counts: int) -> bytes:
        items = (
            entry(n, f"第{n}条").replace("<title>", f"<slash:comments{slash}>{c}</slash:comments><title>")
            for n, c in enumerate(counts)
        )
        return feed(*items)

    for counts in ((3, 0), (12, 0, 1)):
        server.respond = partial(bad.Handler.answer, body=with_replies(*counts))
        outcome = crawl(data, "feed", f"{server.url}/feed")
    assert outcome.summary["extra"]["new"] == 1
    rows = read_observations(finished_crawls(data, "watch")).to_pylist()
    seen = sorted((row["post_id"].rpartition("/")[2], row["collected_at"], row["replies"]) for row in rows)
    assert [(name, replies) for name, _, replies in seen] == [
        ("0", 3),
        ("0", 12),
        ("1", 0),
        ("1", 0),
        ("2", 1),
    ]


def test_marks_move_back_by_the_overlap_and_only_for_chains_read_to_their_end(data: DataDir) -> None:
    from crawlers.run import context_of, make_plan
    from pipeline.incident import SourceUse

    incident = make_incident(data, "watch")
    use = SourceUse("feed", "feed", "https://site.example/feed", {"overlap_hours": 6})
    for chain, ended in (("feed", True), ("other", False)):
        store = CrawlStore(data, "watch", new_summary("feed", "t", None), [Fetch(use.url, chain=chain)], "p")
        store.newest[chain] = NOW.isoformat()
        store.ended |= {chain} if ended else set()
        store.strike(Fetch(use.url, chain=chain))
        store.finish("finished", None, [])
    marks = marks_of(previous_crawls(data, "watch", "feed"))
    assert marks == {"feed": NOW}
    context = context_of(make_plan(data, incident, use, allow_loopback=False), "c", marks)
    assert (NOW - context.floor("feed")).total_seconds() == 6 * 3600
    assert context.floor("other") == incident.start


def test_a_new_source_has_a_card_a_failing_test_and_lines_for_the_incident(
    data: DataDir, tmp_path: Path
) -> None:
    done = call(
        data, "new", "city-forum", "https://bbs.city.example", "--family", "discuz", "--pages", str(tmp_path)
    )
    assert done.exception is None and 'url = "https://bbs.city.example"' in done.stdout
    card = json.loads(call(data, "show", "city-forum").stdout)
    assert card["family"] == "discuz" and card["checked"] is None and card["expected_min"] == 1
    case = tmp_path / "discuz" / "city-forum-to-record"
    approved = json.loads((case / "posts.json").read_text(encoding="utf-8"))
    assert read_case(case) != approved and "record" in approved["to_do"]
    again = call(data, "new", "city-forum", "https://bbs.city.example", "--family", "discuz")
    assert isinstance(again.exception, UsageError) and "there already" in str(again.exception)
    private = call(data, "new", "inside", "http://10.0.0.1/", "--family", "feed", "--pages", str(tmp_path))
    assert isinstance(private.exception, UsageError) and "private network" in str(private.exception)


def test_a_site_of_unknown_software_begins_with_a_spider_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written passes the linter, is listed among the families, and reads a page that fits it."""
    folder = tmp_path / "families"
    shutil.copytree(scaffold_family.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    spider, listed = scaffold_family.write_family("townboard", "town.example", folder)
    for file in (spider, listed):
        for ruff in (["check"], ["format", "--check"]):
            named = ["--stdin-filename", f"crawlers/families/{file.name}", "-"]
            command, text = [sys.executable, "-m", "ruff", *ruff, *named], file.read_text(encoding="utf-8")
            done = subprocess.run(
                command, input=text, capture_output=True, text=True, check=False, cwd=CHECKOUT
            )
            assert done.returncode == 0, done.stdout + done.stderr
    spec = importlib.util.spec_from_file_location("crawlers.families.townboard", spider)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "crawlers.families.townboard", module)
    spec.loader.exec_module(module)
    package: dict[str, Any] = {"__name__": "crawlers.families"}
    exec(compile(listed.read_text(encoding="utf-8"), str(listed), "exec"), package)
    assert list(package["FAMILIES"]) == sorted([*FAMILIES, "townboard"])
    family = package["family_named"]("townboard")
    context = Context("town", "town.example", "c", "t", NOW, NOW, lambda platform, name: f"{platform}:{name}")
    (fetch,) = family.start("https://town.example/board", context)
    row = (
        '<article><a href="/p/7">停水</a><p>明天停水</p><b class="author">mei</b>'
        "<time>2026-03-14T08:00:00Z</time></article>"
    )
    reading = family.read(answer_of(fetch.url, row + "<article>广告</article>"), fetch, context)
    (post,) = reading.posts
    assert (post.post_id, post.text) == ("forum:town.example/p/7", "明天停水") and len(reading.rejects) == 1
    assert post.author_key == "forum:town.example/mei" and post.published_at is not None
    with pytest.raises(PageChanged):
        family.read(answer_of(fetch.url, "<main>new design</main>"), fetch, context)


def answer_of(url: str, body: str) -> Answer:
    return Answer(url, 200, {"content-type": "text/html; charset=utf-8"}, body.encode())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--new-family"),
        (("--family", "feed", "--new-family", "townboard"), "--new-family"),
        (("--new-family", "discuz"), "--family discuz"),
        (("--new-family", "../x"), "small letters"),
        (("--new-family", "class"), "small letters"),
        (("--family", "townboard"), "discuz"),
    ],
)
def test_software_is_named_once_and_writes_nothing_when_it_cannot_be(
    data: DataDir, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    done = call(data, "new", "town", "https://town.example", *options, "--pages", str(tmp_path / "pages"))
    assert isinstance(done.exception, UsageError) and told in str(done.exception)
    assert not (tmp_path / "pages").exists() and not (data.root / "sources").exists()


EVIL = "停水\u009b31m了\u202e [bold]\u200b" * 3


def test_from_a_new_source_to_a_saved_page_that_the_tests_read(
    data: DataDir, server: bad.Misbehaving, tmp_path: Path
) -> None:
    """As a person types it: new, the lines into the incident's file, try, record."""
    server.respond = bad.page(feed(*(entry(n, EVIL) for n in range(7))).decode())
    done = call(data, "new", "town", f"{server.url}/feed", "--family", "feed", "--pages", str(tmp_path))
    lines = done.stdout[done.stdout.index("[[sources]]") : done.stdout.index("written", 10)]
    make_incident(data, "watch", "\n" + lines)
    folder = tmp_path / "feed"
    tried = call(data, "try", "watch", "town", "--allow-loopback")
    assert tried.exception is None and "5 posts shown" in tried.stdout
    assert "7 entries" in tried.stdout and "7 outside the incident's window" not in tried.stdout
    assert "<U+009B>" in tried.stdout and not set(tried.stdout) & {"\u009b", "\u202e", "\u200b"}
    assert "[bold]" in tried.stdout and not data.raw("watch").exists()
    recorded = call(data, "record", "watch", "town", "--allow-loopback", "--to", str(folder))
    assert recorded.exception is None and "7 posts in 7 entries" in recorded.stdout
    (case,) = folder.iterdir()  # the empty one of a new source is gone
    assert case.name == "town-list-01" and not data.raw("watch").exists()
    assert json.loads(json.dumps(read_case(case), default=str)) == json.loads(
        (case / "posts.json").read_text(encoding="utf-8")
    )


def test_a_trial_shows_posts_that_a_crawl_would_leave_out_and_says_so(
    data: DataDir, server: bad.Misbehaving
) -> None:
    old = "<pubDate>Fri, 13 Mar 2020 06:00:00 GMT</pubDate>"
    server.respond = bad.page(feed(entry(1, "旧消息", old), entry(2, "更旧", old)).decode())
    lines = f'\n[[sources]]\nname = "old"\nfamily = "feed"\nurl = "{server.url}/feed"\n'
    make_incident(data, "watch", lines)
    done = call(data, "try", "watch", "old", "--allow-loopback")
    assert done.exception is None and "2 posts shown" in done.stdout
    assert "2 outside the incident's window" in done.stdout


def test_a_refused_record_says_so_and_leaves_a_case_of_the_refusal(
    data: DataDir, server: bad.Misbehaving, tmp_path: Path
) -> None:
    server.respond = bad.page("no", 403)
    make_incident(data, "watch", f'\n[[sources]]\nname = "no"\nfamily = "feed"\nurl = "{server.url}/feed"\n')
    recorded = call(data, "record", "watch", "no", "--allow-loopback", "--to", str(tmp_path / "new"))
    assert isinstance(recorded.exception, CrawlError) and "refusal: answered 403" in recorded.stdout
    inside = call(data, "record", "watch", "no", "--to", str(tmp_path / "never"))
    assert isinstance(inside.exception, CrawlError) and "--allow-loopback" in str(inside.exception)
    assert not (tmp_path / "never").exists() or not any((tmp_path / "never").iterdir())


def test_names_of_sources_stay_whole_on_a_narrow_terminal(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    shown = call(data, "list").stdout
    assert "family-onepoint3acres" in shown and "left out on this narrow terminal" in shown


def test_a_recorded_page_names_no_author_and_no_secret_and_reads_the_same(tmp_path: Path) -> None:
    status = {
        "id": "11",
        "uri": "https://site.example/users/laowang/statuses/11",
        "url": "https://site.example/@laowang/11",
        "created_at": "2026-03-14T01:00:00Z",
        "content": "<p>停水了，联系 wang@mail.example</p>",
        "account": {
            "acct": "laowang",
            "username": "laowang",
            "display_name": "老王",
            "avatar": "https://x/1.png",
        },
    }
    body = json.dumps([status, {**status, "id": "10"}], ensure_ascii=False).encode()
    url = "https://site.example/api/v1/timelines/public?local=true&access_token=planted-secret"
    answer = Answer(url, 200, {"content-type": "application/json"}, body)
    context = Context("x", "site.example", "c", "t", NOW, NOW, Identity("k" * 20).author)
    case = save_case(tmp_path, family_named("mastodon"), Fetch(url, chain="local"), answer, context)
    written = "".join(path.read_text(encoding="utf-8") for path in case.iterdir())
    assert not [
        word for word in ("laowang", "老王", "wang@mail", "planted-secret", "1.png") if word in written
    ]
    posts = json.loads((case / "posts.json").read_text(encoding="utf-8"))["posts"]
    assert len(posts) == 2 and posts[0]["text"].startswith("停水了") and posts[0]["author_key"]
    assert posts[0]["url"] == "https://site.example/@writer1/11"


def test_every_end_has_its_word_on_the_desk_and_only_good_ones_look_good() -> None:
    template = (CHECKOUT / "dashboard" / "templates" / "crawls.html").read_text(encoding="utf-8")
    shown = template.partition("stopped_because not in (")[2].partition(")")[0]
    assert {end.strip(' "') for end in shown.split(",")} == GOOD_ENDS
    for language in LANGUAGES:
        assert {f"stopped.{end}" for end in get_args(Stop)} <= sentences(language).keys()
