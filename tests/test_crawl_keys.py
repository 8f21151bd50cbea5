"""A person's own keys: they reach their own site, nothing else, and no file. Real crawls, servers on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conftest import make_incident
from crawlers.cards import SourceCard, all_cards, card_named, load_card
from crawlers.families import FAMILIES
from crawlers.launch import Outcome, crawl_sources
from crawlers.run import Job, _settings, make_plan
from crawlers.uses import picked, plain_use
from pipeline.errors import UsageError
from pipeline.incident import Incident, SourceUse
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls, read_observations
from servers import misbehaving as bad

FEED_TOKEN, READER = "feed-token-31337-abcdef", "desk_reader_7"
PASSWORD, TOKEN, KEY = "app-password-4711-abcd", "session-token-0815-xyz", "google-key-1234567890"
DID = "did:plc:" + "a" * 24


class Service(bad.Handler):
    """As much of a Bluesky server as a login and a search of two pages need; a stand-in for one that cannot be had."""

    def do_POST(self) -> None:  # noqa: N802  http.server's name
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((0.0, self.path, {k.lower(): v for k, v in self.headers.items()}))
        good = asked == {"identifier": "desk.example", "password": PASSWORD}
        answer = {"accessJwt": TOKEN, "did": DID} if good else {"error": "AuthenticationRequired"}
        self.answer(json.dumps(answer).encode(), "application/json", 200 if good else 401)


def search(handler: bad.Handler) -> None:
    """Two pages for members, none for strangers."""
    if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
        handler.answer(b'{"error":"Forbidden"}', "application/json", 403)
        return
    second = "cursor=" in handler.path
    post = {
        "uri": f"at://{DID}/app.bsky.feed.post/3k{int(second)}",
        "author": {"did": DID},
        "record": {"text": "停水", "createdAt": "2026-03-14T01:00:00Z"},
        "indexedAt": "2026-03-14T01:00:01Z",
    }
    page = {"posts": [post]} | ({} if second else {"cursor": "1"})
    handler.answer(json.dumps(page).encode(), "application/json")


def feed(handler: bad.Handler) -> None:
    """A page of a feed for those who bring the token; its only link leads nowhere else."""
    if f"feed={FEED_TOKEN}&user={READER}" not in handler.path:
        handler.answer(b"", "text/html", 429)
        return
    entry = '<entry><id>t3_1ab</id><title>停水</title><link href="#a"/><updated>2026-03-14T02:00:00Z</updated></entry>'
    entries = "" if "after=" in handler.path else entry
    handler.answer(
        f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode(), "application/atom+xml"
    )


class World:
    """Three servers: one that wants a login, one that sends readers away, and where it sends them."""

    def __init__(self, root: Path) -> None:
        self.data = DataDir(root)
        self.elsewhere = bad.Misbehaving(bad.page('{"items": []}', 200))
        self.away = bad.Misbehaving(bad.redirect(f"{self.elsewhere.url}/youtube/v3/search"))
        self.service = bad.Misbehaving(search)
        self.service.RequestHandlerClass = Service
        self.feeds = bad.Misbehaving(feed)
        self.incident = make_incident(self.data, "keys", self._text())
        self._cards()

    def _text(self) -> str:
        made = [
            ("member", "bluesky", self.service.url, "login = true\nwindow_hours = 10000\n"),
            ("stranger", "bluesky", self.service.url, "window_hours = 10000\n"),
            ("wrong", "bluesky", self.service.url, "login = true\n"),
            ("away", "youtube", self.away.url, ""),
            ("token", "reddit", self.feeds.url, 'subreddits = ["harbor"]\n'),
        ]
        text = '\n[queries]\nzh-Hans = ["停水"]\n'
        for name, family, url, params in made:
            text += f'\n[[sources]]\nname = "{name}"\nfamily = "{family}"\nurl = "{url}"\nbackoff = 0.05\n{params}'
        return text

    def _cards(self) -> None:
        folder = self.data.root / "sources"
        folder.mkdir()
        both = '["bluesky_identifier", "bluesky_app_password"]'
        for name, secrets in {"member": both, "stranger": "[]", "wrong": both}.items():
            (folder / f"{name}.toml").write_text(
                f'name = "{name}"\nfamily = "bluesky"\ntitle = {{ en = "{name}" }}\nsecrets = {secrets}\n'
            )
        (folder / "token.toml").write_text(
            'name = "token"\nfamily = "reddit"\ntitle = { en = "token" }\n'
            'secrets = ["reddit_feed_token", "reddit_user"]\n'
        )

    def crawl(self, name: str, password: str = PASSWORD) -> Outcome:
        path = self.data.root / "secrets.toml"
        path.touch(mode=0o600)
        path.write_text(
            f'author_key = "{"k" * 32}"\nbluesky_identifier = "desk.example"\n'
            f'bluesky_app_password = "{password}"\ngoogle_api_key = "{KEY}"\n'
            f'reddit_feed_token = "{FEED_TOKEN}"\nreddit_user = "{READER}"\n'
        )
        use = picked(self.incident, (name,))[0]
        return crawl_sources([Job(str(self.data.root), "keys", plain_use(use), True)], lambda *_: None)[0]

    def posts(self, name: str) -> list[dict[str, Any]]:
        crawls = [c for c in finished_crawls(self.data, "keys") if c.folder.parent.name == name]
        return read_observations(crawls).to_pylist()

    def written(self) -> Iterator[tuple[Path, bytes]]:
        for path in self.data.root.rglob("*"):
            if path.is_file() and path.name != "secrets.toml":
                yield path, path.read_bytes()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("keys"))
    yield made
    for server in (made.elsewhere, made.away, made.service, made.feeds):
        server.close()


def test_a_login_opens_every_page_and_its_token_goes_to_no_other_request(world: World) -> None:
    outcome = world.crawl("member")
    assert (outcome.why, len(world.posts("member"))) == ("finished", 2), outcome.message
    seen = [(path.split("?")[0], headers.get("authorization")) for _, path, headers in world.service.asked]
    assert seen.count(("/xrpc/com.atproto.server.createSession", None)) == 1
    assert seen.count(("/xrpc/app.bsky.feed.searchPosts", f"Bearer {TOKEN}")) == 2
    assert ("/robots.txt", None) in seen


def test_a_stranger_is_refused_by_name_and_sends_no_keys(world: World) -> None:
    before = len(world.service.asked)
    outcome = world.crawl("stranger")
    assert outcome.why == "refused" and "no search for strangers" in str(outcome.summary["detail"])
    assert not any("authorization" in headers for _, _, headers in world.service.asked[before:])


def test_a_wrong_password_is_a_refusal_that_does_not_repeat_it(world: World) -> None:
    outcome = world.crawl("wrong", password="not-the-password-9999")
    assert outcome.why == "refused" and "login answered 401" in str(outcome.summary["detail"])
    assert "not-the-password-9999" not in json.dumps(outcome.to_json(), default=str)


def test_a_redirect_to_another_server_loses_the_key(world: World) -> None:
    outcome = world.crawl("away")
    assert outcome.why in {"too few", "finished"}, outcome.to_json()
    sent = [headers for _, path, headers in world.away.asked if path != "/robots.txt"]
    assert sent and all(headers["x-goog-api-key"] == KEY for headers in sent)
    assert all("key=" not in path for _, path, _ in world.away.asked)
    reached = [headers for _, path, headers in world.elsewhere.asked if path != "/robots.txt"]
    assert reached and not any("x-goog-api-key" in headers for headers in reached)
    assert not any("x-goog-api-key" in h for _, path, h in world.away.asked if path == "/robots.txt")


def test_a_feed_token_is_added_when_a_request_leaves_and_kept_nowhere(world: World) -> None:
    outcome = world.crawl("token")
    assert outcome.why == "finished", outcome.to_json()
    paths = [path for _, path, _ in world.feeds.asked]
    assert "/robots.txt" in paths and len(paths) == 3
    assert all(f"feed={FEED_TOKEN}" in path for path in paths if path != "/robots.txt")
    (post,) = world.posts("token")
    assert FEED_TOKEN not in str(post) and READER not in str(post)
    assert FEED_TOKEN not in json.dumps(outcome.to_json(), default=str)


def test_no_key_is_in_any_file_that_the_crawls_wrote(world: World) -> None:
    assert finished_crawls(world.data, "keys")
    for path, content in world.written():
        for secret in (PASSWORD, TOKEN, KEY, FEED_TOKEN, READER):
            assert secret.encode() not in content, path


def test_a_missing_secret_is_named_before_anything_is_asked(data: DataDir) -> None:
    incident = make_incident(data, "one", '\n[queries]\nen = ["water"]\n')
    use = SourceUse("tube", "youtube", "https://www.googleapis.com")
    with pytest.raises(UsageError, match=r"google_api_key.*CHENGQING_GOOGLE_API_KEY"):
        make_plan(data, incident, use, allow_loopback=False)


CARD = """\
name = "wb"
family = "weibo"
title = {{ en = "Weibo" }}
robots = "{robots}"
enabled = {enabled}
delay = 10.0
{more}
"""
DECISION = '[robots_decision]\nby = "the coalition"\non = 2026-03-14\nreason = "an emergency"\n'


def _weibo(data: DataDir, **values: str) -> SourceCard:
    folder = data.root / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "wb.toml"
    path.write_text(CARD.format(**({"robots": "obeyed", "enabled": "true", "more": ""} | values)))
    return load_card(path)


@pytest.mark.parametrize(
    "values",
    [
        {"robots": "obeyed"},
        {"robots": "set aside"},
        {"robots": "set aside", "enabled": "false"},
        {"robots": "obeyed", "more": '[robots_decision]\nby = "x"\non = "soon"\nreason = "y"\n'},
        {"robots": "obeyed", "more": '[robots_decision]\nby = "x"\non = 2026-03-14\nreason = ""\n'},
        {"robots": "ask first"},
    ],
)
def test_weibo_stays_off_without_a_decision_in_writing(data: DataDir, values: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"robots_decision|enabled = false"):
        _weibo(data, **values)


def _plan_settings(data: DataDir, incident: Incident) -> dict[str, Any]:
    use = SourceUse("wb", "weibo", "https://m.weibo.cn")
    return _settings(make_plan(data, incident, use, allow_loopback=False))


def test_robots_are_set_aside_only_where_the_decision_says_so(data: DataDir) -> None:
    incident = make_incident(data, "one", '\n[queries]\nzh-Hans = ["停水"]\n')
    card = _weibo(data, more=DECISION)
    assert card.robots_decision["on"] == date(2026, 3, 14)
    assert _plan_settings(data, incident)["ROBOTSTXT_OBEY"] is True
    _weibo(data, robots="set aside", more=DECISION)
    assert _plan_settings(data, incident)["ROBOTSTXT_OBEY"] is False


def test_a_crawl_ends_after_an_hour_or_ten_errors_and_no_wish_is_without_end(data: DataDir) -> None:
    incident = make_incident(data, "one", '\n[queries]\nzh-Hans = ["停水"]\n')
    _weibo(data, more=DECISION)
    settings = _plan_settings(data, incident)
    assert (settings["CLOSESPIDER_TIMEOUT"], settings["CLOSESPIDER_ERRORCOUNT"]) == (3_600, 10)
    use = SourceUse("wb", "weibo", "https://m.weibo.cn", params={"max_seconds": 8 * 86_400})
    with pytest.raises(UsageError, match="max_seconds"):
        _settings(make_plan(data, incident, use, allow_loopback=False))


def test_sources_that_need_leave_ship_switched_off(data: DataDir) -> None:
    incident = make_incident(data, "one", '\n[queries]\nzh-Hans = ["停水"]\n')
    for family in ("weibo", "onepoint3acres"):
        card = card_named(f"family-{family}")
        assert not card.enabled and card.robots == "ask first"
        with pytest.raises(UsageError, match="is off"):
            make_plan(data, incident, SourceUse("any", family, "https://site.example"), allow_loopback=False)


def test_every_family_has_a_card_that_says_who_and_how() -> None:
    cards = all_cards()
    for family in FAMILIES:
        card = cards[f"family-{family}"]
        assert card.family == family and card.terms and card.lineage and card.delay >= 1.0
        assert {"en", "zh-Hans"} <= set(card.title)
    named = [card for name, card in cards.items() if not name.startswith(("family-", "sample-"))]
    assert {"mygopen", "backchina", "bluesky-login"} <= {card.name for card in named}
    assert all(card.owner and card.language is not None and card.notes for card in named)
    unseen = [card for name, card in cards.items() if not name.startswith("sample-")]
    assert all(card.checked is None for card in unseen), "no live site was looked at"
