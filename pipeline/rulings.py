"""What people ruled about posts, as grouping hears it: about texts; and what it could not obey, told by posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from pipeline import tables as t
from pipeline.group import TextRuling
from pipeline.numbered import Numbered
from pipeline.records import MatchRuling, RulingKind

CONTRADICTED = "ruling that parts two posts which other rulings join: see ruling_conflicts"
_SAME_WORDS = "ruling that parts two posts of the same words: they cannot stand apart"


def text_rulings(
    rulings: Sequence[MatchRuling], posts: pa.Table, normalized: pa.Table
) -> tuple[list[TextRuling], dict[str, int]]:
    """Rulings on posts as rulings on their texts, and those that cannot be obeyed, counted by reason.

    A ruling on a reply speaks about the post it reacts to; a later ruling on a pair overrides an earlier one.
    """
    key_of = _texts_of_rulings(rulings, posts, normalized)
    latest: dict[tuple[str, str], bool] = {}
    unheard: Counter[str] = Counter()
    for ruling in rulings:
        keys = [key_of.get(post, "") for post in (ruling.left_post, ruling.right_post)]
        must = ruling.kind is RulingKind.MUST
        if not all(keys):
            unheard["ruling on a post that is not held"] += 1
        elif keys[0] != keys[1]:
            latest[min(keys), max(keys)] = must
        elif not must:
            unheard[_SAME_WORDS] += 1
    heard = [TextRuling(left, right, must) for (left, right), must in sorted(latest.items())]
    return heard, dict(unheard)


def ruling_conflicts(
    rulings: Sequence[MatchRuling], conflicts: pa.Table, posts: pa.Table, normalized: pa.Table
) -> pa.Table:
    """``RULING_CONFLICTS``: the conflicts of a grouping, told by the posts that people ruled on."""
    key_of = _texts_of_rulings(rulings, posts, normalized) if conflicts.num_rows else {}
    post_of = {key: post for post, key in sorted(key_of.items(), reverse=True)}
    rows: list[dict[str, object]] = [
        {
            "left_post": post_of[row["left_key"]],
            "right_post": post_of[row["right_key"]],
            "through_posts": [post_of[key] for key in row["through_keys"]],
        }
        for row in conflicts.to_pylist()
    ]
    return t.RULING_CONFLICTS.from_rows(rows)


def _texts_of_rulings(
    rulings: Sequence[MatchRuling], posts: pa.Table, normalized: pa.Table
) -> dict[str, str]:
    """The key of the text that each ruled post speaks through, of those that are held."""
    if not rulings:
        return {}
    told = Numbered.of(posts, normalized)
    named = pa.array(sorted({post for r in rulings for post in (r.left_post, r.right_post)}))
    rows = told.posts_of(named)
    held = rows[rows >= 0]
    speaks = told.speakers[held]
    keys = told.normalized.column("text_key").take(pa.array(speaks)).to_pylist()
    return dict(zip(told.post_ids.take(pa.array(held)).to_pylist(), keys, strict=True))
