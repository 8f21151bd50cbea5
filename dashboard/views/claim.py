"""One claim: what it says, how it spreads, why it is ranked here, and what people decide about it."""

from __future__ import annotations

import streamlit as st

from dashboard import queries
from dashboard.address import ListView
from dashboard.desk import Desk
from dashboard.family import Wording, family
from dashboard.joined import hours, joined
from dashboard.joined import matches as joined_matches
from dashboard.joined import variants as joined_variants
from dashboard.listing import narrowed, neighbours
from dashboard.pending import Pending, pending
from dashboard.reading import read_as, spoken_in
from dashboard.render import show
from dashboard.rows import ClaimCard
from dashboard.times import Clock
from dashboard.widgets.advice import advice
from dashboard.widgets.asides import aside
from dashboard.widgets.assessment import assessment
from dashboard.widgets.decision import decision, standing_line
from dashboard.widgets.evidence import evidence
from dashboard.widgets.history import history
from dashboard.widgets.known import known_reviews
from dashboard.widgets.live import on_claim, others_on
from dashboard.widgets.matches import matches
from dashboard.widgets.merging import split
from dashboard.widgets.moves import CURSOR, claim_moves
from dashboard.widgets.notes import notes
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.posts import posts, whose
from dashboard.widgets.reading import reading_aid
from dashboard.widgets.reasons import why_ranked
from dashboard.widgets.timeline import timeline
from dashboard.widgets.variants import variants

MAX_ID = 200


def page(desk: Desk) -> None:
    """The claim that the address names; an old id leads to what it became."""
    if desk.incident is None or desk.file is None:
        nothing_published(desk)
        return
    asked = st.query_params.get("claim", "")[:MAX_ID]
    claim_id = queries.resolve(desk.file, asked)
    view = ListView.read_from(st.query_params)
    waiting = pending(desk, desk.file)
    _ways(desk, desk.file, view, waiting.lead_of.get(claim_id or "", claim_id or ""))
    if claim_id is None:
        title = desk.words("claim.missing", claim=asked)
        show("notice", kind="quiet", title=title, text="", hint=desk.words("claim.missing_hint"))
        return
    if claim_id != asked:
        told = desk.words("claim.moved", old=asked, new=claim_id)
        show("notice", kind="info", title="", text=told, hint="")
    st.session_state[CURSOR] = (claim_id, 0)
    _claim(desk, desk.file, claim_id, view, waiting)
    on_claim(claim_id, [match.other_id for match in queries.matches(desk.file, claim_id)])


def _claim(desk: Desk, file: str, claim_id: str, view: ListView, waiting: Pending) -> None:
    clock = desk.clock()
    card = queries.cards(file, (claim_id,))[0]
    _head(desk, clock, card, view)
    claim_moves(desk, file, card)
    with st.container(key="stands"):  # one place on the page, whatever there is to say
        _pending(desk, file, claim_id, waiting)
        standing_line(desk, claim_id)
        aside(desk, claim_id)
    with st.container(key="claim"):
        main, side = st.columns([7, 4], gap="large")
    with side:
        decision(desk, file, claim_id)
        assessment(desk, claim_id)
        advice(desk, file, claim_id)
        why_ranked(desk, queries.rank_row(file, claim_id))
        history(desk, file, claim_id)
    with main:
        claims = joined(waiting, claim_id)
        timeline(desk, clock, hours(file, claims), card.as_of)
        _tabs(desk, file, clock, card, claims, {"claim": claim_id, **view.params()})


def _head(desk: Desk, clock: Clock, card: ClaimCard, view: ListView) -> None:
    language = spoken_in(card.exemplar_script)
    text = read_as(card.exemplar_text, view.read)
    here = [(desk.name_of(h.actor), h.minutes) for h in others_on(desk).get(card.claim_id, ())]
    show(
        "claim_head",
        words=desk.words,
        clock=clock,
        card=card,
        language=language,
        text=text,
        converted=text != card.exemplar_text,
        here=here,
    )


def _pending(desk: Desk, file: str, claim_id: str, waiting: Pending) -> None:
    """What was ruled and not carried out yet."""
    together = [other for other in waiting.together(claim_id) if other != claim_id]
    told = []
    if together:
        ranks = ", ".join(str(card.rank) for card in queries.cards(file, tuple(together)))
        key = "merge.listed" if claim_id in waiting.folded else "merge.pending"
        told.append(desk.words(key, rank=ranks.partition(",")[0], claims=ranks))
    if waiting.split.get(claim_id):
        told.append(desk.words("merge.split_pending"))
    if told:
        show("notice", kind="info", title="", text="\n".join(told), hint="")


@st.cache_data(max_entries=256, show_spinner=False)
def _family(file: str, claims: tuple[str, ...]) -> list[Wording]:
    return family(joined_variants(file, claims))


def _tabs(
    desk: Desk, file: str, clock: Clock, card: ClaimCard, claims: tuple[str, ...], params: dict[str, str]
) -> None:
    words, claim_id = desk.words, card.claim_id
    wordings, near = _family(file, claims), joined_matches(file, claims)
    names = [
        words("claim.posts"),
        f"{words('claim.variants')} {len(wordings)}",
        f"{words('claim.matches')} {len(near)}",
        words(
            "evidence.title"
        ),  # no counts here: a tab whose name changes is another tab, and the reader loses it
        words("notes.title"),
        f"{words('known.title')} {len(queries.reviews(file, claim_id))}",
    ]
    first, second, third, fourth, fifth, sixth = st.tabs(names, key="tabs")
    with first:
        posts(desk, file, clock, whose(desk, file, claims), params)
    with second:
        variants(desk, clock, wordings)
        split(desk, file, claim_id, wordings if len(claims) == 1 else _family(file, (claim_id,)))
    with third:
        matches(desk, near)
    with fourth:
        evidence(desk, claim_id)
    with fifth:
        notes(desk, claim_id)
    with sixth:
        known_reviews(desk, file, claim_id)


def _ways(desk: Desk, file: str, view: ListView, claim_id: str) -> None:
    """Back to the list that one came from, and along it; J and K as in many lists."""
    words = desk.words
    before, after = neighbours(narrowed(desk, file, view), claim_id)
    with st.container(key="ways", horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(
            desk.pages["claims"], label=words("claim.back"), query_params=desk.address(view.params())
        )
        for name, key, target in (("older", "K", before), ("newer", "J", after)):
            if st.button(
                words(f"claim.{name}"),
                shortcut=key,
                key=f"way_{name}",
                disabled=target is None,
                type="tertiary",
            ):
                link = desk.address({"claim": target or "", **view.params()})
                st.switch_page(desk.pages["claim"], query_params=link)
        reading_aid(desk, view, {"claim": st.query_params.get("claim", "")[:MAX_ID]})
