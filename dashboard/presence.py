"""Who looks at which claim right now. Kept in the server's memory only: it is no decision and nobody's record."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

GONE_SECONDS = 12.0
"""Nobody is on a page that has not asked for news for this long; pages ask every other second."""


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody on a claim's page, and since when in seconds."""

    actor: str
    seconds: float

    @property
    def minutes(self) -> int:
        """Whole minutes."""
        return int(self.seconds // 60)


@dataclass(slots=True)
class _Visit:
    incident: str
    claim_id: str
    actor: str
    begun: float
    seen: float


class Presence:
    """Visits by session; safe to use from every session's thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._visits: dict[str, _Visit] = {}

    def mark(self, session: str, incident: str, claim_id: str, actor: str) -> None:
        """This session shows this claim to ``actor``; an empty claim or actor means that it shows none."""
        now = self._clock()
        with self._lock:
            visit = self._visits.get(session)
            if not claim_id or not actor:
                self._visits.pop(session, None)
            elif visit and (visit.incident, visit.claim_id, visit.actor) == (incident, claim_id, actor):
                visit.seen = now
            else:
                self._visits[session] = _Visit(incident, claim_id, actor, now, now)

    def on(self, incident: str, but: str = "") -> dict[str, tuple[Here, ...]]:
        """Who is where in an incident, by claim, without the sessions of ``but``; who came first stands first."""
        now = self._clock()
        with self._lock:
            self._visits = {s: v for s, v in self._visits.items() if now - v.seen < GONE_SECONDS}
            there = [v for v in self._visits.values() if v.incident == incident and v.actor != but]
        found: dict[str, dict[str, float]] = {}
        for visit in sorted(there, key=lambda v: v.begun):
            found.setdefault(visit.claim_id, {}).setdefault(visit.actor, now - visit.begun)
        return {claim: tuple(Here(a, s) for a, s in people.items()) for claim, people in found.items()}


PRESENCE = Presence()
"""The one of this server."""
