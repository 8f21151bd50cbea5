"""Files that lie, break off or were saved by the wrong program: every row is kept or named with its reason."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawlers.importers import rows as rows_module
from crawlers.importers import some as some_module
from crawlers.importers import streams as streams_module
from crawlers.importers import tables
from crawlers.importers.formats.listening import english_time
from crawlers.importers.ids import as_id, id_of_address, platform_of, weibo_number, without_name
from crawlers.importers.rejects import shown_row
from crawlers.importers.rows import Batch, json_batches
from crawlers.importers.some import some_of
from crawlers.importers.streams import Bounded, Source
from crawlers.importers.values import Walked, at
from import_support import Import, fire_desk, importer, rejects, stored
from pipeline.errors import ChengqingError, MappingError, UsageError
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls, read_observations

EXPORTS = Path(__file__).parent / "imports"
EPOCH = "1773380760"


@pytest.fixture
def desk(tmp_path: Path) -> DataDir:
    return fire_desk(tmp_path)


@pytest.fixture
def run(desk: DataDir) -> Import:
    return importer(desk)


def kept(desk: DataDir) -> dict[str, str]:
    return {post["post_id"].partition(":")[2]: post["text"] for post in stored(desk)}


def said(desk: DataDir) -> dict[int, str]:
    return {one["row"]: one["reason"] for one in rejects(desk)}


def test_wrong_quotes_cost_their_own_row(run: Import, desk: DataDir, tmp_path: Path) -> None:
    rows = [
        "id,text",
        '1,"好的\n第二行"',
        '2,"没有收尾',
        "3,也好",
        '4,"真的"他说',
        '5,他说"真的"',
        '6,"a""b"',
        "7,末",
    ]
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    run(tmp_path / "t.csv")
    expected = {"1": "好的\n第二行", "3": "也好", "4": '"真的"他说', "5": '他说"真的"', "6": 'a"b', "7": "末"}
    assert kept(desk) == expected
    assert said(desk).keys() == {2} and "not a row" in said(desk)[2]


def test_a_table_of_nothing_but_open_quotes_ends_soon(run: Import, desk: DataDir, tmp_path: Path) -> None:
    rows = [f'{n},"open {"x" * 200}' for n in range(1, 5_001)]
    (tmp_path / "t.csv").write_text("\n".join(["id,text", "0,ok", *rows]) + "\n", encoding="utf-8")
    run(tmp_path / "t.csv")
    assert kept(desk) == {"0": "ok"} and len(said(desk)) == 5_000
    assert all("not a row" in reason for reason in said(desk).values())


def test_looking_for_the_next_row_has_its_end(
    run: Import, desk: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_AGAIN", 5)
    (tmp_path / "t.csv").write_text('id,text\n0,ok\n1,"open\n2,a\n3,b\n', encoding="utf-8")
    run(tmp_path / "t.csv")
    assert kept(desk) == {"0": "ok"} and "the 2 lines after it went with it" in said(desk)[2]


def test_two_encodings_in_one_table_are_told_apart_row_by_row(
    run: Import, desk: DataDir, tmp_path: Path
) -> None:
    good = "".join(f"{n},大家都在说的一件事\n" for n in range(30))
    (tmp_path / "t.csv").write_bytes(
        f"id,text\n{good}".encode() + "90,这是国标码\n".encode("gb18030") + b"91,ok\n"
    )
    run(tmp_path / "t.csv")
    assert len(kept(desk)) == 31 and "91" in kept(desk)
    assert said(desk) == {31: "bytes that do not fit the file's encoding"}


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_with_damage_in_it(run: Import, desk: DataDir, tmp_path: Path, coding: str) -> None:
    text = "id\ttext\r\n" + "".join(f"{n}\t大家都在说 {n}\r\n" for n in range(20))
    content = text.encode(coding)
    lone = "\ud800".encode("utf-16-be" if coding.endswith("be") else "utf-16-le", "surrogatepass")
    end = "\r\n".encode("utf-16-be" if coding.endswith("be") else "utf-16-le")
    start = "90\t坏".encode("utf-16-be" if coding.endswith("be") else "utf-16-le")
    (tmp_path / "t.csv").write_bytes(content + start + lone + end + b"\x39")
    run(tmp_path / "t.csv")
    assert len(kept(desk)) == 20 and 21 in said(desk) and "encoding" in said(desk)[21]


def test_nul_and_control_characters_and_formulas(run: Import, desk: DataDir, tmp_path: Path) -> None:
    rows = [
        "id,text,url",
        "1,a\0b,",
        "2,\"=cmd|' /C calc'!A0\",https://a.example/",
        '"=""3""",x,javascript:alert(1)',
    ]
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    run(tmp_path / "t.csv")
    assert kept(desk) == {"1": "ab", "2": "=cmd|' /C calc'!A0", "3": "x"} and said(desk) == {}


