"""Which tokens the shipped model knows, and what each is made of.

A token is described by features (itself, its characters, their syllables, the words it translates). Training
learns one vector per feature; a token's row is their sum. So a homophone written instead of the usual
character, a rare word, an emoji instead of a noun start near what they stand for.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import jieba
from pypinyin import Style, lazy_pinyin
from tokenizers import Tokenizer

from models.corpus import read_rows, source_path
from models.folding import fold_map
from models.lists import word_list
from models.tokenization import UNKNOWN, build_tokenizer

HAN_WORD = re.compile(r"[\u4e00-\u9fff]{2,4}")
LATIN_WORD = re.compile(r"[a-z]+")
_CANTONESE = word_list("cantonese_words")
FLOOR = -18.0  # log probability of what was never counted


@dataclass(frozen=True)
class Sizes:
    """How many rows each kind of token gets."""

    han_words: int = 31_000
    latin_words: int = 12_500
    numbers: int = 1_200
    characters: int = 6_200
    symbols: int = 500


@dataclass
class Vocabulary:
    """Tokens in id order with their log probability, the row each reads, and the features behind each row.

    ``rows[i]`` is the row of token ``i``; ``features[r]`` lists the feature names of row ``r``. Rare characters
    share the row of their syllable.
    """

    pieces: list[tuple[str, float]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    features: list[list[str]] = field(default_factory=list)


def syllables(text: str) -> list[str]:
    """Return toneless pinyin, one syllable per character, letters only."""
    return [_syllable(character) for character in text]


@cache
def _syllable(character: str) -> str:
    return str(lazy_pinyin(character, style=Style.NORMAL)[0]).replace("ü", "v")


def candidate_words(data: Path) -> dict[str, float]:
    """Return Chinese words of 2 to 4 characters with a prior count: jieba's dictionary and CC-CEDICT."""
    jieba.setLogLevel(60)
    jieba.initialize()
    folds = str.maketrans(fold_map())
    counts: Counter[str] = Counter()
    for word, count in jieba.dt.FREQ.items():
        folded = word.translate(folds)
        if count and HAN_WORD.fullmatch(folded):
            counts[folded] += count
    for row in read_rows(source_path(data, "cedict")):
        folded = str(row["simp"]).translate(folds)
        if HAN_WORD.fullmatch(folded):
            counts[folded] += 2
    return dict(counts)


def _counting_tokenizer(words: dict[str, float], folds: bytes) -> Tokenizer:
    total = sum(words.values())
    singles = {chr(code): float(jieba.dt.FREQ.get(chr(code), 0)) for code in range(0x4E00, 0xA000)}
    scores = {token: math.log((count + 1) / total) for token, count in (words | singles).items()}
    return build_tokenizer([(UNKNOWN, -30.0), *sorted(scores.items())], folds)


def count_tokens(texts: Iterable[str], words: dict[str, float], folds: bytes) -> Counter[str]:
    """Return how often each candidate is used when ``texts`` are cut along the most probable path."""
    tokenizer = _counting_tokenizer(words, folds)
    counts: Counter[str] = Counter()
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 20_000:
            _count_batch(tokenizer, batch, counts)
            batch = []
    _count_batch(tokenizer, batch, counts)
    return counts


def _count_batch(tokenizer: Tokenizer, batch: list[str], counts: Counter[str]) -> None:
    for text, encoding in zip(batch, tokenizer.encode_batch(batch, add_special_tokens=False), strict=True):
        counts.update(token for token in encoding.tokens if HAN_WORD.fullmatch(token) or len(token) == 1)
        latin = unicodedata.normalize("NFKC", text).lower()
        counts.update(re.findall(r"[a-z]{2,24}|[0-9]{2,4}", latin))


def choose_tokens(counts: Counter[str], data: Path, sizes: Sizes) -> dict[str, float]:
    """Return every token with a count: the most used of each kind, all ideographs, all syllables, all emoji."""
    words = Counter({t: c for t, c in counts.items() if HAN_WORD.fullmatch(t)})
    numbers = Counter({t: c for t, c in counts.items() if t.isascii() and t.isdigit() and len(t) > 1})
    latin = _latin_counts(data) + Counter({t: c for t, c in counts.items() if t.isascii() and t.isalpha()})
    latin = Counter({t: c for t, c in latin.items() if len(t) > 1})
    tokens = dict(words.most_common(sizes.han_words))
    tokens |= dict(numbers.most_common(sizes.numbers)) | dict(latin.most_common(sizes.latin_words))
    folded = fold_map()
    ideographs = (chr(code) for code in range(0x4E00, 0xA000))
    tokens |= {c: max(counts[c], 1) for c in ideographs if c not in folded}
    tokens |= {c: max(counts[c], 1) for c in "abcdefghijklmnopqrstuvwxyz0123456789"}
    tokens |= {s: max(counts[s], 1) for s in emoji_meanings(data, sizes.symbols)}
    for syllable in all_syllables():
        tokens.setdefault(syllable, 1)
    return {**{t: 1 for t in _CANTONESE}, **tokens}


