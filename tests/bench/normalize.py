"""Bench ``normalize``: disguised spellings found and wrongly found, by kind; speed; jieba beside a faster one.

Thresholds and the list of usual spellings were made on one half (every other trending title; evasion pairs of even
hash); everything here is scored on the other. ``made`` are odd titles that name a target, with the target disguised
by the machine, once per kind: real pairs exist for Mandarin homophones only.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from models.corpus import read_rows
from pipeline.bench import Metric
from pipeline.normalize import fold, normalize
from pipeline.segment import SEGMENTER_VARIABLE, cut
from pipeline.text import shapes, sounds
from pipeline.text.disguise import GAINS, Disguises, disguises, target_words
from pipeline.text.passes import Lines
from pipeline.text.spellings import Folding
from pipeline.text.traits import codes_of
from pipeline.text.words import dictionary, is_usual

SCORED = 1
MADE_PER_KIND = 2_000
CUT_TITLES = 100_000
PEER = "rjieba"


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Measure everything that ``data`` has files for."""
    titles = [str(row["text"]) for row in read_rows(data / "train" / "trending_titles_to_2024.jsonl.gz")]
    ced = [str(row["text"]) for row in read_rows(data / "eval" / "ced" / "posts.jsonl.gz")]
    reposts = [str(row["text"]) for row in read_rows(data / "eval" / "ced" / "reposts.jsonl.gz")]
    progress("disguises: real pairs")
    metrics = list(evasion(data / "eval" / "pairs" / "evasion_homophones.jsonl.gz"))
    progress("disguises: made")
    held_out = _plain(titles[SCORED::2][: 60 * MADE_PER_KIND])
    metrics += made(held_out)
    progress("disguises: false ones")
    metrics += false_foldings("titles", held_out)
    metrics += false_foldings("ced_posts", _plain(ced))
    progress(f"speed: {len(ced) + len(reposts)} posts")
    metrics += speed([*ced, *reposts])
    progress(f"segmenters: {CUT_TITLES} titles")
    return metrics + list(segmenters(titles[:CUT_TITLES]))


def found(lines: Sequence[str]) -> list[Folding]:
    """Every folding of a disguise in lines of matching form."""
    return disguises().fold(lines, *codes_of(lines))


def evasion(path: Path, half: int = SCORED) -> Iterator[Metric]:
    """Precision by position on disguised posts, and recall of targets that the original names."""
    rows = [row for row in read_rows(path) if str(row["kind"]).startswith("homophone")]
    rows = [row for row in rows if int(hashlib.md5(str(row["a"]).encode()).hexdigest(), 16) % 2 == half]
    clean, plain = fold([str(row["a"]) for row in rows])[0], _plain([str(row["b"]) for row in rows])
    pairs = [(a, b) for a, b in zip(clean, plain, strict=True) if len(a) == len(b) and a != b]
    foldings = found([b for _, b in pairs])
    right = [f for f in foldings if pairs[f.line][0][f.at : f.at + len(f.seen)] == f.read]
    hidden = sum(_hidden(a, b) for a, b in pairs)
    yield Metric("normalize.evasion.pairs", len(pairs), unit="pairs")
    yield Metric("normalize.evasion.hidden_targets", hidden, unit="words")
    yield from _scored("normalize.evasion", len(right), len(foldings), hidden)


def _plain(texts: Sequence[str]) -> list[str]:
    """Matching forms in which no disguise by sound or shape is folded yet."""
    lines = Lines(texts)
    lines.run(Disguises(()))
    return lines.texts


def _hidden(original: str, seen: str) -> int:
    places = [(word, at) for word in target_words() for at in _places(original, word)]
    return sum(seen[at : at + len(word)] != word for word, at in places)


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _scored(name: str, right: int, said: int, hidden: int) -> Iterator[Metric]:
    yield Metric(f"{name}.foldings", said, unit="foldings")
    yield Metric(f"{name}.precision", round(right / said, 3) if said else None, unit="share")
    yield Metric(f"{name}.recall", round(right / hidden, 3) if hidden else None, unit="share")


def made(titles: Sequence[str]) -> list[Metric]:
    """Precision and recall per kind, on titles whose target the machine disguised."""
    metrics: list[Metric] = []
    for kind in GAINS:
        originals, spelled = disguised(titles, kind)
        foldings = found(spelled)
        right = sum(
            originals[f.line] == f"{spelled[f.line][: f.at]}{f.read}{spelled[f.line][f.at + len(f.seen) :]}"
            for f in foldings
        )
        name = f"normalize.made.{kind.lower().replace(' ', '_')}"
        metrics += [Metric(f"{name}.texts", len(spelled), unit="titles")]
        metrics += _scored(name, right, len(foldings), len(spelled))
    return metrics


