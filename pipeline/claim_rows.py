"""What the tables of claims are made of: groups, posts and claims by number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.duck import run_statement
from pipeline.numbered import Numbered, Numbers, as_bools, as_numbers, whole
from pipeline.tables import CLAIM_MATCHES, CLAIM_POSTS, CLAIMS, STRINGS

EXEMPLAR_CHARS = 10_000
"""Characters of an exemplar that a claim shows."""


@dataclass(frozen=True, slots=True)
class Groups:
    """What grouping made, by number. A group's number is the row of the text that it is named after."""

    table: pa.Table
    """``TEXT_GROUPS``."""
    texts: pa.Table
    """(text_no, group_no, similarity, joined_by) of its rows."""
    row_of_text: Numbers
    """Its row for each text; -1 for texts in no group."""
    whys: pa.Array
    matches: pa.Table
    """(match_no, left_no, right_no, similarity) of ``TEXT_MATCHES``; ``whys`` holds their words."""

    @classmethod
    def of(cls, told: Numbered, groups: pa.Table, matches: pa.Table) -> Groups:
        """Number the rows of ``TEXT_GROUPS`` and ``TEXT_MATCHES``."""
        named = [groups.column("text_key"), groups.column("group_key")]
        texts, named_after, left, right = told.texts_of(
            *named, matches.column("left_key"), matches.column("right_key")
        )
        row_of_text = np.full(len(told.text_keys), -1, np.int64)
        row_of_text[texts] = np.arange(len(texts))
        numbered = {"text_no": texts, "group_no": row_of_text[named_after]}
        numbers = {"match_no": np.arange(len(left)), "left_no": left, "right_no": right}
        return cls(
            groups,
            pa.table(numbered | {name: groups.column(name) for name in ("similarity", "joined_by")}),
            row_of_text,
            whole(matches.column("why")),
            pa.table(numbers | {"similarity": matches.column("similarity")}),
        )


def group_posts(told: Numbered, groups: Groups, said: pa.Table) -> pa.Table:
    """Posts with the group that they belong to, by number (``stages/group_posts``)."""
    posts = {
        "post_no": np.arange(len(told.texts)),
        "speaker_no": told.speakers,
        "text_no": told.texts,
        "has_words": told.has_words,
        "is_repost": told.posts.column("repost_of").is_valid(),
    }
    inputs = {"said": pa.table(posts), "text_groups": groups.texts, "text_matches": groups.matches}
    return run_statement("stages/group_posts", inputs | {"speech": said})


@dataclass(frozen=True, slots=True)
class Named:
    """Posts with their claims. A claim's number is the place of its id among all."""

    rows: pa.Table
    """``stages/group_posts`` with claim_no, sorted by the ids of claims and posts."""
    claim_ids: pa.Array
    posts: pa.Array
    """The id of each row's post."""
    texts: pa.Array
    """The key of each row's text."""

    @classmethod
    def of(cls, told: Numbered, grouped: pa.Table, ids: pa.Array) -> Named:
        """Sort ``grouped`` by ``ids`` of claims, one per row, and by the ids of posts."""
        coded = ids.dictionary_encode()
        order = as_numbers(pc.sort_indices(coded.dictionary))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        claims, posts = rank[as_numbers(coded.indices)], as_numbers(grouped.column("post_no"))
        several = np.flatnonzero(np.bincount(claims, minlength=len(order))[claims] > 1)
        post_rank = np.zeros(len(claims), np.int64)
        post_rank[several[as_numbers(pc.sort_indices(told.post_ids.take(pa.array(posts[several]))))]] = (
            np.arange(len(several))
        )
        by_id = np.lexsort((post_rank, claims))
        rows = grouped.append_column("claim_no", pa.array(claims)).take(pa.array(by_id)).combine_chunks()
        return cls(
            rows,
            coded.dictionary.take(pa.array(order)),
            told.post_ids.take(whole(rows.column("post_no"))),
            told.text_keys.take(whole(rows.column("text_no"))),
        )

    def claim_posts(self) -> pa.Table:
        """``CLAIM_POSTS``."""
        made = {name: self.rows.column(name) for name in ("role", "joined_by", "asks", "similarity")}
        made |= {
            "claim_id": self.claim_ids.take(whole(self.rows.column("claim_no"))),
            "post_id": self.posts,
            "variant_key": self.texts,
        }
        return CLAIM_POSTS.conform(pa.table(made))


