"""How well changed wordings find the published review of their claim, beside BM25 over jieba words in the same run.

Library: the claims of the fact-checks, one per matching form. Queries: each claim written in another script, cut,
disguised, wrapped by a forwarder; posts of one claim group for each other (paraphrase: the post least like the
reviewed one asks, one per group; wordings: each other wording asks); Chinese sentences for English ones (across).
Reviews are halved by the hash of their form: views, weights and threshold of ``MatchConfig`` were chosen on the one
half (the run tells its figures, and what it would choose now), all metrics are of the other. Ranks count ties against
both. The same rumor reviewed by two outlets counts as wrong.

Groups of posts are silver labels. What either side misses among the first five of paraphrase and wordings was read, by
one reader who knew the sides (``match_read.tsv``): metrics ``as_read`` leave out queries whose label is another claim
and count a second review of the same claim as right, for both sides.

Strangers are messages from elsewhere (Cofacts) that ask among as many others of their kind, long ones too: most find
nothing, so how often something is suggested tells whether two texts are taken for one because both are long.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import jieba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.loading import load_encoder
from models.mutation import Mutation, add_noise, change_region, disguise, truncate
from pipeline.bench import Metric
from pipeline.match.likeness import MatchConfig, Reviewed, Texts, best
from pipeline.normalize import fold
from pipeline.segment import cut

Floats = NDArray[np.float32]
SLICES: dict[str, Sequence[Mutation]] = {
    "script": (change_region,),
    "cut": (truncate,),
    "disguise": (disguise,),
    "forwarded": (add_noise, truncate),
    "all": (disguise, change_region, add_noise, truncate),
}
PEER = "BM25, jieba words"
READ = Path(__file__).with_name("match_read.tsv")
"""Queries and reviews by the digests of their forms, and whether they are the same claim."""
ACROSS = 1_000
_LEAST, _LONG = 20, 150
"""Characters of the shortest message that asks as a stranger, and from where on one is long."""
CLAIMS, REVIEWS = 100_000, 10_000
_FALSE_ALARMS = {False: 0.09, True: 0.05}
"""Of claims that nobody reviewed, the share for which something may be suggested: what thresholds were chosen by.

Stricter between languages (``True``), so that they do not crowd out reviews in the claim's own."""


@dataclass(frozen=True)
class Asked:
    """Queries of one slice: what is written, and the review that each must find."""

    texts: list[str]
    target: NDArray[np.int64]


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Figures of every slice, of the threshold, and of the speed."""
    library, asked = _material(data / "eval")
    progress(f"{len(library):,} reviews, {sum(len(a.texts) for a in asked.values()):,} queries")
    encoder = load_encoder()
    known = _texts(library, encoder.encode)
    scored = np.array([_half(form) for form in known.forms])
    metrics: list[Metric] = []
    seen: dict[str, _Seen] = {}
    peer = Bm25(library)
    for name, one in asked.items():
        progress(name)
        seen[name] = found = _look(Reviewed(known, _texts(one.texts, encoder.encode), MatchConfig()), one)
        mine = scored[one.target]
        theirs = peer.ranks(one)
        if name in {"paraphrase", "wordings"}:
            metrics += _as_read(name, one, mine, known, encoder.encode, peer)
        metrics += _compared(name, found.ranks[mine], theirs[mine])
        progress(f"{name}, choosing half: {_told(found.ranks[~mine])} beside {_told(theirs[~mine])}")
    metrics += _strangers(data / "eval" / "cofacts_messages_dev.jsonl.gz", known, encoder.encode)
    metrics += _threshold(seen, {name: scored[one.target] for name, one in asked.items()})
    for line in _chosen(seen, {name: ~scored[one.target] for name, one in asked.items()}):
        progress(line)
    metrics.append(_speed(known, progress))
    return metrics


@dataclass(frozen=True)
class _Seen:
    """What one slice's queries met: one row per query."""

    ranks: NDArray[np.int64]
    right: Floats
    """Logit of the right review, minus infinity where it is not among those shown."""
    wrong: Floats
    """The highest logit of any other: what would be shown were the right one not in the library."""
    examples: NDArray[Any]
    """Views of the right review and its 20 strongest rivals."""


