"""Real crawls, each in its own process, against a server that misbehaves in one way. All run once, side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import make_incident
from crawlers.launch import Outcome, crawl_sources
from crawlers.run import Job
from crawlers.uses import picked, plain_use
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls, read_observations
from servers import misbehaving as bad

SECRET = "planted-secret-4711"
CHALLENGE = "<html><head><title>Just a moment...</title></head><body id='cf-chl-x'></body></html>"
CASES: dict[str, tuple[Any, ...]] = {
    "fine": (bad.fine,),
    "robots-forbid": (bad.fine, (200, b"User-agent: chengqing\nDisallow: /\n")),
    "robots-503": (bad.fine, (503, b"User-agent: *\nAllow: /\n")),
    "robots-429": (bad.fine, (429, b"")),
    "robots-silent": (bad.fine, None),
    "robots-page": (bad.fine, (403, b"<html>User-agent: *\nDisallow: /</html>")),
    "waits": (bad.first(1, 429, Retry_After="1"),),
    "waits-too-long": (bad.first(99, 429, Retry_After="86400"),),
    "storm-passes": (bad.first(2, 500),),
    "storm": (bad.first(99, 500),),
    "slow": (bad.drip,),
    "cut-once": (bad.truncated(1),),
    "cut": (bad.truncated(99),),
    "to-private": (bad.redirect("http://10.11.12.13/feed.xml"),),
    "to-metadata": (bad.redirect("http://169.254.169.254/latest/meta-data/"),),
    "to-file": (bad.redirect("file:///etc/passwd"),),
    "to-itself": (bad.redirect("/feed.xml?again"),),
    "bomb": (bad.gzip_bomb,),
    "huge": (bad.huge,),
    "endless": (bad.endless,),
    "forbidden": (bad.page("no", 403),),
    "challenge": (bad.page(CHALLENGE),),
    "moved": (bad.page("<html><body>new site</body></html>"),),
    "gone": (bad.page("", 404),),
    "empty": (lambda handler: handler.answer(bad.FEED.format(items="").encode()),),
    "secret": (bad.page(f"<html>{SECRET}</html>", 403),),
    "pages": (bad.paged(4),),
    "dies": (bad.paged(4, die_after=2),),
}


class World:
    """The servers, and how the crawls of them ended."""

    def __init__(self, root: Path) -> None:
        self.data = DataDir(root)
        self.servers = {name: bad.Misbehaving(*case) for name, case in CASES.items()}
        text = "".join(self._source(name) for name in CASES)
        self.incident = make_incident(self.data, "hostile", text)
        uses = picked(self.incident, ())
        jobs = [Job(str(root), "hostile", plain_use(use), allow_loopback=True) for use in uses]
        self.outcomes = {
            outcome.source: outcome for outcome in crawl_sources(jobs, lambda *_: None, parallel=6)
        }

    def _source(self, name: str) -> str:
        query = f"?token={SECRET}" if name == "secret" else ""
        params = 'page_param = "paged"\n' if name in {"pages", "dies"} else ""
        return (
            f'\n[[sources]]\nname = "{name}"\nfamily = "feed"\nurl = "{self.servers[name].url}/feed.xml{query}"\n'
            f"backoff = 0.05\ntimeout = 2\n{params}"
        )

    def posts(self, name: str) -> list[dict[str, Any]]:
        crawls = [c for c in finished_crawls(self.data, "hostile") if c.folder.parent.name == name]
        return read_observations(crawls).to_pylist()

    def ended(self, name: str) -> tuple[str, str]:
        outcome: Outcome = self.outcomes[name]
        return outcome.why, str(outcome.message or outcome.summary.get("detail") or "")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("hostile"))
    yield made
    for server in made.servers.values():
        server.close()


def test_a_fine_server_is_read_and_told_who_reads(world: World) -> None:
    assert world.ended("fine")[0] == "finished" and len(world.posts("fine")) == 3
    _, _, headers = world.servers["fine"].asked[-1]
    assert headers["user-agent"].startswith("chengqing/") and "cookie" not in headers


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("robots-forbid", "robots.txt forbids"),
        ("robots-503", "robots.txt answered 503"),
        ("robots-429", "robots.txt answered 429"),
        ("robots-silent", "robots.txt could not be read"),
    ],
)
def test_robots_that_forbid_or_fail_mean_no(world: World, name: str, says: str) -> None:
    why, detail = world.ended(name)
    assert why == "refused" and says in detail
    assert world.servers[name].paths() == [] and world.posts(name) == []
    assert world.outcomes[name].summary["refusals"] == 1 and not world.outcomes[name].good


def test_an_error_page_is_no_robots_file(world: World) -> None:
    assert world.ended("robots-page")[0] == "finished" and len(world.posts("robots-page")) == 3


def test_retry_after_is_waited_for(world: World) -> None:
    times = [at for at, path, _ in world.servers["waits"].asked if path == "/feed.xml"]
    assert world.ended("waits")[0] == "finished" and len(times) == 2 and times[1] - times[0] >= 1.0


def test_a_wait_beyond_reason_stops_the_crawl(world: World) -> None:
    why, detail = world.ended("waits-too-long")
    assert why == "refused" and "86400" in detail and len(world.servers["waits-too-long"].paths()) == 1


@pytest.mark.parametrize(("name", "tries"), [("storm-passes", 3), ("cut-once", 2)])
def test_what_passes_is_tried_again(world: World, name: str, tries: int) -> None:
    assert world.ended(name)[0] == "finished" and len(world.posts(name)) == 3
    assert len(world.servers[name].paths()) == tries


@pytest.mark.parametrize("name", ["storm", "cut", "slow"])
def test_what_does_not_pass_is_named_after_three_tries(world: World, name: str) -> None:
    why, detail = world.ended(name)
    assert why == "unreachable" and detail and world.posts(name) == []
    assert len(world.servers[name].paths()) == 3


@pytest.mark.parametrize("name", ["to-private", "to-metadata"])
def test_redirects_into_private_networks_are_refused(world: World, name: str) -> None:
    why, detail = world.ended(name)
    assert why == "refused" and "private network" in detail and world.posts(name) == []


@pytest.mark.parametrize("name", ["to-file", "to-itself", "bomb", "huge", "endless"])
def test_bounded_and_never_taken_for_an_empty_page(world: World, name: str) -> None:
    why, detail = world.ended(name)
    assert why in {"error", "refused", "unreachable", "changed"} and detail and world.posts(name) == []
    assert "root:" not in json.dumps(world.outcomes[name].to_json())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("forbidden", "refused"),
        ("challenge", "refused"),
        ("moved", "changed"),
        ("gone", "changed"),
        ("empty", "too few"),
    ],
)
def test_no_answer_is_an_empty_result(world: World, name: str, why: str) -> None:
    assert world.ended(name)[0] == why and world.ended(name)[1]
    assert not world.outcomes[name].good


def test_every_crawl_left_a_manifest_with_its_reason(world: World) -> None:
    kept = {c.folder.parent.name: c.summary for c in finished_crawls(world.data, "hostile")}
    assert set(kept) == set(CASES)
    assert {name: kept[name]["stopped_because"] for name in kept} == {n: world.ended(n)[0] for n in CASES}


def test_secrets_of_addresses_are_written_nowhere(world: World) -> None:
    why, detail = world.ended("secret")
    assert why == "refused" and SECRET not in detail
    folder = world.data.raw("hostile") / "secret"
    for path in folder.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_a_server_that_dies_is_named_and_read_again_next_time(world: World) -> None:
    assert len(world.posts("pages")) == 40
    assert world.ended("dies")[0] == "unreachable" and len(world.posts("dies")) == 20
    world.servers["dies"].respond = bad.paged(4)
    use = picked(world.incident, ("dies",))[0]
    again = crawl_sources([Job(str(world.data.root), "hostile", plain_use(use), True)], lambda *_: None)[0]
    assert again.why == "finished" and again.summary["posts"] == 40 and again.summary["extra"]["new"] == 20
    assert len({post["post_id"] for post in world.posts("dies")}) == 40
