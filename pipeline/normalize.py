"""Posts to their matching form: what two people would have to write alike for us to call it the same words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.progress import Tick
from pipeline.remembered import Remembered, keys_of_texts
from pipeline.tables import NORMALIZED_POSTS
from pipeline.text import quotes, sheet, spellings
from pipeline.text.disguise import disguises
from pipeline.text.passes import Lines
from pipeline.text.traits import Trait, character_traits, codes_of

_LINES_PER_SHEET = 20_000

FORMS = pa.schema([field for field in NORMALIZED_POSTS.schema if field.name != "post_id"])
"""What is remembered of a text as it was written."""

Folded = tuple[list[str], list[list[str]]]
"""Matching forms, and what was folded in each."""


def normalize(
    posts: pa.Table,
    aliases: Mapping[str, str] | None = None,
    words: Sequence[str] = (),
    remembered: Remembered | None = None,
    tick: Tick | None = None,
) -> pa.Table:
    """Return ``NORMALIZED_POSTS`` for a table with ``post_id``, ``title`` and ``text``, one row per row.

    ``aliases`` are spellings that staff approved for this incident, as seen → read; ``words`` are its names and
    terms, which may be in disguise as the project's own targets may. What is ``remembered`` (``FORMS``) of texts that
    were written before is not made again. ``tick`` hears how many texts were made of how many there are.
    """
    written = _with_titles(posts).dictionary_encode()  # half of what is said on a platform is said twice
    texts = written.dictionary

    def make(places: pa.Array) -> pa.Table:
        if tick:
            tick(int(places[-1].as_py()), len(texts))
        return _forms(texts.take(places).to_pylist(), aliases or {}, words)

    forms = remembered.rows(keys_of_texts(texts.to_pylist()), make) if remembered else make(_places(texts))
    forms = forms.take(written.indices)
    columns = {"post_id": posts.column("post_id")} | {name: forms.column(name) for name in forms.column_names}
    return NORMALIZED_POSTS.conform(pa.table(columns))


def _forms(texts: Sequence[str], aliases: Mapping[str, str], words: Sequence[str]) -> pa.Table:
    """Return all columns but ``post_id``, one row per text."""
    parts = [quotes.split_quotes(text) for text in texts]
    own, foldings = fold([part[0] for part in parts], aliases, words)
    quoting = [row for row, part in enumerate(parts) if part[1]]
    passed_on, _ = fold([parts[row][1] for row in quoting], aliases, words)
    quoted: list[str | None] = [None] * len(parts)
    for row, text in zip(quoting, passed_on, strict=True):
        quoted[row] = text or None
    columns = {
        "text_key": pa.array(map(text_key, own), pa.string()),
        "match_text": pa.array(own, pa.string()),
        "quoted_text": pa.array(quoted, pa.string()),
        "script": script_of([part[0] for part in parts]),
        "foldings": pa.array(foldings, pa.list_(pa.string())),
        "char_count": pa.array(map(len, own), pa.int64()),
    }
    return pa.table(columns)


def _places(texts: pa.Array) -> pa.Array:
    return pa.array(range(len(texts)), pa.int64())


def match_form(text: str) -> str:
    """Return the matching form of one text; pure and idempotent."""
    own, _ = quotes.split_quotes(text[: sheet.LONGEST].encode("utf-8", "ignore").decode("utf-8"))
    return fold([own])[0][0]


def text_key(match_text: str) -> str:
    """Return the key of a matching form: equal for equal forms, safe to store and compare."""
    return hashlib.blake2b(match_text.encode(), digest_size=12).hexdigest()


def fold(texts: Sequence[str], aliases: Mapping[str, str] | None = None, words: Sequence[str] = ()) -> Folded:
    """Return the matching form of each text, without splitting quotes, and the spellings folded in it."""
    approved = _approved(aliases) if aliases else None
    finder = disguises(frozenset(fold(sorted(words))[0]) if words else frozenset())
    forms: list[str] = []
    foldings: list[list[str]] = []
    for start in range(0, len(texts), _LINES_PER_SHEET):
        lines = Lines(texts[start : start + _LINES_PER_SHEET])
        lines.run(finder, approved)
        forms += lines.texts
        foldings += lines.foldings
    return forms, foldings


def _approved(aliases: Mapping[str, str]) -> spellings.Table:
    """Return the aliases of staff in their matching forms."""
    seen, read = fold(list(aliases))[0], fold(list(aliases.values()))[0]
    return spellings.approved({s: r for s, r in zip(seen, read, strict=True) if s and s != r})


def _with_titles(posts: pa.Table) -> pa.Array:
    """Return title and text of each post, without the title where the text repeats it."""
    texts = pc.fill_null(posts.column("text").combine_chunks(), "")
    if "title" not in posts.column_names or posts.column("title").null_count == posts.num_rows:
        return texts
    titles = posts.column("title").to_pylist()
    both = [_join_title(title, text) for title, text in zip(titles, texts.to_pylist(), strict=True)]
    return pa.array(both, pa.string())


def _join_title(title: str | None, text: str) -> str:
    if not title or text.startswith(title[:40]):
        return text
    return f"{title}\n{text}"


def script_of(texts: Sequence[str]) -> pa.Array:
    """Return hans, hant, yue, en, mixed, other or none for each text."""
    codes, starts = codes_of(texts)
    bits = character_traits(codes) if texts else np.zeros(0, np.uint32)

    def count(trait: Trait) -> NDArray[np.int64]:
        if not texts:
            return np.zeros(0, np.int64)
        counts: NDArray[np.int64] = np.add.reduceat((bits & np.uint32(trait)) != 0, starts, dtype=np.int64)
        return counts

    han, latin, traditional = count(Trait.HAN), count(Trait.LATIN), count(Trait.TRADITIONAL)
    names = ["none", "yue", "en", "other", "mixed", "hant"]
    conditions = [
        count(Trait.LETTER) == 0,
        _cantonese_marks(texts) >= 2,
        (latin > 0) & (han == 0),
        han == 0,
        (traditional > 0) & (count(Trait.SIMPLIFIED) > traditional // 4),
        traditional > 0,
    ]
    return pa.array(np.select(conditions, names, "hans").tolist(), pa.string())


def _cantonese_marks(texts: Sequence[str]) -> NDArray[np.int64]:
    counts = pc.count_substring_regex(pa.array(texts, pa.string()), _CANTONESE)
    return np.asarray(counts.to_numpy(zero_copy_only=False), np.int64)


_CANTONESE = "[佢冇咗嘅喺哋嗰噉啲嚟攞搵瞓咁啱乜嘢㗎喎囉咩嘥噶]|唔[係系好会會知使想]|而家|点解|點解|边度|邊度"
