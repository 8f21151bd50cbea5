"""What staff's triage says about ranked claims, of every published incident: what weights are learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.reactions import ReactionModel
from pipeline.incident import list_incidents
from pipeline.paths import DataDir
from pipeline.questions import ask, question
from pipeline.rank.learned import Features, features
from pipeline.rank.reacting import Replied, learn_reactions, spoken
from pipeline.statements import statement

Judged = tuple[Features, NDArray[np.bool_], NDArray[np.float64]]
"""Features, taken up or not, and plain score of judged claims."""

Rows = list[dict[str, Any]]


def judged(data: DataDir) -> tuple[dict[str, Judged], ReactionModel | None]:
    """Judged claims by incident, and the model of reactions that all of them teach.

    The features of an incident hold what a model of the other incidents hears in its reactions.
    """
    rows = {
        incident.id: ask(data, incident.id, question("triaged_claims").text, {})
        for incident in list_incidents(data, lambda problem: None)
        if data.published(incident.id).exists()
    }
    model, chances = learn_reactions({name: _replied(data, name, listed) for name, listed in rows.items()})
    for name, listed in rows.items():
        for row, chance in zip(listed, chances.get(name, np.zeros(len(listed))), strict=True):
            row["reactions"] = float(chance) or None
    return {name: _of(listed) for name, listed in rows.items()}, model


def _replied(data: DataDir, incident: str, listed: Rows) -> Replied:
    said = ask(data, incident, statement("stages/reactions"), {})
    seen = _seen(listed)
    y = np.array([bool(listed[n]["taken_up"]) for n in seen], dtype=np.bool_)
    return Replied(spoken(said, [row["claim_id"] for row in listed]), np.array(seen, dtype=np.int64), y)


def _of(listed: Rows) -> Judged:
    seen = _seen(listed)
    y = np.array([bool(listed[n]["taken_up"]) for n in seen], dtype=np.bool_)
    return features(listed)[seen], y, np.array([listed[n]["score"] for n in seen])


def _seen(listed: Rows) -> list[int]:
    return [n for n, row in enumerate(listed) if row["taken_up"] is not None]