def test_a_preamble_is_skipped_and_its_zone_read(run: Import, desk: DataDir, tmp_path: Path) -> None:
    head = "Report:,x\nFrom:,Fri Mar 13 00:00:00 America/Los_Angeles 2026\n\n"
    table = "Query Id,Query Name,Date,Title,Snippet,Url,Full Text\n1,q,2026-03-13 05:46:00.0,,,https://a.example/1,好\n"
    (tmp_path / "b.csv").write_text(head + table, encoding="utf-8")
    run(tmp_path / "b.csv")
    (post,) = read_observations(finished_crawls(desk, "fire")).to_pylist()
    assert post["published_at"] == datetime(2026, 3, 13, 12, 46, tzinfo=UTC)
    (tmp_path / "c.csv").write_text(table, encoding="utf-8")
    done = run(tmp_path / "c.csv", ok=False)
    assert isinstance(done.exception, MappingError) and "--timezone" in str(done.exception)


def test_a_document_that_breaks_off_keeps_what_came_before(
    run: Import, desk: DataDir, tmp_path: Path
) -> None:
    whole = json.dumps([{"id": str(n), "text": "好"} for n in range(500)], indent=1)
    (tmp_path / "a.json").write_text(whole[: len(whole) // 2], encoding="utf-8")
    run(tmp_path / "a.json")
    count = len(kept(desk))
    assert 200 < count < 300 and list(said(desk)) == [count + 1]
    assert "breaks off" in said(desk)[count + 1]


def test_deep_and_huge_objects_in_a_document_are_refused_alone(
    run: Import, desk: DataDir, tmp_path: Path
) -> None:
    deep = '{"id": "2", "text": ' + "[" * 5_000 + "]" * 5_000 + "}"
    huge = json.dumps({"id": "3", "text": "x" * 4_100_000})
    (tmp_path / "a.json").write_text(
        f'[{{"id": "1", "text": "好"}}, {deep}, {huge}, 5, {{"id": "4", "text": "末"}}]'
    )
    run(tmp_path / "a.json")
    assert kept(desk) == {"1": "好", "4": "末"}
    reasons = said(desk)
    assert "deep" in reasons[2] and "longer" in reasons[3] and "not an object" in reasons[4]


def telegram(*chats: dict[str, Any]) -> str:
    message = {"id": 1, "type": "message", "date_unixtime": EPOCH, "from_id": "user1", "text": "PLANTED"}
    full = [{"name": "PLANTED", "messages": [message], **chat} for chat in chats]
    return json.dumps(full[0] if len(full) == 1 else {"chats": {"list": full}}, indent=1)


@pytest.mark.parametrize(
    "kind", ["personal_chat", "private_group", "private_supergroup", "bot_chat", "saved_messages"]
)
def test_private_chats_are_refused_unread(run: Import, desk: DataDir, tmp_path: Path, kind: str) -> None:
    chat = {"name": "x", "type": kind, "id": 7}
    (tmp_path / "result.json").write_text(telegram(chat), encoding="utf-8")
    done = run(tmp_path / "result.json", ok=False)
    assert isinstance(done.exception, UsageError) and "private chat" in str(done.exception)
    assert "PLANTED" not in str(done.exception) and not desk.raw("fire").exists()
    (tmp_path / "all.json").write_text(telegram(chat, chat), encoding="utf-8")
    assert isinstance(run(tmp_path / "all.json", ok=False).exception, UsageError)


def test_a_chat_that_hides_its_kind_is_private(run: Import, tmp_path: Path) -> None:
    late = {
        "messages": [{"id": 1, "type": "message", "text": "x", "date_unixtime": EPOCH}],
        "type": "public_channel",
    }
    (tmp_path / "result.json").write_text(json.dumps({"name": "x", "id": 7, **late}), encoding="utf-8")
    assert "private chat" in str(run(tmp_path / "result.json", ok=False).exception)


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        (
            "z.ndjson",
            '{"nav_index": "1", "source_platform": "gab.com", "data": {"id": 1}}',
            UsageError,
            "gab.com",
        ),
        ("d.json", '{\n "name": "x",\n "rows": {}\n}', UsageError, "no row"),
        ("u.json", '{"a": 1}'.encode("utf-16"), UsageError, "UTF-16"),
        ("q.csv", 'id,"text\n1,x', UsageError, "no header row"),
    ],
)
def test_files_of_no_use_say_why(
    run: Import,
    desk: DataDir,
    tmp_path: Path,
    name: str,
    content: str | bytes,
    error: type[ChengqingError],
    says: str,
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = run(tmp_path / name, ok=False)
    assert isinstance(done.exception, error) and says in str(done.exception)
    assert finished_crawls(desk, "fire") == []


def test_rejected_rows_show_words_but_no_people(run: Import, desk: DataDir, tmp_path: Path) -> None:
    header = "id,bid,user_id,用户昵称,微博正文,发布时间,点赞数,转发数,评论数"
    rows = ["5.1E+15,b,PLANTED1,PLANTED2,表格,2026-03-13 13:46,0,0,0", "1,b,PLANTED3,PLANTED4,少了"]
    (tmp_path / "w.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    data = {"aweme_id": "1", "author": {"uid": "PLANTED5", "nickname": "PLANTED6", "sec_uid": "PLANTED7"}}
    row = {"nav_index": "1", "source_platform": "douyin.com", "timestamp_collected": 1, "data": data}
    (tmp_path / "z.ndjson").write_text(
        json.dumps(row | {"data": data | {"desc": "好"}}) + "\n" + json.dumps(row)
    )
    run(tmp_path / "w.csv", tmp_path / "z.ndjson")
    written = b"".join(path.read_bytes() for path in desk.raw("fire").rglob("rejects.jsonl"))
    assert b"PLANTED" not in written and "表格" in written.decode() and b"aweme_id" in written
    assert (
        "$" not in shown_row({"a": {"b": [{"c": {}}] * 99}}) and len(shown_row({"t": "x" * 9_000})) == 2_000
    )


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), inner, max_size=4),
    max_leaves=12,
)
PATHS = ["a", "b.a", "b.c.a", "c[].a", "c[0]", "d.a[].b[1]", "b"]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), ANY_JSON, max_size=4), min_size=1, max_size=5
    )
)
@settings(max_examples=150, deadline=None)
def test_columns_are_the_same_read_whole_or_in_part(rows: list[dict[str, Any]]) -> None:
    content = "\n".join(json.dumps(row) for row in rows).encode()
    stream = io.BytesIO(content)
    source = Source(Path("x"), Bounded(stream, len(content) + 1, Path("x")), stream, len(content))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(some_module, "CHUNK_ROWS", 2)
        (batch,) = some_of(PATHS)(source)
    for path in PATHS:
        expected = [at(row, path) for row in rows]
        assert Walked(rows).column(path) == expected, path
        some = batch.reader().column(path)
        if "[]." in path:  # an empty list is as good as none
            expected, some = ([one or None for one in column] for column in (expected, some))
        assert expected == some, path
    assert [batch.whole(place) for place in range(len(rows))] == rows


