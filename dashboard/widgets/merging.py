"""Merging claims and splitting wordings off, each with a preview of what it makes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import queries
from dashboard.decide import MAX_REASON_CHARS, merge, new_batch, rule_all, split_pairs
from dashboard.desk import Desk
from dashboard.escape import plain
from dashboard.family import Wording
from dashboard.render import show
from dashboard.widgets.live import sheet
from dashboard.widgets.picks import unselect
from dashboard.widgets.reveal import without_personal
from dashboard.widgets.told import tell
from pipeline.people import Act
from pipeline.records import RulingKind

MOST_RULINGS = 400
LABEL_CHARS = 60


def merge_dialog(desk: Desk, file: str, claims: Sequence[str]) -> None:
    """Open the sheet: the selected claims, or one claim and a choice of what it may be the same as."""
    sheet(desk.words("merge.title"), _merge, desk, file, tuple(claims), wide=True)


def _merge(desk: Desk, file: str, claims: tuple[str, ...]) -> None:
    words = desk.words
    if len(claims) == 1:
        other = _other(desk, file, claims[0])
        if other is None:
            return
        claims = (claims[0], other)
    cards = queries.cards(file, claims)
    there = desk.decided()
    together = queries.merged_preview(file, claims)
    decided = {card.claim_id: there[card.claim_id].status.value for card in cards if card.claim_id in there}
    show("merge", words=words, clock=desk.clock(), cards=cards, together=together, decided=decided)
    reason = st.text_input(words("merge.reason"), max_chars=MAX_REASON_CHARS, key="merge_reason")
    if st.button(words("merge.do"), type="primary", key="merge_do", disabled=not desk.may(Act.RULE)):
        merge(desk, file, [card.claim_id for card in cards], reason)
        unselect(claims)
        tell(words("moved.merge"))
        st.rerun()


def _other(desk: Desk, file: str, claim_id: str) -> str | None:
    """The claim to merge with: one that was suggested, or whichever rank or id is entered."""
    words = desk.words
    found = {m.other_id: m for m in queries.matches(file, claim_id)}
    labels = {other: f"{m.other_rank} · {_short(desk, m.other_text)}" for other, m in found.items()}
    picked = st.selectbox(
        words("merge.with"),
        list(labels),
        index=None,
        format_func=lambda other: labels.get(other, other),
        key="merge_with",
        placeholder=words("merge.choose"),
    )
    told = st.text_input(words("merge.other"), max_chars=60, key="merge_other").strip()
    if not told:
        return str(picked) if picked else None
    other = named(file, told)
    if other is None or other == claim_id:
        show("small", text=words("merge.unknown"))
        return None
    return other


def named(file: str, told: str) -> str | None:
    """The claim of this rank or id, None when there is none."""
    if told.isascii() and told.isdigit() and len(told) < 9:
        ids = queries.chosen(file)
        return ids[int(told) - 1] if 0 < int(told) <= len(ids) else None
    return queries.resolve(file, told)


def _short(desk: Desk, text: str) -> str:
    """One line of a stranger's text for a list of choices: no control characters, no personal data."""
    return plain(without_personal(desk.words, " ".join(text[:400].split())))[:LABEL_CHARS]


def split(desk: Desk, file: str, claim_id: str, wordings: Sequence[Wording]) -> None:
    """Choose wordings that leave, see what stays and what leaves, and rule them apart."""
    words = desk.words
    if len(wordings) < 2 or not desk.may(Act.RULE):
        return
    by_number = {w.number: w for w in wordings}
    chosen = st.multiselect(
        words("split.label"),
        sorted(by_number),
        key=f"split_{claim_id}",
        format_func=lambda number: f"{number} · {_short(desk, by_number[number].variant.text)}",
        placeholder=words("split.hint"),
    )
    leaving = [by_number[number] for number in chosen]
    staying = [w for w in wordings if w.number not in chosen]
    if not leaving or not staying:
        return
    stays, leaves = queries.split_preview(file, claim_id, [w.variant.variant_key for w in leaving])
    show("split", words=words, clock=desk.clock(), stays=stays, leaves=leaves)
    pairs = split_pairs([w.variant.first_post for w in leaving], [w.variant.first_post for w in staying])
    if len(pairs) > MOST_RULINGS:
        show("small", text=words("split.too_many", n=MOST_RULINGS))
        return
    reason = st.text_input(words("split.reason"), max_chars=MAX_REASON_CHARS, key=f"split_why_{claim_id}")
    if st.button(words("split.do"), type="primary", key=f"split_do_{claim_id}"):
        batch = new_batch()
        rule_all(desk, RulingKind.MUST_NOT, pairs, reason, batch)
        first, *others = (w.variant.first_post for w in leaving)
        rule_all(desk, RulingKind.MUST, [(first, other) for other in others], reason, batch)
        tell(words("moved.split"))
        st.rerun()
