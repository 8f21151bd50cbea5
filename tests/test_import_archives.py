"""Web archives that warcio wrote: known pages by their families, others as text; bombs and damage are bounded."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.importers import archive
from import_support import Import, fire_desk, importer, rejects, stored
from pipeline.errors import UsageError
from pipeline.paths import CHECKOUT, DataDir
from pipeline.raw import finished_crawls, unfinished_crawls

pytestmark = pytest.mark.filterwarnings(  # warcio's writer leaves its buffers to the collector
    "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"
)
PAGES = CHECKOUT / "tests" / "pages"
Page = tuple[str, bytes, str]


@pytest.fixture
def desk(tmp_path: Path) -> DataDir:
    return fire_desk(tmp_path)


@pytest.fixture
def run(desk: DataDir) -> Import:
    return importer(desk)


def warc(*pages: Page, packed: bool = False, status: str = "200 OK", coding: str | None = None) -> bytes:
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=packed)
    for url, body, kind in pages:
        shown = [("Content-Type", kind)]
        sent = body
        if coding == "gzip":
            shown.append(("Content-Encoding", "gzip"))
            sent = gzip.compress(body, 9)
        headers = StatusAndHeaders(status, shown, protocol="HTTP/1.1")
        dated = {"WARC-Date": "2026-03-14T08:00:00Z"}
        record = writer.create_warc_record(
            url, "response", payload=io.BytesIO(sent), http_headers=headers, warc_headers_dict=dated
        )
        writer.write_record(record)
        writer.write_record(writer.create_warc_record(url, "metadata", payload=io.BytesIO(b"via: hand")))
    return stream.getvalue()


def case(family: str, name: str) -> Page:
    request = json.loads((PAGES / family / name / "request.json").read_text(encoding="utf-8"))
    body = next((PAGES / family / name).glob("body.*")).read_bytes()
    return _at_home(request["url"], family), body, request["headers"].get("content-type", "text/html")


_HOMES = {
    "wenxuecity": ("board.example", "bbs.wenxuecity.com"),
    "sixpark": ("board.example", "club.6parkbbs.com"),
    "reddit": ("reddit.example", "www.reddit.com"),
    "weibo": ("m.weibo.example", "m.weibo.cn"),
}


def _at_home(url: str, family: str) -> str:
    """Sites that are told by their host: the saved pages stand for them under a host of nobody's."""
    return url.replace(*_HOMES[family]) if family in _HOMES else url


ARTICLE: Page = (
    "https://news.example/fire?utm_source=x",
    "<html><head><title>火灾  通报</title></head><body><nav>首页 登录</nav><article><h1>通报</h1>"
    "<p>海港巷火灾无人死亡。</p><script>x()</script></article><footer>©</footer></body></html>".encode(),
    "text/html; charset=utf-8",
)


def extra(desk: DataDir) -> dict[str, Any]:
    found: dict[str, Any] = finished_crawls(desk, "fire")[0].summary["extra"]
    return found


@pytest.mark.parametrize("packed", [False, True])
def test_an_unknown_page_becomes_title_and_text(
    run: Import, desk: DataDir, tmp_path: Path, packed: bool
) -> None:
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(warc(ARTICLE, ARTICLE, ("https://news.example/a.png", b"x", "image/png"), packed=packed))
    run(path)
    (post,) = stored(desk)
    assert post["title"] == "火灾 通报" and post["text"].split() == ["通报", "海港巷火灾无人死亡。"]
    assert post["published_at"] is None and post["published_precision"] == "unknown"
    assert post["collected_at"] == datetime(2026, 3, 14, 8, tzinfo=UTC) and post["platform"] == "web"
    assert [one["reason"] for one in rejects(desk)] == ["repeats a post of an earlier record"]
    assert extra(desk)["skipped"] == {"a metadata record": 3, "not a page": 1}
    assert "网页" not in json.dumps(extra(desk)) and extra(desk)["read_by"] == {"text": 2}


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("telegram", "channel"),
        ("mastodon", "local-timeline"),
        ("wordpress", "posts"),
        ("bluesky", "author-feed"),
        ("discuz", "thread-gbk"),
        ("claimreview", "article"),
        ("feed", "rss-wordpress"),
        ("feed", "jsonfeed"),
        ("wenxuecity", "post"),
        ("sixpark", "post-gbk"),
        ("reddit", "new"),
        ("weibo", "search"),
    ],
)
def test_pages_of_known_families_are_read_by_them(
    run: Import, desk: DataDir, tmp_path: Path, family: str, name: str
) -> None:
    path = tmp_path / "crawl.warc"
    path.write_bytes(warc(case(family, name)))
    run(path)
    approved = json.loads((PAGES / family / name / "posts.json").read_text(encoding="utf-8"))["posts"]
    kept = {post["post_id"].split(":", 1)[0]: post for post in stored(desk)}
    assert extra(desk)["read_by"] == {family: len(approved)} and "web" not in kept
    assert {post["text"] for post in stored(desk)} <= {post["text"] for post in approved}
    assert len(stored(desk)) == len({post["post_id"] for post in approved})