LINES = st.sampled_from(
    [
        b'{"a": 1}',
        b'{"a": {"b": "\xe7\x81\xab"}}\r',
        b'{"b": [1, {"a": 2}], "c": [{"a": 3}, null]}',
        b'{"c": {"a": 1}}',  # an object where others have a list
        b'{"a": "\xff"}',
        b'{"a": 1}{"a": 2}',
        b'{"a": "' + b"x" * 90 + b'"}',
        b'{"a": ',
        b'\0{"a": 4}\0',
        b"null",
        b"[1]",
        b"",
    ]
)


@given(st.lists(LINES, max_size=30), st.booleans())
@example([b'{"a": 1}{"a": 2}', b"", b'{"a": 3}'], True)
@example([b"", b""], False)
@settings(max_examples=200, deadline=None)
def test_lines_in_one_buffer_are_those_read_one_by_one(lines: list[bytes], ended: bool) -> None:
    """Small blocks, batches and rows, so that every border falls everywhere."""
    content = b"\n".join(lines) + (b"\n" if ended else b"")

    def read(
        batches: Callable[[Source], Iterator[Batch]],
    ) -> tuple[list[tuple[int, Any]], list[tuple[int, str]]]:
        stream = io.BytesIO(content)
        rows, bad = [], []
        for batch in batches(
            Source(Path("x"), Bounded(stream, len(content) + 1, Path("x")), stream, len(content))
        ):
            rows += [(number, batch.whole(place)) for place, number in enumerate(batch.numbers)]
            assert batch.reader().column("a") == [
                row.get("a") for _, row in rows[len(rows) - len(batch.numbers) :]
            ]
            bad += [(one.row, one.reason) for one in batch.problems]
        return rows, bad

    with pytest.MonkeyPatch.context() as patch:
        for module in (rows_module, some_module, streams_module):
            patch.setattr(module, "MAX_ROW", 80)
            patch.setattr(module, "BLOCK", 20, raising=False)
            patch.setattr(module, "BATCH_BYTES", 200, raising=False)
            patch.setattr(module, "BATCH_ROWS", 4, raising=False)
        patch.setattr(some_module, "CHUNK_ROWS", 2)
        assert read(some_of(["a", "c[].a"])) == read(json_batches)


