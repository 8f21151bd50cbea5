"""Triples whose third text shares nearly every word with the first and says something else.

For the experiment of ``models.context``; the shipped weights are not trained on them (but for changed facts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import numpy as np
from tokenizers import Tokenizer

from models import pairs
from models.corpus import read_rows, source_path
from models.lists import word_list
from models.loading import load_encoder
from models.mutation import mutate

Triple = tuple[str, str, str]

_OPPOSITES = word_list("opposites")
_OPPOSITE_OF = _OPPOSITES | {second: first for first, second in _OPPOSITES.items()}
_TURNED = re.compile("|".join(sorted(map(re.escape, _OPPOSITE_OF), key=len, reverse=True)))
_DAYS_APART = 30
_SAME = 0.97  # cosine above which two titles are the same words


def hard_sets(data: Path, tokenizer: Tokenizer) -> dict[str, list[tuple[str, ...]]]:
    """Return (text, the same claim, another claim) by name."""
    random = Random(3)  # noqa: S311 - repeatable, not secret
    return {
        "pawsx_hard": list(paraphrases(data, random)),
        "swapped": list(swapped(data, tokenizer, random)),
        "opposite": list(opposite(data, random)),
        "lookalike": list(lookalikes(data, random)),
    }


def paraphrases(data: Path, random: Random) -> Iterator[Triple]:
    """A sentence, one that people judged the same, one of the same words that they judged another."""
    judged: dict[str, tuple[list[str], list[str]]] = {}
    for row in read_rows(source_path(data, "pawsx_zh")):
        for one, other in ((row["a"], row["b"]), (row["b"], row["a"])):
            judged.setdefault(str(one), ([], []))[int(row["label"])].append(str(other))
    for text, (different, same) in judged.items():
        for other in different if same else ():
            yield text, random.choice(same), other


def swapped(data: Path, tokenizer: Tokenizer, random: Random, count: int = 60_000) -> Iterator[Triple]:
    """A title, its mutation, and the title with two words in each other's place."""
    for title in pairs.titles(data, count, seed=31):
        other = swap_words(title, tokenizer, random)
        if other is not None:
            yield title, mutate(title, random), other


def swap_words(text: str, tokenizer: Tokenizer, random: Random) -> str | None:
    """Return the text with two Chinese words exchanged; None when it has fewer than three or drew the same one."""
    encoded = tokenizer.encode(text, add_special_tokens=False)
    spans = [
        span
        for span, token in zip(encoded.offsets, encoded.tokens, strict=True)
        if len(token) > 1 and "\u4e00" <= token[0] <= "\u9fff"
    ]
    if len(spans) < 3:
        return None
    (start, end), (second, last) = sorted(random.sample(spans, 2))
    changed = text[:start] + text[second:last] + text[end:second] + text[start:end] + text[last:]
    return changed if changed != text else None


def opposite(data: Path, random: Random, count: int = 150_000) -> Iterator[Triple]:
    """A title, its mutation, and the title with one word turned into its opposite (not, refused, fell)."""
    for title in pairs.titles(data, count, seed=32):
        found = list(_TURNED.finditer(title))
        if found:
            one = random.choice(found)
            yield (
                title,
                mutate(title, random),
                title[: one.start()] + _OPPOSITE_OF[one[0]] + title[one.end() :],
            )


def lookalikes(data: Path, random: Random, count: int = 120_000) -> Iterator[Triple]:
    """An event named twice, and one of the four titles nearest to it that were first seen a month away or more."""
    rows = [
        (str(row["text"]), datetime.fromisoformat(row["first_seen"]).timestamp() / 86_400)
        for row in read_rows(source_path(data, "trending_titles_to_2024"))
    ]
    seen, encoder = dict(rows), load_encoder()
    long = [row for row in rows if len(row[0]) >= 8]
    others = random.sample(long, min(count, len(long)))
    vectors, days = encoder.encode([text for text, _ in others]), np.array([day for _, day in others])
    events = [(a, b) for a, b in pairs.same_event(data) if a in seen]
    for start in range(0, len(events), 1000):
        part = events[start : start + 1000]
        cosines = encoder.encode([a for a, _ in part]) @ vectors.T
        cosines[np.abs(np.array([seen[a] for a, _ in part])[:, None] - days) < _DAYS_APART] = -1
        for (a, b), near in zip(part, cosines, strict=True):
            best = np.argpartition(-near, min(4, len(near) - 1))[:4]
            nearest = [place for place in best[np.argsort(-near[best])] if -1 < near[place] < _SAME]
            if nearest:
                yield a, b, others[random.choice(nearest)][0]
