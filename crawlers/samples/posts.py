"""What a site adds to a text: a title, an address and the counts it shows, as pure functions."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from urllib.parse import quote

from crawlers.samples.plan import Utterance
from crawlers.samples.records import SamplePost

_TITLE, _SHORT = 30, 7
_SENTENCE = re.compile(r"(?<=[。！？!?])|\n|(?<=[a-z\d)])\. ")


def title_of(said: Utterance, *, opens: bool) -> str | None:
    """Return the written title, or for a thread or feed item the first words of its text."""
    if said.title is not None:
        return said.title
    if said.site not in ("feed", "forum") or not opens:
        return None
    whole = said.core.strip()
    head = next(part for part in _SENTENCE.split(whole) if part.strip()).strip().rstrip("。！!.")
    head = head if len(head) > _SHORT else whole.replace("\n", " ")
    if len(head) > _TITLE * (1 if said.register != "en" else 2):
        shorter = re.split(r"[，；;]|,(?!\d)", head)[0].strip()
        fits = 8 <= len(shorter) <= 2 * _TITLE
        head = shorter if fits else head[:_TITLE].rstrip("，, ") + "…"
    return head


def linked(post: SamplePost) -> SamplePost:
    """Give a post its address, relative to the server's root."""
    paths = {
        "feed": f"/feed/items/{post.native_id}",
        "mastodon": f"/mastodon/@{post.author}/{post.native_id}",
        "wordpress": f"/wp/?p={post.thread_native_id}",
        "forum": f"/forum/forum.php?mod=viewthread&tid={post.thread_native_id}",
        "telegram": f"/telegram/{quote(post.native_id)}",
    }
    marks = {"wordpress": f"#comment-{post.native_id}", "forum": f"#pid{post.native_id}"}
    mark = marks.get(post.site, "") if post.parent_native_id is not None else ""
    return replace(post, link=paths[post.site] + mark)


def counted(post: SamplePost, role: str, *, answers: int, boosts: int, rng: random.Random) -> SamplePost:
    """Give a post the counts that its site shows, heavy-tailed; what a site does not show stays None."""
    heat = {"rumor": 2.2, "news": 1.5, "correction": 0.9, "spam": 0.05}.get(role, 0.7)
    size = (rng.paretovariate(1.15) - 0.8) * heat
    views = int(380 + size * 640)
    reactions = int(views * rng.uniform(0, 0.03))
    if post.site == "mastodon":
        boosted = post.repost_of_native_id is not None
        return replace(post, likes=0 if boosted else int(size * 1.8), reposts=boosts, replies=answers)
    if post.site == "telegram":
        return replace(post, views=views, likes=reactions)
    if post.site == "forum" and post.parent_native_id is None:
        return replace(post, replies=answers, views=int(24 + answers * 31 + size * 70))
    return replace(post, replies=int(size)) if post.site == "feed" else post
