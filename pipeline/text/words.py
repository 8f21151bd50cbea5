"""How usual words are: jieba's dictionary as a model of single words, and the likeliest cut of a stretch of Chinese."""

from __future__ import annotations

import math
from functools import cache

import jieba

_LONGEST = 6
_ASSUMED = 1_000
"""Frequency given to a word that we know and the dictionary does not: that of 疫苗 or 爆料."""


@cache
def dictionary() -> dict[str, int]:
    """Return jieba's own words with their frequencies; beginnings of words are in it with 0."""
    with jieba.get_dict_file() as file:
        fields = file.read().decode("utf-8").split()
    words, counts = fields[::3], map(int, fields[1::3])
    longest = max(map(len, words))
    frequencies = dict.fromkeys(
        {word[:end] for end in range(1, longest) for word in words if end < len(word)}, 0
    )
    frequencies.update(zip(words, counts, strict=True))
    return frequencies


def is_usual(word: str) -> bool:
    """Say whether the dictionary has this word."""
    return dictionary().get(word, 0) > 0


class WordModel:
    """Log-probabilities of words, and with them of stretches of Chinese."""

    def __init__(self, known: frozenset[str]) -> None:
        self._words = dictionary()
        self._known = known
        self._log_total = math.log(sum(self._words.values()))
        self._assumed = math.log(_ASSUMED) - self._log_total

    def score(self, text: str) -> float:
        """Return the log-probability of the likeliest way to cut ``text`` into words."""
        best = [0.0]
        for end in range(1, len(text) + 1):
            starts = range(max(0, end - _LONGEST), end)
            best.append(max(best[start] + self._log(text[start:end]) for start in starts))
        return best[-1]

    def _log(self, word: str) -> float:
        frequency = self._words.get(word, 0)
        if word in self._known:
            return max(math.log(frequency or 1) - self._log_total, self._assumed)
        if frequency:
            return math.log(frequency) - self._log_total
        return -self._log_total if len(word) == 1 else -math.inf
