"""Words that a text may hide in characters of the same sound: heard only where its own characters are no words.

Whoever disguises a word leaves characters that the segmenter cannot join: 易苑 for 医院. Such stretches are looked up
by their syllables among the words of all texts. Two ordinary words that sound alike (事件, 时间) never meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from pipeline.group import kernels
from pipeline.group.pairs import Pairs
from pipeline.group.views import Sparse, Tokens, View
from pipeline.numbered import joined
from pipeline.text.sounds import mandarin
from pipeline.text.words import dictionary

_LENGTHS = (2, 3, 4)
_HAN = r"^[\x{3400}-\x{9fff}]+$"
_COMMON = 5_000
"""Frequency from which a lone character is a word of its own: a stretch of nothing else hides nothing (是在, 实在)."""
_AT_ONCE = 1 << 20

Codes = NDArray[np.uint32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Hidden:
    """Beside each text's words those that it may hide, at the weight that they would have in it."""

    rows: Sparse
    """The rows of the words, then as many rows of what is hidden."""

    @classmethod
    def of(cls, tokens: Tokens, words: View) -> Hidden:
        """Return the words that the texts of these tokens may hide, among all that the view knows."""
        rows, columns = _not_said(*_heard(_Loose.of(tokens), words.names), words.rows)
        idf = np.zeros(words.rows.shape[1], np.float32)
        idf[words.presence.indices] = words.presence.data
        lengths = np.sqrt(np.maximum(words.mass, 1))
        weights = (idf[columns] / lengths[rows]).astype(np.float32)
        heard = sparse.csr_matrix((weights, (rows, columns)), shape=words.rows.shape, dtype=np.float32)
        return cls(sparse.vstack([words.rows, heard], format="csr", dtype=np.float32))

    def compare(self, found: Pairs) -> NDArray[np.float32]:
        """Return for each pair the cosine of what one text says and the other may hide, both ways together."""
        size = self.rows.shape[0] // 2
        total = np.zeros(len(found), np.float32)
        for one, other in ((0, 1), (1, 0)):
            asked = np.flatnonzero(self._hides[found[:, other]])
            said, hidden = found[asked, one], found[asked, other] + size
            total[asked] += kernels.shared(self.rows, self.rows.data, said, hidden)[0]
        return total

    @cached_property
    def _hides(self) -> NDArray[np.bool_]:
        return np.asarray(np.diff(self.rows.indptr)[self.rows.shape[0] // 2 :] > 0)


@dataclass(frozen=True)
class _Loose:
    """Characters of no word, one value per character; characters of one ``run`` are neighbors."""

    codes: Codes
    runs: Ints
    owners: Ints
    common: NDArray[np.bool_]

    @classmethod
    def of(cls, tokens: Tokens) -> _Loose:
        """Return the lone characters of the texts, and those of words that no dictionary has."""
        loose, common = _traits(tokens.words)
        token, owners = tokens.numbers, tokens.owners
        at = np.flatnonzero(loose[token])
        run = np.cumsum((np.diff(at, prepend=-2) > 1) | (np.diff(owners[at], prepend=-1) != 0))
        lengths = pc.utf8_length(tokens.words).to_numpy(zero_copy_only=False)[token[at]]
        said = joined(tokens.words.take(pa.array(token[at]))).as_py()
        codes = np.frombuffer(said.encode("utf-32-le"), np.uint32)
        spread = (np.repeat(values, lengths) for values in (run, owners[at], common[token[at]]))
        return cls(codes, *spread)

    def stretches(self, width: int) -> Iterator[tuple[Codes, Ints]]:
        """Yield blocks of stretches of ``width`` neighbors, one row each, with the text that each stands in."""
        for start in range(0, len(self.codes) - width + 1, _AT_ONCE):
            first = np.arange(start, min(start + _AT_ONCE, len(self.codes) - width + 1))
            last = first + width - 1
            telling = ~np.logical_and.reduce([self.common[first + step] for step in range(width)])
            first = first[(self.runs[first] == self.runs[last]) & telling]
            yield self.codes[first[:, None] + np.arange(width)], self.owners[first]


def _traits(words: pa.Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say of each word whether it is loose: a lone character, or unknown; and whether it is a common character."""
    frequencies = dictionary()
    usual = np.array([frequencies.get(word, 0) for word in words.to_pylist()], np.int64)
    han = pc.match_substring_regex(words, _HAN).to_numpy(zero_copy_only=False).astype(bool)
    lone = pc.utf8_length(words).to_numpy(zero_copy_only=False) == 1
    return han & (lone | (usual == 0)), lone & (usual >= _COMMON)


def _heard(loose: _Loose, names: tuple[str, ...]) -> tuple[Ints, Ints]:
    """Return texts and the words, by position in ``names``, that a stretch in them sounds like and is not."""
    known = pa.array(names, pa.string())
    han = pc.match_substring_regex(known, _HAN).to_numpy(zero_copy_only=False).astype(bool)
    lengths = pc.utf8_length(known).to_numpy(zero_copy_only=False)
    texts, words = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for width in _LENGTHS:
        columns = np.flatnonzero(han & (lengths == width))
        spelled = np.frombuffer("".join(names[c] for c in columns).encode("utf-32-le"), np.uint32)
        alike = _Alike(spelled.reshape(-1, width))
        for stretches, owners in loose.stretches(width):
            place, word = alike.of(stretches)
            texts.append(owners[place])
            words.append(columns[word])
    return np.concatenate(texts), np.concatenate(words)


class _Alike:
    """Words of one length by their syllables."""

    def __init__(self, words: Codes) -> None:
        sounds = _syllables(words)
        self._order = np.argsort(sounds, kind="stable")
        self._sounds, self._words = sounds[self._order], words

    def of(self, stretches: Codes) -> tuple[Ints, Ints]:
        """Return pairs of a stretch and a word that sounds alike and is spelled otherwise."""
        sounds = _syllables(stretches)
        first, last = (np.searchsorted(self._sounds, sounds, side) for side in ("left", "right"))
        counts = np.where(sounds > 0, last - first, 0)
        place = np.repeat(np.arange(len(stretches)), counts)
        within = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
        word = self._order[np.repeat(first, counts) + within]
        other = (self._words[word] != stretches[place]).any(axis=1)
        return place[other], word[other]


def _syllables(words: Codes) -> NDArray[np.uint64]:
    """Return one number per row of characters: its syllables side by side; 0 where one has none."""
    sounds = mandarin().table[words].astype(np.uint64)
    packed = np.zeros(len(sounds), np.uint64)
    for column in range(sounds.shape[1]):
        packed = packed << np.uint64(16) | sounds[:, column]
    return np.where(sounds.all(axis=1), packed, np.uint64(0))


def _not_said(texts: Ints, words: Ints, rows: Sparse) -> tuple[Ints, Ints]:
    """Return each text and word once, without the words that the text says plainly; columns of ``rows`` are sorted."""
    width = np.int64(rows.shape[1])
    heard = np.sort(
        texts * width + words
    )  # np.unique and np.isin hash, which is slower by an order of magnitude
    heard = heard[np.flatnonzero(np.diff(heard, prepend=-1))]
    said = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)) * width + rows.indices
    if len(said):
        heard = heard[said[np.minimum(np.searchsorted(said, heard), len(said) - 1)] != heard]
    return heard // width, heard % width
