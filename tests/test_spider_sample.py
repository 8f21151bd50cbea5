"""The five families read the sample sites over real HTTP: every post, every field, once; killed or not."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conftest import SAMPLE, SAMPLE_FOLDER
from crawlers.cli import crawl
from crawlers.run import STOPPED_EXIT, Job
from crawlers.source_cli import source
from crawlers.uses import picked, plain_use, with_base
from pipeline.errors import CrawlError, StoreError, UsageError
from pipeline.incident import find_incident
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls, read_observations

SITES = {
    "feed": "feed",
    "mastodon": "mastodon",
    "wordpress": "wordpress",
    "forum": "forum",
    "telegram": "telegram",
}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    command = [sys.executable, "-m", "crawlers.samples.server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["base"]
        server.terminate()


def new_data(root: Path) -> DataDir:
    data = DataDir(root)
    data.incidents.mkdir(parents=True)
    shutil.copy(SAMPLE_FOLDER / f"{SAMPLE}.toml", data.incident_file(SAMPLE))
    return data


def run_crawl(data: DataDir, base: str, *more: str) -> dict[str, dict[str, Any]]:
    """``chengqing crawl --json``; the summaries by source."""
    arguments = [SAMPLE, "--allow-loopback", "--base", f"sample={base}", "--json", *more]
    done = CliRunner().invoke(
        crawl, arguments, env={"CHENGQING_DATA": str(data.root)}, catch_exceptions=True, standalone_mode=False
    )
    if done.exception is not None and not isinstance(done.exception, CrawlError):
        raise done.exception
    return {one["source"]: one for one in json.loads(done.stdout)["sources"]}


@pytest.fixture(scope="module")
def crawled(base: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[DataDir, dict[str, dict[str, Any]]]:
    data = new_data(tmp_path_factory.mktemp("sample"))
    return data, run_crawl(data, base)


def stored(data: DataDir) -> list[dict[str, Any]]:
    return read_observations(finished_crawls(data, SAMPLE)).to_pylist()


def sample_rows() -> list[dict[str, Any]]:
    text = (SAMPLE_FOLDER / "posts.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def expected_id(row: dict[str, Any], native: str | None = None) -> str:
    """The post_id that the families make of a sample post."""
    native = native or row["native_id"]
    if row["site"] == "telegram":
        return f"telegram:{native}"
    comment = "c" if row["site"] == "wordpress" and row["parent_native_id"] else ""
    return f"{row['site']}:sample-{row['site']}/{comment}{native}"


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def test_every_post_of_every_site_is_read_once(crawled: tuple[DataDir, dict[str, dict[str, Any]]]) -> None:
    data, summaries = crawled
    rows, found = sample_rows(), stored(data)
    assert {one["stopped_because"] for one in summaries.values()} == {"finished"}
    assert sum(one["rejects"] + one["refusals"] for one in summaries.values()) == 0
    assert sorted(post["post_id"] for post in found) == sorted(expected_id(row) for row in rows)


def test_fields_are_those_that_the_sites_show(crawled: tuple[DataDir, dict[str, dict[str, Any]]]) -> None:
    by_id = {post["post_id"]: post for post in stored(crawled[0])}
    for row in sample_rows():
        post = by_id[expected_id(row)]
        assert flat(post["text"]) == (
            "" if row["repost_of_native_id"] and row["site"] == "mastodon" else flat(row["text"])
        )
        assert post["published_at"] == datetime.fromisoformat(row["published_at"]), row
        title = re.sub("</?b>", "", flat(row["title"] or ""))  # feeds: well-known tags are markup
        assert (post["title"] or "") == title, row
        assert post["author_key"] and row["author"] not in post["author_key"]
        for count in ("likes", "reposts", "replies", "views"):
            shown, exact = post[count], post["counts_precision"] == "exact"
            if exact and not (count == "likes" and row["site"] == "telegram" and not row[count]):
                assert shown == row[count], (row["native_id"], count)
            elif shown is not None:
                assert row[count] * 0.98 <= shown <= row[count] + 1, (row["native_id"], count)


def test_links_between_posts_lead_to_posts(crawled: tuple[DataDir, dict[str, dict[str, Any]]]) -> None:
    found = stored(crawled[0])
    ids = {post["post_id"] for post in found}
    for column in ("parent_id", "quoted_id", "repost_of", "thread_id"):
        pointing = [post for post in found if post[column]]
        assert pointing and all(post[column] in ids for post in pointing), column
    by_id = {post["post_id"]: post for post in found}
    for row in sample_rows():
        if row["repost_of_native_id"]:
            assert by_id[expected_id(row)]["repost_of"] is not None
        if row["parent_native_id"]:
            assert by_id[expected_id(row)]["parent_id"] is not None


def test_authors_are_as_many_keys_as_there_are_authors(
    crawled: tuple[DataDir, dict[str, dict[str, Any]]],
) -> None:
    keys = {(post["platform"], post["author_key"]) for post in stored(crawled[0])}
    assert len(keys) == len({(row["site"], row["author"]) for row in sample_rows()})


def test_a_second_crawl_reads_only_what_may_have_changed(base: str, crawled: tuple[DataDir, Any]) -> None:
    data, first = crawled
    second = run_crawl(
        data, base, "--source", "sample-mastodon", "--source", "sample-feed", "--source", "sample-wordpress"
    )
    assert second["sample-feed"]["stopped_because"] == "not modified" and second["sample-feed"]["posts"] == 0
    mastodon = second["sample-mastodon"]
    assert mastodon["extra"]["new"] == 0 and 0 < mastodon["pages"] < first["sample-mastodon"]["pages"]
    assert 0 < second["sample-wordpress"]["posts"] < first["sample-wordpress"]["posts"]


def start_child(data: DataDir, base: str, name: str, every: float) -> subprocess.Popen[str]:
    use = with_base(picked(find_incident(data, SAMPLE), (name,))[0], {"sample": base})
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "crawlers.run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    child.stdin.write(Job(str(data.root), SAMPLE, plain_use(use), True, every).to_line() + "\n")
    child.stdin.close()
    return child


def wait_for_pages(child: subprocess.Popen[str], pages: int) -> None:
    """So many pages more than at the first word; many pages a second are not told one by one."""
    assert child.stdout is not None
    first = None
    for line in child.stdout:
        if (event := json.loads(line)).get("event") == "page":
            first = event["pages"] if first is None else first
            if event["pages"] - first + 1 >= pages:
                return


@pytest.mark.parametrize(
    ("site", "every", "kills"),
    [("telegram", 0.0, (1, 4, 9, 14)), ("forum", 0.2, (5, 50))],
    ids=["telegram", "forum"],
)
def test_killed_again_and_again_nothing_is_lost_and_nothing_twice(
    base: str, tmp_path: Path, site: str, every: float, kills: tuple[int, ...]
) -> None:
    data = new_data(tmp_path)
    for pages in kills:
        child = start_child(data, base, f"sample-{site}", every)
        wait_for_pages(child, pages)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert child.stdout is not None
        child.stdout.close()
        assert finished_crawls(data, SAMPLE) == []
    summary = run_crawl(data, base, "--source", f"sample-{site}")[f"sample-{site}"]
    assert summary["stopped_because"] == "finished" and summary["extra"]["resumed"] is True
    ids = [post["post_id"] for post in stored(data)]
    assert len(ids) == len(set(ids)) == summary["posts"]
    assert set(ids) == {expected_id(row) for row in sample_rows() if row["site"] == site}
    assert len(list((data.raw(SAMPLE) / f"sample-{site}").glob("*/"))) == 1
    assert not list(data.raw(SAMPLE).rglob("state.json"))


def test_a_polite_stop_is_saved_and_goes_on(base: str, tmp_path: Path) -> None:
    data = new_data(tmp_path)
    child = start_child(data, base, "sample-telegram", 999)
    wait_for_pages(child, 5)
    child.send_signal(signal.SIGTERM)
    assert child.stdout is not None
    rest = child.stdout.read()
    child.stdout.close()
    child.wait(timeout=20)
    assert child.returncode == STOPPED_EXIT and finished_crawls(data, SAMPLE) == []
    before = json.loads(rest.splitlines()[-1])["summary"]["pages"]
    assert before >= 5
    after = run_crawl(data, base, "--source", "sample-telegram")["sample-telegram"]
    assert after["stopped_because"] == "finished" and after["pages"] > before
    ids = [post["post_id"] for post in stored(data)]
    assert sorted(ids) == sorted(expected_id(row) for row in sample_rows() if row["site"] == "telegram")


def test_stopping_the_command_stops_its_children(base: str, tmp_path: Path) -> None:
    data = new_data(tmp_path)
    code = "import sys; from crawlers.cli import crawl; crawl(sys.argv[1:], standalone_mode=False)"
    command = [sys.executable, "-c", code, SAMPLE, "--allow-loopback", "--base", f"sample={base}", "--json"]
    environment = {**os.environ, "CHENGQING_DATA": str(data.root)}
    slow = data.incident_file(SAMPLE)
    slow.write_text(
        slow.read_text(encoding="utf-8").replace('family = "', 'delay = 0.5\nfamily = "'), encoding="utf-8"
    )
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as parent:
        deadline = time.monotonic() + 30
        while len(list(data.raw(SAMPLE).rglob("state.json"))) < 4 and time.monotonic() < deadline:
            time.sleep(0.1)
        parent.send_signal(signal.SIGINT)
        shown, _ = parent.communicate(timeout=30)
    outcomes = json.loads(shown)["sources"]
    assert {one["stopped_because"] for one in outcomes} <= {"stopped", "finished", "not modified"}, (
        json.dumps(outcomes)
    )
    assert sum(one["stopped_because"] == "stopped" for one in outcomes) >= 3 and parent.returncode != 0


def test_two_processes_never_read_one_source_at_once(base: str, tmp_path: Path) -> None:
    from crawlers.store import source_lock

    data = new_data(tmp_path)
    with source_lock(data, SAMPLE, "sample-feed"):
        one = run_crawl(data, base, "--source", "sample-feed")["sample-feed"]
    assert one["stopped_because"] == "error" and "another process" in one["detail"]
    with source_lock(data, SAMPLE, "sample-feed"), pytest.raises(StoreError):
        source_lock(data, SAMPLE, "sample-feed").__enter__()


def test_without_leave_this_machine_is_not_read(base: str, tmp_path: Path) -> None:
    data = new_data(tmp_path)
    arguments = [SAMPLE, "--base", f"sample={base}", "--source", "sample-feed", "--json"]
    done = CliRunner().invoke(crawl, arguments, env={"CHENGQING_DATA": str(data.root)}, standalone_mode=False)
    assert isinstance(done.exception, CrawlError) and "private network" in str(done.exception)
    assert json.loads(done.stdout)["sources"][0]["refusals"] == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((SAMPLE,), "--base sample=URL"),
        ((SAMPLE, "--base", "sample"), "NAME=URL"),
        ((SAMPLE, "--source", "nobody", "--base", "sample=http://127.0.0.1:1"), "no source 'nobody'"),
        (("no-such-incident",), "no incident"),
    ],
)
def test_mistakes_are_named_before_anything_runs(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    data = new_data(tmp_path)
    done = CliRunner().invoke(
        crawl, list(arguments), env={"CHENGQING_DATA": str(data.root)}, standalone_mode=False
    )
    assert isinstance(done.exception, UsageError) and says in str(done.exception)
    assert not data.raw(SAMPLE).exists()


def test_trying_a_source_shows_posts_and_stores_nothing(base: str, tmp_path: Path) -> None:
    data = new_data(tmp_path)
    arguments = ["try", SAMPLE, "sample-forum", "--allow-loopback", "--base", f"sample={base}", "--json"]
    done = CliRunner().invoke(
        source, arguments, env={"CHENGQING_DATA": str(data.root)}, standalone_mode=False
    )
    assert done.exception is None and 1 <= len(json.loads(done.stdout)) <= 5
    assert not data.raw(SAMPLE).exists()


def test_recorded_pages_become_cases_that_read_the_same(base: str, tmp_path: Path) -> None:
    from crawlers.pages import read_case

    data = new_data(tmp_path / "data")
    folder = tmp_path / "cases"
    arguments = [
        "record",
        SAMPLE,
        "sample-telegram",
        "--allow-loopback",
        "--base",
        f"sample={base}",
        "--to",
        str(folder),
    ]
    done = CliRunner().invoke(
        source, arguments, env={"CHENGQING_DATA": str(data.root)}, standalone_mode=False
    )
    assert done.exception is None
    cases = sorted(folder.iterdir())
    assert len(cases) == 3
    for case in cases:
        approved = json.loads((case / "posts.json").read_text(encoding="utf-8"))
        assert approved["posts"] and json.loads(json.dumps(read_case(case), default=str)) == approved
