"""Bench ``encode``: the default encoder beside what could be used instead, on pairs that trained neither.

Peers are fitted on a sample of the same trending titles the shipped model has seen: character TF-IDF with SVD,
BM25 over jieba words and character pairs, averages of CBOW and of random vectors over jieba words. Each figure
stands beside the best of them. Speed is per second of CPU time of one thread, in a child process that does
nothing else; memory is that child's peak. The figures are also put into the model's card, between its marks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.card import write_table
from models.corpus import read_rows
from models.encoder import Encoder
from models.evaluate import (
    LABELED,
    Encode,
    Pairs,
    cantonese_pairs,
    cantonese_recall,
    evasion_pairs,
    labeled_pairs,
    rank_correlation,
    recall_at_1,
    sample_pairs,
)
from models.hashing import HashingEncoder
from models.loading import load_encoder
from models.registry import default_entry, read_registry
from pipeline.bench import Metric
from pipeline.group import group
from pipeline.normalize import normalize
from pipeline.paths import CHECKOUT
from pipeline.segment import segment

Scores = Callable[[Sequence[str], Sequence[str]], NDArray[Any]]  # (queries, documents) -> matrix

GOALS = {"stsb_dev": 79.0, "lcqmc_dev": 60.0, "afqmc_dev": 33.0, "same_event": 58.0}
EVASION_GOAL, WMT_GOAL, SIZE_GOAL, MEMORY_GOAL, SPEED_GOAL = 0.95, 0.85, 16.0, 300.0, 20_000.0
FITTED_ON = 100_000


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Measure everything that ``data`` has files for."""
    encoder = load_encoder()
    progress(f"encoder {encoder.name} {encoder.revision}")
    peers = fit_peers(data, progress)
    metrics = [
        *labeled(data, encoder.encode, peers, progress),
        *retrieval(data, encoder.encode, peers, progress),
        *shortened(data, encoder.encode),
        *sample_incident(encoder),
        *footprint(data),
    ]
    into_card(encoder, metrics)
    return metrics


def into_card(encoder: Encoder, metrics: Sequence[Metric]) -> None:
    """Put the figures into the card of the model that was measured, where it has one."""
    card = CHECKOUT / "models" / "cards" / f"{encoder.name}.md"
    if card.is_file():
        head = ("figure", "ours", "goal", "best peer", "which")
        rows = [
            (m.name.removeprefix("encode."), shown(m.ours), told(m), shown(m.peer), m.peer_name)
            for m in metrics
        ]
        write_table(card, "figures", f"Revision `{encoder.revision}`.", [head, *rows])


def shown(value: float | None) -> str:
    """A figure with as many digits as it deserves."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value > 1 else f"{value:.3f}"


def told(metric: Metric) -> str:
    """The goal, and whether it is met."""
    return "" if metric.goal is None else f"{shown(metric.goal)}, {'met' if metric.met else 'missed'}"


def labeled(
    data: Path, ours: Encode, peers: dict[str, Encode], progress: Callable[[str], None]
) -> Iterator[Metric]:
    """Rank correlation with people's labels."""
    for name, file in LABELED.items():
        progress(name)
        pairs, labels = labeled_pairs(data / "eval" / "pairs" / f"{file}.jsonl.gz")
        others = {peer: rank_correlation(encode, pairs, labels) for peer, encode in peers.items()}
        others["BM25"] = spearman_of(bm25_pairs(pairs), labels)
        yield beside(
            f"encode.{name}.spearman", rank_correlation(ours, pairs, labels), others, GOALS.get(name)
        )


