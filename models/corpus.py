"""What the shipped model is trained on: which files, under which licence, with which content.

Only sources whose licence allows shipping weights stand here. Everything is read from one folder with the layout
of the project's data kit (``train/<name>.jsonl.gz``); a file with another content is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import ModelError


@dataclass(frozen=True)
class Source:
    """One training file: ``licence`` as its publisher states it, ``sha256`` of the compressed file."""

    name: str
    licence: str
    origin: str
    sha256: str


SOURCES = (
    Source(
        "trending_titles_to_2024",
        "MIT",
        "huqi-pr/trending-in-one",
        "fdeaaaa3531857f238dce20e50444fb67cf744fa1281fdc7ed0c277202a61110",
    ),
    Source(
        "trend_same_event_to_2023",
        "MIT",
        "pairs built from the above",
        "efce8f50b6f3375c13429d46eca87332ad43877cb7756d13baaeef14d2769680",
    ),
    Source(
        "zhihu_title_edits",
        "MIT",
        "pairs built from the hot lists",
        "a01c41a0cd9025b3a68dc3442b5cc101193c17ce5c97e3d6190cc63bfa1629f3",
    ),
    Source(
        "zhihu_title_excerpt",
        "MIT",
        "lonnyzhang423/zhihu-hot-hub",
        "7793ac7637ecc95d04c4009877c07c78332601c0a59ad1fe409b31297c43b313",
    ),
    Source(
        "tatoeba_zh_en",
        "CC BY 2.0 FR",
        "tatoeba.org, attribution kept per row in the source",
        "6f6ae6f33967078379e86bc8a967871e6ec32d3203499d0c8b878a5c38c2c717",
    ),
    Source(
        "cedict",
        "CC BY-SA 4.0",
        "CC-CEDICT: word lists and translation pairs",
        "aa30768f847f1f5a2ca8a23d4c5899d7554c31bc22e4ec895014d88eee672a9b",
    ),
    Source(
        "pawsx_zh",
        "free for any purpose",
        "PAWS-X, Google",
        "bdd17d8c3b5024b82f0378a8a582267389afbdc6073c93db6a6a7075b5d50c36",
    ),
)


def verify_sources(folder: Path) -> None:
    """Raise ``ModelError`` when a training file is missing or is not the file the recipe was written for."""
    for source in SOURCES:
        path = source_path(folder, source.name)
        if not path.is_file():
            raise ModelError(f"training data {path} is missing: pass the folder that holds it with --data")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != source.sha256:
            raise ModelError(
                f"{path} has sha256 {digest}, the recipe expects {source.sha256}: use that version"
            )


def source_path(folder: Path, name: str) -> Path:
    """Return where the file of one source lies."""
    return folder / "train" / f"{name}.jsonl.gz"


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of one gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
