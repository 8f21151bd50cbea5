"""``python -m models.train --data DIR`` makes the shipped model again from its sources, with a fixed seed.

Steps: check the sources, build the vocabulary, factor co-occurrence into starting vectors, train on pairs with
sentence-transformers, write the model, measure it, write registry and card figures.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models import pairs
from models.bare import BareEncoder
from models.card import write_figures, write_registry
from models.cooccurrence import starting_rows
from models.corpus import read_rows, source_path, verify_sources
from models.evaluate import figures
from models.export import write_model
from models.folding import compiled_fold_map
from models.registry import folder_revision
from models.tokenization import build_tokenizer
from models.validation import validation_figures
from models.vocabulary import Sizes, Vocabulary, build_vocabulary

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

NAME = "chengqing-static-1"
HERE = Path(__file__).parent
Sets = dict[str, list[tuple[str, ...]]]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, beside the sources."""

    dimensions: int = 256
    seed: int = 1
    epochs: float = 1.0
    batch: int = 1024
    learning_rate: float = 0.01
    scale: float = 20.0
    half_weight: float = (
        0.3  # of the loss of the first half of the dimensions, so that vectors can be cut short
    )
    sizes: Sizes = field(default_factory=Sizes)
    amounts: pairs.Amounts = field(default_factory=pairs.Amounts)


def vocabulary_texts(data: Path) -> Iterator[str]:
    """Yield the texts that decide which words are worth a row."""
    for name, column in (
        ("trending_titles_to_2024", "text"),
        ("zhihu_title_excerpt", "b"),
        ("tatoeba_zh_en", "a"),
        ("pawsx_zh", "a"),
    ):
        for row in read_rows(source_path(data, name)):
            yield str(row[column])


def cooccurrence_texts(data: Path, tokenizer: Tokenizer) -> Iterator[str]:
    """Yield texts whose neighbors mean something; translations are interleaved so that languages become neighbors."""
    for row in read_rows(source_path(data, "trending_titles_to_2024")):
        yield str(row["text"])
    for title, body in pairs.excerpts(data):
        yield f"{title} {body}"
    for row in read_rows(source_path(data, "pawsx_zh")):
        yield str(row["a"])
    for chinese, english in pairs.translations(data):
        yield from (chinese, english, _interleaved(chinese, english, tokenizer)) * 2
    for row in read_rows(source_path(data, "cedict")):
        for gloss in row["en"]:
            yield f"{row['simp']} {gloss}"
            yield f"{gloss} {row['simp']}"


def _interleaved(first: str, second: str, tokenizer: Tokenizer) -> str:
    placed = []
    for text in (first, second):
        tokens = tokenizer.encode(text, add_special_tokens=False).tokens
        placed += [((place + 0.5) / len(tokens), token) for place, token in enumerate(tokens)]
    return " ".join(token for _, token in sorted(placed))


def training_sets(data: Path, tokenizer: Tokenizer, recipe: Recipe) -> Sets:
    """Return the pairs (or triples with a hard negative) by name, shuffled."""
    random = Random(recipe.seed)  # noqa: S311 - repeatable, not secret
    amounts = recipe.amounts
    sets: Sets = {
        "title_excerpt": list(pairs.title_excerpt(data, random)),
        "same_event": list(pairs.same_event(data)),
        "pawsx": list(pairs.paraphrases(data, "pawsx_zh")),
        "tatoeba": list(pairs.translations(data)),
        "tatoeba_zh": list(pairs.shared_translation(data)),
        "cedict": list(pairs.dictionary(data)),
        "translated": list(pairs.translated_titles(data, amounts.translated_titles, tokenizer, random)),
        "mutated": list(pairs.mutated(data, amounts, random)),
        "synonyms": list(pairs.synonym_words(data, random)),
        "reworded": list(pairs.reworded(data, amounts.reworded_titles, tokenizer, random)),
        "changed_facts": list(pairs.changed_facts(data, amounts, random)),
    }
    for rows in sets.values():
        random.shuffle(rows)
    return sets