def retrieval(
    data: Path, ours: Encode, peers: dict[str, Encode], progress: Callable[[str], None]
) -> Iterator[Metric]:
    """Does a text find its counterpart among 2,000?"""
    evasion = data / "eval" / "pairs" / "evasion_homophones.jsonl.gz"
    wmt = data / "eval" / "pairs" / "wmt21_zh_en.jsonl.gz"
    sets: dict[str, tuple[Pairs, float | None]] = {
        "evasion": (evasion_pairs(evasion), EVASION_GOAL),
        "wmt21": (sample_pairs(wmt, where={"lang_b": "en"}), WMT_GOAL),
        "wmt21_zh_zh": (sample_pairs(wmt, where={"lang_b": "zh"}), None),
        "cantonese_english": (sample_pairs(data / "train" / "wordshk_yue_en.jsonl.gz", least=10), None),
    }
    for kind in ("homophone_full", "emoji_full", "homophone_keyword", "emoji_keyword"):
        sets[f"evasion_{kind}"] = (evasion_pairs(evasion, kind), None)
    for name, (pairs, goal) in sets.items():
        progress(f"{name}, {len(pairs)} pairs")
        others = {peer: recall_at_1(encode, pairs) for peer, encode in peers.items()}
        others["BM25"] = bm25_recall(pairs)
        yield beside(f"encode.{name}.recall_at_1", recall_at_1(ours, pairs), others, goal, unit="share")
    cantonese = cantonese_pairs(data)
    progress(f"cantonese, {len(cantonese.queries)} queries")
    others = {peer: cantonese_recall(encode, cantonese) for peer, encode in peers.items()}
    yield beside(
        "encode.cantonese.recall_at_1", cantonese_recall(ours, cantonese), others, None, unit="share"
    )


def shortened(data: Path, encode: Encode) -> Iterator[Metric]:
    """What is left when vectors are cut to their first dimensions."""
    pairs = data / "eval" / "pairs"
    wmt = sample_pairs(pairs / "wmt21_zh_en.jsonl.gz", where={"lang_b": "en"})
    for width in (128, 64):
        short = cut_to(encode, width)
        for name in ("stsb_dev", "lcqmc_dev", "same_event"):
            value = rank_correlation(short, *labeled_pairs(pairs / f"{LABELED[name]}.jsonl.gz"))
            yield Metric(f"encode.{name}_{width}.spearman", value, unit="Spearman x 100")
        yield Metric(f"encode.wmt21_{width}.recall_at_1", recall_at_1(short, wmt), unit="share")


def cut_to(encode: Encode, width: int) -> Encode:
    """The encoder with its vectors cut and made unit again."""

    def short(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = encode(texts)[:, :width]
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)

    return short


SAMPLE = CHECKOUT / "data" / "samples" / "sf-harbor-lane-fire"


@dataclass(frozen=True)
class SampleTexts:
    """The sample incident's texts as the pipeline sees them, and the claims of each by its labels."""

    texts: pa.Table
    claims: dict[str, set[str]]


def sample_texts() -> SampleTexts:
    """Normalize and segment the sample incident; a post whose claim is only that of its parent has none here."""
    posts, gold = (
        [json.loads(line) for line in (SAMPLE / name).read_text(encoding="utf-8").splitlines()]
        for name in ("posts.jsonl", "gold.jsonl")
    )
    table = pa.table(
        {
            "post_id": [f"{post['site']}:{post['native_id']}" for post in posts],
            "title": pa.array([post["title"] for post in posts], pa.string()),
            "text": [post["text"] for post in posts],
            "posted_at": pa.array(
                [datetime.fromisoformat(post["published_at"]) for post in posts], pa.timestamp("us", "UTC")
            ),
        }
    )
    normalized = normalize(table)
    claims: dict[str, set[str]] = {}
    for key, label in zip(normalized["text_key"].to_pylist(), gold, strict=True):
        if label["claim"] and label["stands_alone"]:
            claims.setdefault(key, set()).add(label["claim"])
    return SampleTexts(segment(normalized, table), claims)


def suggestions(sample: SampleTexts, encoder: Encoder) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The pairs of texts that grouping asks people about with this encoder's vectors: all, and the right ones."""
    vectors = encoder.encode(sample.texts["match_text"].to_pylist())
    matches = group(sample.texts, vectors).matches
    asked = set(zip(matches["left_key"].to_pylist(), matches["right_key"].to_pylist(), strict=True))
    claims = sample.claims
    return asked, {pair for pair in asked if claims.get(pair[0], set()) & claims.get(pair[1], set())}


