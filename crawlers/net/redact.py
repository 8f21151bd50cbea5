"""Secrets never reach a log: every value that the crawl holds is blotted out before a line is written."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

BLOT = "[secret]"
_IN_URL = re.compile(r"(?i)([?&](?:key|token|access_token|api_key|secret|password|sid)=)[^&\s\"'<>]+")
_MIN_LENGTH = 6  # shorter values would blot out ordinary words


class Redactor(logging.Filter):
    """A log filter that replaces known secrets and secret-looking query values."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.secrets = sorted((s for s in secrets if len(s) >= _MIN_LENGTH), key=len, reverse=True)

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        for secret in self.secrets:
            text = text.replace(secret, BLOT)
        return _IN_URL.sub(rf"\g<1>{BLOT}", text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; every record passes."""
        record.msg, record.args = self.text(record.getMessage()), ()
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = self.text(trace), None
        return True
