"""The model while it learns: a token's row is the sum of vectors for itself, its characters and their sounds."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer

from models.vocabulary import Vocabulary

PART_WEIGHT = 0.5  # of characters, sounds and stems beside the token itself


class ComposedEmbedding(StaticEmbedding):
    """A static embedding whose rows are sums over shared features; ``baked_rows`` gives the plain table."""

    def __init__(self, tokenizer: Tokenizer, vocabulary: Vocabulary, initial: NDArray[np.float32]) -> None:
        names = sorted({name for row in vocabulary.features for name in row})
        index = {name: number for number, name in enumerate(names)}
        table = np.zeros((len(names), initial.shape[1]), dtype=np.float32)
        for row, described in enumerate(vocabulary.features):
            if described:
                table[index[described[0]]] = initial[row]
        super().__init__(tokenizer, embedding_weights=table)
        flat = [index[name] for row in vocabulary.features for name in row]
        weights = [
            1.0 if place == 0 else PART_WEIGHT for row in vocabulary.features for place, _ in enumerate(row)
        ]
        lengths = torch.tensor([len(row) for row in vocabulary.features])
        self.register_buffer("rows", torch.tensor(vocabulary.rows), persistent=False)
        self.register_buffer("flat", torch.tensor(flat), persistent=False)
        self.register_buffer("flat_weights", torch.tensor(weights), persistent=False)
        self.register_buffer("lengths", lengths, persistent=False)
        self.register_buffer("starts", torch.cumsum(lengths, 0) - lengths, persistent=False)

    def forward(self, features: dict[str, torch.Tensor], **kwargs: object) -> dict[str, torch.Tensor]:
        """Add ``sentence_embedding``: the sum of the rows of a text's tokens."""
        rows, places = torch.unique(self.rows[features["input_ids"]], return_inverse=True)
        lengths = self.lengths[rows]
        ends = torch.cumsum(lengths, 0)
        where = torch.arange(int(ends[-1]) if len(ends) else 0) + torch.repeat_interleave(
            self.starts[rows] - (ends - lengths), lengths
        )
        composed = torch.nn.functional.embedding_bag(
            self.flat[where],
            self.embedding.weight,
            ends - lengths,
            mode="sum",
            per_sample_weights=self.flat_weights[where],
        )
        features["sentence_embedding"] = torch.nn.functional.embedding_bag(
            places, composed, features["offsets"], mode="sum"
        )
        return features

    @torch.no_grad()
    def baked_rows(self) -> NDArray[np.float32]:
        """Return one vector per row, shape ``(rows, dimensions)``."""
        summed = torch.nn.functional.embedding_bag(
            self.flat, self.embedding.weight, self.starts, mode="sum", per_sample_weights=self.flat_weights
        )
        return np.asarray(summed.numpy(), dtype=np.float32)
