"""Claims over time and in order."""

from __future__ import annotations

import pyarrow as pa

from pipeline.schema import STRINGS, Column, Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import number_column as _number
from pipeline.schema import text_column as _text
from pipeline.schema import time_column as _time

CLAIM_HOURS = Table(
    "claim_hours",
    "one row per claim, hour and platform: the timeline.",
    (
        _key("claim_id", "the claim"),
        _time("hour", "start of the hour (UTC)"),
        _key("platform", "the platform"),
        _count("posts", "posts of every role"),
        _count("enquiries", "posts that ask whether it is true"),
        _count("corrections", "posts that correct it"),
    ),
)

RANKED_CLAIMS = Table(
    "ranked_claims",
    "one row per claim, best first. score is the sum of the *_points columns, exactly; signals: rank_signals.",
    (
        _key("claim_id", "the claim"),
        Column("rank", pa.int64(), "1 is the first to look at", nullable=False),
        Column("score", pa.float64(), "sum of the points below", nullable=False),
        _time("as_of", "the moment the ranking speaks about; later posts are not known to it"),
        _count("recent_posts", "posts in the last window"),
        _count("previous_posts", "posts in the window before"),
        _count(
            "recent_voices", "distinct voices in the last window: authors, or wordings where none is named"
        ),
        _count("previous_voices", "distinct voices in the window before"),
        _count("voices", "distinct voices ever"),
        _count("platforms", "distinct platforms"),
        _count("communities", "distinct sources: boards, channels, forums"),
        _number(
            "copy_share", "share of tellings that repeat another word for word; null when nobody tells it"
        ),
        _text("origin", "platform of its first post"),
        Column("jumped_to", STRINGS, "platforms of communities that it reached in the last window"),
        _count("enquirers", "voices that ask whether it is true"),
        _count("recent_enquirers", "voices that asked within the last hour"),
        _count("correctors", "voices that correct it"),
        Column("harms", STRINGS, "kinds of harm of data/lexicon/harm.toml that its words touch"),
        Column("harm_assessed", pa.bool_(), "whether harm is what people answered to the rubric's questions"),
        _number(
            "freshness", "1 for three voices of now, halving each window: weighs the lasting signals' points"
        ),
        _number("newness", "1 for a voice of now, halving each window: weighs the points of what is said"),
        _number("volume", "voices in the last window"),
        _number("growth", "log((recent + 3) / (previous + 3)) of voices, on its fastest platform"),
        _number(
            "burst",
            "(recent - mean of earlier windows) / sqrt(mean + 1) of voices, against the platform's rhythm, on its "
            "fastest platform",
        ),
        _number("spread", "platforms - 1 + ln(1 + communities) + voices per post"),
        _number("jump", "communities reached in the last window by a claim that began elsewhere"),
        _number("engagement", "best place of its posts within platform and age, 0 to 1; null without counts"),
        _number(
            "enquiry_share", "Wilson lower bound (95 %) of the share of voices that ask whether it is true"
        ),
        _number("debunk_gap", "Wilson lower bound (95 %) of the share of voices that do not correct it"),
        _number("checkworthy", "chance that its exemplar states something that can be checked, 0 to 1"),
        _number(
            "harm",
            "people's answers to the rubric as a share of the most; until there are any, the weight of the harms that "
            "its words touch; 0 to 1",
        ),
        _number("nearness", "how much of the incident's places, names and words it has, 0 to 1"),
        _number(
            "kinship", "similarity to the nearest claim taken up or reviewed before, 0 to 1; null without one"
        ),
        _number(
            "reactions",
            "how much its reactions sound like those to claims taken up, 0 to 1; null until learned",
        ),
        _number("volume_points", "what volume adds to the score"),
        _number("growth_points", "what growth adds to the score"),
        _number("burst_points", "what burst adds to the score"),
        _number("spread_points", "what spread adds to the score"),
        _number("jump_points", "what jump adds to the score"),
        _number("engagement_points", "what engagement adds to the score"),
        _number("enquiry_points", "what enquiry_share adds to the score"),
        _number("debunk_gap_points", "what debunk_gap adds to the score"),
        _number("checkworthy_points", "what checkworthy adds to the score"),
        _number("harm_points", "what harm adds to the score"),
        _number("nearness_points", "what nearness adds to the score"),
        _number("kinship_points", "what kinship adds to the score"),
        _number("reactions_points", "what reactions adds to the score"),
    ),
)

RANK_SIGNALS = Table(
    "rank_signals",
    "one row per signal of the ranking: what it weighed in this run, and where it comes from.",
    (
        _key("signal", "its name; ranked_claims has its value and its points"),
        _key("family", "the file of sql/signals that computes it"),
        Column("weight", pa.float64(), "its weight", nullable=False),
        Column("is_lasting", pa.bool_(), "whether freshness weighs its points", nullable=False),
        _key("source", "where the idea comes from"),
    ),
)
