"""Small models made on the spot, for tests of loading and tuning."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.export import write_model
from models.folding import compiled_fold_map
from models.tokenization import UNKNOWN, build_tokenizer

CHARACTERS = "旧金山唐人街发生火灾受伤他们说的是假真不在警察明天打砸商店消息"
WORDS = (
    "旧金山",
    "唐人街",
    "发生",
    "火灾",
    "受伤",
    "他们",
    "警察",
    "明天",
    "打砸",
    "商店",
    "消息",
    "火灾受伤",
)
LATIN = ("fire", "chinatown", "hurt", "in", *"abcdefghijklmnopqrstuvwxyz", *"0123456789", "🔥")


def small_static_model(folder: Path, dimensions: int = 16, seed: int = 3) -> Path:
    """Write a static model over a few dozen tokens with random rows and return its folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    tokens = list(dict.fromkeys([*CHARACTERS, *WORDS, *LATIN]))
    scores = [-4.0 - float(value) for value in random.random(len(tokens)).round(3) * 5]
    pieces = [(UNKNOWN, -30.0), *zip(tokens, scores, strict=True)]
    tokenizer = build_tokenizer(pieces, compiled_fold_map(folder.parent))
    rows = random.normal(size=(len(pieces), dimensions)).astype(np.float32)
    write_model(folder, tokenizer, rows, np.arange(len(pieces)))
    return folder


def small_transformer(folder: Path) -> Path:
    """Write a one-layer BERT with random weights, as a sentence-transformers model, and return its folder.

    It stands for a hub model: the hub cannot be reached from where tests run.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    raw = folder.parent / "raw"
    raw.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(CHARACTERS), "query", ":"]
    vocabulary = raw / "vocab.txt"
    vocabulary.write_text("\n".join(words), encoding="utf-8")
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    BertModel(config).save_pretrained(raw)
    BertTokenizerFast(vocab=str(vocabulary)).save_pretrained(raw)
    words_module = Transformer(str(raw))
    pooling = Pooling(words_module.get_embedding_dimension())
    SentenceTransformer(modules=[words_module, pooling], device="cpu").save(
        str(folder), create_model_card=False
    )
    return folder
