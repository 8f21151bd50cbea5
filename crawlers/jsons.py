"""JSON as sites and tools write it: read fast where it keeps to the rules, as Python reads it where it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

NOT_STRICT = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What ``strict`` raises: half surrogates, NaN, byte order marks, UTF-16, and all that is no JSON."""

strict: Callable[[bytes], Any] = msgspec.json.Decoder().decode


def decode_json(body: bytes) -> Any:  # noqa: ANN401  JSON
    """The value that ``body`` holds. Raises ``ValueError`` or ``RecursionError`` where it is no JSON."""
    try:
        return strict(body)
    except NOT_STRICT:
        return json.loads(body)
