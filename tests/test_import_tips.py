"""Tips: a message that a member passes on keeps its words, loses its sender, and needs consent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.importers.tip import MAX_TIP, without_sender
from import_support import Import, fire_desk, importer, stored
from pipeline.batch import run_incident
from pipeline.errors import UsageError
from pipeline.incident import find_incident
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls

WORDS = "听说海港巷的水有毒，\n大家别喝！真的吗？"


@pytest.fixture
def desk(tmp_path: Path) -> DataDir:
    return fire_desk(tmp_path)


@pytest.fixture
def tip(desk: DataDir) -> Import:
    call = importer(desk)
    return lambda *arguments, text=WORDS, ok=True: call(*arguments, text=text, ok=ok)


def test_a_tip_becomes_a_post_of_nobody(tip: Import, desk: DataDir, tmp_path: Path) -> None:
    tip("--tip", "wechat", "--consent", "asked by phone", "--received-at", "2026-03-13T09:30-07:00")
    (post,) = stored(desk)
    assert post["text"] == WORDS and post["platform"] == "tip" and post["source"] == "tip-wechat"
    assert post["author_key"] is None and post["published_at"] is None
    assert post["collected_at"] == datetime(2026, 3, 13, 16, 30, tzinfo=UTC)
    noted = finished_crawls(desk, "fire")[0].summary["extra"]
    assert noted["consent"] == "asked by phone" and noted["channel"] == "wechat"
    (tmp_path / "message.txt").write_text(WORDS, encoding="utf-8")
    shown = tip(tmp_path / "message.txt", "--tip", "wechat", "--consent", "asked by phone", "--json")
    assert json.loads(shown.stdout)["post_id"] == post["post_id"], "equal words from one channel are one post"
    tip("--tip", "phone", "--consent", "asked by phone")
    assert len(stored(desk)) == 3 and len({one["post_id"] for one in stored(desk)}) == 2


@pytest.mark.parametrize(
    "pasted",
    [
        f"[13/3/2026, 17:46:09] Zhang San PLANTED: {WORDS}",
        f"13/03/2026, 17:46 - +1 415 555 0100 PLANTED: {WORDS}",
        f"PLANTED San, [13.03.26 17:46]\n{WORDS}",
        f"17:46\tPLANTED 太太\t{WORDS}",
        f"PLANTED 张三 2026/3/13 17:46\n{WORDS}",
        f"PLANTED张三: 2026-03-13 17:46:01\r\n{WORDS}",
        f"Forwarded from PLANTED 群主\n{WORDS}",
        f"发件人：PLANTED\n{WORDS}",
        f"PLANTED San, [13.03.26 17:46]\nForwarded from PLANTED Again\n{WORDS}",
    ],
)
def test_lines_that_name_the_sender_are_taken_off(tip: Import, desk: DataDir, pasted: str) -> None:
    assert without_sender(pasted) == WORDS
    tip("--tip", "whatsapp", "--consent", "yes, by chat", text=pasted)
    for path in desk.root.rglob("*"):
        assert path.is_dir() or b"PLANTED" not in path.read_bytes(), path


@pytest.mark.parametrize(
    "words",
    [
        "今天 17:46 海港巷起火",
        "官方通报：\n无人死亡",
        "时间：2026-03-13\n地点：海港巷",
        "From here to there\n无人",
        WORDS,
    ],
)
def test_words_that_only_look_like_a_sender_stay(words: str) -> None:
    assert without_sender(words) == words


@pytest.mark.parametrize(
    ("options", "text", "says"),
    [
        (["--tip", "wechat"], WORDS, "--consent"),
        (["--tip", "wechat", "--consent", " "], WORDS, "--consent"),
        (["--tip", "wechat", "--consent", "asked"], " \n ", "needs its words"),
        (["--tip", "wechat", "--consent", "asked"], "长" * (MAX_TIP + 1), "import it as a file"),
        (["--tip", "wechat", "--consent", "asked"], "中".encode("gb18030"), "UTF-8"),
        (["--tip", "We Chat", "--consent", "asked"], WORDS, "channel"),
        (
            ["--tip", "wechat", "--consent", "asked", "--received-at", "yesterday noon"],
            WORDS,
            "--received-at",
        ),
        (["--tip", "wechat", "--consent", "asked", "--received-at", "2999-01-01T00:00Z"], WORDS, "past"),
        (["--consent", "asked"], WORDS, "name one or more files"),
        ([], WORDS, "name one or more files"),
        (["-"], WORDS, "standard input"),
    ],
)
def test_a_tip_that_lacks_something_says_what(
    tip: Import, desk: DataDir, options: list[str], text: str | bytes, says: str
) -> None:
    done = tip(*options, text=text, ok=False)
    assert isinstance(done.exception, UsageError) and says in str(done.exception)
    assert finished_crawls(desk, "fire") == []


def test_a_dry_run_of_a_tip_shows_it_and_stores_nothing(tip: Import, desk: DataDir) -> None:
    assert "海港巷的水有毒" in tip("--tip", "wechat", "--dry-run").stdout
    assert not desk.raw("fire").exists()


@pytest.mark.slow
def test_tips_are_ranked_with_everything_else(tip: Import, desk: DataDir) -> None:
    for channel in ("wechat", "phone"):
        tip("--tip", channel, "--consent", "asked", "--received-at", "2026-03-13T09:30-07:00")
    run_incident(desk, find_incident(desk, "fire"))
    import duckdb

    warehouse = desk.root / "warehouse" / "fire.duckdb"
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.sql("select platform, posted_at from posts").fetchall()
        claims = connection.sql("select post_count from claims").fetchall()
    assert [platform for platform, _ in found] == ["tip", "tip"] and claims == [(2,)]
    assert {moment.astimezone(UTC) for _, moment in found} == {datetime(2026, 3, 13, 16, 30, tzinfo=UTC)}
