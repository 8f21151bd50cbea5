"""Learning from the desk: people's confirmed and rejected matches adjust the rows of a static model.

The change is kept only when incidents that were left out of the learning rank their own matches better with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer

from models.errors import ModelError
from models.export import write_model

LEAST_INCIDENTS = 3
LEAST_GAIN = 0.01
_DRAWS = 200
_SCALE = 20.0
_STEPS = 60
_RATE = 0.002
_HOLD = 0.05  # how strongly rows are held to where they were


@dataclass(frozen=True)
class Judgment:
    """One ruling: do two texts carry the same claim, as a person of that incident's desk decided."""

    text_a: str
    text_b: str
    confirmed: bool
    incident: str


@dataclass(frozen=True)
class IncidentScore:
    """Area under the ROC curve for one incident's rulings, before and after learning from all the others."""

    incident: str
    rulings: int
    before: float
    after: float


@dataclass(frozen=True)
class TuneReport:
    """What was measured, whether the new model was kept, and where it lies (None when it was refused)."""

    scores: list[IncidentScore]
    accepted: bool
    reason: str
    folder: Path | None


def judgments(columns: Mapping[str, Sequence[Any]]) -> list[Judgment]:
    """Return rulings from columns ``text_a, text_b, confirmed, incident`` (an Arrow table's ``to_pydict()``)."""
    missing = {"text_a", "text_b", "confirmed", "incident"} - set(columns)
    if missing:
        raise ModelError(
            f"rulings lack the columns {sorted(missing)}: export them with text_a, text_b, confirmed, incident"
        )
    rows = zip(columns["text_a"], columns["text_b"], columns["confirmed"], columns["incident"], strict=True)
    return [Judgment(str(a), str(b), bool(confirmed), str(incident)) for a, b, confirmed, incident in rows]


def tune(base: Path, rulings: Sequence[Judgment], out: Path, *, seed: int = 1) -> TuneReport:
    """Learn from ``rulings`` and write a new model to ``out`` if leave-one-incident-out evaluation improves.

    ``base`` is a static model's folder. Raises ``ModelError`` when fewer than three incidents hold both confirmed
    and rejected matches, for then nothing can be said about another incident, or when ``out`` holds a model.
    """
    if out.exists() and any(out.iterdir()):
        raise ModelError(f"{out} is not empty: name a new folder, a model is never overwritten")
    incidents = _judgeable(rulings)
    if len(incidents) < LEAST_INCIDENTS:
        raise ModelError(
            f"{len(incidents)} incidents hold both confirmed and rejected matches, tuning needs {LEAST_INCIDENTS}: "
            "come back when more were ruled on"
        )
    model = _Rows(base)
    held = [_held_out(model, rulings, incident, seed) for incident in incidents]
    scores = [one.score() for one in held]
    accepted, reason = _verdict(held, seed)
    if not accepted:
        return TuneReport(scores, accepted=False, reason=reason, folder=None)
    learned = model.learn(rulings, seed)
    write_model(out, model.tokenizer, learned.numpy(), model.mapping.numpy())
    return TuneReport(scores, accepted=True, reason=reason, folder=out)


def _judgeable(rulings: Sequence[Judgment]) -> list[str]:
    kinds: dict[str, set[bool]] = {}
    for ruling in rulings:
        kinds.setdefault(ruling.incident, set()).add(ruling.confirmed)
    return sorted(incident for incident, seen in kinds.items() if len(seen) == 2)


@dataclass(frozen=True)
class _HeldOut:
    """Cosines of one incident's pairs under the old rows and under rows that never saw the incident."""

    incident: str
    confirmed: NDArray[np.bool_]
    before: NDArray[np.float32]
    after: NDArray[np.float32]

    def score(self) -> IncidentScore:
        areas = (float(roc_auc_score(self.confirmed, cosines)) for cosines in (self.before, self.after))
        return IncidentScore(self.incident, len(self.confirmed), *areas)

    def resampled(self, random: np.random.Generator) -> _HeldOut:
        """Draw as many confirmed and as many rejected pairs again, with repetition."""
        kinds = (np.flatnonzero(self.confirmed), np.flatnonzero(~self.confirmed))
        drawn = np.concatenate([random.choice(kind, len(kind)) for kind in kinds])
        return _HeldOut(self.incident, self.confirmed[drawn], self.before[drawn], self.after[drawn])


