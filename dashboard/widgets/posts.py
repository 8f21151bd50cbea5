"""The posts of a claim: verbatim, as text, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard import queries
from dashboard.address import page_number
from dashboard.decide import rule
from dashboard.desk import Desk
from dashboard.escape import plain
from dashboard.reading import folded, read_as, spoken_in
from dashboard.render import show
from dashboard.rows import ClaimCard, PostCard
from dashboard.times import Clock
from dashboard.widgets.pager import pager
from dashboard.widgets.reveal import is_revealed, reveal, without_personal
from dashboard.widgets.told import tell
from pipeline.people import Act
from pipeline.records import RulingKind

SHOWN = ("", "carries", "repeats", "replies", "corrects", "asks")


def whose(desk: Desk, file: str, claims: Sequence[str]) -> ClaimCard:
    """The claim whose posts are shown: the page's own, or one that will be merged with it, by the reader's choice."""
    cards = {card.claim_id: card for card in queries.cards(file, tuple(claims))}
    if len(claims) == 1:
        return cards[claims[0]]
    chosen = st.segmented_control(
        desk.words("merged.posts_of"),
        list(claims),
        default=claims[0],
        key=f"posts_of_{claims[0]}",
        format_func=lambda claim: desk.words("merged.rank", rank=cards[claim].rank),
        required=True,
    )
    return cards.get(str(chosen), cards[claims[0]])


def posts(desk: Desk, file: str, clock: Clock, card: ClaimCard, params: dict[str, str]) -> None:
    """Filter by role, order, the posts of this page, and the way to the next."""
    claim_id, exemplar = card.claim_id, card.exemplar_post_id  # others are ruled apart from the exemplar
    counts = queries.roles(file, claim_id)
    counts[""] = sum(n for role, n in counts.items() if role != "asks")
    role, newest = _controls(desk, counts, params)
    pages = max(1, -(-counts.get(role, 0) // queries.POST_ROWS))
    page = min(pages, page_number(st.query_params.get("p", "1")))
    found = queries.posts(file, claim_id, role, page, newest)
    if not found:
        show("small", text=desk.words("claim.nothing_posts"))
    for place, post in enumerate(found):
        _post(desk, file, clock, claim_id, in_script(post, params.get("read", "")), place)
        _belonging(desk, post, exemplar)
    pager(desk, "claim", params | _chosen(role, newest), "p", page, pages)


def _chosen(role: str, newest: bool) -> dict[str, str]:
    return ({"show": role} if role else {}) | ({"order": "newest"} if newest else {})


def _changed(desk: Desk, params: dict[str, str]) -> None:
    role = str(st.session_state.get("p_show") or "")
    newest = st.session_state.get("p_order") == "newest"
    st.query_params.from_dict(desk.address(params | _chosen(role, newest)))


def _controls(desk: Desk, counts: dict[str, int], params: dict[str, str]) -> tuple[str, bool]:
    """Role and order as the address says; touching a control changes the address."""
    told = st.query_params.get("show", "")
    role = told if told in SHOWN else ""
    order = "newest" if st.query_params.get("order") == "newest" else "oldest"
    st.session_state["p_show"], st.session_state["p_order"] = role, order
    labels = {name: desk.words(f"show.{name or 'all'}", n=f"{counts.get(name, 0):,}") for name in SHOWN}
    there = [name for name in SHOWN if counts.get(name) or name in {"", role}]
    with st.container(horizontal=True, gap="small", key="post_controls"):
        for label, names, key, told_as in (
            ("claim.posts", there, "p_show", labels.__getitem__),
            ("show.newest", ["oldest", "newest"], "p_order", lambda name: desk.words(f"show.{name}")),
        ):
            st.segmented_control(
                desk.words(label),
                names,
                key=key,
                format_func=told_as,
                on_change=_changed,
                args=(desk, params),
                label_visibility="collapsed",
                required=True,
            )
    return role, order == "newest"


def _post(desk: Desk, file: str, clock: Clock, claim_id: str, post: PostCard, place: int) -> None:
    revealed = is_revealed(desk, post.post_id)
    cut = post.text_length > queries.POST_CHARS
    language = spoken_in(post.script)
    foldings = [folded(desk.words, folding) for folding in post.foldings or ()]
    show(
        "post",
        words=desk.words,
        clock=clock,
        post=post,
        cut=cut,
        language=language,
        reveal=revealed,
        foldings=foldings,
    )
    reveal(desk, claim_id, post.post_id, f"{post.title or ''}\n{post.text or ''}")
    if cut and st.toggle(desk.words("claim.show_all"), key=f"whole_{place}_{post.post_id}"):
        text = queries.whole_text(file, post.post_id)
        key = "claim.whole" if len(text) >= post.text_length else "claim.whole_cut"
        show("small", text=desk.words(key, shown=f"{len(text):,}", total=f"{post.text_length:,}"))
        with st.container(height=400):
            st.text(plain(text if revealed else without_personal(desk.words, text)))


def in_script(post: PostCard, aid: str) -> PostCard:
    """The post as the reading aid shows it."""
    return replace(post, title=read_as(post.title, aid), text=read_as(post.text, aid)) if aid else post


def _belonging(desk: Desk, post: PostCard, exemplar: str) -> None:
    """A post that was joined for its likeness may not belong: a person says so, the next run obeys."""
    if post.joined_by != "similar" or post.post_id == exemplar or not desk.may(Act.RULE):
        return
    words = desk.words
    if st.button(
        words("tree.belongs_not"),
        key=f"apart_{post.post_id}",
        help=words("tree.belongs_not_hint"),
        type="tertiary",
    ):
        rule(desk, RulingKind.MUST_NOT, exemplar, post.post_id, "")
        tell(words("moved.split"))
        st.rerun()
