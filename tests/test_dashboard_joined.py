"""What several people do, on one page: counts of the lanes, claims that merge, notes that call somebody."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest

from dashboard import queries
from dashboard.address import NOBODY, ListView
from dashboard.desk import Desk
from dashboard.joined import hours, joined, matches, variants
from dashboard.listing import lane_counts, narrowed
from dashboard.pending import pending
from dashboard.widgets.live import Scope, State, _seen, _state, news
from dashboard.words import Words
from desk_world import INCIDENT, build_world, claim_name
from pipeline.incident import find_incident
from pipeline.ledger import Ledger
from pipeline.ledger.notes import Notes
from pipeline.paths import DataDir
from pipeline.people import AccountRole, Person
from pipeline.records import RulingKind, Status, Triage

CLAIMS = 40
MEI = Person("mei", "Mei 陈", AccountRole.MONITOR)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    return build_world(tmp_path_factory.mktemp("joined"), claims=CLAIMS)


@pytest.fixture
def desk(world: DataDir) -> Iterator[Desk]:
    """A run of a page for Mei, with an empty ledger."""
    file = queries.published_file(world, INCIDENT)
    incident = find_incident(world, INCIDENT)
    yield Desk(world, Words("en"), UTC, (incident,), (), incident, file, MEI, people={"mei": "Mei 陈"})
    for path in world.ledger.parent.glob("*"):
        path.unlink()


def file_of(desk: Desk) -> str:
    assert desk.file
    return desk.file


def decide_at_random(desk: Desk, chance: random.Random) -> None:
    ledger = desk.ledger(write=True)
    for number in chance.sample(range(CLAIMS), 15):
        stands = ledger.triage(INCIDENT).get(claim_name(number)) or Triage(INCIDENT, claim_name(number))
        wanted = replace(
            stands, status=chance.choice(list(Status)), assignee=chance.choice([None, "mei", "lok"])
        )
        ledger.decide(wanted, actor="mei")


@pytest.mark.parametrize("seed", range(4))
def test_counts_of_lanes_are_what_the_lanes_list(desk: Desk, seed: int) -> None:
    chance, file = random.Random(seed), file_of(desk)
    for _ in range(2):  # decided, counted, decided again: nothing stays from before
        decide_at_random(desk, chance)
        for plain in (
            ListView(),
            ListView(who="me"),
            ListView(who=NOBODY),
            ListView(who="lok", script="hans"),
        ):
            counts = lane_counts(desk, file, plain)
            assert counts[""] == len(narrowed(desk, file, plain))
            for status in Status:
                listed = narrowed(desk, file, replace(plain, status=status.value))
                assert counts[status.value] == len(listed), (plain, status)
                assert list(listed) == sorted(listed, key=queries.chosen(file).index), "best first"


def merge(desk: Desk, *claims: int) -> None:
    exemplars = [queries.cards(file_of(desk), (claim_name(c),))[0].exemplar_post_id for c in claims]
    pairs = [(exemplars[0], other) for other in exemplars[1:]]
    desk.ledger(write=True).rule_all(INCIDENT, RulingKind.MUST, pairs, actor="mei", reason="", batch="b")


def test_a_merged_claim_is_counted_once(desk: Desk) -> None:
    desk.ledger(write=True).decide(Triage(INCIDENT, claim_name(5), status=Status.WATCHING), actor="mei")
    merge(desk, 2, 5)
    counts = lane_counts(desk, file_of(desk), ListView())
    assert counts[""] == CLAIMS - 1 and counts["watching"] == 0 and counts["new"] == CLAIMS - 1


def test_the_leads_page_shows_all_that_merge_and_the_others_their_own(desk: Desk) -> None:
    file = file_of(desk)
    merge(desk, 2, 5, 9)
    waiting = pending(desk, file)
    claims = joined(waiting, claim_name(2))
    assert claims == tuple(map(claim_name, (2, 5, 9)))
    assert joined(waiting, claim_name(5)) == (claim_name(5),) and joined(waiting, claim_name(7)) == (
        claim_name(7),
    )
    apart = [queries.hours(file, (claim,))[claim] for claim in claims]
    wanted = Counter({hour.hour: 0 for found in apart for hour in found})
    for hour in (hour for found in apart for hour in found):
        wanted[hour.hour] += hour.posts
    assert {hour.hour: hour.posts for hour in hours(file, claims)} == dict(wanted)
    told = variants(file, claims)
    assert sum(v.posts for v in told) == sum(
        v.posts for claim in claims for v in queries.variants(file, claim)
    )
    assert len({v.variant_key for v in told}) == len(told)
    near = matches(file, claims)
    assert not {match.other_id for match in near} & set(claims)
    found = {m.other_id for claim in claims for m in queries.matches(file, claim)} - set(claims)
    assert {match.other_id for match in near} == found


def test_a_note_that_calls_the_reader_is_news_on_any_page(desk: Desk) -> None:
    scope = Scope(claims=(claim_name(0),))
    Notes(desk.data.ledger).write(INCIDENT, claim_name(0), "begun", author="lok")
    seen = _state(desk, scope)
    notes = Notes(desk.data.ledger)
    notes.write(INCIDENT, claim_name(30), "@lok look here", author="ana")
    assert not news(seen, _state(desk, scope), 1.0), "another claim, somebody else"
    notes.write(INCIDENT, claim_name(30), "@mei look here", author="ana")
    assert news(seen, _state(desk, scope), 1.0)


def test_what_is_decided_while_a_page_runs_is_not_missed(desk: Desk) -> None:
    ledger = Ledger(desk.data.ledger)
    ledger.decide(Triage(INCIDENT, claim_name(0)), actor="lok")
    began = replace(desk, began=ledger.state(INCIDENT))
    ledger.decide(replace(ledger.triage(INCIDENT)[claim_name(0)], note="faster"), actor="lok")
    scope = Scope(claims=(claim_name(0),))
    seen = _seen(began, scope)
    assert isinstance(seen, State) and news(seen, _state(began, scope), 0.0)
    again = replace(desk, began=ledger.state(INCIDENT))
    assert not news(_seen(again, scope), _state(again, scope), 0.0), "once, not for ever"
