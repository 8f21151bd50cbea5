"""What happens to a sentence on its way through groups and sites: forwards, quotes, disguises, cuts."""

from __future__ import annotations

import random
import re
from typing import Any

_SLOT = re.compile(r"\{(\w+)\}")
_LONG = 60  # shorter texts are not cut: the claim would go


def dice(*names: str) -> random.Random:
    """Return a generator that these names alone determine."""
    return random.Random(":".join(names))  # noqa: S311  reproducible on purpose, nothing here is secret


class Deck:
    """Deals texts without repeating one before all were dealt."""

    def __init__(self, texts: list[str], rng: random.Random) -> None:
        self._texts, self._rng, self._left = texts, rng, list[str]()

    def deal(self) -> str:
        """Return the next text."""
        if not self._left:
            self._left = list(self._texts)
            self._rng.shuffle(self._left)
        return self._left.pop()


def fill(text: str, slots: list[dict[str, list[str]]], register: str, rng: random.Random) -> str:
    """Replace ``{name}`` by one of the name's values, the first table that knows it winning."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        for table in slots:
            found = table.get(f"{name}_{register}", table.get(name))
            if found:
                return rng.choice(found)
        return match.group(0)

    return _SLOT.sub(value, text)


def dress(text: str, register: str, site: str, role: str, rng: random.Random, moves: dict[str, Any]) -> str:
    """Apply at most two moves that suit the role and the site, and at most one frame around the text."""
    shares: dict[str, float] = moves["share"][site]
    drawn = [
        name for name in _MOVES if rng.random() < shares.get(name, 0.0) and name in moves["allowed"][role]
    ]
    framed = [name for name in drawn if name in _FRAMES][:1]
    for name in [name for name in drawn if name not in _FRAMES][: 2 - len(framed)] + framed:
        text = _MOVES[name](text, register, rng, moves)
    return text


def retell(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    """Say the same in slightly other words, as people do who type a story again."""
    table: dict[str, list[str]] = moves["retell"].get(register, {})
    for word, others in table.items():
        pattern = rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)
        if re.search(pattern, text) and rng.random() < 0.6:
            text = re.sub(pattern, rng.choice(others), text, count=1)
    return text


def _prefix(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    return str(rng.choice(moves["prefix"][register])) + text


def _signoff(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    return text + str(rng.choice(moves["signoff"][register]))


def _emoji(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    return text + str(rng.choice(moves["emoji"]["any"]))


def _chain(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    said, name = rng.choice(moves["chain"][register]), rng.choice(moves["chain"]["names"])
    return f"{said}//@{name}: {text}"


def _screenshot(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    frame = str(rng.choice(moves["screenshot"][register]))
    clock = f"{rng.randint(6, 11)}:{rng.randint(0, 59):02d}"
    return frame.replace("{clock}", clock).replace("{text}", text)


def _cut(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    if len(text) < _LONG:
        return text
    return text[: int(len(text) * rng.uniform(0.72, 0.9))].rstrip("，。、,. ") + str(
        rng.choice(moves["cut"][register])
    )


def _shout(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    return re.sub(r"[。！!.]+$", "", text) + rng.choice(["！！！", "!!!!", "！！", "❗️❗️"])


def _disguise(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    table: dict[str, list[str]] = moves["disguise"].get(register, {})
    present = [word for word in table if word in text]
    for word in rng.sample(present, min(len(present), rng.choice([1, 1, 2]))):
        text = text.replace(word, rng.choice(table[word]))
    return text


def _invisible(text: str, register: str, rng: random.Random, moves: dict[str, Any]) -> str:
    spot = rng.randint(2, max(2, len(text) - 2))
    return text[:spot] + "\u200b" + text[spot:]


# In the order in which they happen to a text: first its words, then its end, then what others put around it.
_MOVES = {
    "disguise": _disguise,
    "invisible": _invisible,
    "shout": _shout,
    "signoff": _signoff,
    "emoji": _emoji,
    "cut": _cut,
    "screenshot": _screenshot,
    "chain": _chain,
    "prefix": _prefix,
}
_FRAMES = ("screenshot", "chain", "prefix")
