"""Where things are kept: one data folder, one room per write pattern."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import UsageError

CHECKOUT = Path(__file__).resolve().parent.parent
"""The checkout that holds the four packages; samples, lexicon and benches are read from here."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def checked_name(name: str, what: str) -> str:
    """Return ``name`` if it is safe as a file name and an id, else raise ``UsageError``.

    Allowed: lower-case letters, digits and inner hyphens, 1 to 64 characters.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{what} {name!r} cannot be used: write lower-case letters, digits and inner hyphens, at most 64",
            code="name_unusable",
            name=name[:80],
            most=64,
        )
    return name


@dataclass(frozen=True, slots=True)
class DataDir:
    """The folders below one data root."""

    root: Path

    @classmethod
    def from_environment(cls) -> DataDir:
        """``CHENGQING_DATA`` when set, else ``data/`` of the checkout."""
        return cls(Path(os.environ.get("CHENGQING_DATA") or CHECKOUT / "data").resolve())

    @property
    def incidents(self) -> Path:
        """Incident files, one TOML each."""
        return self.root / "incidents"

    @property
    def warehouse(self) -> Path:
        """Published DuckDB files."""
        return self.root / "warehouse"

    @property
    def coalition(self) -> Path:
        """TOML file of the partners and their rule of consensus."""
        return self.root / "coalition.toml"

    @property
    def ledger(self) -> Path:
        """SQLite file of what people decided; append-only."""
        return self.root / "ledger" / "ledger.sqlite3"

    @property
    def accounts(self) -> Path:
        """SQLite file of who may use the desk, and their sessions."""
        return self.root / "ledger" / "accounts.sqlite3"

    @property
    def runs(self) -> Path:
        """SQLite file of what the machine did: runs, stages, crawls."""
        return self.root / "ledger" / "runs.sqlite3"

    def memory(self, incident: str) -> Path:
        """Parquet file of every claim id ever published and its posts; as durable as the ledger."""
        return self.root / "ledger" / "ids" / f"{checked_name(incident, 'incident')}.parquet"

    def lists(self, incident: str) -> Path:
        """Every list of claims that was ever shown, without texts; as durable as the ledger."""
        return self.root / "ledger" / "lists" / checked_name(incident, "incident")

    def incident_file(self, incident: str) -> Path:
        """The incident's TOML file."""
        return self.incidents / f"{checked_name(incident, 'incident')}.toml"

    def raw(self, incident: str) -> Path:
        """Immutable observations of an incident."""
        return self.root / "raw" / checked_name(incident, "incident")

    def lake(self, incident: str) -> Path:
        """Derived Parquet files of an incident; may be deleted and rebuilt."""
        return self.root / "lake" / checked_name(incident, "incident")

    def published(self, incident: str, as_of: datetime | None = None) -> Path:
        """Symlink to the incident's current warehouse file; with ``as_of``, the replay of that moment."""
        moment = f"@{as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}" if as_of else ""
        return self.warehouse / f"{checked_name(incident, 'incident')}{moment}.duckdb"
