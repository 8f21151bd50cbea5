"""The tokenizer of the shipped model: a unigram model over words, characters, syllables and emoji.

Segmentation is jieba's idea (the most probable path over a dictionary with frequencies), expressed as a
``tokenizers`` Unigram model, so that plain loading needs no Python code of ours.
"""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram

UNKNOWN = "[UNK]"
HAN_CLASS = "\\u4e00-\\u9fff"
SYMBOL_CLASS = "\\u2190-\\u2bff\\x{1F000}-\\x{1FAFF}"
# Runs of one kind are cut into tokens; punctuation, marks and other scripts are dropped.
PIECES = f"[{HAN_CLASS}]+|[a-z]+|[0-9]+|[{SYMBOL_CLASS}]"


def build_tokenizer(pieces: list[tuple[str, float]], folds: bytes) -> Tokenizer:
    """Return a tokenizer over ``pieces`` (token, log probability); the first piece must be ``[UNK]``."""
    tokenizer = Tokenizer(Unigram(pieces, unk_id=0))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Precompiled(folds)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(PIECES), behavior="removed", invert=True)
    return tokenizer


def read_pieces(tokenizer_file: Path) -> list[tuple[str, float]]:
    """Return the vocabulary of a ``tokenizer.json`` in id order."""
    vocabulary = json.loads(tokenizer_file.read_text(encoding="utf-8"))["model"]["vocab"]
    return [(str(token), float(score)) for token, score in vocabulary]
