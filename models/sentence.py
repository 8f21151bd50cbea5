"""Any sentence-transformers model, from a local folder or from the hub, behind the ``Encoder`` protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Families that were trained with a prefix and lose accuracy without it; two posts are compared, so both are queries.
PREFIXES = {"intfloat/multilingual-e5": "query: ", "intfloat/e5": "query: "}


class SentenceEncoder:
    """A loaded sentence-transformers model.

    ``prompt`` is put before every text; None takes what the model's own configuration names as default, or the
    prefix its family is known to need.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        name: str,
        revision: str,
        *,
        prompt: str | None = None,
        batch_size: int = 64,
    ) -> None:
        self._model, self._batch_size = model, batch_size
        self.name = name
        self._prompt = _usual_prefix(name) if prompt is None else prompt
        self.revision = revision + _prompt_mark(self._prompt)

    @property
    def dimensions(self) -> int:
        """Width of every vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit rows, shape ``(len(texts), dimensions)``; a blank text becomes a row of 0."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        filled = [number for number, text in enumerate(texts) if text.strip()]
        if filled:
            rows[filled] = self._model.encode(
                [texts[number] for number in filled],
                prompt=self._prompt,
                batch_size=self._batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return rows


def load_sentence_encoder(
    source: str,
    revision: str,
    *,
    hub: bool,
    prompt: str | None = None,
    batch_size: int = 64,
    device: str | None = None,
) -> SentenceEncoder:
    """Load ``source``, a folder or (``hub``) a hub id at the commit ``revision``.

    Only safetensors are read and no code of the model's author runs. Raises ``ModelError`` when the hub cannot be
    reached or the model does not load.
    """
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(
            source,
            revision=revision if hub else None,
            device=device,
            trust_remote_code=False,
            local_files_only=not hub,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(_why(source, revision, hub, error)) from error
    return SentenceEncoder(model, source, revision, prompt=prompt, batch_size=batch_size)


def _why(source: str, revision: str, hub: bool, error: Exception) -> str:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    if not hub:
        return f"{source} does not load as a sentence-transformers model: {reason}"
    return (
        f"cannot load {source} at {revision}: {reason}. The hub may be out of reach from here: download the model "
        "once where there is a connection and name its folder instead, or use the shipped model"
    )


def _usual_prefix(name: str) -> str | None:
    return next((prefix for family, prefix in PREFIXES.items() if name.startswith(family)), None)


def _prompt_mark(prompt: str | None) -> str:
    return f"-{hashlib.sha256(prompt.encode()).hexdigest()[:8]}" if prompt else ""
