"""Collect public posts politely: spiders, importers, and the border where handles become hashes."""