def _look(reviewed: Reviewed, asked: Asked) -> _Seen:
    parts = []
    for block in reviewed.blocks():
        target = asked.target[block.first : block.first + len(block.fused)]
        right, wrong = _tops(block.fused, target)
        parts.append(
            (rank_of(block.fused, target), right, wrong, _examples(block.views, block.fused, target))
        )
    return _Seen(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _half(form: str) -> bool:
    """Whether a review is of the half that is scored."""
    return hashlib.blake2b(form.encode(), digest_size=2).digest()[0] % 2 == 1


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _material(folder: Path) -> tuple[list[str], dict[str, Asked]]:
    claims = [row["text"] for row in _rows(folder / "factchecks_zh.jsonl.gz")]
    claims = list(dict(zip(fold(claims)[0], claims, strict=True)).values())
    asked = {name: _mutated(claims, name, changes) for name, changes in SLICES.items()}
    library = list(claims)
    groups = _groups(folder / "claim_groups.jsonl.gz")
    places = len(library) + np.arange(len(groups))
    asked["paraphrase"] = Asked([others[0] for _, others in groups], places)
    asked["wordings"] = Asked(
        [one for _, others in groups for one in others],
        np.repeat(places, [len(others) for _, others in groups]),
    )
    library += [told for told, _ in groups]
    pairs = list(_rows(folder / "pairs" / "wmt21_zh_en.jsonl.gz"))[:ACROSS]
    left, right = [row["a"] for row in pairs], [row["b"] for row in pairs]
    asked["across"] = Asked(left, len(library) + np.arange(len(right)))
    return library + right, asked


def _mutated(claims: Sequence[str], name: str, changes: Sequence[Mutation]) -> Asked:
    random, texts = Random(name), []
    for claim in claims:
        text = claim
        for change in changes:
            text = change(text, random) or text
        texts.append(text)
    return Asked(texts, np.arange(len(claims)))


def _groups(path: Path) -> list[tuple[str, list[str]]]:
    """Per claim group of two wordings or more: the earliest post, and the others, the least like it first."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(path):
        if row["dup_of"] is None:
            groups[row["group"]].append(row)
    found = []
    for rows in groups.values():
        rows.sort(key=lambda row: (row["time"] or "", row["id"]))
        first = _trigrams(rows[0]["text"])
        likeness = {r["text"]: _jaccard(first, _trigrams(r["text"])) for r in rows[1:]}
        others = sorted((text for text in likeness if likeness[text] < 1), key=lambda t: (likeness[t], t))
        if others:
            found.append((rows[0]["text"], others))
    return found


def _trigrams(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 3] for i in range(len(text) - 2))


def _jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / max(1, len(left | right))


def _texts(texts: Sequence[str], encode: Callable[[Sequence[str]], Floats]) -> Texts:
    forms = [form[:1_000] for form in fold(texts)[0]]
    return Texts(forms, cut(forms), encode(forms))


def rank_of(scores: Floats, target: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each row's target, ties counted against it."""
    own = scores[np.arange(len(scores)), target][:, None]
    return np.asarray((scores >= own).sum(axis=1), np.int64)


def _tops(scores: Floats, target: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The target's score, where it is first of five, else minus infinity; and the best score without the target."""
    rows = np.arange(len(scores))
    own = scores[rows, target].copy()
    shown = rank_of(scores, target) <= MatchConfig().most
    without = scores.copy()
    without[rows, target] = -np.inf
    return np.where(shown, own, -np.inf).astype(np.float32), without.max(axis=1)


def _examples(views: Sequence[Floats], fused: Floats, target: NDArray[np.int64]) -> NDArray[Any]:
    """Views of the target and of its 20 strongest rivals: shape (rows, 21, views)."""
    rivals = fused.copy()
    rivals[np.arange(len(fused)), target] = -np.inf
    columns = np.hstack([target[:, None], best(rivals, 20)])
    return np.stack([np.take_along_axis(view, columns, 1) for view in views], axis=-1)


def _chosen(seen: dict[str, _Seen], choose: dict[str, NDArray[np.bool_]]) -> list[str]:
    """What the half that is not scored would choose: weights beside that of sounds, and the bias of a threshold."""
    config = MatchConfig()
    within = np.concatenate([one.examples[choose[name]] for name, one in seen.items() if name != "across"])

    def reached(words: float, meaning: float) -> float:
        fused = within @ np.array([words, config.sounds, config.passages, meaning])
        return float((1 / (fused >= fused[:, :1]).sum(axis=1)).mean())

    grid = [(reached(w, m), w, m) for w in (0.0, 2.0, 4.0, 8.0) for m in (1.0, 2.5, 5.0, 10.0)]
    top, words, meaning = max(grid)
    out = [
        f"chosen within: words {words}, meaning {meaning} beside sounds {config.sounds}: MRR {top:.4f}; "
        f"configured {reached(config.words, config.meaning):.4f}"
    ]
    for across in (False, True):
        alarms = np.concatenate(
            [one.wrong[choose[name]] for name, one in seen.items() if (name == "across") is across]
        )
        bias = config.across_bias if across else config.bias
        shift = float(np.quantile(alarms, 1 - _FALSE_ALARMS[across]))
        out.append(f"chosen {'across' if across else 'within'}: bias {bias - shift:.2f}, configured {bias}")
    return out


def _as_read(
    name: str,
    asked: Asked,
    mine: NDArray[np.bool_],
    known: Texts,
    encode: Callable[[Sequence[str]], Floats],
    peer: Bm25,
) -> list[Metric]:
    """The metrics of the scored half with labels as a reader found them."""
    place = {_digest(form): index for index, form in enumerate(known.forms)}
    forms = fold(asked.texts)[0]
    read = {query: (place[review], verdict) for query, review, verdict in _verdicts()}
    judged = [read.get(_digest(form)) for form in forms]
    kept = mine & np.array([one is None or one[1] == "same" for one in judged])
    also = np.array([one[0] if one else own for one, own in zip(judged, asked.target.tolist(), strict=True)])
    both = [
        Asked([t for t, k in zip(asked.texts, kept, strict=True) if k], at[kept])
        for at in (asked.target, also)
    ]
    texts = _texts(both[0].texts, encode)
    ours = [_look(Reviewed(known, texts, MatchConfig()), one).ranks for one in both]
    return _compared(f"{name}.as_read", np.minimum(*ours), np.minimum(*map(peer.ranks, both)))


def _verdicts() -> list[list[str]]:
    lines = READ.read_text("utf-8").splitlines()
    return [line.split("\t")[:3] for line in lines if not line.startswith("#")]


def _digest(form: str) -> str:
    return hashlib.blake2b(form.encode(), digest_size=8).hexdigest()


def _told(ranks: NDArray[np.int64]) -> str:
    return f"{(ranks <= 1).mean():.4f} / {(ranks <= 5).mean():.4f} / {(1 / ranks).mean():.4f}"


def _strangers(path: Path, known: Texts, encode: Callable[[Sequence[str]], Floats]) -> list[Metric]:
    """Messages for which something is suggested, among fact-checks and as many messages, by their length."""
    said = [text for text in (row["text"] for row in _rows(path)) if len(text) > _LEAST]
    ask = np.array([_half(text) for text in said])
    asking, others = (
        _texts([t for t, a in zip(said, ask == side, strict=True) if a], encode) for side in (1, 0)
    )
    library = Texts(
        [*known.forms, *others.forms],
        [*known.tokens, *others.tokens],
        np.vstack([known.vectors, others.vectors]),
    )
    blocks = Reviewed(library, asking, MatchConfig()).blocks()
    shown = np.concatenate([block.fused.max(axis=1) >= _floor() for block in blocks])
    long = np.array([len(form) > _LONG for form in asking.forms])
    return [
        Metric(f"match.suggest.strangers.{name}", round(float(shown[of].mean()), 4), unit=f"of {of.sum():,}")
        for name, of in (("short", ~long), ("long", long))
    ]


def _floor() -> float:
    config = MatchConfig()
    return float(np.log(config.suggest_from / (1 - config.suggest_from)))


def _compared(name: str, ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> list[Metric]:
    """hit@1, hit@5 and MRR of both; the goal is the peer's figure."""

    def metric(kind: str, measure: Callable[[NDArray[np.int64]], float]) -> Metric:
        mine, peer = round(measure(ours), 4), round(measure(theirs), 4)
        return Metric(f"match.factchecks.{name}.{kind}", mine, peer, PEER, f"of {len(ours):,}", peer)

    return [
        metric("hit1", lambda ranks: float((ranks <= 1).mean())),
        metric("hit5", lambda ranks: float((ranks <= 5).mean())),
        metric("mrr", lambda ranks: float((1 / ranks).mean())),
    ]


def _threshold(seen: dict[str, _Seen], scored: dict[str, NDArray[np.bool_]]) -> list[Metric]:
    """How often the right review is suggested, how often it is what stands first where anything is suggested, and how
    often anything is where the right one is not in the library."""
    floor, out = _floor(), []
    for across in (False, True):
        names = [name for name in seen if (name == "across") is across]
        right, wrong = (
            np.concatenate([getattr(seen[name], side)[scored[name]] for name in names])
            for side in ("right", "wrong")
        )
        label = "across" if across else "within"
        shown, alarms = (round(float((side >= floor).mean()), 4) for side in (right, wrong))
        first = (right > wrong)[np.maximum(right, wrong) >= floor].mean()
        out.append(Metric(f"match.suggest.{label}.recall", shown, unit="right one shown"))
        out.append(
            Metric(f"match.suggest.{label}.first", round(float(first), 4), unit="right, of the first shown")
        )
        out.append(Metric(f"match.suggest.{label}.false_alarms", alarms, unit="shown although absent"))
    return out


def _speed(known: Texts, progress: Callable[[str], None]) -> Metric:
    """Comparing claims with reviews, texts already folded, cut and encoded as the stage has them."""
    reviews = _tiled(known, REVIEWS)
    share = 0.1
    started = time.perf_counter()
    for block in Reviewed(reviews, _tiled(known, int(CLAIMS * share)), MatchConfig()).blocks():
        best(block.fused, 9)
    seconds = (time.perf_counter() - started) / share
    progress(f"{CLAIMS:,} claims x {REVIEWS:,} reviews: {seconds:.0f} s, from a tenth of the claims")
    return Metric("match.100k_10k.seconds", round(seconds, 1), unit="s", higher_is_better=False)


def _tiled(texts: Texts, count: int) -> Texts:
    picks = np.arange(count) % len(texts)
    forms = [f"{texts.forms[p]} {i // len(texts)}" for i, p in enumerate(picks)]
    return Texts(forms, [texts.tokens[p] for p in picks], texts.vectors[picks])


class Bm25:
    """Okapi BM25 (k1 1.5, b 0.75, idf of Lucene) over jieba's words of the text as written."""

    def __init__(self, documents: Sequence[str]) -> None:
        self._columns: dict[str, int] = {}
        counts = self._counts([jieba.lcut(text) for text in documents], learn=True)
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        holding = np.bincount(counts.indices, minlength=counts.shape[1])
        idf = np.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
        norm = 1.5 * (1 - 0.75 + 0.75 * lengths / lengths.mean())
        weights = counts.data * 2.5 / (counts.data + np.repeat(norm, np.diff(counts.indptr)))
        self._weights = sparse.csr_matrix(
            (weights * idf[counts.indices], counts.indices, counts.indptr), shape=counts.shape
        ).T.tocsr()

    def ranks(self, asked: Asked) -> NDArray[np.int64]:
        """Place of each query's target."""
        queries = self._counts([jieba.lcut(text) for text in asked.texts], learn=False)
        found = []
        for first in range(0, queries.shape[0], 512):
            scores = (queries[first : first + 512] @ self._weights).toarray().astype(np.float32)
            found.append(rank_of(scores, asked.target[first : first + 512]))
        return np.concatenate(found)

    def _counts(self, texts: Sequence[Sequence[str]], *, learn: bool) -> Any:
        rows, columns = [], []
        for row, words in enumerate(texts):
            for word in words:
                column = (
                    self._columns.setdefault(word, len(self._columns)) if learn else self._columns.get(word)
                )
                if column is not None and word.strip():
                    rows.append(row)
                    columns.append(column)
        shape = (len(texts), len(self._columns))
        return sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()