def disguised(titles: Sequence[str], kind: str) -> tuple[list[str], list[str]]:
    """Titles that name a target, and the same with its first target disguised in one way."""
    chance = random.Random(kind)
    ways = _ways(kind)
    pairs: list[tuple[str, str]] = []
    for title in titles:
        word = next(
            (word for word in sorted(target_words(), key=lambda w: (-len(w), w)) if word in title), None
        )
        spelled = word and ways(word, chance)
        if word and spelled and not is_usual(spelled):
            pairs.append((title, title.replace(word, spelled, 1)))
        if len(pairs) == MADE_PER_KIND:
            break
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _ways(kind: str) -> Callable[[str, random.Random], str | None]:
    if kind == "split character":
        return lambda word, chance: _swapped(word, chance, shapes.parts_of)
    if kind == "look-alike":
        return lambda word, chance: _swapped(word, chance, lambda char: _common(shapes.look_alikes(char)))
    if kind == "inserted mark":
        return lambda word, chance: f"{word[:1]} {word[1:]}"
    sound = sounds.pinyin if kind == "homophone" else sounds.jyutping
    by_sound: dict[str, list[str]] = {}
    for char in _common(map(chr, range(0x4E00, 0xA000))):
        by_sound.setdefault(sound(char) or "", []).append(char)
    return lambda word, chance: _swapped(
        word, chance, lambda char: [c for c in by_sound.get(sound(char) or "-", []) if c != char]
    )


def _common(chars: Iterator[str] | Sequence[str] | frozenset[str]) -> list[str]:
    return sorted(char for char in chars if dictionary().get(char, 0) > 200)


def _swapped(word: str, chance: random.Random, others: Callable[[str], Sequence[str]]) -> str | None:
    """One or two characters of the word replaced."""
    places = [place for place in range(len(word)) if others(word[place])]
    if not places:
        return None
    chars = list(word)
    for place in chance.sample(places, min(len(places), chance.choice((1, 2)))):
        chars[place] = chance.choice(others(word[place]))
    return "".join(chars)


def false_foldings(name: str, lines: Sequence[str]) -> list[Metric]:
    """Foldings per 1,000 clean texts by kind; a few of them are disguises after all."""
    kinds = Counter(folding.reason for folding in found(lines))
    total = Metric(
        f"normalize.clean.{name}.foldings", _per_1000(kinds.total(), lines), unit="per 1,000 texts"
    )
    return [
        total,
        *(
            Metric(
                f"normalize.clean.{name}.{kind.lower().replace(' ', '_')}",
                _per_1000(kinds[kind], lines),
                unit="per 1,000 texts",
            )
            for kind in GAINS
        ),
    ]


def _per_1000(count: int, lines: Sequence[str]) -> float:
    return round(1_000 * count / max(1, len(lines)), 2)


def speed(texts: Sequence[str]) -> list[Metric]:
    """Seconds from text to matching form, tables loaded."""
    rows = len(texts)
    titles = pa.nulls(rows, pa.string())
    posts = pa.table({"post_id": [f"p:{row}" for row in range(rows)], "title": titles, "text": texts})
    normalize(posts.slice(0, 1_000))
    started, busy = time.perf_counter(), time.process_time()
    for start in range(0, rows, 100_000):
        normalize(posts.slice(start, 100_000))
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    return [
        Metric("normalize.ced.posts", rows, unit="posts"),
        Metric("normalize.ced.seconds", round(seconds, 1), unit="s"),
        Metric("normalize.ced.cpu_seconds", round(busy, 1), unit="s"),
        Metric("normalize.ced.posts_per_cpu_second", round(rows / busy), unit="posts/s"),
    ]


def segmenters(titles: Sequence[str]) -> Iterator[Metric]:
    """jieba beside its port to Rust, both with the community's words: speed, and how many titles are cut alike."""
    lines = fold(titles)[0]
    kept = os.environ.get(SEGMENTER_VARIABLE)
    cuts, rates = {}, {}
    for name in ("jieba", PEER):
        os.environ[SEGMENTER_VARIABLE] = name
        cut(lines[:10])
        started = time.process_time()
        cuts[name] = cut(lines)
        rates[name] = round(len(lines) / (time.process_time() - started))
    os.environ[SEGMENTER_VARIABLE] = kept or ""
    same = sum(one == other for one, other in zip(cuts["jieba"], cuts[PEER], strict=True))
    yield Metric("normalize.segment.titles_per_cpu_second", rates["jieba"], rates[PEER], PEER, "titles/s")
    yield Metric("normalize.segment.same_cuts", round(same / len(lines), 5), None, PEER, "share of titles")
