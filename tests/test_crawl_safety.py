"""The border: addresses, robots, waits, secrets, authors' keys, cards."""

from __future__ import annotations

import logging
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy.http import Response
from scrapy.settings import Settings

from crawlers.cards import SHIPPED, all_cards, load_card
from crawlers.families import FAMILIES
from crawlers.identity import Identity
from crawlers.net.agent import user_agent
from crawlers.net.guard import AddressRefused, GuardResolver, check_url, is_public
from crawlers.net.redact import Redactor
from crawlers.net.retry import asked_wait
from crawlers.net.settings import crawl_settings
from crawlers.run import make_plan
from crawlers.secrets import SecretStore
from pipeline.errors import UnknownName, UsageError
from pipeline.incident import Incident, SourceUse, parse_incident
from pipeline.paths import DataDir

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "data:text/plain,x",
        "ftp://files.example/x",
        "gopher://x.example/",
        "http://",
        "http:///x",
        "http://localhost/",
        "http://LOCALHOST/",
        "http://localhost./",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0.0.0.0/",
        "http://0/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fd00::1]/",
        "http://[2002:7f00:1::]/",
        "http://router/",
        "http://db.internal/",
        "http://printer.local/",
        "http://user:pass@news.example/",
        "http://news.example:99999/",
        "http://[bad/",
        "http://news.example/" + "x" * 3000,
    ],
)
def test_no_address_leads_inside(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["https://news.example/a?b=1", "http://8.8.8.8/", "http://[2606:4700::1111]/", "https://新闻.example/"],
)
def test_public_addresses_pass(url: str) -> None:
    check_url(url)


def test_the_allow_list_lets_exactly_its_hosts_pass() -> None:
    check_url("http://127.0.0.1:8700/x", ["127.0.0.1"])
    with pytest.raises(AddressRefused):
        check_url("http://127.0.0.2/", ["127.0.0.1"])
    with pytest.raises(AddressRefused):
        check_url("file://127.0.0.1/etc/passwd", ["127.0.0.1"])


def test_the_users_own_proxy_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    with pytest.raises(AddressRefused):
        check_url("http://proxy.example/")


@pytest.mark.parametrize("answer", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "nonsense"])
def test_names_that_resolve_inside_are_refused_at_connect_time(answer: str) -> None:
    with pytest.raises(AddressRefused):
        GuardResolver._checked(answer, "rebinding.example")
    assert GuardResolver._checked("8.8.8.8", "dns.example") == "8.8.8.8" and not is_public(answer)


def test_settings_are_polite_bounded_and_without_doors() -> None:
    made = Settings(crawl_settings(delay=1.5, allowed=[]))
    expected = {
        "ROBOTSTXT_OBEY": True,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 1.5,
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
        "DOWNLOAD_TIMEOUT": 30.0,
        "DOWNLOAD_MAXSIZE": 15_000_000,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "COOKIES_ENABLED": False,
        "REDIRECT_MAX_TIMES": 5,
        "RETRY_TIMES": 2,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "HTTPCACHE_ENABLED": False,
        "URLLENGTH_LIMIT": 2083,
    }
    assert {name: made.get(name) for name in expected} == expected
    assert {made["DOWNLOAD_HANDLERS"][name] for name in ("file", "ftp", "s3", "data")} == {None}
    assert user_agent().startswith("chengqing/")


