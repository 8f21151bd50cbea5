"""Figures of an encoder: rank correlation on labeled pairs, and whether a text finds its counterpart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from models.corpus import read_rows

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
Pairs = list[tuple[str, str]]

LABELED = {
    "stsb_dev": "stsb_zh_dev",
    "lcqmc_dev": "lcqmc_dev",
    "afqmc_dev": "afqmc_dev",
    "pawsx_dev": "pawsx_zh_dev",
    "same_event": "sohu_same_event_valid",
}
CANDIDATES = 2000


def spearman(encode: Encode, path: Path) -> float:
    """Return 100 times the rank correlation of cosine and label over the pairs of one file."""
    rows = list(read_rows(path))
    first = encode([str(row["a"]) for row in rows])
    second = encode([str(row["b"]) for row in rows])
    cosine = np.einsum("ij,ij->i", first, second)
    return float(spearmanr(cosine, [float(row["label"]) for row in rows]).statistic * 100)


def recall_at_1(encode: Encode, pairs: Pairs) -> float:
    """Return the share of first texts whose nearest second text is their own."""
    queries, targets = encode([a for a, _ in pairs]), encode([b for _, b in pairs])
    nearest = np.argmax(queries @ targets.T, axis=1)
    wanted = [b for _, b in pairs]
    return float(np.mean([wanted[found] == wanted[own] for own, found in enumerate(nearest)]))


def sample_pairs(path: Path, count: int = CANDIDATES, seed: int = 7, least: int = 0) -> Pairs:
    """Return up to ``count`` pairs with different texts on both sides, both of at least ``least`` characters."""
    rows = [(str(row["a"]), str(row["b"])) for row in read_rows(path)]
    Random(seed).shuffle(rows)  # noqa: S311 - a sample, not a secret
    seen: set[str] = set()
    chosen: Pairs = []
    for a, b in rows:
        if min(len(a), len(b)) >= least and a not in seen and b not in seen:
            seen |= {a, b}
            chosen.append((a, b))
    return chosen[:count]


def evasion_pairs(path: Path) -> Pairs:
    """Return (disguised, original) pairs, one disguise per original."""
    return [(b, a) for a, b in sample_pairs(path, count=10**9, least=0)][:CANDIDATES]


def figures(encode: Encode, data: Path) -> dict[str, float]:
    """Return every figure of the card by name; ``data`` has the layout of the data kit."""
    pairs = data / "eval" / "pairs"
    result = {name: spearman(encode, pairs / f"{file}.jsonl.gz") for name, file in LABELED.items()}
    result["evasion"] = recall_at_1(encode, evasion_pairs(pairs / "evasion_homophones.jsonl.gz"))
    result["wmt21"] = recall_at_1(encode, sample_pairs(pairs / "wmt21_zh_en.jsonl.gz"))
    return result