def test_a_refusal_in_an_archive_is_no_post(run: Import, desk: DataDir, tmp_path: Path) -> None:
    path = tmp_path / "crawl.warc"
    url, body, kind = case("discuz", "notice-login")
    marked = body.replace(b"<head>", b'<head><meta name="generator" content="Discuz! X3.4" />', 1)
    path.write_bytes(warc((url, marked, kind), ARTICLE))
    run(path)
    assert [post["platform"] for post in stored(desk)] == ["web"]
    assert any(one["reason"].startswith("a refusal") for one in rejects(desk))


def test_a_wacz_is_read_without_unpacking_it(run: Import, desk: DataDir, tmp_path: Path) -> None:
    path = tmp_path / "crawl.wacz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("datapackage.json", "{}")
        packed.writestr("archive/data.warc.gz", warc(ARTICLE, packed=True))
        packed.writestr("archive/more.warc", warc(case("telegram", "channel")))
        packed.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0"}\n')
        packed.writestr("../escape.warc", warc(ARTICLE))
    run(path)
    assert {post["platform"] for post in stored(desk)} == {"web", "telegram"}
    assert not (tmp_path.parent / "escape.warc").exists() and extra(desk)["mapping"] == "web-archive"


def test_a_zip_without_archives_is_no_archive(run: Import, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", "<x/>")
    done = run(path, ok=False)
    assert isinstance(done.exception, UsageError) and "save the sheet as CSV" in str(done.exception)


def test_bombs_stop_and_leave_nothing(
    run: Import, desk: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_FREE", 1_000_000)
    monkeypatch.setattr(archive, "MAX_BODY", 200_000)
    body = b"<html><body>" + b" " * 9_000_000 + b"</body></html>"
    (tmp_path / "a.warc").write_bytes(warc(("https://a.example/", body, "text/html"), ARTICLE, coding="gzip"))
    run(tmp_path / "a.warc")
    assert [one["reason"] for one in rejects(desk)] == ["a page of more than 200,000 bytes"]
    assert len(stored(desk)) == 1
    for name, content in (
        ("b.warc.gz", gzip.compress(warc(*[("https://a.example/", body, "text/html")] * 3))),
        ("c.wacz", _zipped(warc(*[("https://a.example/", body, "text/html")] * 3))),
    ):
        (tmp_path / name).write_bytes(content)
        done = run(tmp_path / name, ok=False)
        assert isinstance(done.exception, UsageError) and "bomb" in str(done.exception)
    assert list(unfinished_crawls(desk, "fire")) == [] and len(finished_crawls(desk, "fire")) == 1


def _zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("archive/data.warc", content)
    return stream.getvalue()


def test_a_cut_archive_keeps_what_came_before(run: Import, desk: DataDir, tmp_path: Path) -> None:
    whole = warc(ARTICLE, ("https://b.example/", ARTICLE[1], ARTICLE[2]), packed=True)
    (tmp_path / "cut.warc.gz").write_bytes(whole[: len(whole) - len(whole) // 3])
    run(tmp_path / "cut.warc.gz")
    assert len(stored(desk)) == 1 and any("damaged" in one["reason"] for one in rejects(desk))


def test_too_many_records_are_refused(
    run: Import, desk: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_RECORDS", 3)
    (tmp_path / "many.warc").write_bytes(warc(ARTICLE, ARTICLE, ARTICLE))
    done = run(tmp_path / "many.warc", ok=False)
    assert isinstance(done.exception, UsageError) and "more than 3 records" in str(done.exception)
    assert list(unfinished_crawls(desk, "fire")) == []
