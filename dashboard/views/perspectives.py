"""Differing perspectives: on each topic, what each partner will say, what it will not, and why."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import correct
from dashboard.desk import Desk
from dashboard.refusals import refusal, show_refusal
from dashboard.render import show
from pipeline.correction.brightlines import BrightLine
from pipeline.errors import DraftError
from pipeline.people import Act

LANGUAGES = ("en", "zh-Hans", "zh-Hant")


def page(desk: Desk) -> None:
    """Every partner's lines by topic, and the form for one's own."""
    words = desk.words
    show("heading", text=words("perspectives.title"), note=words("perspectives.note"))
    st.page_link(desk.pages["corrections"], label=words("correction.back"), query_params=desk.address())
    lines = correct.room(desk).bright_lines()
    coalition = desk.coalition
    topics = dict.fromkeys(line.topic for line in lines)
    told = [
        (
            topic,
            [(p, [x for x in lines if (x.topic, x.partner) == (topic, p.id)]) for p in coalition.partners],
        )
        for topic in topics
    ]
    if not lines:
        show("notice", kind="quiet", title="", text=words("perspectives.none"), hint="")
    else:
        show("perspectives", words=words, told=told)
    partner = desk.partner
    if partner and desk.may(Act.CONFIGURE):
        _own(desk, partner, [line for line in lines if line.partner == partner])


def _own(desk: Desk, partner: str, own: list[BrightLine]) -> None:
    words = desk.words
    fresh = BrightLine("", partner, "")
    name = desk.coalition.partner(partner).name(words.language)
    show("section", title=words("perspectives.own", partner=name))
    by_id = {"": fresh, **{line.bright_line_id: line for line in own}}
    picked = st.selectbox(
        words("perspectives.which"),
        list(by_id),
        format_func=lambda value: by_id[value].topic or words("perspectives.new"),
        key=f"which_line_{len(own)}",
    )
    line = by_id[picked]
    with st.form(f"bright_line_{picked or len(own)}", border=False):
        topic = st.text_input(words("perspectives.topic"), value=line.topic, max_chars=80)
        terms = {
            language: st.text_input(
                f"{words('perspectives.terms')} · {words.of('speech', language)}",
                value="; ".join(line.terms.get(language, ())),
                max_chars=2_000,
            )
            for language in LANGUAGES
        }
        patterns = st.text_area(words("perspectives.patterns"), value="\n".join(line.patterns), height=68)
        will = st.text_area(words("perspectives.will"), value=line.will_say, max_chars=2_000, height=80)
        wont = st.text_area(words("perspectives.wont"), value=line.wont_say, max_chars=2_000, height=80)
        why = st.text_area(words("perspectives.why"), value=line.why, max_chars=2_000, height=80)
        saved = st.form_submit_button(words("perspectives.save"), type="primary")
    if picked and st.button(words("perspectives.erase"), key="erase_line"):
        correct.room(desk, write=True).erase(line, correct.hand(desk, Act.CONFIGURE))
        st.rerun()
    if saved:
        wanted = replace(
            line,
            topic=" ".join(topic.split()),
            terms={language: _split(text) for language, text in terms.items() if _split(text)},
            patterns=tuple(row.strip() for row in patterns.splitlines() if row.strip()),
            will_say=will.strip(),
            wont_say=wont.strip(),
            why=why.strip(),
        )
        _save(desk, wanted)


def _save(desk: Desk, wanted: BrightLine) -> None:
    if not wanted.topic:
        show("notice", kind="bad", title="", text=desk.words("perspectives.no_topic"), hint="")
        return
    try:
        correct.room(desk, write=True).draw(wanted, correct.hand(desk, Act.CONFIGURE))
    except DraftError as error:
        show_refusal(desk.words, refusal(error, desk.words, desk))
        return
    st.rerun()


def _split(text: str) -> tuple[str, ...]:
    """Terms between semicolons, full-width ones too."""
    return tuple(term.strip() for term in text.replace("；", ";").split(";") if term.strip())
