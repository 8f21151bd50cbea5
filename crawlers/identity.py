"""The border where authors lose their names; the hash lives below, for the purge must find an author by it."""

from pipeline.identity import KEY_NAME, KEY_VARIABLE, Identity

__all__ = ["KEY_NAME", "KEY_VARIABLE", "Identity"]
