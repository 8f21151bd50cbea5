"""Notes on a claim, and the notes that call the reader."""

from __future__ import annotations

import streamlit as st

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.live import calls_of, sheet
from dashboard.widgets.told import tell
from pipeline.ledger.notes import MAX_NOTE_CHARS, Note, Notes
from pipeline.people import Act

MOST_CALLS = 30


def written(desk: Desk) -> Notes:
    """The notes of this desk, for reading."""
    return Notes(desk.data.ledger, read_only=True)


def add_note(desk: Desk, claim_id: str, text: str) -> None:
    """Store a note."""
    desk.require(Act.NOTE)
    Notes(desk.data.ledger).write(desk.name, claim_id, text, author=desk.actor)


def notes(desk: Desk, claim_id: str) -> None:
    """What was written, oldest first, and a form for more."""
    words = desk.words
    found = written(desk).of(desk.name, claim_id)
    if not found:
        show("small", text=words("notes.none"))
    for note in found:
        _note(desk, note)
    with st.form(f"notes_{claim_id}", border=False, clear_on_submit=True, enter_to_submit=False):
        text = st.text_area(
            words("notes.label"), key=f"new_note_{claim_id}", placeholder=words("notes.hint"), height=90
        )
        added = st.form_submit_button(words("notes.add"), disabled=not desk.may(Act.NOTE))
    if added:
        _save(desk, claim_id, text)


def _note(desk: Desk, note: Note) -> None:
    with st.container(key=f"note_{note.event_id}", horizontal=True, vertical_alignment="top", gap="small"):
        show("note", words=desk.words, clock=desk.now(), note=note, author=desk.name_of(note.author))
        if note.author == desk.actor and desk.may(Act.NOTE):
            label = desk.words("notes.take_back")
            if st.button(label, key=f"unnote_{note.event_id}", type="tertiary"):
                desk.require(Act.NOTE)
                Notes(desk.data.ledger).take_back(desk.name, note.event_id, actor=desk.actor)
                st.rerun()


def _save(desk: Desk, claim_id: str, text: str) -> None:
    if not text.strip():
        show("notice", kind="bad", title="", text=desk.words("notes.empty"), hint="")
        return
    if len(text) > MAX_NOTE_CHARS:
        told = desk.words("decide.too_long", n=f"{MAX_NOTE_CHARS:,}")
        show("notice", kind="bad", title="", text=told, hint="")
        return
    add_note(desk, claim_id, text)
    tell(desk.words("moved.note"))
    st.rerun()


def note_dialog(desk: Desk, claim_id: str, rank: int) -> None:
    """The sheet of the key N."""
    title = f"{desk.words('notes.title')} · {desk.words('moves.marked', rank=rank)}"
    sheet(title, notes, desk, claim_id)


def calls(desk: Desk) -> list[Note]:
    """Notes of this incident that mention the reader, the newest first."""
    return calls_of(desk)[::-1][:MOST_CALLS]
