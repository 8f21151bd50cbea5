"""Triage on the desk: keys on many claims, undo, filters, saved views, merging, splitting, notes, evidence, rubric."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import queries
from dashboard.decide import last_move
from dashboard.differences import difference, folded, kinds_of_change, likeness, pairs_of, same_sounds
from dashboard.family import family
from dashboard.presence import GONE_SECONDS, PRESENCE, Presence
from dashboard.publishing import Republisher
from dashboard.reading import read_as
from dashboard.rows import Variant
from dashboard.widgets.live import SLOW_SECONDS, State, news
from dashboard.widgets.merging import named
from dashboard.widgets.variants import strip
from desk_world import INCIDENT, build_world, claim_name
from pipeline.ledger import Ledger
from pipeline.ledger.assessments import Assessments
from pipeline.ledger.evidence import EvidenceBook
from pipeline.ledger.notes import Notes
from pipeline.ledger.views import Views
from pipeline.paths import DataDir
from pipeline.records import RulingKind, Status, Triage
from test_dashboard_app import button, html_of, note_of, ranks, text_of, visit

NOW = datetime(2026, 3, 16, 5, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    return build_world(tmp_path_factory.mktemp("triage"), claims=30)


@pytest.fixture
def desk(world: DataDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataDir]:
    monkeypatch.setenv("CHENGQING_DATA", str(world.root))
    yield world
    for path in world.ledger.parent.rglob("*"):
        if path.is_file():
            path.unlink()


def press(at: AppTest, name: str) -> AppTest:
    """Press the key of a move."""
    return at.button(key=f"quick_{name}").click().run()


def statuses(desk: DataDir) -> dict[str, str]:
    return {claim: row.status.value for claim, row in Ledger(desk.ledger).triage(INCIDENT).items()}


def test_keys_move_the_mark_and_act_on_it(desk: DataDir) -> None:
    at = visit(actor="Mei")
    press(press(at, "next"), "next")
    assert re.search(r"claim-row status-new on\">\s*<div class=\"rank\"[^>]*>3<", html_of(at))
    press(at, "watch")
    assert statuses(desk) == {claim_name(2): "watching"}
    assert "Watching: 3." in text_of(at)
    press(at, "previous")
    press(at, "take")
    assert Ledger(desk.ledger).triage(INCIDENT)[claim_name(1)].assignee == "Mei"
    press(at, "take")
    stands = Ledger(desk.ledger).triage(INCIDENT)[claim_name(1)]
    assert (stands.assignee, stands.status) == (None, Status.NEW), "taking what is yours lets it go"


def test_many_at_once_are_undone_as_one(desk: DataDir) -> None:
    Ledger(desk.ledger).decide(Triage(INCIDENT, claim_name(0), status=Status.WATCHING), actor="Lok")
    at = visit(actor="Mei")
    for _ in range(3):
        press(press(at, "select"), "next")
    assert "3 selected" in text_of(at)
    press(at, "not_ours")
    assert statuses(desk) == {claim_name(n): "not_ours" for n in range(3)}
    press(at, "undo")
    assert statuses(desk) == {claim_name(0): "watching", claim_name(1): "new", claim_name(2): "new"}
    press(at, "undo")
    assert "nothing here to undo" in text_of(at), "what somebody else did is not mine to undo"
    assert Ledger(desk.ledger).verify() == 7


def test_undo_on_a_claim_shows_in_its_history_and_yields_to_others(desk: DataDir) -> None:
    at = visit("claim", claim=claim_name(0), actor="Mei")
    press(at, "take")
    press(at, "undo")
    assert "Mei undid the last decision" in text_of(at)
    press(at, "watch")
    stands = Ledger(desk.ledger).triage(INCIDENT)[claim_name(0)]
    Ledger(desk.ledger).decide(replace(stands, note="Lok's"), actor="Lok")
    press(at, "undo")
    assert "Somebody decided since" in text_of(at)
    assert Ledger(desk.ledger).triage(INCIDENT)[claim_name(0)].note == "Lok's"


def test_who_may_only_read_moves_nothing(desk: DataDir) -> None:
    at = visit()
    assert all(
        at.button(key=f"quick_{name}").disabled for name in ("take", "watch", "not_ours", "merge", "undo")
    )
    assert not at.button(key="quick_help").disabled


def test_filters_of_owner_place_and_time(desk: DataDir) -> None:
    Ledger(desk.ledger).decide(Triage(INCIDENT, claim_name(4), assignee="Mei"), actor="Mei")
    assert ranks(visit(who="me", actor="Mei")) == [5]
    assert 5 not in ranks(visit(who="nobody"))
    assert ranks(visit(place="停水"))[:3] == [3, 8, 13]
    file = queries.published_file(desk, INCIDENT) or ""
    since = queries.overview(file).as_of - timedelta(hours=6)  # type: ignore[operator]
    new = [card.rank for card in queries.cards(file, queries.chosen(file, new_since=since))]
    assert ranks(visit(time="new-6h")) == new and 0 < len(new) < 25
    assert ranks(visit(time="next-year")) == ranks(visit()), "a filter that makes no sense is none"


def test_a_view_is_saved_and_opens_again(desk: DataDir) -> None:
    at = visit(platform="telegram", actor="Mei")
    at.text_input(key="view_name").set_value("夜班 <q>")
    button(at, "Save this view").click().run()
    (view,) = Views(desk.ledger).of(INCIDENT, "Mei")
    assert (view.name, view.params) == ("夜班 <q>", {"platform": "telegram"})
    assert "<q>" not in html_of(visit(actor="Mei"))
    assert not Views(desk.ledger).of(INCIDENT, "Lok")


def test_cards_show_why_and_the_reading_aid_converts(desk: DataDir) -> None:
    assert 'class="why"' in html_of(visit(look="cards"))
    plain, aided = html_of(visit()), html_of(visit(read="hant"))
    assert "网传海港巷火灾" in plain and "網傳海港巷火災" in aided and "⇄" in aided


def test_a_merge_shows_at_once_and_can_be_taken_back(desk: DataDir) -> None:
    file = queries.published_file(desk, INCIDENT) or ""
    exemplars = [card.exemplar_post_id for card in queries.cards(file, (claim_name(0), claim_name(2)))]
    Ledger(desk.ledger).rule_all(
        INCIDENT, RulingKind.MUST, [(exemplars[0], exemplars[1])], actor="Mei", batch="b"
    )
    assert "Will be one claim with 3" in text_of(visit("claim", claim=claim_name(0)))
    assert "Listed under claim 1" in text_of(visit("claim", claim=claim_name(2)))
    shown = visit(actor="Mei")
    assert 3 not in ranks(shown) and "merged with 1 more" in text_of(shown)
    press(shown, "undo")
    assert Ledger(desk.ledger).rulings(INCIDENT) == [] and 3 in ranks(shown)


def test_the_other_claim_is_named_by_rank_or_id(desk: DataDir) -> None:
    file = queries.published_file(desk, INCIDENT) or ""
    assert named(file, "3") == named(file, claim_name(2)) == claim_name(2)
    assert named(file, "c-old") == claim_name(1)
    assert [named(file, told) for told in ("0", "999", "nobody", "<b>", "")] == [None] * 5
    together = queries.merged_preview(file, (claim_name(0), claim_name(1)))
    parts = queries.cards(file, (claim_name(0), claim_name(1)))
    assert together.posts == sum(card.post_count or 0 for card in parts)


def test_wordings_are_split_off_with_a_preview(desk: DataDir) -> None:
    file = queries.published_file(desk, INCIDENT) or ""
    number = next(n for n in range(30) if len(queries.variants(file, claim_name(n))) > 1)
    at = visit("claim", claim=claim_name(number), actor="Mei")
    at.multiselect(key=f"split_{claim_name(number)}").set_value([2]).run()
    assert "Stays" in text_of(at) and "Leaves" in text_of(at)
    at.button(key=f"split_do_{claim_name(number)}").click().run()
    rulings = Ledger(desk.ledger).rulings(INCIDENT)
    assert rulings and {r.kind for r in rulings} == {RulingKind.MUST_NOT}
    assert "ruled apart" in text_of(visit("claim", claim=claim_name(number)))
    press(at, "undo")
    assert Ledger(desk.ledger).rulings(INCIDENT) == [], "the whole split is undone as one"


def test_a_ruling_is_withdrawn_where_it_shows(desk: DataDir) -> None:
    at = visit("claim", claim=claim_name(0), actor="Mei")
    button(at, "Different").click().run()
    button(at, "Withdraw").click().run()
    assert Ledger(desk.ledger).rulings(INCIDENT) == []
    assert "withdrawn by Mei" in text_of(at)


def test_notes_call_people_and_are_text(desk: DataDir) -> None:
    at = visit("claim", claim=claim_name(0), actor="Mei")
    at.text_area(key=f"new_note_{claim_name(0)}").set_value("@Lok <img src=x> **call**")
    button(at, "Add note").click().run()
    (note,) = Notes(desk.ledger).of(INCIDENT)
    assert note.mentions == ("Lok",)
    called = visit(actor="Lok")
    assert "**call**" in text_of(called) and "<img" not in html_of(called)
    assert "notes 1" in text_of(called)
    button(at, "Take back").click().run()
    assert Notes(desk.ledger).of(INCIDENT) == [] and "took something back" in text_of(at)


def test_evidence_is_added_and_links_go_through_the_warning(desk: DataDir) -> None:
    claim = claim_name(0)
    at = visit("claim", claim=claim, actor="Mei")
    button(at, "Add evidence").click().run()
    assert "It needs an address" in text_of(at)
    at.text_input(key=f"ev_url_{claim}").set_value("https://hospital.example/news")
    at.text_area(key=f"ev_quote_{claim}").set_value("no deaths <b>")
    button(at, "Add evidence").click().run()
    (piece,) = EvidenceBook(desk.ledger).of(INCIDENT, claim)
    assert (piece.url, piece.quote, piece.author) == ("https://hospital.example/news", "no deaths <b>", "Mei")
    assert "/desk/leave?to=https%3A%2F%2Fhospital.example" in html_of(at)
    assert 'href="https://hospital.example' not in html_of(at)


def test_a_page_is_fetched_and_kept_when_somebody_asks_for_it(
    desk: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, copy = claim_name(1), b"WARC/1.0\r\n"
    asked: list[str] = []

    def fetched(url: str) -> tuple[str, bytes]:
        asked.append(url)
        return "site.example.warc", copy

    at = visit("claim", claim=claim, actor="Mei")
    at.text_input(key=f"ev_url_{claim}").set_value("http://10.0.0.1/admin")
    at.checkbox(key=f"ev_fetch_{claim}").check()
    button(at, "Add evidence").click().run()
    assert "private network" in text_of(at) and EvidenceBook(desk.ledger).of(INCIDENT, claim) == []
    monkeypatch.setattr("dashboard.widgets.evidence.archived_page", fetched)
    at.text_input(key=f"ev_url_{claim}").set_value(" https://site.example/a ")
    at.checkbox(key=f"ev_fetch_{claim}").check()
    button(at, "Add evidence").click().run()
    (piece,) = EvidenceBook(desk.ledger).of(INCIDENT, claim)
    assert asked == ["https://site.example/a"] and piece.file_type == "warc"
    assert piece.sha256 == sha256(copy).hexdigest() and piece.sha256[:16] in html_of(at)


def test_harm_and_reach_are_assessed_by_a_person(desk: DataDir) -> None:
    claim = claim_name(0)
    at = visit("claim", claim=claim, actor="Mei")
    at.selectbox(key=f"q_breakout_{claim}_0").select(4)
    button(at, "Save assessment").click().run()
    stands = Assessments(desk.ledger).of(INCIDENT, claim)
    assert stands is not None and (stands.levels, stands.actor) == ({"breakout": 4}, "Mei")
    assert "Reach 4 of 6" in text_of(at)


def test_others_on_a_claim_are_shown(desk: DataDir) -> None:
    PRESENCE.mark("another session", INCIDENT, claim_name(0), "Lok")
    try:
        assert "Lok is on this" in text_of(visit("claim", claim=claim_name(0), actor="Mei"))
        assert "Lok is on this" in text_of(visit(actor="Mei"))
        assert "is on this" not in text_of(visit("claim", claim=claim_name(0), actor="Lok"))
    finally:
        PRESENCE.mark("another session", "", "", "")


def test_presence_forgets_who_left() -> None:
    clock = [100.0]
    here = Presence(lambda: clock[0])
    here.mark("s1", "fire", "c1", "mei")
    here.mark("s2", "fire", "c1", "lok")
    clock[0] += 9
    here.mark("s1", "fire", "c1", "mei")
    clock[0] += GONE_SECONDS - 5
    assert [(h.actor, h.seconds) for h in here.on("fire")["c1"]] == [("mei", 16.0)]
    assert here.on("fire", but="mei") == {} and here.on("flood") == {}
    here.mark("s1", "fire", "", "mei")
    assert here.on("fire") == {}


def test_what_counts_as_the_last_move(desk: DataDir) -> None:
    ledger = Ledger(desk.ledger)
    ledger.decide_all([Triage(INCIDENT, "c1"), Triage(INCIDENT, "c2")], actor="mei", batch="b")
    ledger.decide(Triage(INCIDENT, "c3"), actor="lok")
    assert [e.claim_id for e in last_move(ledger.events(INCIDENT), "mei")] == ["c2", "c1"]
    for claim, number in (("c1", 1), ("c2", 2)):
        ledger.undo(INCIDENT, number, actor="mei")
        assert claim
    assert last_move(ledger.events(INCIDENT), "mei") == []


def test_publishing_again_waits_for_a_first_run(desk: DataDir) -> None:
    assert not Republisher().ask(desk, INCIDENT), "nothing was run here, so nothing is published again"
    assert not desk.runs.exists(), "asking makes no file"


def variant(
    key: str, text: str, minutes: int | None, platform: str = "weibo", script: str = "hans"
) -> Variant:
    when = NOW + timedelta(minutes=minutes) if minutes is not None else None
    return Variant(key, 1, when, [platform], text, f"p:{key}", platform, script, None)


def test_the_family_tree_hangs_copies_under_their_models() -> None:
    told = family(
        [
            variant("c", "網傳海港巷火災已造成30人死亡", 20, "telegram", "hant"),
            variant("a", "网传海港巷火灾已造成12人死亡", 0),
            variant("d", "the shelter asks for papers", 30, "forum", "en"),
            variant("b", "医生亲口说：网传海港巷火灾已造成30人死亡，医院不让讲出去，快转给家人", 10),
        ]
    )
    assert [(w.number, w.parent, w.depth) for w in told] == [(1, None, 0), (2, 1, 1), (3, 1, 1), (4, None, 0)]
    by_number = {w.number: w for w in told}
    assert by_number[2].changes == ("numbers", "extended")
    assert by_number[3].changes == ("numbers", "script")
    assert [p.text for p in by_number[3].pieces if p.kind != "same"] == ["12", "30"], (
        "a script alone is no change"
    )
    assert family([]) == []


def test_the_strip_shows_who_was_first_and_leaves_out_what_has_no_time() -> None:
    lanes = strip(
        family([variant("a", "一二三", 0), variant("b", "一二四", 60, "forum"), variant("c", "五六七", None)])
    )
    assert [(name, [round(t.left) for t in ticks]) for name, ticks in lanes.items()] == [
        ("weibo", [0]),
        ("forum", [100]),
    ]
    assert strip(family([variant("a", "一", 0)])) == {}
    crossing = family(
        [
            variant("a", "海港巷停水", 0, "weibo", "hans"),
            variant("b", "海港巷停水", 9, "forum", "hant"),
            variant("c", "海港巷停水三日", 30, "forum", "hans"),
            variant("d", "?", 60, "forum", None),
        ]
    )
    by_script = strip(crossing, lambda v: v.script)
    assert [(name, [tick.number for tick in ticks]) for name, ticks in by_script.items()] == [
        ("hans", [1, 3]),
        ("hant", [2]),
    ]


@pytest.mark.parametrize(
    ("base", "other", "kinds"),
    [
        ("死亡12人", "死亡 12 人", ("words",)),
        ("死亡12人", "死亡十二人", ("words",)),
        ("Twelve dead", "TWELVE ＤＥＡＤ", ()),
        ("网传着火", "网传着火了，很多人被困，快去帮忙", ("extended",)),
    ],
)
def test_kinds_of_change(base: str, other: str, kinds: tuple[str, ...]) -> None:
    assert kinds_of_change(base, other, ("hans", "hans")) == kinds


@pytest.mark.parametrize(
    ("base", "other", "heard"),
    [
        ("海港医院已经关门", "海港易苑已经关门", [("医院", "易苑")]),
        ("海港醫院已經關門", "海港易苑已经关门", [("醫院", "易苑")]),
        ("海港医院已经关门", "海港药店已经关门", []),
        ("海港医院已经关门", "海港医苑已经关门", []),  # one character alike is chance
        ("海港医院", "海港<b>易苑", []),
    ],
)
def test_words_that_only_sound_alike_are_named(base: str, other: str, heard: list[tuple[str, str]]) -> None:
    assert same_sounds(difference(base, other)) == heard
    tree = family([variant("a", base, 0, "weibo", "hans"), variant("b", other, 9, "forum", "hans")])
    assert list(tree[1].heard) == heard


def test_folding_keeps_places_and_latin_words_change_whole() -> None:
    assert folded("ＡＢ網ﬁ") == "ab网ﬁ" and len(folded("ﷺ")) == 1
    assert [p.text for p in difference("two dead", "ten dead") if p.kind != "same"] == ["two", "ten"]
    assert likeness(pairs_of("海港巷火灾"), pairs_of("海港巷火災")) == 1.0
    assert likeness(pairs_of(""), pairs_of("火")) == 0.0


def test_the_reading_aid_leaves_what_it_cannot_read() -> None:
    assert read_as("网传", "hant") == "網傳" and read_as("網傳", "hans") == "网传"
    assert read_as("網傳", "") == "網傳" and read_as(None, "hans") is None
    assert read_as("a\ud800網", "hans") == "a?网"


def test_a_half_typed_note_does_not_disturb_another_claim(desk: DataDir) -> None:
    at = visit("claim", claim=claim_name(0), actor="Mei")
    note_of(at).set_value("half")
    assert visit("claim", claim=claim_name(1), actor="Mei").text_area[0].value in ("", None)


def test_a_page_runs_again_for_what_it_shows_and_later_for_the_rest(desk: DataDir) -> None:
    ledger = Ledger(desk.ledger)
    ledger.decide(Triage(INCIDENT, claim_name(0), status=Status.WATCHING), actor="Lok")
    own = ledger.newest_about(INCIDENT, [claim_name(0)])
    seen = State("file", ledger.state(INCIDENT), own, ())
    ledger.decide(Triage(INCIDENT, claim_name(9), status=Status.WATCHING), actor="Lok")
    elsewhere = replace(seen, newest=ledger.state(INCIDENT))
    assert ledger.newest_about(INCIDENT, [claim_name(0)]) == own == seen.newest
    assert not news(seen, elsewhere, 1.0) and news(seen, elsewhere, SLOW_SECONDS)
    assert not news(seen, seen, SLOW_SECONDS), "without news nothing runs"
    ledger.rule(INCIDENT, RulingKind.MUST, "test:0", "test:9", actor="Lok")
    assert ledger.newest_about(INCIDENT, [claim_name(0)]) > elsewhere.newest, (
        "a ruling may be about any claim"
    )
    assert news(seen, replace(seen, there=((claim_name(0), "Lok", 0),)), 0.0)
