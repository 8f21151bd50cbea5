"""The checklist: phases and their tasks; ticking asks for a word, opening again for a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

import streamlit as st

from dashboard import coordinate
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.slips import tried
from pipeline.protocol.checklist import Board, Item, may_tick

MAX_NOTE_CHARS = 1_000
_OPEN = "task_open"


@dataclass(frozen=True, slots=True)
class Opened:
    """The task whose form is open, as the person saw it then."""

    task: str
    done: bool
    event_id: int


def tasks(desk: Desk, told: Board) -> None:
    """How far it is, then every phase."""
    now = datetime.now(UTC)
    done, late = sum(item.done for item in told.items), sum(item.is_late(now) for item in told.items)
    show("progress", words=desk.words, done=done, late=late, all=len(told.items))
    for phase, items in groupby(told.items, key=lambda item: item.phase.get(desk.words.language, "")):
        _phase(desk, phase, list(items), now)


def _phase(desk: Desk, phase: str, items: Sequence[Item], now: datetime) -> None:
    show("section", title=phase or desk.words("protocol.other"))
    for item in items:
        with st.container(key=f"task_{item.task.id}", horizontal=True, vertical_alignment="top", gap="small"):
            show(
                "task",
                words=desk.words,
                clock=desk.now(),
                item=item,
                what=item.task.names.get(desk.words.language, item.task.id),
                state="done" if item.done else "late" if item.is_late(now) else "open",
                lead=coordinate.partner_name(desk, item.lead),
                by=desk.name_of(item.ticked.actor) if item.ticked else "",
            )
            _press(desk, item)
        held = st.session_state.get(_OPEN)
        if isinstance(held, Opened) and held.task == item.task.id and may_tick(desk.person, item.task):
            _form(desk, item, held)


def _press(desk: Desk, item: Item) -> None:
    """The button that opens the form below the task, or closes it again."""
    words = desk.words
    label = words("protocol.open_again") if item.done else words("protocol.tick")
    allowed = may_tick(desk.person, item.task)
    hint = None if allowed else words("protocol.not_yours", role=words.of("account_role", item.task.role))
    seen = Opened(item.task.id, item.done, item.ticked.event_id if item.ticked else 0)
    st.button(
        label, key=f"tick_{item.task.id}", disabled=not allowed, help=hint, on_click=_turn, args=(seen,)
    )


def _turn(seen: Opened) -> None:
    held = st.session_state.get(_OPEN)
    st.session_state[_OPEN] = None if isinstance(held, Opened) and held.task == seen.task else seen


def _form(desk: Desk, item: Item, seen: Opened) -> None:
    """The form stays as it was opened, whatever others do meanwhile: then the press is refused, and said."""
    words, mark = desk.words, f"{seen.task}_{seen.event_id}"
    with st.form(f"tick_form_{mark}", border=False, enter_to_submit=False):
        label = words("protocol.reason") if seen.done else words("protocol.word")
        note = st.text_area(label, max_chars=MAX_NOTE_CHARS, height=68, key=f"tick_note_{mark}")
        name = words("protocol.open_again") if seen.done else words("protocol.tick")
        pressed = st.form_submit_button(name, type="primary", key=f"tick_do_{mark}")
    if pressed and seen.done and not note.strip():
        show("notice", kind="bad", title="", text=words("protocol.reason_needed"), hint="")
    elif pressed:
        st.session_state[_OPEN] = None
        said = words("protocol.opened") if seen.done else words("protocol.ticked")
        tried(desk, lambda: coordinate.tick(desk, item, not seen.done, note, seen.event_id), said)
