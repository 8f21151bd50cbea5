"""Phrases by which people ask whether something is true, or say that it is not."""

from __future__ import annotations

import tomllib
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.paths import CHECKOUT

_WISH = r"(?:跪?求|坐?等|要|谁来|请|希望)[^ ]{0,4}辟谣|辟谣 ?\?"
"""Asking for a correction is an enquiry, not one."""

LEXICON = CHECKOUT / "data" / "lexicon"


def is_correction(match_texts: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Say for each matching form whether it says that something is untrue (辟谣, 不实, 假消息 …)."""
    without_wishes = pc.replace_substring_regex(match_texts, _WISH, " ")
    return _matches(without_wishes, _patterns("corrections"))


def is_enquiry(match_texts: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Say for each matching form whether it asks if something is true; a correction is not an enquiry."""
    asks = _matches(match_texts, _patterns("enquiries"))
    return asks & ~is_correction(match_texts)


def _matches(texts: pa.ChunkedArray, pattern: str) -> NDArray[np.bool_]:
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(
        found.to_numpy(zero_copy_only=False) if isinstance(found, pa.Array) else found.to_numpy()
    )


@cache
def _patterns(name: str) -> str:
    """Return one RE2 pattern out of all phrases of this lexicon file."""
    with (LEXICON / f"{name}.toml").open("rb") as file:
        lists: dict[str, list[str]] = tomllib.load(file)["phrases"]
    return "|".join(phrase for phrases in lists.values() for phrase in phrases)
