"""How people react to a claim: a linear model over the rates of character n-grams in what they answer it with.

Alarm, doubt and questions sound unlike praise and laughter, whatever the claim says. The model reads reactions and
never the claim, and it learns from judgments of one's own (what staff took up): none is shipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix

from models.errors import ModelError
from models.speech import BUCKETS, clause_grams

_TEXTS = 20_000
_UNHEARD = 3.0
"""Silent reactions added to every claim's own, so that the words of a single one do not decide."""
_HOLD = 1.0
"""How far weights may go from 0; chosen on the past half of CED, split in time once more."""

Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ReactionModel:
    """One weight per n-gram bucket, and the bias."""

    weights: NDArray[np.float32]
    bias: float

    def chances(self, rates: csr_matrix) -> NDArray[np.float64]:
        """For each claim's rates, how likely it is one that gets taken up, 0 to 1."""
        found: NDArray[np.float64] = 1 / (1 + np.exp(-(rates @ self.weights.astype(np.float64) + self.bias)))
        return found

    def save(self, path: Path) -> None:
        """Write it as safetensors."""
        bias = np.array([self.bias], dtype=np.float32)
        save_file({"weights": self.weights.astype(np.float32), "bias": bias}, path)


def load_reactions(path: Path) -> ReactionModel:
    """The model that ``save`` wrote; ``ModelError`` when the file is another."""
    try:
        with safe_open(path, framework="numpy") as file:
            weights, bias = file.get_tensor("weights"), file.get_tensor("bias")
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: cannot be read ({error}); learn again: chengqing rank tune") from error
    if weights.shape != (BUCKETS,) or bias.shape != (1,):
        raise ModelError(f"{path}: {weights.shape} weights, not {BUCKETS}; learn again: chengqing rank tune")
    return ReactionModel(weights.astype(np.float32), float(bias[0]))


def rates(texts: Sequence[str], owner: NDArray[np.int64], count: int) -> csr_matrix:
    """Square roots of n-grams per reaction, shape ``(count, buckets)``; ``texts[i]`` reacts to claim ``owner[i]``."""
    total = csr_matrix((count, BUCKETS), dtype=np.float64)
    for start in range(0, len(texts), _TEXTS):
        part = list(texts[start : start + _TEXTS])
        grams = clause_grams(part)
        rows = owner[start : start + len(part)][grams.text[grams.clause]]
        ones = np.ones(len(rows))
        total = total + csr_matrix((ones, (rows, grams.bucket.astype(np.int64))), shape=(count, BUCKETS))
    spoken = np.bincount(owner, weights=[bool(text) for text in texts], minlength=count)
    total.data = np.sqrt(total.data / np.repeat(spoken + _UNHEARD, np.diff(total.indptr)))
    return total


def fit(found: csr_matrix, y: Labels) -> ReactionModel:
    """Learn from the rates of judged claims."""
    # here and not on top: a run needs none of it, and would wait a second for it
    from sklearn.linear_model import LogisticRegression

    learner = LogisticRegression(C=_HOLD, max_iter=1_000)
    learner.fit(found, y)
    return ReactionModel(learner.coef_[0].astype(np.float32), float(learner.intercept_[0]))
