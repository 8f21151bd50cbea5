"""Published reviews that may be about a claim: a person confirms, and the claim goes to the lane of repeats."""

from __future__ import annotations

from dataclasses import asdict, replace

import streamlit as st

from dashboard import queries
from dashboard.decide import Stale, published_soon, standing, submit
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.rows import Reviewed
from dashboard.widgets.told import tell
from dashboard.widgets.yes_no import yes_no
from pipeline.ledger.known import MAX_REASON_CHARS, Known, KnownBook
from pipeline.people import Act
from pipeline.records import Status

_KEPT = (
    "review_id",
    "claim",
    "title",
    "rating",
    "publisher",
    "site",
    "url",
    "language",
    "provenance",
    "origin",
    "trust",
    "ready_text",
)


def known_reviews(desk: Desk, file: str, claim_id: str) -> None:
    """What others said about this claim before, with whose word it is; nothing here is a rating of ours."""
    words = desk.words
    found = queries.reviews(file, claim_id)
    ruled = KnownBook(desk.data.ledger, read_only=True).of(desk.name, claim_id)
    gone = [one for (_, review), one in ruled.items() if review not in {r.review_id for r in found}]
    if not found and not gone:
        show("small", text=words("known.none"))
        return
    show("small", text=words("known.note"))
    for review in found:
        _review(desk, file, claim_id, review, ruled.get((claim_id, review.review_id)))
    for one in gone:
        _gone(desk, file, one)


def _review(desk: Desk, file: str, claim_id: str, review: Reviewed, known: Known | None) -> None:
    by = desk.name_of(known.actor) if known else ""
    values = {"words": desk.words, "clock": desk.now(), "review": review, "known": known, "by": by}
    show("known", why=_why(desk, review), **values)
    if review.ready_text and (known is None or known.same):
        with st.expander(desk.words("known.ready"), key=f"ready_{review.review_id}"):
            st.code(review.ready_text, language=None, wrap_lines=True)
    if known:
        _changed(desk, review, known)
        _taking_back(desk, file, known)
    else:
        _form(desk, file, claim_id, review)


def _changed(desk: Desk, review: Reviewed, known: Known) -> None:
    """Say so where the publisher's verdict is no longer the one that the person saw."""
    then, now = known.review.get("rating"), review.rating
    if then == now:
        return
    told = {"then": str(then or "–")[:120], "now": str(now or "–")[:120]}
    show("notice", kind="info", title="", text=desk.words("known.changed", **told), hint="")


def _gone(desk: Desk, file: str, known: Known) -> None:
    """A review that was ruled on and is suggested no more: taken back by its publisher, or less alike now."""
    told = str(known.review.get("publisher") or known.review.get("site") or known.review_id)
    key = "known.gone_confirmed" if known.same else "known.gone_rejected"
    text = desk.words(key, publisher=told[:120], rating=str(known.review.get("rating") or "–")[:120])
    show("notice", kind="info", title="", text=text, hint="")
    _taking_back(desk, file, known)


def _why(desk: Desk, review: Reviewed) -> str:
    """Why it is suggested, in words."""
    words = desk.words
    if review.words is None:
        return words("known.why_across", meaning=_share(review.meaning))
    told = words(
        "known.why",
        words=_share(review.words),
        sounds=_share(review.sounds),
        passages=_share(review.passages),
        meaning=_share(review.meaning),
    )
    if not review.shared_words:
        return told
    return f"{told} {words('known.shared', shared='、'.join(review.shared_words))}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{max(0.0, value):.0%}"


def _form(desk: Desk, file: str, claim_id: str, review: Reviewed) -> None:
    key = f"known_{claim_id}_{review.review_id}"
    same, reason = yes_no(desk, key, Act.TRIAGE, "known", MAX_REASON_CHARS)
    if same is None:
        return
    if same:
        confirm(desk, file, claim_id, review, reason)
    else:
        reject(desk, claim_id, review, reason)
    st.rerun()


def confirm(desk: Desk, file: str, claim_id: str, review: Reviewed, reason: str = "") -> None:
    """Say that the review is about the claim, which goes to the lane of repeats unless somebody else was faster."""
    desk.require(Act.TRIAGE)
    seen = standing(desk, claim_id)
    moved = submit(desk, file, replace(seen, status=Status.REPEAT))
    if isinstance(moved, Stale):
        tell(desk.words("known.stale"))
        return
    _book(desk).rule(
        desk.name,
        claim_id,
        _as_shown(review),
        same=True,
        actor=desk.actor,
        reason=reason[:MAX_REASON_CHARS],
        status_before=seen.status.value,
    )
    tell(desk.words("known.moved"))


def reject(desk: Desk, claim_id: str, review: Reviewed, reason: str = "") -> None:
    """Say that the review is about something else."""
    desk.require(Act.TRIAGE)
    _book(desk).rule(
        desk.name, claim_id, _as_shown(review), same=False, actor=desk.actor, reason=reason[:MAX_REASON_CHARS]
    )
    published_soon(desk)


def take_back(desk: Desk, file: str, known: Known) -> None:
    """Take a word back; the last confirmation also gives the claim back to the lane that it left."""
    desk.require(Act.TRIAGE)
    _book(desk).take_back(desk.name, known.event_id, actor=desk.actor)
    left = KnownBook(desk.data.ledger, read_only=True).of(desk.name, known.claim_id).values()
    now = standing(desk, known.claim_id)
    alone = known.same and not any(one.same for one in left)
    if alone and now.status is Status.REPEAT and known.status_before:
        submit(desk, file, replace(now, status=Status(known.status_before)))


def _taking_back(desk: Desk, file: str, known: Known) -> None:
    label, may = desk.words("ruling.withdraw"), desk.may(Act.TRIAGE)
    if st.button(label, key=f"unknown_{known.event_id}", type="tertiary", disabled=not may):
        take_back(desk, file, known)
        st.rerun()


def _book(desk: Desk) -> KnownBook:
    return KnownBook(desk.data.ledger)


def _as_shown(review: Reviewed) -> dict[str, object]:
    told = asdict(review)
    return {name: told[name] for name in _KEPT}
