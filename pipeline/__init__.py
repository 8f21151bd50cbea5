"""Posts in, ranked claims out: records, stages, lake, ledger, warehouse and the command line."""
