"""What people add beside decisions: each thing is an event, and taking it back is an event too.

A kind of thing is a subclass with its ``KIND`` and its own record; nothing is ever changed or deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from pipeline.errors import StaleVersion, StoreError
from pipeline.ledger.store import Event, Store

TAKEN_BACK = "taken_back"


class Items(Store):
    """Events of one kind."""

    KIND: ClassVar[str]

    def put(
        self,
        incident: str,
        claim_id: str | None,
        values: Mapping[str, Any],
        *,
        actor: str,
        seen: int | None = None,
    ) -> int:
        """Append one and return its number. With ``seen``, raise ``StaleVersion`` when the newest is another one."""
        moment = datetime.now(UTC)
        told = {**values, "incident": incident, "claim_id": claim_id}
        with self.writing() as connection:
            if seen is not None:
                stands = self.standing(incident, claim_id)
                if (stands[-1].event_id if stands else 0) != seen:
                    raise StaleVersion(
                        f"{self.KIND} of claim {claim_id}: somebody else was faster; look at both",
                        mine=told,
                        theirs=stands[-1].payload if stands else {},
                        code="others_first",
                    )
            return self.append(connection, self.KIND, told, actor, moment)

    def standing(self, incident: str, claim_id: str | None = None) -> list[Event]:
        """Those that nobody took back, oldest first; of the whole incident without ``claim_id``."""
        values = {"incident": incident, "claim_id": claim_id, "kind": self.KIND}
        return [Event.of(row) for row in self.fetch("items", values)]

    def take_back(self, incident: str, event_id: int, *, actor: str) -> None:
        """Take one back; raises ``StoreError`` when there is none, or it was taken back already."""
        found = next((e for e in self.standing(incident) if e.event_id == event_id), None)
        if found is None:
            raise StoreError(
                f"{self.KIND} {event_id} of incident {incident}: taken back already, or never added",
                code="taken_back_already",
            )
        values = {"incident": incident, "claim_id": found.claim_id, "event_id": event_id, "kind": self.KIND}
        with self.writing() as connection:
            self.append(connection, TAKEN_BACK, values, actor, datetime.now(UTC))
