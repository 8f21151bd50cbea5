"""Experiment: does a layer that reads a token's neighbors beat the plain sum? ``python -m models.context --data DIR``.

Each form stands on the shipped rows, held fixed, and begins as nothing: before the first step its vectors are
those of the static model. What came of it stands in that model's card; nothing of this is shipped.
``--form static`` trains the rows themselves on the same pairs: what the other forms have to beat.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from models.bare import read_table
from models.evaluate import Encode
from models.hard_pairs import hard_sets
from models.train import HERE, NAME, Recipe, Sets, fit, training_sets
from models.validation import validation_figures

SHARES = {
    "title_excerpt": 2.0, "lookalike": 3.0, "pawsx_hard": 2.0, "swapped": 1.5, "opposite": 1.0, "reworded": 1.0,
    "mutated": 1.5, "tatoeba": 1.0, "changed_facts": 1.0, "translated": 1.0,
}  # fmt: skip
_LONGEST = 96  # tokens that attention reads; later ones stay as they are
_VALIDATED = 12_000  # pairs of each source


class Gate(nn.Module):
    """Weighs each token by what the rest of its text is about; order does not count."""

    def __init__(self, width: int, heads: int = 32) -> None:
        super().__init__()
        self.key, self.query = nn.Linear(width, heads, bias=False), nn.Linear(width, heads)
        self.weight = nothing(nn.Linear(heads, 1))

    def forward(self, rows: Tensor, owners: Tensor, lengths: Tensor) -> Tensor:
        """Return ``rows`` (tokens of all texts, one after another), each times its weight."""
        about = functional.normalize(sums(rows, owners, len(lengths)), dim=-1)
        keys = torch.tanh(4 * self.key(functional.normalize(rows, dim=-1)))
        return rows * (1 + torch.tanh(self.weight(keys * torch.tanh(4 * self.query(about))[owners])))


class Window(nn.Module):
    """Adds to each token what it is between its two neighbors (a convolution)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.own, self.left, self.right = (
            nn.Linear(width, width, bias=bias) for bias in (True, False, False)
        )
        self.out = nothing(nn.Linear(width, width, bias=False))

    def forward(self, rows: Tensor, owners: Tensor, lengths: Tensor) -> Tensor:
        """Return ``rows`` with the change added."""
        same = (owners[1:] == owners[:-1])[:, None]
        with torch.autocast("cpu", torch.bfloat16):
            read = self.norm(rows)
            left = functional.pad(self.left(read)[:-1] * same, (0, 0, 1, 0))
            right = functional.pad(self.right(read)[1:] * same, (0, 0, 0, 1))
            change: Tensor = self.out(functional.gelu(self.own(read) + left + right))
        return rows + change.float()


class Attention(nn.Module):
    """Adds to each token what ``layers`` of a transformer make of it."""

    def __init__(self, width: int, layers: int, heads: int = 4) -> None:
        super().__init__()
        one = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout=0, activation="gelu", batch_first=True, norm_first=True
        )
        self.places = nn.Embedding(_LONGEST, width)
        nn.init.normal_(self.places.weight, std=0.02)
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.blocks = nn.TransformerEncoder(one, layers, enable_nested_tensor=False)
        self.out = nothing(nn.Linear(width, width, bias=False))

    def forward(self, rows: Tensor, owners: Tensor, lengths: Tensor) -> Tensor:
        """Return ``rows`` with the change added; texts of like length are read together."""
        starts, changed = torch.cumsum(lengths, 0) - lengths, torch.zeros_like(rows)
        for texts in torch.split(torch.argsort(lengths), 128):
            places = torch.arange(int(lengths[texts].max().clamp(1, _LONGEST)))
            there = places[None] < lengths[texts][:, None]
            where = (starts[texts][:, None] + places[None]).clamp(max=len(rows) - 1)
            with torch.autocast("cpu", torch.bfloat16):
                read = self.before(rows[where]) + self.places(places)
                read = self.blocks(read, src_key_padding_mask=~(there | (places == 0)))
                change = self.out(self.after(read))
            changed = changed.index_put((where[there],), change[there].float())
        return rows + changed


class ContextEmbedding(StaticEmbedding):
    """The sum of a text's token rows after a layer has read them together; without a layer, of the rows themselves."""

    def __init__(self, tokenizer: Tokenizer, rows: NDArray[np.float32], layer: nn.Module | None) -> None:
        super().__init__(tokenizer, embedding_weights=rows)
        self.layer = layer
        self.embedding.weight.requires_grad_(layer is None)

    def forward(self, features: dict[str, Tensor], **kwargs: object) -> dict[str, Tensor]:
        """Add ``sentence_embedding``."""
        ids, starts = features["input_ids"], features["offsets"]
        lengths = torch.diff(starts, append=torch.tensor([len(ids)]))
        owners = torch.repeat_interleave(torch.arange(len(starts)), lengths)
        rows = functional.embedding(ids, self.embedding.weight)
        if self.layer is not None:
            rows = self.layer(rows, owners, lengths)
        features["sentence_embedding"] = sums(rows, owners, len(starts))
        return features


def sums(rows: Tensor, owners: Tensor, count: int) -> Tensor:
    """Sum the rows of each text."""
    return torch.zeros(count, rows.shape[1]).index_add_(0, owners, rows)


def nothing(layer: nn.Linear) -> nn.Linear:
    """Set a layer so that it gives 0 until it learns."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def layer_of(form: str, width: int) -> nn.Module | None:
    """Return the layer called ``form``; None for ``static``."""
    layers = {"gate": Gate(width), "window": Window(width)}
    if form.startswith("attention"):
        return Attention(width, int(form.removeprefix("attention")))
    return layers.get(form)


def chosen_pairs(sets: Sets, count: int, random: Random) -> Sets:
    """Draw about ``count`` pairs, so many of each set as ``SHARES`` says."""
    whole = sum(SHARES.values())
    sizes = {name: min(len(sets[name]), int(count * share / whole)) for name, share in SHARES.items()}
    return {name: random.sample(sets[name], size) for name, size in sizes.items()}


def encoding(model: SentenceTransformer) -> Encode:
    """Return the model as a function from texts to unit rows."""

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = model.encode(list(texts), batch_size=512, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32)

    return encode


def main() -> None:
    """Train one form and print what recipes are chosen by, before and after."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/")
    parser.add_argument(
        "--form",
        default="attention1",
        choices=("static", "gate", "window", "attention1", "attention2", "attention4"),
    )
    parser.add_argument("--pairs", type=int, default=60_000)
    parser.add_argument(
        "--rate", type=float, default=0.001, help="learning rate: 0.003 for static, 0.01 for gate"
    )
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    folder = HERE / NAME
    rows, tokenizer = read_table(folder), Tokenizer.from_file(str(folder / "tokenizer.json"))
    module = ContextEmbedding(tokenizer, rows, layer_of(chosen.form, rows.shape[1]))
    model = SentenceTransformer(modules=[module, Normalize()], device="cpu")
    before = validation_figures(encoding(model), chosen.data, _VALIDATED)
    recipe = Recipe(batch=512, learning_rate=chosen.rate)
    sets = training_sets(chosen.data, tokenizer, recipe) | hard_sets(chosen.data, tokenizer)
    with tempfile.TemporaryDirectory() as workdir:
        fit(model, chosen_pairs(sets, chosen.pairs, Random(2)), recipe, Path(workdir))  # noqa: S311
    for name, value in validation_figures(encoding(model), chosen.data, _VALIDATED).items():
        print(f"{name} {before[name]:.3f} -> {value:.3f}")  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
