"""Turn utterances into posts of five sites: ids, authors, threads, replies, quotes, counts, links."""

from __future__ import annotations

import random
import re
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from urllib.parse import quote

from crawlers.samples.material import Material
from crawlers.samples.plan import Utterance
from crawlers.samples.records import SamplePost, parse_time

_REACH = timedelta(hours=16)  # how far back a reply looks for something to answer
_TITLE = 30


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
    loom = _Loom(material, random.Random(f"{material.seed}:weave"))
    loom.drafts = {site: [] for site in material.sites["volume"]}
    for said in utterances:
        draft = _echo(loom, said) if said.kind == "echo" else _place(loom, said)
        if draft is not None:
            loom.drafts[draft.post.site].append(draft)
    drafts = [draft for site in loom.drafts.values() for draft in site]
    drafts.sort(key=lambda draft: (draft.post.published_at, draft.post.site, draft.post.native_id))
    return [_counted(loom, draft) for draft in drafts], [_gold(draft) for draft in drafts]


def _place(loom: _Loom, said: Utterance) -> _Draft | None:
    parent = _parent(loom, said)
    if said.kind == "reaction" and parent is None:
        return None  # a bare "really?" needs something to answer
    if said.site == "wordpress" and parent is None and said.kind != "article":
        return None  # comments need an article
    number = _next(loom, said)
    thread = parent.post.thread_native_id if parent else _thread(loom, said, number)
    opener = parent is None
    quoted = _quoted(loom, said, parent)
    author = said.author or _author(loom, said, parent)
    family, claim = said.family, said.claim
    if said.kind == "reaction" and said.role != "chatter" and parent is not None:
        family, claim = parent.family, parent.claim
    post = SamplePost(
        site=said.site,
        native_id=_native(said, author, number),
        author=author,
        published_at=_stamp(said),
        title=_title(said, opener),
        text=said.text,
        parent_native_id=parent.post.native_id if parent else None,
        thread_native_id=thread,
        repost_of_native_id=None,
        quoted_native_id=quoted,
        likes=None,
        reposts=None,
        replies=None,
        views=None,
        link="",
    )
    return _Draft(_linked(post), said, family, claim, said.role, alone=said.kind != "reaction")


def _stamp(said: Utterance) -> str:
    return said.at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _parent(loom: _Loom, said: Utterance) -> _Draft | None:
    earlier = [draft for draft in loom.drafts[said.site] if said.at - draft.said.at <= _REACH]
    if said.kind == "article" or said.site == "feed":
        return None
    if said.site == "wordpress":
        return _comment_parent(loom, said)
    wants = said.kind in ("reply", "reaction")
    if said.site == "forum":
        wants = wants or loom.rng.random() < 0.55
    if not wants:
        return None
    fitting = _fitting(said, earlier)
    if said.site == "telegram":
        fitting = [draft for draft in fitting if draft.said.register == said.register]
    if not fitting:
        return None
    chosen = loom.rng.choices(fitting, [_pull(said, draft) for draft in fitting])[0]
    if said.site == "forum":
        chosen = next(
            draft
            for draft in loom.drafts["forum"]
            if draft.post.thread_native_id == chosen.post.thread_native_id
        )
    chosen.children += 1
    return chosen


def _fitting(said: Utterance, earlier: list[_Draft]) -> list[_Draft]:
    if said.kind == "reaction" and said.role == "enquiry":
        return [draft for draft in earlier if draft.role in ("rumor", "news") and draft.alone]
    if said.family is None:
        return earlier
    return [draft for draft in earlier if draft.family == said.family and draft.role != "correction"]


def _pull(said: Utterance, draft: _Draft) -> float:
    """Recent and much answered posts draw more answers."""
    hours = (said.at - draft.said.at).total_seconds() / 3600
    pull = {"rumor": 2.0, "news": 1.6, "chatter": 0.8, "spam": 0.05}.get(draft.role, 1.0)
    return float(pull * (1 + draft.children) ** 0.8 / (1 + hours))


def _comment_parent(loom: _Loom, said: Utterance) -> _Draft | None:
    drafts = loom.drafts["wordpress"]
    articles = [draft for draft in drafts if draft.said.kind == "article" and draft.said.at < said.at]
    if not articles:
        return None
    same = [draft for draft in articles if draft.family == said.family and said.family is not None]
    pool = same if same and loom.rng.random() < 0.7 else articles
    weights = [1 / (2 + (said.at - draft.said.at).total_seconds() / 3600) for draft in pool]
    article = loom.rng.choices(pool, weights)[0]
    comments = _fitting(
        said, [d for d in drafts if d.post.thread_native_id == article.post.native_id and d is not article]
    )
    nested = said.kind != "own" and comments and loom.rng.random() < 0.6
    if said.kind == "reaction" and said.role == "enquiry" and not comments and article.role != "rumor":
        return None
    chosen = loom.rng.choice(comments) if nested else article
    chosen.children += 1
    return chosen


