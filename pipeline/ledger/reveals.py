"""Who looked at personal data that a post spells out, when, and in which post."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.ledger.store import Store

MAX_QUERY_CHARS = 4_000


class Reveals(Store):
    """Looks are events of their incident; they belong to no claim's history."""

    def record(self, incident: str, claim_id: str, post_id: str, *, actor: str) -> None:
        """Append the look, before anything is shown."""
        moment = datetime.now(UTC)
        values = {"incident": incident, "claim": claim_id, "post_id": post_id}
        with self.writing() as connection:
            self.append(connection, "reveal", values, actor, moment)

    def record_query(self, incident: str, query: str, reason: str, *, actor: str) -> None:
        """Append that personal data in the answer to a query was looked at, and why, before anything is shown."""
        moment = datetime.now(UTC)
        values = {"incident": incident, "query": query[:MAX_QUERY_CHARS], "reason": reason[:MAX_QUERY_CHARS]}
        with self.writing() as connection:
            self.append(connection, "reveal", values, actor, moment)
