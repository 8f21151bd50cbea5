"""Root of the error tree, kept in the lowest layer so that every package can raise from it.

The whole tree is drawn in ``pipeline.errors``.
"""

from __future__ import annotations


class ChengqingError(Exception):
    """Root of every error raised on purpose; ``exit_code`` is what the command line ends with."""

    exit_code = 1


class ModelError(ChengqingError):
    """An encoder or scorer is missing, damaged or does not fit its registry entry."""

    exit_code = 6