def fit(model: SentenceTransformer, sets: Sets, recipe: Recipe, workdir: Path) -> None:
    """Train with in-batch negatives: every pair against all others of its batch, in both directions."""
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss

    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(workdir / "trainer"),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=0.05,
        optim="adamw_torch_fused",
        weight_decay=0.0,
        max_grad_norm=0.0,
        save_strategy="no",
        logging_steps=100,
        report_to="none",
        seed=recipe.seed,
        use_cpu=True,
        dataloader_pin_memory=False,
        disable_tqdm=True,
    )
    both_ways: Any = ("query_to_doc", "doc_to_query")
    ranking = MultipleNegativesRankingLoss(model, scale=recipe.scale, directions=both_ways)
    widths = [recipe.dimensions, recipe.dimensions // 2]
    loss = MatryoshkaLoss(model, ranking, widths, matryoshka_weights=[1, recipe.half_weight])
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset={name: _dataset(rows) for name, rows in sets.items() if rows},
        loss=loss,
    )
    trainer.train()


def _dataset(rows: list[tuple[str, ...]]) -> object:
    from datasets import Dataset  # type: ignore[import-untyped]

    columns = ("anchor", "positive", "negative")[: len(rows[0])]
    return Dataset.from_dict({name: [row[place] for row in rows] for place, name in enumerate(columns)})


def train_rows(
    data: Path, tokenizer: Tokenizer, vocabulary: Vocabulary, recipe: Recipe, workdir: Path
) -> NDArray[np.float32]:
    """Return the trained row table, shape ``(rows, dimensions)``."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize

    from models.composition import ComposedEmbedding

    texts = cooccurrence_texts(data, tokenizer)
    initial = starting_rows(texts, tokenizer, np.array(vocabulary.rows), recipe.dimensions, recipe.seed)
    composed = ComposedEmbedding(tokenizer, vocabulary, initial)
    model = SentenceTransformer(modules=[composed, Normalize()], device="cpu")
    sets = training_sets(data, tokenizer, recipe)
    fit(model, sets, recipe, workdir)
    return composed.baked_rows()


def make_model(data: Path, folder: Path, recipe: Recipe) -> None:
    """Train from ``data`` and write the model to ``folder``: the same bytes every time on one kind of machine.

    One thread does all the arithmetic, because sums in another order have other last digits.
    """
    import torch
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    verify_sources(data)
    torch.set_num_threads(1)
    with threadpool_limits(1), tempfile.TemporaryDirectory() as name:
        workdir = Path(name)
        folds = compiled_fold_map(workdir)
        vocabulary = build_vocabulary(data, vocabulary_texts(data), folds, recipe.sizes)
        tokenizer = build_tokenizer(vocabulary.pieces, folds)
        rows = train_rows(data, tokenizer, vocabulary, recipe, workdir)
    write_model(folder, tokenizer, rows, np.array(vocabulary.rows))


def main() -> None:
    """Run the recipe from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and eval/")
    parser.add_argument("--out", type=Path, default=HERE / NAME, help="folder of the model")
    parser.add_argument("--epochs", type=float, default=Recipe.epochs)
    parser.add_argument("--measure-only", action="store_true", help="keep the weights, write their figures")
    parser.add_argument(
        "--validate",
        action="store_true",
        help="print what recipes are chosen by; write nothing but the model",
    )
    chosen = parser.parse_args()
    if not chosen.measure_only:
        make_model(chosen.data, chosen.out, Recipe(epochs=chosen.epochs))
    encoder = BareEncoder(chosen.out, chosen.out.name, folder_revision(chosen.out))
    if chosen.validate:
        for name, value in validation_figures(encoder.encode, chosen.data).items():
            print(f"{name} {value:.3f}" if value < 1 else f"{name} {value:.1f}")  # noqa: T201 - the command's answer
        return
    if chosen.out == HERE / NAME:
        write_registry(chosen.out, encoder.dimensions)
        write_figures(HERE / "cards" / f"{NAME}.md", figures(encoder.encode, chosen.data), encoder.revision)


if __name__ == "__main__":
    main()
