"""The moves of one key: on the list for the marked claim or all selected ones, on a claim's page for that claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.decide import Change, laid, move_all, released, taken, undo_last
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.rows import ClaimCard
from dashboard.widgets.decision import forget
from dashboard.widgets.live import sheet
from dashboard.widgets.merging import merge_dialog
from dashboard.widgets.notes import note_dialog
from dashboard.widgets.picks import selected, toggle, unselect
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

MOVES = ("take", "watch", "not_ours")


@dataclass(frozen=True, slots=True)
class Reach:
    """The claims that the keys can act on, with their ranks: those of the list's page, or the one of a claim's page."""

    ranks: Mapping[str, int]
    alone: bool = False

    def targets(self) -> tuple[str, ...]:
        """What a move acts on: asked when a key is pressed, for the page may still show the press before."""
        shown = tuple(self.ranks)
        return shown if self.alone else selected(shown) or (marked(shown),)

    def told(self, claims: Sequence[str]) -> str:
        """Ranks for a sentence; the first ten."""
        return ", ".join(str(self.ranks[c]) for c in claims[:10]) + (" …" if len(claims) > 10 else "")


def marked(shown: Sequence[str]) -> str:
    """The claim under the cursor: where it was left, else the first; one that left the list hands on its place."""
    claim, place = st.session_state.get(CURSOR, ("", 0))
    if claim in shown:
        return str(claim)
    return str(shown[min(int(place), len(shown) - 1)])


def mark(claim_id: str, shown: Sequence[str]) -> None:
    """Put the cursor on a claim."""
    st.session_state[CURSOR] = (claim_id, shown.index(claim_id) if claim_id in shown else 0)


def list_moves(desk: Desk, file: str, cards: Sequence[ClaimCard]) -> None:
    """The bar above the list."""
    reach = Reach({card.claim_id: card.rank for card in cards})
    shown, words = tuple(reach.ranks), desk.words
    here, picked = marked(shown), selected(shown)
    with st.container(key="moves", horizontal=True, vertical_alignment="center", gap="small"):
        told = (
            words.count("selected", len(picked)) if picked else words("moves.marked", rank=reach.ranks[here])
        )
        show("moves_label", words=words, text=told)
        _key("previous", words("moves.previous"), on_click=_step, args=(shown, -1))
        _key("next", words("moves.next"), on_click=_step, args=(shown, 1))
        opened = _key("open", words("moves.open"))
        _key("select", words("moves.select"), on_click=_pick, args=(shown,))
        _deciding(desk, file, reach)
    if opened:
        address = {**st.query_params.to_dict(), **desk.address({"claim": marked(shown)})}
        st.switch_page(desk.pages["claim"], query_params=address)
    show_told()


def claim_moves(desk: Desk, file: str, card: ClaimCard) -> None:
    """The moves on a claim's page; undo takes back what was done there."""
    with st.container(key="moves", horizontal=True, vertical_alignment="center", gap="small"):
        _deciding(desk, file, Reach({card.claim_id: card.rank}, alone=True))
    show_told()


def _deciding(desk: Desk, file: str, reach: Reach) -> None:
    """Take or release, watch, not ours, merge, note, undo, help."""
    words, may = desk.words, desk.may(Act.TRIAGE)
    labels = {"take": "release" if _all_mine(desk, reach.targets()) else "take"}
    for name in MOVES:
        label = words(f"moves.{labels.get(name, name)}")
        _key(name, label, on_click=_move, args=(desk, file, reach, name), disabled=not may)
    if _key("merge", words("moves.merge"), disabled=not desk.may(Act.RULE)):
        merge_dialog(desk, file, reach.targets())
    if _key("note", words("moves.note"), disabled=not desk.may(Act.NOTE)):
        claim = reach.targets()[0]
        note_dialog(desk, claim, reach.ranks[claim])
    _key("undo", words("moves.undo"), on_click=_undo, args=(desk, file, reach), disabled=not may)
    if _key("help", words("moves.help")):
        sheet(words("keys.title"), _help, desk)


def _change(desk: Desk, name: str, claims: Sequence[str]) -> tuple[str, Change]:
    """What a move does to these claims: who takes what is already theirs lets it go."""
    if name == "take":
        return ("release", released) if _all_mine(desk, claims) else ("take", taken(desk.actor))
    return name, laid(Status.WATCHING if name == "watch" else Status.NOT_OURS)


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


def _pick(shown: Sequence[str]) -> None:
    toggle(marked(shown))


def _all_mine(desk: Desk, claims: Sequence[str]) -> bool:
    there = desk.decided()
    return bool(desk.actor) and all(c in there and there[c].assignee == desk.actor for c in claims)


def _move(desk: Desk, file: str, reach: Reach, name: str) -> None:
    claims = reach.targets()
    done, change = _change(desk, name, claims)
    outcome = move_all(desk, file, claims, change)
    forget()
    if outcome.stale:
        tell(desk.words("moves.faster", claims=reach.told(outcome.stale)))
    else:
        tell(desk.words(f"moved.{done}", claims=reach.told(claims)))
    unselect(claims)


def _undo(desk: Desk, file: str, reach: Reach) -> None:
    try:
        undone = undo_last(desk, file, next(iter(reach.ranks)) if reach.alone else None)
        forget()
    except StaleVersion:
        tell(desk.words("moves.cannot_undo"))
        return
    tell(desk.words("moved.undo" if undone else "moves.nothing_to_undo"))


def _help(desk: Desk) -> None:
    show("keys", words=desk.words, keys=KEYS)
