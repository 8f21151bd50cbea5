"""The time machine: what the desk showed at any moment, from the lists that were shown and the ledger's events."""
