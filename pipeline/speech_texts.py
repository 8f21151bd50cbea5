"""Writes what ``models.speech_train`` learns from: ``python -m pipeline.speech_texts DATA OUT.jsonl``.

Only sources whose licence lets weights ship: half of Cofacts' reasons for doubt (CC0), hot-list and Zhihu titles (MIT),
Tatoeba (CC BY 2.0 FR). Labels are a person's where one read the text, and the phrase lists' elsewhere.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from models.registry import HERE
from pipeline.normalize import fold
from pipeline.phrases import listed
from pipeline.rank.content import harm_flags

SEED = 6
LISTED_WEIGHT = 0.4
"""A phrase list is right less often than a reader, and misses more."""
READ_WEIGHT = 3.0
SHORT = 80


def cofacts_half(article_id: str) -> int:
    """0: may train, 1: scores. By article, so that no message is doubted on both sides."""
    return hashlib.blake2b(article_id.encode(), digest_size=2).digest()[0] % 2


def rows(data: Path) -> Iterator[dict[str, Any]]:
    """Every training row beside our own lines."""
    draw = random.Random(SEED)  # noqa: S311  a sample, not a secret
    reasons = [row for row in read(data / "eval" / "cofacts_reasons_for_doubt.jsonl.gz")]
    mine = sorted({r["reason"].replace("\n", " ") for r in reasons if cofacts_half(r["article_id"]) == 0})
    seen = {_digest(r["reason"].replace("\n", " ")) for r in reasons if cofacts_half(r["article_id"]) == 1}
    labels = _read_labels()
    texts = [text for text in mine if "http" not in text and len(text) <= SHORT and _digest(text) not in seen]
    judged = [text for text in texts if _digest(text) in labels]
    for text, form in zip(judged, fold(judged)[0], strict=True):
        yield {"text": form, "label": labels[_digest(text)], "weight": READ_WEIGHT}
    doubts = [text for text in texts if _digest(text) not in labels]
    yield from _listed(doubts, other=0.02)  # an unlisted reason for doubt may well be a question
    train = data / "train"
    for name, field, count in (
        ("trending_titles_to_2024", "text", 30_000),
        ("zhihu_title_excerpt", "a", 15_000),
        ("tatoeba_zh_en", "a", 8_000),
        ("tatoeba_zh_en", "b", 8_000),
    ):
        pool = [str(row[field]) for row in islice(read(train / f"{name}.jsonl.gz"), 200_000)]
        yield from _listed(draw.sample(pool, min(count, len(pool))), other=LISTED_WEIGHT)
    words = [title[at : at + draw.randint(1, 5)] for title in _titles(train, draw) for at in (0, 4)]
    patterns = [draw.choice(_ADVERBS) for _ in range(ADVERBS)]
    yield from _listed([p.format(draw.choice(words), draw.choice(words)) for p in patterns], other=0.6)
    yield from _checkable(train, draw)


def _checkable(train: Path, draw: random.Random) -> Iterator[dict[str, Any]]:
    """Titles of news with a number or a harm in them, against everyday talk and questions for opinions."""
    titles = [str(row["text"]) for row in islice(read(train / "trending_titles_to_2024.jsonl.gz"), 300_000)]
    forms = fold(draw.sample(titles, 40_000))[0]
    specific = harm_flags(pa.chunked_array([forms]))
    told = [
        f
        for f, hit in zip(forms, specific, strict=True)
        if (hit or _NUMBER.search(f)) and not _OPINION.search(f)
    ]
    yield from ({"text": form[:SHORT], "label": "checkable"} for form in sorted(set(told))[:15_000])
    talk = [str(row[side]) for row in read(train / "tatoeba_zh_en.jsonl.gz") for side in ("a", "b")]
    opinions = [str(row["a"]) for row in islice(read(train / "zhihu_title_excerpt.jsonl.gz"), 50_000)]
    asked = [text for text in opinions if _OPINION.search(text)]
    for form in sorted({*fold(draw.sample(talk, 12_000))[0], *fold(asked[:8_000])[0]} - {""}):
        yield {"text": form[:SHORT], "label": "chatter"}


_NUMBER = re.compile(r"[0-9]")
_OPINION = re.compile(r"如何|怎么|为什么|什么|吗|呢|\?|有哪些|是不是|会不会|推荐|体验|评价|看待")

_ADVERBS = (
    "真的{0}", "真的很{0}", "真的好{0}", "真的是{0}", "{0}真的{1}", "{0}真的是{1}", "我真的{0}", "还真的{0}",
    "是真的{0}", "真是{0}", "真{0}", "{0}真{1}", "{0}吗?", "{0}好吗", "{0}?", "谁{0}", "有没有{0}", "不知道{0}",
    "怎么{0}", "怎么可能{0}", "{0}怎么可能{1}", "怎么会{0}", "假{0}", "{0}假{1}", "骗{0}", "不要{0}",
    "{0}不是{1}", "没有{0}", "求{0}", "确定{0}",
)  # fmt: skip
"""真的 is far more often an adverb than a question, and so is its kind: filled with pieces of titles, all other."""
ADVERBS = 12_000


def _titles(train: Path, draw: random.Random) -> list[str]:
    rows = islice(read(train / "trending_titles_to_2024.jsonl.gz"), 50_000)
    pure = [text for text in (str(row["text"]) for row in rows) if text.isalpha() and len(text) > 9]
    return draw.sample(pure, 3_000)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _listed(texts: Sequence[str], *, other: float) -> Iterator[dict[str, Any]]:
    forms = sorted({form[:SHORT] for form in fold(texts)[0]} - {""})
    asks, corrects = listed(pa.chunked_array([forms]))
    for form, ask, correct in zip(forms, asks, corrects, strict=True):
        label = "corrects" if correct else "asks" if ask else "other"
        yield {"text": form, "label": label, "weight": other if label == "other" else LISTED_WEIGHT}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _read_labels() -> dict[str, str]:
    lines = (HERE / "speech_read.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def main(arguments: Sequence[str]) -> None:
    """Write the rows of DATA to OUT."""
    data, out = map(Path, arguments)
    with out.open("w", encoding="utf-8") as file:
        for row in rows(data):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
