"""Bench ``encode``: the default encoder beside what could be used instead, on pairs that trained neither.

Peers are fitted on a sample of the same trending titles the shipped model has seen: character TF-IDF with SVD,
BM25 over jieba words and character pairs, averages of CBOW and of random vectors over jieba words. Each figure
stands beside the best of them. Speed is per second of CPU time of one thread, in a child process that does
nothing else; memory is that child's peak. The demo is made with the model and with the stand-in that served before.
The figures are also put into the model's card, between its marks, with five pairs that only the model finds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
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
from pipeline.duck import connect_published
from pipeline.paths import CHECKOUT, DataDir

Scores = Callable[[Sequence[str], Sequence[str]], NDArray[Any]]  # (queries, documents) -> matrix

GOALS = {"stsb_dev": 79.0, "lcqmc_dev": 60.0, "afqmc_dev": 33.0, "same_event": 58.0}
EVASION_GOAL, WMT_GOAL, SIZE_GOAL, MEMORY_GOAL, SPEED_GOAL = 0.95, 0.85, 16.0, 300.0, 20_000.0
FITTED_ON = 100_000
NAMED, SHORT = 5, 48  # pairs of the demo named in the card; characters of each text


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Measure everything that ``data`` has files for."""
    encoder = load_encoder()
    progress(f"encoder {encoder.name} {encoder.revision}")
    peers = fit_peers(data, progress)
    progress("make demo, with the default encoder and with the stand-in")
    demos = demo_runs()
    metrics = [
        *labeled(data, encoder.encode, peers, progress),
        *retrieval(data, encoder.encode, peers, progress),
        *shortened(data, encoder.encode),
        *sample_incident(encoder, *demos),
        *footprint(data),
    ]
    into_card(encoder, metrics)
    missed_into_card(encoder, *demos)
    return metrics


def into_card(encoder: Encoder, metrics: Sequence[Metric]) -> None:
    """Put the figures into the card of the model that was measured, where it has one."""
    card = card_of(encoder)
    if card.is_file():
        head = ("figure", "ours", "goal", "best peer", "which")
        rows = [
            (m.name.removeprefix("encode."), figure(m.ours), told(m), figure(m.peer), m.peer_name)
            for m in metrics
        ]
        write_table(card, "figures", f"Revision `{encoder.revision}`.", [head, *rows])


def card_of(encoder: Encoder) -> Path:
    """Where the card of an encoder stands, if it has one."""
    return CHECKOUT / "models" / "cards" / f"{encoder.name}.md"


