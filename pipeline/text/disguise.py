"""Words in disguise: spellings that are no words and sound or look like one that is worth hiding.

A candidate is read as its target only where that makes the stretch around it likelier by far (a model of single
words, ``pipeline.text.words``); how far, per kind, was chosen on one half of a set of disguised posts and is measured
on the other by ``chengqing bench normalize``.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.paths import CHECKOUT
from pipeline.text import shapes, sounds
from pipeline.text.spellings import Folding
from pipeline.text.words import WordModel, is_usual

GAINS: Mapping[str, float] = {
    "homophone": 6.0,
    "Cantonese homophone": 10.0,
    "split character": 3.0,
    "look-alike": 8.0,
    "inserted mark": 5.0,
}
"""What a reading must gain in log-probability, per kind; where two kinds fit, the first is named."""
_ORDER = {kind: place for place, kind in enumerate(GAINS)}

ALL_CHANGED = 3.0
"""What it must gain beyond that where no character of the word is left: parts of names look like that."""

_TARGETS = CHECKOUT / "data" / "lexicon" / "targets.toml"
_USUAL = CHECKOUT / "data" / "lexicon" / "usual.txt"
_HASHES = 1 << 20
_AROUND = 6
_NOT_HAN = re.compile("[^\u3400-\u4dbf\u4e00-\u9fff]")


def needed(seen: str, read: str, kind: str) -> float:
    """Return what reading ``seen`` as ``read`` must gain."""
    return GAINS[kind] if set(seen) & set(read) else GAINS[kind] + ALL_CHANGED


class Candidate(NamedTuple):
    """A place in a line that could be read otherwise, and what that gains."""

    gain: float
    at: int
    seen: str
    read: str
    kind: str


@dataclass(frozen=True)
class _Spelled:
    """Spellings that can be listed: by their first two characters, what they are read as and why."""

    by_opening: Mapping[str, Sequence[tuple[str, str, str]]]
    opens: NDArray[np.bool_]
    """By the hash of two characters: whether they may open one."""


class Disguises:
    """Finds disguised spellings of ``targets`` in lines of matching form."""

    def __init__(self, targets: Iterable[str]) -> None:
        self.targets = frozenset(word for word in targets if len(word) >= 2 and not _NOT_HAN.search(word))
        self._model = WordModel(self.targets)
        self._sounds = [
            (kind, syllables, *_by_sound(self.targets, syllables))
            for kind, syllables in (
                ("homophone", sounds.mandarin()),
                ("Cantonese homophone", sounds.cantonese()),
            )
        ]
        self._spelled = _spelled(self.targets)
        self._open: dict[tuple[int, int], bool] = {}
        self._gain = lru_cache(maxsize=1 << 16)(self._gain_of)

    def fold(
        self, lines: Sequence[str], codes: NDArray[np.uint32], starts: NDArray[np.int64]
    ) -> list[Folding]:
        """Return the foldings of each line, each with its place; for the arrays see ``codes_of``."""
        found: dict[int, set[Candidate]] = defaultdict(set)
        for line, candidate in self.candidates(lines, codes, starts):
            if candidate.gain >= needed(candidate.seen, candidate.read, candidate.kind):
                found[line].add(candidate)
        return [
            Folding(line, candidate.seen, candidate.read, candidate.kind, candidate.at)
            for line in sorted(found)
            for candidate in _apart(found[line])
        ]

    def candidates(
        self, lines: Sequence[str], codes: NDArray[np.uint32], starts: NDArray[np.int64]
    ) -> Iterator[tuple[int, Candidate]]:
        """Yield every place that could be read otherwise, with its line, however little that gains."""
        for position, line in self._places(codes, starts):
            for candidate in self._readings(lines[line], position - int(starts[line])):
                yield line, candidate

    def _places(self, codes: NDArray[np.uint32], starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        """Yield positions where two neighbors open a candidate, with their line."""
        wanted = self._spelled.opens[_hash(codes[:-1], codes[1:])]
        for _, syllables, opens, _ in self._sounds:
            said = syllables.table[codes]
            wanted |= opens[said[:-1], said[1:]]
        positions = np.flatnonzero(wanted)
        pairs = zip(codes[positions].tolist(), codes[positions + 1].tolist(), strict=True)
        positions = positions[np.fromiter(map(self._is_open, pairs), np.bool_, positions.size)]
        lines = np.searchsorted(starts, positions, "right") - 1
        yield from zip(positions.tolist(), lines.tolist(), strict=True)

    def _is_open(self, pair: tuple[int, int]) -> bool:
        """Say whether a spelling could begin with these two characters; most are usual words and end here."""
        is_open = self._open.get(pair)
        if is_open is None:
            opening = chr(pair[0]) + chr(pair[1])
            is_open = self._open[pair] = opening in self._spelled.by_opening or any(
                len(read) > 2 or (read != opening and not self._is_usual(opening))
                for _, syllables, _, by_sound in self._sounds
                for read, _ in by_sound.get(syllables.of(opening), ())
            )
        return is_open

    def _is_usual(self, seen: str) -> bool:
        return seen in usual_spellings() or is_usual(seen)

    def _readings(self, line: str, at: int) -> Iterator[Candidate]:
        for seen, read, kind in self._options(line, at):
            end = at + len(seen)
            before = _NOT_HAN.split(line[max(0, at - _AROUND) : at])[-1]
            after = _NOT_HAN.split(line[end : end + _AROUND])[0]
            yield Candidate(self._gain(before, seen, read, after), at, seen, read, kind)

    def _options(self, line: str, at: int) -> Iterator[tuple[str, str, str]]:
        for kind, syllables, _, by_sound in self._sounds:
            opening = syllables.of(line[at : at + 2])
            for read, said in by_sound.get(opening, ()):
                seen = line[at : at + len(read)]
                if seen != read and not self._is_usual(seen) and syllables.of(seen) == said:
                    yield seen, read, kind
        for seen, read, kind in self._spelled.by_opening.get(line[at : at + 2], ()):
            if line.startswith(seen, at):
                yield seen, read, kind

    def _gain_of(self, before: str, seen: str, read: str, after: str) -> float:
        """Return how much likelier the stretch of Chinese is with ``read`` for ``seen``."""
        as_seen = sum(map(self._model.score, f"{before}{seen}{after}".split(" ")))
        return self._model.score(f"{before}{read}{after}") - as_seen


def _apart(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return candidates that do not overlap, those that gain most first, in the order of the line."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (-c.gain, c.at, c.read, _ORDER[c.kind])):
        end = candidate.at + len(candidate.seen)
        if all(end <= other.at or other.at + len(other.seen) <= candidate.at for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda c: c.at)


_BySound = dict[tuple[int, ...], list[tuple[str, tuple[int, ...]]]]


def _by_sound(targets: Iterable[str], syllables: sounds.Syllables) -> tuple[NDArray[np.bool_], _BySound]:
    """Return which pairs of syllables open a target, and the targets that each opens."""
    opens = np.zeros((syllables.count, syllables.count), np.bool_)
    by_sound: _BySound = defaultdict(list)
    for word in sorted(targets):
        said = syllables.of(word)
        if all(said):
            opens[said[0], said[1]] = True
            by_sound[said[:2]].append((word, said))
    return opens, dict(by_sound)


def _spelled(targets: Iterable[str]) -> _Spelled:
    """Return the split, look-alike and interrupted spellings of the targets that are no usual words."""
    by_opening: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for word in sorted(targets):
        for seen, kind in _disguised(word):
            if seen not in targets and seen not in usual_spellings() and not is_usual(seen):
                by_opening[seen[:2]].append((seen, word, kind))
    opens = np.zeros(_HASHES, np.bool_)
    codes = np.array([[ord(opening[0]), ord(opening[1])] for opening in by_opening], np.uint32).reshape(-1, 2)
    opens[_hash(codes[:, 0], codes[:, 1])] = True
    return _Spelled(dict(by_opening), opens)


def _hash(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (first * np.uint32(2531) + second) & np.uint32(_HASHES - 1)


def _disguised(word: str) -> Iterator[tuple[str, str]]:
    for place, char in enumerate(word):
        before, after = word[:place], word[place + 1 :]
        for parts in shapes.parts_of(char):
            yield f"{before}{parts}{after}", "split character"
        for other in shapes.look_alikes(char):
            yield f"{before}{other}{after}", "look-alike"
        if place:
            yield f"{before} {char}{after}", "inserted mark"
    yield " ".join(word), "inserted mark"


@cache
def target_words() -> frozenset[str]:
    """Return the project's words that are worth a disguise."""
    with _TARGETS.open("rb") as file:
        topics: dict[str, str] = tomllib.load(file)["targets"]
    return frozenset(word for words in topics.values() for word in words.split())


@cache
def usual_spellings() -> frozenset[str]:
    """Return what sounds or looks like a target and is usual in clean texts all the same: 抗疫 is no 抗议."""
    lines = _USUAL.read_text("utf-8").splitlines() if _USUAL.exists() else []
    return frozenset(line for line in lines if not line.startswith("#"))


@lru_cache(maxsize=4)
def disguises(words: frozenset[str] = frozenset()) -> Disguises:
    """Return the finder for the project's targets and an incident's ``words``."""
    return Disguises(target_words() | words)
