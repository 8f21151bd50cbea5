"""Turn utterances into posts of five sites: ids, authors, threads, replies, quotes, counts, links."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from crawlers.samples.material import Material
from crawlers.samples.moves import dice
from crawlers.samples.plan import Utterance
from crawlers.samples.posts import counted, linked, title_of
from crawlers.samples.records import SamplePost

_REACH = timedelta(hours=16)  # how far back a reply looks for something to answer
_JOINS_A_THREAD = 0.5
_QUOTES = 0.6
_STAYS_ON_TOPIC = 0.7
_NESTS = 0.6


@dataclass
class _Draft:
    post: SamplePost
    said: Utterance
    family: str | None
    claim: str | None
    role: str
    alone: bool
    children: int = 0
    boosts: int = 0


@dataclass
class _Loom:
    material: Material
    rng: random.Random
    drafts: dict[str, list[_Draft]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)


GoldRow = dict[str, str | bool | None]


def weave(utterances: list[Utterance], material: Material) -> tuple[list[SamplePost], list[GoldRow]]:
    """Return posts (oldest first) and, in the same order, their gold labels."""
    loom = _Loom(material, dice(material.seed, "weave"))
    loom.drafts = {site: [] for site in material.sites["volume"]}
    for said in utterances:
        draft = _echo(loom, said) if said.kind == "echo" else _place(loom, said)
        if draft is not None:
            loom.drafts[draft.post.site].append(draft)
    drafts = [draft for site in loom.drafts.values() for draft in site]
    drafts.sort(key=lambda draft: (draft.post.published_at, draft.post.site, draft.post.native_id))
    return [_counted(loom, draft) for draft in drafts], [_gold(draft) for draft in drafts]


def _place(loom: _Loom, said: Utterance) -> _Draft | None:
    target = _target(loom, said)
    must_answer = said.kind == "reaction" or (said.site == "wordpress" and said.kind != "article")
    if must_answer and target is None:
        return None  # a bare "really?" needs something to answer, a comment needs an article
    parent = _opener(loom, target) if target is not None and said.site == "forum" else target
    quotes = target is not parent and (said.kind == "reaction" or loom.rng.random() < _QUOTES)
    if parent is not None:
        parent.children += 1
    author = said.author or _author(loom, said, parent)
    number = _next(loom, said, author)
    post = SamplePost(
        site=said.site,
        native_id=_native(said, author, number),
        author=author,
        published_at=_stamp(said),
        title=title_of(said, opens=parent is None),
        text=said.text,
        parent_native_id=parent.post.native_id if parent else None,
        thread_native_id=parent.post.thread_native_id if parent else _thread(loom, said, number),
        repost_of_native_id=None,
        quoted_native_id=target.post.native_id if target is not None and quotes else None,
        likes=None,
        reposts=None,
        replies=None,
        views=None,
        link="",
    )
    asks = said.kind == "reaction" and said.role == "enquiry" and target is not None
    family, claim = (
        (target.family, target.claim) if asks and target is not None else (said.family, said.claim)
    )
    return _Draft(linked(post), said, family, claim, said.role, alone=said.kind != "reaction")


def _stamp(said: Utterance) -> str:
    return said.at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _target(loom: _Loom, said: Utterance) -> _Draft | None:
    """Choose the earlier post that this one answers, or None for one that stands by itself."""
    if said.kind == "article" or said.site == "feed":
        return None
    if said.site == "wordpress":
        return _comment_target(loom, said)
    wants = said.kind in ("reply", "reaction") or (
        said.site == "forum" and loom.rng.random() < _JOINS_A_THREAD
    )
    earlier = (
        [draft for draft in loom.drafts[said.site] if said.at - draft.said.at <= _REACH] if wants else []
    )
    fitting = [draft for draft in _fitting(said, earlier) if draft.post.repost_of_native_id is None]
    if said.site == "telegram":
        fitting = [draft for draft in fitting if draft.said.register == said.register]
    return loom.rng.choices(fitting, [_pull(said, draft) for draft in fitting])[0] if fitting else None


def _opener(loom: _Loom, target: _Draft) -> _Draft:
    """Return the post that a forum thread begins with: Discuz hangs every reply there and quotes the rest."""
    thread = target.post.thread_native_id
    return next(draft for draft in loom.drafts["forum"] if draft.post.thread_native_id == thread)


def _fitting(said: Utterance, earlier: list[_Draft]) -> list[_Draft]:
    if said.kind == "reaction" and said.role == "enquiry":
        return [draft for draft in earlier if draft.role == "rumor" and draft.alone]
    if said.family is None:
        small_talk = said.role == "chatter" and said.kind != "reaction"
        return [draft for draft in earlier if draft.role == "chatter"] if small_talk else earlier
    return [draft for draft in earlier if draft.family == said.family and draft.role != "correction"]


def _pull(said: Utterance, draft: _Draft) -> float:
    """Recent and much answered posts draw more answers."""
    hours = (said.at - draft.said.at).total_seconds() / 3600
    pull = {"rumor": 2.0, "news": 1.6, "chatter": 0.8, "spam": 0.05}.get(draft.role, 1.0)
    return float(pull * (1 + draft.children) ** 0.8 / (1 + hours))


def _comment_target(loom: _Loom, said: Utterance) -> _Draft | None:
    drafts = [draft for draft in loom.drafts["wordpress"] if draft.said.at < said.at]
    if said.kind == "reaction" and said.role == "enquiry":
        doubted = _fitting(said, [draft for draft in drafts if said.at - draft.said.at <= _REACH])
        return loom.rng.choices(doubted, [_pull(said, draft) for draft in doubted])[0] if doubted else None
    articles = [draft for draft in drafts if draft.said.kind == "article"]
    if not articles:
        return None
    same = [draft for draft in articles if draft.family == said.family and said.family is not None]
    pool = same if same and loom.rng.random() < _STAYS_ON_TOPIC else articles
    weights = [1 / (2 + (said.at - draft.said.at).total_seconds() / 3600) for draft in pool]
    article = loom.rng.choices(pool, weights)[0]
    thread = [draft for draft in drafts if draft.post.parent_native_id and _same_thread(draft, article)]
    comments = _fitting(said, thread)
    nested = said.kind != "own" and comments and loom.rng.random() < _NESTS
    return loom.rng.choice(comments) if nested else article


def _same_thread(one: _Draft, other: _Draft) -> bool:
    return one.post.thread_native_id == other.post.thread_native_id


def _next(loom: _Loom, said: Utterance, author: str) -> int:
    starts = {"feed": 1, "wordpress": 8_120, "comment": 52_300, "forum": 3_880_214, "thread": 410_233}
    key = said.site
    if said.site == "wordpress" and said.kind != "article":
        key = "comment"
    if said.site == "telegram":
        key = f"telegram:{author}"
    if said.site == "mastodon":  # ids of Mastodon carry the time in their upper bits
        loom.counters[key] = loom.counters.get(key, 0) + 1
        return (int(said.at.timestamp() * 1000) << 16) + loom.counters[key] % 65_536
    step = 1 if key in ("feed",) else loom.rng.choice([1, 1, 2, 3, 5])
    loom.counters[key] = loom.counters.get(key, starts.get(key, 1_000 + 911 * len(loom.counters))) + step
    return loom.counters[key]


def _thread(loom: _Loom, said: Utterance, number: int) -> str | None:
    if said.site == "forum":
        loom.counters["thread"] = loom.counters.get("thread", 410_233) + loom.rng.choice([1, 2, 3])
        return str(loom.counters["thread"])
    return str(number) if said.site in ("wordpress", "mastodon") else None


def _native(said: Utterance, author: str, number: int) -> str:
    if said.site == "telegram":
        return f"{author}/{number}"
    return f"bnb-{said.at:%Y%m%d}-{number:04d}" if said.site == "feed" else str(number)


def _author(loom: _Loom, said: Utterance, parent: _Draft | None) -> str:
    pools = loom.material.authors["pools"][said.site]
    pool: list[str] = pools.get("spam" if said.role == "spam" else said.register) or pools["hans"]
    if said.site == "feed":
        return loom.rng.choice(pool)
    weights = [1 / (rank + 2.5) ** 0.75 for rank in range(len(pool))]
    author = loom.rng.choices(pool, weights)[0]
    if parent is not None and author == parent.post.author and said.site != "telegram":
        author = pool[(pool.index(author) + 1) % len(pool)]
    return author


def _echo(loom: _Loom, said: Utterance) -> _Draft | None:
    earlier = [
        draft
        for draft in loom.drafts[said.site]
        if said.at - draft.said.at <= _REACH
        and draft.post.repost_of_native_id is None
        and draft.alone
        and (said.site == "mastodon" or draft.role not in ("chatter", "spam"))
    ]
    if not earlier:
        return None
    source = loom.rng.choices(earlier, [_pull(said, d) * (1 + d.boosts) for d in earlier])[0]
    register = source.said.register
    if said.site == "telegram":
        register = loom.rng.choice(
            [name for name in loom.material.authors["pools"]["telegram"] if name != register]
        )
    twin = Utterance(
        said.at, said.site, register, source.role, source.family, source.claim, "", source.post.text, "own"
    )
    author = _author(loom, twin, source)
    number = _next(loom, twin, author)
    post = SamplePost(
        **{
            **asdict(source.post),
            "native_id": _native(twin, author, number),
            "author": author,
            "published_at": _stamp(twin),
            "parent_native_id": None,
            "thread_native_id": None,
            "repost_of_native_id": source.post.native_id,
        }
    )
    source.boosts += 1
    return _Draft(linked(post), twin, source.family, source.claim, source.role, alone=True)


def _counted(loom: _Loom, draft: _Draft) -> SamplePost:
    return counted(draft.post, draft.role, answers=draft.children, boosts=draft.boosts, rng=loom.rng)


def _gold(draft: _Draft) -> GoldRow:
    return {
        "site": draft.post.site,
        "native_id": draft.post.native_id,
        "family": draft.family,
        "claim": draft.claim,
        "role": draft.role,
        "stands_alone": draft.alone,
    }
