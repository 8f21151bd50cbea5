"""What chooses between recipes: sources that no shipped weight is trained on and that no reported figure uses.

Their licences do not allow (or do not say) that weights learned from them are shipped; choosing by them is another
thing. The dev sets that stand in the card are not among them.
"""

from __future__ import annotations

from pathlib import Path

from models.evaluate import Encode, labeled_pairs, rank_correlation

LABELED = ("bq", "afqmc", "sohu_same_event", "sohu_same_topic")


def validation_figures(encode: Encode, data: Path) -> dict[str, float]:
    """Return Spearman × 100 of cosine and people's label, by source; sources that ``data`` lacks are left out."""
    files = {name: data / "train" / f"{name}.jsonl.gz" for name in LABELED}
    return {
        name: rank_correlation(encode, *labeled_pairs(path)) for name, path in files.items() if path.is_file()
    }
