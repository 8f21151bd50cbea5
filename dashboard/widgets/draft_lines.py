"""The lines of a draft: one sentence each, its languages below each other, saved when the field is left."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard import correct
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.slips import attempt, show_slip, tried
from pipeline.correction.document import (
    FACTUAL,
    MAX_CHARS,
    Document,
    Line,
    Part,
    add_line,
    cite,
    confirm,
    remove_line,
)
from pipeline.correction.lockstep import REGIONS, in_step
from pipeline.correction.machine import Machine, translate
from pipeline.correction.templates import hint
from pipeline.ledger.drafts import Draft
from pipeline.people import Act

CLASH = "clash"
"""Where the session keeps a text that could not be stored, until the person has chosen."""


def lines(desk: Desk, draft: Draft) -> None:
    """Every line with its fields and buttons, and one more at the end."""
    words = desk.words
    _clash(desk, draft)
    show_slip(desk)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.selectbox(
            words("correction.region"),
            list(REGIONS),
            format_func=lambda value: words.of("region", value),
            key="region",
            width=220,
        )
    for place, line in enumerate(draft.document.lines):
        with st.container(key=f"line_{line.line_id}", border=True):
            _line(desk, draft, place, line)
    if desk.may(Act.DRAFT):
        _more(desk, draft)


def _line(desk: Desk, draft: Draft, place: int, line: Line) -> None:
    words = desk.words
    told = hint(draft.document.situation, place, line.part, words.language)
    show("line_head", words=words, line=line, told=told)
    for language in draft.document.languages:
        _text(desk, draft, line, language)
    if line.part in FACTUAL and draft.document.sources:
        _cited(desk, draft, line)
    if desk.may(Act.DRAFT):
        _moves(desk, draft, line)


def _text(desk: Desk, draft: Draft, line: Line, language: str) -> None:
    words, text = desk.words, line.texts.get(language, "")
    mark = hashlib.blake2b(f"{draft.draft_id}{text}".encode(), digest_size=4).hexdigest()
    key = f"text_{line.line_id}_{language}_{mark}"
    with st.container(key=f"speech_{line.line_id}_{language}"):
        st.text_area(
            words.of("speech", language),
            value=text,
            key=key,
            height="content",
            max_chars=MAX_CHARS,
            on_change=partial(_typed, desk, draft, line.line_id, language, key),
            disabled=not desk.may(Act.DRAFT),
        )
        if doubt := line.doubts.get(language):
            show("doubt", words=words, doubt=doubt)


def _typed(desk: Desk, draft: Draft, line_id: str, language: str, key: str) -> None:
    """A field was left: its text is in the ledger before the page is drawn again."""
    text = str(st.session_state[key])
    hint = desk.words("correction.not_stored", text=text)
    if clash := attempt(desk, lambda: correct.write_text(desk, draft, line_id, language, text), hint=hint):
        st.session_state[CLASH] = clash


def _confirmed(desk: Desk, draft: Draft, line: Line) -> None:
    """A person read every text of the line beside the others."""

    def confirmed(document: Document) -> Document:
        for language in line.doubts:
            if document.line(line.line_id).texts.get(language) == line.texts.get(language):
                document = confirm(document, line.line_id, language)
        return document

    attempt(desk, lambda: correct.change(desk, draft.draft_id, confirmed))


def _cited(desk: Desk, draft: Draft, line: Line) -> None:
    names = {s.source_id: f"{n}. {s.title or s.url}" for n, s in enumerate(draft.document.sources, 1)}
    key = f"cites_{line.line_id}_{'_'.join(line.sources)}_{len(names)}"

    def chosen() -> None:
        wanted = list(st.session_state[key])
        attempt(
            desk,
            lambda: correct.change(
                desk, draft.draft_id, lambda document: cite(document, line.line_id, wanted)
            ),
        )

    st.multiselect(
        desk.words("correction.stands_on"),
        list(names),
        default=[name for name in line.sources if name in names],
        format_func=names.__getitem__,
        key=key,
        on_change=chosen,
        placeholder=desk.words("correction.choose_source"),
        disabled=not desk.may(Act.DRAFT),
    )


def _moves(desk: Desk, draft: Draft, line: Line) -> None:
    words, machine = desk.words, Machine.from_environment()
    with st.container(key=f"moves_{line.line_id}", horizontal=True, gap="small"):
        if line.doubts:
            label, act = words("correction.confirm"), partial(_confirmed, desk, draft, line)
            st.button(label, key=f"confirm_{line.line_id}", type="primary", on_click=act)
        if st.button(words("correction.convert"), key=f"convert_{line.line_id}"):
            region = str(st.session_state.get("region") or "us")
            _changed(desk, draft, lambda document: in_step(document, line.line_id, region))
        if machine and st.button(words("correction.translate"), key=f"machine_{line.line_id}"):
            tried(desk, lambda: _translated(desk, draft, line, machine))
        if st.button(words("correction.remove"), key=f"remove_{line.line_id}"):
            _changed(desk, draft, lambda document: remove_line(document, line.line_id))


def _changed(desk: Desk, draft: Draft, edit: Callable[[Document], Document]) -> None:
    """Change the draft and draw the page again, with what was refused."""
    tried(desk, lambda: correct.change(desk, draft.draft_id, edit))


def _translated(desk: Desk, draft: Draft, line: Line, machine: Machine) -> None:
    """Ask the machine for each language that is empty, from the first that is written."""
    spoken = [language for language in draft.document.languages if line.texts.get(language)]
    for target in draft.document.languages:
        if spoken and not line.texts.get(target):
            proposed = translate(machine, draft.document, line.line_id, spoken[0], target)
            draft = correct.change(desk, draft.draft_id, lambda _, proposed=proposed: proposed)  # type: ignore[misc]


def _more(desk: Desk, draft: Draft) -> None:
    words = desk.words
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        part = st.selectbox(
            words("correction.new_line"),
            [part.value for part in Part],
            index=1,
            format_func=lambda value: words.of("part", value),
            key="new_part",
            width=260,
        )
        if st.button(words("correction.add_line"), key="add_line"):
            _changed(desk, draft, lambda document: add_line(document, Part(part)))


def _clash(desk: Desk, draft: Draft) -> None:
    """Both texts, and the two ways on; nothing is lost until the person chooses."""
    clash = st.session_state.get(CLASH)
    if not isinstance(clash, correct.Clash) or clash.draft_id != draft.draft_id:
        return
    words = desk.words
    show("clash", words=words, clash=clash, called=desk.name_of)
    with st.container(horizontal=True, gap="small"):
        if st.button(words("correction.use_mine"), type="primary", key="use_mine"):
            st.session_state.pop(CLASH)
            correct.write_text(
                desk, correct.room(desk).draft(draft.draft_id), clash.line_id, clash.language, clash.mine
            )
            st.rerun()
        if st.button(words("correction.use_theirs"), key="use_theirs"):
            st.session_state.pop(CLASH)
            st.rerun()
