"""Root of the error tree, kept in the lowest layer so that every package can raise from it.

The whole tree is drawn in ``pipeline.errors``.
"""

from __future__ import annotations


class ChengqingError(Exception):
    """Root of every error raised on purpose; ``exit_code`` is what the command line ends with.

    The message is English, for the terminal and the log. Who shows the error to people looks its ``code`` up in their
    language and fills in ``values``; an error raised without a code has its class's.
    """

    exit_code = 1
    code = "failed"

    def __init__(self, message: str = "", *, code: str | None = None, **values: object) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.values = values


class ModelError(ChengqingError):
    """An encoder or scorer is missing, damaged or does not fit its registry entry."""

    exit_code = 6
    code = "model"
