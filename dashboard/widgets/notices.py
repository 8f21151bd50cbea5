"""Empty states: what is missing and which command helps."""

from __future__ import annotations

from dashboard.desk import Desk
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
    show("notice", kind="quiet", title=title, text="\n".join(desk.broken), hint=hint)
