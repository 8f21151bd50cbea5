"""The shipped model without torch: numpy finds the tokens and sums their rows.

Made for the command line: it starts in a fraction of a second and stays small in memory. It reads the same files
as ``SentenceTransformer(path)`` and gives the same vectors to 1e-3.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy import sparse
from tokenizers import Tokenizer

from models.errors import ModelError
from models.segmentation import Ints, PrefixTable, segment_runs, segment_word
from models.tokenization import PIECES

HAN, LATIN, DIGIT, SYMBOL = 1, 2, 3, 4
_LIMIT = 0x30000  # code points above it are dropped by the tokenizer, too
_BATCH_CHARACTERS = 400_000
_WORDS_KEPT = 200_000
UNKNOWN_PENALTY = 10.0  # what tokenizers' Unigram takes off for a character it does not know


class BareEncoder:
    """Encodes with a static model that ``models.train`` or ``models.tune`` wrote."""

    def __init__(self, folder: Path, name: str, revision: str, dimensions: int | None = None) -> None:
        self.name, self.revision = name, revision
        specification = _tokenizer_specification(folder)
        self._table = read_table(folder)[:, :dimensions]
        pieces = [(str(token), float(score)) for token, score in specification["model"]["vocab"]]
        self._folds = _Folds(folder)
        self._classes = _classes()
        self._load_pieces(pieces)
        self._words: dict[bytes, list[int]] = {}

    @property
    def dimensions(self) -> int:
        """Width of every vector."""
        return int(self._table.shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit rows, shape ``(len(texts), dimensions)``; a text without known tokens becomes a row of 0."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        start = 0
        while start < len(texts):
            stop, size = start, 0
            while stop < len(texts) and (size == 0 or size + len(texts[stop]) <= _BATCH_CHARACTERS):
                size += len(texts[stop]) + 1
                stop += 1
            rows[start:stop] = self._encode_batch(texts[start:stop])
            start = stop
        return rows

    def token_ids(self, text: str) -> list[int]:
        """Return the token ids of one text, sorted: the sum of their rows is its vector."""
        return sorted(self._tokens([text])[1].tolist())

    def _load_pieces(self, pieces: list[tuple[str, float]]) -> None:
        han = [(t, s, i) for i, (t, s) in enumerate(pieces) if "\u4e00" <= t[0] <= "\u9fff"]
        singles = {token for token, _, _ in han if len(token) == 1}
        unknown = min(score for _, score in pieces) - UNKNOWN_PENALTY
        absent = (chr(code) for code in range(0x4E00, 0xA000) if chr(code) not in singles)
        self._trie = PrefixTable(han + [(character, unknown, 0) for character in absent])
        self._symbols = np.zeros(_LIMIT, dtype=np.int64)
        self._pieces: dict[str, tuple[float, int]] = {}
        for number, (token, score) in enumerate(pieces):
            if len(token) == 1 and self._classes[min(ord(token), _LIMIT - 1)] == SYMBOL:
                self._symbols[ord(token)] = number
            elif token.isascii() and token.isalnum():
                self._pieces[token] = (score, number)
        self._longest = max((len(token) for token in self._pieces), default=1)

    def _encode_batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        owners, tokens = self._tokens(texts)
        counts = sparse.csr_matrix(
            (np.ones(len(tokens), dtype=np.float32), (owners, tokens)), shape=(len(texts), len(self._table))
        )
        sums = np.asarray(counts @ self._table)
        lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))[:, None]
        np.divide(sums, lengths, out=sums, where=lengths > 0)
        return sums

    def _tokens(self, texts: Sequence[str]) -> tuple[Ints, Ints]:
        """Return (number of the text, token id), one entry per token, in no particular order."""
        codes = self._folds.codes("\n".join([text.replace("\n", " ") for text in texts]))
        kinds = self._classes[codes]
        owners = np.cumsum(codes == ord("\n"))
        bounds = np.flatnonzero(np.diff(kinds, prepend=0, append=0))
        known = kinds[bounds[:-1]] > 0
        starts, ends = bounds[:-1][known], bounds[1:][known]
        places, tokens = self._han_tokens(codes, kinds, starts, ends)
        word_places, word_tokens = self._word_tokens(codes, kinds, starts, ends)
        symbols = np.flatnonzero(kinds == SYMBOL)
        places = np.concatenate([places, word_places, symbols])
        tokens = np.concatenate([tokens, word_tokens, self._symbols[codes[symbols]]])
        return owners[places], tokens

    def _han_tokens(
        self, codes: Ints, kinds: NDArray[np.uint8], starts: Ints, ends: Ints
    ) -> tuple[Ints, Ints]:
        han = kinds[starts] == HAN
        return segment_runs(codes, starts[han], (ends - starts)[han], self._trie)

    def _word_tokens(
        self, codes: Ints, kinds: NDArray[np.uint8], starts: Ints, ends: Ints
    ) -> tuple[Ints, Ints]:
        chosen = (kinds[starts] == LATIN) | (kinds[starts] == DIGIT)
        raw = codes.astype(np.uint8).tobytes()  # only ASCII runs are read from it
        words = [
            raw[start:end] for start, end in zip(starts[chosen].tolist(), ends[chosen].tolist(), strict=True)
        ]
        self._learn(set(words))
        found = [self._words[word] for word in words]
        tokens = np.fromiter(chain.from_iterable(found), dtype=np.int64)
        return np.repeat(starts[chosen], [len(pieces) for pieces in found]), tokens

    def _learn(self, words: set[bytes]) -> None:
        new = words.difference(self._words)
        if len(self._words) + len(new) > _WORDS_KEPT:
            self._words.clear()
            new = words
        for word in new:
            self._words[word] = segment_word(word.decode("ascii"), self._pieces, self._longest, 0)


class _Folds:
    """Which code point is read as which (width, case, script), taken from the model's own normalizer.

    Applied per code point, which is right as long as no combining mark joins two of them; a batch that holds such
    marks is composed first.
    """

    def __init__(self, folder: Path) -> None:
        normalizer = Tokenizer.from_file(str(folder / "tokenizer.json")).normalizer
        codes = [code for code in range(0x10000) if not 0xD800 <= code < 0xE000 and code != ord("\n")]
        codes += range(0x10000, _LIMIT)
        folded = normalizer.normalize_str("\n".join(map(chr, codes))).split("\n")
        self._first = np.zeros(_LIMIT, dtype=np.int64)
        self._first[ord("\n")] = ord("\n")
        self._more: dict[int, list[int]] = {}
        classes = _classes()
        for code, target in zip(codes, folded, strict=True):
            bounded = [min(ord(character), _LIMIT - 1) for character in target] or [0]
            self._first[code] = bounded[0]
            if len(bounded) > 1 and classes[bounded].any():
                self._more[code] = bounded
        self._special = np.zeros(_LIMIT, dtype=np.uint8)
        self._special[list(self._more)] = 1
        self._special[[code for code in codes if unicodedata.combining(chr(code))]] = 2

    def codes(self, text: str) -> Ints:
        """Return the folded code points of a text; those the model cannot know become 0."""
        raw = self._bounded(text)
        special = self._special[raw]
        if (special == 2).any():
            raw = self._bounded(unicodedata.normalize("NFKC", text))
            special = self._special[raw]
        folded = self._first[raw]
        places = np.flatnonzero(special == 1)
        if not len(places):
            return folded
        extra = [code for place in places for code in self._more[int(raw[place])][1:]]
        sizes = [len(self._more[int(raw[place])]) - 1 for place in places]
        return np.insert(folded, np.repeat(places + 1, sizes), extra)

    @staticmethod
    def _bounded(text: str) -> NDArray[np.uint32]:
        raw = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)
        return np.where(raw < _LIMIT, raw, 0)


def is_static_model(folder: Path) -> bool:
    """Tell whether this class can read the folder."""
    path = folder / "tokenizer.json"
    return path.is_file() and _reads(json.loads(path.read_text(encoding="utf-8")))


def _reads(specification: dict[str, Any]) -> bool:
    pattern = ((specification.get("pre_tokenizer") or {}).get("pattern") or {}).get("Regex")
    return bool(specification.get("model", {}).get("type") == "Unigram" and pattern == PIECES)


def _tokenizer_specification(folder: Path) -> dict[str, Any]:
    specification: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    if not _reads(specification):
        raise ModelError(
            f"{folder} is no static model of ours: load it through sentence-transformers instead"
        )
    return specification


def read_table(folder: Path) -> NDArray[np.float32]:
    """Return one vector per token id, shape ``(tokens, dimensions)``, from a static model's folder."""
    stored = load_file(folder / "model.safetensors")
    rows: NDArray[np.float32] = stored["embeddings"][stored["mapping"]].astype(np.float32)
    rows *= stored["weights"][:, None]
    return rows


def _classes() -> NDArray[np.uint8]:
    classes = np.zeros(_LIMIT, dtype=np.uint8)
    for kind, first, last in (
        (HAN, 0x4E00, 0x9FFF),
        (LATIN, ord("a"), ord("z")),
        (DIGIT, ord("0"), ord("9")),
        (SYMBOL, 0x2190, 0x2BFF),
        (SYMBOL, 0x1F000, 0x1FAFF),
    ):
        classes[first : last + 1] = kind
    return classes
