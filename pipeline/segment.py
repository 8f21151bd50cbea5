"""Texts to words, always by the same cuts: dictionary, user words and version are pinned."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache

import jieba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import UsageError
from pipeline.numbered import as_numbers, whole
from pipeline.paths import CHECKOUT
from pipeline.remembered import Remembered, keys_of
from pipeline.schema import UTC_TIME
from pipeline.tables import STRINGS, TEXTS
from pipeline.text.words import dictionary

SEGMENTER_VARIABLE = "CHENGQING_SEGMENTER"
COMMUNITY_WORDS = CHECKOUT / "data" / "lexicon" / "community.txt"

TOKENS = pa.schema([TEXTS.schema.field("tokens")])
"""What is remembered of a matching form."""

ToWords = Callable[[str], list[str]]
"""From one text to its words."""


def segment(
    normalized: pa.Table,
    posts: pa.Table,
    user_words: Sequence[str] = (),
    remembered: Remembered | None = None,
) -> pa.Table:
    """Return ``TEXTS``: one row per distinct ``match_text``, sorted by ``text_key``.

    ``normalized`` and ``posts`` share ``post_id``; ``user_words`` are the incident's names and terms.
    Texts whose words are ``remembered`` (``TOKENS``) are not cut again.
    """
    grouped = _distinct(normalized, _times(normalized, posts))
    forms = grouped.column("match_text")

    def make(places: pa.Array) -> pa.Table:
        return _tokens(forms.take(places), user_words)

    keys = grouped.column("text_key")
    tokens = remembered.rows(keys_of(keys), make) if remembered else _tokens(forms, user_words)
    return TEXTS.conform(grouped.append_column("tokens", tokens.column("tokens")))


def _times(normalized: pa.Table, posts: pa.Table) -> pa.Array:
    """When each row of ``normalized`` was posted."""
    ids = whole(posts.column("post_id"))
    return whole(posts.column("posted_at")).take(pc.index_in(normalized.column("post_id"), value_set=ids))


def _distinct(normalized: pa.Table, times: pa.ChunkedArray) -> pa.Table:
    """``TEXTS`` without tokens: each text once, sorted by key."""
    coded = whole(normalized.column("text_key")).dictionary_encode()
    places, order = as_numbers(coded.indices), as_numbers(pc.sort_indices(coded.dictionary))
    first = np.zeros(len(order), np.int64)
    first[places[::-1]] = np.arange(len(places))[::-1]
    micros = as_numbers(pc.fill_null(pc.cast(times, pa.int64()), _NEVER))
    earliest = np.full(len(order), _NEVER)
    np.minimum.at(earliest, places, micros)
    at = pa.array(earliest[order], mask=earliest[order] == _NEVER)
    return pa.table(
        {
            "text_key": coded.dictionary.take(pa.array(order)),
            "match_text": normalized.column("match_text").take(pa.array(first[order])),
            "post_count": np.bincount(places, minlength=len(order))[order],
            "first_at": at.cast(UTC_TIME),
        }
    )


_NEVER = np.iinfo(np.int64).max


def _tokens(forms: pa.ChunkedArray, user_words: Sequence[str]) -> pa.Table:
    return pa.table([pa.array(cut(forms.to_pylist(), user_words), STRINGS)], schema=TOKENS)


def cut(texts: Sequence[str], user_words: Sequence[str] = ()) -> list[list[str]]:
    """Return the words of each text, without spaces and lone marks."""
    words = tuple(sorted({*community_words(), *user_words}))
    to_words = _SEGMENTERS[segmenter()](words)
    return [[word for word in to_words(text) if word[0].isalnum()] for text in texts]


def segmenter() -> str:
    """Return which segmenter runs: jieba, or what ``CHENGQING_SEGMENTER`` names; ``UsageError`` for none such.

    rjieba is jieba in Rust, many times faster and with the same cuts wherever ``chengqing bench normalize`` looked.
    """
    name = os.environ.get(SEGMENTER_VARIABLE) or "jieba"
    if name not in _SEGMENTERS:
        raise UsageError(
            f"{SEGMENTER_VARIABLE}={name}: no such segmenter; there are: {', '.join(_SEGMENTERS)}"
        )
    return name


@cache
def community_words() -> tuple[str, ...]:
    """Places and organizations of the community that jieba's dictionary lacks."""
    if not COMMUNITY_WORDS.exists():
        return ()
    lines = COMMUNITY_WORDS.read_text("utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def _jieba(words: tuple[str, ...]) -> ToWords:
    """Return jieba's cut with its own dictionary and these words."""
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = dictionary().copy(), sum(dictionary().values())
    tokenizer.initialized = True
    for word in words:
        tokenizer.add_word(word)
    to_words: ToWords = tokenizer.lcut
    return to_words


@cache
def _rjieba(words: tuple[str, ...]) -> ToWords:
    """Return the same of jieba's port to Rust, which carries the same dictionary."""
    try:
        import rjieba
    except ImportError as error:
        raise UsageError(
            f"{SEGMENTER_VARIABLE}=rjieba, and rjieba is not installed; run: pip install 'chengqing[fast]'"
        ) from error
    tokenizer = rjieba.Jieba()
    for word in words:
        tokenizer.add_word(word, None, None)
    return tokenizer.cut


_SEGMENTERS: dict[str, Callable[[tuple[str, ...]], ToWords]] = {"jieba": _jieba, "rjieba": _rjieba}

__all__ = [
    "COMMUNITY_WORDS",
    "SEGMENTER_VARIABLE",
    "TOKENS",
    "community_words",
    "cut",
    "segment",
    "segmenter",
]
