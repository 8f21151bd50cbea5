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

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.claim_rows import Groups, Named, claim_matches_table, claims_table, group_posts
from pipeline.duck import run_statement
from pipeline.numbered import Numbered, as_numbers, whole
from pipeline.phrases import speech_of
from pipeline.records import MatchRuling, RulingKind, Triage
from pipeline.remembered import Remembered
from pipeline.tables import CLAIM_ALIASES, CLAIM_MATCHES, CLAIM_MEMORY, CLAIM_POSTS, CLAIMS

_PAIRS = pa.schema([("post_id", pa.string()), ("claim_id", pa.string())])
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

    @property
    def has_anchors(self) -> bool:
        """Whether decisions name posts: what is remembered is not all, then."""
        return any(triage.anchor_posts for triage in self.triage.values())

    def posts(self) -> pa.Table:
        """(post_id, claim_id, decided) of every old claim; decided claims also by their anchor posts."""
        pairs = self.memory.select(["post_id", "claim_id"]).cast(_PAIRS)
        if self.has_anchors:
            anchors = [(post, claim) for claim, triage in self.triage.items() for post in triage.anchor_posts]
            extra = pa.table([[p for p, _ in anchors], [c for _, c in anchors]], schema=_PAIRS)
            pairs = pa.concat_tables([pairs, extra]).group_by(["post_id", "claim_id"]).aggregate([])
        decided = pc.is_in(pairs.column("claim_id"), value_set=pa.array(sorted(self.triage), pa.string()))
        return pairs.append_column("decided", decided)


def make_claims(
    tables: Mapping[str, pa.Table], previous: Previous, remembered: Remembered | None = None
) -> dict[str, pa.Table]:
    """Return ``claims``, ``claim_posts``, ``claim_matches``, ``claim_aliases`` and ``claim_memory``.

    ``tables`` holds posts, normalized_posts, text_groups and text_matches; ``remembered`` what texts were heard to say.
    """
    told = Numbered.of(tables["posts"], tables["normalized_posts"])
    groups = Groups.of(told, tables["text_groups"], tables["text_matches"])
    grouped = group_posts(told, groups, speech(told, remembered))
    ids, aliases = _identify(grouped, told, groups, previous)
    named = Named.of(told, grouped, ids)
    claim_posts = named.claim_posts()
    conflicts = _conflicts(aliases, claim_posts, previous)
    return {
        CLAIMS.name: claims_table(told, named, groups, conflicts),
        CLAIM_POSTS.name: claim_posts,
        CLAIM_MATCHES.name: claim_matches_table(told, named, groups),
        CLAIM_ALIASES.name: _aliases(aliases),
        CLAIM_MEMORY.name: _remember(named, previous),
    }


def speech(told: Numbered, remembered: Remembered | None = None) -> pa.Table:
    """(text_no, asks, corrects) of each text: does it ask whether something is true, does it correct something?"""
    forms = told.normalized.column("match_text").take(pa.array(told.first_posts))
    said = speech_of(pa.table({"text_key": told.text_keys, "match_text": forms}), remembered)
    return said.add_column(0, "text_no", pa.array(np.arange(len(told.text_keys))))


def _identify(
    grouped: pa.Table, told: Numbered, groups: Groups, previous: Previous
) -> tuple[pa.Array, dict[str, str]]:
    """The claim id of each row of ``grouped``, and what became of old ids (old → now)."""
    old = previous.posts()
    old_ids = whole(old.column("claim_id")).dictionary_encode()
    inputs = {
        "group_posts": grouped.select(["post_no", "group_no", "is_own"]),
        "previous_posts": pa.table(
            {
                "post_no": told.posts_of(old.column("post_id")),
                "claim_no": old_ids.indices,
                "decided": old.column("decided"),
            }
        ),
    }
    overlaps = run_statement("stages/previous_overlap", inputs)
    seeds = run_statement("stages/group_seeds", inputs)
    plain = plain_overlaps(overlaps, "group_no", "claim_no")
    settled = overlaps.filter(plain)
    waiting = seeds.filter(
        pc.invert(pc.is_in(seeds.column("group_no"), value_set=whole(settled.column("group_no"))))
    )
    keys, places = whole(groups.table.column("text_key")), as_numbers(waiting.column("group_no"))
    first_posts = dict(
        zip(
            keys.take(pa.array(places)).to_pylist(),
            told.post_ids.take(whole(waiting.column("post_no"))).to_pylist(),
            strict=True,
        )
    )
    settled_ids = old_ids.dictionary.take(whole(settled.column("claim_no")))
    taken = settled_ids.to_pylist() if first_posts else ()
    open_ = _named_overlaps(overlaps.filter(pc.invert(plain)), keys, old_ids.dictionary)
    identities = assign(first_posts, open_, taken)
    fresh = [identities.of_group[key] for key in first_posts]
    names = pa.concat_arrays([settled_ids, pa.array(fresh, pa.string())])
    of_group = np.full(len(keys), -1, np.int64)
    of_group[np.concatenate([as_numbers(settled.column("group_no")), places])] = np.arange(len(names))
    return names.take(pa.array(of_group[as_numbers(grouped.column("group_no"))])), identities.aliases


def _named_overlaps(overlaps: pa.Table, keys: pa.Array, claim_ids: pa.Array) -> list[Overlap]:
    rows = overlaps.select(["decided", "own", "shared"]).to_pylist()
    groups = keys.take(whole(overlaps.column("group_no"))).to_pylist()
    claims = claim_ids.take(whole(overlaps.column("claim_no"))).to_pylist()
    return [
        Overlap(group_key=group, claim_id=claim, **row)
        for group, claim, row in zip(groups, claims, rows, strict=True)
    ]


def plain_overlaps(overlaps: pa.Table, *names: str) -> pa.Array:
    """Which overlaps are all that their group and their claim have: such a group keeps the id, whatever the others do.

    ``names`` are the columns of the group and of the claim. Nearly all are, from the second run on.
    """
    alone = [pc.greater(overlaps.column("own"), 0)]
    for name in names:
        counted = pc.value_counts(overlaps.column(name))
        once = counted.field("values").filter(pc.equal(counted.field("counts"), 1))
        alone.append(pc.is_in(overlaps.column(name), value_set=once))
    return pc.and_(alone[0], pc.and_(alone[1], alone[2]))


def _remember(named: Named, previous: Previous) -> pa.Table:
    """Posts of every claim of now, and of retired ids as they were: a claim that comes apart again finds its id."""
    is_own = named.rows.column("is_own")
    claims = named.claim_ids.take(whole(named.rows.column("claim_no")))
    now = pa.table({"claim_id": claims, "post_id": named.posts}).filter(is_own)
    own = pc.unique(named.rows.column("claim_no").filter(is_own))
    retired = pc.invert(pc.is_in(previous.memory.column("claim_id"), value_set=named.claim_ids.take(own)))
    gone = previous.memory.filter(retired)
    if not gone.num_rows:
        return CLAIM_MEMORY.conform(now)
    memory = pa.concat_tables([now, gone.cast(now.schema)])
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
