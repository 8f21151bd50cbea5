"""Who asks whether something is true, and who says that it is not: phrases first, then a small learned model."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.speech import SpeechModel, load_speech
from pipeline.paths import CHECKOUT
from pipeline.remembered import Remembered, keys_of

_HEDGED = (
    # wishing for a correction
    r"(?:跪?求|坐?等|要|谁来|谁能|请|希望|期待|欢迎|为何不|怎么不|怎么没人|能不能|可以|帮忙|有没有|有无|有没)"
    r"[^ ]{0,6}(?:辟谣|澄清)"
    r"|(?:出来|坐等|快来|再来|又是|又见)[^ ]{0,4}辟[下个一]?谣(?:[^了]|$)|辟[下个一]谣|(?:辟谣|澄清) ?(?:吗|么|吧|\?)"
    # naming both answers, or wondering about one
    r"|真的?(?:还|或|定|系)?是?假的?|(?:是否|是不是|会不会|不会|以为|查证|确认|不(?:太)?确定|不知道?|不清楚|怀疑|疑似|疑为"
    r"|直觉|估计|应该|恐怕?|可能|好像|像|感觉|觉得|免得|以免|怕)"
    r"[^ ?]{0,9}(?:谣言|谣传|造谣|假|虚构|误传|不实|诈骗|移花接木|断章取义|以讹传讹)(?:消息|新闻|信息|的)?"
)
"""Asking for a correction, or guessing at one, is no correction: such spans are heard as a question."""

LEXICON = CHECKOUT / "data" / "lexicon"
_AT_ONCE = 16
"""Phrases in one pattern."""

Flags = NDArray[np.bool_]


_CUE = r"[?真假谣辟证核实信吗嘛么骗编造澄否疑源据谱传图流p料作旧误捏虚无没不别勿查流哪谁处认摆等断移张呃停删]|[a-z]{3}"
"""A text without any of these neither asks nor corrects: most of what is written is not looked at further."""


SPEECH = pa.schema([("asks", pa.bool_()), ("corrects", pa.bool_())])
"""What is remembered of a matching form."""


def speech_of(texts: pa.Table, remembered: Remembered | None = None) -> pa.Table:
    """``SPEECH`` of each row of ``texts`` (text_key, match_text), reading only those not ``remembered``."""
    forms = texts.column("match_text")

    def make(places: pa.Array) -> pa.Table:
        return _speech_table(forms.take(places))

    if remembered is None:
        return _speech_table(forms)
    return remembered.rows(keys_of(texts.column("text_key")), make)


def _speech_table(match_texts: pa.ChunkedArray) -> pa.Table:
    return pa.table([pa.array(flags) for flags in speech_flags(match_texts)], schema=SPEECH)


def speech_flags(match_texts: pa.ChunkedArray) -> tuple[Flags, Flags]:
    """(asks, corrects) for each matching form: it asks if something is true, it says that something is untrue.

    A text that does both corrects, unless its phrases only ask. Irony is not understood: 真的呢呵呵 reads as written.
    """
    at = np.flatnonzero(_matches(match_texts, _CUE))
    asks, corrects = np.zeros((2, len(match_texts)), dtype=np.bool_)
    if len(at):
        asks[at], corrects[at] = _listed_or_heard(match_texts.take(pa.array(at)))
    return asks, corrects


def _listed_or_heard(texts: pa.ChunkedArray) -> tuple[Flags, Flags]:
    asks, corrects = listed(texts)
    open_ = np.flatnonzero(~asks & ~corrects)
    if len(open_):
        heard = _speech().heard(texts.take(pa.array(open_)).to_pylist())
        asks[open_], corrects[open_] = heard
    return asks, corrects


def listed(match_texts: pa.ChunkedArray) -> tuple[Flags, Flags]:
    """(asks, corrects) by the phrase lists alone; a correction is not an enquiry."""
    corrects = _any(pc.replace_substring_regex(match_texts, _HEDGED, " "), _patterns("corrections"))
    hedges = _matches(match_texts, _HEDGED)
    return (_any(match_texts, _patterns("enquiries")) | hedges) & ~corrects, corrects


def is_correction(match_texts: pa.ChunkedArray) -> Flags:
    """Say for each matching form whether it says that something is untrue (辟谣, 不实, 假消息 …)."""
    return speech_flags(match_texts)[1]


def is_enquiry(match_texts: pa.ChunkedArray) -> Flags:
    """Say for each matching form whether it asks if something is true; a correction is not an enquiry."""
    return speech_flags(match_texts)[0]


@cache
def _speech() -> SpeechModel:
    return load_speech()


def _matches(texts: pa.ChunkedArray, pattern: str) -> Flags:
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return np.asarray(
        found.to_numpy(zero_copy_only=False) if isinstance(found, pa.Array) else found.to_numpy()
    )


def _any(texts: pa.ChunkedArray, patterns: Sequence[str]) -> Flags:
    found = np.zeros(len(texts), np.bool_)
    for pattern in patterns:
        found |= _matches(texts, pattern)
    return found


@cache
def _patterns(name: str) -> Sequence[str]:
    """Return RE2 patterns out of all phrases of this lexicon file, some at a time.

    One pattern of all of them outgrows what RE2 keeps of its automaton, and is five times slower.
    """
    with (LEXICON / f"{name}.toml").open("rb") as file:
        lists: dict[str, list[str]] = tomllib.load(file)["phrases"]
    phrases = [phrase for some in lists.values() for phrase in some]
    return ["|".join(phrases[start : start + _AT_ONCE]) for start in range(0, len(phrases), _AT_ONCE)]
