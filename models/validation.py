"""What chooses between recipes: sources that no shipped weight is trained on and that no reported figure uses.

Their licences do not allow (or do not say) that weights learned from them are shipped; choosing by them is another
thing. The dev sets that stand in the card are not among them. (The bench reports Cantonese and English, too.)
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from models.corpus import read_rows
from models.evaluate import Encode, Pairs, labeled_pairs, rank_correlation, recall_at_1, sample_pairs

LABELED = ("bq", "afqmc", "sohu_same_event", "sohu_same_topic")
INFERENCE, CANTONESE = "ocnli", "wordshk_yue_en"


def validation_figures(encode: Encode, data: Path, most: int | None = None) -> dict[str, float]:
    """Return what recipes are compared by, by source; sources that ``data`` lacks are left out.

    Spearman × 100 of cosine and people's label (inference: entailed or contradicted), of at most ``most`` pairs each,
    and recall at 1 of Cantonese among English.
    """
    files = {name: data / "train" / f"{name}.jsonl.gz" for name in (*LABELED, INFERENCE, CANTONESE)}
    found = {name: path for name, path in files.items() if path.is_file()}
    figures = {
        name: rank_correlation(encode, *_drawn(*labeled_pairs(found[name]), most))
        for name in LABELED
        if name in found
    }
    if INFERENCE in found:
        figures[INFERENCE] = rank_correlation(encode, *_drawn(*_inferences(found[INFERENCE]), most))
    if CANTONESE in found:
        figures[CANTONESE] = recall_at_1(encode, sample_pairs(found[CANTONESE], least=10))
    return figures


def _inferences(path: Path) -> tuple[Pairs, list[float]]:
    rows = [row for row in read_rows(path) if row["label"] != "neutral"]
    return [(str(row["a"]), str(row["b"])) for row in rows], [
        float(row["label"] == "entailment") for row in rows
    ]


def _drawn(pairs: Pairs, labels: list[float], most: int | None) -> tuple[Pairs, list[float]]:
    if most is None or len(pairs) <= most:
        return pairs, labels
    places = Random(5).sample(range(len(pairs)), most)  # noqa: S311 - a sample, not a secret
    return [pairs[place] for place in places], [labels[place] for place in places]
