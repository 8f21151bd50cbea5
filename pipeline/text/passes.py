"""Lines on their way through the steps: each step meets only the lines whose traits say that it could change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from pipeline.text import characters, noise, numbers, scripts, sheet, spellings
from pipeline.text.disguise import Disguises
from pipeline.text.spellings import Folding
from pipeline.text.traits import Trait, codes_of, line_traits

_MOST_PASSES = 8


@dataclass(frozen=True, slots=True)
class Step:
    """A function over a sheet, and the traits of the lines that it could change."""

    run: Callable[[str], str]
    needs: Trait
    unless: Trait = Trait.NONE


_BEFORE = (
    Step(characters.compose, Trait.TANGLED),
    Step(characters.compose_each, Trait.COMPOSES, unless=Trait.TANGLED),
    Step(characters.drop_invisible, Trait.INVISIBLE),
    Step(noise.drop_markup, Trait.MARKUP),
    Step(noise.drop_topic_tags, Trait.TAG),
    Step(spellings.emoji_as_words, Trait.EMOJI),
    Step(spellings.from_cantonese, Trait.CANTONESE),
    Step(spellings.join_inserted, Trait.INSERTED | Trait.SPACED),
    Step(numbers.to_digits, Trait.NUMBER),
    Step(noise.drop_punctuation, Trait.PUNCTUATION),
    Step(scripts.to_matching_script, Trait.SCRIPT),
)
_AFTER = (
    Step(characters.shorten_stretches, Trait.STRETCHED),
    Step(noise.tidy_spaces, Trait.UNTIDY | Trait.BLANK),
)


class Lines:
    """Lines, the traits of those still open, and what was folded in each."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(map(sheet.to_line, texts))
        self.foldings: list[list[str]] = [[] for _ in texts]
        self._traits = line_traits(self.texts)

    def run(self, disguises: Disguises, approved: spellings.Table | None = None) -> None:
        """Run all steps until nothing changes: removing a mark can bring characters together that fold again."""
        for _ in range(_MOST_PASSES):
            before = self.texts.copy()
            self._pass(disguises, approved)
            changed = [row for row, text in enumerate(before) if self.texts[row] != text]
            if not changed:
                break
            self._reopen(changed)

    def _pass(self, disguises: Disguises, approved: spellings.Table | None) -> None:
        for step in _BEFORE:
            self._apply(step)
        if approved:
            self._fold(approved, Trait.ANY)
        self._fold(spellings.known(), Trait.SPELLED)
        self._undisguise(disguises)
        for step in _AFTER:
            self._apply(step)

    def _apply(self, step: Step) -> None:
        rows = self._rows(step.needs, step.unless)
        if rows:
            self._put(rows, step.run(self._page(rows)))

    def _fold(self, table: spellings.Table, needs: Trait) -> None:
        rows = self._rows(needs)
        if rows:
            page, found = spellings.fold(self._page(rows), *table)
            self._note(rows, found)
            self._put(rows, page)

    def _undisguise(self, disguises: Disguises) -> None:
        rows = self._rows(Trait.HAN)
        if not rows:
            return
        lines = [self.texts[row] for row in rows]
        found = disguises.fold(lines, *codes_of(lines))
        for folding in reversed(found):  # from the right, so that places to the left stay true
            line, end = lines[folding.line], folding.at + len(folding.seen)
            lines[folding.line] = f"{line[: folding.at]}{folding.read}{line[end:]}"
        self._note(rows, found)
        self._put(rows, "\n".join(lines))

    def _rows(self, needs: Trait, unless: Trait = Trait.NONE) -> list[int]:
        wanted = (self._traits & np.uint32(needs)) != 0
        if unless:
            wanted &= (self._traits & np.uint32(unless)) == 0
        rows: list[int] = np.flatnonzero(wanted).tolist()
        return rows

    def _page(self, rows: Sequence[int]) -> str:
        return "\n".join([self.texts[row] for row in rows])

    def _put(self, rows: Sequence[int], page: str) -> None:
        """Take the lines of ``page`` in at ``rows``, with new traits where they changed."""
        lines = sheet.split(page)
        changed = [self.texts[row] != line for row, line in zip(rows, lines, strict=True)]
        places, texts = list(compress(rows, changed)), list(compress(lines, changed))
        for row, text in zip(places, texts, strict=True):
            self.texts[row] = text
        self._traits[places] = line_traits(texts)

    def _note(self, rows: Sequence[int], found: Sequence[Folding]) -> None:
        for folding in found:
            said, row = str(folding), rows[folding.line]
            if said not in self.foldings[row]:
                self.foldings[row].append(said)

    def _reopen(self, rows: Sequence[int]) -> None:
        """Leave only these rows open for the next pass, bounded again: a compatibility form can be long."""
        for row in rows:
            if len(self.texts[row]) > sheet.LONGEST:
                self.texts[row] = self.texts[row][: sheet.LONGEST]
        traits: NDArray[np.uint32] = np.zeros_like(self._traits)
        traits[rows] = line_traits([self.texts[row] for row in rows])
        self._traits = traits
