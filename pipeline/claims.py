"""Stage claims: groups of texts become claims with ids that people can trust.

An id that people have used does not change: a group takes the id of the claim it shares most posts with,
decided claims first. An id that finds no group of its own becomes an alias of the claim that took its posts.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.duck import run_statement
from pipeline.phrases import speech_of
from pipeline.records import MatchRuling, RulingKind, Triage
from pipeline.remembered import Remembered
from pipeline.tables import CLAIM_ALIASES, CLAIM_MATCHES, CLAIM_MEMORY, CLAIM_POSTS, CLAIMS

_PAIRS = pa.schema([("post_id", pa.string()), ("claim_id", pa.string())])
_NAMES = pa.schema([("group_key", pa.string()), ("claim_id", pa.string())])
_CONFLICTS = pa.schema([("claim_id", pa.string()), ("conflict_ids", pa.list_(pa.string()))])


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many posts a group shares with an old claim, and whether people decided on that claim."""

    group_key: str
    claim_id: str
    decided: bool
    own: int
    """Shared posts that speak for themselves in the group: an id follows these."""
    shared: int
    """Shared posts of any kind: they tell where a claim went whose posts have become replies."""


@dataclass(slots=True)
class Identities:
    """Which id each group carries now, and what became of the others."""

    of_group: dict[str, str]
    aliases: dict[str, str] = field(default_factory=dict)
    """old id → claim id now"""


def new_claim_id(seed_post: str, taken: Container[str] = ()) -> str:
    """An id made from the group's first post: ``c-`` and eight letters; never one of ``taken``."""
    salt = ""
    while True:
        digest = hashlib.blake2b((seed_post + salt).encode("utf-8", "surrogatepass"), digest_size=5).digest()
        claim_id = "c-" + base64.b32encode(digest).decode().lower()
        if claim_id not in taken:
            return claim_id
        salt += "'"


def assign(seeds: Mapping[str, str], overlaps: Iterable[Overlap], taken: Iterable[str] = ()) -> Identities:
    """Give every group of ``seeds`` (group → first post) an id; deterministic in any order of input.

    Every old id of ``overlaps`` is the id of a group afterwards or an alias of one: none is lost. No new id is one of
    ``taken``.
    """
    ordered = sorted(overlaps, key=lambda o: (not o.decided, -o.own, -o.shared, o.claim_id, o.group_key))
    of_group: dict[str, str] = {}
    given: set[str] = set()
    for overlap in ordered:
        if overlap.own and overlap.group_key not in of_group and overlap.claim_id not in given:
            of_group[overlap.group_key] = overlap.claim_id
            given.add(overlap.claim_id)
    known = {o.claim_id for o in ordered} | set(taken)
    for group_key in sorted(seeds, key=lambda g: (seeds[g], g)):
        if group_key not in of_group:
            of_group[group_key] = new_claim_id(seeds[group_key], known)
            known.add(of_group[group_key])
    identities = Identities(of_group)
    for overlap in ordered:
        if overlap.claim_id not in given:
            identities.aliases.setdefault(overlap.claim_id, of_group[overlap.group_key])
    return identities


@dataclass(frozen=True, slots=True)
class Previous:
    """What was known about claims before this run."""

    memory: pa.Table = field(default_factory=lambda: CLAIM_MEMORY.schema.empty_table())
    """Every id ever published, with the posts it had when it was last a claim of its own."""
    triage: Mapping[str, Triage] = field(default_factory=dict)
    rulings: Sequence[MatchRuling] = ()

    def posts(self) -> pa.Table:
        """(post_id, claim_id, decided) of every old claim; decided claims also by their anchor posts."""
        anchors = [(post, claim) for claim, triage in self.triage.items() for post in triage.anchor_posts]
        remembered = self.memory.select(["post_id", "claim_id"]).cast(_PAIRS)
        extra = pa.table([[p for p, _ in anchors], [c for _, c in anchors]], schema=_PAIRS)
        pairs = pa.concat_tables([remembered, extra]).group_by(["post_id", "claim_id"]).aggregate([])
        decided = pc.is_in(pairs.column("claim_id"), value_set=pa.array(sorted(self.triage), pa.string()))
        return pairs.append_column("decided", decided)


def make_claims(
    tables: Mapping[str, pa.Table], previous: Previous, remembered: Remembered | None = None
) -> dict[str, pa.Table]:
    """Return ``claims``, ``claim_posts``, ``claim_matches``, ``claim_aliases`` and ``claim_memory``.

    ``tables`` holds posts, normalized_posts, text_groups and text_matches; ``remembered`` what texts were heard to say.
    """
    inputs = {name: tables[name] for name in ("posts", "normalized_posts", "text_groups", "text_matches")}
    inputs["speech"] = speech(inputs["normalized_posts"], remembered)
    inputs["speakers"] = speakers(inputs["posts"], inputs["normalized_posts"])
    grouped = run_statement("stages/group_posts", inputs)
    named, aliases = _identify(grouped, inputs["posts"], previous)
    claim_posts = CLAIM_POSTS.conform(named.sort_by([("claim_id", "ascending"), ("post_id", "ascending")]))
    inputs |= {"claim_posts": claim_posts, "claim_conflicts": _conflicts(aliases, named, previous)}
    return {
        CLAIMS.name: CLAIMS.conform(run_statement("stages/claims", inputs)),
        CLAIM_POSTS.name: claim_posts,
        CLAIM_MATCHES.name: CLAIM_MATCHES.conform(run_statement("stages/claim_matches", inputs)),
        CLAIM_ALIASES.name: _aliases(aliases),
        CLAIM_MEMORY.name: _remember(named, previous),
    }


