"""Stage claims: groups of texts become claims with ids that people can trust.

An id that people have used does not change: a group takes the id of the claim it shares most posts with,
decided claims first. An id that finds no group of its own becomes an alias of the claim that took its posts.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.duck import run_statement
from pipeline.phrases import is_correction, is_enquiry
from pipeline.records import Triage
from pipeline.tables import CLAIM_ALIASES, CLAIM_MATCHES, CLAIM_POSTS, CLAIMS

CLAIMS_VERSION = "1"

_CONFLICTS = pa.schema([("claim_id", pa.string()), ("conflict_ids", pa.list_(pa.string()))])
_PREVIOUS = pa.schema([("post_id", pa.string()), ("claim_id", pa.string()), ("decided", pa.bool_())])


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many posts a group shares with an old claim, and whether people decided on that claim."""

    group_key: str
    claim_id: str
    decided: bool
    shared: int


@dataclass(slots=True)
class Identities:
    """Which id each group carries now, what became of the others, and where decided claims collide."""

    of_group: dict[str, str]
    aliases: dict[str, tuple[str, str]] = field(default_factory=dict)
    """old id → (claim id now, reason)"""
    conflicts: dict[str, list[str]] = field(default_factory=dict)
    """claim id → other decided claims whose posts fell into its group"""


def new_claim_id(seed_post: str, taken: Iterable[str] = ()) -> str:
    """An id made from the group's first post: ``c-`` and eight letters; never one of ``taken``."""
    used, salt = set(taken), ""
    while True:
        digest = hashlib.blake2b((seed_post + salt).encode("utf-8", "surrogatepass"), digest_size=5).digest()
        claim_id = "c-" + base64.b32encode(digest).decode().lower()
        if claim_id not in used:
            return claim_id
        salt += "'"


def assign(
    seeds: Mapping[str, str], overlaps: Iterable[Overlap], old_aliases: Mapping[str, str]
) -> Identities:
    """Give every group of ``seeds`` (group → first post) an id; deterministic in any order of input."""
    ordered = sorted(overlaps, key=lambda o: (not o.decided, -o.shared, o.claim_id, o.group_key))
    of_group: dict[str, str] = {}
    given: set[str] = set()
    for overlap in ordered:
        if overlap.group_key not in of_group and overlap.claim_id not in given:
            of_group[overlap.group_key] = overlap.claim_id
            given.add(overlap.claim_id)
    known = {o.claim_id for o in ordered} | set(old_aliases)
    for group_key in sorted(seeds, key=lambda g: (seeds[g], g)):
        if group_key not in of_group:
            of_group[group_key] = new_claim_id(seeds[group_key], known)
            known.add(of_group[group_key])
    identities = Identities(of_group)
    _retire(identities, ordered, given, old_aliases)
    return identities


def _retire(
    identities: Identities, ordered: list[Overlap], given: set[str], old_aliases: Mapping[str, str]
) -> None:
    """Old ids that found no group of their own resolve to the claim that took most of their posts."""
    conflicts: dict[str, list[str]] = defaultdict(list)
    for overlap in ordered:
        old, now = overlap.claim_id, identities.of_group[overlap.group_key]
        if old in given or old in identities.aliases:
            continue
        identities.aliases[old] = (now, "merged")
        if overlap.decided:
            conflicts[now].append(old)
    current = set(identities.of_group.values())
    for old, target in old_aliases.items():
        resolved = identities.aliases.get(target, (target, ""))[0]
        if old not in current and resolved in current:
            identities.aliases.setdefault(old, (resolved, "merged"))
    identities.conflicts = {claim: sorted(others) for claim, others in conflicts.items()}