def figure(value: float | None) -> str:
    """A figure with as many digits as it deserves."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value > 1 else f"{value:.3f}"


def told(metric: Metric) -> str:
    """The goal, and whether it is met."""
    return "" if metric.goal is None else f"{figure(metric.goal)}, {'met' if metric.met else 'missed'}"


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
Pair = tuple[str, str]  # two text keys, in order


@dataclass(frozen=True)
class Shown:
    """What the desk shows of the sample incident after a run; ``claims`` of each text are the labels' (gold.jsonl).

    ``groups`` tells which group each text is in, ``asked`` which pairs of groups people are asked about, by the two
    texts that the question rests on: how many words they share, and why they may be the same.
    """

    texts: dict[str, str]
    claims: dict[str, set[str]]
    groups: dict[str, str]
    asked: dict[Pair, tuple[float, str]]

    def right(self) -> set[Pair]:
        """The pairs asked about whose texts carry a claim in common."""
        return {pair for pair in self.asked if self.common(pair)}

    def common(self, pair: Pair) -> set[str]:
        """The claims that both texts of a pair carry."""
        return self.claims.get(pair[0], set()) & self.claims.get(pair[1], set())

    def between(self, pairs: Iterable[Pair]) -> set[frozenset[str]]:
        """The groups that pairs of texts lie between; one group where they are together already."""
        return {frozenset((self.groups[one], self.groups[other])) for one, other in pairs}


def demo_runs() -> tuple[Shown, Shown]:
    """What ``make demo`` shows, and the same incident with the hashing stand-in."""
    with tempfile.TemporaryDirectory() as name:
        data = DataDir(Path(name))
        chengqing(data, "demo", "--no-serve")
        ours = shown(data)
        (data.root / "encoder.toml").write_text(f'encoder = "{HashingEncoder.name}"\n', encoding="utf-8")
        chengqing(data, "run", SAMPLE.name)
        return ours, shown(data)


def chengqing(data: DataDir, *words: str) -> None:
    """One command on a data folder of its own."""
    environment = {**os.environ, "CHENGQING_DATA": str(data.root)}
    command = [sys.executable, "-m", "pipeline.cli", *words]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def shown(data: DataDir) -> Shown:
    """Read what the last run published; a post whose claim is only that of its parent has none here."""
    with connect_published(data.published(SAMPLE.name)) as published:

        def rows(table: str, *columns: str) -> list[Any]:
            return published.table(table).select(*columns).fetchall()

        gold = labels()
        claims: dict[str, set[str]] = {}
        for post, key in rows("normalized_posts", "post_id", "text_key"):
            if post in gold:
                claims.setdefault(key, set()).add(gold[post])
        return Shown(
            dict(rows("texts", "text_key", "match_text")),
            claims,
            dict(rows("text_groups", "text_key", "group_key")),
            {
                (min(left, right), max(left, right)): (similarity, why)
                for left, right, similarity, why in rows(
                    "text_matches", "left_key", "right_key", "similarity", "why"
                )
            },
        )


def labels() -> dict[str, str]:
    """The claim of each post that makes one by itself, by every id that a crawl or an import gives the post."""
    lines = (SAMPLE / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    return {
        form.format(**row): row["claim"]
        for row in map(json.loads, lines)
        if row["claim"] and row["stands_alone"]
        for form in (
            "{site}:{native_id}",
            "{site}:sample-{site}/{native_id}",
            "{site}:sample-{site}/c{native_id}",
        )
    }


def missed(ours: Shown, theirs: Shown) -> list[Pair]:
    """Right pairs that only ours asks about.

    The other neither has the two texts in one group nor asks about their groups. Rumors come first, then those with
    the fewest words in common.
    """
    theirs_asked = theirs.between(theirs.asked)
    found = [
        pair
        for pair in ours.right()
        if theirs.between([pair]).isdisjoint(theirs_asked)
        and theirs.groups[pair[0]] != theirs.groups[pair[1]]
    ]
    return sorted(found, key=lambda pair: (min(ours.common(pair))[0] != "r", ours.asked[pair][0], pair))


def one_a_family(ours: Shown, pairs: Sequence[Pair]) -> list[Pair]:
    """The first pair of each family of claims (``r04b`` is one of ``r04``)."""
    first: dict[str, Pair] = {}
    for pair in pairs:
        first.setdefault(min(ours.common(pair))[:3], pair)
    return list(first.values())


def sample_incident(encoder: Encoder, ours: Shown, theirs: Shown) -> Iterator[Metric]:
    """The sample incident beside the hashing stand-in: nearest texts, and what people are asked about."""
    stand_in = HashingEncoder()
    keys = sorted(ours.claims.keys() & ours.texts.keys())
    claims = np.array([min(ours.claims[key]) for key in keys])
    forms = [ours.texts[key] for key in keys]
    near = [nearest_agree(one.encode(forms), claims) for one in (encoder, stand_in)]
    right = [len(one.right()) for one in (ours, theirs)]
    precision = [number / max(len(one.asked), 1) for number, one in zip(right, (ours, theirs), strict=True)]
    yield Metric("encode.sample_nearest.share", near[0], near[1], stand_in.name, "share")
    yield Metric("encode.sample_suggestions.right", *right, stand_in.name, "pairs of claims")
    yield Metric("encode.sample_suggestions.precision", *precision, stand_in.name, "share")
    yield Metric(
        "encode.sample_suggestions.missed_by_peer", len(missed(ours, theirs)), unit="right pairs of claims"
    )


def missed_into_card(encoder: Encoder, ours: Shown, theirs: Shown) -> None:
    """Put five of the pairs that only ours asks about into its card."""
    found = missed(ours, theirs)
    rows = [
        (min(ours.common(pair)), *(told_short(ours.texts[key]) for key in pair), ours.asked[pair][1])
        for pair in one_a_family(ours, found)[:NAMED]
    ]
    card = card_of(encoder)
    if card.is_file():
        head = ("claim", "one telling", "the other", "why")
        lead = f"{NAMED} of {len(found)}:"
        write_table(card, "missed", lead, [head, *rows])


def told_short(text: str) -> str:
    """The beginning of a text, as a cell of a table."""
    return text[:SHORT].replace("|", " ") + ("…" if len(text) > SHORT else "")


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
