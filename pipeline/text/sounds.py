"""How characters sound, without tones: Mandarin by pypinyin's table, Cantonese by rime-cantonese's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pypinyin.constants import PINYIN_DICT

from pipeline.paths import CHECKOUT

_TONES = re.compile("[\u0300-\u0304\u0306\u0307\u030c]")
_CHARS = tuple(map(chr, range(0x4E00, 0xA000)))

Sound = Callable[[str], str | None]


def pinyin(char: str) -> str | None:
    """Return the usual syllable of a character in Mandarin, None where it has none."""
    readings = PINYIN_DICT.get(ord(char))
    return _TONES.sub("", unicodedata.normalize("NFD", readings.split(",")[0])) if readings else None


def jyutping(char: str) -> str | None:
    """Return the usual syllable in Cantonese, of a Simplified character by its usual Traditional one."""
    return _jyutping().get(char)


@cache
def _jyutping() -> dict[str, str]:
    lines = (CHECKOUT / "data" / "lexicon" / "jyutping.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {char: said for said, chars in rows for char in chars}


class Syllables:
    """Numbers for the syllables of all characters: 0 is no syllable."""

    def __init__(self, sound: Sound) -> None:
        names: dict[str, int] = {}
        self.table: NDArray[np.uint16] = np.zeros(0x110000, np.uint16)
        for char in _CHARS:
            said = sound(char)
            if said:
                self.table[ord(char)] = names.setdefault(said, len(names) + 1)
        self.count = len(names) + 1

    def of(self, word: str) -> tuple[int, ...]:
        """Return the syllable of each character of ``word``."""
        return tuple(int(self.table[ord(char)]) for char in word)


@cache
def mandarin() -> Syllables:
    """Return the Mandarin syllables."""
    return Syllables(pinyin)


@cache
def cantonese() -> Syllables:
    """Return the Cantonese syllables."""
    return Syllables(jyutping)
