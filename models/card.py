"""What a training run leaves beside the weights: the registry's hashes and the card's figures."""

from __future__ import annotations

import json
import re
from pathlib import Path

from models.registry import REGISTRY, folder_files, sha256

_FIGURES = re.compile(r"(<!-- figures -->).*?(<!-- end -->)", re.DOTALL)


def write_registry(folder: Path, dimensions: int, registry: Path = REGISTRY) -> None:
    """Write the registry with one default model: the one in ``folder``."""
    files = "".join(f'"{file}" = "{sha256(folder / file)}"\n' for file in folder_files(folder))
    registry.write_text(
        "# Shipped models. Loading compares every file with its sha256; written by `python -m models.train`.\n\n"
        f"[{folder.name}]\ndimensions = {dimensions}\ndefault = true\n\n[{folder.name}.files]\n{files}",
        encoding="utf-8",
    )


def write_figures(card: Path, figures: dict[str, float], revision: str) -> None:
    """Put the accuracy figures between the card's two markers, and beside the card as JSON."""
    rows = "".join(
        f"| {name} | {value:.1f} |\n" if value > 1 else f"| {name} | {value:.3f} |\n"
        for name, value in figures.items()
    )
    table = f"\n\nRevision `{revision}`.\n\n| figure | value |\n|---|---|\n{rows}\n"
    if card.is_file():
        text = card.read_text(encoding="utf-8")
        card.write_text(_FIGURES.sub(lambda m: m[1] + table + m[2], text), encoding="utf-8")
    content = {"revision": revision, "figures": {name: round(value, 4) for name, value in figures.items()}}
    card.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
