"""Keeping the texts of a line in step: script conversion proposes, a person confirms."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from pipeline.correction.document import Document, Doubt, propose
from pipeline.paths import CHECKOUT
from pipeline.text.scripts import converter

_USAGE = CHECKOUT / "data" / "lexicon" / "usage.toml"

REGIONS = {"us": "s2t", "tw": "s2twp", "hk": "s2hk"}
"""OpenCC's tables for the readers of the Traditional text; ``us`` adds the words of ``data/lexicon/usage.toml``."""

SOURCES = {"zh-Hant": ("zh-Hans", "yue-Hant"), "zh-Hans": ("zh-Hant",), "yue-Hant": ("zh-Hant", "zh-Hans")}
"""From which texts another can be made, the better one first. English is made by people (or the machine hook)."""


def converted(text: str, source: str, target: str, region: str = "us") -> str:
    """``text`` of language ``source`` as ``target`` would write it: script and phrases, not grammar.

    Tables: OpenCC (Apache-2.0) and this project's list. A person has to read the result.
    """
    if target == "zh-Hans":
        back = {"tw": "tw2sp", "hk": "hk2s"}.get(region, "t2s")
        return _swapped(str(converter(back).convert(text)), _words("simplified"))
    traditional = text if source in ("zh-Hant", "yue-Hant") else str(converter(REGIONS[region]).convert(text))
    if region == "us":
        traditional = _swapped(traditional, _words("us"))
    return _swapped(traditional, _words("cantonese")) if target == "yue-Hant" else traditional


def in_step(document: Document, line_id: str, region: str = "us") -> Document:
    """``document`` with proposals for each Chinese text of the line that is empty or stale and can be made.

    Each waits for a person's look; a text that nobody doubts is never touched.
    """
    line = document.line(line_id)
    for target in document.languages:
        open_ = not line.texts.get(target) or target in line.doubts
        source = next(
            (s for s in SOURCES.get(target, ()) if line.texts.get(s) and s not in line.doubts), None
        )
        if open_ and source:
            text = converted(line.texts[source], source, target, region)
            document = propose(document, line_id, target, text, Doubt.CONVERTED)
    return document


def _swapped(text: str, words: Mapping[str, str]) -> str:
    """``text`` with every word of the list replaced, the longest first, and nothing replaced twice."""
    out, at = [], 0
    longest = max(map(len, words), default=0)
    while at < len(text):
        for width in range(min(longest, len(text) - at), 0, -1):
            if (found := words.get(text[at : at + width])) is not None:
                out.append(found)
                at += width
                break
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


@cache
def _words(table: str) -> dict[str, str]:
    told: dict[str, dict[str, str]] = tomllib.loads(_USAGE.read_text(encoding="utf-8"))
    return told[table]
