"""How well and how fast posts are grouped, beside every peer, on the same normalized texts in the same run.

Thresholds, ours and the peers', are chosen on the claims of one fold and scored on those of the other. A post of
one fold that is put together with a post of the other is a false merge, in choosing as in scoring.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from opencc import OpenCC
from pypinyin import lazy_pinyin
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.feature_extraction.text import TfidfVectorizer

from models.loading import load_encoder
from pipeline.bench import Metric
from pipeline.group import GroupConfig, group
from pipeline.group.components import components
from pipeline.group.languages import opposites, written
from pipeline.group.memory import basis_of
from pipeline.group.near import nearest
from pipeline.group.near_kernels import both_ways, near_rows
from pipeline.group.pairs import (
    nearest_vectors,
    quantize,
    telling_rows,
    unique_pairs,
    vector_cosines,
)
from pipeline.group.remember import PACKED, telling
from pipeline.group.verify import Verifier
from pipeline.group.views import sound_view, stack
from pipeline.normalize import normalize
from pipeline.segment import segment

Labels = list[Hashable]
Rows = list[dict[str, Any]]
Say = Callable[[str], None]
STEPS = (0.16, 0.18, 0.19, 0.20, 0.21, 0.22, 0.24, 0.26, 0.28, 0.32, 0.36, 0.40)
CLOSENESS = tuple(np.round(np.arange(0.2, 0.96, 0.05), 2).tolist())
TITLES = 100_000
MILLION = 1_000_000
LANGUAGES = 2_000
BRUTE = 100_000
BRUTE_ASKED = 5_000
"""Texts that are compared with all of ``BRUTE``."""
YEAR = 365.0
DRAWS = 4
"""Draws of posts to disguise and of their homophones."""
READ = Path(__file__).with_name("claim_groups_read.tsv")
"""Pairs of labels of ``claim_groups`` with a reader's verdict; ids only."""


def run(data: Path, progress: Say) -> list[Metric]:
    """Return the figures of all parts; parts whose data is not there are left out."""
    metrics: list[Metric] = []
    for part in (_ced, _suggested, _languages, _silver, _titles, _candidates, _million):
        progress(part.__name__.strip("_"))
        metrics += part(data, progress)
    return metrics


# -- data ------------------------------------------------------------------------------------------------------------


def _read(path: Path) -> Rows:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _ced_posts(data: Path) -> tuple[Rows, Labels]:
    posts = {row["id"]: row for row in _read(data / "eval" / "ced" / "posts.jsonl.gz")}
    gold = {row["id"]: row["claim"] for row in _read(data / "eval" / "ced_claims_gold.jsonl.gz")}
    return [posts[name] for name in gold], list(gold.values())


@dataclass(frozen=True)
class Corpus:
    """Texts with vectors, and which text each post became."""

    texts: pa.Table
    vectors: np.ndarray[Any, np.dtype[np.float32]]
    text_of: list[int]

    @classmethod
    def of(cls, rows: Rows) -> Corpus:
        """Normalize, segment and encode rows with ``text`` and perhaps ``time``."""
        table = _table(rows)
        normalized = normalize(table)
        texts = segment(normalized, table)
        place = {key: index for index, key in enumerate(texts["text_key"].to_pylist())}
        vectors = load_encoder().encode(texts["match_text"].to_pylist())
        return cls(texts, vectors, [place[key] for key in normalized["text_key"].to_pylist()])

    def labels(self, config: GroupConfig) -> Labels:
        """The group of each post."""
        members = group(self.texts, self.vectors, config).members
        of = members["group_key"].to_pylist()
        return [of[index] for index in self.text_of]

    def spread(self, labels: Sequence[Hashable]) -> Labels:
        """The label of each post, given one per text."""
        return [labels[index] for index in self.text_of]


