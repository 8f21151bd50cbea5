"""Secrets of this desk, as the layer below keeps them: crawls and alerts read the same file."""

from pipeline.secret_store import SecretStore, variable_of

__all__ = ["SecretStore", "variable_of"]
