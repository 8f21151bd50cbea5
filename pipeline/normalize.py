"""Posts to their matching form: what two people would have to write alike for us to call it the same words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.tables import NORMALIZED_POSTS
from pipeline.text import characters, noise, numbers, quotes, scripts, sheet, spellings
from pipeline.text.spellings import Folding

_BEFORE: tuple[sheet.Step, ...] = (
    characters.compose,
    characters.drop_invisible,
    noise.drop_markup,
    noise.drop_topic_tags,
    spellings.emoji_as_words,
    spellings.from_cantonese,
    spellings.join_inserted,
    numbers.to_digits,
    noise.drop_punctuation,
    scripts.to_matching_script,
)
_AFTER: tuple[sheet.Step, ...] = (characters.shorten_stretches, noise.tidy_spaces)
_LINES_PER_SHEET = 20_000
_MOST_PASSES = 8

Folded = tuple[list[str], list[list[str]]]
"""Matching forms, and what was folded in each."""


def normalize(posts: pa.Table, aliases: Mapping[str, str] | None = None) -> pa.Table:
    """Return ``NORMALIZED_POSTS`` for a table with ``post_id``, ``title`` and ``text``, one row per row.

    ``aliases`` are spellings that staff approved for this incident, as seen → read.
    """
    parts = [quotes.split_quotes(text) for text in _with_titles(posts)]
    own, foldings = fold([part[0] for part in parts], aliases or {})
    quoted, _ = fold([part[1] for part in parts], aliases or {})
    columns = {
        "post_id": posts.column("post_id"),
        "text_key": pa.array(map(text_key, own), pa.string()),
        "match_text": pa.array(own, pa.string()),
        "quoted_text": pa.array([text or None for text in quoted], pa.string()),
        "script": script_of(pa.array([part[0] for part in parts], pa.string())),
        "foldings": pa.array(foldings, pa.list_(pa.string())),
        "char_count": pa.array(map(len, own), pa.int64()),
    }
    return NORMALIZED_POSTS.conform(pa.table(columns))


def match_form(text: str) -> str:
    """Return the matching form of one text; pure and idempotent."""
    own, _ = quotes.split_quotes(text[: sheet.LONGEST].encode("utf-8", "ignore").decode("utf-8"))
    return fold([own])[0][0]


def text_key(match_text: str) -> str:
    """Return the key of a matching form: equal for equal forms, safe to store and compare."""
    return hashlib.blake2b(match_text.encode(), digest_size=12).hexdigest()


def fold(texts: Sequence[str], aliases: Mapping[str, str] | None = None) -> Folded:
    """Return the matching form of each text, without splitting quotes, and the spellings folded in it."""
    tables = [spellings.known()]
    if aliases:
        seen, read = fold(list(aliases))[0], fold(list(aliases.values()))[0]
        kept = {s: r for s, r in zip(seen, read, strict=True) if s and s != r}
        tables = [spellings.approved(kept), *tables]
    forms: list[str] = []
    foldings: list[list[str]] = []
    for start in range(0, len(texts), _LINES_PER_SHEET):
        lines, found = _fold_lines(texts[start : start + _LINES_PER_SHEET], tables)
        forms += lines
        foldings += found
    return forms, foldings


def _fold_lines(texts: Sequence[str], tables: Sequence[spellings.Table]) -> Folded:
    """Run the steps until nothing changes: removing a mark can bring characters together that fold again."""
    lines = list(texts)
    foldings: list[list[str]] = [[] for _ in texts]
    open_rows = list(range(len(lines)))
    for _ in range(_MOST_PASSES):
        again, found = _pass((lines[row] for row in open_rows), tables)
        for folding in found:
            foldings[open_rows[folding.line]].append(str(folding))
        changed = [(row, text) for row, text in zip(open_rows, again, strict=True) if lines[row] != text]
        for row, text in changed:
            lines[row] = text
        open_rows = [row for row, _ in changed]
        if not open_rows:
            break
    return lines, [list(dict.fromkeys(said)) for said in foldings]


def _pass(lines: Iterable[str], tables: Sequence[spellings.Table]) -> tuple[list[str], list[Folding]]:
    """Run all steps once over these lines."""
    page = sheet.run(_BEFORE, sheet.join(lines))
    foldings: list[Folding] = []
    for table, pattern in tables:
        page, found = spellings.fold(page, table, pattern)
        foldings += found
    return sheet.split(sheet.run(_AFTER, page)), foldings


def _with_titles(posts: pa.Table) -> list[str]:
    """Return title and text of each post, without the title where the text repeats it."""
    texts = posts.column("text").to_pylist()
    if "title" not in posts.column_names:
        return [text or "" for text in texts]
    titles = posts.column("title").to_pylist()
    return [_join_title(title, text or "") for title, text in zip(titles, texts, strict=True)]


def _join_title(title: str | None, text: str) -> str:
    if not title or text.startswith(title[:40]):
        return text
    return f"{title}\n{text}"


def script_of(texts: pa.Array) -> pa.Array:
    """Return hans, hant, yue, en, mixed, other or none for each text."""
    trad = pc.count_substring_regex(texts, _trad_class())
    simp = pc.count_substring_regex(texts, _simp_class())
    yue = pc.count_substring_regex(texts, _CANTONESE)
    cjk = pc.count_substring_regex(texts, r"[\x{3400}-\x{9fff}]")
    latin = pc.count_substring_regex(texts, r"[A-Za-z]")
    letters = pc.count_substring_regex(texts, r"\pL")
    conditions = [
        pc.equal(letters, 0),
        pc.greater_equal(yue, 2),
        pc.and_(pc.greater(latin, 0), pc.equal(cjk, 0)),
        pc.equal(cjk, 0),
        pc.and_(pc.greater(trad, 0), pc.greater(simp, pc.divide(trad, 4))),
        pc.greater(trad, 0),
    ]
    names = pa.array(["none", "yue", "en", "other", "mixed", "hant"])
    return pc.case_when(
        pa.StructArray.from_arrays(conditions, names=[f"c{i}" for i in range(len(conditions))]),
        *[pa.scalar(name.as_py()) for name in names],
        pa.scalar("hans"),
    )


_CANTONESE = "[佢冇咗嘅喺哋嗰噉啲嚟攞搵瞓咁啱乜嘢㗎喎囉咩嘥噶]|唔[係系好会會知使想]|而家|点解|點解|边度|邊度"


@cache
def _trad_class() -> str:
    return f"[{scripts.traditional_only()}]"


@cache
def _simp_class() -> str:
    return f"[{scripts.simplified_only()}]"
