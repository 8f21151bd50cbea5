"""The alerts of an incident, and whether those who are to be told were."""

from __future__ import annotations

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.worker import worker
from pipeline.alerts import AlertBook, alert_file
from pipeline.alerts.text import sentence

MOST = 200


def page(desk: Desk) -> None:
    """The latest first, with the worker that raises them below."""
    if desk.incident is None:
        nothing_published(desk)
        return
    words = desk.words
    show("heading", text=words("alerts.title"), note="")
    found = AlertBook(alert_file(desk.data), read_only=True).alerts(desk.name, MOST)
    rows = [(one, sentence(one.alert, words.language)) for one in found]
    show("alerts", words=words, clock=desk.now(), rows=rows)
    worker(desk)
