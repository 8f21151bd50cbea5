"""What a claim's exemplar says: can it be checked, what harm does it touch, is it about this incident?"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.checkworthy import checkworthy
from pipeline.normalize import fold
from pipeline.paths import CHECKOUT
from pipeline.remembered import Remembered, keys_of

_HARM_FILE = CHECKOUT / "data" / "lexicon" / "harm.toml"
_FULL = 6.0
"""The rubric's points that count as 1: two grave kinds."""
_HEARD = 600
"""Characters of an exemplar that are looked at."""
_NO_TEXT = "0" * 24
"""Stands for the key of an exemplar that has no words of its own."""


CONTENT = pa.schema(
    [
        ("checkworthy", pa.float64()),
        ("harm", pa.float64()),
        ("harms", pa.list_(pa.string())),
        ("nearness", pa.float64()),
    ]
)
"""What is remembered of the beginning of a matching form."""


def content(
    claims: pa.Table, texts: pa.Table, words: Sequence[str], remembered: Remembered | None = None
) -> pa.Table:
    """``CONTENT`` and claim_id of every claim of ``claims`` (claim_id, text_key), sorted by it.

    ``texts`` has text_key and match_text; ``words`` are the incident's places, names and words. Only what is not
    ``remembered`` is read.
    """
    own = claims.sort_by([("claim_id", "ascending")]).combine_chunks()
    places = pc.index_in(
        own.column("text_key"), value_set=texts.column("text_key").combine_chunks()
    ).combine_chunks()
    said = pc.fill_null(texts.column("match_text").take(places), "")
    forms = pc.utf8_slice_codeunits(said, 0, _HEARD)

    def make(rows: pa.Array) -> pa.Table:
        return _content(forms.take(rows), words)

    if remembered:
        keys = pc.if_else(places.is_valid(), own.column("text_key"), _NO_TEXT)
        read = remembered.rows(keys_of(keys), make)
    else:
        read = _content(forms, words)
    return read.add_column(0, "claim_id", own.column("claim_id"))


def _content(forms: pa.ChunkedArray, words: Sequence[str]) -> pa.Table:
    harms, kinds = harm(forms)
    checkable = np.round(checkworthy(forms.to_pylist()).astype(float), 6)
    return pa.table([checkable, harms, kinds, nearness(forms, words)], schema=CONTENT)


def harm(forms: pa.ChunkedArray) -> tuple[NDArray[np.float64], list[list[str]]]:
    """(weight from 0 to 1, kinds of harm) of each text, by the partners' rubric ``data/lexicon/harm.toml``."""
    total = np.zeros(len(forms))
    kinds: list[list[str]] = [[] for _ in range(len(forms))]
    for name, (weight, pattern) in _rubric().items():
        hit = _found(forms, pattern)
        total += weight * hit
        for row in np.flatnonzero(hit):
            kinds[row].append(name)
    return np.round(np.minimum(total, _FULL) / _FULL, 6), kinds


def harm_flags(forms: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Whether any kind of harm is touched."""
    flags: NDArray[np.bool_] = harm(forms)[0] > 0
    return flags


def nearness(forms: pa.ChunkedArray, words: Sequence[str]) -> NDArray[np.float64]:
    """1 - half to the power of how many of the incident's words a text has, in any script: 0, 0.5, 0.75 …"""
    wanted = sorted({form for form in fold(list(words))[0] if len(form) > 1})
    counts = np.zeros(len(forms))
    for word in wanted[:500]:
        found = pc.match_substring(forms, word)
        counts += np.asarray(found.to_numpy(zero_copy_only=False) if isinstance(found, pa.Array) else found)
    near: NDArray[np.float64] = np.round(1 - 0.5**counts, 6)
    return near


def _found(forms: pa.ChunkedArray, pattern: str) -> NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(forms, pattern), dtype=np.bool_)


@cache
def _rubric() -> dict[str, tuple[float, str]]:
    with _HARM_FILE.open("rb") as file:
        kinds = tomllib.load(file)
    return {name: (float(kind["weight"]), "|".join(kind["phrases"])) for name, kind in kinds.items()}
