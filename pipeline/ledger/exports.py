"""What left the desk, for whom, and with which hash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.ledger.store import Store


class Exports(Store):
    """Exports are events of their incident."""

    def record(self, incident: str, told: Mapping[str, Any], *, actor: str) -> int:
        """Append that a file was made, before anybody gets it."""
        with self.writing() as connection:
            return self.append(connection, "export", {**told, "incident": incident}, actor, datetime.now(UTC))