def _table(rows: Rows) -> pa.Table:
    times = [datetime.fromisoformat(row["time"]).astimezone(UTC) if row.get("time") else None for row in rows]
    return pa.table(
        {
            "post_id": [f"p:{index}" for index in range(len(rows))],
            "title": pa.array([None] * len(rows), pa.string()),
            "text": [row["text"] for row in rows],
            "posted_at": pa.array(times, pa.timestamp("us", "UTC")),
        }
    )


# -- scores ----------------------------------------------------------------------------------------------------------


def _tally(found: Labels, gold: Labels, rows: Iterable[int]) -> np.ndarray[Any, Any]:
    """Counts behind both scores, summed over ``rows``: they add up over folds."""
    joint, sizes, claims = Counter(zip(found, gold, strict=True)), Counter(found), Counter(gold)
    total = np.zeros(6)
    for row in rows:
        same = joint[found[row], gold[row]]
        total[:3] += same - 1, sizes[found[row]] - 1, claims[gold[row]] - 1
        if claims[gold[row]] > 1:
            total[3:] += same / sizes[found[row]], same / claims[gold[row]], 1
    return total


def _scores(tally: np.ndarray[Any, Any]) -> tuple[float, float, float]:
    """Pairwise F1, B-cubed F1 over posts in multi-post claims, pairwise recall."""
    pair = _f1(tally[0] / max(tally[1], 1), tally[0] / max(tally[2], 1))
    return pair, _f1(tally[3] / tally[5], tally[4] / tally[5]), float(tally[0] / max(tally[2], 1))


def _f1(precision: float, recall: float) -> float:
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def _bcubed_tally(found: Labels, gold: Labels) -> np.ndarray[Any, Any]:
    """B-cubed precision and recall of each post, one row each."""
    joint, sizes, claims = Counter(zip(found, gold, strict=True)), Counter(found), Counter(gold)
    return np.array(
        [(joint[f, g] / sizes[f], joint[f, g] / claims[g]) for f, g in zip(found, gold, strict=True)]
    )


def _bcubed(found: Labels, gold: Labels) -> float:
    """B-cubed F1 over all posts."""
    return _f1(*_bcubed_tally(found, gold).mean(axis=0))


def _fold(claim: Hashable, seed: int) -> int:
    return hashlib.sha256(f"{seed}:{claim}".encode()).digest()[0] % 2


def _two_fold(runs: Sequence[Labels], gold: Labels, seeds: int = 5) -> tuple[float, float, list[int]]:
    """Scores with the setting chosen on one fold and scored on the other, mean of several splits; and the choices."""
    every, chosen = [], []
    for seed in range(seeds):
        total = np.zeros(6)
        for fold in (0, 1):
            train = [row for row, claim in enumerate(gold) if _fold(claim, seed) == fold]
            test = [row for row, claim in enumerate(gold) if _fold(claim, seed) != fold]
            best = max(range(len(runs)), key=lambda i: sum(_scores(_tally(runs[i], gold, train))[:2]))
            total += _tally(runs[best], gold, test)
            chosen.append(best)
        every.append(_scores(total))
    return float(np.mean([s[0] for s in every])), float(np.mean([s[1] for s in every])), chosen


def _two_fold_bcubed(runs: Sequence[Labels], gold: Labels, seeds: int = 5) -> float:
    """B-cubed F1 over all posts, the setting chosen on one fold and scored on the other, mean of several splits."""
    tallies, every = [_bcubed_tally(run, gold) for run in runs], []
    for seed in range(seeds):
        first = np.array([_fold(claim, seed) == 0 for claim in gold])
        total = np.zeros(2)
        for train in (first, ~first):
            best = max(tallies, key=lambda tally: _f1(*tally[train].mean(axis=0)))
            total += best[~train].sum(axis=0)
        every.append(_f1(*(total / len(gold))))
    return float(np.mean(every))


# -- peers -----------------------------------------------------------------------------------------------------------


