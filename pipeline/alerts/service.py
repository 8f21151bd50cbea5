"""Alerts as the worker calls them: look at what changed, store what is new, write the feeds, send what waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.alerts.book import AlertBook, Raised, alert_file
from pipeline.alerts.config import AlertConfig, load_config
from pipeline.alerts.facts import Look, looks
from pipeline.alerts.feed import MOST, feed_file, write_feeds
from pipeline.alerts.outbox import Outbox, secret_of
from pipeline.errors import ChengqingError, UsageError
from pipeline.incident import Incident
from pipeline.paths import DataDir
from pipeline.secret_store import SecretStore

PERIOD = timedelta(seconds=30)
"""How often an incident without a new list is looked at: deadlines and silence pass without one."""


class Alerts:
    """One per process. The file is read again on every look, so that a change needs no restart."""

    def __init__(self, data: DataDir) -> None:
        self.data = data
        self.book = AlertBook(alert_file(data))
        self._looked: dict[str, tuple[str, datetime]] = {}
        self._flushed: datetime | None = None

    def watch(self, incidents: Sequence[Incident], now: datetime) -> None:
        """Called on every tick of the worker. Raises at its end what kept one incident from being looked at."""
        due = [incident for incident in incidents if self._is_due(incident, now)]
        waits = self._flushed is not None and timedelta(0) <= now - self._flushed < PERIOD
        if not due and waits:
            return
        config = load_config(self.data)
        problems = [told for incident in due if (told := self._look(incident, config, now))]
        self.send(config, now)
        if problems:
            raise UsageError("; ".join(problems))

    def look(self, incident: Incident, config: AlertConfig, now: datetime) -> int:
        """Look at one incident; returns how many alerts are new."""
        look = Look(self.data, incident, config.rules, self.book, now)
        for one in looks(look):
            one()
        count = self.book.raise_all(look.raised, _told(config, look.raised))
        if count or not feed_file(self.data, "en").exists():
            last = [shown.alert for shown in self.book.alerts(most=MOST)]
            write_feeds(self.data, last, config.desk)
        return count

    def send(self, config: AlertConfig, now: datetime) -> int:
        """Send what waits; returns how many messages went out."""
        self._flushed = now
        return Outbox(self.book, config, secret_of(SecretStore(self.data).get)).flush(now)

    def _is_due(self, incident: Incident, now: datetime) -> bool:
        file, looked = self._looked.get(incident.id, ("", now - PERIOD))
        age = now - looked
        return file != self._shown(incident) or not timedelta(0) <= age < PERIOD

    def _shown(self, incident: Incident) -> str:
        return self.data.published(incident.id).resolve().name

    def _look(self, incident: Incident, config: AlertConfig, now: datetime) -> str | None:
        shown = self._shown(incident)
        try:
            self.look(incident, config, now)
        except ChengqingError as error:  # the other incidents are looked at all the same
            return f"{incident.id}: {error}"
        finally:
            self._looked[incident.id] = (shown, now)
        return None


def _told(config: AlertConfig, raised: Raised) -> dict[str, list[tuple[str, str]]]:
    """Who is to be told of each alert, and how."""
    return {
        alert.key: [
            (person.id, channel)
            for person in config.people
            if person.wants(alert.rule, alert.incident, alert.partner)
            for channel in person.channels
        ]
        for alert in raised.alerts
    }