@dataclass(frozen=True, slots=True)
class Previous:
    """What the last run and the ledger know about claims."""

    claim_posts: pa.Table = field(default_factory=lambda: CLAIM_POSTS.schema.empty_table())
    aliases: pa.Table = field(default_factory=lambda: CLAIM_ALIASES.schema.empty_table())
    triage: Mapping[str, Triage] = field(default_factory=dict)

    def posts(self) -> pa.Table:
        """(post_id, claim_id, decided) of every old claim; decided claims also by their anchor posts."""
        posts = self.claim_posts.column("post_id").to_pylist()
        claims = self.claim_posts.column("claim_id").to_pylist()
        pairs = dict.fromkeys(zip(posts, claims, strict=True))
        for claim_id, decision in self.triage.items():
            pairs.update(dict.fromkeys((post, claim_id) for post in decision.anchor_posts))
        rows = list(pairs)
        return pa.table(
            [[p for p, _ in rows], [c for _, c in rows], [c in self.triage for _, c in rows]],
            schema=_PREVIOUS,
        )


def make_claims(tables: Mapping[str, pa.Table], previous: Previous) -> dict[str, pa.Table]:
    """Return ``claims``, ``claim_posts``, ``claim_matches`` and ``claim_aliases``.

    ``tables`` holds posts, normalized_posts, text_groups and text_matches.
    """
    inputs = {name: tables[name] for name in ("posts", "normalized_posts", "text_groups", "text_matches")}
    inputs["speech"] = speech(inputs["normalized_posts"])
    grouped = run_statement("stages/group_posts", inputs)
    identities = _identify(grouped, inputs["posts"], previous)
    ids = pa.array([identities.of_group[key] for key in grouped.column("group_key").to_pylist()], pa.string())
    claim_posts = CLAIM_POSTS.conform(
        grouped.append_column("claim_id", ids).sort_by([("claim_id", "ascending"), ("post_id", "ascending")])
    )
    inputs |= {"claim_posts": claim_posts, "claim_conflicts": _conflicts(identities)}
    return {
        CLAIMS.name: CLAIMS.conform(run_statement("stages/claims", inputs)),
        CLAIM_POSTS.name: claim_posts,
        CLAIM_MATCHES.name: CLAIM_MATCHES.conform(run_statement("stages/claim_matches", inputs)),
        CLAIM_ALIASES.name: _aliases(identities),
    }


def speech(normalized: pa.Table) -> pa.Table:
    """One row per distinct text: does it ask whether something is true, does it correct something?"""
    texts = (
        normalized.select(["text_key", "match_text"]).group_by("text_key").aggregate([("match_text", "min")])
    )
    words = texts.column("match_text_min")
    return pa.table(
        {
            "text_key": texts.column("text_key"),
            "asks": pa.array(is_enquiry(words)),
            "corrects": pa.array(is_correction(words)),
        }
    )


def _identify(grouped: pa.Table, posts: pa.Table, previous: Previous) -> Identities:
    roots = posts.filter(pc.equal(posts.column("post_id"), posts.column("root_id"))).column("post_id")
    is_root = pc.is_in(grouped.column("post_id"), value_set=roots.combine_chunks())
    group_posts = grouped.select(["post_id", "group_key"]).filter(is_root)
    overlaps = run_statement(
        "stages/previous_overlap", {"group_posts": group_posts, "previous_posts": previous.posts()}
    )
    seeds = run_statement("stages/group_seeds", {"group_posts": group_posts, "posts": posts})
    pairs = zip(seeds.column("group_key").to_pylist(), seeds.column("seed").to_pylist(), strict=True)
    aliases = previous.aliases.to_pylist()
    return assign(
        dict(pairs),
        [Overlap(**row) for row in overlaps.to_pylist()],
        {row["old_claim_id"]: row["claim_id"] for row in aliases},
    )


def _conflicts(identities: Identities) -> pa.Table:
    rows = [{"claim_id": c, "conflict_ids": others} for c, others in sorted(identities.conflicts.items())]
    return pa.Table.from_pylist(rows, schema=_CONFLICTS)


def _aliases(identities: Identities) -> pa.Table:
    rows: list[dict[str, object]] = [
        {"old_claim_id": old, "claim_id": now, "reason": reason}
        for old, (now, reason) in sorted(identities.aliases.items())
    ]
    return CLAIM_ALIASES.from_rows(rows)