def _words(corpus: Corpus) -> Any:
    lists = corpus.texts["tokens"].to_pylist()
    kept = [[word for word in words if len(word) > 1] for words in lists]
    return TfidfVectorizer(analyzer=lambda words: words).fit_transform(kept)


def _dbscan(corpus: Corpus) -> list[Labels]:
    matrix = _words(corpus)
    return [
        corpus.spread(_own_label(DBSCAN(eps=1 - step, min_samples=2, metric="cosine").fit_predict(matrix)))
        for step in CLOSENESS
    ]


def _hdbscan(corpus: Corpus) -> list[Labels]:
    found = HDBSCAN(min_cluster_size=2, metric="euclidean", copy=True).fit_predict(corpus.vectors)
    return [corpus.spread(_own_label(found))]


def _hdbscan_words(corpus: Corpus) -> list[Labels]:
    apart = np.clip(1 - (_words(corpus) @ _words(corpus).T).toarray(), 0, None)
    found = HDBSCAN(min_cluster_size=2, metric="precomputed", copy=True).fit_predict(apart)
    return [corpus.spread(_own_label(found))]


def _single_link(corpus: Corpus) -> list[Labels]:
    rows = np.arange(len(corpus.texts))
    found = {
        step: nearest_vectors(quantize(corpus.vectors), rows, step, len(rows)) for step in (*CLOSENESS, 0.875)
    }
    return [corpus.spread(components(len(rows), pairs).tolist()) for pairs in found.values()]


def _minhash(corpus: Corpus) -> list[Labels]:
    from datasketch import MinHash, MinHashLSH

    forms = corpus.texts["match_text"].to_pylist()
    hashes = MinHash.bulk(
        [{form[i : i + 3].encode() for i in range(max(len(form) - 2, 1))} for form in forms]
    )
    runs = []
    for step in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        index = MinHashLSH(threshold=step, num_perm=128)
        for row, value in enumerate(hashes):
            index.insert(row, value)
        pairs = [
            (row, other)
            for row, value in enumerate(hashes)
            for other in index.query(value)
            if row < other and value.jaccard(hashes[other]) >= step
        ]
        runs.append(corpus.spread(_linked(len(forms), pairs)))
    return runs


def _simhash(corpus: Corpus) -> list[Labels]:
    from simhash import Simhash

    codes = np.array([Simhash(form).value for form in corpus.texts["match_text"].to_pylist()], np.uint64)
    apart = np.bitwise_count(codes[:, None] ^ codes[None, :])
    runs = []
    for bits in (3, 6, 9, 12, 15, 18):
        left, right = np.nonzero(apart <= bits)
        runs.append(corpus.spread(components(len(codes), unique_pairs(left, right)).tolist()))
    return runs


def _bertopic(corpus: Corpus) -> list[Labels]:
    from bertopic import BERTopic

    model = BERTopic(min_topic_size=2, calculate_probabilities=False)
    topics, _ = model.fit_transform(corpus.texts["match_text"].to_pylist(), corpus.vectors)
    return [corpus.spread(_own_label(np.array(topics)))]


def _semhash(corpus: Corpus) -> list[Labels]:
    from semhash import SemHash

    forms, size = corpus.texts["match_text"].to_pylist(), len(corpus.texts)
    place = {form: row for row, form in enumerate(forms)}
    runs = []
    for step in (0.6, 0.7, 0.8, 0.9):
        index = SemHash.from_embeddings(corpus.vectors, forms, model=load_encoder())
        alike = index.self_deduplicate(threshold=step)
        pairs = [(place[r.record], place[other]) for r in alike.filtered for other, _ in r.duplicates]
        runs.append(corpus.spread(_linked(size, pairs)))
    return runs


