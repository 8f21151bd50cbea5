"""The ledger: what people decided. Append-only events, current state with versions, never derived."""

from pipeline.ledger.decisions import MAX_NOTE_CHARS, Ledger, Withdrawn, decisions_in_force
from pipeline.ledger.store import Event, Store

__all__ = ["MAX_NOTE_CHARS", "Event", "Ledger", "Store", "Withdrawn", "decisions_in_force"]