def _quoted(loom: _Loom, said: Utterance, parent: _Draft | None) -> str | None:
    if said.site != "forum" or parent is None or loom.rng.random() > 0.35:
        return None
    thread = [d for d in loom.drafts["forum"] if d.post.thread_native_id == parent.post.thread_native_id]
    fitting = _fitting(said, thread) or thread
    return loom.rng.choice(fitting).post.native_id


def _next(loom: _Loom, said: Utterance) -> int:
    starts = {"feed": 1, "wordpress": 8_120, "comment": 52_300, "forum": 3_880_214, "thread": 410_233}
    key = said.site
    if said.site == "wordpress" and said.kind != "article":
        key = "comment"
    if said.site == "telegram":
        key = f"telegram:{said.register}"
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


def _title(said: Utterance, opener: bool) -> str | None:
    if said.title is not None:
        return said.title
    if said.site not in ("feed", "forum") or not opener:
        return None
    head = re.split(r"[。！？!?\n]", said.core.strip())[0].strip()
    if len(head) > _TITLE:
        shorter = re.split(r"[，,；;：:]", head)[0].strip()
        head = shorter if 8 <= len(shorter) <= _TITLE else head[:_TITLE].rstrip("，, ") + "…"
    return head or said.core[:_TITLE]


def _echo(loom: _Loom, said: Utterance) -> _Draft | None:
    earlier = [
        draft
        for draft in loom.drafts[said.site]
        if said.at - draft.said.at <= _REACH and draft.post.repost_of_native_id is None and draft.alone
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
    number = _next(loom, twin)
    author = _author(loom, twin, source)
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
    return _Draft(_linked(post), twin, source.family, source.claim, source.role, alone=True)


def _linked(post: SamplePost) -> SamplePost:
    """Give a post its address, relative to the server's root."""
    paths = {
        "feed": f"/feed/items/{post.native_id}",
        "mastodon": f"/mastodon/@{post.author}/{post.native_id}",
        "wordpress": f"/wp/?p={post.thread_native_id}",
        "forum": f"/forum/forum.php?mod=viewthread&tid={post.thread_native_id}",
        "telegram": f"/telegram/{quote(post.native_id)}",
    }
    anchor = ""
    if post.site == "wordpress" and post.parent_native_id is not None:
        anchor = f"#comment-{post.native_id}"
    if post.site == "forum" and post.parent_native_id is not None:
        anchor = f"#pid{post.native_id}"
    return SamplePost(**{**asdict(post), "link": paths[post.site] + anchor})


def _counted(loom: _Loom, draft: _Draft) -> SamplePost:
    """Give a post the counts that its site shows, heavy-tailed."""
    post, rng = draft.post, loom.rng
    heat = {"rumor": 2.2, "news": 1.5, "correction": 0.9, "spam": 0.05}.get(draft.role, 0.7)
    size = rng.paretovariate(1.15) - 0.8
    counts: dict[str, int | None] = {}
    if post.site == "mastodon":
        boost = post.repost_of_native_id is not None
        counts = {
            "likes": 0 if boost else int(size * heat * 1.8),
            "reposts": draft.boosts,
            "replies": draft.children,
        }
    elif post.site == "telegram":
        views = int(380 + size * heat * 640)
        counts = {"views": views, "likes": int(views * rng.uniform(0, 0.03))}
    elif post.site == "forum" and post.parent_native_id is None:
        counts = {"replies": draft.children, "views": int(24 + draft.children * 31 + size * heat * 70)}
    elif post.site == "feed":
        counts = {"replies": int(size * heat)}
    return SamplePost(**{**asdict(post), **counts})


def _gold(draft: _Draft) -> GoldRow:
    return {
        "site": draft.post.site,
        "native_id": draft.post.native_id,
        "family": draft.family,
        "claim": draft.claim,
        "role": draft.role,
        "stands_alone": draft.alone,
    }


def window_ok(posts: list[SamplePost], material: Material) -> bool:
    """Whether every post lies in the incident's window."""
    opened = parse_time(material.opened_at)
    closes = opened + timedelta(hours=material.window_hours)
    return all(opened <= post.at < closes for post in posts)