def test_contact_in_the_agent_cannot_smuggle_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHENGQING_CONTACT", "https://desk.example\r\nX-Evil: 1 (")
    assert "\r" not in user_agent() and "\n" not in user_agent() and "desk.example" in user_agent()


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "7"}, 7),
        (503, {"Retry-After": "Sun, 15 Mar 2026 12:01:00 GMT"}, 60),
        (429, {"Retry-After": "Sun, 15 Mar 2026 11:00:00 GMT"}, 0),
        (429, {"X-RateLimit-Reset": "2026-03-15T12:00:30.000Z"}, 30),
        (429, {"X-RateLimit-Reset": str(int(NOW.timestamp()) + 90)}, 90),
        (429, {"RateLimit-Reset": "12"}, 12),
        (429, {"Retry-After": "-5"}, 0),
        (429, {"Retry-After": "nan"}, None),
        (429, {"Retry-After": "soon"}, None),
        (429, {}, None),
        (200, {"Retry-After": "7"}, None),
        (500, {"Retry-After": "7"}, None),
    ],
)
def test_waits_that_sites_ask_for(status: int, headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait(Response("http://x.example/", status=status, headers=headers), NOW) == seconds


def test_secrets_are_blotted_out_of_logs_and_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    redact = Redactor(["hunter2hunter2"])
    logger = logging.getLogger("test.redact")
    logger.addFilter(redact)
    try:
        raise ValueError("with hunter2hunter2 inside")
    except ValueError:
        logger.exception("got %s at http://x.example/?a=1&access_token=abcdef&b=2", "hunter2hunter2")
    logger.removeFilter(redact)
    assert "hunter2" not in caplog.text and "abcdef" not in caplog.text and "b=2" in caplog.text


def test_the_desks_key_is_made_once_and_only_its_owner_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHENGQING_AUTHOR_KEY", raising=False)
    data = DataDir(tmp_path)
    one = Identity.of_desk(data).author("weibo", "张三")
    assert Identity.of_desk(data).author("weibo", "张三") == one
    path = tmp_path / "secrets.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        Identity.of_desk(data)


def test_keys_differ_by_desk_platform_and_author_and_hide_the_handle() -> None:
    desk, other = Identity("a" * 20), Identity("b" * 20)
    keys = {
        desk.author("weibo", "x"),
        desk.author("weibo", "y"),
        desk.author("forum", "x"),
        other.author("weibo", "x"),
    }
    assert len(keys) == 4 and all(len(key) == 32 and int(key, 16) >= 0 for key in keys)
    with pytest.raises(UsageError):
        Identity("short")


def test_the_environment_wins_and_the_file_keeps_its_first_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SecretStore(DataDir(tmp_path))
    assert store.get("some_token") is None
    assert store.put_new("some_token", 'va"l\\ue') == store.put_new("some_token", "other") == 'va"l\\ue'
    monkeypatch.setenv("CHENGQING_SOME_TOKEN", "from outside")
    assert store.get("some_token") == "from outside"
    with pytest.raises(UsageError):
        store.put_new("bad name", "x")


def test_every_shipped_card_is_whole_and_every_family_has_one() -> None:
    cards = all_cards()
    assert set(FAMILIES) == {card.family for card in cards.values()}
    for card in cards.values():
        assert card.owner or card.name.startswith("family-"), card.name
        assert card.lineage and card.terms and card.delay >= 1.0, card.name
        assert card.checked is None or card.name.startswith("sample-"), (
            f"{card.name}: nobody contacted a live site"
        )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('robots = "ignored"', "robots must be"),
        ("delay = -1", "delay"),
        ('family = "no-such"', "no family"),
        ('colour = "red"', "unknown key"),
        ('checked = "yesterday"', "checked"),
        ("=", "not a source card"),
    ],
)
def test_a_wrong_card_names_its_mistake(tmp_path: Path, line: str, says: str) -> None:
    text = (SHIPPED / "family-feed.toml").read_text(encoding="utf-8").replace("family-feed", "mine")
    key = line.split(" ")[0]
    kept = "\n".join(one for one in text.splitlines() if not key or not one.startswith(f"{key} "))
    path = tmp_path / "mine.toml"
    path.write_text(f"{line}\n{kept}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        load_card(path)


def incident(tmp_path: Path) -> Incident:
    text = 'id = "fire"\nopened_at = 2026-03-13T05:40:00Z\nwatch = "a"\n[title]\nen = "x"\n'
    return parse_incident(text, tmp_path / "fire.toml")


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"delay": 0}, "at least 1.0 s"),
        ({"delay": "fast"}, "write seconds"),
        ({"delya": 3}, "unknown key 'delya'"),
    ],
)
def test_an_impolite_or_misspelt_source_is_refused(
    tmp_path: Path, params: dict[str, object], says: str
) -> None:
    use = SourceUse("city", "feed", "https://news.example/feed", params)
    with pytest.raises(UsageError, match=says):
        make_plan(DataDir(tmp_path), incident(tmp_path), use, allow_loopback=True)


def test_zero_delay_is_for_this_machine_and_with_leave_only(tmp_path: Path) -> None:
    use = SourceUse("demo", "feed", "http://127.0.0.1:1/feed", {})
    assert make_plan(DataDir(tmp_path), incident(tmp_path), use, allow_loopback=True).delay == 0
    assert make_plan(DataDir(tmp_path), incident(tmp_path), use, allow_loopback=False).delay >= 1
    with pytest.raises(UnknownName):
        wrong = SourceUse("demo", "no-such", "http://x.example/", {})
        make_plan(DataDir(tmp_path), incident(tmp_path), wrong, allow_loopback=False)


def test_a_source_that_must_be_asked_first_stays_off(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    text = (SHIPPED / "family-feed.toml").read_text(encoding="utf-8").replace("family-feed", "shy")
    (folder / "shy.toml").write_text(f"enabled = false\n{text}", encoding="utf-8")
    with pytest.raises(UsageError, match="is off"):
        make_plan(
            DataDir(tmp_path),
            incident(tmp_path),
            SourceUse("shy", "feed", "https://x.example/"),
            allow_loopback=False,
        )


def test_a_site_on_this_machine_keeps_its_ids_when_the_port_changes(tmp_path: Path) -> None:
    from crawlers.run import context_of

    made = [
        context_of(
            make_plan(
                DataDir(tmp_path), incident(tmp_path), SourceUse("demo", "feed", url), allow_loopback=True
            ),
            "c",
            {},
        )
        for url in ("http://127.0.0.1:1/f", "http://127.0.0.1:2/f", "https://news.example/f")
    ]
    assert [one.site for one in made] == ["demo", "demo", "news.example"]
