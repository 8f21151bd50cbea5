"""More pairs from the titles themselves: two platforms, or two hours, name one event in different words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.corpus import read_rows, source_path

NEAREST, FARTHEST = 0.92, 0.62  # cosine: above, mostly copies; below, mostly other events
_SPAN = 2  # days in one window


def same_event_pairs(
    data: Path, encode: Callable[[Sequence[str]], NDArray[np.float32]]
) -> Iterator[tuple[float, str, str]]:
    """Yield (cosine, title, title): of each title the nearest other one within two days, copies left out."""
    days: dict[int, list[str]] = {}
    for row in read_rows(source_path(data, "trending_titles_to_2024")):
        text = str(row["text"])
        if len(text) >= 8:
            days.setdefault(datetime.fromisoformat(row["first_seen"]).toordinal() // _SPAN, []).append(text)
    for day in sorted(days):
        texts = list(dict.fromkeys(days[day]))
        yield from _nearest(texts, encode(texts))


def _nearest(texts: list[str], rows: NDArray[np.float32]) -> Iterator[tuple[float, str, str]]:
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1)
    cosines[cosines > NEAREST] = -1
    best = cosines.argmax(axis=1)
    for own, other in enumerate(best):
        cosine = float(cosines[own, other])
        mutual = best[other] == own
        if cosine >= FARTHEST and (own < other or not mutual):
            yield cosine, texts[own], texts[other]
