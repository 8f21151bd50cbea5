"""What a rating rests on: addresses with quotes, and kept copies with their hash and time."""

from __future__ import annotations

import streamlit as st

from dashboard.desk import Desk
from dashboard.refusals import refusal, show_refusal
from dashboard.render import show
from pipeline.archived import archived_page
from pipeline.errors import CrawlError, StoreError, UsageError
from pipeline.ledger.evidence import (
    MAX_FILE_BYTES,
    MAX_TEXT_CHARS,
    MAX_URL_CHARS,
    TYPES,
    Evidence,
    EvidenceBook,
)
from pipeline.people import Act

MEGABYTE = 1_000_000


def evidence(desk: Desk, claim_id: str) -> None:
    """What there is, and a form for more."""
    words = desk.words
    found = EvidenceBook(desk.data.ledger, read_only=True).of(desk.name, claim_id)
    if not found:
        show("small", text=words("evidence.none"))
    for piece in found:
        _piece(desk, piece)
    if desk.may(Act.NOTE):
        _form(desk, claim_id)


def _piece(desk: Desk, piece: Evidence) -> None:
    words = desk.words
    with st.container(key=f"piece_{piece.event_id}", gap=None):
        show("evidence", words=words, clock=desk.now(), piece=piece, author=desk.name_of(piece.author))
        with st.container(horizontal=True, gap="small"):
            if piece.sha256:
                _copy(desk, piece)
            if piece.author == desk.actor and desk.may(Act.NOTE):
                label = words("evidence.take_back")
                if st.button(label, key=f"unpiece_{piece.event_id}", type="tertiary"):
                    desk.require(Act.NOTE)
                    EvidenceBook(desk.data.ledger).take_back(desk.name, piece.event_id, actor=desk.actor)
                    st.rerun()


def _copy(desk: Desk, piece: Evidence) -> None:
    """A copy is read from disk only when somebody asks for it, and always handed over as a download."""
    st.download_button(
        desk.words("evidence.get"),
        data=lambda: EvidenceBook(desk.data.ledger, read_only=True).body(piece),
        file_name=f"{(piece.sha256 or '')[:16]}.{piece.file_type}",
        mime="application/octet-stream",
        key=f"copy_{piece.event_id}",
        type="tertiary",
        on_click="ignore",
    )


def _form(desk: Desk, claim_id: str) -> None:
    words = desk.words
    with st.form(f"evidence_{claim_id}", border=False, clear_on_submit=True, enter_to_submit=False):
        url = st.text_input(words("evidence.url"), max_chars=MAX_URL_CHARS, key=f"ev_url_{claim_id}")
        fetch = st.checkbox(
            words("evidence.fetch"), help=words("evidence.fetch_hint"), key=f"ev_fetch_{claim_id}"
        )
        quote = st.text_area(
            words("evidence.quote"), max_chars=MAX_TEXT_CHARS, height=80, key=f"ev_quote_{claim_id}"
        )
        archive = st.text_input(words("evidence.archive"), max_chars=MAX_URL_CHARS, key=f"ev_arch_{claim_id}")
        file = st.file_uploader(
            words("evidence.file", mb=MAX_FILE_BYTES // MEGABYTE),
            type=list(TYPES),
            max_upload_size=MAX_FILE_BYTES // MEGABYTE,
            key=f"ev_file_{claim_id}",
        )
        added = st.form_submit_button(words("evidence.add"))
    if not added:
        return
    desk.require(Act.NOTE)
    try:
        kept = (file.name, file.getvalue()) if file else _page(desk, url) if fetch and url.strip() else None
        EvidenceBook(desk.data.ledger).add(
            desk.name, claim_id, author=desk.actor, url=url, quote=quote, archive_url=archive, file=kept
        )
    except StoreError as error:
        show_refusal(words, refusal(error, words, desk), title=words("evidence.wrong"))
        return
    except (UsageError, CrawlError) as error:
        show_refusal(words, refusal(error, words, desk), title=words("evidence.not_fetched"))
        return
    st.rerun()


def _page(desk: Desk, url: str) -> tuple[str, bytes]:
    """The page as it is now; somebody waits, for some seconds at most."""
    with st.spinner(desk.words("evidence.fetching")):
        return archived_page(url.strip())
