"""The border where authors lose their names: a keyed hash goes on, the handle stays outside.

The key belongs to one desk: without it nobody can test whether a key stands for a handle that they know.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from pipeline.desk_secrets import SecretStore
from pipeline.errors import UsageError
from pipeline.paths import DataDir

KEY_VARIABLE = "CHENGQING_AUTHOR_KEY"
KEY_NAME = "author_key"
_MIN_KEY = 16
_HEX = 32


class Identity:
    """Turns a platform's author id into a key of 32 hex digits; equal ids give equal keys on this desk."""

    def __init__(self, key: str) -> None:
        if len(key) < _MIN_KEY:
            raise UsageError(f"{KEY_VARIABLE} is shorter than {_MIN_KEY} characters: use a random one")
        self._key = hashlib.sha512(key.encode()).digest()
        self.author = lru_cache(maxsize=65_536)(self._author)
        """Key of (platform, author id); the author id is whatever names an author there for good."""

    @classmethod
    def of_desk(cls, data: DataDir) -> Identity:
        """This desk's identity: ``CHENGQING_AUTHOR_KEY``, else ``secrets.toml``, made on first use.

        Raises ``UsageError`` where the file can be read by others.
        """
        store = SecretStore(data)
        key = store.get(KEY_NAME, variable=KEY_VARIABLE)
        return cls(key or store.put_new(KEY_NAME, secrets.token_hex(32)))

    def _author(self, platform: str, author_id: str) -> str:
        message = f"{platform}\0{author_id}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(message, key=self._key, digest_size=_HEX // 2).hexdigest()

    def mark(self, kind: str, text: str) -> str:
        """Key of an address or post id, for lists that must not tell what they list; ``kind`` keeps kinds apart."""
        return self._author(f"\0{kind}", text)
