"""The bar on top of every page: where you are, where you can go, who you are."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import streamlit as st

from dashboard.desk import MAX_ACTOR_CHARS, Desk
from dashboard.render import show
from dashboard.signin import sign_out
from dashboard.words import LANGUAGES

OWN_NAMES = {"en": "English", "zh-Hans": "简体", "zh-Hant": "繁體"}
THEMES = ("light", "dark", "system")


def header(desk: Desk) -> None:
    """Brand, incident, pages, name, language and theme."""
    with st.container(key="top", horizontal=True, vertical_alignment="center", gap="small"):
        incident = desk.incident
        title = incident.title(desk.words.language) if incident else ""
        show("brand", words=desk.words, title=title)
        with st.container(key="nav", horizontal=True, gap="small", width="content"):
            for name in ("claims", "corrections", "protocol", "health", "incidents"):
                st.page_link(desk.pages[name], label=desk.words(f"desk.{name}"), query_params=desk.address())
        with st.container(key="me", horizontal=True, gap="small", width="content"):
            if desk.guarded:
                _account(desk)
            else:
                _person(desk)
            _settings(desk)


def _account(desk: Desk) -> None:
    """Who is signed in, in which role, and the way out."""
    words, person = desk.words, desk.person
    if person is None:
        return
    with st.popover(
        _initial(person.name) or person.user_id,
        help=words("account.signed_in", name=person.user_id),
        key="who",
    ):
        show("account_card", words=words, person=person)
        if st.button(words("account.out"), key="sign_out", width="stretch"):
            sign_out(desk.data)
            st.rerun()


def _person(desk: Desk) -> None:
    """Alone on this machine: a name of one's choice."""
    words = desk.words
    with st.popover(_initial(desk.actor) or words("you.anonymous"), help=words("you.label"), key="who"):
        st.session_state.setdefault("actor", "")
        st.text_input(
            words("you.label"),
            key="actor",
            persist_state="session",
            max_chars=MAX_ACTOR_CHARS,
            placeholder=words("you.hint"),
            autocomplete="off",
        )
        show("small", text=words("you.warning"))


def _initial(actor: str) -> str:
    """A label that Streamlit's Markdown cannot read as anything else: letters and digits only."""
    return "".join(c for c in actor if c.isalnum())[:12]


def _settings(desk: Desk) -> None:
    words = desk.words
    with st.popover(
        OWN_NAMES[words.language], help=f"{words('desk.language')} · {words('desk.theme')}", key="settings"
    ):
        st.session_state["language"] = words.language
        st.segmented_control(
            words("desk.language"),
            LANGUAGES,
            key="language",
            format_func=OWN_NAMES.__getitem__,
            required=True,
            persist_state="session",
        )
        show("themes", words=words, themes=THEMES, back=_here())


def _here() -> str:
    """Path and query of this page: the way back after a change of theme."""
    path = urlsplit(st.context.url or "/").path
    return f"{path}?{urlencode(st.query_params.to_dict())}"