def _louvain(corpus: Corpus) -> list[Labels]:
    import networkx

    words, runs = _words(corpus), []
    alike = (words @ words.T).tocoo()
    for step in CLOSENESS[::3]:
        graph = networkx.Graph()
        graph.add_nodes_from(range(len(corpus.texts)))
        kept = (alike.data >= step) & (alike.row < alike.col)
        links = zip(
            alike.row[kept].tolist(), alike.col[kept].tolist(), alike.data[kept].tolist(), strict=True
        )
        graph.add_weighted_edges_from(links)
        found = networkx.community.louvain_communities(graph, seed=1)
        label = {node: index for index, nodes in enumerate(found) for node in nodes}
        runs.append(corpus.spread([label[row] for row in range(len(corpus.texts))]))
    return runs


def _own_label(found: np.ndarray[Any, Any]) -> Labels:
    """Noise (-1) is a group of its own for each text."""
    return [int(label) if label >= 0 else f"alone {row}" for row, label in enumerate(found)]


def _linked(size: int, pairs: list[tuple[int, int]]) -> Labels:
    return components(size, np.array(pairs, np.int64).reshape(-1, 2)).tolist()


PEERS: dict[str, Callable[[Corpus], list[Labels]]] = {
    "TF-IDF + DBSCAN": _dbscan,
    "TF-IDF + HDBSCAN": _hdbscan_words,
    "HDBSCAN on vectors": _hdbscan,
    "vectors, single link": _single_link,
    "datasketch MinHash LSH": _minhash,
    "SimHash": _simhash,
    "semhash": _semhash,
    "Louvain on words": _louvain,
    "BERTopic": _bertopic,
}


def _peer_runs(corpus: Corpus, say: Say) -> dict[str, list[Labels]]:
    runs = {}
    for name, peer in PEERS.items():
        try:
            runs[name] = peer(corpus)
        except ImportError as missing:
            say(f"{name} is left out: {missing.name} is not installed (pip install -e .[bench])")
    return runs


# -- parts -----------------------------------------------------------------------------------------------------------


def _ced(data: Path, say: Say) -> list[Metric]:
    """Claims judged by reading: clean, script-swapped and disguised."""
    rows, gold = _ced_posts(data)
    clean = Corpus.of(rows)
    ours = [clean.labels(replace(GroupConfig(), matched=step)) for step in STEPS]
    peers = _peer_runs(clean, say)
    pair, multi, chosen = _two_fold(ours, gold)
    theirs = {name: _two_fold(runs, gold) for name, runs in peers.items()}
    for name, (f1, bcubed, _) in sorted(theirs.items(), key=lambda item: -item[1][0]):
        say(f"  {name}: pairwise F1 {f1:.3f}, B-cubed F1 {bcubed:.3f}")
    best = max(theirs, key=lambda name: sum(theirs[name][:2]))
    shipped = _scores(_tally(clean.labels(GroupConfig()), gold, range(len(gold))))
    config = replace(GroupConfig(), matched=STEPS[Counter(chosen).most_common(1)[0][0]])
    metrics = [
        Metric("group.ced.pairwise_f1", pair, theirs[best][0], best, "", 0.93),
        Metric("group.ced.bcubed_multi_f1", multi, theirs[best][1], best, "", 0.95),
        Metric("group.ced.shipped_pairwise_f1", shipped[0]),
        Metric("group.ced.shipped_bcubed_multi_f1", shipped[1]),
    ]
    return metrics + _swapped(rows, gold, config) + _disguised(rows, gold, config, peers, best)


def _swapped(rows: Rows, gold: Labels, config: GroupConfig) -> list[Metric]:
    """Every second post in Traditional: what the other script costs."""
    whole = range(len(gold))
    before = _scores(_tally(Corpus.of(rows).labels(config), gold, whole))[0]
    worst = min(
        _scores(_tally(Corpus.of(_in_script(rows, name)).labels(config), gold, whole))[0]
        for name in ("s2t", "s2twp", "s2hkp")
    )
    return [
        Metric("group.ced.script_swap_f1_loss", before - worst, unit="F1", goal=0.0, higher_is_better=False)
    ]


