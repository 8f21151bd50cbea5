"""A published warehouse made for the desk's tests: synthetic, seeded, of any size. It claims nothing about posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import tables as t
from pipeline.accounts import Accounts
from pipeline.paths import DataDir
from pipeline.people import AccountRole, Person
from pipeline.warehouse import Contents, publish

INCIDENT = "harbor-test"
AS_OF = datetime(2026, 3, 16, 5, 40, tzinfo=UTC)
PLATFORMS = ("feed", "forum", "mastodon", "telegram", "wordpress")
SCRIPTS = ("hans", "hant", "yue", "en")
TEXTS = (
    "网传海港巷火灾已造成12人死亡，医院不让说",
    "聽講海港巷市場大火係有人縱火，求證",
    "係咪真㗎？話後日開始停水三日",
    "Heard the shelter turns away people without ID — is this legit?",
    "社区提醒：庇护所对所有人开放，不需要证件",
)

INCIDENT_TOML = """id = "{id}"
opened_at = 2026-03-13T05:40:00Z
watch = "Test partner"

[title]
en = "Harbor Lane fire (test)"
zh-Hans = "海港巷火灾（测试）"
zh-Hant = "海港巷火災（測試）"
"""

POINTS = [c.name for c in t.RANKED_CLAIMS.columns if c.name.endswith("_points")]


def write_incident(root: Path, incident: str = INCIDENT) -> DataDir:
    """A data folder with one incident and nothing published."""
    data = DataDir(root)
    data.incidents.mkdir(parents=True, exist_ok=True)
    data.incident_file(incident).write_text(INCIDENT_TOML.format(id=incident), encoding="utf-8")
    return data


def build_world(
    root: Path,
    *,
    claims: int = 300,
    seed: int = 7,
    texts: Sequence[str] | None = None,
    urls: Sequence[str] = (),
) -> DataDir:
    """Publish ``claims`` claims with about four posts each; ``texts`` replaces the exemplars and their posts."""
    data = write_incident(root)
    vectors = data.lake(INCIDENT) / "vectors.parquet"  # half floats reach DuckDB through Parquet only
    vectors.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(t.VECTORS.schema.empty_table(), vectors)
    contents = Contents({"vectors": [vectors]}, make_tables(claims, seed, texts, urls), vector_width=4)
    publish(data.published(INCIDENT), lambda: contents)
    return data


PASSWORD = "quiet harbor lanterns"


def add_account(
    data: DataDir, role: AccountRole, user_id: str = "", password: str | None = PASSWORD
) -> Person:
    """An account of this role, called like it unless told otherwise; lead, monitor and reviewer for partner-a."""
    partner = None if role in {AccountRole.VIEWER, AccountRole.ADMIN} else "partner-a"
    person = Person(user_id or role.value, (user_id or role.value).title(), role, partner)
    email = f"{person.user_id}@partner.example"
    Accounts(data.accounts).add(person, by="test", password=password, email=email)
    return person


def session_of(data: DataDir, user_id: str) -> str:
    """A session token of an account, without its password: for the cookie of a browser or a visitor."""
    return Accounts(data.accounts).open_session(user_id, how="test")


def sign_in(monkeypatch: pytest.MonkeyPatch, data: DataDir, user_id: str) -> str:
    """From now on, AppTest visits as this account: it has no cookies, so the one place that reads them is told."""
    token = session_of(data, user_id)
    monkeypatch.setattr("dashboard.signin.token", lambda: token)
    return token


def personal_texts(claims: int) -> list[str]:
    """The usual texts; the first one spells out a phone number."""
    return [
        f"有消息請打 415-555-0{100 + i} 找我 #{i}" if i == 0 else f"{TEXTS[i % len(TEXTS)]} #{i}"
        for i in range(claims)
    ]


def make_tables(
    claims: int, seed: int = 7, texts: Sequence[str] | None = None, urls: Sequence[str] = ()
) -> dict[str, pa.Table]:
    """Every table of the warehouse, filled consistently."""
    rng = np.random.default_rng(seed)
    said = list(texts) if texts is not None else [f"{TEXTS[i % len(TEXTS)]} #{i}" for i in range(claims)]
    sizes = np.maximum(1, rng.zipf(1.9, claims).clip(max=60)) if claims < 10_000 else np.full(claims, 3)
    posts = _posts(rng, said, sizes, urls)
    made = {
        t.POSTS.name: posts,
        t.NORMALIZED_POSTS.name: _normalized(posts),
        t.TEXTS.name: _texts(posts),
        t.CLAIMS.name: _claims(said, sizes),
        t.CLAIM_POSTS.name: _claim_posts(posts),
        t.CLAIM_MATCHES.name: _matches(claims),
        t.CLAIM_ALIASES.name: _aliases(),
        t.CLAIM_HOURS.name: _hours(rng, claims),
        t.RANKED_CLAIMS.name: _ranked(rng, claims),
        t.CRAWLS.name: _crawls(),
    }
    return {name: t_of(name).conform(table) for name, table in made.items()}


def t_of(name: str) -> t.Table:
    """The declaration of a table."""
    return next(table for table in t.PUBLISHED if table.name == name)


def claim_name(number: int) -> str:
    """Id of a claim; 0 is ranked first."""
    return f"c{number:06d}"


def _filled(table: t.Table, length: int, **columns: Any) -> pa.Table:
    arrays = [
        pa.array(columns[c.name], type=c.type) if c.name in columns else pa.nulls(length, c.type)
        for c in table.columns
    ]
    return pa.table(arrays, names=[c.name for c in table.columns])


def _posts(rng: np.random.Generator, said: list[str], sizes: np.ndarray, urls: Sequence[str]) -> pa.Table:
    owner = np.repeat(np.arange(len(said)), sizes)
    total = len(owner)
    minutes = rng.integers(0, 72 * 60, total)
    when = [AS_OF - timedelta(minutes=int(m)) for m in minutes]
    places = [PLATFORMS[int(i)] for i in rng.integers(0, len(PLATFORMS), total)]
    first = np.r_[True, owner[1:] != owner[:-1]]
    texts = [said[c] if f or c % 3 else f"{said[c][:2_000]} 转发" for c, f in zip(owner, first, strict=True)]
    return _filled(
        t.POSTS,
        total,
        post_id=[f"test:{i}" for i in range(total)],
        source=places,
        platform=places,
        text=texts,
        title=[None] * total,
        collected_at=[w + timedelta(minutes=3) for w in when],
        crawl_id=["crawl-1"] * total,
        collector=["test/1"] * total,
        url=[urls[i % len(urls)] if urls else f"https://posts.example/{i}" for i in range(total)],
        author_key=[f"{int(a):016x}" for a in rng.integers(0, max(2, total // 3), total)],
        published_at=when,
        published_precision=["exact"] * total,
        likes=[int(x) if x else None for x in rng.integers(0, 90, total)],
        counts_precision=["exact"] * total,
        query=[claim_name(int(c)) for c in owner],  # read back by _claim_posts
        root_id=[f"test:{i}" for i in range(total)],
        first_collected_at=when,
        observation_count=[1] * total,
        views=[None] * total,
    )


def _keys(posts: pa.Table) -> list[str]:
    return ["t" + blake2b(text.encode(), digest_size=8).hexdigest() for text in posts["text"].to_pylist()]


def _normalized(posts: pa.Table) -> pa.Table:
    texts = posts["text"].to_pylist()
    return _filled(
        t.NORMALIZED_POSTS,
        len(texts),
        post_id=posts["post_id"].to_pylist(),
        text_key=_keys(posts),
        match_text=[x[:2_000] for x in texts],
        script=[SCRIPTS[i % 4] for i in range(len(texts))],
    )


def _texts(posts: pa.Table) -> pa.Table:
    found = dict(zip(_keys(posts), posts["text"].to_pylist(), strict=True))
    return _filled(t.TEXTS, len(found), text_key=list(found), match_text=[x[:2_000] for x in found.values()])


def _claims(said: list[str], sizes: np.ndarray) -> pa.Table:
    count = len(said)
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    return _filled(
        t.CLAIMS,
        count,
        claim_id=[claim_name(i) for i in range(count)],
        exemplar_post_id=[f"test:{int(s)}" for s in starts],
        exemplar_text=said,
        exemplar_script=[SCRIPTS[i % 4] for i in range(count)],
        post_count=sizes.tolist(),
        carrier_count=sizes.tolist(),
        variant_count=[min(2, int(s)) for s in sizes],
        author_count=sizes.tolist(),
        platform_count=[1 + i % 3 for i in range(count)],
        platforms=[sorted(PLATFORMS[(i + k) % 5] for k in range(1 + i % 3)) for i in range(count)],
        scripts=[[SCRIPTS[i % 4]] for i in range(count)],
        first_at=[AS_OF - timedelta(hours=2 + i % 70) for i in range(count)],
        last_at=[AS_OF - timedelta(minutes=i % 90) for i in range(count)],
        keywords=[["海港巷", "火灾"] for _ in range(count)],
        conflict_ids=[[] for _ in range(count)],
    )


def _claim_posts(posts: pa.Table) -> pa.Table:
    count = posts.num_rows
    roles = ["carries", "carries", "repeats", "replies", "corrects"]
    return _filled(
        t.CLAIM_POSTS,
        count,
        claim_id=posts["query"].to_pylist(),
        post_id=posts["post_id"].to_pylist(),
        role=["carries" if i % 7 < 3 else roles[i % 5] for i in range(count)],
        joined_by=["similar"] * count,
        asks=[i % 5 == 0 for i in range(count)],
        variant_key=_keys(posts),
        similarity=[0.9] * count,
    )


def _matches(claims: int) -> pa.Table:
    pairs = [(0, 1), (0, 2), (3, 4)] if claims > 4 else []
    return _filled(
        t.CLAIM_MATCHES,
        len(pairs),
        left_claim_id=[claim_name(a) for a, _ in pairs],
        right_claim_id=[claim_name(b) for _, b in pairs],
        left_post_id=["test:0"] * len(pairs),
        right_post_id=[f"test:{100 + b}" for _, b in pairs],
        similarity=[0.81, 0.77, 0.75][: len(pairs)],
        why=["words 0.8, numbers differ"] * len(pairs),
    )


def _aliases() -> pa.Table:
    return _filled(
        t.CLAIM_ALIASES,
        2,
        old_claim_id=["c-old", "c-older"],
        claim_id=[claim_name(1), "c-old"],
        reason=["merged"] * 2,
    )


def _hours(rng: np.random.Generator, claims: int) -> pa.Table:
    each = 12 if claims < 10_000 else 2
    start = AS_OF.replace(minute=0)
    ids = [claim_name(i) for i in range(claims) for _ in range(each)]
    back = rng.integers(0, 72, len(ids))
    counts = rng.integers(1, 9, len(ids))
    return _filled(
        t.CLAIM_HOURS,
        len(ids),
        claim_id=ids,
        hour=[start - timedelta(hours=int(b)) for b in back],
        platform=[PLATFORMS[i % 5] for i in range(len(ids))],
        posts=counts.tolist(),
        enquiries=(counts // 3).tolist(),
        corrections=(counts // 5).tolist(),
    )


def _ranked(rng: np.random.Generator, claims: int) -> pa.Table:
    points = {name: rng.random(claims).round(3) for name in POINTS}
    score = np.zeros(claims)
    for name in POINTS:
        score = score + points[name]
    order = np.sort(score)[::-1]
    points[POINTS[0]] = points[POINTS[0]] + (order - score)
    return _filled(
        t.RANKED_CLAIMS,
        claims,
        claim_id=[claim_name(i) for i in range(claims)],
        rank=list(range(1, claims + 1)),
        score=sum(points[name] for name in POINTS),
        as_of=[AS_OF] * claims,
        recent_posts=rng.integers(0, 30, claims).tolist(),
        previous_posts=rng.integers(0, 30, claims).tolist(),
        growth=rng.normal(0, 1, claims),
        burst=rng.normal(0, 2, claims),
        enquiry_share=rng.random(claims) * 0.6,
        spread=rng.random(claims) * 4,
        engagement=rng.random(claims),
        debunk_gap=rng.random(claims),
        **points,
    )


def _crawls() -> pa.Table:
    rows = [
        {
            "crawl_id": "crawl-1",
            "source": "forum",
            "collector": "test/1",
            "started_at": AS_OF - timedelta(hours=1),
            "finished_at": AS_OF,
            "pages": 40,
            "posts": 900,
            "rejects": 2,
            "refusals": 3,
            "bytes": 1_234_567,
            "stopped_because": "refused",
            "detail": "403 <b>Forbidden</b>",
        }
    ]
    return t.CRAWLS.from_rows(rows)
