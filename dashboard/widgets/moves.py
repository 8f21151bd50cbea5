"""The moves of one key: on the list for the marked claim or all selected ones, on a claim's page for that claim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.decide import Change, laid, move_all, released, taken, undo_last
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.rows import ClaimCard
from dashboard.widgets.cards import pick_key
from dashboard.widgets.decision import forget
from dashboard.widgets.merging import merge_dialog
from dashboard.widgets.notes import note_dialog
from dashboard.widgets.told import show_told, tell
from pipeline.errors import StaleVersion
from pipeline.people import Act
from pipeline.records import Status

CURSOR = "cursor"

KEYS = {
    "next": "J",
    "previous": "K",
    "open": "O",
    "select": "S",
    "take": "T",
    "watch": "W",
    "not_ours": "X",
    "merge": "M",
    "note": "N",
    "undo": "U",
    "help": "H",
}
"""Streamlit takes letters and digits for shortcuts; C and R are its own."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the keys act on: claims with their ranks, and whether they were selected."""

    claims: tuple[str, ...]
    ranks: tuple[int, ...]
    selected: bool

    def told(self) -> str:
        """Their ranks, for a sentence; the first ten."""
        return ", ".join(map(str, self.ranks[:10])) + (" …" if len(self.ranks) > 10 else "")


def marked(shown: Sequence[str]) -> str:
    """The claim under the cursor: where it was left, else the first; one that left the list hands on its place."""
    claim, place = st.session_state.get(CURSOR, ("", 0))
    if claim in shown:
        return str(claim)
    return str(shown[min(int(place), len(shown) - 1)])


def mark(claim_id: str, shown: Sequence[str]) -> None:
    """Put the cursor on a claim."""
    st.session_state[CURSOR] = (claim_id, shown.index(claim_id) if claim_id in shown else 0)


def selected(shown: Sequence[str]) -> tuple[str, ...]:
    """The claims of this page whose box is ticked."""
    return tuple(claim for claim in shown if st.session_state.get(pick_key(claim)))


def list_moves(desk: Desk, file: str, shown: Sequence[str], cards: Sequence[ClaimCard]) -> None:
    """The bar above the list."""
    ranks = {card.claim_id: card.rank for card in cards}
    here, picked = marked(shown), selected(shown)
    claims = picked or (here,)
    targets = Targets(claims, tuple(ranks[claim] for claim in claims), bool(picked))
    words = desk.words
    with st.container(key="moves", horizontal=True, vertical_alignment="center", gap="small"):
        told = words.count("selected", len(picked)) if picked else words("moves.marked", rank=ranks[here])
        show("moves_label", words=words, text=told)
        _key("previous", words("moves.previous"), on_click=_step, args=(shown, -1))
        _key("next", words("moves.next"), on_click=_step, args=(shown, 1))
        opened = _key("open", words("moves.open"))
        _key("select", words("moves.select"), on_click=_toggle, args=(here,))
        deciding(desk, file, targets, None)
    if opened:
        st.switch_page(
            desk.pages["claim"], query_params={**st.query_params.to_dict(), **desk.address({"claim": here})}
        )
    show_told()


def claim_moves(desk: Desk, file: str, card: ClaimCard) -> None:
    """The moves on a claim's page."""
    deciding(desk, file, Targets((card.claim_id,), (card.rank,), False), card.claim_id)
    show_told()


def deciding(desk: Desk, file: str, targets: Targets, claim_id: str | None) -> None:
    """Take or release, watch, not ours, merge, note, undo, help. ``claim_id`` bounds what undo takes back."""
    words, may = desk.words, desk.may(Act.TRIAGE)
    mine = _all_mine(desk, targets.claims)
    take: tuple[str, Change] = ("release", released) if mine else ("take", taken(desk.actor))
    for key, (name, change) in {
        "take": take,
        "watch": ("watch", laid(Status.WATCHING)),
        "not_ours": ("not_ours", laid(Status.NOT_OURS)),
    }.items():
        args = (desk, file, targets, change, name)
        _key(key, words(f"moves.{name}"), on_click=_move, args=args, disabled=not may)
    if _key("merge", words("moves.merge"), disabled=not desk.may(Act.RULE)):
        merge_dialog(desk, file, targets.claims)
    if _key("note", words("moves.note"), disabled=not desk.may(Act.NOTE)):
        note_dialog(desk, targets.claims[0], targets.ranks[0])
    _key("undo", words("moves.undo"), on_click=_undo, args=(desk, claim_id), disabled=not may)
    if _key("help", words("moves.help")):
        st.dialog(words("keys.title"))(_help)(desk)


def _key(
    name: str,
    label: str,
    on_click: Callable[..., None] | None = None,
    args: tuple[object, ...] = (),
    disabled: bool = False,
) -> bool:
    return st.button(
        label,
        key=f"quick_{name}",
        shortcut=KEYS[name],
        type="tertiary",
        on_click=on_click,
        args=args,
        disabled=disabled,
    )


def _step(shown: Sequence[str], by: int) -> None:
    place = shown.index(marked(shown)) + by
    mark(shown[max(0, min(len(shown) - 1, place))], shown)


def _toggle(claim_id: str) -> None:
    key = pick_key(claim_id)
    st.session_state[key] = not st.session_state.get(key)


def _all_mine(desk: Desk, claims: Sequence[str]) -> bool:
    there = desk.ledger().triage(desk.name)
    return bool(desk.actor) and all(c in there and there[c].assignee == desk.actor for c in claims)


def _move(desk: Desk, file: str, targets: Targets, change: Change, name: str) -> None:
    outcome = move_all(desk, file, targets.claims, change)
    forget()
    faster = [str(r) for c, r in zip(targets.claims, targets.ranks, strict=True) if c in outcome.stale]
    if faster:
        tell(desk.words("moves.faster", claims=", ".join(faster)))
    else:
        tell(desk.words(f"moved.{name}", claims=targets.told()))
    for claim in targets.claims:
        if st.session_state.get(pick_key(claim)):
            st.session_state[pick_key(claim)] = False


def _undo(desk: Desk, claim_id: str | None) -> None:
    try:
        undone = undo_last(desk, claim_id)
        forget()
    except StaleVersion:
        tell(desk.words("moves.cannot_undo"))
        return
    tell(desk.words("moved.undo" if undone else "moves.nothing_to_undo"))


def _help(desk: Desk) -> None:
    show("keys", words=desk.words, keys=KEYS)
