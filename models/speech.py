"""Hears whether a text asks if something is true, or says that it is not: a linear model over character n-grams.

Each clause is scored on its own and the strongest clause speaks for the text, so that a question at the end of a
long post is heard. Fast enough for every distinct text of a run: no loop over texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from models.errors import ModelError
from models.registry import Entry, read_registry, verify

NAME = "chengqing-speech-1"
LONGEST = 4
"""Characters of the longest n-gram."""
BUCKETS = 1 << 16
CLASSES = ("other", "asks", "corrects")
_TEXTS = 50_000
_CHARS = 600
"""Of each text at most these are heard: nobody asks for the first time after that many."""
_END, _SPACE, _QUESTION = 10, 32, 63
_PRIME = np.uint32(16_777_619)  # FNV's, so that neighbors spread over the buckets


@dataclass(frozen=True, slots=True)
class Grams:
    """N-grams of many texts: ``bucket[i]`` occurs in clause ``clause[i]``; ``text[c]`` owns clause ``c``."""

    bucket: NDArray[np.uint32]
    clause: NDArray[np.int64]
    text: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """Weights (buckets × classes), bias, and the least probability at which each class is believed."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    thresholds: NDArray[np.float32]

    def heard(self, texts: Sequence[str]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(asks, corrects) of each text in matching form, never both: the likelier counts."""
        chances = self.chances(texts)
        likelier = chances[:, 2] > chances[:, 1]
        asks, corrects = chances[:, 1] >= self.thresholds[1], chances[:, 2] >= self.thresholds[2]
        return asks & ~(corrects & likelier), corrects & likelier

    def chances(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Probability of each class in the clause that shows it most, shape ``(len(texts), classes)``."""
        found = np.zeros((len(texts), self.weights.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), _TEXTS):
            part = texts[start : start + _TEXTS]
            grams = clause_grams(part)
            starts = np.searchsorted(grams.text, np.arange(len(part)))
            found[start : start + len(part)] = np.maximum.reduceat(self._of_clauses(grams), starts, axis=0)
        found[~found.any(axis=1), 0] = 1.0  # nothing said
        return found

    def _of_clauses(self, grams: Grams) -> NDArray[np.float32]:
        clauses = len(grams.text)
        count = np.bincount(grams.clause, minlength=clauses)
        size = np.sqrt(np.maximum(count, 1))
        scores = np.empty((clauses, self.weights.shape[1]))
        for column in range(self.weights.shape[1]):
            weight = self.weights[:, column][grams.bucket]
            scores[:, column] = np.bincount(grams.clause, weight, clauses) / size + self.bias[column]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances: NDArray[np.float32] = (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)
        chances[count == 0] = 0.0
        return chances


def clause_grams(texts: Sequence[str]) -> Grams:
    """All n-grams of 1 to 4 characters inside clauses, the border of a clause counting as a character.

    Clauses end at spaces that do not stand between two Latin words, and at question marks, which stay visible.
    """
    if not texts:
        none = np.zeros(0, dtype=np.int64)
        return Grams(none.astype(np.uint32), none, none)
    joined = "\n" + "\n".join(text[:_CHARS].replace("\n", " ") for text in texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
    border = _borders(codes)
    clause = np.cumsum(border)
    owner = np.cumsum(codes == _END) - 1
    shown = np.where(border & (codes != _QUESTION), _SPACE, codes).astype(np.uint32)
    buckets, clauses = [], []
    rolling = np.zeros(len(codes), dtype=np.uint32)
    for length in range(1, LONGEST + 1):
        starts = len(codes) - length + 1
        rolling = (rolling[:starts] ^ shown[length - 1 :]) * _PRIME
        last = slice(length - 1, len(codes))
        # the clause of a gram is that of its first character after the border; borders may only begin or end it
        inside: NDArray[np.bool_] = clause[last] - border[last] == clause[:starts]
        inside &= ~border[:starts] | (length > 1)
        inside &= (length > 2) | ~(border[:starts] & border[last])
        at = np.flatnonzero(inside)
        buckets.append(((rolling[at] ^ (rolling[at] >> np.uint32(15))) + np.uint32(length)) % BUCKETS)
        clauses.append(clause[at])
    first = np.zeros(int(clause[-1]) + 1, dtype=np.int64)
    first[clause] = np.minimum(owner, len(texts) - 1)
    return Grams(np.concatenate(buckets).astype(np.uint32), np.concatenate(clauses), first)


def _borders(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Ends of texts, question marks, and spaces unless between two Latin words."""
    latin = (codes < 0x250) & (codes > _SPACE) & (codes != _QUESTION)
    between = np.zeros(len(codes), dtype=np.bool_)
    between[1:-1] = latin[:-2] & latin[2:]
    borders: NDArray[np.bool_] = (codes == _END) | (codes == _QUESTION) | ((codes == _SPACE) & ~between)
    return borders


def speech_entry() -> Entry:
    """The registry's entry of the shipped model; ``ModelError`` when there is none."""
    entry = read_registry().get(NAME)
    if entry is None:
        raise ModelError(f"models/registry.toml has no {NAME}: restore it from the repository")
    return entry


def speech_revision() -> str:
    """Changes with any byte of the shipped model: part of every key of what it decides."""
    return verify(speech_entry())


def load_speech() -> SpeechModel:
    """The shipped model, its files compared with their recorded hashes."""
    entry = speech_entry()
    verify(entry)
    return load_folder(entry.folder)


def load_folder(folder: Path) -> SpeechModel:
    """Weights of a model of this form, whatever its classes."""
    with safe_open(folder / "model.safetensors", framework="numpy") as file:
        names = ("weights", "bias", "thresholds")
        weights, bias, thresholds = (file.get_tensor(name).astype(np.float32) for name in names)
    return SpeechModel(weights, bias, thresholds)
