"""Writes a static model that plain ``SentenceTransformer(folder)`` loads: small, no code, no pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer


def quantize(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return 8-bit rows and one scale per row, so that ``values * scales[:, None]`` is near ``rows``."""
    peaks = np.abs(rows).max(axis=1)
    scales = (np.where(peaks > 0, peaks, 1) / 127).astype(np.float32)
    return np.rint(rows / scales[:, None]).astype(np.int8), scales


def write_model(
    folder: Path, tokenizer: Tokenizer, rows: NDArray[np.float32], mapping: NDArray[np.int64]
) -> None:
    """Write the model: ``mapping[token id]`` is the row a token reads; row 0 stands for what is not known.

    The weights use the names under which sentence-transformers reads vocabulary-quantized static models: 8-bit
    ``embeddings``, a ``mapping`` from token to row, one ``weights`` entry per token.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    values, scales = quantize(rows)
    values[0] = 0
    frame = StaticEmbedding(tokenizer, embedding_weights=np.zeros((1, rows.shape[1]), dtype=np.float32))
    SentenceTransformer(modules=[frame, Normalize()], device="cpu").save(str(folder), create_model_card=False)
    module = folder / json.loads((folder / "modules.json").read_text())[0]["path"]
    tensors: dict[str, NDArray[Any]] = {
        "embeddings": values,
        "mapping": mapping.astype(np.int32),
        "weights": scales[mapping],
    }
    save_file(tensors, module / "model.safetensors")
    (module / "model.safetensors").chmod(0o644)  # safetensors writes it for its owner alone
    compact(module / "tokenizer.json")


def compact(path: Path) -> None:
    """Rewrite a JSON file without the indentation, which is half of a tokenizer's size."""
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
