"""Training pairs: people's, the platforms', the dictionary's, and our own mutations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from tokenizers import Tokenizer

from models.corpus import read_rows, source_path
from models.mutation import change_facts, disguise, mutate, write_cantonese

Pair = tuple[str, str]

_ASIDE = re.compile(
    r"\(.*?\)|\[.*?\]|CL:.*|\bfig\.|\blit\.|\bsb\b|\bsth\b|variant of.*|abbr\. for|see .*|surname "
)
_SENTENCE = re.compile(r"(?<=[。！？!?\n])")


@dataclass(frozen=True)
class Amounts:
    """How many pairs the machine-made sets hold."""

    mutated_titles: int = 80_000
    mutated_excerpts: int = 40_000
    disguised_titles: int = 60_000
    translated_titles: int = 180_000
    reworded_titles: int = 60_000
    cantonese: int = 20_000
    changed_facts: int = 40_000


def titles(data: Path, count: int, seed: int) -> list[str]:
    """Return a sample of trending titles of at least 10 characters."""
    every = [str(row["text"]) for row in read_rows(source_path(data, "trending_titles_to_2024"))]
    every = [text for text in every if len(text) >= 10]
    return Random(seed).sample(every, min(count, len(every)))  # noqa: S311 - a sample, not a secret


def excerpts(data: Path) -> list[Pair]:
    """Return (question, summary) of the hot list, the summary without markup."""
    return [(str(r["a"]), str(r["b"])) for r in read_rows(source_path(data, "zhihu_title_excerpt"))]


def title_excerpt(data: Path, random: Random) -> Iterator[Pair]:
    """A question and a stretch of its summary; two stretches of one summary."""
    for title, body in excerpts(data):
        sentences = [s for s in _SENTENCE.split(body) if len(s) >= 8]
        yield title, body[:80]
        if len(sentences) >= 2:
            half = random.randint(1, len(sentences) - 1)
            yield "".join(sentences[:half])[:80], "".join(sentences[half:])[:80]


def same_event(data: Path) -> Iterator[Pair]:
    """One event named on two platforms; one question before and after an edit."""
    for name in ("trend_same_event_to_2023", "zhihu_title_edits"):
        for row in read_rows(source_path(data, name)):
            yield str(row["a"]), str(row["b"])


def paraphrases(data: Path, name: str) -> Iterator[Pair]:
    """Pairs that people judged to say the same."""
    for row in read_rows(source_path(data, name)):
        if row["label"] == 1:
            yield str(row["a"]), str(row["b"])


def translations(data: Path) -> Iterator[Pair]:
    """Chinese and English sentences of Tatoeba."""
    for row in read_rows(source_path(data, "tatoeba_zh_en")):
        yield str(row["a"]), str(row["b"])


def shared_translation(data: Path) -> Iterator[Pair]:
    """Two Chinese sentences of Tatoeba that translate the same English one."""
    by_english: dict[str, list[str]] = {}
    for row in read_rows(source_path(data, "tatoeba_zh_en")):
        by_english.setdefault(str(row["b"]).lower(), []).append(str(row["a"]))
    for same in by_english.values():
        yield from pairwise(same)


def glosses(data: Path) -> dict[str, list[str]]:
    """Return the English renderings of every Chinese word in CC-CEDICT, without asides."""
    found: dict[str, list[str]] = {}
    for row in read_rows(source_path(data, "cedict")):
        for gloss in row["en"]:
            for part in re.split(r"[;/]", str(gloss)):
                clean = " ".join(re.sub(r"^(to|a|an|the) ", "", _ASIDE.sub("", part).strip()).split())
                if clean and clean.isascii():
                    found.setdefault(str(row["simp"]), []).append(clean)
    return found


def dictionary(data: Path) -> Iterator[Pair]:
    """A word and one of its renderings; the first two of each word."""
    for word, renderings in glosses(data).items():
        for rendering in dict.fromkeys(renderings[:3]):
            yield word, rendering


def synonyms(data: Path) -> dict[str, list[str]]:
    """Return, per Chinese word, other words of 2 or more characters with an English rendering in common."""
    by_gloss: dict[str, list[str]] = {}
    for word, renderings in glosses(data).items():
        for rendering in dict.fromkeys(renderings):  # a set's order changes from run to run
            if len(rendering) > 3 and len(word) > 1:
                by_gloss.setdefault(rendering, []).append(word)
    found: dict[str, list[str]] = {}
    for words in by_gloss.values():
        if 2 <= len(words) <= 12:
            for word in words:
                found.setdefault(word, []).extend(other for other in words if other != word)
    return found


def synonym_words(data: Path, random: Random) -> Iterator[Pair]:
    """Two words that the dictionary renders alike."""
    for word, others in synonyms(data).items():
        yield word, random.choice(others)


def reworded(data: Path, count: int, tokenizer: Tokenizer, random: Random) -> Iterator[Pair]:
    """A title or sentence, and the same with words replaced by synonyms and a few lost."""
    known = synonyms(data)
    texts = titles(data, count, seed=17) + [chinese for chinese, _ in translations(data)]
    for text in texts:
        words = tokenizer.encode(text, add_special_tokens=False).tokens
        changed = [random.choice(known[w]) if w in known and random.random() < 0.6 else w for w in words]
        if changed != words:
            yield text, "".join(word for word in changed if random.random() > 0.1)


def translated_titles(data: Path, count: int, tokenizer: Tokenizer, random: Random) -> Iterator[Pair]:
    """A title and its rendering word by word: clumsy, but with the words that news are made of."""
    known = glosses(data)
    bodies = [s for _, body in excerpts(data) for s in _SENTENCE.split(body)[:3] if 15 <= len(s) <= 90]
    texts = titles(data, count * 2 // 3, seed=random.randrange(10**6)) + random.sample(bodies, count // 3)
    for title in texts:
        words = tokenizer.encode(title, add_special_tokens=False).tokens
        out = [_render(word, known, random) for word in words]
        found = [word for word in out if word]
        if len(found) >= 4 and len(found) >= 0.7 * len(words):
            yield title, " ".join(found)


def _render(word: str, known: dict[str, list[str]], random: Random) -> str:
    if word.isascii():
        return word
    return random.choice(known[word][:4]) if word in known else ""


def mutated(data: Path, amounts: Amounts, random: Random) -> Iterator[Pair]:
    """A claim and what became of it on the way."""
    for title in titles(data, amounts.mutated_titles, seed=11):
        yield title, mutate(title, random)
    for _, body in random.sample(excerpts(data), amounts.mutated_excerpts):
        start = random.randrange(max(1, len(body) - 120))
        text = body[start : start + random.randint(30, 140)]
        yield mutate(text, random), mutate(text, random)
    for title in titles(data, amounts.disguised_titles, seed=12):
        yield title, disguise(title, random)
    for _, body in random.sample(excerpts(data), amounts.cantonese):
        yield body[:80], write_cantonese(body[:80], random)


def changed_facts(data: Path, amounts: Amounts, random: Random) -> Iterator[tuple[str, str, str]]:
    """A claim, its mutation, and the same claim with other numbers or places (another claim)."""
    for title in titles(data, amounts.changed_facts * 2, seed=13):
        other = change_facts(title, random)
        if other is not None:
            yield title, mutate(title, random), other
