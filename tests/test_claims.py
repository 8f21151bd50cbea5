"""Claims keep the ids that people used: through new posts, merges, splits and lost lakes."""

from __future__ import annotations

from dataclasses import fields

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.claims import Overlap, Previous, assign, new_claim_id, plain_overlaps
from pipeline.records import Triage


def test_a_new_group_is_named_after_its_first_post() -> None:
    ids = assign({"g1": "post-1"}, [])
    assert ids.of_group == {"g1": new_claim_id("post-1")}
    assert new_claim_id("post-1").startswith("c-")
    assert len(new_claim_id("post-1")) == 10


def test_an_id_follows_its_posts() -> None:
    ids = assign({"g9": "earlier-post"}, [Overlap("g9", "c-old", False, 3, 3)])
    assert ids.of_group == {"g9": "c-old"}
    assert ids.aliases == {}


def test_of_two_that_merge_the_larger_keeps_its_id_and_the_other_resolves() -> None:
    ids = assign({"g1": "p"}, [Overlap("g1", "c-small", False, 2, 2), Overlap("g1", "c-large", False, 5, 5)])
    assert ids.of_group == {"g1": "c-large"}
    assert ids.aliases == {"c-small": "c-large"}


def test_a_decided_claim_keeps_its_id_even_when_it_is_smaller() -> None:
    ids = assign(
        {"g1": "p"}, [Overlap("g1", "c-decided", True, 2, 2), Overlap("g1", "c-large", False, 50, 50)]
    )
    assert ids.of_group == {"g1": "c-decided"}


def test_of_two_decided_claims_in_one_group_the_larger_keeps_its_id() -> None:
    ids = assign({"g1": "p"}, [Overlap("g1", "c-a", True, 2, 2), Overlap("g1", "c-b", True, 3, 3)])
    assert ids.of_group == {"g1": "c-b"}
    assert ids.aliases == {"c-a": "c-b"}


def test_of_two_halves_the_larger_keeps_the_id() -> None:
    ids = assign(
        {"g1": "p1", "g2": "p2"},
        [Overlap("g1", "c-old", False, 2, 2), Overlap("g2", "c-old", False, 4, 4)],
    )
    assert ids.of_group == {"g2": "c-old", "g1": new_claim_id("p1")}


def test_a_claim_whose_posts_became_replies_resolves_to_where_they_went() -> None:
    ids = assign({"g1": "p"}, [Overlap("g1", "c-now", False, 1, 5), Overlap("g1", "c-answered", True, 0, 1)])
    assert ids.of_group == {"g1": "c-now"}
    assert ids.aliases == {"c-answered": "c-now"}


def test_a_merged_claim_that_comes_apart_again_gets_its_id_back() -> None:
    overlaps = [
        Overlap("g1", "c-large", False, 5, 5),
        Overlap("g2", "c-large", False, 2, 2),
        Overlap("g2", "c-small", False, 2, 2),
    ]
    ids = assign({"g1": "p1", "g2": "p2"}, overlaps)
    assert ids.of_group == {"g1": "c-large", "g2": "c-small"}
    assert ids.aliases == {}


def test_ids_of_colliding_seeds_differ() -> None:
    first = new_claim_id("p")
    assert new_claim_id("p", {first}) != first


overlap_lists = st.lists(
    st.builds(
        Overlap,
        st.sampled_from([f"g{n}" for n in range(6)]),
        st.sampled_from([f"c-{n}" for n in range(6)]),
        st.booleans(),
        st.integers(0, 9),
        st.integers(10, 19),
    ),
    unique_by=lambda o: (o.group_key, o.claim_id),
)


@given(overlap_lists, st.randoms())
def test_ids_are_unique_complete_and_free_of_order(overlaps: list[Overlap], random: object) -> None:
    decided = {o.claim_id: o.decided for o in overlaps}
    overlaps = [Overlap(o.group_key, o.claim_id, decided[o.claim_id], o.own, o.shared) for o in overlaps]
    seeds = {f"g{n}": f"post-{n}" for n in range(6)}
    ids = assign(seeds, overlaps)
    shuffled = list(overlaps)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assign(seeds, shuffled) == ids
    assert set(ids.of_group) == set(seeds)
    assert len(set(ids.of_group.values())) == len(seeds)
    old = {o.claim_id for o in overlaps}
    assert old <= set(ids.of_group.values()) | set(ids.aliases)
    assert all(now in ids.of_group.values() for now in ids.aliases.values())


@given(overlap_lists)
def test_groups_that_keep_their_id_need_no_look(overlaps: list[Overlap]) -> None:
    columns = [field.name for field in fields(Overlap)]
    table = pa.table({name: [getattr(o, name) for o in overlaps] for name in columns})
    keeps = plain_overlaps(table, "group_key", "claim_id").to_pylist() if overlaps else []
    seeds = {f"g{n}": f"post-{n}" for n in range(6)}
    settled = {o.group_key: o.claim_id for o, keep in zip(overlaps, keeps, strict=True) if keep}
    others = [o for o, keep in zip(overlaps, keeps, strict=True) if not keep]
    waiting = {group: post for group, post in seeds.items() if group not in settled}
    whole, part = assign(seeds, overlaps), assign(waiting, others, settled.values())
    assert settled | part.of_group == whole.of_group
    assert part.aliases == whole.aliases


def test_anchors_of_decisions_stand_in_when_the_lake_is_lost() -> None:
    previous = Previous(triage={"c-old": Triage("fire", "c-old", anchor_posts=("feed:1", "feed:2"))})
    rows = sorted(previous.posts().to_pylist(), key=lambda row: row["post_id"])
    assert rows == [
        {"post_id": "feed:1", "claim_id": "c-old", "decided": True},
        {"post_id": "feed:2", "claim_id": "c-old", "decided": True},
    ]
