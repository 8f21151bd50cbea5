"""Drafts and statements: versions kept, two people behind a text, and nothing released that was not consented to."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pipeline.coalition import Coalition, ConsensusRule, Partner
from pipeline.correction import document as d
from pipeline.correction.brightlines import BrightLine
from pipeline.correction.consensus import Answer, Phase, reminders_due, stand
from pipeline.decided import statement_tables
from pipeline.errors import DraftError, StaleVersion
from pipeline.ledger import Ledger
from pipeline.ledger.drafts import Drafts, Hand, Remark
from pipeline.ledger.statements import Statement, Statements
from pipeline.records import Rating

PARTNERS = ("a", "b", "c", "d")
COALITION = Coalition({"en": "C"}, tuple(Partner(p, {"en": p.upper()}) for p in PARTNERS))
NOW = datetime(2026, 3, 13, 6, tzinfo=UTC)
ANN, BO = Hand("ann", "a"), Hand("bo", "a")


def hand(partner: str) -> Hand:
    return Hand(f"person-{partner}", partner)


def complete(words: str = "No one was hurt.") -> d.Document:
    """A draft without an open point, in one language so that the test is about consent."""
    draft = d.Document("general", ("en",), Rating.INACCURATE)
    draft = d.add_source(d.add_line(d.add_line(draft, d.Part.TITLE), d.Part.KNOWN), "https://example.org/x")
    for line in draft.lines:
        draft = d.write(draft, line.line_id, "en", words)
    return d.cite(draft, "s2", ["e1"])


def circulated(ledger: Statements, words: str = "No one was hurt.") -> Statement:
    draft = ledger.open("fire", complete(words), ANN, claim_id="c-1", now=NOW)
    ledger.approve(draft, BO)
    return ledger.circulate(draft, COALITION, ANN, now=NOW)


@pytest.fixture
def ledger(tmp_path: Path) -> Statements:
    return Statements(tmp_path / "ledger.sqlite3")


def test_versions_are_kept_and_a_stale_save_is_refused_with_both(ledger: Statements) -> None:
    first = ledger.open("fire", complete(), ANN, claim_id="c-1")
    second = ledger.save(first, d.write(first.document, "s2", "en", "Nobody was hurt."), BO)
    assert second.version == 2
    with pytest.raises(StaleVersion) as caught:
        ledger.save(first, d.write(first.document, "s2", "en", "All are safe."), ANN)
    assert "All are safe." in str(caught.value.mine["content"])
    assert "Nobody was hurt." in str(caught.value.theirs["content"])
    assert [v.version for v in ledger.versions(first.draft_id)] == [2, 1]
    assert ledger.save(second, second.document, ANN) is second, "nothing changed, nothing stored"


def test_whoever_saved_a_version_cannot_approve_it_and_an_edit_needs_a_new_approval(
    ledger: Statements,
) -> None:
    draft = ledger.open("fire", complete(), ANN)
    with pytest.raises(DraftError, match="somebody else"):
        ledger.approve(draft, ANN)
    with pytest.raises(DraftError, match="nobody but its author"):
        ledger.circulate(draft, COALITION, ANN)
    ledger.approve(draft, BO)
    edited = ledger.save(draft, d.write(draft.document, "s2", "en", "Two are hurt."), ANN)
    assert ledger.approvers(edited) == ()
    with pytest.raises(DraftError, match="version 2 was saved since"):
        ledger.circulate(draft, COALITION, ANN)


def test_open_points_and_bright_lines_keep_a_text_back_until_explained(ledger: Statements) -> None:
    ledger.draw(BrightLine("", "b", "words", {"en": ("hurt",)}, why="we say injured"), hand("b"))
    draft = ledger.open("fire", complete(), ANN)
    ledger.approve(draft, BO)
    with pytest.raises(DraftError, match="2 open point"):
        ledger.circulate(draft, COALITION, ANN)
    from pipeline.correction.review import open_points

    for point in open_points(draft.document, ledger.bright_lines()):
        ledger.remark(
            draft, Remark.EXPLANATION, hand("b"), about=point.mark, body="a quote of the fire department"
        )
    assert ledger.circulate(draft, COALITION, ANN).digest == draft.digest


def test_only_a_partner_changes_its_own_bright_lines_and_none_is_forgotten(ledger: Statements) -> None:
    line = ledger.draw(BrightLine("", "b", "words", {"en": ("hurt",)}), hand("b"))
    with pytest.raises(DraftError, match="only their people"):
        ledger.draw(replace(line, terms={"en": ("x",)}), hand("a"))
    changed = ledger.draw(replace(line, terms={"en": ("wounded",)}, patterns=("a+b",)), hand("b"))
    assert ledger.bright_lines() == [changed]
    ledger.erase(changed, hand("b"))
    assert ledger.bright_lines() == []
    assert [e.kind for e in ledger.events("")] == ["bright_line"] * 3


def test_four_consents_release_the_very_bytes(ledger: Statements) -> None:
    held = circulated(ledger)
    for partner in PARTNERS[:3]:
        ledger.answer(held, Answer.CONSENT, hand(partner), now=NOW)
    with pytest.raises(DraftError, match=r"no consensus .* open"):
        ledger.release(held, ANN, now=NOW)
    ledger.answer(held, Answer.RESERVATIONS, hand("d"), reason="we would add a phone number", now=NOW)
    released = ledger.release(held, ANN, now=NOW)
    assert (released.content, released.digest) == (held.content, held.digest)
    assert released.as_partner is None
    with pytest.raises(DraftError, match="released already"):
        ledger.release(held, ANN, now=NOW)
    with pytest.raises(DraftError, match="released already"):
        ledger.answer(held, Answer.BLOCK, hand("d"), reason="too late", now=NOW)


def test_an_edit_voids_the_answers_and_says_so(ledger: Statements) -> None:
    held = circulated(ledger)
    for partner in PARTNERS:
        ledger.answer(held, Answer.CONSENT, hand(partner), now=NOW)
    draft = ledger.draft(held.draft_id)
    ledger.save(draft, d.write(draft.document, "s2", "en", "Nobody was hurt."), BO)
    voided = ledger.statement(held.statement_id)
    assert voided.voided_by == "bo"
    for attempt in (ledger.release, ledger.release_alone):
        with pytest.raises(DraftError, match="bo edited the text"):
            attempt(held, ANN, now=NOW)
    assert "statement_voided" in [e.kind for e in ledger.events("fire")]


def test_a_block_stops_and_a_consenting_partner_may_speak_alone(ledger: Statements) -> None:
    held = circulated(ledger)
    with pytest.raises(DraftError, match="say why"):
        ledger.answer(held, Answer.BLOCK, hand("d"), now=NOW)
    ledger.answer(held, Answer.BLOCK, hand("d"), reason="it names a family", now=NOW)
    assert ledger.standing(held, NOW).phase is Phase.BLOCKED
    with pytest.raises(DraftError, match="blocked"):
        ledger.release(held, ANN, now=NOW)
    with pytest.raises(DraftError, match="has not consented"):
        ledger.release_alone(held, hand("d"), now=NOW)
    ledger.answer(held, Answer.CONSENT, hand("b"), now=NOW)
    alone = ledger.release_alone(held, hand("b"), now=NOW)
    assert (alone.as_partner, alone.content) == ("b", held.content)
    with pytest.raises(DraftError, match="under this name already"):
        ledger.release_alone(held, hand("b"), now=NOW)


def test_nobody_speaks_alone_while_consensus_is_still_possible(ledger: Statements) -> None:
    held = circulated(ledger)
    ledger.answer(held, Answer.CONSENT, hand("a"), now=NOW)
    with pytest.raises(DraftError, match="open"):
        ledger.release_alone(held, ANN, now=NOW)
    late = held.deadline_at + timedelta(seconds=1)
    assert ledger.standing(held, late).phase is Phase.EXPIRED
    assert ledger.release_alone(held, ANN, now=late).as_partner == "a"


def test_a_release_is_withdrawn_visibly_by_a_signer(ledger: Statements) -> None:
    held = circulated(ledger)
    for partner in PARTNERS:
        ledger.answer(held, Answer.CONSENT, hand(partner), now=NOW)
    released = ledger.release(held, ANN, now=NOW)
    with pytest.raises(DraftError, match="did not sign"):
        ledger.withdraw(released, Hand("eve", "z"), "because")
    gone = ledger.withdraw(released, hand("c"), "the fire department corrected the count")
    assert gone.withdrawn_because == "the fire department corrected the count"
    assert ledger.releases("fire")[0].content == held.content, "withdrawn, not erased"
    again = ledger.open("fire", complete("Two were hurt."), ANN, follows=released.release_id)
    ledger.approve(again, BO)
    second = ledger.circulate(again, COALITION, ANN, now=NOW)
    for partner in PARTNERS:
        ledger.answer(second, Answer.CONSENT, hand(partner), now=NOW)
    assert ledger.release(second, ANN, now=NOW).follows == released.release_id


def test_a_ledger_from_before_statements_reads_as_empty(tmp_path: Path) -> None:
    Ledger(tmp_path / "l.sqlite3")
    assert Statements(tmp_path / "l.sqlite3", read_only=True).statements("fire") == []


@pytest.mark.parametrize("table", ["statement", "statement_answer", "draft_version", "statement_release"])
def test_what_was_said_cannot_be_rewritten(ledger: Statements, table: str) -> None:
    held = circulated(ledger)
    for partner in PARTNERS:
        ledger.answer(held, Answer.CONSENT, hand(partner), now=NOW)
    ledger.release(held, ANN, now=NOW)
    connection = sqlite3.connect(ledger.path)
    for sql in (f"update {table} set digest = 'x'", f"delete from {table}"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(sql)
    connection.close()


def test_reminders_fall_due_once() -> None:
    end = NOW + timedelta(minutes=240)
    assert reminders_due(ConsensusRule(), end, NOW, NOW + timedelta(minutes=119)) == []
    assert reminders_due(ConsensusRule(), end, NOW, NOW + timedelta(minutes=120)) == [120]
    assert reminders_due(ConsensusRule(), end, NOW + timedelta(minutes=120), end) == [30]


@pytest.mark.parametrize(
    ("rule_", "answers", "late", "phase"),
    [
        ({}, "ccc-", False, Phase.OPEN),
        ({}, "ccc-", True, Phase.EXPIRED),
        ({}, "cccc", False, Phase.AGREED),
        ({}, "csss", False, Phase.LACKING),
        ({}, "scss", False, Phase.AGREED),
        ({}, "ssss", False, Phase.LACKING),
        ({"all_must_answer": False}, "cc--", False, Phase.OPEN),
        ({"all_must_answer": False}, "cc--", True, Phase.AGREED),
        ({"blocks_that_stop": 2}, "ccbc", False, Phase.AGREED),
        ({"consents_besides_author": 3}, "crrs", False, Phase.LACKING),
    ],
)
def test_the_rule_is_the_coalitions_own(
    rule_: dict[str, int], answers: str, late: bool, phase: Phase
) -> None:
    by = {"c": Answer.CONSENT, "r": Answer.RESERVATIONS, "s": Answer.ASIDE, "b": Answer.BLOCK}
    told = {p: by[x] for p, x in zip(PARTNERS, answers, strict=True) if x != "-"}
    now = NOW + timedelta(hours=1 if late else -1)
    assert stand(ConsensusRule(**rule_), PARTNERS, "a", told, deadline=NOW, now=now).phase is phase  # type: ignore[arg-type]


class Coalescing(RuleBasedStateMachine):
    """Any order of edits, approvals, circulations, answers and releases: the oracle keeps its own books."""

    @initialize()
    def start(self) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Statements(Path(self.folder.name) / "l.sqlite3")
        self.now = NOW
        self.draft = self.ledger.open("fire", complete(), ANN, now=self.now)
        self.given: dict[str, dict[str, Answer]] = {}
        self.shown: dict[str, str] = {}
        self.held: Statement | None = None

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(
        words=st.sampled_from(["No one was hurt.", "Two were hurt.", "All are safe."]),
        who=st.sampled_from([ANN, BO]),
    )
    def edit(self, words: str, who: Hand) -> None:
        self.draft = self.ledger.save(self.draft, d.write(self.draft.document, "s2", "en", words), who)

    @rule(who=st.sampled_from([ANN, BO]))
    def approve(self, who: Hand) -> None:
        try:
            self.ledger.approve(self.draft, who)
        except DraftError:
            assert who.actor == self.draft.actor

    @rule()
    def circulate(self) -> None:
        try:
            self.held = self.ledger.circulate(self.draft, COALITION, ANN, now=self.now)
        except DraftError:
            return
        self.shown[self.held.statement_id] = d.to_json(self.draft.document)
        self.given[self.held.statement_id] = {}

    @rule(partner=st.sampled_from(PARTNERS), answer=st.sampled_from(list(Answer)))
    def answer(self, partner: str, answer: Answer) -> None:
        if self.held is None:
            return
        try:
            self.ledger.answer(self.held, answer, hand(partner), reason="because", now=self.now)
        except DraftError:
            return
        self.given[self.held.statement_id][partner] = answer

    @rule(minutes=st.sampled_from([1, 300]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(partner=st.sampled_from(PARTNERS), alone=st.booleans())
    def release(self, partner: str, alone: bool) -> None:
        if self.held is None:
            return
        act = self.ledger.release_alone if alone else self.ledger.release
        try:
            act(self.held, hand(partner), now=self.now)
        except DraftError:
            return
        assert d.digest(self.draft.document) == self.held.digest, "released after an edit"

    @invariant()
    def nothing_unconsented_is_out(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for out in self.ledger.releases("fire"):
            answers = self.given[out.statement_id]
            assert out.content == self.shown[out.statement_id], "not the bytes that were shown"
            if out.as_partner:
                assert answers[out.as_partner] in {Answer.CONSENT, Answer.RESERVATIONS}
            else:
                assert set(answers) == set(PARTNERS), "somebody was silent"
                assert Answer.BLOCK not in answers.values()
                assert {a for p, a in answers.items() if p != "a"} & {Answer.CONSENT, Answer.RESERVATIONS}


TestNoUnconsentedRelease = Coalescing.TestCase
TestNoUnconsentedRelease.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_opening_a_ledger_twice_is_harmless(tmp_path: Path) -> None:
    Drafts(tmp_path / "l.sqlite3").open("fire", complete(), ANN)
    assert len(Drafts(tmp_path / "l.sqlite3").drafts("fire")) == 1


def test_analysts_find_statements_answers_and_releases_as_tables(ledger: Statements) -> None:
    held = circulated(ledger)
    ledger.answer(held, Answer.BLOCK, hand("d"), reason="not yet", now=NOW)
    for partner in PARTNERS:
        ledger.answer(held, Answer.CONSENT, hand(partner), now=NOW)
    ledger.release(held, ANN, now=NOW)
    made = {name: table.to_pylist() for name, table in statement_tables(ledger.path, "fire").items()}
    assert [(r["title"], r["rating"], r["claim_id"]) for r in made["statements"]] == [
        ("No one was hurt.", "inaccurate", "c-1")
    ]
    assert [(r["partner"], r["answer"]) for r in made["sign_offs"]] == [
        (p, "consent") for p in ("d", "a", "b", "c")
    ]
    assert [r["signers"] for r in made["releases"]] == [list(PARTNERS)]
    assert statement_tables(ledger.path, "other")["statements"].num_rows == 0
