"""The stages of a run, in order: each a function from tables to tables that can be called alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.checkworthy import checkworthy_revision
from models.encoder import Encoder
from models.speech import speech_revision
from pipeline import tables as t
from pipeline.chosen_encoder import chosen_encoder
from pipeline.claims import Previous, make_claims
from pipeline.collect import collect
from pipeline.duck import run_statement
from pipeline.errors import StageError
from pipeline.group import GroupConfig, group
from pipeline.group.cache import GroupCache, arrivals
from pipeline.group.pairs import quantize
from pipeline.match import Claimed, MatchConfig, match_reviews
from pipeline.normalize import FORMS, normalize
from pipeline.numbered import Numbered
from pipeline.paths import DataDir
from pipeline.phrases import SPEECH, speech_of
from pipeline.progress import Tick
from pipeline.rank import RankConfig, RankInputs, rank
from pipeline.rank.content import CONTENT
from pipeline.rank.reacting import heard, load_model, model_revision
from pipeline.raw import Crawl, read_observations
from pipeline.records import MatchRuling, Status
from pipeline.remembered import Remembered, keys_of
from pipeline.reviews import KnownReview, ReviewLibrary, digest_of, trust_digest
from pipeline.rulings import CONTRADICTED, ruling_conflicts, text_rulings
from pipeline.runs import LeftOut
from pipeline.segment import TOKENS, segment, segmenter
from pipeline.vectors import VectorCache
from pipeline.versions import code_digest, lexicon_version

Tables = dict[str, pa.Table]


@dataclass(slots=True)
class Outcome:
    """What a stage made, and what it left out with reasons."""

    tables: Tables
    rejects: dict[str, int] = field(default_factory=dict)
    added: int = 0
    """Rows that went into a cache instead of a table: vectors."""


@dataclass
class Context:
    """What a run knows beside its tables: incident, crawls, rulings, the last run, the encoder."""

    data: DataDir
    incident_id: str
    crawls: Sequence[Crawl]
    rulings: Sequence[MatchRuling]
    previous: Previous
    previous_digest: str
    aliases: Mapping[str, str]
    user_words: Sequence[str]
    window_end: datetime | None
    assessed: Mapping[str, float] = field(default_factory=dict)
    """Harm of claims as people assessed it, 0 to 1."""
    as_of_wanted: datetime | None = None
    encoder_name: str | None = None
    group_config: GroupConfig = field(default_factory=GroupConfig)
    rank_config: RankConfig = field(default_factory=RankConfig)
    match_config: MatchConfig = field(default_factory=MatchConfig)

    @cached_property
    def encoder(self) -> Encoder:
        """Loaded when first needed, verified against its registry entry."""
        return chosen_encoder(self.data, self.encoder_name)

    @cached_property
    def reviews(self) -> Sequence[KnownReview]:
        """The library of published reviews, as of the moment that is replayed."""
        return ReviewLibrary(self.data).reviews(self.as_of_wanted)

    @cached_property
    def vectors(self) -> VectorCache:
        """The incident's vectors of this encoder revision."""
        return VectorCache(self.data.lake(self.incident_id), self.encoder)

    def remembered(self, name: str, schema: pa.Schema, *decided_by: object) -> Remembered:
        """What earlier runs of this incident worked out of texts, by this code, this lexicon and ``decided_by``."""
        told = [code_digest(), lexicon_version(), *decided_by]
        return Remembered(self.data.lake(self.incident_id), name, schema, told)

    def steps(self, texts: pa.Table) -> NDArray[np.int8]:
        """Vectors of ``texts`` as grouping compares them, in whole steps: read once from the incident's vectors."""
        width = self.encoder.dimensions
        schema = pa.schema([("steps", pa.binary(width))])
        remembered = self.remembered("steps", schema, self.encoder.name, self.encoder.revision)

        def make(places: pa.Array) -> pa.Table:
            steps = quantize(self.vectors.rows(texts.take(places)))
            rows = pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(width), len(steps), [None, pa.py_buffer(steps)]
            )
            return pa.table([rows], schema=schema)

        column = remembered.rows(keys_of(texts.column("text_key")), make).column("steps").combine_chunks()
        start = column.offset * width
        flat = np.frombuffer(column.buffers()[1], np.int8)[start : start + len(column) * width]
        return flat.reshape(len(column), width)

    def speech(self) -> Remembered:
        """What texts ask and correct: read by grouping and by claims."""
        return self.remembered("speech", SPEECH, speech_revision())


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it reads and writes, what else decides its result, and how it is done."""

    name: str
    reads: tuple[t.Table, ...]
    writes: tuple[t.Table, ...]
    parameters: Callable[[Context], Any]
    run: Callable[[Context, Tables, Tick], Outcome]


def _collect(context: Context, tables: Tables, tick: Tick) -> Outcome:
    posts = collect(read_observations(context.crawls), context.as_of_wanted)
    if not posts.num_rows:
        raise StageError(
            f"incident {context.incident_id}: no posts yet; run: chengqing crawl {context.incident_id} "
            f"or: chengqing import {context.incident_id} FILE"
        )
    refused = sum(int(crawl.summary.get("rejects") or 0) for crawl in context.crawls)
    rejects = {LeftOut.UNREADABLE.value: refused} if refused else {}
    return Outcome({t.POSTS.name: posts}, rejects)


def _normalize(context: Context, tables: Tables, tick: Tick) -> Outcome:
    posts = tables[t.POSTS.name]
    told = [sorted(context.aliases.items()), list(context.user_words)]
    remembered = context.remembered("forms", FORMS, *told)
    normalized = normalize(posts, context.aliases, context.user_words, remembered, tick)
    empty = pc.sum(pc.equal(normalized.column("match_text"), "")).as_py() or 0
    rejects = {LeftOut.WORDLESS.value: empty} if empty else {}
    return Outcome({t.NORMALIZED_POSTS.name: t.NORMALIZED_POSTS.conform(normalized)}, rejects)


def own_words(posts: pa.Table, normalized: pa.Table) -> pa.Table:
    """Rows of ``normalized`` that can carry a claim: not empty, and no reaction to a post with words that we hold."""
    told = Numbered.of(posts, normalized)
    is_own = told.speakers == np.arange(len(told.speakers))
    return told.normalized.filter(pa.array(is_own & told.has_words))


def _segment(context: Context, tables: Tables, tick: Tick) -> Outcome:
    posts = tables[t.POSTS.name]
    own = own_words(posts, tables[t.NORMALIZED_POSTS.name])
    remembered = context.remembered("tokens", TOKENS, list(context.user_words), segmenter())
    texts = segment(own, posts, context.user_words, remembered)
    return Outcome({t.TEXTS.name: t.TEXTS.conform(texts)})


def _encode(context: Context, tables: Tables, tick: Tick) -> Outcome:
    context.vectors.folder.mkdir(parents=True, exist_ok=True)
    return Outcome({}, added=context.vectors.add(tables[t.TEXTS.name], tick))


def _group(context: Context, tables: Tables, tick: Tick) -> Outcome:
    texts = tables[t.TEXTS.name]
    posts, normalized = tables[t.POSTS.name], tables[t.NORMALIZED_POSTS.name]
    rulings, unheard = text_rulings(context.rulings, posts, normalized)
    cache = _group_cache(context)
    arrived = arrivals(texts, posts, normalized)

    def corrects(rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        said = speech_of(texts.take(pa.array(rows)), context.speech())
        return np.asarray(said.column("corrects").to_numpy())

    def steps(rows: NDArray[np.int64]) -> NDArray[np.int8]:
        return context.steps(texts.take(pa.array(rows)))

    grouping = group(texts, steps, context.group_config, rulings, tick, arrived, cache.load(), corrects)
    if not context.as_of_wanted:  # a replay knows less; the next run would compare all again
        cache.keep(grouping.memory)
    groups = t.TEXT_GROUPS.conform(grouping.members)
    conflicts = ruling_conflicts(context.rulings, grouping.conflicts, posts, normalized)
    if conflicts.num_rows:
        unheard |= {CONTRADICTED: conflicts.num_rows}
    made = {
        t.TEXT_GROUPS.name: groups,
        t.TEXT_MATCHES.name: t.TEXT_MATCHES.conform(grouping.matches),
        t.RULING_CONFLICTS.name: conflicts,
    }
    return Outcome(made, unheard)


def _group_cache(context: Context) -> GroupCache:
    decided_by = [
        code_digest(),
        lexicon_version(),
        speech_revision(),
        segmenter(),
        sorted(context.user_words),
    ]
    return GroupCache(context.data.lake(context.incident_id), context.group_config, decided_by)


def _claims(context: Context, tables: Tables, tick: Tick) -> Outcome:
    return Outcome(make_claims(tables, context.previous, context.speech()))


def _match(context: Context, tables: Tables, tick: Tick) -> Outcome:
    texts = tables[t.TEXTS.name]
    vectors = context.vectors.rows(texts) if context.reviews else None
    claimed = Claimed(tables[t.CLAIMS.name], tables[t.CLAIM_POSTS.name], texts, vectors, context.incident_id)
    found = match_reviews(
        claimed, context.reviews, context.encoder, context.match_config, context.user_words, tick
    )
    named = set(found.column("review_id").to_pylist())
    rows = ReviewLibrary(context.data).rows(one for one in context.reviews if one.review_id in named)
    return Outcome({t.KNOWN_REVIEWS.name: rows, t.CLAIM_REVIEWS.name: found})


def as_of(context: Context, posts: pa.Table) -> datetime:
    """The moment the ranking speaks about: asked for, or the last observation inside the incident's window.

    Taken from the data, never from the clock, so that the same input gives the same ranking.
    """
    if context.as_of_wanted:
        return context.as_of_wanted
    latest: datetime = pc.max(posts.column("collected_at")).as_py()
    return min(latest, context.window_end) if context.window_end else latest


def _rank(context: Context, tables: Tables, tick: Tick) -> Outcome:
    posts = tables[t.POSTS.name]
    moment = as_of(context, posts)
    later = pc.sum(pc.greater(posts.column("posted_at"), pa.scalar(moment, t.UTC_TIME))).as_py() or 0
    rejects = {LeftOut.LATER.value: later} if later else {}
    ranked = rank(
        posts, tables[t.CLAIM_POSTS.name], moment, context.rank_config, rank_inputs(context, tables)
    )
    return Outcome(ranked, rejects)


def rank_inputs(context: Context, tables: Tables) -> RankInputs:
    """What the ranking reads beside posts and claims."""
    names = (
        tables[t.CLAIMS.name].select(["claim_id", "exemplar_post_id"]).rename_columns(["claim_id", "post_id"])
    )
    said = (
        tables[t.CLAIM_POSTS.name].select(["post_id", "variant_key"]).rename_columns(["post_id", "text_key"])
    )
    return RankInputs(
        exemplars=names.join(said, "post_id").select(["claim_id", "text_key"]),
        texts=tables[t.TEXTS.name],
        claim_matches=tables[t.CLAIM_MATCHES.name],
        claim_reviews=tables[t.CLAIM_REVIEWS.name],
        taken_up=_taken_up(context),
        assessed=context.assessed,
        reactions=_reactions(context, tables),
        words=context.user_words,
        remembered=context.remembered("content", CONTENT, list(context.user_words), checkworthy_revision()),
    )


def _reactions(context: Context, tables: Tables) -> pa.Table:
    """What the model that triage taught hears in the replies; no rows without one."""
    model = load_model(context.data) if context.rank_config.linear else None
    if model is None:
        return RankInputs().reactions
    names = (t.CLAIM_POSTS.name, t.NORMALIZED_POSTS.name)
    said = run_statement("stages/reactions", {name: tables[name] for name in names})
    return heard(model, said.to_pylist())


def _taken_up(context: Context) -> list[str]:
    """Claims that people did not leave lying and did not put aside."""
    aside = (Status.NEW, Status.NOT_OURS)
    return sorted(c for c, triage in context.previous.triage.items() if triage.status not in aside)


def _ruled(context: Context) -> list[list[str]]:
    return [[r.kind.value, r.left_post, r.right_post] for r in context.rulings]


def _library(context: Context) -> list[str]:
    return [digest_of(context.reviews), trust_digest(context.data)]


def _moment(context: Context) -> list[str | None]:
    return [str(context.as_of_wanted) if context.as_of_wanted else None, str(context.window_end)]


STAGES: tuple[Stage, ...] = (
    Stage(
        "collect",
        (),
        (t.POSTS,),
        lambda c: [[crawl.digest for crawl in c.crawls], str(c.as_of_wanted)],
        _collect,
    ),
    Stage(
        "normalize",
        (t.POSTS,),
        (t.NORMALIZED_POSTS,),
        lambda c: [sorted(c.aliases.items()), list(c.user_words), lexicon_version()],
        _normalize,
    ),
    Stage(
        "segment",
        (t.POSTS, t.NORMALIZED_POSTS),
        (t.TEXTS,),
        lambda c: [list(c.user_words), segmenter(), lexicon_version()],
        _segment,
    ),
    Stage(
        "encode",
        (t.TEXTS,),
        (),
        lambda c: [c.encoder.name, c.encoder.revision],
        _encode,
    ),
    Stage(
        "group",
        (t.TEXTS, t.POSTS, t.NORMALIZED_POSTS),
        (t.TEXT_GROUPS, t.TEXT_MATCHES, t.RULING_CONFLICTS),
        lambda c: [c.encoder.name, c.encoder.revision, asdict(c.group_config), _ruled(c), speech_revision()],
        _group,
    ),
    Stage(
        "claims",
        (t.POSTS, t.NORMALIZED_POSTS, t.TEXT_GROUPS, t.TEXT_MATCHES),
        (t.CLAIMS, t.CLAIM_POSTS, t.CLAIM_MATCHES, t.CLAIM_ALIASES, t.CLAIM_MEMORY),
        lambda c: [c.previous_digest, lexicon_version(), speech_revision()],
        _claims,
    ),
    Stage(
        "match",
        (t.TEXTS, t.CLAIMS, t.CLAIM_POSTS),
        (t.KNOWN_REVIEWS, t.CLAIM_REVIEWS),
        lambda c: [c.encoder.revision, asdict(c.match_config), _library(c), list(c.user_words)],
        _match,
    ),
    Stage(
        "rank",
        (t.POSTS, t.NORMALIZED_POSTS, t.CLAIM_POSTS, t.CLAIMS, t.CLAIM_MATCHES, t.CLAIM_REVIEWS, t.TEXTS),
        (t.CLAIM_HOURS, t.RANKED_CLAIMS, t.RANK_SIGNALS),
        lambda c: [
            asdict(c.rank_config),
            _moment(c),
            _taken_up(c),
            sorted(c.assessed.items()),
            list(c.user_words),
            lexicon_version(),
            checkworthy_revision(),
            model_revision(c.data),
        ],
        _rank,
    ),
)

PUBLISH = "publish"

STAGE_NAMES = (*(stage.name for stage in STAGES), PUBLISH)
