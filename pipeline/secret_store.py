"""The desk's secrets under the name that crawlers know them by; they live below, for the purge needs them too."""

from pipeline.desk_secrets import SecretStore, variable_of

__all__ = ["SecretStore", "variable_of"]