def _in_script(rows: Rows, name: str) -> Rows:
    converter = OpenCC(name)
    return [{**row, "text": converter.convert(row["text"])} if i % 2 else row for i, row in enumerate(rows)]


def _disguised(
    rows: Rows, gold: Labels, config: GroupConfig, peers: dict[str, list[Labels]], best: str
) -> list[Metric]:
    """Homophones for 30 % of the words of every second post of a multi-post claim: how much recall falls.

    The first draw of posts and homophones has a figure of its own; the other is the mean of all draws.
    """
    step, speak = _best_setting(peers[best], gold), _Homophones(rows)
    clean = Corpus.of(rows).labels(config), peers[best][step]
    before = [_recall(labels, gold) for labels in clean]
    losses = []
    for draw in range(DRAWS):
        corpus = Corpus.of(_hidden(rows, gold, speak, draw))
        after = corpus.labels(config), PEERS[best](corpus)[step]
        losses.append([was - _recall(labels, gold) for was, labels in zip(before, after, strict=True)])
    name = "group.ced.disguise_recall_loss"
    return [
        Metric(called, ours, theirs, best, "recall", theirs / 3, higher_is_better=False)
        for called, (ours, theirs) in ((name, losses[0]), (f"{name}_mean", np.mean(losses, axis=0).tolist()))
    ]


def _hidden(rows: Rows, gold: Labels, speak: _Homophones, draw: int) -> Rows:
    """The posts with every second one of the multi-post claims in disguise; which ones changes with the draw."""
    claims = Counter(gold)
    return [
        {**row, "text": speak.disguise(row["text"], 0.3, index + draw * len(rows))}
        if (index + draw) % 2 and claims[claim] > 1
        else row
        for index, (row, claim) in enumerate(zip(rows, gold, strict=True))
    ]


def _recall(found: Labels, gold: Labels) -> float:
    return _scores(_tally(found, gold, range(len(gold))))[2]


def _best_setting(runs: list[Labels], gold: Labels) -> int:
    """Which setting scores best on all of CED: what a peer is run with elsewhere."""
    return max(range(len(runs)), key=lambda i: sum(_scores(_tally(runs[i], gold, range(len(gold))))[:2]))


class _Homophones:
    """Other characters with the sound of these, from the characters of the posts themselves."""

    def __init__(self, rows: Rows) -> None:
        counts = Counter(char for row in rows for char in row["text"] if "\u4e00" <= char <= "\u9fff")
        self._alike: dict[str, list[str]] = {}
        for char in sorted(char for char, count in counts.items() if count > 2):
            self._alike.setdefault(lazy_pinyin(char)[0], []).append(char)

    def disguise(self, text: str, share: float, seed: int) -> str:
        """The text with this share of its words in homophones."""
        import jieba

        choose = random.Random(seed)
        return "".join(
            self._word(word, choose) if choose.random() < share else word for word in jieba.dt.cut(text)
        )

    def _word(self, word: str, choose: random.Random) -> str:
        sounds = lazy_pinyin(word)
        if len(sounds) != len(word):
            return word
        others = [[c for c in self._alike.get(s, []) if c != w] for s, w in zip(sounds, word, strict=True)]
        return "".join(choose.choice(c) if c else w for c, w in zip(others, word, strict=True))


def _suggested(data: Path, say: Say) -> list[Metric]:
    """Pairs that people are shown: how many of them carry one claim."""
    rows, gold = _ced_posts(data)
    corpus = Corpus.of(rows)
    found = group(corpus.texts, corpus.vectors)
    keys = corpus.texts["text_key"].to_pylist()
    claim = {keys[text]: name for text, name in zip(corpus.text_of, gold, strict=True)}
    same = [claim[row["left_key"]] == claim[row["right_key"]] for row in found.matches.to_pylist()]
    groups = len(set(found.members["group_key"].to_pylist()))
    return [
        Metric("group.ced.suggested_precision", float(np.mean(same)) if same else None),
        Metric("group.ced.suggested_per_100_groups", 100 * len(same) / groups, higher_is_better=False),
    ]


