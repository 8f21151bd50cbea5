"""New texts join what was grouped before, and the result is that of grouping all at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.hashing import HashingEncoder
from pipeline.group import GroupConfig, Grouping, group
from pipeline.group.cache import GroupCache, arrivals
from pipeline.group.kernels import best_between
from pipeline.group.languages import Opposite, opposites
from pipeline.group.memory import Memory, basis_of, recall
from pipeline.group.near import merged
from pipeline.normalize import normalize
from pipeline.segment import segment

SMALL = GroupConfig(
    settled=6, statistics_step=1.5, neighbors=2, rare=8, matched=0.12, suggested=0.05, floor=0.05
)
"""Every rule of a million texts at the size of a few: statistics in steps, full lists, common words."""
START = datetime(2026, 3, 13, tzinfo=UTC)
PIECES = (
    "海港巷火灾三人受伤",
    "消防局说是电动车充电",
    "选票被扔进垃圾桶",
    "投票站工作人员作废选票",
    "自来水有毒不能喝",
    "水厂说水质正常",
    "唐人街今晚停电",
    "学校明天停课一天",
    "投飘站工作人员作肺选票",
    "the school is closed tomorrow",
    "drinking water in town is poisoned",
)
posts_of = st.lists(
    st.tuples(st.lists(st.sampled_from(PIECES), min_size=1, max_size=2), st.integers(0, 800)),
    min_size=1,
    max_size=16,
)
Said = list[tuple[list[str], int]]


def texts_of(said: Said) -> pa.Table:
    times = [START + timedelta(days=day) for _, day in said]
    table = pa.table(
        {
            "post_id": [f"p:{index}" for index in range(len(said))],
            "title": pa.array([None] * len(said), pa.string()),
            "text": ["，".join(pieces) for pieces, _ in said],
            "posted_at": pa.array(times, pa.timestamp("us", "UTC")),
        }
    )
    return segment(normalize(table), table)


@cache
def key_of(text: str) -> str:
    table = pa.table({"post_id": ["p"], "title": pa.array([None], pa.string()), "text": [text]})
    return str(normalize(table)["text_key"][0])


def places_of_arrival(said: Said, texts: pa.Table) -> Any:
    """In what order the texts of ``said`` were first met."""
    met: dict[str, int] = {}
    for index, (pieces, _) in enumerate(said):
        met.setdefault(key_of("，".join(pieces)), index)
    return np.array([met[key] for key in texts["text_key"].to_pylist()], np.int64)


def grouped(said: Said, memory: Memory | None = None, config: GroupConfig = SMALL) -> Grouping:
    texts = texts_of(said)
    vectors = HashingEncoder().encode(texts["match_text"].to_pylist())
    return group(texts, vectors, config, arrived=places_of_arrival(said, texts), memory=memory)


def assert_same(one: Grouping, other: Grouping) -> None:
    assert one.members.equals(other.members)
    assert one.matches.equals(other.matches)
    assert remembered(one.memory) == remembered(other.memory)


def remembered(memory: Memory) -> dict[str, list[Any]]:
    """All that the next grouping starts from, but what was worked out only where it was asked for."""
    common, index, reach = memory.common, memory.index, memory.reach
    return {
        "words": common.words.to_pylist(),
        "documents": common.of_words.tolist(),
        "columns": index.columns.tolist(),
        "values": index.values.tolist(),
        "reach": np.stack([reach.count, reach.worst, reach.worst_at]).tolist(),
        "found": memory.found.tolist(),
        "similarity": memory.verdicts.similarity.tolist(),
        "matched": memory.verdicts.matched.tolist(),
        "opposite": [memory.opposite.text.tolist(), memory.opposite.cosine.tolist()],
        "likeness": memory.likeness.similarity.tolist(),
        "ties": dict(zip(memory.ties.groups.tolist(), memory.ties.words.to_pylist(), strict=True)),
    }


@settings(max_examples=10, deadline=None)
@given(posts_of, posts_of, posts_of)
def test_texts_that_join_give_what_all_at_once_gives(first: Said, second: Said, third: Said) -> None:
    memory = None
    for said in (first, first + second, first + second + third):
        with_memory, afresh = grouped(said, memory), grouped(said)
        assert_same(with_memory, afresh)
        memory = with_memory.memory


def many(count: int) -> Said:
    return [([PIECES[n % 8], PIECES[n // 8 % 8], f"第{n}次报道"], n) for n in range(count)]


def test_what_is_remembered_is_used_and_a_text_that_is_gone_is_noticed() -> None:
    config = replace(SMALL, statistics_step=100.0)
    before = grouped(many(60), config=config)
    texts = texts_of(many(64))
    keys = np.array(texts["text_key"].to_pylist(), "S")
    known = recall(before.memory, before.memory.basis, keys, np.zeros(len(keys), np.int64))
    assert known is not None and int(known.fresh.sum()) == len(keys) - len(before.memory.keys) > 0
    gone = keys[keys != before.memory.keys[5]]
    assert recall(before.memory, before.memory.basis, gone, np.zeros(len(gone), np.int64)) is None
    assert recall(before.memory, "other statistics", keys, np.zeros(len(keys), np.int64)) is None
    assert_same(grouped(many(64), before.memory, config), grouped(many(64), config=config))


def test_an_earlier_post_of_a_known_text_moves_its_pairs() -> None:
    config = replace(SMALL, statistics_step=100.0)
    before = grouped(many(40), config=config)
    moved = [(pieces, day - 900) if day == 7 else (pieces, day) for pieces, day in many(40)]
    assert_same(grouped(moved, before.memory, config), grouped(moved, config=config))


@pytest.mark.parametrize("seed", range(3))
def test_texts_of_another_language_are_met_once(seed: int) -> None:
    draw = np.random.default_rng(seed)
    letters, able = draw.integers(0, 4, 60).astype(np.uint8), draw.random(60) < 0.9
    steps = draw.integers(-3, 4, (60, 4)).astype(np.int8)  # few values: many are equally near
    whole = opposites(letters, able, lambda rows: steps[rows], SMALL)
    fresh = draw.random(60) < 0.15
    old = np.flatnonzero(~fresh)
    before = opposites(letters[old], able[old], lambda rows: steps[old][rows], SMALL)
    text, cosine = np.full(60, -1), np.full(60, -np.inf)
    text[old], cosine[old] = np.where(before.text < 0, -1, old[before.text]), before.cosine
    joined = opposites(letters, able, lambda rows: steps[rows], SMALL, Opposite(text, cosine), fresh)
    assert joined.text.tolist() == whole.text.tolist() and joined.cosine.tolist() == whole.cosine.tolist()
    lengths = np.sqrt(np.maximum((steps.astype(int) ** 2).sum(axis=1), 1))
    near = (steps.astype(int) @ steps.T.astype(int)) / np.outer(lengths, lengths)
    one = int(np.flatnonzero(able & (letters == 2))[0])
    chinese = np.flatnonzero(able & (letters & 1 > 0))
    assert whole.text[one] == chinese[near[one][chinese].argmax()]
    few = replace(SMALL, exact_vectors=1)
    assert not (opposites(letters, able, lambda rows: steps[rows], few).text >= 0).any()


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(6, 11), st.integers(0, 4)), max_size=60),
    st.integers(1, 3),
)
def test_pairs_of_groups_are_taken_strongest_first(pairs: list[tuple[int, int, int]], most: int) -> None:
    taken: set[tuple[int, int]] = set()
    count: Counter[int] = Counter()
    expected = [False] * len(pairs)
    for row in sorted(range(len(pairs)), key=lambda row: (pairs[row][2], row)):
        one, other, _ = pairs[row]
        if (one, other) not in taken and (count[one] < most or count[other] < most):
            expected[row] = True
            taken.add((one, other))
            count.update((one, other))
    either_way = np.array([(one, other)[:: 1 - 2 * (one % 2)] for one, other, _ in pairs], np.int64).reshape(
        -1, 2
    )
    weakness = np.array([weak for _, _, weak in pairs], np.int32)
    assert best_between(either_way, weakness, most).tolist() == expected


words_of = st.sets(st.text("ab火c", min_size=1, max_size=3))


@given(words_of, words_of)
def test_new_words_find_their_places_among_the_known(known: set[str], named: set[str]) -> None:
    before, names = sorted(known), tuple(sorted(named))
    every, moved, placed = merged(pa.array(before, pa.string()), names)
    together = every.to_pylist()
    assert together == sorted(known | named)
    assert [together[place] for place in moved.tolist()] == before
    assert [together[place] for place in placed.tolist()] == list(names)


def test_statistics_stand_still_while_texts_arrive() -> None:
    keys = np.array([f"{n:024d}" for n in range(100)], "S")
    arrived = np.arange(100)[::-1].astype(np.int64)
    marked = basis_of(keys, arrived, SMALL)
    assert 100 / SMALL.statistics_step < marked.sum() <= 100
    assert arrived[marked].max() < arrived[~marked].min()
    newer = basis_of(np.append(keys, b"9" * 24), np.append(arrived, 100), SMALL)
    assert newer[:-1].tolist() == marked.tolist() and not newer[-1]
    assert basis_of(keys, None, SMALL).all()


def test_memory_survives_the_disk_and_what_is_no_memory_is_none(tmp_path: Path) -> None:
    memory = grouped(many(30)).memory
    memory.save(tmp_path / "memory.npz")
    back = Memory.load(tmp_path / "memory.npz")
    assert back is not None and back.basis == memory.basis
    assert_same(grouped(many(33), back), grouped(many(33)))
    (tmp_path / "torn.npz").write_bytes((tmp_path / "memory.npz").read_bytes()[:1000])
    assert Memory.load(tmp_path / "torn.npz") is None
    assert Memory.load(tmp_path / "none.npz") is None


@pytest.mark.parametrize("cores", [1, 3])
def test_any_number_of_threads_gives_the_same(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from pipeline.group import kernels, near_kernels

    expected = grouped(many(60))
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(near_kernels, "_ROWS_PER_TASK", 7)
    monkeypatch.setattr(kernels, "_PAIRS_PER_TASK", 5)
    assert_same(grouped(many(60)), expected)


def test_a_cache_is_kept_for_one_code_and_only_where_it_saves_work(tmp_path: Path) -> None:
    memory = grouped(many(30)).memory
    GroupCache(tmp_path, replace(SMALL, settled=1_000), ["code"]).keep(memory)
    assert not list(tmp_path.rglob("*.npz"))
    old, new = (GroupCache(tmp_path, SMALL, [code]) for code in ("old code", "new code"))
    old.keep(memory)
    assert new.load() is None
    kept = old.load()
    assert kept is not None and kept.keys.tolist() == memory.keys.tolist()
    new.keep(memory)
    assert list(tmp_path.rglob("*.npz")) == [new.path]


def test_a_text_arrives_with_the_first_of_its_posts() -> None:
    keys = ["t:b", "t:a", "t:b"]
    normalized = pa.table({"post_id": ["p:0", "p:1", "p:2"], "text_key": keys})
    times = [START + timedelta(seconds=second) for second in (9, 5, 2)]
    posts = pa.table(
        {
            "post_id": ["p:2", "p:0", "p:1"],
            "first_collected_at": pa.array([times[2], times[0], times[1]], pa.timestamp("us", "UTC")),
        }
    )
    found = arrivals(pa.table({"text_key": ["t:a", "t:b"]}), posts, normalized)
    assert (found - found.min()).tolist() == [3_000_000, 0]
