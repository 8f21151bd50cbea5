"""What the pipeline asks of an encoder, and nothing about how one is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns texts into unit vectors.

    ``name`` and ``revision`` together key the vector cache: the same pair always gives the same vectors.
    """

    @property
    def name(self) -> str:
        """Registry name, hub id or local path."""
        ...

    @property
    def revision(self) -> str:
        """Content hash or hub commit: changes whenever a vector could change."""
        ...

    @property
    def dimensions(self) -> int:
        """Width of every vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit rows, shape ``(len(texts), dimensions)``; an empty text becomes a row of 0."""
        ...
