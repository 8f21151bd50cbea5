"""Entry point that Streamlit runs for every visit: navigation only."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard.desk import arrive
from dashboard.memory import settle
from dashboard.refusals import refusal, show_refusal
from dashboard.render import HERE, show, style
from dashboard.views import (
    alerts,
    capacity,
    claim,
    claims,
    correction,
    corrections,
    health,
    incidents,
    moment,
    outreach,
    people,
    perspectives,
    protocol,
    statement,
)
from dashboard.widgets.header import header
from dashboard.widgets.live import watch
from dashboard.words import Words
from pipeline.errors import ChengqingError
from pipeline.people import Act

VIEWS = {
    "claims": claims.page,
    "claim": claim.page,
    "corrections": corrections.page,
    "correction": correction.page,
    "statement": statement.page,
    "perspectives": perspectives.page,
    "incidents": incidents.page,
    "health": health.page,
    "alerts": alerts.page,
    "moment": moment.page,
    "protocol": protocol.page,
    "people": people.page,
    "outreach": outreach.page,
    "capacity": capacity.page,
}

# Pages with a name of their own. A comment, for Streamlit would show a string that stands alone.
LISTED = ("claims", "corrections", "protocol", "incidents", "health")


def main() -> None:
    """Show the page that the address names."""
    desk = arrive()
    words = desk.words
    for name, view in VIEWS.items():
        title = words(f"desk.{name}") if name in LISTED else words("desk.name")
        desk.pages[name] = st.Page(partial(view, desk), title=title, url_path=name, default=name == "claims")
    st.set_page_config(page_icon=HERE / "static" / "icon.png", layout="wide")
    st.html(style(words.language))
    if not desk.may(Act.READ):
        st.navigation(
            [st.Page(partial(signed_out, words), title=words("account.ended"))], position="hidden"
        ).run()
        return
    chosen = st.navigation(list(desk.pages.values()), position="hidden")
    try:
        header(desk)
        chosen.run()
        watch(desk)
        settle(chosen.url_path)
    except ChengqingError as error:
        told = refusal(error, words, desk)
        show_refusal(words, told, title=words("error.title"), hint=words("error.hint"))


def signed_out(words: Words) -> None:
    """The session ended while the page was open: say so and lead back."""
    show("signed_out", words=words)


main()
