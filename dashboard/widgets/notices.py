"""Empty states: what is missing and which command helps."""

from __future__ import annotations

from dashboard.desk import Desk
from dashboard.refusals import refusal, show_refusal
from dashboard.render import show


def nothing_published(desk: Desk) -> None:
    """There is no incident, or nothing of it is published yet."""
    words = desk.words
    if desk.incident is None:
        title, hint = (
            words("incidents.empty"),
            words("incidents.empty_hint", command="chengqing incident new …"),
        )
    else:
        command = f"chengqing run {desk.name}"
        title, hint = words("incidents.unpublished"), words("incidents.unpublished_hint", command=command)
    show("notice", kind="quiet", title=title, text="", hint=hint)
    for problem in desk.broken:
        show_refusal(words, refusal(problem, words, desk))