@pytest.mark.parametrize(
    ("url", "platform", "native"),
    [
        ("https://twitter.com/a/statuses/12?s=20", "twitter", "12"),
        ("http://mobile.x.com/a/status/12", "twitter", "12"),
        ("https://weibo.com/1001/z0JH2lOMb?from=x", "weibo", "3501756485200075"),
        ("https://m.weibo.cn/detail/5100000000000001", "weibo", "5100000000000001"),
        ("https://www.youtube.com/watch?v=abc-_1", "youtube", "abc-_1"),
        ("https://www.reddit.com/r/x/comments/1ab/t/", "reddit", "t3_1ab"),
        ("https://t.me/s/channel_x/77", "telegram", "channel_x/77"),
        ("https://www.xiaohongshu.com/explore/64f?xsec_token=short", "xiaohongshu", "64f"),
    ],
)
def test_addresses_tell_platform_and_id(url: str, platform: str, native: str) -> None:
    assert platform_of(url) == platform and id_of_address(url) == native and as_id(url) == native
    assert "/a/" not in without_name(url) and "1001/" not in without_name(url)


def test_addresses_of_no_platform_are_hashed_without_what_tracks() -> None:
    plain = id_of_address("https://news.example/a/?id=1")
    assert (
        plain
        == id_of_address("https://news.example/a?id=1&utm_source=x")
        != id_of_address("https://news.example/a?id=2")
    )
    assert plain.startswith("url-") and platform_of("https://notx.com/status/1") is None
    assert weibo_number("not-a-mid") == "not-a-mid" and id_of_address("https://[broken").startswith("url-")


def test_english_times() -> None:
    assert english_time("13-Mar-2026 05:46AM") == "2026-03-13 05:46"
    assert english_time("13-Mar-2026 12:05AM") == "2026-03-13 00:05"
    assert english_time("3 March 2026, 12:05:09 PM") == "2026-03-03 12:05:09"
    assert english_time("03/13/2026") == "03/13/2026" and english_time("13-Mar-2026") == "2026-03-13"


def test_no_byte_of_a_shuffled_export_is_lost_unsaid(run: Import, desk: DataDir, tmp_path: Path) -> None:
    """Lines of a good export, some of them cut, doubled or overwritten: kept and rejected rows add up."""
    chance = random.Random(7)
    row = {
        "nav_index": "1",
        "source_platform": "douyin.com",
        "timestamp_collected": 1773400000000,
        "last_updated": 0,
    }
    lines = []
    for n in range(3_000):
        data = {
            "aweme_id": str(n),
            "desc": f"第{n}条",
            "create_time": int(EPOCH),
            "author": {"sec_uid": f"u{n % 9}"},
        }
        line = json.dumps(row | {"data": data}, ensure_ascii=False).encode()
        harm = chance.random()
        if harm < 0.05:
            line = line[: chance.randrange(1, len(line))]
        elif harm < 0.1:
            spot = chance.randrange(len(line))
            line = line[:spot] + bytes([chance.choice(b'\x00\xff{}[]",')]) + line[spot + 1 :]
        lines.append(line)
    (tmp_path / "z.ndjson").write_bytes(b"\n".join(lines) + b"\n")
    run(tmp_path / "z.ndjson")
    assert len(kept(desk)) + len(said(desk)) == 3_000 and len(kept(desk)) > 2_700


@pytest.mark.parametrize(
    "export", sorted(EXPORTS.glob("zeeschuimer-*/*.ndjson")), ids=lambda p: p.parent.name
)
def test_rows_without_their_post_are_refused_and_cost_no_other(
    run: Import, desk: DataDir, tmp_path: Path, export: Path
) -> None:
    lines = export.read_text(encoding="utf-8").splitlines()
    row = json.loads(lines[0])
    odd = [json.dumps({**row, "data": data}) for data in (None, [], {}, {"link": 5, "legacy": []}, "x")]
    path = tmp_path / export.name
    path.write_text("\n".join([*lines, *odd]), encoding="utf-8")
    run(export)
    whole, bad = stored(desk), len(rejects(desk))
    run(path)
    assert len(stored(desk)) == 2 * len(whole) and len(rejects(desk)) == 2 * bad + len(odd)
