"""Weibo's second request: a post that the list cuts short is kept at once, its whole text as a later observation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import make_incident
from crawlers.families import family_named
from crawlers.items import Answer, Fetch
from crawlers.launch import Outcome, crawl_sources
from crawlers.pages import _context
from crawlers.run import Job
from crawlers.uses import picked, plain_use
from pipeline.collect import collect
from pipeline.paths import CHECKOUT, DataDir
from pipeline.raw import finished_crawls, read_observations
from servers import misbehaving as bad

PAGES = Path(__file__).parent / "pages" / "weibo"
RECORDED = CHECKOUT.parent / "shared" / "fixtures" / "weibo_m" / "statuses1.json"
CARD = """\
name = "wb"
family = "weibo"
title = { en = "Weibo" }
robots = "obeyed"
enabled = true
[robots_decision]
by = "the coalition"
on = 2026-03-14
reason = "a test on loopback"
"""
CUT = "weibo:5000000000000004"


def _crawl(data: DataDir, whole: str, more: str = "") -> tuple[Outcome, list[str], list[dict[str, object]]]:
    """One crawl; the outcome, the paths asked, and the observations of the post that is cut in the list."""
    (data.root / "sources").mkdir(parents=True, exist_ok=True)
    (data.root / "sources" / "wb.toml").write_text(CARD)

    def respond(handler: bad.Handler) -> None:
        name = whole if "extend" in handler.path else "search"
        handler.answer((PAGES / name / "body.json").read_bytes(), "application/json")

    server = bad.Misbehaving(respond)
    text = f'\n[queries]\nzh-Hans = ["停水"]\n\n[[sources]]\nname = "wb"\nfamily = "weibo"\nurl = "{server.url}"\n'
    use = picked(make_incident(data, "long", f"{text}pages = 1\n{more}"), ())[0]
    (outcome,) = crawl_sources([Job(str(data.root), "long", plain_use(use), True)], lambda *_: None)
    server.close()
    rows = read_observations(list(finished_crawls(data, "long"))).to_pylist()
    assert len({row["post_id"] for row in rows}) == 4, (
        "each post of the window, whatever happens to its long text"
    )
    return outcome, server.paths(), [row for row in rows if row["post_id"] == CUT]


def test_the_whole_text_is_a_later_observation_of_the_same_post(data: DataDir) -> None:
    outcome, paths, rows = _crawl(data, "long-text")
    assert outcome.why == "finished" and paths[1:] == ["/statuses/extend?id=5000000000000004"]
    first, second = sorted(rows, key=lambda row: str(row["collected_at"]))
    assert first["text"] == "很长的话…" and str(second["text"]).endswith("第二行#停水#")
    assert second["author_key"] == first["author_key"] is not None and second["likes"] == 4
    assert first["published_at"] == second["published_at"] and first["collected_at"] != second["collected_at"]
    assert outcome.summary["extra"]["completed"] == 1 and outcome.summary["extra"]["marks"]


def test_a_withheld_long_text_costs_neither_the_post_nor_the_crawl(data: DataDir) -> None:
    outcome, paths, rows = _crawl(data, "long-text-withheld")
    assert [row["text"] for row in rows] == ["很长的话…"] and len(paths) == 2
    assert outcome.summary["refusals"] == 1 and "no whole text" in str(outcome.summary["detail"])


def test_a_later_crawl_that_is_refused_the_whole_text_does_not_lose_the_one_we_have(data: DataDir) -> None:
    _crawl(data, "long-text")
    outcome, _, rows = _crawl(data, "long-text-withheld")
    assert max(rows, key=lambda row: str(row["crawl_id"]))["text"] == "很长的话…"  # both may be of one second
    assert outcome.summary["refusals"] == 1
    posts = collect(read_observations(list(finished_crawls(data, "long")))).to_pylist()
    (post,) = (row for row in posts if row["post_id"] == CUT)
    assert post["text"].endswith("第二行#停水#") and post["observation_count"] == 3


def test_long_texts_can_be_left_alone(data: DataDir) -> None:
    _, paths, rows = _crawl(data, "long-text", "long_texts = false\n")
    assert [row["text"] for row in rows] == ["很长的话…"] and len(paths) == 1


def test_a_recorded_long_text_is_read() -> None:
    if not RECORDED.exists():
        pytest.skip("recorded Weibo responses are not on this machine")
    request = json.loads((PAGES / "long-text" / "request.json").read_text(encoding="utf-8"))
    recorded = RECORDED.read_bytes()
    fetch = Fetch(**request["fetch"])
    answer = Answer(fetch.url, 200, {"content-type": "application/json"}, recorded)
    family = family_named("weibo")
    assert family.is_refusal(answer) is None
    (post,) = family.read(answer, fetch, _context(request)).fuller
    assert len(post.text) > 900 and "<" not in post.text and post.text.count("\n") >= 4
    assert (post.likes, post.reposts, post.replies) == (0, 0, 0) and post.author_key is None