def sample_incident(encoder: Encoder) -> Iterator[Metric]:
    """The sample incident beside the hashing stand-in: nearest texts, and what people are asked about."""
    sample, stand_in = sample_texts(), HashingEncoder()
    labeled_keys = [key for key in sample.texts["text_key"].to_pylist() if key in sample.claims]
    text_of = dict(
        zip(sample.texts["text_key"].to_pylist(), sample.texts["match_text"].to_pylist(), strict=True)
    )
    claims = np.array([min(sample.claims[key]) for key in labeled_keys])
    forms = [text_of[key] for key in labeled_keys]
    near = [nearest_agree(one.encode(forms), claims) for one in (encoder, stand_in)]
    yield Metric("encode.sample_nearest.share", near[0], near[1], stand_in.name, "share")
    ours, theirs = (suggestions(sample, one) for one in (encoder, stand_in))
    yield Metric(
        "encode.sample_suggestions.right", len(ours[1]), len(theirs[1]), stand_in.name, "pairs of claims"
    )
    yield Metric(
        "encode.sample_suggestions.precision",
        len(ours[1]) / max(len(ours[0]), 1),
        len(theirs[1]) / max(len(theirs[0]), 1),
        stand_in.name,
        "share",
    )


def nearest_agree(rows: NDArray[np.float32], claims: NDArray[Any]) -> float:
    """Share of texts whose nearest other text carries the same claim."""
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1)
    return float(np.mean(claims[cosines.argmax(axis=1)] == claims))


def beside(name: str, ours: float, others: dict[str, float], goal: float | None, unit: str = "") -> Metric:
    """A metric beside the best peer."""
    best = max(others, key=lambda peer: others[peer])
    return Metric(name, ours, others[best], best, unit or "Spearman x 100", goal)


def fit_peers(data: Path, progress: Callable[[str], None]) -> dict[str, Encode]:
    """Return the peers that make vectors, fitted on trending titles."""
    texts = [str(row["text"]) for row in read_rows(data / "train" / "trending_titles_to_2024.jsonl.gz")]
    texts = texts[:: max(1, len(texts) // FITTED_ON)]
    progress(f"peers: fitting on {len(texts)} titles")
    words = {text: cut(text) for text in texts}
    return {
        "character TF-IDF + SVD": tfidf_svd(texts),
        "CBOW word average": cbow(list(words.values())),
        "random word average": random_words(),
    }


def cut(text: str) -> list[str]:
    """Return jieba's words of the folded text."""
    import jieba
    from opencc import OpenCC

    global _CONVERTER  # noqa: PLW0603
    jieba.setLogLevel(60)
    _CONVERTER = _CONVERTER or OpenCC("t2s")
    return [word for word in jieba.cut(_CONVERTER.convert(text).lower()) if word.strip()]


_CONVERTER: Any = None


def tfidf_svd(texts: list[str]) -> Encode:
    """Character 1- to 3-grams, sublinear TF-IDF, 256 components."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, max_features=200_000)
    model = make_pipeline(vectorizer, TruncatedSVD(256, random_state=1), Normalizer())
    model.fit(["".join(cut(text)) for text in texts[:50_000]])

    def encode(batch: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(model.transform(["".join(cut(text)) for text in batch]), dtype=np.float32)

    return encode


def cbow(sentences: list[list[str]]) -> Encode:
    """Averages of word2vec (CBOW) vectors with gensim's defaults, 256 wide."""
    from gensim.models import Word2Vec  # type: ignore[import-untyped]

    model = Word2Vec(sentences, vector_size=256, workers=1, seed=1)
    known = {word: model.wv[word] for word in model.wv.index_to_key}
    return averages(known.get)


def random_words() -> Encode:
    """Averages of a random vector per word: what exact words alone give."""
    known: dict[str, NDArray[np.float32]] = {}
    generator = np.random.default_rng(1)

    def vector(word: str) -> NDArray[np.float32]:
        if word not in known:
            known[word] = generator.normal(size=256).astype(np.float32)
        return known[word]

    return averages(vector)


def averages(vector: Callable[[str], NDArray[np.float32] | None]) -> Encode:
    """Unit means of word vectors over jieba's words."""

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), 256), dtype=np.float32)
        for number, text in enumerate(texts):
            found = [v for word in cut(text) if (v := vector(word)) is not None]
            if found:
                mean = np.mean(found, axis=0)
                rows[number] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return rows

    return encode