def claims_table(told: Numbered, named: Named, groups: Groups, conflicts: pa.Table) -> pa.Table:
    """``CLAIMS``: counts by number (``stages/claims``), and the words of each claim's exemplar."""
    rows, posts = named.rows, whole(named.rows.column("post_no"))
    of_row = groups.row_of_text[as_numbers(rows.column("text_no"))]
    is_exemplar = np.append(as_bools(groups.table.column("is_exemplar")), False)
    authors = whole(told.posts.column("author_key").take(posts)).dictionary_encode().indices
    members = pa.table(
        {
            **{name: rows.column(name) for name in ("claim_no", "post_no", "role", "text_no")},
            "in_group": of_row >= 0,
            "is_exemplar": is_exemplar[of_row],
            "platform": told.posts.column("platform").take(posts),
            "author_no": authors,
            "script": told.normalized.column("script").take(posts),
            "posted_at": told.posts.column("posted_at").take(posts),
        }
    )
    counted = run_statement("stages/claims", {"members": members})
    exemplars = whole(counted.column("exemplar_no"))
    asserted = as_numbers(counted.column("carrier_count")) > 0
    group_of = groups.row_of_text[told.texts[as_numbers(exemplars)]]
    told_by = pa.array(group_of, mask=~asserted | (group_of < 0))
    ids = named.claim_ids.take(whole(counted.column("claim_no")))
    made = {name: counted.column(name) for name in counted.column_names if name in CLAIMS.schema.names} | {
        "claim_id": ids,
        "exemplar_post_id": told.post_ids.take(exemplars),
        "exemplar_text": pc.utf8_slice_codeunits(
            told.posts.column("text").take(exemplars), 0, EXEMPLAR_CHARS
        ),
        "exemplar_script": told.normalized.column("script").take(exemplars),
        "keywords": _or_none(groups.table.column("keywords").take(told_by)),
        "weakest_link": groups.table.column("weakest_link").take(told_by),
        "conflict_ids": _or_none(
            whole(conflicts.column("conflict_ids")).take(
                pc.index_in(ids, value_set=whole(conflicts.column("claim_id")))
            )
        ),
    }
    return CLAIMS.conform(pa.table(made))


def _or_none(lists: pa.ChunkedArray | pa.Array) -> pa.Array:
    """``lists`` with an empty one in place of null."""
    return pc.coalesce(whole(lists).cast(STRINGS), pa.scalar([], STRINGS))


def claim_matches_table(told: Numbered, named: Named, groups: Groups) -> pa.Table:
    """``CLAIM_MATCHES``: the best pair of each two claims, by number (``stages/claim_matches``)."""
    own = named.rows.filter(named.rows.column("is_own"))
    first = own.select(["text_no", "claim_no", "post_no"]).group_by("text_no", use_threads=False)
    carriers = first.aggregate([("claim_no", "min"), ("post_no", "min")])
    carriers = carriers.select(["text_no", "claim_no_min", "post_no_min"])
    carriers = carriers.rename_columns(["text_no", "claim_no", "post_no"])
    asked = np.zeros(len(told.text_keys), np.bool_)
    for name in ("left_no", "right_no"):
        asked[as_numbers(groups.matches.column(name))] = True
    carriers = carriers.filter(pa.array(asked[as_numbers(carriers.column("text_no"))]))
    rank = np.empty(len(carriers), np.int64)
    ids = told.post_ids.take(whole(carriers.column("post_no")))
    rank[as_numbers(pc.sort_indices(ids))] = np.arange(len(rank))
    inputs = {"text_matches": groups.matches, "carriers": carriers.append_column("post_rank", pa.array(rank))}
    found = run_statement("stages/claim_matches", inputs)
    sides = ("left", "right")
    made = {
        f"{side}_claim_id": named.claim_ids.take(whole(found.column(f"{side}_claim_no"))) for side in sides
    }
    made |= {f"{side}_post_id": told.post_ids.take(whole(found.column(f"{side}_post_no"))) for side in sides}
    made |= {
        "similarity": found.column("similarity"),
        "why": groups.whys.take(whole(found.column("match_no"))),
    }
    return CLAIM_MATCHES.conform(pa.table(made))
