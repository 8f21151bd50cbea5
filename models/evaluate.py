"""Figures of an encoder: rank correlation on labeled pairs, and whether a text finds its counterpart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
# The file of translations holds English and, for a quarter of its rows, a second Chinese rendering.
TRANSLATIONS = {"wmt21": "en", "wmt21_zh_zh": "zh"}
CANDIDATES = 2000


def labeled_pairs(path: Path) -> tuple[Pairs, list[float]]:
    """Return the pairs of one file and people's labels."""
    rows = list(read_rows(path))
    return [(str(row["a"]), str(row["b"])) for row in rows], [float(row["label"]) for row in rows]


def rank_correlation(encode: Encode, pairs: Pairs, labels: Sequence[float]) -> float:
    """Return 100 times the rank correlation of cosine and label."""
    first, second = encode([a for a, _ in pairs]), encode([b for _, b in pairs])
    return float(spearmanr(np.einsum("ij,ij->i", first, second), labels).statistic * 100)


def recall_at_1(encode: Encode, pairs: Pairs) -> float:
    """Return the share of first texts whose nearest second text is their own."""
    queries, targets = encode([a for a, _ in pairs]), encode([b for _, b in pairs])
    wanted = [b for _, b in pairs]
    nearest = np.argmax(queries @ targets.T, axis=1)
    return float(np.mean([wanted[found] == own for found, own in zip(nearest, wanted, strict=True)]))


def sample_pairs(
    path: Path,
    count: int = CANDIDATES,
    seed: int = 7,
    least: int = 0,
    where: Mapping[str, str] | None = None,
) -> Pairs:
    """Return up to ``count`` pairs, no text twice, both texts of at least ``least`` characters.

    ``where`` keeps only rows with these values.
    """
    wanted = (where or {}).items()
    rows = [(str(row["a"]), str(row["b"])) for row in read_rows(path) if wanted <= row.items()]
    Random(seed).shuffle(rows)  # noqa: S311 - a sample, not a secret
    seen: set[str] = set()
    chosen: Pairs = []
    for a, b in rows:
        if min(len(a), len(b)) >= least and a not in seen and b not in seen:
            seen |= {a, b}
            chosen.append((a, b))
    return chosen[:count]


def evasion_pairs(path: Path, kind: str = "") -> Pairs:
    """Return (disguised, original) pairs, one disguise per original."""
    return [
        (disguised, original)
        for original, disguised in sample_pairs(path, where={"kind": kind} if kind else None)
    ]


@dataclass(frozen=True)
class CantoneseSet:
    """Cantonese queries, the written Chinese they mean (any of them is right), and all candidates."""

    queries: list[str]
    meant: list[set[str]]
    candidates: list[str]


def cantonese_pairs(data: Path) -> CantoneseSet:
    """Return Cantonese and written Chinese sentences that translate the same English one, among 2,000."""
    chinese: dict[str, set[str]] = {}
    for row in read_rows(data / "train" / "tatoeba_zh_en.jsonl.gz"):
        chinese.setdefault(_plain(str(row["b"])), set()).add(str(row["a"]))
    queries, meant = [], []
    for row in read_rows(data / "train" / "wordshk_yue_en.jsonl.gz"):
        if _plain(str(row["b"])) in chinese:
            queries.append(str(row["a"]))
            meant.append(chinese[_plain(str(row["b"]))])
    wanted = sorted(set().union(*meant)) if meant else []
    others = sorted({text for texts in chinese.values() for text in texts} - set(wanted))
    Random(7).shuffle(others)  # noqa: S311 - a sample, not a secret
    return CantoneseSet(queries, meant, wanted + others[: CANDIDATES - len(wanted)])


def cantonese_recall(encode: Encode, texts: CantoneseSet) -> float:
    """Return the share of Cantonese sentences whose nearest candidate is one that they mean."""
    nearest = np.argmax(encode(texts.queries) @ encode(texts.candidates).T, axis=1)
    hits = [texts.candidates[place] in meant for place, meant in zip(nearest, texts.meant, strict=True)]
    return float(np.mean(hits))


def _plain(english: str) -> str:
    return english.lower().strip(" .!?")


def figures(encode: Encode, data: Path) -> dict[str, float]:
    """Return the card's accuracy figures by name; ``data`` has the layout of the data kit."""
    pairs = data / "eval" / "pairs"
    result = {
        name: rank_correlation(encode, *labeled_pairs(pairs / f"{file}.jsonl.gz"))
        for name, file in LABELED.items()
    }
    result["evasion"] = recall_at_1(encode, evasion_pairs(pairs / "evasion_homophones.jsonl.gz"))
    for name, language in TRANSLATIONS.items():
        result[name] = recall_at_1(
            encode, sample_pairs(pairs / "wmt21_zh_en.jsonl.gz", where={"lang_b": language})
        )
    result["cantonese"] = cantonese_recall(encode, cantonese_pairs(data))
    return result
