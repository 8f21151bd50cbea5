"""Weights learned from staff's triage: an option, kept only when incidents left out are ranked better with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.reactions import ReactionModel
from pipeline.errors import UsageError
from pipeline.files import write_text
from pipeline.paths import DataDir
from pipeline.rank.reacting import reactions_file
from pipeline.rank.run import RankConfig
from pipeline.rank.signals import SIGNALS

LEAST_INCIDENTS = 2
LEAST_JUDGMENTS = 20
LEAST_GAIN = 0.01
_DRAWS = 200
_MEAN_WEIGHT = 1.0
"""Learned weights are scaled to this mean size, so that points stay readable."""
_HOLD = 0.1
"""How far weights may go from 0; chosen on the past half of CED, split in time once more."""

FREEDOM = np.array([5.0 if signal.name == "reactions" else 1.0 for signal in SIGNALS])
"""Reactions are a model's answer already; how much farther their weight may go was chosen as ``_HOLD`` was."""

Features = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TuneResult:
    """Areas under the ROC curve of left-out incidents, before and after; ``weights`` only when they help."""

    before: dict[str, float]
    after: dict[str, float]
    accepted: bool
    reason: str
    weights: dict[str, float]


def rank_file(data: DataDir) -> Path:
    """Where learned weights are kept."""
    return data.root / "rank.json"


def load_rank_config(data: DataDir) -> RankConfig:
    """The plain ranking, or the learned one where staff's triage taught weights."""
    path = rank_file(data)
    if not path.exists():
        return RankConfig()
    try:
        weights = json.loads(path.read_text(encoding="utf-8"))["weights"]
        known = {signal.name: float(weights[signal.name]) for signal in SIGNALS}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); learn again: chengqing rank tune") from error
    return RankConfig(weights=known, linear=True)


def save_weights(data: DataDir, result: TuneResult, reactions: ReactionModel | None = None) -> Path:
    """Write accepted weights, and the model of reactions that goes with them; the next run ranks with them."""
    if reactions:
        reactions.save(reactions_file(data))
    else:
        reactions_file(data).unlink(missing_ok=True)
    text = json.dumps({"weights": result.weights, "told": result.reason}, indent=1, sort_keys=True)
    write_text(rank_file(data), text + "\n")
    return rank_file(data)


def features(rows: Sequence[Mapping[str, Any]]) -> Features:
    """Percentile of each signal among ``rows`` (of one list), as ``ranked_claims.sql`` takes them; absent is 0."""
    columns = []
    for signal in SIGNALS:
        values = np.array([float(row.get(signal.column) or 0.0) for row in rows])
        order = np.sort(values)
        share = np.searchsorted(order, values, side="right") / max(len(values), 1)
        fades = "newness" if signal.family == "content" else "freshness"
        lasting = [float(row.get(fades) or 0.0) if signal.is_lasting else 1.0 for row in rows]
        columns.append(np.where(values > 0, share, 0.0) * np.array(lasting))
    return np.column_stack(columns) if rows else np.zeros((0, len(SIGNALS)))


def learn(
    x: Features, y: NDArray[np.bool_], freedom: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """One weight per signal, scaled to a mean size of 1; a signal may count against a claim.

    ``freedom`` (1 for each unless given) lets a weight go that much farther for the same price.
    """
    # here and not on top: a run needs none of it, and would wait a second for it
    from sklearn.linear_model import LogisticRegression

    freedom = np.ones(x.shape[1]) if freedom is None else freedom
    learner = LogisticRegression(C=_HOLD, class_weight="balanced", max_iter=500)
    weights: NDArray[np.float64] = learner.fit(x * freedom, y).coef_[0] * freedom
    size = np.abs(weights).mean()
    return weights * (_MEAN_WEIGHT / size) if size else weights


def tune(
    judged: Mapping[str, tuple[Features, NDArray[np.bool_], NDArray[np.float64]]], seed: int = 1
) -> TuneResult:
    """Learn from incidents (name → features, taken up, plain score), each left out in turn.

    Raises ``UsageError`` when too little was judged. Accepted only with a mean gain in AUC of 0.01 that stays above
    0 in 95 of 100 draws of the judged claims.
    """
    usable = {name: one for name, one in judged.items() if 0 < one[1].sum() < len(one[1])}
    count = sum(len(y) for _, y, _ in usable.values())
    if len(usable) < LEAST_INCIDENTS or count < LEAST_JUDGMENTS:
        raise UsageError(
            f"{len(usable)} incidents with claims both taken up and put aside, {count} claims in all: tuning needs "
            f"{LEAST_INCIDENTS} and {LEAST_JUDGMENTS}; come back when more were triaged"
        )
    held = {name: _left_out(usable, name) for name in sorted(usable)}
    before = {name: _auc(usable[name][1], usable[name][2]) for name in held}
    after = {name: _auc(usable[name][1], held[name]) for name in held}
    low = _lower_bound(usable, held, seed)
    gain = float(np.mean([after[name] - before[name] for name in held]))
    accepted = gain >= LEAST_GAIN and low > 0
    told = f"mean gain in AUC over {len(held)} left-out incidents {gain:+.4f}, at least {low:+.4f} in 95 of 100 draws"
    reason = told if accepted else f"refused: {told}; needed {LEAST_GAIN:+.3f}, and above 0 in 95"
    weights = learn(*_stacked(usable.values()), FREEDOM) if accepted else np.zeros(0)
    named = {s.name: round(float(w), 4) for s, w in zip(SIGNALS, weights, strict=False)}
    return TuneResult(before, after, accepted, reason, named)


def _left_out(
    judged: Mapping[str, tuple[Features, NDArray[np.bool_], NDArray[np.float64]]], name: str
) -> NDArray[np.float64]:
    others = [one for other, one in judged.items() if other != name]
    scores: NDArray[np.float64] = judged[name][0] @ learn(*_stacked(others), FREEDOM)
    return scores


def _stacked(judged: Any) -> tuple[Features, NDArray[np.bool_]]:  # noqa: ANN401  any iterable of the triples
    triples = list(judged)
    return np.vstack([x for x, _, _ in triples]), np.concatenate([y for _, y, _ in triples])


def _auc(y: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, score))


def _lower_bound(
    judged: Mapping[str, tuple[Features, NDArray[np.bool_], NDArray[np.float64]]],
    held: Mapping[str, NDArray[np.float64]],
    seed: int,
) -> float:
    random, gains = np.random.default_rng(seed), []
    for _ in range(_DRAWS):
        gain = []
        for name, (_, y, plain) in judged.items():
            kinds = (np.flatnonzero(y), np.flatnonzero(~y))
            drawn = np.concatenate([random.choice(kind, len(kind)) for kind in kinds])
            gain.append(_auc(y[drawn], held[name][drawn]) - _auc(y[drawn], plain[drawn]))
        gains.append(float(np.mean(gain)))
    return float(np.quantile(gains, 0.05))