def _languages(data: Path, say: Say) -> list[Metric]:
    """English and Chinese sentences that say the same, in one heap: which are shown together."""
    rows = _read(data / "eval" / "pairs" / "wmt21_zh_en.jsonl.gz")[:LANGUAGES]
    corpus = Corpus.of([{"text": row[side]} for row in rows for side in ("a", "b")])
    meant: dict[int, set[int]] = {}
    for text, row in zip(corpus.text_of, (r for r in range(len(rows)) for _ in "ab"), strict=True):
        meant.setdefault(text, set()).add(row)
    steps = quantize(corpus.vectors)
    every, config = np.ones(len(corpus.texts), np.bool_), GroupConfig()
    letters = written(corpus.texts["match_text"])
    found = opposites(letters, every, lambda rows: steps[rows], config).mutual(config.alike_vectors)
    right = [bool(meant[left] & meant[other]) for left, other in found.tolist()]
    say(f"  mean cosine of what is shown: {float(vector_cosines(steps, found).mean()):.2f}")
    return [
        Metric("group.languages.suggested_precision", float(np.mean(right))),
        Metric("group.languages.suggested_recall", sum(right) / len(rows)),
    ]


def _silver(data: Path, say: Say) -> list[Metric]:
    """Groups by overlap of characters: large, but blind to other wordings of one claim.

    Settings are chosen twice: on the other fold of these labels, and by people's judgement of CED ("shipped").
    """
    rows = _read(data / "eval" / "claim_groups.jsonl.gz")
    gold: Labels = [row["group"] for row in rows]
    corpus = Corpus.of(rows)
    runs = [corpus.labels(replace(GroupConfig(), matched=step)) for step in (*STEPS, 0.44, 0.48)]
    shipped = corpus.labels(GroupConfig())
    folded, elsewhere = _silver_peers(data, corpus, gold, say)
    best, other = (max(found, key=lambda name: found[name]) for found in (folded, elsewhere))
    read = _bcubed(shipped, _as_read(gold))
    return [
        Metric("group.silver.bcubed_f1", _two_fold_bcubed(runs, gold), folded[best], best, goal=0.97),
        Metric("group.silver.shipped_bcubed_f1", _bcubed(shipped, gold), elsewhere[other], other),
        Metric("group.silver.shipped_bcubed_f1_as_read", read),
    ]


def _silver_peers(
    data: Path, corpus: Corpus, gold: Labels, say: Say
) -> tuple[dict[str, float], dict[str, float]]:
    """B-cubed F1 of each peer: setting from the other fold, and the setting that is best on CED."""
    posts, claims = _ced_posts(data)
    settings = {name: _best_setting(runs, claims) for name, runs in _peer_runs(Corpus.of(posts), say).items()}
    runs = {name: PEERS[name](corpus) for name in settings}
    folded = {name: _two_fold_bcubed(found, gold) for name, found in runs.items()}
    elsewhere = {name: _bcubed(runs[name][setting], gold) for name, setting in settings.items()}
    for name in sorted(folded, key=lambda name: -folded[name]):
        say(f"  {name}: B-cubed F1 {folded[name]:.3f}, with its setting for CED {elsewhere[name]:.3f}")
    return folded, elsewhere


def _as_read(gold: Labels) -> Labels:
    """The labels joined where a reader found one claim under two.

    ``claim_groups_read.tsv`` judges the labels that our groups join (``read``), and those that CED's judgement joins
    (``gold``); what nobody joins was not read, so this corrects the label where it is too fine only.
    """
    lines = READ.read_text("utf-8").splitlines()[1:]
    judged = [line.split("\t") for line in lines]
    names = sorted({*map(str, gold), *(name for row in judged for name in row[:2])})
    place = {name: index for index, name in enumerate(names)}
    same = [(place[left], place[right]) for left, right, verdict, _ in judged if verdict == "same"]
    joined = _linked(len(names), same)
    return [joined[place[str(label)]] for label in gold]


