"""How early the claims that matter come to the top, replaying time: at T only what was known at T.

Parts: speech (who asks, who corrects, on texts read for it), ced (rumor threads against others at one hour, learned
on the past and scored on the future), trend (which hot-search titles will reach the top 10), sample (minutes until
each rumor family of the fictional incident is among the first 20), speed. Labels decide what is scored and never
enter a score; no claim stands on both sides of a split.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from models.loading import load_encoder
from models.reactions import fit, rates
from pipeline.bench import Metric
from pipeline.claims import Previous, make_claims
from pipeline.collect import collect
from pipeline.group import group
from pipeline.incident import load_incident
from pipeline.normalize import fold, normalize
from pipeline.paths import CHECKOUT
from pipeline.phrases import speech_flags
from pipeline.rank import SIGNALS, RankConfig, RankInputs, rank
from pipeline.rank.learned import FREEDOM, features, learn
from pipeline.raw import observations
from pipeline.records import Post
from pipeline.segment import segment
from pipeline.speech_texts import cofacts_half
from pipeline.stages import own_words
from pipeline.tables import CLAIM_MATCHES, CLAIM_POSTS, RANKED_CLAIMS, TEXT_GROUPS, TEXT_MATCHES

Say = Callable[[str], None]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SAMPLE = CHECKOUT / "data" / "samples" / "sf-harbor-lane-fire"
POOL = 1_946
"""Threads in a pool of changed prevalence: as many as in the prior figures (97 rumors are 5 %)."""
DRAWS = 400
ONE_HOUR = 3600.0
PRIOR = re.compile(r"真的吗|求证|真假|属实|有证据|靠谱吗|真的假的|是不是真|可信吗|求真相|谣言吗")
CORRECTING = re.compile(r"辟谣|谣言|假的")
"""Phrases of the prior signal, as PEERS 5.2 names them; they were fixed before the data was looked at."""
TELLING = re.compile(r"谣|假|不实|虚构|骗|澄清|证实")
"""A reaction with one of these, or one that is heard as a correction, may tell the label: its words are not learned."""


def run(data: Path, progress: Say) -> list[Metric]:
    """Return the figures of all parts; parts whose data is not there are left out."""
    metrics: list[Metric] = []
    for part in (_speech, _ced, _trend, _sample, _speed):
        progress(part.__name__.strip("_"))
        try:
            metrics += part(data, progress)
        except FileNotFoundError as error:
            progress(f"left out: {error}")
    return metrics


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


# -- who asks, who corrects ------------------------------------------------------------------------------------------


def _speech(data: Path, progress: Say) -> list[Metric]:
    lines = (Path(__file__).with_name("speech_gold.tsv")).read_text(encoding="utf-8").splitlines()
    gold = [line.split("\t") for line in lines if not line.startswith("#")]
    wanted = {row[3] for row in gold}
    texts = {row["text"] for row in _read(data / "eval" / "ced" / "reposts.jsonl.gz")}
    reasons = _read(data / "eval" / "cofacts_reasons_for_doubt.jsonl.gz")
    texts |= {row["reason"].replace("\n", " ") for row in reasons if cofacts_half(row["article_id"]) == 1}
    short = sorted(text for text in texts if len(text) <= 200)
    form_of = {_digest(form): form for form in fold(short)[0] if _digest(form) in wanted}
    held = [row for row in gold if row[3] in form_of]
    progress(f"{len(held)} of {len(gold)} read texts found")
    asks, corrects = speech_flags(pa.chunked_array([[form_of[row[3]] for row in held]]))
    metrics = [Metric("rank.speech.read_texts", len(held), unit="texts", goal=200)]
    for kind in ("reposts", "reasons"):
        for name, heard in (("asks", asks), ("corrects", corrects)):
            metrics += _heard([row for row in held], kind, name, heard)
    return [*metrics, _speech_rate(short)]


def _digest(form: str) -> str:
    return hashlib.blake2b(form.encode(), digest_size=8).hexdigest()


def _heard(rows: Sequence[Sequence[str]], kind: str, name: str, heard: Bools) -> list[Metric]:
    """Precision and recall, each text weighing as many texts of its stratum as it stands for."""
    at = [n for n, row in enumerate(rows) if row[0] == kind]
    drawn: dict[str, int] = defaultdict(int)
    for n in at:
        drawn[rows[n][1]] += 1
    weight = np.array([int(rows[n][2]) / drawn[rows[n][1]] for n in at])
    true, hit = np.array([rows[n][4] == name for n in at]), heard[at]
    both = float((weight * (true & hit)).sum())
    return [
        Metric(f"rank.speech.{kind}_{name}_precision", round(both / float((weight * hit).sum()), 3)),
        Metric(f"rank.speech.{kind}_{name}_recall", round(both / float((weight * true).sum()), 3)),
    ]


def _speech_rate(texts: Sequence[str]) -> Metric:
    forms = pa.chunked_array([sorted(set(fold(texts[:60_000])[0]))])
    speech_flags(forms.slice(0, 10))
    started = time.process_time()
    speech_flags(forms)
    rate = len(forms) / (time.process_time() - started)
    return Metric("rank.speech.texts_per_cpu_second", round(rate), unit="distinct texts", goal=100_000)


# -- CED: rumors against others at one hour ----------------------------------------------------------------------------


def _ced(data: Path, progress: Say) -> list[Metric]:
    posts = {row["id"]: row for row in _read(data / "eval" / "ced" / "posts.jsonl.gz")}
    claim_of = {row["id"]: row["claim"] for row in _read(data / "eval" / "ced_claims_gold.jsonl.gz")}
    rows, prior, said = _threads(data, posts)
    names = sorted(rows, key=lambda name: (posts[name]["time"], name))
    half = len(names) // 2
    past = names[:half]
    known = {claim_of.get(name, name) for name in past}
    future = [name for name in names[half:] if claim_of.get(name, name) not in known]
    progress(f"{len(past)} threads teach, {len(future)} later ones score")
    y_past, y = (np.array([posts[name]["label"] == "rumor" for name in side]) for side in (past, future))
    claims = [claim_of.get(name, name) for name in future]
    same_months = _same_months(rows, said, future, y, claims)
    _react(rows, said, past, y_past, future)
    x_past, x = (features([rows[name] for name in side]) for side in (past, future))

    def learned(without: set[str]) -> Floats:
        return _learned(x_past, y_past, x, without)

    scores = {
        "learned": learned(set()),
        "learned_without_volume": learned({"volume", "spread", "growth", "burst"}),
        "learned_without_reactions": learned({"reactions"}),
        "same_months": same_months,
        "reactions": np.array([rows[name]["reactions"] for name in future]),
        "plain": np.array([rows[name]["score"] for name in future]),
        "enquiry": np.array([rows[name]["enquiry_share"] for name in future]),
    }
    peers = {
        "prior enquiry phrases": np.array([prior[name] for name in future]),
        "volume": np.array([float(rows[name]["recent_voices"]) for name in future]),
    }
    peer = {name: _ced_figures(score, y, claims) for name, score in peers.items()}
    metrics = _grain(y, claims)
    for name, score in scores.items():
        ours = _ced_figures(score, y, claims)
        progress(
            f"{name}: " + ", ".join(f"{k} {v:.3f} [{lo:.3f}, {hi:.3f}]" for k, (v, lo, hi) in ours.items())
        )
        goals = {"auc": 0.85, "p50_at_5pct": 0.60} if name == "learned" else {}
        for figure, (value, low, high) in ours.items():
            best = max(peer, key=lambda one: peer[one][figure][0])
            metrics += [
                Metric(f"rank.ced_1h.{name}.{figure}", round(value, 3), round(peer[best][figure][0], 3), best,
                       goal=goals.get(figure)),
                Metric(f"rank.ced_1h.{name}.{figure}_low", round(low, 3)),
                Metric(f"rank.ced_1h.{name}.{figure}_high", round(high, 3)),
            ]  # fmt: skip
    return metrics


def _learned(x_past: Floats, y_past: Bools, x: Floats, without: set[str]) -> Floats:
    """Weights of the past on the future; corrections tell the label and enter nothing that learns."""
    told = np.array([signal.name not in {"debunk_gap", *without} for signal in SIGNALS])
    found: Floats = x[:, told] @ learn(x_past[:, told], y_past, FREEDOM[told])
    return found


def _same_months(
    rows: dict[str, dict[str, Any]],
    said: dict[str, list[str]],
    names: Sequence[str],
    y: Bools,
    claims: Sequence[str],
) -> Floats:
    """What the same signals reach where other claims of the same months teach: nothing is chosen by it."""
    order = {claim: n for n, claim in enumerate(dict.fromkeys(claims))}
    fifth = np.array([order[claim] % 5 for claim in claims])
    score = np.zeros(len(names))
    for n in range(5):
        teach, asked = ([names[at] for at in np.flatnonzero(side)] for side in (fifth != n, fifth == n))
        _react(rows, said, teach, y[fifth != n], asked)
        x_teach, x = (features([rows[name] for name in side]) for side in (teach, asked))
        score[fifth == n] = _learned(x_teach, y[fifth != n], x, set())
    return score


def _grain(y: Bools, claims: Sequence[str]) -> list[Metric]:
    """How coarse a precision of 50 at 5 % is here: pools draw each thread many times or not at all."""
    told = {claim for claim, rumor in zip(claims, y, strict=True) if rumor}
    return [
        Metric("rank.ced_1h.rumor_threads", int(y.sum()), unit=f"of {len(y)}, {len(told)} claims"),
        Metric("rank.ced_1h.places_of_50_per_other_thread", round(0.95 * POOL / float((~y).sum()), 1)),
    ]


def _react(
    rows: dict[str, dict[str, Any]],
    said: dict[str, list[str]],
    past: Sequence[str],
    y_past: Bools,
    future: Sequence[str],
) -> None:
    """Fill in ``reactions``: of a past thread by models of the other fifths of the past, of a later one by all."""
    x_past, x = (_rates([said[name] for name in side]) for side in (past, future))
    fifths = np.arange(len(past)) * 5 // len(past)
    crossed = [
        fit(x_past[fifths != n], y_past[fifths != n]).chances(x_past[fifths == n]) for n in range(5)
    ]  # in the order of the past
    chances = np.concatenate([*crossed, fit(x_past, y_past).chances(x)])
    for name, chance in zip([*past, *future], chances.tolist(), strict=True):
        rows[name]["reactions"] = chance


def _rates(said: Sequence[list[str]]) -> csr_matrix:
    owner = np.repeat(np.arange(len(said)), [len(one) for one in said])
    return rates([text for one in said for text in one], owner, len(said))


def _threads(
    data: Path, posts: dict[str, dict[str, Any]]
) -> tuple[dict[str, dict[str, Any]], dict[str, float], dict[str, list[str]]]:
    """Each thread as a claim one hour after its first post.

    Its row of ``ranked_claims``, the prior signal, and the reactions whose words may be learned.
    """
    began = {name: datetime.fromisoformat(row["time"]).timestamp() for name, row in posts.items()}
    early = []
    for row in _read(data / "eval" / "ced" / "reposts.jsonl.gz"):
        if row["time"] and row["post_id"] in began:
            after = datetime.fromisoformat(row["time"]).timestamp() - began[row["post_id"]]
            if 0 <= after <= ONE_HOUR:
                early.append((row["post_id"], row["id"], row["author"], after, row["text"]))
    words = sorted({one[4] for one in early})
    forms = dict(zip(words, fold(words)[0], strict=True))
    distinct = sorted(set(forms.values()))
    asks, corrects = speech_flags(pa.chunked_array([distinct]))
    heard = {form: (bool(a), bool(c)) for form, a, c in zip(distinct, asks, corrects, strict=True)}
    as_of = datetime(2026, 1, 1, 1, tzinfo=UTC)
    made, said = [], []
    own = dict(zip(posts, fold([row["text"] for row in posts.values()])[0], strict=True))
    for name, row in posts.items():
        made.append((name, row["author"], 0.0))
        said.append((name, name, "carries", False, _digest(own[name])))
    for thread, name, author, after, text in early:
        a, c = heard[forms[text]]
        made.append((f"r{name}", author, after))
        said.append((thread, f"r{name}", "corrects" if c else "replies", a, _digest(forms[text])))
    start = as_of - timedelta(hours=1)
    table = pa.table(
        {
            "post_id": [m[0] for m in made],
            "platform": ["weibo"] * len(made),
            "source": ["weibo"] * len(made),
            "author_key": [m[1] for m in made],
            "posted_at": pa.array(
                [start + timedelta(seconds=m[2]) for m in made], pa.timestamp("us", tz="UTC")
            ),
            **{name: pa.nulls(len(made), pa.int64()) for name in ("likes", "reposts", "replies")},
        }
    )
    names = ("claim_id", "post_id", "role", "asks", "variant_key")
    claim_posts = pa.table({n: [s[i] for s in said] for i, n in enumerate(names)})
    exemplars = pa.table({"claim_id": list(posts), "text_key": list(posts)})
    texts = pa.table({"text_key": list(own), "match_text": list(own.values())})
    inputs = RankInputs(exemplars=exemplars, texts=texts)
    ranked = rank(table, claim_posts, as_of, RankConfig(window_minutes=20), inputs)[RANKED_CLAIMS.name]
    rows = {row["claim_id"]: row for row in ranked.to_pylist()}
    reactions: dict[str, list[str]] = {name: [] for name in posts}
    for thread, _, _, _, text in early:
        if forms[text] and not heard[forms[text]][1] and not TELLING.search(forms[text]):
            reactions[thread].append(forms[text])
    return rows, _prior(posts, early), reactions


def _prior(posts: dict[str, Any], early: Sequence[tuple[Any, ...]]) -> dict[str, float]:
    asked, among = dict.fromkeys(posts, 0), dict.fromkeys(posts, 0)
    for thread, _, _, _, text in early:
        if not CORRECTING.search(text):
            among[thread] += 1
            asked[thread] += bool(PRIOR.search(text))
    return {name: _wilson(asked[name], among[name]) for name in posts}


def _wilson(hits: int, n: int, z: float = 1.96) -> float:
    if not hits:
        return 0.0
    p = hits / n
    spread = z * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    return (p + z * z / (2 * n) - spread) / (1 + z * z / n)


def _ced_figures(score: Floats, y: Bools, claims: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """Each figure with its 95 % interval over draws of whole claims."""
    draw = np.random.default_rng(7)
    members: dict[str, list[int]] = defaultdict(list)
    for at, claim in enumerate(claims):
        members[claim].append(at)
    groups = [np.array(at) for at in members.values()]
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(DRAWS):
        at = np.concatenate([groups[n] for n in draw.integers(0, len(groups), len(groups))])
        s, t = score[at], y[at]
        for name, value in _natural(s, t, draw).items():
            found[name].append(value)
        for name, share in (("p50_at_5pct", 0.05), ("p50_at_1pct", 0.01)):
            found[name].append(_resampled(s, t, share, draw))
    whole = _natural(score, y, draw)
    return {
        name: (whole.get(name, float(np.mean(values))), *np.quantile(values, [0.025, 0.975]).tolist())
        for name, values in found.items()
    }


def _natural(score: Floats, y: Bools, draw: np.random.Generator) -> dict[str, float]:
    order = np.lexsort((draw.random(len(score)), -score))  # ties in no order
    return {
        "auc": float(roc_auc_score(y, score)),
        "p50": float(y[order[:50]].mean()),
        "p200": float(y[order[:200]].mean()),
    }


def _resampled(score: Floats, y: Bools, share: float, draw: np.random.Generator) -> float:
    rumors = round(share * POOL)
    at = np.concatenate(
        [draw.choice(np.flatnonzero(y), rumors), draw.choice(np.flatnonzero(~y), POOL - rumors)]
    )
    order = np.lexsort((draw.random(POOL), -score[at]))
    return float(y[at[order[:50]]].mean())


# -- hot search: which titles will reach the top 10 --------------------------------------------------------------------


def _trend(data: Path, progress: Say) -> list[Metric]:
    tracks: dict[str, list[tuple[float, int, float]]] = defaultdict(list)
    for row in _read(data / "eval" / "trend_heat_2020_2021.jsonl.gz"):
        moment = datetime.fromisoformat(row["t"]).timestamp()
        tracks[row["text"]].append((moment, int(row["rank"]), float(row["count"] or 0)))
    found = [one for track in tracks.values() if (one := _track(sorted(track)))]
    found.sort(key=lambda one: one[0])
    days = np.array([int((one[0] + 8 * 3600) // 86_400) for one in found])
    x, y = np.array([one[1] for one in found]), np.array([one[2] for one in found])
    cut = int(np.quantile(days, 0.6))
    past, future = days < cut, days > cut  # the day between belongs to neither
    progress(
        f"{past.sum()} titles teach, {future.sum()} score, {len(set(days[future]))} days, {y[future].mean():.3f} reach"
    )
    ours = _boosted(x[past], y[past], x[future])
    hottest = x[future][:, 0]
    ar = _autoregression(x[past], x[future])
    daily = {
        n: _per_day(s, y[future], days[future]) for n, s in (("ours", ours), ("hottest", hottest), ("ar", ar))
    }
    figures = {name: round(float(of.mean()), 3) for name, of in daily.items()}
    low, high = _gain(daily["ours"], daily["ar"])
    return [
        Metric("rank.emerge.precision_20_a_day", figures["ours"], figures["hottest"], "currently hottest"),
        Metric("rank.emerge.precision_20_a_day_vs_ar", figures["ours"], figures["ar"], "autoregression"),
        Metric("rank.emerge.gain_over_ar_low", low),
        Metric("rank.emerge.gain_over_ar_high", high),
        Metric("rank.emerge.share_that_reaches", round(float(y[future].mean()), 3)),
    ]


def _track(track: list[tuple[float, int, float]]) -> tuple[float, list[float], bool] | None:
    """(start, what 30 minutes show, whether it reached the top 10 within 2 hours); none where it is there by then."""
    start = track[0][0]
    first = [one for one in track if one[0] <= start + 1800]
    later = [one for one in track if start + 1800 < one[0] <= start + 7200]
    if len(first) < 2 or min(one[1] for one in first) < 10:
        return None
    heat = np.log1p([one[2] for one in first])
    middle = float(np.interp(start + (first[-1][0] - start) / 2, [one[0] for one in first], heat))
    hour = ((start + 8 * 3600) % 86_400) / 3600
    seen = [
        float(heat[-1]), float(heat[-1] - heat[0]), float(heat[-1] - 2 * middle + heat[0]), float(-first[-1][1]),
        float(first[0][1] - first[-1][1]), float(-min(one[1] for one in first)), float(8 <= hour < 23),
        float(first[-1][0] - start) / 1800,
    ]  # fmt: skip
    return start, seen, any(one[1] < 10 for one in later)


def _boosted(past: Floats, y: Bools, future: Floats) -> Floats:
    """Boosted trees on what a title alone showed in its 30 minutes; chosen inside the past, over linear weights."""
    learners = [
        HistGradientBoostingClassifier(
            max_iter=150,
            learning_rate=0.05,
            max_depth=4,
            min_samples_leaf=40,
            l2_regularization=5,
            max_features=0.5,
            random_state=n,
        )
        for n in range(4)
    ]
    return np.sum([one.fit(past, y).decision_function(future) for one in learners], axis=0)


def _autoregression(past: Floats, future: Floats) -> Floats:
    """Heat told from its last value and its last step, AR(2) in steps of 15 minutes, run on to two hours."""
    middle = past[:, 0] - (past[:, 1] + past[:, 2]) / 2
    before = np.column_stack([middle, past[:, 0] - past[:, 1], np.ones(len(past))])
    a, b, c = np.linalg.lstsq(before, past[:, 0], rcond=None)[0]
    now, last = future[:, 0].copy(), future[:, 0] - (future[:, 1] + future[:, 2]) / 2
    best = now.copy()
    for _ in range(6):
        now, last = a * now + b * last + c, now
        best = np.maximum(best, now)
    return best


def _per_day(score: Floats, y: Bools, days: NDArray[np.int64], most: int = 20) -> Floats:
    """Of the ``most`` first titles of each day, the share that reached the top 10; days of fewer are left out."""
    hits = []
    for day in np.unique(days):
        at = np.flatnonzero(days == day)
        if len(at) >= most:
            hits.append(y[at[np.argsort(-score[at], kind="stable")[:most]]].mean())
    return np.array(hits)


def _gain(ours: Floats, theirs: Floats) -> list[float]:
    """The 95 % interval of the mean gain, over draws of whole days."""
    draw, gains = np.random.default_rng(7), ours - theirs
    means = [gains[draw.integers(0, len(gains), len(gains))].mean() for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return [round(float(low), 3), round(float(high), 3)]


# -- the sample incident, minute by minute -----------------------------------------------------------------------------


class _Replay:
    """The sample incident as it stood at a moment: the pipeline's own functions on what was posted by then."""

    def __init__(self) -> None:
        self.incident = load_incident(SAMPLE / "sf-harbor-lane-fire.toml")
        shown = [
            json.loads(line) for line in (SAMPLE / "posts.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        labels = [
            json.loads(line) for line in (SAMPLE / "gold.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        self.posts = collect(observations([_post(row) for row in shown]))
        self.gold = {_id(row["site"], row["native_id"]): row for row in labels}
        self.normalized = normalize(self.posts)
        self.encoder = load_encoder()
        self.when = dict(
            zip(*(self.posts.column(n).to_pylist() for n in ("post_id", "posted_at")), strict=True)
        )

    def third_posts(self) -> dict[str, datetime]:
        """When each rumor family had its third post."""
        times: dict[str, list[datetime]] = defaultdict(list)
        for name, row in self.gold.items():
            if row["role"] == "rumor":
                times[row["family"]].append(self.when[name])
        return {family: sorted(moments)[2] for family, moments in sorted(times.items()) if len(moments) > 2}

    def families(self, moment: datetime, most: int = 20) -> set[str]:
        """Families of the first ``most`` claims: half or more of those who tell it tell that rumor."""
        posts = self.posts.filter(pc.less_equal(self.posts.column("posted_at"), pa.scalar(moment)))
        mine = pc.is_in(self.normalized.column("post_id"), value_set=posts.column("post_id").combine_chunks())
        normalized = self.normalized.filter(mine)
        texts = segment(own_words(posts, normalized), posts, self.incident.user_words)
        vectors = self.encoder.encode(texts.column("match_text").to_pylist())
        found = group(texts, vectors)
        tables = {
            "posts": posts,
            "normalized_posts": normalized,
            "text_groups": TEXT_GROUPS.conform(found.members),
            "text_matches": TEXT_MATCHES.conform(found.matches),
        }
        made = make_claims(tables, Previous())
        names = (
            made["claims"].select(["claim_id", "exemplar_post_id"]).rename_columns(["claim_id", "post_id"])
        )
        said = made["claim_posts"].select(["post_id", "variant_key"]).rename_columns(["post_id", "text_key"])
        inputs = RankInputs(
            exemplars=names.join(said, "post_id").select(["claim_id", "text_key"]),
            texts=texts,
            claim_matches=made[CLAIM_MATCHES.name],
            words=self.incident.user_words,
        )
        ranked = rank(posts, made[CLAIM_POSTS.name], moment, None, inputs)[RANKED_CLAIMS.name]
        return self._told(made[CLAIM_POSTS.name], ranked.slice(0, most).column("claim_id").to_pylist())

    def _told(self, claim_posts: pa.Table, first: Sequence[str]) -> set[str]:
        tellers: dict[str, list[str | None]] = defaultdict(list)
        for row in claim_posts.select(["claim_id", "post_id", "role"]).to_pylist():
            if row["role"] in ("carries", "repeats"):
                label = self.gold[row["post_id"]]
                tellers[row["claim_id"]].append(label["family"] if label["role"] == "rumor" else None)
        families = {family for claim in first for family in tellers[claim] if family}
        return {f for f in families for c in first if tellers[c].count(f) * 2 >= max(1, len(tellers[c]))}


def _id(site: str, native: str) -> str:
    return f"{site}:{native}"


def _post(row: dict[str, Any]) -> Post:
    site, at = row["site"], datetime.fromisoformat(row["published_at"])
    linked = {
        name: _id(site, row[key]) if row[key] else None
        for name, key in (
            ("parent_id", "parent_native_id"),
            ("repost_of", "repost_of_native_id"),
            ("quoted_id", "quoted_native_id"),
        )
    }
    source = row["native_id"].split("/")[0] if site == "telegram" else site
    author = (
        hashlib.blake2b(str(row["author"]).encode(), digest_size=8).hexdigest() if row["author"] else None
    )
    post = Post(_id(site, row["native_id"]), source, site, row["text"], at, "crawl", "bench", author_key=author,
                published_at=at, title=row["title"], likes=row["likes"], reposts=row["reposts"], replies=row["replies"],
                **linked)  # fmt: skip
    return post


def _sample(data: Path, progress: Say) -> list[Metric]:
    replay = _Replay()
    minutes: dict[str, float | None] = {}
    for family, third in replay.third_posts().items():
        minutes[family] = None
        for after in (0, 10, 20, 30, 45, 60, 90, 120):
            if family in replay.families(third + timedelta(minutes=after)):
                minutes[family] = float(after)
                break
        progress(f"{family}: {minutes[family]} min after its third post")
    in_time = sum(1 for value in minutes.values() if value is not None and value <= 60)
    share = Metric("rank.sample.families_within_60_min", in_time / len(minutes), goal=1.0)
    return [
        share,
        *(
            Metric(f"rank.sample.{family}_minutes", value, unit="min", goal=60, higher_is_better=False)
            for family, value in minutes.items()
        ),
    ]


# -- speed -------------------------------------------------------------------------------------------------------------


def _speed(data: Path, progress: Say) -> list[Metric]:
    posts, claim_posts, as_of, inputs = _large(100_000, 1_000_000)
    walls, cpus = [], []
    for _ in range(2):
        started, worked = time.perf_counter(), time.process_time()
        rank(posts, claim_posts, as_of, None, inputs)
        walls.append(time.perf_counter() - started)
        cpus.append(time.process_time() - worked)
    return [
        Metric("rank.100k.seconds", round(min(walls), 2), unit="s", goal=5.0, higher_is_better=False),
        Metric("rank.100k.cpu_seconds", round(min(cpus), 2), unit="CPU s, all cores"),
    ]


def _large(claims: int, count: int) -> tuple[pa.Table, pa.Table, datetime, RankInputs]:
    """Invented posts: claim sizes after Zipf, five platforms, three days."""
    draw, as_of = np.random.default_rng(3), datetime(2026, 3, 16, tzinfo=UTC)
    owner = (draw.zipf(1.5, count) - 1) % claims
    owner[:claims] = np.arange(claims)
    ago = draw.integers(0, 3 * 86_400, count).astype("timedelta64[s]")
    platform = np.array(["weibo", "forum", "mastodon", "telegram", "x"])[draw.integers(0, 5, count)]
    names = pa.array([f"p:{n}" for n in range(count)])
    posts = pa.table(
        {
            "post_id": names,
            "platform": platform,
            "source": np.char.add(platform, draw.integers(0, 6, count).astype(str)),
            "author_key": [f"{a:016x}" for a in draw.integers(0, count // 4, count)],
            "posted_at": pa.array(np.datetime64("2026-03-16T00:00:00", "us") - ago).cast(
                pa.timestamp("us", tz="UTC")
            ),
            "likes": draw.integers(0, 1000, count),
            "reposts": pa.nulls(count, pa.int64()),
            "replies": pa.nulls(count, pa.int64()),
        }
    )
    claim_posts = pa.table(
        {
            "claim_id": [f"c-{n:08d}" for n in owner],
            "post_id": names,
            "role": np.array(["carries", "repeats", "replies", "corrects"])[draw.integers(0, 4, count)],
            "asks": draw.random(count) < 0.05,
            "variant_key": [f"t{v:012x}" for v in draw.integers(0, count // 2, count)],
        }
    )
    words = np.array(
        ["死亡", "停水", "海港巷", "医院", "警方", "今晚", "有人", "大家", "真的", "天气", "选票"]
    )
    said = ["".join(words[row]) for row in draw.integers(0, len(words), (claims, 10))]
    exemplars = pa.table(
        {"claim_id": [f"c-{n:08d}" for n in range(claims)], "text_key": [f"e{n}" for n in range(claims)]}
    )
    texts = pa.table({"text_key": exemplars.column("text_key"), "match_text": said})
    return (
        posts,
        claim_posts,
        as_of,
        RankInputs(exemplars=exemplars, texts=texts, words=("海港巷", "唐人街", "喜鹊楼")),
    )
