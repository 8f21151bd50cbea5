"""Trains the model behind ``models.speech``: ``python -m models.speech_train TEXTS.jsonl``.

``TEXTS.jsonl`` holds rows ``{"text": matching form, "label": other|asks|corrects, "weight": number}``, which
``python -m pipeline.speech_texts`` writes from the licence-clean sources; our own lines are added here.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from models import checkworthy
from models.registry import HERE
from models.speech import BUCKETS, CLASSES, NAME, Grams, SpeechModel, clause_grams

OWN_WEIGHT = 2.0
ROUNDS = 3
THRESHOLDS = (0.0, 0.5, 0.6)
"""Chosen by cross-validation over what was read of the training half; corrections dearer: they silence enquiries."""


def train(
    rows: Sequence[dict[str, Any]],
    thresholds: Sequence[float] = THRESHOLDS,
    classes: Sequence[str] = CLASSES,
) -> SpeechModel:
    """Learn from labeled texts: the strongest clause carries a text's label, every clause of the first class is it."""
    texts = [row["text"] for row in rows]
    labels = np.array([list(classes).index(row["label"]) for row in rows])
    weights = np.array([float(row.get("weight", 1.0)) for row in rows])
    grams = clause_grams(texts)
    matrix = _matrix(grams)
    carries = np.ones(len(grams.text), dtype=np.bool_)
    carries &= np.bincount(grams.clause, minlength=len(grams.text)) > 0
    owner = grams.text
    for _ in range(ROUNDS):
        used = np.flatnonzero(carries)
        learner = LogisticRegression(C=8.0, max_iter=300)
        learner.fit(matrix[used], labels[owner[used]], sample_weight=weights[owner[used]])
        carries = _carriers(learner.predict_proba(matrix), owner, labels, matrix)
    weights_, bias = learner.coef_.T, learner.intercept_
    if len(classes) == 2:  # scikit-learn keeps one column for two classes
        weights_, bias = np.hstack([np.zeros_like(weights_), weights_]), np.append(0.0, bias)
    return SpeechModel(
        weights_.astype(np.float16).astype(np.float32),
        bias.astype(np.float32),
        np.array(thresholds, dtype=np.float32),
    )


def own_lines() -> list[dict[str, Any]]:
    """Lines written for this project, each of its kind."""
    lines = tomllib.loads(Path(__file__).with_name("speech_lines.toml").read_text(encoding="utf-8"))
    return [{"text": t, "label": k, "weight": OWN_WEIGHT} for k in CLASSES for t in dict.fromkeys(lines[k])]


def write(model: SpeechModel, folder: Path) -> None:
    """Write the weights: half floats, no code."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, NDArray[Any]] = {
        "weights": model.weights.astype(np.float16),
        "bias": model.bias,
        "thresholds": model.thresholds,
    }
    save_file(tensors, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)


def _matrix(grams: Grams) -> csr_matrix:
    count = len(grams.text)
    size = np.sqrt(np.maximum(np.bincount(grams.clause, minlength=count), 1))
    values = 1.0 / size[grams.clause]
    return csr_matrix((values, (grams.clause, grams.bucket.astype(np.int64))), shape=(count, BUCKETS))


def _carriers(
    chances: NDArray[np.float64], owner: NDArray[np.int64], labels: NDArray[np.int64], matrix: csr_matrix
) -> NDArray[np.bool_]:
    own = chances[np.arange(len(owner)), labels[owner]]
    best = np.zeros(len(labels))
    np.maximum.at(best, owner, own)
    filled = np.diff(matrix.indptr) > 0
    carries: NDArray[np.bool_] = filled & ((labels[owner] == 0) | (own >= best[owner] - 1e-12))
    return carries


def main(arguments: Sequence[str]) -> None:
    """Train on the rows of a file and write ``models/chengqing-speech-1`` and ``models/chengqing-checkworthy-1``."""
    with Path(arguments[0]).open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    write(train([*own_lines(), *(row for row in rows if row["label"] in CLASSES)]), HERE / NAME)
    named = [row | {"label": _CHECKABLE[row["label"]]} for row in rows if row["label"] in _CHECKABLE]
    model = train([*checkworthy.own_lines(), *named], (0.0, 0.5), checkworthy.KINDS)
    write(model, HERE / checkworthy.NAME)


_CHECKABLE = {"checkable": "checkable", "chatter": "other"}


if __name__ == "__main__":
    main(sys.argv[1:])
