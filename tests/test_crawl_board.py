"""A whole crawl of a forum whose lists and posts are separate pages, against a server on loopback."""

from __future__ import annotations

from pathlib import Path

from conftest import make_incident
from crawlers.launch import crawl_sources
from crawlers.run import Job
from crawlers.uses import picked, plain_use
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls, read_observations
from servers import misbehaving as bad

PAGES = Path(__file__).parent / "pages" / "wenxuecity"
BODIES = {"/harbor/?elite=0": "board", "/harbor/100.html": "post"}


def _respond(handler: bad.Handler) -> None:
    name = BODIES.get(handler.path)
    body = (PAGES / name / "body.html").read_bytes() if name else b"<html><body></body></html>"
    handler.answer(body, "text/html; charset=utf-8")


def test_titles_without_body_come_from_the_list_and_the_rest_from_their_pages(data: DataDir) -> None:
    server = bad.Misbehaving(_respond)
    text = (
        f'\n[[sources]]\nname = "harbor"\nfamily = "wenxuecity"\nurl = "{server.url}"\nboards = ["harbor"]\n'
        'pages = 1\ntimezone = "America/Los_Angeles"\n'
    )
    use = picked(make_incident(data, "forum", text), ())[0]
    (outcome,) = crawl_sources([Job(str(data.root), "forum", plain_use(use), True)], lambda *_: None)
    server.close()
    assert outcome.why == "finished", outcome.to_json()
    posts = {p["post_id"]: p for p in read_observations(list(finished_crawls(data, "forum"))).to_pylist()}
    assert sorted(posts) == [f"forum:harbor/harbor/{n}" for n in (100, 101, 102, 103)]
    assert posts["forum:harbor/harbor/100"]["text"] == "物业说停水三天。\n\n公告"
    assert posts["forum:harbor/harbor/102"]["parent_id"] == "forum:harbor/harbor/101"
    assert server.paths() == ["/harbor/?elite=0", "/harbor/100.html"], (
        "one request per page, none for pages told whole"
    )
    assert outcome.summary["rejects"] == 2 and outcome.summary["extra"]["marks"]
