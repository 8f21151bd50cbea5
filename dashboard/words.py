"""Every word of the desk, in three languages. Keys are the same in all; a missing one is an error, not English."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
FOLDER = Path(__file__).resolve().parent / "strings"


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        flat |= _flat(value, f"{name}.") if isinstance(value, dict) else {name: str(value)}
    return flat


@cache
def sentences(language: str) -> dict[str, str]:
    """All sentences of ``language`` by dotted key, from every file of its folder; a key stands in one file only."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.toml")):
        part = _flat(tomllib.loads(path.read_text(encoding="utf-8")))
        if twice := found.keys() & part.keys():
            raise ValueError(f"{path.name}: {', '.join(sorted(twice))} stands in another file already")
        found |= part
    return found


class Words:
    """The sentences of one language.

    >>> Words("en")("list.range", first=1, last=25, total="312")
    '1–25 of 312'
    """

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._sentences = sentences(self.language)

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence called ``key`` with ``values`` put in; raises ``KeyError`` when there is none."""
        return self._sentences[key].format(**values)

    def count(self, key: str, number: int) -> str:
        """A number with its noun: ``key.one`` or ``key.other``."""
        form = "one" if number == 1 else "other"
        return self(f"{key}.{form}", n=f"{number:,}")

    def listed(self, items: Iterable[str]) -> str:
        """Items one after the other, as the language sets them."""
        return (", " if self.language == "en" else "、").join(items)

    def says(self, name: str, /, **values: object) -> str:
        """A ranking component's raw value as a sentence; one without its own is told as a plain number."""
        key = f"reason_says.{name}"
        return self(key if key in self._sentences else "reason_says.other", **values)

    def of(self, family: str, name: str | None) -> str:
        """The word for a code such as a status; a code that has no word is shown as it is."""
        if name is None:
            return self("unknown")
        return self._sentences.get(f"{family}.{name}", name)


def nearest_language(locale: str | None) -> str:
    """The desk's language for a browser's locale (``zh-TW`` → ``zh-Hant``); English when nothing fits."""
    tag = (locale or "").lower().replace("_", "-")
    if not tag.startswith(("zh", "yue")):
        return "en"
    traditional = ("hant", "tw", "hk", "mo", "yue")
    return "zh-Hant" if any(part in tag.split("-") for part in traditional) else "zh-Hans"
