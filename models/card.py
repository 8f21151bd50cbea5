"""What a training run leaves beside the weights: the registry's hashes and the card's figures."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from models.registry import REGISTRY, Entry, folder_files, read_registry, sha256

_REGISTRY_HEAD = (
    "# Shipped models. Loading compares every file with its sha256; the training commands write it.\n"
)


def write_registry(folder: Path, dimensions: int, registry: Path = REGISTRY) -> None:
    """Write the entry of the model in ``folder`` as the default encoder; other models keep theirs as it stands."""
    files = {file: sha256(folder / file) for file in folder_files(folder)}
    entries = read_registry(registry)
    entries[folder.name] = Entry(folder.name, folder, dimensions, default=True, files=files)
    registry.write_text(_REGISTRY_HEAD + "".join(map(_entry_text, entries.values())), encoding="utf-8")


def _entry_text(entry: Entry) -> str:
    files = "".join(f'"{file}" = "{digest}"\n' for file, digest in sorted(entry.files.items()))
    default = "default = true\n" if entry.default else ""
    return f"\n[{entry.name}]\ndimensions = {entry.dimensions}\n{default}\n[{entry.name}.files]\n{files}"


def write_figures(card: Path, figures: dict[str, float], revision: str) -> None:
    """Put the accuracy figures between the card's marks ``figures``, and beside the card as JSON."""
    rows = [(name, f"{value:.1f}" if value > 1 else f"{value:.3f}") for name, value in figures.items()]
    if card.is_file():
        write_table(card, "figures", f"Revision `{revision}`.", [("figure", "value"), *rows])
    content = {"revision": revision, "figures": {name: round(value, 4) for name, value in figures.items()}}
    card.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def write_table(card: Path, mark: str, lead: str, rows: Sequence[Sequence[str]]) -> None:
    """Put ``lead`` and a table (its head first) between ``<!-- mark -->`` and ``<!-- end -->`` of the card."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    table = "\n".join([head, "|" + "---|" * len(rows[0]), *body])
    between = re.compile(rf"(<!-- {re.escape(mark)} -->).*?(<!-- end -->)", re.DOTALL)
    text = card.read_text(encoding="utf-8")
    card.write_text(between.sub(lambda m: f"{m[1]}\n\n{lead}\n\n{table}\n\n{m[2]}", text), encoding="utf-8")
