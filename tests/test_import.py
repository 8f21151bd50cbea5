"""Files that analysts hold: recognized, mapped, bounded, nothing lost, nothing personal let in."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.importers.cli import import_posts
from crawlers.importers.ids import SeenIds
from crawlers.importers.mapping import guess, read_mapping
from crawlers.importers.moments import whole_times
from crawlers.importers.streams import MAX_ROW, encoding_of
from crawlers.times import parse_time
from import_support import Import, fire_desk, importer, rejects, stored
from pipeline.errors import ChengqingError, MappingError, StoreError, UnknownName, UsageError
from pipeline.paths import CHECKOUT, DataDir
from pipeline.raw import finished_crawls, unfinished_crawls

SHARED = CHECKOUT.parent / "shared" / "data" / "eval"
WEIBO_HEADER = "id,bid,user_id,用户昵称,微博正文,发布时间,转发数,评论数,点赞数,retweet_id,微博图片url"
WEIBO_ROW = '4900000000000001,Nxyz,1001,张三,"他说""真的""，\n第二行",2026-03-13 22:46,3,1.2万,,,https://wx1.example/a.jpg'


@pytest.fixture
def desk(tmp_path: Path) -> DataDir:
    return fire_desk(tmp_path)


@pytest.fixture
def run(desk: DataDir) -> Import:
    return importer(desk)


def lines(path: Path, *rows: object) -> Path:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def ced_post(n: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"ced-{n}",
        "mid62": f"yB{n}",
        "text": f"第{n}条",
        "author": f"author{n}",
        "time": "2012-09-11T11:34:22+08:00",
        "label": "PLANTED-LABEL",
        "reposts": 225,
        "comments": 55,
        "likes": 0,
        "source": "微博",
        **more,
    }


def ced_repost(n: int, **more: Any) -> dict[str, Any]:
    row = {
        "post_id": "ced-1",
        "id": f"r{n}",
        "parent": None,
        "author": "x",
        "time": "2012-09-11T11:34:22+08:00",
        "text": "",
    }
    return row | more


def test_ced_posts_and_reposts_are_recognized_and_joined(run: Import, desk: DataDir, tmp_path: Path) -> None:
    posts = lines(tmp_path / "p.jsonl", ced_post(1), ced_post(2))
    reposts = lines(tmp_path / "r.jsonl", ced_repost(1), ced_repost(2, parent="r1", text="真的吗", time=None))
    run(posts, reposts)
    by_id = {post["post_id"]: post for post in stored(desk)}
    assert set(by_id) == {"weibo:ced-1", "weibo:ced-2", "weibo:r1", "weibo:r2"}
    first, second = by_id["weibo:ced-1"], by_id["weibo:r2"]
    assert first["published_at"] == datetime(2012, 9, 11, 3, 34, 22, tzinfo=UTC)
    assert (first["reposts"], first["replies"], first["likes"], first["views"]) == (225, 55, 0, None)
    assert second["repost_of"] == second["thread_id"] == "weibo:ced-1" and second["parent_id"] == "weibo:r1"
    assert second["published_at"] is None and second["published_precision"] == "unknown"
    assert by_id["weibo:r1"]["text"] == "" and by_id["weibo:r1"]["parent_id"] is None
    assert first["author_key"] not in {None, "author1"} and rejects(desk) == []


def test_labels_and_groups_never_enter(run: Import, desk: DataDir, tmp_path: Path) -> None:
    group = {
        "group": "PLANTED-GROUP",
        "set": "ced",
        "id": "ced-9",
        "time": None,
        "text": "x",
        "dup_of": "PLANTED-DUP",
    }
    run(lines(tmp_path / "p.jsonl", ced_post(1)), lines(tmp_path / "g.jsonl", group))
    assert len(stored(desk)) == 2
    for path in desk.raw("fire").rglob("*"):
        assert path.is_dir() or b"PLANTED" not in path.read_bytes(), path
    assert "PLANTED" not in json.dumps(stored(desk), default=str)


def test_bad_rows_are_kept_with_number_and_reason(run: Import, desk: DataDir, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [json.dumps(ced_post(1)).encode(), b"{broken", b"", b'["a list"]', b'{"x": "\xff\xfe"}']
    rows += [json.dumps(ced_post(1, text="again")).encode(), json.dumps(ced_post(3, text=None)).encode()]
    rows += [json.dumps(ced_post(4)).encode()[:-1] + b', "t": "' + b"x" * (MAX_ROW + 9) + b'"}']
    rows += [
        json.dumps(ced_post(5)).encode() + b" trailing",
        b"[" * 100_000,
        json.dumps(ced_post(6, id=None)).encode(),
    ]
    rows += [
        json.dumps(ced_post(7)).replace("ced-7", "ced-7\\u0000\\ud800").encode(),
        b"\0" + json.dumps(ced_post(8)).encode() + b"\r",
    ]
    path.write_bytes(b"\n".join(rows))
    run(path)
    kept, bad = stored(desk), rejects(desk)
    assert [post["post_id"] for post in kept] == ["weibo:ced-1", "weibo:ced-7\ufffd", "weibo:ced-8"]
    assert sorted(one["row"] for one in bad) == [2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert all(one["reason"] and len(one["raw"]) <= 2_000 for one in bad)
    said = {one["row"]: one["reason"] for one in bad}
    assert (
        "repeats the id" in said[6]
        and "longer than" in said[8]
        and "no text" in said[7]
        and "no id" in said[11]
    )
    manifest = finished_crawls(desk, "fire")[0].summary
    assert (manifest["posts"], manifest["rejects"]) == (3, 9)


def test_every_row_is_kept_or_rejected_at_batch_borders(run: Import, desk: DataDir, tmp_path: Path) -> None:
    count = 45_001
    run(lines(tmp_path / "r.jsonl", *(ced_repost(n % 44_000) for n in range(count))))
    assert len(stored(desk)) == 44_000 and len(rejects(desk)) == 1_001
    assert {one["row"] for one in rejects(desk)} == set(range(44_001, 45_002))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_weibo_csv_of_the_common_tools(run: Import, desk: DataDir, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "微博.csv"
    filler = "\n".join(
        f"49000000000001{n:02},b,1,李四,这是大家都在说的一条消息，我不知道是不是真的,2026-03-13 22:46,0,0,0,,"
        for n in range(20)
    )
    path.write_bytes(f"{WEIBO_HEADER}\n{WEIBO_ROW}\n{filler}\n".encode(encoding))
    run(path)
    first = next(post for post in stored(desk) if post["post_id"] == "weibo:4900000000000001")
    assert first["text"] == '他说"真的"，\n第二行' and first["title"] is None
    assert (
        first["published_at"] == datetime(2026, 3, 13, 14, 46, tzinfo=UTC)
        and first["published_precision"] == "minute"
    )
    assert (first["reposts"], first["replies"], first["likes"]) == (3, 12_000, None) and first[
        "counts_precision"
    ] == "rounded"
    assert first["media"] == ["https://wx1.example/a.jpg"] and first["repost_of"] is None
    assert "张三" not in json.dumps(
        {k: v for k, v in first.items() if k != "text"}, ensure_ascii=False, default=str
    )


def test_big5_is_told_from_gb18030(tmp_path: Path) -> None:
    text = "這是大家都在說的一件事，我們不知道是不是真的，請問有沒有人可以告訴我們" * 3
    assert encoding_of(text.encode("big5hkscs"), tmp_path) == "big5hkscs"
    simplified = "这是大家都在说的一件事，我们不知道是不是真的，请问有没有人可以告诉我们" * 3
    assert encoding_of(simplified.encode("gb18030"), tmp_path) == "gb18030"
    with pytest.raises(UsageError, match="--encoding"):
        encoding_of(bytes(range(128, 256)) * 4, tmp_path)


def test_a_mapping_is_saved_and_used_again(run: Import, desk: DataDir, tmp_path: Path) -> None:
    table = tmp_path / "own.tsv"
    table.write_text('编码\t说了什么\t"怪 列"\nA1\t第一条\t1773380760\nA2\t第二条\t昨天\n', encoding="utf-8")
    saved = tmp_path / "own.toml"
    options = ["--map", "id=编码", "--map", "text=说了什么", "--map", "published_at=怪 列"]
    run(
        table,
        *options,
        "--platform",
        "wechat",
        "--timezone",
        "Asia/Shanghai",
        "--save-mapping",
        saved,
        "--source",
        "own",
    )
    again = lines(tmp_path / "more.tsv", "编码\t说了什么\t怪 列", "A3\t第三条\t2026-03-13 08:00:00")
    run(again, "--mapping", saved, "--source", "own")
    found = {post["post_id"]: post for post in stored(desk)}
    assert set(found) == {"wechat:A1", "wechat:A2", "wechat:A3"}
    assert found["wechat:A3"]["published_at"] == datetime(2026, 3, 13, tzinfo=UTC)
    assert found["wechat:A1"]["published_at"] == datetime(2026, 3, 13, 5, 46, tzinfo=UTC)
    assert read_mapping(saved).columns["text"] == ("说了什么",)


def test_dry_run_shows_five_rows_and_stores_nothing(run: Import, desk: DataDir, tmp_path: Path) -> None:
    path = lines(tmp_path / "p.jsonl", *(ced_post(n) for n in range(9)), "{bad")
    shown = json.loads(run(path, "--dry-run", "--json").stdout)[0]
    assert len(shown["posts"]) == 5 and shown["problems"][0]["row"] == 10
    assert "第0条" in run(path, "--dry-run").stdout
    assert not desk.raw("fire").exists()


def test_rows_without_id_get_one_that_stays(run: Import, desk: DataDir, tmp_path: Path) -> None:
    table = lines(tmp_path / "t.csv", "内容,作者", "一样,甲", "一样,乙", "一样,甲")
    run(table)
    ids = {post["post_id"] for post in stored(desk)}
    assert len(ids) == 2 and len(rejects(desk)) == 1
    run(table, "--again")
    assert {post["post_id"] for post in stored(desk)} == ids


def test_ragged_rows_and_stray_bytes_are_rejected_alone(run: Import, desk: DataDir, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        "id,text\n1,好\n2\n3,a,b\n\n4,".encode() + b"\xff\xfe\n" + "5,也好\n4.9E+15,坏\n".encode()
    )
    run(path)
    assert [post["post_id"] for post in stored(desk)] == ["import:1", "import:5"]
    said = {one["row"]: one["reason"] for one in rejects(desk)}
    assert set(said) == {2, 3, 5, 7} and "spreadsheet" in said[7] and "encoding" in said[5]


def test_an_open_quote_costs_its_rows_and_says_so(run: Import, desk: DataDir, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        'id,text\n1,好\n2,"never closed\n' + "x" * (MAX_ROW + 10) + "\n3,也好\n", encoding="utf-8"
    )
    run(path)
    assert {post["post_id"] for post in stored(desk)} == {"import:1", "import:3"}
    said = {one["row"]: one["reason"] for one in rejects(desk)}
    assert said.keys() == {2, 3} and all("field larger" in reason for reason in said.values())


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("empty.csv", b"", UsageError, "empty"),
        ("nul.jsonl", b"\0" * 500, UsageError, "empty"),
        ("book.xlsx", b"PK\x03\x04rest", UsageError, "save the sheet as CSV"),
        ("cut.gz", gzip.compress(b'{"id": 1}' * 999, mtime=0)[:40], UsageError, "damaged"),
        ("one.csv", b"justone\nx\n", UsageError, "first row must name"),
        ("odd.csv", b"a,b\n1,2\n", MappingError, "--map text=COLUMN"),
        ("zone.csv", b"id,text,time\n1,x,2026-03-13 08:00\n", MappingError, "--timezone"),
        ("lines.jsonl", b"[1]\n", UsageError, "no row"),
    ],
)
def test_files_that_cannot_be_used_say_why(
    run: Import,
    desk: DataDir,
    tmp_path: Path,
    name: str,
    content: bytes,
    error: type[ChengqingError],
    says: str,
) -> None:
    (tmp_path / name).write_bytes(content)
    done = run(tmp_path / name, ok=False)
    assert isinstance(done.exception, error) and says in str(done.exception)
    assert list(finished_crawls(desk, "fire")) == [] and list(unfinished_crawls(desk, "fire")) == []


def test_a_gzip_bomb_is_stopped_and_leaves_nothing(run: Import, desk: DataDir, tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(json.dumps(ced_post(1)).encode() + b"\n")
        for _ in range(400):
            stream.write(b" " * 1_000_000)
    done = run(path, ok=False)
    assert isinstance(done.exception, UsageError) and "bomb" in str(done.exception)
    assert list(unfinished_crawls(desk, "fire")) == []


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (["--map", "text"], MappingError, "field=column"),
        (["--map", "colour=text", "--map", "text=text"], MappingError, "no field 'colour'"),
        (["--map", "text=nowhere"], MappingError, "no column 'nowhere'"),
        (["--timezone", "Mars/Olympus"], MappingError, "time zone"),
        (["--platform", "Bad Name"], MappingError, "platform"),
        (["--encoding", "ebcdic"], UsageError, "one of"),
        (["--source", "../up"], UsageError, "cannot be used"),
    ],
)
def test_wrong_options_name_their_mistake(
    run: Import, tmp_path: Path, options: list[str], error: type[ChengqingError], says: str
) -> None:
    done = run(lines(tmp_path / "t.csv", "id,text", "1,x"), *options, ok=False)
    assert isinstance(done.exception, error) and says in str(done.exception)


def test_the_same_file_is_not_read_twice_by_mistake(run: Import, desk: DataDir, tmp_path: Path) -> None:
    path = lines(tmp_path / "p.jsonl", ced_post(1))
    run(path)
    done = run(path, ok=False)
    assert isinstance(done.exception, UsageError) and "--again" in str(done.exception)
    run(path, "--again")
    assert len(finished_crawls(desk, "fire")) == 2


def test_an_unknown_incident_is_named(desk: DataDir, tmp_path: Path) -> None:
    path = lines(tmp_path / "p.jsonl", ced_post(1))
    done = CliRunner().invoke(
        import_posts, ["no-such", str(path)], env={"CHENGQING_DATA": str(desk.root)}, standalone_mode=False
    )
    assert isinstance(done.exception, UnknownName | UsageError)


def test_a_killed_import_leaves_nothing_that_counts_and_can_be_run_again(
    desk: DataDir, tmp_path: Path
) -> None:
    path = lines(tmp_path / "r.jsonl", *(ced_repost(n) for n in range(60_000)))
    code = (
        "import os, signal, sys\nfrom crawlers.importers import run\nfrom pipeline.raw import RawWriter\n"
        "old = RawWriter.flush\n"
        "def flush(self):\n    old(self)\n    os.kill(os.getpid(), signal.SIGKILL)\nRawWriter.flush = flush\n"
        "from crawlers.importers.cli import import_posts\nimport_posts(sys.argv[1:], standalone_mode=False)\n"
    )
    command = [sys.executable, "-c", code, "fire", str(path)]
    killed = subprocess.run(
        command, env={"CHENGQING_DATA": str(desk.root), "PATH": ""}, check=False, capture_output=True
    )
    assert killed.returncode == -9 and finished_crawls(desk, "fire") == []
    assert len(list(unfinished_crawls(desk, "fire"))) == 1
    done = CliRunner().invoke(
        import_posts, ["fire", str(path)], env={"CHENGQING_DATA": str(desk.root)}, standalone_mode=False
    )
    assert done.exception is None
    assert len(stored(desk)) == 60_000 and list(unfinished_crawls(desk, "fire")) == []


ZEESCHUIMER: dict[str, dict[str, Any]] = {
    "xiaohongshu.com": {
        "id": "64f",
        "note_card": {
            "display_title": "标题",
            "desc": "正文",
            "time": 1773380760000,
            "user": {"user_id": "u1", "nickname": "小红"},
            "interact_info": {"liked_count": "1.2万", "comment_count": "10", "share_count": ""},
        },
    },
    "douyin.com": {
        "aweme_id": "7000000000000000001",
        "desc": "正文",
        "create_time": 1773380760,
        "author": {"uid": "9", "nickname": "抖"},
        "statistics": {"digg_count": 5, "comment_count": 6, "share_count": 7, "play_count": 8},
    },
    "twitter.com": {
        "rest_id": "1900000000000000001",
        "legacy": {
            "full_text": "正文",
            "created_at": "Fri Mar 13 05:46:00 +0000 2026",
            "favorite_count": 1,
            "user_id_str": "3",
        },
    },
    "threads.net": {
        "code": "Cx1",
        "caption": {"text": "正文"},
        "taken_at": 1773380760,
        "user": {"username": "t"},
        "like_count": 4,
    },
    "tiktok.com": {
        "id": "71",
        "desc": "正文",
        "createTime": 1773380760,
        "author": {"uniqueId": "k"},
        "stats": {"diggCount": 3},
    },
}


@pytest.mark.parametrize("platform", sorted(ZEESCHUIMER))
def test_zeeschuimer_exports(run: Import, desk: DataDir, tmp_path: Path, platform: str) -> None:
    envelope = {
        "nav_index": "1:1",
        "item_id": "x",
        "timestamp_collected": 1773400000000,
        "source_platform": platform,
    }
    row = {**envelope, "last_updated": 0, "data": ZEESCHUIMER[platform]}
    stub = {**envelope, "last_updated": 0, "data": {"id": "stub"}}
    run(lines(tmp_path / f"zeeschuimer-export-{platform}.ndjson", row, stub))
    (post,) = stored(desk)
    assert (
        post["text"] == "正文"
        and post["author_key"]
        and post["published_at"] == datetime(2026, 3, 13, 5, 46, tzinfo=UTC)
    )
    assert post["collected_at"] == datetime.fromtimestamp(1773400000, UTC) and post["likes"] is not None
    assert [one["row"] for one in rejects(desk)] == [2]


def test_headers_are_guessed_without_case_or_blanks() -> None:
    assert guess(["\ufeffID", "微博 正文", "Created_At", "noise"]) == {
        "id": ("\ufeffID",),
        "text": ("微博 正文",),
        "published_at": ("Created_At",),
    }
    assert guess(["a", "b"]) == {}


@given(st.lists(st.lists(st.integers(-50, 50), max_size=40), max_size=12))
@settings(max_examples=60)
def test_seen_ids_are_those_seen(batches: list[list[int]]) -> None:
    import numpy as np

    ids, seen = SeenIds(), set()
    for batch in batches:
        new = ids.add(np.array(batch, dtype=np.int64)).tolist()
        expected = [n not in seen and n not in batch[:place] for place, n in enumerate(batch)]
        assert new == expected
        seen |= set(batch)


def moments(values: list[Any], zone: ZoneInfo | None) -> list[datetime | None]:
    found = whole_times(values, zone)
    assert found is not None
    return found[0].to_pylist()


def test_whole_columns_of_times_agree_with_single_ones() -> None:
    shown = ["2012-09-11T11:34:22+08:00", None, "2026-03-13T05:46:00Z"]
    assert moments(shown, None)[0] == datetime(2012, 9, 11, 3, 34, 22, tzinfo=UTC)
    made = moments(["2026-03-13 08:00:00", None], ZoneInfo("Asia/Shanghai"))
    assert made == [datetime(2026, 3, 13, tzinfo=UTC), None]
    assert whole_times(["yesterday"], None) is None and whole_times([5, "5"], None) is None
    numbers = [1773380760, 1773380760000, 5, 2**70, -1, None, 631152000, 4_200_000_000]
    single = [parse_time(number, datetime(2026, 3, 15, tzinfo=UTC))[0] for number in numbers]
    assert moments(numbers, None) == single and single[0] == single[1] and single[2:6] == [None] * 4


def test_the_real_posts_and_claim_groups_are_read_whole(run: Import, desk: DataDir) -> None:
    files = [SHARED / "ced" / "posts.jsonl.gz", SHARED / "claim_groups.jsonl.gz"]
    if not all(path.exists() for path in files):
        pytest.skip("the evaluation data is not on this machine")
    run(*files)
    counted = sum(len(gzip.decompress(path.read_bytes()).splitlines()) for path in files)
    assert len(stored(desk)) == counted and rejects(desk) == []
    assert all(post["author_key"] for post in stored(desk) if post["source"] == "ced")


def test_a_lock_keeps_two_imports_apart(run: Import, desk: DataDir, tmp_path: Path) -> None:
    from crawlers.store import source_lock

    path = lines(tmp_path / "p.jsonl", ced_post(1))
    with source_lock(desk, "fire", "ced"):
        assert isinstance(run(path, ok=False).exception, StoreError)
