"""Secrets of this desk: from the environment, or from ``<data>/secrets.toml``, which only its owner may read."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.paths import DataDir
from pipeline.toml_files import read_toml

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def variable_of(name: str) -> str:
    """The environment variable that can hold the secret called ``name``."""
    return f"CHENGQING_{name.upper()}"


class SecretStore:
    """Reads secrets by name; writes only what the desk makes for itself."""

    def __init__(self, data: DataDir) -> None:
        self.path = data.root / "secrets.toml"

    def get(self, name: str, *, variable: str | None = None) -> str | None:
        """The secret, or ``None``. The environment wins. Raises ``UsageError`` for a file that others can read."""
        value = os.environ.get(variable or variable_of(name), "").strip()
        return value or self._file().get(name)

    def put_new(self, name: str, value: str) -> str:
        """Keep ``value`` unless the name is taken; returns what the file holds then. Safe among processes."""
        if not _NAME.fullmatch(name) or any(ord(c) < 32 for c in value):
            raise UsageError(f"secret {name!r}: names are lower-case letters, digits, _; values are one line")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as stream:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX)
            known = self._file()
            if name not in known:
                stream.write(f"{name} = {json.dumps(value)}\n")
                stream.flush()
                os.fsync(stream.fileno())
        return self._file()[name]

    def values(self) -> list[str]:
        """Every secret value in reach, for redaction."""
        from_environment = [v for k, v in os.environ.items() if k.startswith("CHENGQING_") and "KEY" in k]
        return [*self._file().values(), *from_environment]

    def _file(self) -> dict[str, str]:
        if not self.path.exists():
            return {}
        _check_mode(self.path)
        found = read_toml(self.path, mend='write lines such as name = "value"')
        return {name: value for name, value in found.items() if isinstance(value, str)}


def _check_mode(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise UsageError(f"{path} has mode {mode:04o}, so others can read it; run: chmod 600 {path}")
