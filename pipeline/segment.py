"""Texts to words, always by the same cuts: dictionary, user words and version are pinned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import jieba
import pyarrow as pa

from pipeline.paths import CHECKOUT
from pipeline.tables import TEXTS
from pipeline.text.words import dictionary

COMMUNITY_WORDS = CHECKOUT / "data" / "lexicon" / "community.txt"


def segment(normalized: pa.Table, posts: pa.Table, user_words: Sequence[str] = ()) -> pa.Table:
    """Return ``TEXTS``: one row per distinct ``match_text``, sorted by ``text_key``.

    ``normalized`` and ``posts`` share ``post_id``; ``user_words`` are the incident's names and terms.
    """
    times = posts.column("posted_at")
    dated = pa.table({"post_id": posts.column("post_id"), "seen_at": times})
    joined = normalized.select(["post_id", "text_key", "match_text"]).join(
        dated, "post_id", use_threads=False
    )
    grouped = joined.group_by(["text_key", "match_text"], use_threads=False).aggregate(
        [("post_id", "count"), ("seen_at", "min")]
    )
    grouped = grouped.sort_by("text_key")
    tokens = cut(grouped.column("match_text").to_pylist(), user_words)
    return TEXTS.conform(
        pa.table(
            {
                "text_key": grouped.column("text_key"),
                "match_text": grouped.column("match_text"),
                "tokens": pa.array(tokens, pa.list_(pa.string())),
                "post_count": grouped.column("post_id_count"),
                "first_at": grouped.column("seen_at_min"),
            }
        )
    )


def cut(texts: Sequence[str], user_words: Sequence[str] = ()) -> list[list[str]]:
    """Return the words of each text, without spaces and lone marks."""
    tokenizer = _tokenizer(tuple(sorted({*community_words(), *user_words})))
    return [[word for word in tokenizer.lcut(text) if word[0].isalnum()] for text in texts]


@cache
def community_words() -> tuple[str, ...]:
    """Places and organizations of the community that jieba's dictionary lacks."""
    if not COMMUNITY_WORDS.exists():
        return ()
    lines = COMMUNITY_WORDS.read_text("utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def _tokenizer(words: tuple[str, ...]) -> jieba.Tokenizer:
    """Return jieba with its own dictionary and these words."""
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = dictionary().copy(), sum(dictionary().values())
    tokenizer.initialized = True
    for word in words:
        tokenizer.add_word(word)
    return tokenizer


__all__ = ["COMMUNITY_WORDS", "community_words", "cut", "segment"]
