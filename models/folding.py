"""One script inside the tokenizer: which character is read as which.

The map is part of the shipped ``tokenizer.json`` (a precompiled character map), so every program that loads the
model folds the same way; this module is only needed to build it.
"""

from __future__ import annotations

from pathlib import Path

from opencc import OpenCC
from sentencepiece import SentencePieceTrainer, sentencepiece_model_pb2

from models.lists import word_list

HAN = ("\u3400", "\u9fff")


def fold_map() -> dict[str, str]:
    """Return every single character that is read as something else: Traditional, Cantonese, rare variants."""
    converter = OpenCC("t2s")
    folds = {}
    for code in [*range(ord(HAN[0]), ord(HAN[1]) + 1), *range(0xF900, 0xFB00)]:
        character = chr(code)
        folded = converter.convert(character)
        if folded != character and len(folded) == 1:
            folds[character] = folded
    cantonese = word_list("cantonese_characters")
    # OpenCC has simplified forms of its own for some of them (嗰 becomes 𠮶); texts folded before arrive with those.
    simplified = {converter.convert(character): target for character, target in cantonese.items()}
    return folds | simplified | cantonese


def compiled_fold_map(workdir: Path) -> bytes:
    """Return the map as the binary ``Precompiled`` normalizer reads it (SentencePiece's own compiler makes it)."""
    rules = (f"{_codes(source)}\t{_codes(target)}\n" for source, target in sorted(fold_map().items()))
    (workdir / "folds.tsv").write_text("".join(rules), encoding="utf-8")
    (workdir / "corpus.txt").write_text("一二三四五六七八九十\n" * 10, encoding="utf-8")
    SentencePieceTrainer.train(
        input=str(workdir / "corpus.txt"),
        model_prefix=str(workdir / "folds"),
        model_type="char",
        vocab_size=16,
        hard_vocab_limit=False,
        normalization_rule_tsv=str(workdir / "folds.tsv"),
        minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    proto.ParseFromString((workdir / "folds.model").read_bytes())
    compiled: bytes = proto.normalizer_spec.precompiled_charsmap
    return compiled


def _codes(text: str) -> str:
    return " ".join(f"{ord(character):X}" for character in text)