def speakers(posts: pa.Table, normalized: pa.Table) -> pa.Table:
    """(post_id, speaker_id): the post whose words each post belongs to."""
    return run_statement("stages/speakers", {"posts": posts, "normalized_posts": normalized})


def speech(normalized: pa.Table, remembered: Remembered | None = None) -> pa.Table:
    """One row per distinct text: does it ask whether something is true, does it correct something?"""
    texts = (
        normalized.select(["text_key", "match_text"]).group_by("text_key").aggregate([("match_text", "min")])
    )
    texts = texts.select(["text_key", "match_text_min"]).rename_columns(["text_key", "match_text"])
    said = speech_of(texts, remembered)
    return said.add_column(0, "text_key", texts.column("text_key"))


def _identify(grouped: pa.Table, posts: pa.Table, previous: Previous) -> tuple[pa.Table, dict[str, str]]:
    """``grouped`` with the claim id of each row, and what became of old ids (old → now)."""
    inputs = {"group_posts": grouped, "previous_posts": previous.posts(), "posts": posts}
    overlaps = run_statement("stages/previous_overlap", inputs)
    seeds = run_statement("stages/group_seeds", inputs)
    plain = plain_overlaps(overlaps)
    settled, open_ = overlaps.filter(plain), overlaps.filter(pc.invert(plain))
    waiting = seeds.filter(
        pc.invert(pc.is_in(seeds.column("group_key"), value_set=settled.column("group_key")))
    )
    first_posts = dict(
        zip(waiting.column("group_key").to_pylist(), waiting.column("seed").to_pylist(), strict=True)
    )
    taken = settled.column("claim_id").to_pylist() if first_posts else ()
    identities = assign(first_posts, [Overlap(**row) for row in open_.to_pylist()], taken)
    fresh = pa.table([list(identities.of_group), list(identities.of_group.values())], schema=_NAMES)
    names = pa.concat_tables([settled.select(_NAMES.names).cast(_NAMES), fresh]).combine_chunks()
    places = pc.index_in(grouped.column("group_key"), value_set=names.column("group_key"))
    return grouped.append_column("claim_id", names.column("claim_id").take(places)), identities.aliases


def plain_overlaps(overlaps: pa.Table) -> pa.Array:
    """Which overlaps are all that their group and their claim have: such a group keeps the id, whatever the others do.

    Nearly all are, from the second run on.
    """
    alone = [pc.greater(overlaps.column("own"), 0)]
    for name in ("group_key", "claim_id"):
        counted = pc.value_counts(overlaps.column(name))
        once = counted.field("values").filter(pc.equal(counted.field("counts"), 1))
        alone.append(pc.is_in(overlaps.column(name), value_set=once))
    return pc.and_(alone[0], pc.and_(alone[1], alone[2]))


def _remember(named: pa.Table, previous: Previous) -> pa.Table:
    """Posts of every claim of now, and of retired ids as they were: a claim that comes apart again finds its id."""
    is_own = pc.field("is_own")
    now = named.filter(is_own).select(["claim_id", "post_id"])
    retired = pc.invert(
        pc.is_in(previous.memory.column("claim_id"), value_set=pc.unique(now.column("claim_id")))
    )
    memory = pa.concat_tables([now, previous.memory.filter(retired).cast(now.schema)])
    return CLAIM_MEMORY.conform(memory.sort_by([("claim_id", "ascending"), ("post_id", "ascending")]))


def _conflicts(aliases: Mapping[str, str], named: pa.Table, previous: Previous) -> pa.Table:
    """Decided claims that fell into another one, unless a person ruled that they are one."""
    if not any(old in previous.triage for old in aliases):
        return _CONFLICTS.empty_table()
    claim_of = dict(
        zip(named.column("post_id").to_pylist(), named.column("claim_id").to_pylist(), strict=True)
    )
    posts_of: dict[str, set[str]] = defaultdict(set)
    for row in previous.posts().filter(pc.field("decided")).to_pylist():
        posts_of[row["claim_id"]].add(row["post_id"])
    latest = {(r.left_post, r.right_post): r for r in previous.rulings}
    found: dict[str, list[str]] = defaultdict(list)
    for old, now in sorted(aliases.items()):
        if old in previous.triage and not _ruled_together(posts_of[old], now, latest.values(), claim_of):
            found[now].append(old)
    rows = [{"claim_id": claim, "conflict_ids": others} for claim, others in sorted(found.items())]
    return pa.Table.from_pylist(rows, schema=_CONFLICTS)


def _ruled_together(
    posts: set[str], now: str, rulings: Iterable[MatchRuling], claim_of: Mapping[str, str]
) -> bool:
    """Whether a standing ruling joins one of ``posts`` to another post of the claim ``now``."""
    pairs = [(r.left_post, r.right_post) for r in rulings if r.kind is RulingKind.MUST]
    return any(
        (left in posts) != (right in posts) and claim_of.get(left) == claim_of.get(right) == now
        for left, right in pairs
    )


def _aliases(aliases: Mapping[str, str]) -> pa.Table:
    rows: list[dict[str, object]] = [
        {"old_claim_id": old, "claim_id": now} for old, now in sorted(aliases.items())
    ]
    return CLAIM_ALIASES.from_rows(rows)
