"""Around a draft: the second person's approval, circulation, comments, and earlier versions with their differences."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import correct
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.slips import attempt, tried
from pipeline.correction.changes import changes
from pipeline.correction.review import Point
from pipeline.ledger.drafts import Draft, Remark
from pipeline.people import Act


def approval(desk: Desk, draft: Draft, open_: Sequence[Point]) -> None:
    """Who read this version, and the buttons of the two people that a text needs."""
    words, room = desk.words, correct.room(desk)
    approvers = room.approvers(draft)
    told = ", ".join(map(desk.name_of, approvers)) or words("correction.nobody_yet")
    show("section", title=words("correction.approval"))
    show("small", text=words("correction.approved_by", names=told))
    own = desk.actor == draft.actor
    with st.container(horizontal=True, gap="small"):
        if st.button(
            words("correction.approve"),
            key="approve",
            disabled=own or desk.actor in approvers or not desk.may(Act.APPROVE_DRAFT),
            help=words("correction.two_people"),
        ):
            tried(
                desk,
                lambda: correct.room(desk, write=True).approve(draft, correct.hand(desk, Act.APPROVE_DRAFT)),
            )
        ready = bool(approvers) and not open_ and desk.may(Act.DRAFT)
        if st.button(words("correction.circulate"), type="primary", key="circulate", disabled=not ready):
            by = correct.hand(desk, Act.DRAFT)
            room = correct.room(desk, write=True)
            held = attempt(desk, lambda: room.circulate(draft, desk.coalition, by))
            if held is None:
                st.rerun()
            address = desk.address({"statement": held.statement_id})
            st.switch_page(desk.pages["statement"], query_params=address)


def remarks(desk: Desk, draft: Draft) -> None:
    """Comments and explanations, oldest first, and a field for one more."""
    words, room = desk.words, correct.room(desk)
    said = [s for s in room.remarks(draft.draft_id) if s.kind is not Remark.APPROVAL]
    show("remarks", words=words, clock=desk.now(), said=said, called=desk.name_of)
    if not desk.may(Act.NOTE):
        return
    with st.form(f"comment_{len(said)}", border=False):
        body = st.text_area(words("correction.comment"), max_chars=4_000, height=80)
        if st.form_submit_button(words("correction.add_comment")) and body.strip():
            by = correct.hand(desk, Act.NOTE)
            tried(desk, lambda: correct.room(desk, write=True).remark(draft, Remark.COMMENT, by, body=body))


def versions(desk: Desk, draft: Draft) -> None:
    """What each version changed, the newest first."""
    words, kept = desk.words, correct.room(desk).versions(draft.draft_id)
    with st.expander(words("correction.versions", n=len(kept)), key="versions"):
        number = st.selectbox(
            words("correction.version"),
            [version.version for version in kept],
            format_func=lambda n: words("correction.version_n", n=n),
            key="version",
        )
        after = next(version for version in kept if version.version == number)
        before = next((version for version in kept if version.version == number - 1), None)
        show(
            "version",
            words=words,
            clock=desk.now(),
            version=after,
            called=desk.name_of,
            changes=changes(before.document if before else None, after.document),
        )