def _latin_counts(data: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in read_rows(source_path(data, "tatoeba_zh_en")):
        counts.update(LATIN_WORD.findall(str(row["b"]).lower()))
    for row in read_rows(source_path(data, "cedict")):
        counts.update(word for gloss in row["en"] for word in LATIN_WORD.findall(str(gloss).lower()))
    return counts


def all_syllables() -> list[str]:
    """Return every toneless syllable that some ideograph has."""
    found = {s for code in range(0x4E00, 0xA000) for s in syllables(chr(code))}
    return sorted(s for s in found if LATIN_WORD.fullmatch(s))


def emoji_meanings(data: Path, limit: int) -> dict[str, list[str]]:
    """Return emoji with the ideographs that their Unicode name translates to, for example a pig with 猪."""
    by_gloss: dict[str, list[str]] = {}
    for row in read_rows(source_path(data, "cedict")):
        word = str(row["simp"])
        for gloss in row["en"]:
            key = re.sub(r"\(.*?\)|^(to|a|an|the) ", "", str(gloss).lower()).strip()
            if len(word) <= 2 and HAN_WORD.fullmatch(word * 2) and word not in by_gloss.setdefault(key, []):
                by_gloss[key].append(word)
    meanings = {}
    for code in [*range(0x2600, 0x27C0), *range(0x1F300, 0x1FAFF)]:
        name = unicodedata.name(chr(code), "").lower()
        name = re.sub(r"\b(face|sign|symbol|black|white|heavy|with .*|of .*|on .*)\b", "", name).strip()
        if name:
            meanings[chr(code)] = sorted(by_gloss.get(name, []), key=len)[:3]
    ordered = sorted(meanings, key=lambda symbol: not meanings[symbol])
    return {symbol: meanings[symbol] for symbol in ordered[:limit]}


def build_vocabulary(data: Path, texts: Iterable[str], folds: bytes, sizes: Sizes) -> Vocabulary:
    """Return the vocabulary for the training texts."""
    counts = count_tokens(texts, candidate_words(data), folds)
    tokens = choose_tokens(counts, data, sizes)
    total = sum(tokens.values())
    common = set(
        Counter({t: counts[t] for t in tokens if len(t) == 1}).most_common(sizes.characters).__iter__()
    )
    kept = {token for token, _ in common}
    vocabulary = Vocabulary(pieces=[(UNKNOWN, -30.0)], rows=[0], features=[[]])
    row_of: dict[str, int] = {}
    emoji = emoji_meanings(data, sizes.symbols)
    for token in sorted(tokens, key=lambda t: (t in _CANTONESE, -tokens[t], t)):
        score = round(max(math.log(tokens[token] / total), FLOOR), 3)
        shared = _shared_row(token, kept)
        if shared not in row_of:
            row_of[shared] = len(vocabulary.features)
            vocabulary.features.append(describe(shared, emoji))
        row_of.setdefault(token, row_of[shared])
        vocabulary.pieces.append((token, score))
        vocabulary.rows.append(row_of[shared])
    return vocabulary


def _shared_row(token: str, kept: set[str]) -> str:
    if token in _CANTONESE and len(token) > 1:
        return _CANTONESE[token]
    if len(token) == 1 and "\u4e00" <= token <= "\u9fff" and token not in kept:
        return syllables(token)[0]
    return token


def describe(token: str, emoji: dict[str, list[str]]) -> list[str]:
    """Return the names of the features that a token's vector is the sum of."""
    features = [f"token:{token}"]
    if token in emoji:
        return features + [name for word in emoji[token][:1] for name in describe(word, {})]
    if "\u4e00" <= token[0] <= "\u9fff":
        sounds = [f"sound:{s}" for s in syllables(token)]
        return (
            features
            + ([f"character:{c}" for c in token] if len(token) > 1 else [f"character:{token}"])
            + sounds
        )
    if token.isalpha() and token.isascii() and len(token) > 1:
        features += [f"stem:{stem(token)}"] + [f"sound:{s}" for s in split_syllables(token)]
    return features


def stem(word: str) -> str:
    """Return an English word without its commonest endings."""
    for ending in ("ings", "ing", "ies", "ied", "edly", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word.rstrip("e")


_SYLLABLES: set[str] = set()


def split_syllables(word: str) -> list[str]:
    """Return the pinyin syllables that a Latin word is written in, or nothing when it is no pinyin."""
    if not _SYLLABLES:
        _SYLLABLES.update(s for s in all_syllables() if len(s) > 1 or s in "aeo")
    best: list[list[str] | None] = [[]]
    for end in range(1, len(word) + 1):
        options = [
            [*head, word[start:end]]
            for start in range(max(0, end - 6), end)
            if (head := best[start]) is not None and word[start:end] in _SYLLABLES
        ]
        best.append(min(options, key=len) if options else None)
    return best[-1] or []


@cache
def common_characters() -> tuple[str, ...]:
    """Return the ideographs that jieba's dictionary uses at least a few times, the commonest first."""
    jieba.setLogLevel(60)
    jieba.initialize()
    counts: Counter[str] = Counter()
    folded = fold_map()
    for word, count in jieba.dt.FREQ.items():
        for character in word:
            if "\u4e00" <= character <= "\u9fff" and character not in folded:
                counts[character] += count
    return tuple(character for character, count in counts.most_common() if count >= 20)