def bm25_scores(queries: Sequence[str], documents: Sequence[str]) -> NDArray[np.float32]:
    """BM25 (bm25s, its defaults) of each query against each document."""
    import bm25s  # type: ignore[import-untyped]

    index = bm25s.BM25()
    index.index([terms(text) for text in documents], show_progress=False)
    return np.stack([index.get_scores(terms(query)) for query in queries])


def terms(text: str) -> list[str]:
    """Words and pairs of neighboring characters."""
    words = cut(text)
    joined = "".join(words)
    return words + [joined[i : i + 2] for i in range(len(joined) - 1)] or [""]


def bm25_pairs(pairs: Pairs) -> NDArray[np.float64]:
    """BM25 of each pair's first text for its second, and the other way round, each divided by the text's own."""
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    return (_own(first, second) + _own(second, first)) / 2


def _own(queries: list[str], documents: list[str]) -> NDArray[np.float64]:
    import bm25s

    index = bm25s.BM25()
    index.index([terms(text) for text in documents], show_progress=False)
    shares = []
    for number, query in enumerate(queries):
        itself = float(index.get_scores(terms(documents[number]))[number])
        shares.append(float(index.get_scores(terms(query))[number]) / max(itself, 1e-9))
    return np.array(shares)


def bm25_recall(pairs: Pairs) -> float:
    """Share of first texts for which BM25 puts their own second text first."""
    wanted = [b for _, b in pairs]
    nearest = bm25_scores([a for a, _ in pairs], wanted).argmax(axis=1)
    return float(np.mean([wanted[found] == own for found, own in zip(nearest, wanted, strict=True)]))


def spearman_of(scores: NDArray[np.float64], labels: Sequence[float]) -> float:
    """100 times the rank correlation."""
    from scipy.stats import spearmanr

    return float(spearmanr(scores, labels).statistic * 100)


CHILD = r"""
import json, re, sys, time
from models.card import write_table
from models.corpus import read_rows
from models.loading import load_encoder
from pathlib import Path
started = time.process_time()
encoder = load_encoder()
loaded = time.process_time() - started
texts = [str(row["text"]) for row in read_rows(Path(sys.argv[1]))]
speeds = []
for _ in range(5):
    started = time.process_time()
    encoder.encode(texts)
    speeds.append(len(texts) / (time.process_time() - started))
# Not getrusage: its peak is inherited from the parent, which holds every peer.
peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"speed": sorted(speeds)[2], "memory": peak, "load": loaded, "torch": "torch" in sys.modules}))
"""


def footprint(data: Path) -> Iterator[Metric]:
    """Speed, memory and size of the default encoder."""
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
    )
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(data / "eval" / "claim_groups.jsonl.gz")],
        env={**os.environ, **threads, "TOKENIZERS_PARALLELISM": "false"},
        capture_output=True,
        text=True,
        check=True,
    )
    child = json.loads(done.stdout)
    entry = default_entry(read_registry())
    size = (
        sum(path.stat().st_size for path in entry.folder.rglob("*") if path.is_file()) / 1e6
        if entry
        else None
    )
    yield Metric(
        "encode.posts_per_second_one_core", child["speed"], unit="posts per CPU second", goal=SPEED_GOAL
    )
    yield Metric("encode.resident_mb", child["memory"], unit="MiB", goal=MEMORY_GOAL, higher_is_better=False)
    yield Metric("encode.load_seconds", child["load"], unit="CPU seconds", higher_is_better=False)
    yield Metric("encode.size_mb", size, unit="MB", goal=SIZE_GOAL, higher_is_better=False)