def _some_titles(data: Path, count: int) -> Rows:
    titles = _read(data / "train" / "trending_titles_to_2024.jsonl.gz")
    random.Random(5).shuffle(titles)
    return [{"text": row["text"], "time": row["first_seen"]} for row in titles[:count]]


def _titles(data: Path, say: Say) -> list[Metric]:
    """Trending titles that are put together although first seen more than a year apart."""
    corpus = Corpus.of(_some_titles(data, TITLES))
    members = group(corpus.texts, corpus.vectors).members
    _, labels = np.unique(np.array(members["group_key"].to_pylist()), return_inverse=True)
    days = np.array([time.timestamp() / 86_400 for time in corpus.texts["first_at"].to_pylist()])
    order = np.argsort(labels, kind="stable")
    far = 0
    for group_rows in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        seen = days[group_rows]
        far += int((np.maximum(seen - seen.min(), seen.max() - seen) > YEAR).sum())
    share = 100 * far / TITLES
    return [Metric("group.titles.year_apart", share, unit="%", goal=0.1, higher_is_better=False)]


def _candidates(data: Path, say: Say) -> list[Metric]:
    """Share of the pairs that match which the search for candidates finds.

    The truth: some texts drawn at random, each compared with every other that shares a word or sound with it.
    """
    corpus, config = Corpus.of(_some_titles(data, BRUTE)), GroupConfig()
    verifier = Verifier(corpus.texts, config)
    able = pc.utf8_length(corpus.texts["match_text"]).to_numpy() >= config.shortest
    asked = np.sort(np.random.default_rng(7).choice(np.flatnonzero(able), BRUTE_ASKED, replace=False))
    documents = np.concatenate([verifier.words.documents, verifier.sounds.documents])
    every = telling_rows(stack(verifier.words, verifier.sounds), able, documents, BRUTE)
    one, other, _ = near_rows(both_ways(every, asked), asked, 0.01)
    everything = unique_pairs(one, other)
    true = np.concatenate(
        [
            some[verifier.judge(some).matched]
            for some in np.array_split(everything, 1 + len(everything) // MILLION)
        ]
    )
    say(f"  {len(true)} pairs of {BRUTE_ASKED} texts match")
    packed = sound_view(corpus.texts["match_text"], np.ones(len(corpus.texts), np.bool_), PACKED)
    rows = telling(verifier.words, packed, able, config)
    looked_at = np.concatenate(nearest(rows, config.floor, config.neighbors, lambda pairs: pairs)[0])
    found = np.isin(true @ [1 << 32, 1], looked_at @ [1 << 32, 1])
    return [Metric("group.candidates.recall", float(found.mean()), goal=0.99)]


def _million(data: Path, say: Say) -> list[Metric]:
    """A million posts: real titles, and what real reposts say in their own words; then a thousand more."""
    reposts = _read(data / "eval" / "ced" / "reposts.jsonl.gz")
    rows = _some_titles(data, MILLION - len(reposts)) + [
        {"text": row["text"], "time": row["time"]} for row in reposts
    ]
    (corpus, arrived), spoken = _spent(lambda: _spoken(rows))
    inside = np.argsort(np.argsort(arrived)) < _within_a_step(len(arrived))
    _, ours = _spent(lambda: group(corpus.texts, corpus.vectors, arrived=arrived))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    say(f"  {len(corpus.texts)} distinct texts; to words and vectors {spoken[0]:.0f} s")
    joined, afresh, equal = _join(
        Corpus(corpus.texts.filter(pa.array(inside)), corpus.vectors[inside], []), arrived[inside]
    )
    _, theirs = _spent(lambda: _lsh(corpus.texts["match_text"].to_pylist()))
    metrics = [
        Metric("group.1m.peak_gb", peak, unit="GB", goal=6, higher_is_better=False),
        Metric("group.1m.thousand_more_equal", float(equal), goal=1),
    ]
    for kind, told in enumerate(("seconds", "cpu_seconds")):  # the goals are seconds of two idle cores
        few = theirs[kind] / 5
        for name, one, other, peer, goal in (
            ("", spoken[kind] + ours[kind], None, "", 300),
            ("grouping_", ours[kind], theirs[kind], "datasketch LSH", few),
            ("thousand_more_", joined[kind], afresh[kind], "all at once", 5),
        ):
            metrics.append(
                Metric(
                    f"group.1m.{name}{told}",
                    one,
                    other,
                    peer,
                    "s",
                    None if kind else goal,
                    higher_is_better=False,
                )
            )
    return metrics


def _spent(work: Callable[[], Any]) -> tuple[Any, tuple[float, float]]:
    """What ``work`` gives, and the seconds that it took: by the wall, and of all processors together."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, (time.perf_counter() - wall, time.process_time() - cpu)


def _spoken(rows: Rows) -> tuple[Corpus, np.ndarray[Any, np.dtype[np.int64]]]:
    """The corpus of posts that say something, and the place at which each text was first met."""
    table = _table(rows)
    normalized = normalize(table)
    said = pc.not_equal(normalized["match_text"], "")
    first = normalized.append_column("row", pa.array(np.arange(len(rows)))).filter(said)
    texts = segment(first.drop(["row"]), table)
    met = first.group_by("text_key").aggregate([("row", "min")])
    place = pc.index_in(texts["text_key"], value_set=met["text_key"].combine_chunks()).to_numpy()
    vectors = load_encoder().encode(texts["match_text"].to_pylist())
    return Corpus(texts, vectors, []), met["row_min"].to_numpy()[place]


def _within_a_step(size: int) -> int:
    """The size, or the largest below it that a thousand more texts reach without statistics taken anew."""
    keys, arrived = np.array([f"{row:024d}" for row in range(size)], "S"), np.arange(size)
    taken = [
        int(basis_of(keys[:count], arrived[:count], GroupConfig()).sum()) for count in (size, size - 1_000)
    ]
    return size if taken[0] == taken[1] else taken[0] - 1


def _join(
    corpus: Corpus, arrived: np.ndarray[Any, Any]
) -> tuple[tuple[float, float], tuple[float, float], bool]:
    """Seconds (wall, processors) to group when the last thousand texts join, and afresh; whether both give the same.

    Once in a while (``statistics_step``) all is compared again; that is not what is measured here.
    """
    older = arrived < np.sort(arrived)[-1_000]
    before = group(corpus.texts.filter(pa.array(older)), corpus.vectors[older], arrived=arrived[older]).memory
    joined, seconds = _spent(lambda: group(corpus.texts, corpus.vectors, arrived=arrived, memory=before))
    afresh, others = _spent(lambda: group(corpus.texts, corpus.vectors, arrived=arrived))
    same = joined.members.equals(afresh.members) and joined.matches.equals(afresh.matches)
    return seconds, others, same


def _lsh(forms: list[str]) -> Labels:
    from datasketch import MinHash, MinHashLSH

    shingles = [{form[i : i + 3].encode() for i in range(max(len(form) - 2, 1))} for form in forms]
    hashes = MinHash.bulk(shingles)
    index = MinHashLSH(threshold=0.5, num_perm=128)
    for row, value in enumerate(hashes):
        index.insert(row, value)
    pairs = [
        (row, other)
        for row, value in enumerate(hashes)
        for other in index.query(value)
        if row < other and len(shingles[row] & shingles[other]) >= 0.5 * len(shingles[row] | shingles[other])
    ]
    return _linked(len(forms), pairs)
