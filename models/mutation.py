"""How a claim changes when it is passed on: the self-supervision of the shipped model.

Every function takes its random generator, so that a seed gives the same training texts everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random

from opencc import OpenCC

from models.lists import phrases, word_list
from models.vocabulary import common_characters, syllables

Mutation = Callable[[str, Random], str]

_CLAUSE = re.compile(r"(?<=[，。！？；,!?;])")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_NUMBER = re.compile(r"\d+")
_PREFIXES, _SUFFIXES, PLACES = phrases("prefixes"), phrases("suffixes"), phrases("places")
_PARTS = word_list("parts")
_EMOJI: dict[str, list[str]] = {}
for _glyph, _thing in word_list("emoji").items():
    _EMOJI.setdefault(syllables(_thing)[0], []).append(_glyph)


@cache
def _converter(name: str) -> OpenCC:
    return OpenCC(name)


def drop_clauses(text: str, random: Random) -> str:
    """Leave out some clauses; a text of one clause stays."""
    clauses = [c for c in _CLAUSE.split(text) if c]
    kept = [c for c in clauses if random.random() > 0.35]
    return "".join(kept or clauses)


def reorder_clauses(text: str, random: Random) -> str:
    """Change the order of clauses."""
    clauses = [c for c in _CLAUSE.split(text) if c]
    random.shuffle(clauses)
    return "".join(clauses)


def add_noise(text: str, random: Random) -> str:
    """Put a forwarder's opening before the text, a sign-off, a link or emoji after it."""
    head = random.choice(_PREFIXES) if random.random() < 0.6 else ""
    tail = random.choice(_SUFFIXES) if random.random() < 0.6 else ""
    return head + text + tail


def change_region(text: str, random: Random) -> str:
    """Write the text in Traditional characters with Taiwan's words."""
    return str(_converter(random.choice(("s2twp", "s2hk", "s2t"))).convert(text))


# Folded characters that also have a common use of their own are not written back.
_ONE_WAY = "靓靚咪喎啩噃嘞㗎揸嗱"
_TO_CANTONESE = {
    written: spoken
    for table in ("cantonese_words", "cantonese_characters")
    for spoken, written in word_list(table).items()
    if spoken not in _ONE_WAY
}
_CANTONESE_KEYS = re.compile("|".join(sorted(map(re.escape, _TO_CANTONESE), key=len, reverse=True)))


def write_cantonese(text: str, random: Random) -> str:
    """Replace words of written Chinese by the written Cantonese ones, most of the time."""
    return _CANTONESE_KEYS.sub(
        lambda m: _TO_CANTONESE[m.group()] if random.random() < 0.8 else m.group(), text
    )


@cache
def homophones() -> dict[str, str]:
    """Return, per toneless syllable, the characters that are read so, the commonest first."""
    by_sound: dict[str, str] = {}
    for character in common_characters():
        by_sound[syllables(character)[0]] = by_sound.get(syllables(character)[0], "") + character
    return by_sound


def disguise(text: str, random: Random) -> str:
    """Replace characters by homophones, by their parts, or by an emoji of the thing or its sound."""
    share = random.choice((0.1, 0.3, 0.5))
    return "".join(_disguised(c, random) if random.random() < share and _HAN.match(c) else c for c in text)


def _disguised(character: str, random: Random) -> str:
    sound = syllables(character)[0]
    if character in _PARTS and random.random() < 0.5:
        return _PARTS[character]
    if sound in _EMOJI and random.random() < 0.2:
        return random.choice(_EMOJI[sound])
    if random.random() < 0.03:
        return sound
    return random.choice(homophones().get(sound, character)[:40])


def truncate(text: str, random: Random) -> str:
    """Cut the end off, keeping at least half."""
    return text[: max(8, int(len(text) * random.uniform(0.5, 0.95)))]


def drop_words(text: str, random: Random) -> str:
    """Lose single characters here and there."""
    return "".join(c for c in text if random.random() > 0.08)


def change_facts(text: str, random: Random) -> str | None:
    """Return the text with other numbers or places, which makes it another claim; None when it has neither."""
    changed = _NUMBER.sub(lambda m: str(int(m.group()[:9]) + random.randint(1, 30)), text)
    changed = _PLACE.sub(lambda m: random.choice(PLACES), changed)
    return changed if changed != text else None


_PLACE = re.compile("|".join(PLACES))

MUTATIONS: tuple[tuple[Mutation, float], ...] = (
    (drop_clauses, 0.5),
    (reorder_clauses, 0.2),
    (truncate, 0.25),
    (drop_words, 0.2),
    (write_cantonese, 0.25),
    (change_region, 0.2),
    (disguise, 0.45),
    (add_noise, 0.4),
)


def mutate(text: str, random: Random) -> str:
    """Return the text after some of the changes above, in this order."""
    for mutation, share in MUTATIONS:
        if random.random() < share:
            text = mutation(text, random) or text
    return text