def _held_out(model: _Rows, rulings: Sequence[Judgment], incident: str, seed: int) -> _HeldOut:
    own = [ruling for ruling in rulings if ruling.incident == incident]
    learned = model.learn([ruling for ruling in rulings if ruling.incident != incident], seed)
    confirmed = np.array([ruling.confirmed for ruling in own])
    return _HeldOut(incident, confirmed, model.cosines(own, model.rows), model.cosines(own, learned))


def _gain(held: Sequence[_HeldOut]) -> float:
    return float(np.mean([(score := one.score()).after - score.before for one in held]))


def _verdict(held: Sequence[_HeldOut], seed: int) -> tuple[bool, str]:
    random = np.random.default_rng(seed)
    gain = _gain(held)
    low = float(np.quantile([_gain([one.resampled(random) for one in held]) for _ in range(_DRAWS)], 0.05))
    told = f"mean gain in AUC over {len(held)} left-out incidents {gain:+.4f}, at least {low:+.4f} in 95 of 100 draws"
    accepted = gain >= LEAST_GAIN and low > 0
    return accepted, told if accepted else f"refused: {told}; needed {LEAST_GAIN:+.3f}, and above 0 in 95"


class _Rows:
    """The row table of a static model, as parameters."""

    def __init__(self, folder: Path) -> None:
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise ModelError(f"{folder} is no static model: only such models are tuned")
        self.tokenizer = Tokenizer.from_file(str(path))
        stored = load_file(folder / "model.safetensors")
        self.mapping = torch.from_numpy(stored["mapping"].astype(np.int64))
        scales = np.ones(len(stored["embeddings"]), dtype=np.float32)
        scales[stored["mapping"]] = stored["weights"]
        self.rows = torch.from_numpy(stored["embeddings"].astype(np.float32) * scales[:, None])

    def learn(self, rulings: Sequence[Judgment], seed: int) -> torch.Tensor:
        """Return rows under which confirmed pairs lie nearer than rejected ones, held near the old rows."""
        torch.manual_seed(seed)
        left, right = self._bags([r.text_a for r in rulings]), self._bags([r.text_b for r in rulings])
        confirmed = torch.tensor([r.confirmed for r in rulings])
        used, places = torch.unique(torch.cat([left[0], right[0]]), return_inverse=True)
        left, right = (places[: len(left[0])], left[1]), (places[len(left[0]) :], right[1])
        before = self.rows[used]
        free = torch.nn.Parameter(before.clone())  # a table of few rows: the others would only be copied
        optimizer = torch.optim.Adam([free], lr=_RATE)
        for _ in range(_STEPS):
            optimizer.zero_grad()
            loss = _ordering_loss(_cosines(free, left, right), confirmed)
            (loss + _HOLD * ((free - before) ** 2).sum(dim=1).mean()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        return self.rows.index_copy(0, used, free.detach())

    @torch.no_grad()
    def cosines(self, rulings: Sequence[Judgment], rows: torch.Tensor) -> NDArray[np.float32]:
        """Return the cosine of each pair under ``rows``."""
        left, right = self._bags([r.text_a for r in rulings]), self._bags([r.text_b for r in rulings])
        return np.asarray(_cosines(rows, left, right).numpy(), dtype=np.float32)

    def _bags(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        encoded = [e.ids for e in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        offsets = torch.tensor(np.cumsum([0, *[len(ids) for ids in encoded[:-1]]]))
        flat = torch.tensor([i for ids in encoded for i in ids], dtype=torch.long)
        return self.mapping[flat], offsets


def _cosines(
    rows: torch.Tensor, left: tuple[torch.Tensor, torch.Tensor], right: tuple[torch.Tensor, torch.Tensor]
) -> torch.Tensor:
    first, second = (
        torch.nn.functional.embedding_bag(ids, rows, offsets, mode="sum") for ids, offsets in (left, right)
    )
    return torch.nn.functional.cosine_similarity(first, second)


def _ordering_loss(cosines: torch.Tensor, confirmed: torch.Tensor) -> torch.Tensor:
    """CoSENT: every rejected pair that lies nearer than a confirmed one costs."""
    differences = _SCALE * (cosines[~confirmed][:, None] - cosines[confirmed][None, :]).flatten()
    return torch.logsumexp(torch.cat([torch.zeros(1), differences]), dim=0)
