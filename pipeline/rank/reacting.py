"""How people answer a claim: learned from the replies to claims that staff judged, heard in the next run.

No model is shipped: what a coalition takes up is its own. ``chengqing rank tune`` learns one and keeps it when lists
get better with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from models.reactions import Labels, ReactionModel, fit, load_reactions, rates
from pipeline.paths import DataDir

Said = Sequence[Mapping[str, Any]]
"""Rows of ``sql/stages/reactions.sql``: claim_id, match_text."""


def reactions_file(data: DataDir) -> Path:
    """Where the learned model is kept."""
    return data.root / "rank_reactions.safetensors"


def load_model(data: DataDir) -> ReactionModel | None:
    """What staff's triage taught; ``None`` where it taught nothing yet."""
    path = reactions_file(data)
    return load_reactions(path) if path.exists() else None


def model_revision(data: DataDir) -> str:
    """Changes with any byte of the learned model; empty without one."""
    path = reactions_file(data)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def heard(model: ReactionModel, said: Said) -> pa.Table:
    """(claim_id, reactions) of every claim that somebody answered."""
    claims = sorted({row["claim_id"] for row in said})
    chances = model.chances(spoken(said, claims))
    return pa.table({"claim_id": pa.array(claims, pa.string()), "reactions": np.round(chances, 6)})


def spoken(said: Said, claims: Sequence[str]) -> csr_matrix:
    """``rates`` of these claims' replies, row by row; replies to others are left out."""
    place = {claim: n for n, claim in enumerate(claims)}
    mine = [row for row in said if row["claim_id"] in place]
    owner = np.array([place[row["claim_id"]] for row in mine], dtype=np.int64)
    return rates([row["match_text"] for row in mine], owner, len(claims))


@dataclass(frozen=True, slots=True)
class Replied:
    """The replies of one incident: ``rates`` of its listed claims, which of them were judged, and how."""

    found: csr_matrix
    seen: NDArray[np.int64]
    y: Labels


def learn_reactions(
    replied: Mapping[str, Replied],
) -> tuple[ReactionModel | None, dict[str, NDArray[np.float64]]]:
    """A model of all incidents, and for each incident the chances of its claims by the others' model.

    No model, and no chances, where fewer than two incidents have claims both taken up and put aside. Claims that
    nobody answered have chance 0: nothing is known of how people react to them.
    """
    usable = {name: one for name, one in sorted(replied.items()) if 0 < one.y.sum() < len(one.y)}
    if len(usable) < 2:
        return None, {}
    stacked = vstack([one.found[one.seen] for one in usable.values()]).tocsr()
    y = np.concatenate([one.y for one in usable.values()])
    chances = {name: _by_others(usable, name) for name in usable}
    return fit(stacked, y), chances


def _by_others(usable: Mapping[str, Replied], name: str) -> NDArray[np.float64]:
    others = [one for other, one in usable.items() if other != name]
    model = fit(
        vstack([one.found[one.seen] for one in others]).tocsr(), np.concatenate([o.y for o in others])
    )
    mine = usable[name].found
    return np.where(np.diff(mine.indptr) > 0, np.round(model.chances(mine), 6), 0.0)
