"""What is kept of every list that was shown: numbers and ids, no text."""

from __future__ import annotations

from pipeline.schema import STRINGS, Column, Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import text_column as _text
from pipeline.schema import time_column as _time
from pipeline.tables.ranking import RANKED_CLAIMS

SHOWN_LIST = Table(
    "shown_list",
    "one row per claim of one list that was shown, best first: ranked_claims with the facts of its row.",
    (
        *RANKED_CLAIMS.columns,
        _text("exemplar_post_id", "its most typical post; a keyed hash once that is purged", personal=True),
        _text("exemplar_crawl_id", "the crawl whose observation of that post was shown"),
        _time("exemplar_collected_at", "when that observation was made (UTC)"),
        _text("exemplar_script", "script of that post"),
        _count("post_count", "posts of every role"),
        _count("carrier_count", "posts that assert the claim"),
        _count("variant_count", "distinct normalized texts among them"),
        _count("author_count", "distinct known authors"),
        _count("platform_count", "distinct platforms"),
        Column("platform_names", STRINGS, "those platforms, sorted"),
        Column("scripts", STRINGS, "scripts of the carriers, sorted"),
        _time("first_at", "first appearance that was held"),
        _time("last_at", "latest post that was held"),
        Column("conflict_ids", STRINGS, "other decided claims that had fallen into this group"),
    ),
)

LIST_PLACES = Table(
    "list_places",
    "one row per post that people ever ruled on and that one shown list had: its claim in that list.",
    (
        _key("post_mark", "keyed hash of the post's id"),
        _key("claim_id", "the claim that it belonged to"),
    ),
)
