"""A release: whose name it bears, its files, and the way to take it back."""

from __future__ import annotations

import streamlit as st

from dashboard import correct
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.slips import tried
from pipeline.ledger.statements import Release
from pipeline.people import Act
from pipeline.release import bundle


def released(desk: Desk, release: Release) -> None:
    """The release with its downloads."""
    words = desk.words
    show(
        "release",
        words=words,
        clock=desk.now(),
        release=release,
        coalition=desk.coalition,
        called=desk.name_of,
    )
    if st.button(words("release.make"), key=f"make_{release.release_id}"):
        st.session_state[f"made_{release.release_id}"] = _packed(desk, release)
    if packed := st.session_state.get(f"made_{release.release_id}"):
        name = f"{release.release_id}.zip"
        st.download_button(
            words("release.download"), packed, name, "application/zip", key=f"zip_{release.release_id}"
        )
    _withdraw(desk, release)
    if desk.may(Act.DRAFT) and release.withdrawn_at:
        address = desk.address({"claim": release.claim_id or "", "follows": release.release_id})
        st.page_link(desk.pages["corrections"], label=words("release.follow"), query_params=address)


def _packed(desk: Desk, release: Release) -> bytes:
    earlier = correct.room(desk).releases(release_id=release.follows) if release.follows else []
    made = bundle.files(release, desk.coalition, earlier=earlier[0] if earlier else None)
    return bundle.archive(made, release.release_id)


def _withdraw(desk: Desk, release: Release) -> None:
    words, partner = desk.words, desk.partner
    if release.withdrawn_at or partner not in release.signers:
        return
    with st.expander(words("release.withdraw"), key=f"withdraw_{release.release_id}"):
        why = st.text_input(words("release.why"), max_chars=1_000, key=f"why_{release.release_id}")
        if st.button(
            words("release.withdraw_now"), key=f"now_{release.release_id}", disabled=not why.strip()
        ):
            act = Act.RELEASE if desk.may(Act.RELEASE) else Act.SIGN
            tried(
                desk,
                lambda: correct.room(desk, write=True).withdraw(release, correct.hand(desk, act), why),
            )
