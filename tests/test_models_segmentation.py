import itertools
import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.segmentation import PrefixTable, segment_runs, segment_word

ALPHABET = "天地玄黄宇宙"


def vocabulary(seed: int) -> dict[str, float]:
    random = Random(seed)
    words = ["".join(w) for n in (2, 3, 4) for w in itertools.product(ALPHABET, repeat=n)]
    chosen = random.sample(words, 60) + list(ALPHABET)
    return {word: round(math.log(random.random()) * 3 - 1, 3) for word in chosen}


def best_score(run: str, words: dict[str, float]) -> float:
    best = [0.0] + [-math.inf] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - 4), end):
            best[end] = max(best[end], best[start] + words.get(run[start:end], -math.inf))
    return best[-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(ALPHABET, min_size=1, max_size=25), max_size=12), st.integers(0, 5))
def test_every_run_is_cut_along_a_most_probable_path(runs: list[str], seed: int) -> None:
    words = vocabulary(seed)
    names = list(words)
    table = PrefixTable([(word, words[word], number) for number, word in enumerate(names)])
    text = "x".join(runs)
    lengths = np.array([len(run) for run in runs], dtype=np.int64)
    starts = np.cumsum(lengths + 1) - lengths - 1
    characters = np.array([ord(c) for c in text], dtype=np.int64)
    places, tokens = segment_runs(characters, starts, lengths, table)
    for run, start in zip(runs, starts.tolist(), strict=True):
        own = sorted((p, t) for p, t in zip(places, tokens, strict=True) if start <= p < start + len(run))
        cut = [names[token] for _, token in own]
        assert "".join(cut) == run
        assert sum(words[word] for word in cut) == pytest.approx(best_score(run, words))


def test_a_latin_word_is_cut_by_the_longest_likely_pieces() -> None:
    pieces = {
        "rumor": (-5.0, 1),
        "rum": (-6.0, 2),
        "or": (-3.0, 3),
        "s": (-4.0, 4),
        "o": (-7.0, 5),
        "r": (-7.0, 6),
    }
    assert segment_word("rumors", pieces, 5, 0) == [1, 4]
    assert segment_word("orx", pieces, 5, 0) == [3, 0]
